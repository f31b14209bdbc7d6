#include "training/whole_file.h"

#include <fstream>
#include <sstream>
#include <system_error>

#include "media/base/error.h"
#include "media/base/partial_path.h"

namespace mcj {

namespace fs = std::filesystem;

void writeWholeFile(const fs::path& path, const std::string& text) {
    std::error_code problem;
    if (path.has_parent_path()) fs::create_directories(path.parent_path(), problem);
    const fs::path partial = partialPath(path, "", ".partial");
    {
        std::ofstream stream(partial, std::ios::binary | std::ios::trunc);
        stream << text;
        stream.close();
        if (!stream) problem = std::make_error_code(std::errc::io_error);
    }
    if (!problem) fs::rename(partial, path, problem);
    if (problem) {
        std::error_code ignored;
        fs::remove(partial, ignored);
        throw Error(ErrorCode::Input, path.string() + ": cannot be written: " + problem.message(),
                    "Check that the folder exists and the disk has space.");
    }
}

std::string readWholeFile(const fs::path& path, const std::string& hint) {
    std::ifstream stream(path, std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    if (!stream) throw Error(ErrorCode::Input, path.string() + ": cannot be read", hint);
    return text.str();
}

}  // namespace mcj
