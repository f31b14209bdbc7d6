#include "training/frozen_features.h"

#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/preprocess.h"
#include "media/base/error.h"

namespace mcj {
namespace {

at::Tensor averagedOver(const at::Tensor& map, std::int64_t side) {
    return side == 1 ? map : at::avg_pool2d(map, {side, side});
}

}  // namespace

FrozenFeatures encoderFeatures(McJepa model, std::vector<int> levels, int gridLevel) {
    for (const int level : levels) {
        const int coarsest = model->config().encoder.levels();
        if (level < 1 || level > coarsest) {
            throw Error(ErrorCode::Usage,
                        "--levels: the encoder has no level " + std::to_string(level),
                        "Levels of this model are 1 to " + std::to_string(coarsest) +
                            "; level l has stride 2^l.");
        }
    }
    model->eval();
    return [model = std::move(model), levels = std::move(levels),
            gridLevel](const at::Tensor& image) mutable {
        const at::NoGradGuard noGrad;
        const FeaturePyramid pyramid = model->encode(normalizeImages(image));
        FeatureMaps maps;
        for (const int level : levels) {
            const std::int64_t side =
                level < gridLevel ? std::int64_t{1} << (gridLevel - level) : 1;
            maps.push_back(averagedOver(pyramid.level(level), side)[0].contiguous());
        }
        return maps;
    };
}

FrozenFeatures colourFeatures(int gridLevel) {
    return [gridLevel](const at::Tensor& image) {
        const at::NoGradGuard noGrad;
        const at::Tensor cells = averagedOver(image, std::int64_t{1} << gridLevel);
        // At the border the mean is over the neighbours that exist.
        const at::Tensor around = at::avg_pool2d(cells, {3, 3}, {1, 1}, {1, 1},
                                                 /*ceil_mode=*/false, /*count_include_pad=*/false);
        return FeatureMaps{at::cat({cells, around}, 1)[0].contiguous()};
    };
}

}  // namespace mcj
