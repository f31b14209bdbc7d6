#include "inference/ops/cuda_library.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <vector>

#include <dlfcn.h>

#include <ATen/Version.h>

#include "media/base/error.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLibraryName = "libmcj_cuda.so";
constexpr const char* kBuildHint =
    "Run on the CPU with --device cpu, or build with a CUDA toolkit installed: ./start build.";

/// Folder of the library or program that the code at `address` is part of.
fs::path folderOf(const void* address) {
    Dl_info info = {};
    if (::dladdr(address, &info) == 0 || info.dli_fname == nullptr) return {};
    std::error_code failed;
    const fs::path file = fs::weakly_canonical(info.dli_fname, failed);
    return failed ? fs::path() : file.parent_path();
}

std::vector<fs::path> libraryPlaces() {
    std::vector<fs::path> places;
    if (const char* named = std::getenv("MCJ_CUDA_LIBRARY"); named != nullptr && *named != '\0') {
        places.emplace_back(named);
    }
    std::vector<fs::path> folders = {folderOf(reinterpret_cast<const void*>(&cudaTable))};
    std::error_code failed;
    const fs::path program = fs::read_symlink("/proc/self/exe", failed);
    if (!failed) folders.push_back(program.parent_path());
    for (const fs::path& folder : folders) {
        if (folder.empty()) continue;
        for (const fs::path& place :
             {folder / kLibraryName, folder.parent_path() / "lib" / kLibraryName}) {
            if (std::find(places.begin(), places.end(), place) == places.end()) {
                places.push_back(place);
            }
        }
    }
    return places;
}

const McjCudaTable* tableIn(const fs::path& library) {
    // Local, because LibTorch must not call the library's own CUDA runtime. Never closed, because
    // kernels may run until the process ends.
    void* handle = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) {
        throw Error(ErrorCode::Device, library.string() + " could not be loaded: " + ::dlerror(),
                    kBuildHint);
    }
    const auto door = reinterpret_cast<decltype(&mcjCudaTable)>(::dlsym(handle, "mcjCudaTable"));
    const McjCudaTable* table = door == nullptr ? nullptr : door();
    if (table == nullptr || table->version != kernels::kCudaTableVersion) {
        throw Error(ErrorCode::Device,
                    library.string() + " was built from another version of this program",
                    "Rebuild both with ./start build, or run on the CPU with --device cpu.");
    }
    return table;
}

const McjCudaTable* openTable() {
    std::string looked;
    for (const fs::path& place : libraryPlaces()) {
        std::error_code ignored;
        if (fs::exists(place, ignored)) return tableIn(place);
        looked += (looked.empty() ? "" : ", ") + place.string();
    }
    throw Error(ErrorCode::Device, "the CUDA kernels were not found: looked in " + looked,
                kBuildHint);
}

/// Whether the driver has a device, or why not.
CudaBackend askDriver() {
    void* driver = ::dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    if (driver == nullptr) return {false, "NVIDIA's driver is not installed"};
    const auto init = reinterpret_cast<int (*)(unsigned)>(::dlsym(driver, "cuInit"));
    const auto count = reinterpret_cast<int (*)(int*)>(::dlsym(driver, "cuDeviceGetCount"));
    if (init == nullptr || count == nullptr) return {false, "NVIDIA's driver is damaged"};
    if (const int code = init(0); code != 0) {
        return {false, "NVIDIA's driver does not start (code " + std::to_string(code) + ")"};
    }
    int devices = 0;
    if (count(&devices) != 0 || devices == 0) return {false, "NVIDIA's driver has no device"};
    return {true, {}};
}

CudaBackend openBackend() {
    const CudaBackend driver = askDriver();
    if (!driver.ready) return driver;
    const fs::path library =
        folderOf(reinterpret_cast<const void*>(&at::get_mkl_version)) / "libtorch_cuda.so";
    std::error_code ignored;
    if (!fs::exists(library, ignored)) {
        return {false,
                "this LibTorch was built without CUDA: " + library.string() + " does not exist"};
    }
    if (::dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL) == nullptr) {
        return {false, library.string() + " could not be loaded: " + ::dlerror()};
    }
    return {true, {}};
}

}  // namespace

const McjCudaTable& cudaTable() {
    static const McjCudaTable* const table = openTable();
    return *table;
}

void checkCuda(int code, const char* operation) {
    if (code == 0) return;
    constexpr int kNoKernelImage = 209;  // cudaErrorNoKernelImageForDevice
    throw Error(ErrorCode::Device,
                std::string(operation) + " failed on the GPU: " + cudaTable().errorText(code),
                code == kNoKernelImage
                    ? "This GPU is older than the kernels in libmcj_cuda.so: build with its "
                      "compute capability in CMAKE_CUDA_ARCHITECTURES, or use --device cpu."
                    : "Try again, or run on the CPU with --device cpu.");
}

const CudaBackend& openCudaBackend() {
    static const CudaBackend backend = openBackend();
    return backend;
}

}  // namespace mcj
