#pragma once

#include <sqlite3.h>

#include <condition_variable>
#include <cstddef>
#include <mutex>

namespace mcj::test {

/// The disk of every database that this process opens while it lives, as SQLite's default VFS: full
/// or slow where a test says so. It outlives the databases.
class DatabaseDisk {
public:
    enum class State {
        Working,
        Full,  ///< nothing can be written
        Slow,  ///< what is written waits until the state changes
    };

    DatabaseDisk() : real_(sqlite3_vfs_find(nullptr)), vfs_(*real_) {
        vfs_.pNext = nullptr;
        vfs_.zName = "test-disk";
        vfs_.szOsFile = static_cast<int>(kHead) + real_->szOsFile;
        vfs_.pAppData = this;
        vfs_.xOpen = [](sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags,
                        int* given) { return self(vfs).open(name, file, flags, given); };
        vfs_.xDelete = [](sqlite3_vfs* vfs, const char* name, int sync) {
            sqlite3_vfs* real = self(vfs).real_;
            return real->xDelete(real, name, sync);
        };
        sqlite3_vfs_register(&vfs_, 1);
    }
    ~DatabaseDisk() {
        set(State::Working);
        sqlite3_vfs_unregister(&vfs_);
        sqlite3_vfs_register(real_, 1);
    }
    DatabaseDisk(const DatabaseDisk&) = delete;
    DatabaseDisk& operator=(const DatabaseDisk&) = delete;

    void set(State state) {
        {
            const std::lock_guard lock(mutex_);
            state_ = state;
        }
        changed_.notify_all();
    }

private:
    /// What SQLite sees; the real file follows.
    struct File {
        sqlite3_file base;
        DatabaseDisk* disk;
    };
    static constexpr std::size_t kAlign = alignof(std::max_align_t);
    static constexpr std::size_t kHead = (sizeof(File) + kAlign - 1) / kAlign * kAlign;

    static DatabaseDisk& self(sqlite3_vfs* vfs) {
        return *static_cast<DatabaseDisk*>(vfs->pAppData);
    }
    static sqlite3_file* real(sqlite3_file* file) {
        return reinterpret_cast<sqlite3_file*>(reinterpret_cast<std::byte*>(file) + kHead);
    }

    int open(const char* name, sqlite3_file* file, int flags, int* given) {
        auto* mine = reinterpret_cast<File*>(file);
        mine->disk = this;
        mine->base.pMethods = nullptr;
        real(file)->pMethods = nullptr;
        const int result = real_->xOpen(real_, name, real(file), flags, given);
        if (real(file)->pMethods != nullptr) mine->base.pMethods = &methods();
        return result;
    }

    [[nodiscard]] int write() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return state_ != State::Slow; });
        return state_ == State::Full ? SQLITE_FULL : SQLITE_OK;
    }

    // The methods of version 1, which exclusive databases need. Sizes are SQLite's types.
    static const sqlite3_io_methods& methods() {
        static const sqlite3_io_methods kMethods = [] {
            sqlite3_io_methods all{};
            all.iVersion = 1;
            all.xClose = [](sqlite3_file* file) {
                return real(file)->pMethods->xClose(real(file));
            };
            all.xRead = [](sqlite3_file* file, void* to, int count, sqlite3_int64 at) {
                return real(file)->pMethods->xRead(real(file), to, count, at);
            };
            all.xWrite = [](sqlite3_file* file, const void* from, int count, sqlite3_int64 at) {
                const int allowed = reinterpret_cast<File*>(file)->disk->write();
                if (allowed != SQLITE_OK) return allowed;
                return real(file)->pMethods->xWrite(real(file), from, count, at);
            };
            all.xTruncate = [](sqlite3_file* file, sqlite3_int64 size) {
                return real(file)->pMethods->xTruncate(real(file), size);
            };
            all.xSync = [](sqlite3_file* file, int flags) {
                return real(file)->pMethods->xSync(real(file), flags);
            };
            all.xFileSize = [](sqlite3_file* file, sqlite3_int64* size) {
                return real(file)->pMethods->xFileSize(real(file), size);
            };
            all.xLock = [](sqlite3_file* file, int lock) {
                return real(file)->pMethods->xLock(real(file), lock);
            };
            all.xUnlock = [](sqlite3_file* file, int lock) {
                return real(file)->pMethods->xUnlock(real(file), lock);
            };
            all.xCheckReservedLock = [](sqlite3_file* file, int* reserved) {
                return real(file)->pMethods->xCheckReservedLock(real(file), reserved);
            };
            all.xFileControl = [](sqlite3_file* file, int what, void* argument) {
                return real(file)->pMethods->xFileControl(real(file), what, argument);
            };
            all.xSectorSize = [](sqlite3_file* file) {
                return real(file)->pMethods->xSectorSize(real(file));
            };
            all.xDeviceCharacteristics = [](sqlite3_file* file) {
                return real(file)->pMethods->xDeviceCharacteristics(real(file));
            };
            return all;
        }();
        return kMethods;
    }

    sqlite3_vfs* real_;
    sqlite3_vfs vfs_;
    std::mutex mutex_;
    std::condition_variable changed_;
    State state_ = State::Working;
};

}  // namespace mcj::test
