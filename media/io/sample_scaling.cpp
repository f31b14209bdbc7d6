#include "media/io/sample_scaling.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <sstream>

namespace mcj {

namespace {

double halfValue(std::uint16_t bits) {
    const int exponent = bits >> 10 & 0x1F;
    const double fraction = bits & 0x3FF;
    double value = 0.0;
    if (exponent == 0) {
        value = std::ldexp(fraction, -24);
    } else if (exponent < 31) {
        value = std::ldexp(fraction + 1024.0, exponent - 25);
    } else {
        value = fraction == 0.0 ? std::numeric_limits<double>::infinity()
                                : std::numeric_limits<double>::quiet_NaN();
    }
    return (bits & 0x8000U) != 0 ? -value : value;
}

template <typename T>
T valueAt(ByteView row, std::size_t index) {
    T value{};
    if ((index + 1) * sizeof(T) <= row.size()) {
        std::memcpy(&value, row.data() + index * sizeof(T), sizeof(T));
    }
    return value;
}

std::uint32_t packedBits(ByteView row, std::size_t index, int bits) {
    std::uint64_t value = 0;
    std::size_t at = index * static_cast<std::size_t>(bits);
    for (int i = 0; i < bits; ++i, ++at) {
        const std::uint8_t byte = at / 8 < row.size() ? row[at / 8] : 0;
        value = value << 1 | (byte >> (7 - at % 8) & 1U);
    }
    return static_cast<std::uint32_t>(value);
}

double integerAt(ByteView row, std::size_t index, SampleType type) {
    std::uint32_t raw = 0;
    switch (type.bits) {
    case 8: raw = valueAt<std::uint8_t>(row, index); break;
    case 16: raw = valueAt<std::uint16_t>(row, index); break;
    case 32: raw = valueAt<std::uint32_t>(row, index); break;
    default: raw = packedBits(row, index, type.bits); break;
    }
    if (type.format == SampleFormat::Unsigned) return raw;
    const std::int64_t sign = std::int64_t{1} << (type.bits - 1);
    return static_cast<double>((std::int64_t{raw} ^ sign) - sign);
}

std::string numberText(double value) {
    std::ostringstream text;
    text << value;
    return text.str();
}

std::uint8_t toByte(double share) {
    if (std::isnan(share)) return 0;
    return static_cast<std::uint8_t>(std::lround(std::clamp(share, 0.0, 1.0) * 255.0));
}

}  // namespace

std::string SampleType::text() const {
    const char* name = format == SampleFormat::Float    ? "-bit floating-point"
                       : format == SampleFormat::Signed ? "-bit signed"
                                                        : "-bit unsigned";
    return std::to_string(bits) + name;
}

void unpackSamples(ByteView row, SampleType type, std::size_t first, std::size_t step,
                   std::size_t count, double* values) {
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t index = first + i * step;
        if (type.format != SampleFormat::Float) {
            values[i] = integerAt(row, index, type);
        } else if (type.bits == 16) {
            values[i] = halfValue(valueAt<std::uint16_t>(row, index));
        } else if (type.bits == 32) {
            values[i] = static_cast<double>(valueAt<float>(row, index));
        } else {
            values[i] = valueAt<double>(row, index);
        }
    }
}

Raster<std::uint8_t> scaleToBytes(const Raster<double>& values, SampleType type,
                                  std::vector<std::string>& notes) {
    double least = std::numeric_limits<double>::infinity();
    double most = -least;
    for (const double value : values.values()) {
        if (!std::isfinite(value)) continue;
        least = std::min(least, value);
        most = std::max(most, value);
    }
    double low = 0.0;
    double high = 1.0;
    if (type.format != SampleFormat::Float) {
        const double levels = std::ldexp(1.0, type.bits);
        low = type.format == SampleFormat::Signed ? -levels / 2 : 0.0;
        high = low + levels - 1.0;
        // With fewer grey levels than this, hardly anything can be seen.
        constexpr double kFewLevels = 4.0 / 256.0;
        if (type.bits > 8 && most > least && most - least < kFewLevels * (high - low)) {
            notes.push_back(
                "the " + type.text() + " values from " + numberText(least) + " to " +
                numberText(most) +
                " use only a small part of their type's range: the image has almost no contrast");
        }
    } else if (least < 0.0 || most > 1.0) {
        low = least;
        high = most;
        notes.push_back("the " + type.text() +
                        " values are not between 0 and 1: each image is scaled by its own range, "
                        "the first from " +
                        numberText(least) + " to " + numberText(most));
    }
    const double span = high > low ? high - low : 1.0;
    Raster<std::uint8_t> bytes(values.size(), values.channels());
    std::transform(values.values().begin(), values.values().end(), bytes.values().begin(),
                   [low, span](double value) { return toByte((value - low) / span); });
    return bytes;
}

}  // namespace mcj
