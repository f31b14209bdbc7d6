#include "media/io/atomic_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <random>
#include <string>
#include <utility>

#include "media/base/error.h"

namespace mcj {
namespace {

std::string hintFor(int error) {
    switch (error) {
    case ENOSPC:
    case EDQUOT: return "The disk is full. Free some space, or choose another disk.";
    case EACCES:
    case EPERM:
    case EROFS: return "The folder is not writable. Choose another one.";
    case ENOENT:
    case ENOTDIR: return "Its folder does not exist. Create it, or choose another one.";
    case EISDIR: return "A folder of that name exists. Choose another name.";
    case EFBIG: return "The file system does not support files of this size.";
    default: return {};
    }
}

[[noreturn]] void failToWrite(const std::filesystem::path& path, int error) {
    throw Error(ErrorCode::Input, "cannot write '" + path.string() + "': " + std::strerror(error),
                hintFor(error));
}

[[noreturn]] void failToRead(const std::filesystem::path& path, const std::string& why,
                             std::string hint = {}) {
    throw Error(ErrorCode::Input, "cannot read '" + path.string() + "': " + why, std::move(hint));
}

std::string randomName() {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::random_device device;
    std::string name = ".mcj-";
    for (int i = 0; i < 16; ++i) name += kDigits[device() % kDigits.size()];
    return name + ".part";
}

/// Closes a descriptor at the end of a scope.
struct Descriptor {
    int value = -1;
    ~Descriptor() {
        if (value >= 0) ::close(value);
    }
};

}  // namespace

AtomicFile::AtomicFile(std::filesystem::path path, Flush flush)
    : path_(std::move(path)), flush_(flush) {
    std::error_code ignored;
    // Fails now instead of at the rename, after all the work.
    if (std::filesystem::is_directory(path_, ignored)) failToWrite(path_, EISDIR);
    for (int attempt = 0; attempt < 16 && descriptor_ < 0; ++attempt) {
        // The name does not grow from the file's own, which may already be as long as names get.
        temporary_ = path_.parent_path() / randomName();
        descriptor_ = ::open(temporary_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (descriptor_ < 0 && errno != EEXIST && errno != EINTR) failToWrite(path_, errno);
    }
    if (descriptor_ < 0) failToWrite(path_, EEXIST);
}

AtomicFile::~AtomicFile() { closeAndRemove(); }

void AtomicFile::closeAndRemove() noexcept {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(temporary_.c_str());
    descriptor_ = -1;
}

void AtomicFile::write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count =
            ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(position_));
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) {
            if (failure_ == 0) failure_ = count == 0 ? ENOSPC : errno;
            closeAndRemove();
            failToWrite(path_, failure_);
        }
        position_ += static_cast<std::uint64_t>(count);
        bytes = bytes.subspan(static_cast<std::size_t>(count));
    }
}

void AtomicFile::commit() {
    if (descriptor_ < 0) failToWrite(path_, failure_ != 0 ? failure_ : EBADF);
    // Without the flush a crash could leave the new name on an empty file. Some file systems refuse
    // it (EINVAL); the name is still exchanged in one step there.
    const bool flushed =
        flush_ == Flush::WithFolder || ::fsync(descriptor_) == 0 || errno == EINVAL;
    const int flushError = errno;
    if (!flushed || ::rename(temporary_.c_str(), path_.c_str()) != 0) {
        const int error = flushed ? errno : flushError;
        closeAndRemove();
        failToWrite(path_, error);
    }
    ::close(descriptor_);
    descriptor_ = -1;
}

void writeTextAtomically(const std::filesystem::path& path, std::string_view text) {
    AtomicFile file(path);
    file.write(text.data(), text.size());
    file.commit();
}

void flushFolder(const std::filesystem::path& folder) {
    const Descriptor opened{::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    if (opened.value < 0 || ::syncfs(opened.value) != 0) failToWrite(folder, errno);
}

std::vector<std::uint8_t> readFileBytes(const std::filesystem::path& path,
                                        std::uint64_t limitBytes) {
    // O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.value < 0) {
        failToRead(path, std::strerror(errno),
                   errno == ENOENT ? "Check the path." : "Check the file's permissions.");
    }
    struct stat status = {};
    if (::fstat(file.value, &status) != 0) failToRead(path, std::strerror(errno));
    if (!S_ISREG(status.st_mode)) failToRead(path, "it is not a regular file");
    if (static_cast<std::uint64_t>(status.st_size) > limitBytes) {
        failToRead(path, "it is larger than " + std::to_string(limitBytes) + " bytes");
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t count = ::read(file.value, bytes.data() + done, bytes.size() - done);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) failToRead(path, std::strerror(errno));
        if (count == 0) break;  // it shrank while we read
        done += static_cast<std::size_t>(count);
    }
    bytes.resize(done);
    return bytes;
}

}  // namespace mcj
