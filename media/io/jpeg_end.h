#pragma once

#include "media/io/byte_reader.h"

namespace mcj {

/// True where `bytes` begin as a JPEG but have no end-of-image mark after their first scan: the
/// file was cut off. Thumbnails inside the header are skipped.
[[nodiscard]] bool isTruncatedJpeg(ByteView bytes) noexcept;

}  // namespace mcj
