#include "training/probe_set.h"

#include <algorithm>
#include <utility>

#include <ATen/ATen.h>

#include "inference/model/preprocess.h"
#include "media/base/error.h"
#include "media/base/label_runs.h"

namespace mcj {
namespace {

int paddedSide(std::uint32_t side) {
    const int pixels = static_cast<int>(side);
    return (pixels + kPadMultiple - 1) / kPadMultiple * kPadMultiple;
}

/// uint8 [H, W] to int64 [h * w] on a grid whose cells have sides of `cell` pixels.
at::Tensor labelsOfCells(const at::Tensor& labels, SizePx grid, std::int64_t cell) {
    const std::int64_t bottom = grid.height * cell - labels.size(0);
    const std::int64_t right = grid.width * cell - labels.size(1);
    const at::Tensor padded =
        at::constant_pad_nd(labels, {0, right, 0, bottom}, static_cast<double>(kVoidLabel));
    // An even number of pixels has no middle one: use the one below and right of the centre.
    const auto middles = at::indexing::Slice(cell / 2, at::indexing::None, cell);
    return padded.index({middles, middles}).reshape({-1}).to(at::kLong);
}

}  // namespace

std::vector<LabelledPicture> labelledPictures(const ShardPtr& shard) {
    std::vector<LabelledPicture> pictures;
    for (const std::size_t entry : shard->pictures()) {
        if (const auto labels = shard->labelsOf(entry)) pictures.push_back({shard, entry, *labels});
    }
    if (pictures.empty()) {
        throw Error(ErrorCode::Input, shard->path().string() + " has no label maps",
                    "Pack the images with `mcjepa pack --images DIR --labels DIR -o FILE`.");
    }
    return pictures;
}

ProbeSet::ProbeSet(std::vector<LabelledPicture> pictures, FrozenFeatures extract,
                   const ProbeSetOptions& options)
    : pictures_(std::move(pictures)), extract_(std::move(extract)), options_(options) {
    const std::int64_t cell = std::int64_t{1} << options_.gridLevel;
    for (std::size_t i = 0; i < pictures_.size(); ++i) {
        const at::Tensor map = pictures_[i].shard->decodeLabels(pictures_[i].labels);
        Item item;
        item.cellLabels = labelsOfCells(map, grid(i), cell).to(options_.device);
        const auto* label = map.const_data_ptr<std::uint8_t>();
        for (const auto* end = label + map.numel(); label != end; ++label) {
            if (*label == kVoidLabel) continue;
            ++item.labelledPixels;
            classes_ = std::max(classes_, *label + 1);
        }
        items_.push_back(std::move(item));
    }
    if (classes_ < 2) {
        throw Error(ErrorCode::Input, "the labels have fewer than two classes",
                    "A probe needs at least two; check --void of `mcjepa pack`.");
    }
}

SizePx ProbeSet::grid(std::size_t picture) const {
    const LabelledPicture& place = pictures_.at(picture);
    const ShardEntry& entry = place.shard->entries()[place.picture];
    return {paddedSide(entry.width) >> options_.gridLevel,
            paddedSide(entry.height) >> options_.gridLevel};
}

std::int64_t ProbeSet::labelledPixels(std::size_t picture) const {
    return items_.at(picture).labelledPixels;
}

FeatureMaps ProbeSet::features(std::size_t picture) {
    Item& item = items_.at(picture);
    if (!item.features.empty()) return item.features;
    const LabelledPicture& place = pictures_[picture];
    const at::Tensor pixels = place.shard->decode(place.picture).to(options_.device);
    FeatureMaps maps = extract_(padToMultiple(pixels.to(at::kFloat).div(255.0).unsqueeze(0)));
    std::size_t bytes = 0;
    for (const at::Tensor& map : maps) bytes += map.nbytes();
    if (bytes <= options_.cacheBytes - usedBytes_) {
        usedBytes_ += bytes;
        item.features = maps;
    }
    return maps;
}

at::Tensor ProbeSet::labels(std::size_t picture) const {
    const LabelledPicture& place = pictures_.at(picture);
    return place.shard->decodeLabels(place.labels).to(options_.device);
}

const at::Tensor& ProbeSet::cellLabels(std::size_t picture) const {
    return items_.at(picture).cellLabels;
}

}  // namespace mcj
