#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string_view>
#include <vector>

namespace mcj {

/// When the bytes of a file are flushed to the disk.
enum class Flush {
    AtCommit,
    /// For files in a folder that is flushed as a whole (`flushFolder`) before it gets its name: a
    /// flush per file takes longer than writing a mask.
    WithFolder,
};

/// A file that appears under its name only when `commit` has returned. It is written to a temporary
/// file beside it, flushed to the disk and renamed, which replaces an existing file. If it is
/// destroyed before `commit`, nothing is left behind. One thread at a time. Every failure (no such
/// folder, not writable, disk full) throws `Error{Input}` that names the file.
class AtomicFile {
public:
    explicit AtomicFile(std::filesystem::path path, Flush flush = Flush::AtCommit);
    ~AtomicFile();
    AtomicFile(const AtomicFile&) = delete;
    AtomicFile& operator=(const AtomicFile&) = delete;

    /// Appends at the position, or overwrites after a `seek`.
    void write(std::span<const std::byte> bytes);
    void write(const void* bytes, std::size_t count) {
        write(std::span(static_cast<const std::byte*>(bytes), count));
    }
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    /// Where the next `write` goes, in bytes from the start.
    void seek(std::uint64_t position) noexcept { position_ = position; }

    void commit();

    /// The temporary file's path, for libraries that must open a file themselves.
    [[nodiscard]] const std::filesystem::path& temporaryPath() const noexcept { return temporary_; }
    [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
    void closeAndRemove() noexcept;

    std::filesystem::path path_;
    std::filesystem::path temporary_;
    Flush flush_;
    int descriptor_ = -1;
    int failure_ = 0;  ///< errno of a failed write, in case the caller ignored the exception
    std::uint64_t position_ = 0;
};

/// Writes `text` as the whole file, with the same guarantee.
void writeTextAtomically(const std::filesystem::path& path, std::string_view text);

/// Flushes the files of `folder` to the disk, for a folder that is about to be renamed: by one
/// flush of the file system that holds it, which also waits for what other programs have written
/// there, but for no other disk. 5,000 files of 3 kB take 0.04 to 0.1 s so, and 0.8 to 2 s if each
/// file is flushed; with 1 GB written by another program before, 0.5 s and 1 s (ext4). Throws
/// `Error{Input}` where the disk fails.
void flushFolder(const std::filesystem::path& folder);

/// All bytes of a regular file. Throws `Error{Input}` where it is missing, not a regular file (a
/// pipe would never end), unreadable or larger than `limitBytes`.
[[nodiscard]] std::vector<std::uint8_t> readFileBytes(const std::filesystem::path& path,
                                                      std::uint64_t limitBytes = std::uint64_t{40}
                                                                                 << 30);

}  // namespace mcj
