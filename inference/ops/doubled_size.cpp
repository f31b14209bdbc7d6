#include "inference/ops/doubled_size.h"

#include <algorithm>
#include <array>
#include <vector>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/ops/parallel.h"

namespace mcj {
namespace {

/// Keys' cubic convolution with A = -0.75 at a quarter of the distance between two pixels: the
/// weights of the pixels at -1, 0, 1 and 2. At three quarters they are in the opposite order.
constexpr std::array<float, 4> kQuarter{-0.10546875F, 0.87890625F, 0.26171875F, -0.03515625F};

/// Row or column `out` of the doubled picture reads four of the picture's, from `first` on.
struct Taps {
    explicit Taps(std::int64_t out) {
        const bool odd = out % 2 == 1;
        first = out / 2 - (odd ? 1 : 2);
        for (std::size_t k = 0; k < 4; ++k) weights[k] = odd ? kQuarter[k] : kQuarter[3 - k];
    }
    std::int64_t first = 0;
    std::array<float, 4> weights{};
};

/// One row of the doubled picture. `line` has room for W + 4 values.
void doubleRow(const float* plane, std::int64_t height, std::int64_t width, std::int64_t y,
               float* line, float* out) {
    constexpr std::int64_t kMargin = 2;
    const Taps rows(y);
    std::array<const float*, 4> from{};
    for (std::int64_t k = 0; k < 4; ++k) {
        from[static_cast<std::size_t>(k)] =
            plane + std::clamp<std::int64_t>(rows.first + k, 0, height - 1) * width;
    }
    float* inner = line + kMargin;
    for (std::int64_t x = 0; x < width; ++x) {
        inner[x] = rows.weights[0] * from[0][x] + rows.weights[1] * from[1][x] +
                   rows.weights[2] * from[2][x] + rows.weights[3] * from[3][x];
    }
    line[0] = line[1] = inner[0];
    inner[width] = inner[width + 1] = inner[width - 1];
    const Taps even(0);
    const Taps odd(1);
    for (std::int64_t x = 0; x < width; ++x) {
        const float* near = inner + x;
        out[2 * x] = even.weights[0] * near[-2] + even.weights[1] * near[-1] +
                     even.weights[2] * near[0] + even.weights[3] * near[1];
        out[2 * x + 1] = odd.weights[0] * near[-1] + odd.weights[1] * near[0] +
                         odd.weights[2] * near[1] + odd.weights[3] * near[2];
    }
}

}  // namespace

at::Tensor doubledSize(const at::Tensor& images) {
    const std::int64_t height = images.size(2);
    const std::int64_t width = images.size(3);
    if (!images.is_cpu() || images.scalar_type() != at::kFloat || at::GradMode::is_enabled()) {
        return at::upsample_bicubic2d(images, {2 * height, 2 * width}, false);
    }
    const auto source = images.contiguous();
    auto doubled = at::empty({images.size(0), images.size(1), 2 * height, 2 * width},
                             source.options().memory_format(at::MemoryFormat::Contiguous));
    const float* from = source.const_data_ptr<float>();
    float* to = doubled.data_ptr<float>();
    const std::int64_t rows = images.size(0) * images.size(1) * 2 * height;
    at::parallel_for(0, rows, 16, [&](std::int64_t begin, std::int64_t end) {
        std::vector<float> line(static_cast<std::size_t>(width + 4));
        for (std::int64_t row = begin; row < end; ++row) {
            const float* plane = from + row / (2 * height) * height * width;
            doubleRow(plane, height, width, row % (2 * height), line.data(), to + row * 2 * width);
        }
    });
    return doubled;
}

}  // namespace mcj
