#include "inference/engine/engine_loader.h"

#include <array>
#include <cstdlib>
#include <string>
#include <system_error>

#include <dlfcn.h>

#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "media/base/shared_library.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibraryName = "libmcj_torch.so";
constexpr const char* kModelName = "mcjepa-small.safetensors";
constexpr const char* kWaitPolicy = "OMP_WAIT_POLICY";
// LibTorch contains a fast BLAS; OpenCV loads the system's, often the slow reference one, into the
// global scope under the same names. With deep binding LibTorch finds its own first.
// AddressSanitizer does not support it.
#ifdef __SANITIZE_ADDRESS__
constexpr int kOpenMode = RTLD_NOW | RTLD_LOCAL;
#else
constexpr int kOpenMode = RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND;
#endif
constexpr const char* kBuildHint =
    "Run ./start build, which builds it and fetches LibTorch, or run mcjepa doctor to see what is "
    "missing.";

using CreateEngine = InferenceEngine* (*)(const EngineOptions&);

struct Door {
    fs::path library;
    CreateEngine create = nullptr;
};

Door openDoor() {
    // For programs in which LibTorch is the first to load OpenMP; a value set by the user is kept.
    ::setenv(kWaitPolicy, "PASSIVE", 0);
    const OpenedLibrary library =
        openOwnLibrary(kLibraryName, "MCJ_TORCH_LIBRARY", kOpenMode, kBuildHint);
    void* symbol = ::dlsym(library.handle, "mcjCreateEngine");
    if (symbol == nullptr) {
        throw Error(
            ErrorCode::Device,
            library.path.string() + " does not belong to this program: it has no mcjCreateEngine",
            kBuildHint);
    }
    // Never closed: LibTorch does not survive being unloaded.
    return {library.path, reinterpret_cast<CreateEngine>(symbol)};
}

const Door& door() {
    // A local static is initialised once, from any thread; after a failure the next call retries.
    static const Door opened = openDoor();
    return opened;
}

}  // namespace

fs::path openNetworkLibrary() { return door().library; }

fs::path shippedModelPath() {
    std::error_code ignored;
    if (const char* named = std::getenv("MCJ_MODEL"); named != nullptr && *named != '\0') {
        if (fs::is_regular_file(named, ignored)) return named;
        throw Error(ErrorCode::Input,
                    std::string("there is no model at ") + named + ", the value of MCJ_MODEL",
                    "Set MCJ_MODEL to a .safetensors file, or unset it to use the shipped model.");
    }
    const std::array<fs::path, 2> places{
        (executableFolder() / ".." / "share" / "mcjepa-studio" / "models" / kModelName)
            .lexically_normal(),
        fs::path(MCJ_SOURCE_DIR) / "resources" / "models" / kModelName};
    for (const fs::path& place : places) {
        if (fs::is_regular_file(place, ignored)) return place;
    }
    throw Error(ErrorCode::Input,
                "the shipped model was not found: looked for " + places[0].string() + " and " +
                    places[1].string(),
                "Give a model with --model FILE, or train one with mcjepa-train.");
}

std::unique_ptr<InferenceEngine> loadEngine(const EngineOptions& options) {
    EngineOptions complete = options;
    if (complete.model.empty()) {
        complete.model = shippedModelPath();
    } else {
        std::error_code ignored;
        if (!fs::is_regular_file(complete.model, ignored)) {
            throw Error(ErrorCode::Input, "there is no model at " + complete.model.string(),
                        "Give a .safetensors file, or omit --model to use the shipped one.");
        }
    }
    return std::unique_ptr<InferenceEngine>(door().create(complete));
}

}  // namespace mcj
