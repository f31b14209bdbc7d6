#include "segmentation/project_snapshot.h"

#include <stdlib.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "media/base/error.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr int kTries = 40;
constexpr auto kBetweenTries = std::chrono::milliseconds(25);
constexpr std::size_t kChunkBytes = std::size_t{1} << 20;

fs::path logOf(const fs::path& project) { return project.string() + "-wal"; }

bool sameBytes(const fs::path& a, const fs::path& b) {
    std::ifstream first(a, std::ios::binary);
    std::ifstream second(b, std::ios::binary);
    std::vector<char> one(kChunkBytes);
    std::vector<char> two(kChunkBytes);
    while (first && second) {
        first.read(one.data(), static_cast<std::streamsize>(one.size()));
        second.read(two.data(), static_cast<std::streamsize>(two.size()));
        if (first.gcount() != second.gcount()) return false;
        if (std::memcmp(one.data(), two.data(), static_cast<std::size_t>(first.gcount())) != 0) {
            return false;
        }
    }
    return first.eof() && second.eof();
}

/// The header of SQLite's write-ahead log, which changes when the log begins anew; zeros without a
/// log.
std::array<char, 32> headerOf(const fs::path& log) {
    std::array<char, 32> header{};
    std::ifstream file(log, std::ios::binary);
    file.read(header.data(), static_cast<std::streamsize>(header.size()));
    return header;
}

/// Returns whether the copy is of one moment. The log only grows as long as its header and the
/// file stay the same, and SQLite ignores an unfinished end of it.
bool copyOnce(const fs::path& project, const fs::path& copy) {
    const fs::path log = logOf(project);
    const fs::path logCopy = logOf(copy);
    fs::copy_file(project, copy, fs::copy_options::overwrite_existing);
    fs::remove(logCopy);
    std::error_code missing;
    fs::copy_file(log, logCopy, fs::copy_options::overwrite_existing, missing);
    const bool sameLog = headerOf(log) == headerOf(logCopy);
    return sameLog && sameBytes(project, copy);
}

}  // namespace

ProjectSnapshot::ProjectSnapshot(const fs::path& project) {
    std::string folder = (fs::temp_directory_path() / "mcjepa-XXXXXX").string();
    if (::mkdtemp(folder.data()) == nullptr) {
        throw Error(ErrorCode::Input,
                    "no folder can be created in " + fs::temp_directory_path().string() + ": " +
                        std::generic_category().message(errno),
                    "Free some space there, or set TMPDIR to another folder.");
    }
    folder_ = folder;
    copy_ = folder_ / project.filename();
    try {
        for (int attempt = 0; attempt < kTries; ++attempt) {
            if (copyOnce(project, copy_)) {
                // The copy of a file that may only be read has to be opened like any other.
                for (const fs::path& file : {copy_, logOf(copy_)}) {
                    std::error_code missing;
                    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, missing);
                }
                return;
            }
            std::this_thread::sleep_for(kBetweenTries);
        }
        throw Error(ErrorCode::Input,
                    "the project " + project.string() + " is being changed continuously",
                    "Try again when the other program has finished.");
    } catch (const fs::filesystem_error& error) {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
        throw Error(ErrorCode::Input, "the project " + project.string() +
                                          " cannot be read: " + error.code().message());
    } catch (...) {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
        throw;
    }
}

ProjectSnapshot::~ProjectSnapshot() {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
}

}  // namespace mcj
