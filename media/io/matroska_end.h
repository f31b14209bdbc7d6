#pragma once

#include "media/io/file_bytes.h"
#include "media/io/file_end.h"

namespace mcj {

/// `fileEndOf` for Matroska and WebM.
[[nodiscard]] FileEnd endOfMatroska(const FileBytes& file);

}  // namespace mcj
