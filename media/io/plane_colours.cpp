#include "media/io/plane_colours.h"

#include <algorithm>
#include <cmath>

namespace mcj {

namespace {

std::uint8_t toByte(double value) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
}

}  // namespace

void convertPlanes(const Planes& planes, SizePx size, PlaneRule rule, bool fullRange,
                   std::uint8_t* rgb, std::size_t rowBytes) {
    const double black = fullRange ? 0.0 : 16.0;
    const double lumaGain = fullRange ? 1.0 : 255.0 / 219.0;
    const double chromaGain = fullRange ? 1.0 : 255.0 / 224.0;
    for (int y = 0; y < size.height; ++y) {
        const std::uint8_t* rows[3] = {};
        for (int i = 0; i < 3; ++i) {
            rows[i] = planes.data[i] + static_cast<std::ptrdiff_t>(y) * planes.strides[i];
        }
        std::uint8_t* to = rgb + static_cast<std::size_t>(y) * rowBytes;
        for (int x = 0; x < size.width; ++x, to += 3) {
            const double first = (rows[0][x] - black) * lumaGain;
            if (rule == PlaneRule::Identity) {
                to[0] = toByte((rows[2][x] - black) * lumaGain);
                to[1] = toByte(first);
                to[2] = toByte((rows[1][x] - black) * lumaGain);
                continue;
            }
            const double green = (rows[1][x] - 128.0) * chromaGain;
            const double orange = (rows[2][x] - 128.0) * chromaGain;
            to[0] = toByte(first - green + orange);
            to[1] = toByte(first + green);
            to[2] = toByte(first - green - orange);
        }
    }
}

}  // namespace mcj
