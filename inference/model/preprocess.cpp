#include "inference/model/preprocess.h"

#include <ATen/ATen.h>

namespace mcj {

at::Tensor normalizeImages(const at::Tensor& images) {
    static const std::array<double, 3> kMean{0.485, 0.456, 0.406};
    static const std::array<double, 3> kDeviation{0.229, 0.224, 0.225};
    const auto mean = at::tensor(at::ArrayRef<double>(kMean), images.options()).view({1, 3, 1, 1});
    const auto deviation =
        at::tensor(at::ArrayRef<double>(kDeviation), images.options()).view({1, 3, 1, 1});
    return (images - mean) / deviation;
}

at::Tensor padToMultiple(const at::Tensor& images, std::int64_t multiple) {
    const auto missing = [multiple](std::int64_t side) {
        return (multiple - side % multiple) % multiple;
    };
    const std::int64_t bottom = missing(images.size(2));
    const std::int64_t right = missing(images.size(3));
    if (bottom == 0 && right == 0) return images;
    return at::replication_pad2d(images, {0, right, 0, bottom});
}

at::Tensor imageTensor(const Raster<std::uint8_t>& rgb) {
    // from_blob only borrows; the division below makes the copy.
    const auto bytes = at::from_blob(const_cast<std::uint8_t*>(rgb.data()),
                                     {1, rgb.height(), rgb.width(), 3}, at::kByte);
    return bytes.permute({0, 3, 1, 2}).to(at::kFloat).div(255.0);
}

}  // namespace mcj
