#include "segmentation/project_errors.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>
#include <unistd.h>

#include "media/base/error.h"
#include "segmentation/project_file.h"

namespace mcj {
namespace {

/// SQLite cannot lock a file that may only be read, and reports that as a failure of the disk.
bool mayOnlyBeRead(const std::filesystem::path& project) {
    return ::access(project.c_str(), R_OK) == 0 && ::access(project.c_str(), W_OK) != 0;
}

}  // namespace

void rethrowNamed(const std::filesystem::path& project) {
    try {
        throw;
    } catch (const SQLite::Exception& error) {
        const std::string name = "the project " + project.string();
        const bool disk = error.getErrorCode() == SQLITE_IOERR;
        switch (disk && mayOnlyBeRead(project) ? SQLITE_READONLY : error.getErrorCode()) {
        case SQLITE_NOTADB:
            throw Error(ErrorCode::Input, project.string() + " is not a project of this program",
                        "Open a video instead, or choose another file.");
        case SQLITE_BUSY:
        case SQLITE_LOCKED:
            throw ProjectInUse(ErrorCode::Input, name + " is open in another program",
                               "Close it there first.");
        case SQLITE_READONLY:
        case SQLITE_PERM:
        case SQLITE_CANTOPEN:
            throw ProjectUnwritable(ErrorCode::Input, name + " cannot be opened for writing",
                                    "Check that the file and its folder are writable.");
        case SQLITE_FULL:
            throw Error(ErrorCode::Input, name + " cannot grow: the disk is full",
                        "Free some space; everything saved before is intact.");
        case SQLITE_IOERR:
            throw Error(
                ErrorCode::Input, name + " cannot be written: its disk reports an error",
                "Check the disk or the connection to it; everything saved before is intact.");
        case SQLITE_CORRUPT:
            throw Error(ErrorCode::Input, name + " is damaged",
                        "Use a backup copy of it; its video is unaffected.");
        default: throw Error(ErrorCode::Input, name + " cannot be used: " + error.what());
        }
    }
}

}  // namespace mcj
