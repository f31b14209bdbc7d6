#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "media/io/byte_reader.h"

namespace mcj {

/// The type of a stored picture's samples.
enum class SampleFormat { Unsigned, Signed, Float };

struct SampleType {
    SampleFormat format = SampleFormat::Unsigned;
    int bits = 8;  ///< 1 to 32; floats: 16, 32 or 64

    [[nodiscard]] bool supported() const noexcept {
        if (format == SampleFormat::Float) return bits == 16 || bits == 32 || bits == 64;
        return bits >= 1 && bits <= 32;
    }
    /// "16-bit signed"
    [[nodiscard]] std::string text() const;
};

/// `count` samples of a row, from sample `first` on and every `step`th, as numbers. `row`: samples
/// in the machine's byte order; samples that are not whole bytes are packed, high bits first.
/// Samples past the end of `row` are 0.
void unpackSamples(ByteView row, SampleType type, std::size_t first, std::size_t step,
                   std::size_t count, double* values);

/// Numbers as bytes: the range of an integer type becomes 0 to 255, as do floats of 0 to 1; other
/// floats are scaled by the picture's own range, which is reported in `notes`, as is a picture that
/// uses almost none of its integer range. NaN becomes 0.
[[nodiscard]] Raster<std::uint8_t> scaleToBytes(const Raster<double>& values, SampleType type,
                                                std::vector<std::string>& notes);

}  // namespace mcj
