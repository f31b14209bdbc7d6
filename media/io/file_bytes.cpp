#include "media/io/file_bytes.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace mcj {

// O_NONBLOCK: opening a pipe must not wait for somebody to write into it.
FileBytes::FileBytes(const std::filesystem::path& path)
    : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    struct stat status{};
    if (descriptor_ < 0 || ::fstat(descriptor_, &status) != 0) return;
    if (S_ISREG(status.st_mode)) size_ = static_cast<std::uint64_t>(status.st_size);
}

FileBytes::~FileBytes() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::vector<std::uint8_t> FileBytes::read(std::uint64_t offset, std::size_t count) const {
    if (offset >= size_) return {};
    std::vector<std::uint8_t> bytes(
        static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - offset)));
    std::size_t done = 0;
    while (done < bytes.size()) {
        const ssize_t part = ::pread(descriptor_, bytes.data() + done, bytes.size() - done,
                                     static_cast<off_t>(offset + done));
        if (part <= 0) break;
        done += static_cast<std::size_t>(part);
    }
    bytes.resize(done);
    return bytes;
}

std::vector<std::uint8_t> FileBytes::tail(std::size_t count) const {
    const std::uint64_t wanted = std::min<std::uint64_t>(count, size_);
    return read(size_ - wanted, static_cast<std::size_t>(wanted));
}

std::optional<std::uint64_t> FileBytes::bigEndian(std::uint64_t offset, int bytes) const {
    const auto read = this->read(offset, static_cast<std::size_t>(bytes));
    if (read.size() != static_cast<std::size_t>(bytes)) return std::nullopt;
    std::uint64_t value = 0;
    for (const std::uint8_t byte : read) value = value << 8 | byte;
    return value;
}

std::optional<std::uint64_t> FileBytes::littleEndian(std::uint64_t offset, int bytes) const {
    auto read = this->read(offset, static_cast<std::size_t>(bytes));
    if (read.size() != static_cast<std::size_t>(bytes)) return std::nullopt;
    std::reverse(read.begin(), read.end());
    std::uint64_t value = 0;
    for (const std::uint8_t byte : read) value = value << 8 | byte;
    return value;
}

}  // namespace mcj
