extern "C" {
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}
#include <glob.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <new>

#include "media/io/source_identity.h"

#include "media/base/error.h"
#include "media/io/manifest.h"

// What tells one video or image folder from another: sizes and SHA-256.

namespace mcj {
namespace {

namespace fs = std::filesystem;

// The quick identity looks at this many places of a file, the first and the last bytes among them.
constexpr std::uintmax_t kSampledPlaces = 16;
constexpr std::uintmax_t kSampleBytes = 64 * 1024;

class Sha256 {
public:
    Sha256() : state_(av_sha_alloc(), av_free) {
        if (!state_) throw std::bad_alloc();
        av_sha_init(state_.get(), 256);
    }
    void add(const char* bytes, std::size_t count) {
        av_sha_update(state_.get(), reinterpret_cast<const std::uint8_t*>(bytes), count);
    }
    void add(const std::string& text) { add(text.data(), text.size()); }
    [[nodiscard]] std::string hex() {
        constexpr std::string_view kDigits = "0123456789abcdef";
        std::array<std::uint8_t, 32> digest{};
        av_sha_final(state_.get(), digest.data());
        std::string text;
        for (const std::uint8_t byte : digest) {
            text += kDigits[byte >> 4];
            text += kDigits[byte & 15];
        }
        return text;
    }

private:
    std::unique_ptr<AVSHA, void (*)(void*)> state_;
};

[[noreturn]] void failToRead(const fs::path& path) {
    throw Error(ErrorCode::Input, "cannot read '" + path.string() + "'",
                "Check the path and the file's permissions.");
}

/// The regular files of a folder (hidden ones left out), or what a pattern names.
std::vector<fs::path> filesOf(const std::string& path) {
    std::vector<fs::path> files;
    std::error_code error;
    if (fs::is_directory(path, error)) {
        fs::directory_iterator entries(path, error);
        if (error) failToRead(path);
        for (const fs::directory_entry& entry : entries) {
            const bool hidden = entry.path().filename().string().starts_with('.');
            if (!hidden && entry.is_regular_file(error)) files.push_back(entry.path());
        }
    } else {
        glob_t found = {};
        const std::unique_ptr<glob_t, void (*)(glob_t*)> guard(&found, globfree);
        if (::glob(path.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
            for (std::size_t i = 0; i < found.gl_pathc; ++i) {
                const fs::path file = found.gl_pathv[i];
                if (fs::is_regular_file(file, error)) files.push_back(file);
            }
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::string quickIdentityOf(const fs::path& path) {
    std::error_code error;
    if (!fs::is_regular_file(path, error)) failToRead(path);
    const std::uintmax_t bytes = fs::file_size(path, error);
    if (error) failToRead(path);
    const auto written = fs::last_write_time(path, error);
    if (error) failToRead(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) failToRead(path);
    Sha256 sha;
    sha.add(std::to_string(bytes) + '\n' + std::to_string(written.time_since_epoch().count()) +
            '\n');
    std::vector<char> block(kSampleBytes);
    const std::uintmax_t lastStart = bytes > kSampleBytes ? bytes - kSampleBytes : 0;
    for (std::uintmax_t place = 0; place < kSampledPlaces; ++place) {
        file.clear();
        file.seekg(static_cast<std::streamoff>(lastStart / (kSampledPlaces - 1) * place));
        if (place + 1 == kSampledPlaces) file.seekg(static_cast<std::streamoff>(lastStart));
        file.read(block.data(), static_cast<std::streamsize>(block.size()));
        if (file.bad()) failToRead(path);
        sha.add(block.data(), static_cast<std::size_t>(file.gcount()));
    }
    return sha.hex();
}

std::string sha256OfFile(const fs::path& path, const StopToken& stop) {
    std::error_code error;
    // A folder opens as a stream and a pipe never ends.
    if (!fs::is_regular_file(path, error)) failToRead(path);
    std::ifstream file(path, std::ios::binary);
    if (!file) failToRead(path);
    Sha256 sha;
    std::vector<char> block(std::size_t{1} << 20);
    while (file) {
        stop.throwIfStopped("hashing '" + path.string() + "'");
        file.read(block.data(), static_cast<std::streamsize>(block.size()));
        sha.add(block.data(), static_cast<std::size_t>(file.gcount()));
    }
    if (file.bad()) failToRead(path);
    return sha.hex();
}

void describeSource(const std::string& path, Manifest& manifest, const StopToken& stop) {
    if (manifest.sourcePath.empty()) manifest.sourcePath = path;
    std::error_code error;
    if (fs::is_regular_file(path, error)) {
        manifest.sourceBytes = fs::file_size(path, error);
        if (error) failToRead(path);
        manifest.sourceSha256 = sha256OfFile(path, stop);
        return;
    }
    const std::vector<fs::path> files = filesOf(path);
    if (files.empty()) {
        throw Error(ErrorCode::Input, "'" + path + "' matches no file",
                    "Give a video file, a folder of images, or a glob such as 'frames/*.png'.");
    }
    // Hashing thousands of pictures would cost minutes; names and sizes tell sequences apart.
    Sha256 sha;
    manifest.sourceBytes = 0;
    for (const fs::path& file : files) {
        const std::uintmax_t bytes = fs::file_size(file, error);
        if (error) failToRead(file);
        manifest.sourceBytes += bytes;
        sha.add(file.filename().string() + '\0' + std::to_string(bytes) + '\n');
    }
    manifest.sourceSha256 = sha.hex();
}

}  // namespace mcj
