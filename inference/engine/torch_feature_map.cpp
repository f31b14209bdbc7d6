#include "inference/engine/torch_feature_map.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <ATen/ATen.h>

#include "inference/ops/similarity.h"
#include "inference/ops/warp.h"
#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

/// The cell of each of `pixels` rows or columns. A pixel lies where its centre does.
std::vector<std::size_t> cellsOfPixels(int pixels, int network, int level, std::int64_t cells) {
    std::vector<std::size_t> places(static_cast<std::size_t>(pixels));
    for (int p = 0; p < pixels; ++p) {
        const double cell = (static_cast<double>(p) + 0.5) * network / pixels / (1 << level);
        places[static_cast<std::size_t>(p)] = static_cast<std::size_t>(
            std::clamp(static_cast<std::int64_t>(cell), std::int64_t{0}, cells - 1));
    }
    return places;
}

/// How many pixels of each label lie in each cell of `map`, row by row.
std::map<std::uint8_t, std::vector<float>> pixelsPerCell(const Raster<std::uint8_t>& labels,
                                                         const TorchFeatureMap& map) {
    const std::int64_t width = map.map.size(3);
    const std::int64_t height = map.map.size(2);
    const auto columns = cellsOfPixels(map.frame.width, map.network.width, map.level, width);
    const auto rows = cellsOfPixels(map.frame.height, map.network.height, map.level, height);
    std::map<std::uint8_t, std::vector<float>> counts;
    for (std::size_t y = 0; y < rows.size(); ++y) {
        const std::uint8_t* row = labels.row(static_cast<int>(y));
        for (std::size_t x = 0; x < columns.size(); ++x) {
            std::vector<float>& count = counts[row[x]];
            if (count.empty()) count.resize(static_cast<std::size_t>(width * height));
            count[rows[y] * static_cast<std::size_t>(width) + columns[x]] += 1.0F;
        }
    }
    return counts;
}

/// Cosine of `feature` [C] with every feature of `to`.
SimilarityResult compareWith(const at::Tensor& feature, const TorchFeatureMap& to) {
    const auto cosine = cosineMap(to.map.squeeze(0), feature);
    const auto best = bestCell(cosine);
    SimilarityResult result;
    result.map = toScalarMap(drawCells(cosine.unsqueeze(0).unsqueeze(0), to),
                             ScalarMap(to.frame, "similarity", "cosine", -1.0F, 1.0F));
    const double stride = 1 << to.level;
    const auto pixelOf = [stride](double cell, int network, int frame) {
        const double p = (cell + 0.5) * stride * frame / network - 0.5;
        return static_cast<float>(std::clamp(p, 0.0, static_cast<double>(frame - 1)));
    };
    result.best.where = {pixelOf(best.x, to.network.width, to.frame.width),
                         pixelOf(best.y, to.network.height, to.frame.height)};
    result.best.score = static_cast<float>(best.score);
    return result;
}

}  // namespace

const TorchFeatureMap& torchFeatureMap(const FeatureMap& features) {
    const auto* map = dynamic_cast<const TorchFeatureMap*>(&features);
    if (map == nullptr) {
        throw Error(ErrorCode::Internal, "the features belong to another engine");
    }
    return *map;
}

at::Tensor drawCells(const at::Tensor& cells, const TorchFeatureMap& map) {
    const std::int64_t stride = 1 << map.level;
    auto drawn =
        at::upsample_bilinear2d(cells, {cells.size(2) * stride, cells.size(3) * stride}, false);
    drawn = drawn.narrow(2, 0, map.network.height).narrow(3, 0, map.network.width);
    if (map.network == map.frame) return drawn;
    return at::upsample_bilinear2d(drawn, {map.frame.height, map.frame.width}, false);
}

ScalarMap toScalarMap(const at::Tensor& map, ScalarMap out) {
    const auto plain = map.to(at::kCPU, at::kFloat).contiguous();
    std::copy_n(plain.const_data_ptr<float>(), out.values.values().size(), out.values.data());
    return out;
}

SimilarityResult similarityOfPoint(const TorchFeatureMap& from, PointF where,
                                   const TorchFeatureMap& to) {
    const SizePx size = from.frame;
    if (!(where.x >= 0 && where.y >= 0 && where.x <= static_cast<float>(size.width - 1) &&
          where.y <= static_cast<float>(size.height - 1))) {
        throw Error(ErrorCode::Usage,
                    "the point is outside the frame of " + sizeText(size) + " pixels",
                    "Points are X,Y in pixels; 0,0 is the centre of the top left pixel.");
    }
    const double stride = 1 << from.level;
    const auto cellOf = [&](float p, int network, int frame) {
        return (static_cast<double>(p) + 0.5) * network / frame / stride - 0.5;
    };
    const double x = cellOf(where.x, from.network.width, size.width);
    const double y = cellOf(where.y, from.network.height, size.height);
    // One bilinear sample, read by a warp of a single cell's flow.
    auto offset = at::zeros({1, 2, from.map.size(2), from.map.size(3)}, from.map.options());
    offset.select(1, 0).fill_(x);
    offset.select(1, 1).fill_(y);
    const auto sample =
        warp(from.map, offset, kernels::Border::Clamp).select(3, 0).select(2, 0).squeeze(0);
    return compareWith(sample, to);
}

SimilarityResult similarityOfPixels(const TorchFeatureMap& from, const Raster<std::uint8_t>& inside,
                                    const TorchFeatureMap& to) {
    if (inside.size() != from.frame) {
        throw Error(ErrorCode::Usage,
                    "the mask has " + sizeText(inside.size()) + " pixels, but the frame has " +
                        sizeText(from.frame),
                    "Give a mask of the frame's size.");
    }
    auto weights = at::zeros({from.map.size(2) * from.map.size(3)}, at::kFloat);
    for (const auto& [label, pixels] : pixelsPerCell(inside, from)) {
        if (label != 0) weights += at::tensor(pixels, at::TensorOptions().dtype(at::kFloat));
    }
    const auto cells = at::nonzero(weights).squeeze(1);
    if (cells.numel() == 0) {
        throw Error(ErrorCode::Usage, "the mask has no pixel of the object");
    }
    // Only the object's cells: a whole fine level would be copied twice.
    const auto features =
        from.map.squeeze(0).flatten(1).index_select(1, cells.to(from.map.device()));
    const auto lengths = features.square().sum({0}, true).sqrt().clamp_min(1e-12);
    const auto share = weights.index_select(0, cells) / weights.sum();
    return compareWith(at::mv(features / lengths, share.to(from.map.device())), to);
}

FeatureMoments momentsOf(const TorchFeatureMap& features, const StopToken& stop) {
    const at::Tensor& map = features.map;
    const std::int64_t channels = map.size(1);
    const std::int64_t height = map.size(2);
    const std::int64_t width = map.size(3);
    const auto options = at::TensorOptions(map.device()).dtype(at::kDouble);
    auto sums = at::zeros({channels}, options);
    auto products = at::zeros({channels, channels}, options);
    // In bands of rows: a copy of level 1 in double precision would take as much memory as
    // the encoder.
    constexpr std::int64_t kBandCells = 1 << 15;
    const std::int64_t rows = std::max<std::int64_t>(1, kBandCells / width);
    for (std::int64_t y = 0; y < height; y += rows) {
        stop.throwIfStopped("summing features");
        const auto band = map.narrow(2, y, std::min(rows, height - y));
        const auto cells = band.squeeze(0).flatten(1).to(at::kDouble);
        sums += cells.sum(1);
        products += at::mm(cells, cells.t());
    }
    const auto valuesOf = [](const at::Tensor& tensor) {
        const auto plain = tensor.to(at::kCPU).contiguous();
        const double* data = plain.const_data_ptr<double>();
        return std::vector<double>(data, data + plain.numel());
    };
    return FeatureMoments{height * width, valuesOf(sums), valuesOf(products)};
}

Raster<float> projectionOf(const TorchFeatureMap& map, const FeatureProjection& projection) {
    const std::int64_t channels = map.map.size(1);
    if (std::ssize(projection.origin) != channels || std::ssize(projection.axes) != 3 * channels) {
        throw Error(ErrorCode::Internal,
                    "the projection belongs to features with another number of channels");
    }
    const auto tensorOf = [&](const std::vector<float>& values, at::IntArrayRef shape) {
        return at::tensor(values, at::TensorOptions().dtype(at::kFloat))
            .view(shape)
            .to(map.map.device());
    };
    const auto axes = tensorOf(projection.axes, {3, channels});
    const auto origin = tensorOf(projection.origin, {channels, 1});
    // Projected before it is enlarged: three channels instead of C on the frame's grid.
    const auto cells = at::mm(axes, map.map.squeeze(0).flatten(1)) - at::mm(axes, origin);
    const auto drawn = drawCells(cells.view({1, 3, map.map.size(2), map.map.size(3)}), map);
    const auto last = drawn.permute({0, 2, 3, 1}).to(at::kCPU, at::kFloat).contiguous();
    Raster<float> values(map.frame, 3);
    std::copy_n(last.const_data_ptr<float>(), values.values().size(), values.data());
    return values;
}

LabelFeatures meansOfLabels(const TorchFeatureMap& map, const Raster<std::uint8_t>& labels) {
    if (map.frame != labels.size()) {
        throw Error(ErrorCode::Input, "the labels do not have the size of the features' frame");
    }
    const auto cells = map.map.squeeze(0).flatten(1);
    LabelFeatures means;
    for (const auto& [label, pixels] : pixelsPerCell(labels, map)) {
        const auto weights =
            at::tensor(pixels, at::TensorOptions().dtype(at::kFloat)).to(map.map.device());
        const auto mean =
            (at::mv(cells, weights) / weights.sum()).to(at::kCPU, at::kFloat).contiguous();
        const float* data = mean.const_data_ptr<float>();
        means[label] = std::vector<float>(data, data + mean.numel());
    }
    return means;
}

}  // namespace mcj
