#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/atomic_file.h"
#include "media/io/byte_reader.h"

namespace mcj {

/// 32-bit float channels of an OpenEXR picture, in the order asked for.
struct ExrPicture {
    Raster<float> values;                     ///< H x W x channels.size()
    std::vector<std::string> channels;        ///< their names in the file
    std::map<std::string, std::string> text;  ///< attributes of type string
};

[[nodiscard]] bool isExr(ByteView bytes) noexcept;

/// Reads the first set of `alternatives` whose channels all exist. Scan-line files of one part
/// only. Throws `Error{Input}` with `name`.
[[nodiscard]] ExrPicture decodeExr(ByteView bytes, const std::string& name,
                                   const std::vector<std::vector<std::string>>& alternatives);

/// Writes losslessly (ZIP) and atomically. `channels` has one name per channel of the raster.
void writeExr(const std::filesystem::path& path, const ExrPicture& picture,
              Flush flush = Flush::AtCommit);

}  // namespace mcj
