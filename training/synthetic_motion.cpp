#include "training/synthetic_motion.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "media/base/error.h"

namespace mcj {
namespace {

/// Scenes that are rendered together.
using SceneRefs = std::vector<const MotionScene*>;

/// Coordinates [N, h, w].
struct Points {
    at::Tensor x;
    at::Tensor y;
};

struct Canvas {
    at::Tensor frame;  ///< [N, 3, H, W] in 0..255
    at::Tensor top;    ///< [N, 1, H, W] number of the layer that is seen, 0: background
};

class SceneRenderer {
public:
    SceneRenderer(SceneRefs scenes, SizePx size, at::Device device)
        : scenes_(std::move(scenes)), size_(size),
          options_(at::TensorOptions(at::kFloat).device(device)),
          axisX_(at::arange(size.width, options_).view({1, 1, size.width})),
          axisY_(at::arange(size.height, options_).view({1, size.height, 1})) {}

    [[nodiscard]] FramePairs render() {
        const auto n = static_cast<std::int64_t>(scenes_.size());
        std::size_t layers = 0;
        for (const MotionScene* scene : scenes_) layers = std::max(layers, scene->layers.size());
        drawBackgrounds();
        for (Canvas* canvas : {&first_, &second_}) {
            canvas->top = at::zeros({n, 1, size_.height, size_.width}, options_);
        }
        for (std::size_t k = 1; k < layers; ++k) drawPieces(k);
        FramePairs pairs;
        pairs.valid = visibleInBoth();
        pairs.frame1 = first_.frame.mul_(1.0 / 255.0);
        pairs.frame2 = second_.frame.mul_(1.0 / 255.0);
        pairs.flow = flow_;
        return pairs;
    }

private:
    using LayerRefs = std::vector<const MotionLayer*>;

    [[nodiscard]] at::Tensor coefficients(const std::vector<PlaneMap>& maps) const {
        std::vector<float> values;
        for (const PlaneMap& map : maps) {
            for (const double value : map.m) values.push_back(static_cast<float>(value));
        }
        return at::tensor(at::ArrayRef<float>(values), at::kFloat)
            .view({static_cast<std::int64_t>(maps.size()), 9, 1, 1})
            .to(options_.device());
    }

    /// The displaced pixels of `box` under one map per sample.
    [[nodiscard]] Points project(const std::vector<PlaneMap>& maps, const BoxPx& box,
                                 const std::optional<at::Tensor>& displacement) const {
        const at::Tensor c = coefficients(maps);
        const at::Tensor px = axisX_.narrow(2, box.x0, box.x1 - box.x0);
        const at::Tensor py = axisY_.narrow(1, box.y0, box.y1 - box.y0);
        const auto linear = [&](std::int64_t row) {
            const auto at = [&](std::int64_t i) { return c.select(1, 3 * row + i); };
            at::Tensor value = (at(0) * px).add_(at(2)) + at(1) * py;
            if (displacement) {
                value.addcmul_(displacement->select(1, 0), at(0));
                value.addcmul_(displacement->select(1, 1), at(1));
            }
            return value;
        };
        Points points{linear(0), linear(1)};
        const bool hasPerspective = std::any_of(maps.begin(), maps.end(), [](const PlaneMap& map) {
            return map.m[6] != 0.0 || map.m[7] != 0.0 || map.m[8] != 1.0;
        });
        if (hasPerspective) {
            // Undefined behind the camera; draws are never close to it, and this keeps values
            // finite.
            const at::Tensor weight = linear(2).clamp_min_(0.05);
            points.x.div_(weight);
            points.y.div_(weight);
        }
        return points;
    }

    /// Knots to a displacement per pixel of the frame [N, 2, H, W]; none if no layer has one.
    [[nodiscard]] std::optional<at::Tensor> displacementOf(const LayerRefs& layers) const {
        if (std::all_of(layers.begin(), layers.end(),
                        [](const MotionLayer* layer) { return layer->deformation.empty(); })) {
            return std::nullopt;
        }
        std::vector<at::Tensor> fields;
        for (const MotionLayer* layer : layers) {
            const Deformation& d = layer->deformation;
            if (d.empty()) {
                fields.push_back(at::zeros({1, 2, size_.height, size_.width}, options_));
                continue;
            }
            const at::Tensor knots = at::tensor(at::ArrayRef<float>(d.values), at::kFloat)
                                         .view({1, 2, d.rows, d.columns})
                                         .to(options_.device());
            fields.push_back(
                at::upsample_bicubic2d(knots, {size_.height, size_.width}, /*align_corners=*/true));
        }
        return fields.size() == 1 ? fields.front() : at::cat(fields);
    }

    [[nodiscard]] static std::optional<at::Tensor> within(const std::optional<at::Tensor>& field,
                                                          const BoxPx& box) {
        if (!field) return std::nullopt;
        return field->narrow(2, box.y0, box.y1 - box.y0).narrow(3, box.x0, box.x1 - box.x0);
    }

    static at::Tensor boxOf(const at::Tensor& tensor, const BoxPx& box) {
        return tensor.narrow(2, box.y0, box.y1 - box.y0).narrow(3, box.x0, box.x1 - box.x0);
    }

    /// Pictures of all layers in one float tensor [N, 3, maxH, maxW], at the top left.
    [[nodiscard]] at::Tensor stackPictures(const LayerRefs& layers) const {
        if (layers.size() == 1) {
            return layers.front()->picture.to(options_.device()).to(at::kFloat).unsqueeze(0);
        }
        std::int64_t height = 0;
        std::int64_t width = 0;
        for (const MotionLayer* layer : layers) {
            height = std::max(height, layer->picture.size(1));
            width = std::max(width, layer->picture.size(2));
        }
        const auto n = static_cast<std::int64_t>(layers.size());
        at::Tensor stack = at::zeros({n, 3, height, width}, options_);
        for (std::int64_t i = 0; i < n; ++i) {
            const at::Tensor& picture = layers[static_cast<std::size_t>(i)]->picture;
            const at::Tensor place = stack[i];
            place.narrow(1, 0, picture.size(1)).narrow(2, 0, picture.size(2)).copy_(picture);
            for (const std::int64_t axis : {1, 2}) repeatEdge(place, axis, picture.size(axis));
        }
        return stack;
    }

    /// Bicubic weights reach two pixels beyond the last of `length` rows or columns.
    static void repeatEdge(const at::Tensor& place, std::int64_t axis, std::int64_t length) {
        const std::int64_t room = std::min<std::int64_t>(2, place.size(axis) - length);
        if (room > 0) place.narrow(axis, length, room).copy_(place.narrow(axis, length - 1, 1));
    }

    /// The pictures under `maps` (frame px -> picture px), mirrored at their edges: [N, 3, h, w].
    [[nodiscard]] at::Tensor samplePictures(const LayerRefs& layers, const at::Tensor& pictures,
                                            std::vector<PlaneMap> maps, const BoxPx& box,
                                            const std::optional<at::Tensor>& displacement) const {
        const auto n = static_cast<std::int64_t>(layers.size());
        std::vector<float> spanX;
        std::vector<float> spanY;
        for (std::size_t i = 0; i < layers.size(); ++i) {
            const auto width = static_cast<double>(layers[i]->picture.size(2) - 1);
            const auto height = static_cast<double>(layers[i]->picture.size(1) - 1);
            maps[i] = PlaneMap::scale(1.0 / width, 1.0 / height) * maps[i];
            spanX.push_back(
                static_cast<float>(2.0 * width / static_cast<double>(pictures.size(3) - 1)));
            spanY.push_back(
                static_cast<float>(2.0 * height / static_cast<double>(pictures.size(2) - 1)));
        }
        Points points = project(maps, box, displacement);
        // A triangle wave of period 2 mirrors [0, 1]; then to grid_sampler's -1..1 of the stack.
        const auto mirror = [&](at::Tensor& value, const std::vector<float>& span) {
            const at::Tensor turns = (value * 0.5).floor_();
            value.sub_(turns, 2.0).sub_(1.0).abs_();
            if (n == 1) {
                value.mul_(-span.front()).add_(span.front() - 1.0F);
                return;
            }
            const at::Tensor k = at::tensor(at::ArrayRef<float>(span), at::kFloat)
                                     .view({n, 1, 1})
                                     .to(options_.device());
            value.mul_(-k).add_(k - 1.0);
        };
        mirror(points.x, spanX);
        mirror(points.y, spanY);
        // Bilinear weights would blur depending on the sub-pixel position, which differs between
        // the frames: sharpness would reveal the motion, unlike in real videos.
        return sample(pictures, points, Interpolation::Bicubic).clamp_(0.0, 255.0);
    }

    /// As grid_sampler numbers them.
    enum class Interpolation : std::int64_t { Bilinear = 0, Bicubic = 2 };

    /// At grid_sampler's coordinates.
    [[nodiscard]] static at::Tensor sample(const at::Tensor& pictures, const Points& points,
                                           Interpolation interpolation) {
        constexpr std::int64_t kBorder = 1;
        return at::grid_sampler_2d(pictures, at::stack({points.x, points.y}, -1),
                                   static_cast<std::int64_t>(interpolation), kBorder,
                                   /*align_corners=*/true);
    }

    void drawBackgrounds() {
        LayerRefs layers;
        std::vector<PlaneMap> motion;
        std::vector<PlaneMap> textures1;
        std::vector<PlaneMap> textures2;
        for (const MotionScene* scene : scenes_) {
            const MotionLayer& layer = scene->layers.front();
            layers.push_back(&layer);
            motion.push_back(layer.motion);
            textures1.push_back(layer.texture * layer.motion);
            textures2.push_back(layer.texture);
        }
        const BoxPx all{0, 0, size_.width, size_.height};
        const at::Tensor pictures = stackPictures(layers);
        const auto displacement = displacementOf(layers);
        first_.frame = samplePictures(layers, pictures, textures1, all, displacement);
        second_.frame = samplePictures(layers, pictures, textures2, all, std::nullopt);
        flow_ = flowOf(motion, all, displacement);
    }

    [[nodiscard]] at::Tensor flowOf(const std::vector<PlaneMap>& motion, const BoxPx& box,
                                    const std::optional<at::Tensor>& displacement) const {
        Points ends = project(motion, box, displacement);
        ends.x.sub_(axisX_.narrow(2, box.x0, box.x1 - box.x0));
        ends.y.sub_(axisY_.narrow(1, box.y0, box.y1 - box.y0));
        return at::stack({ends.x, ends.y}, 1);
    }

    /// The box in the frame in which a mask is visible, from its corners.
    [[nodiscard]] BoxPx boxOfMask(const PlaneMap& toCoverage, SizePx coverage,
                                  double margin) const {
        const PlaneMap back = toCoverage.inverse();
        double x0 = 1e9;
        double y0 = 1e9;
        double x1 = -1e9;
        double y1 = -1e9;
        for (const int cornerX : {0, coverage.width - 1}) {
            for (const int cornerY : {0, coverage.height - 1}) {
                const auto at = back.apply(cornerX, cornerY);
                x0 = std::min(x0, at[0]);
                y0 = std::min(y0, at[1]);
                x1 = std::max(x1, at[0]);
                y1 = std::max(y1, at[1]);
            }
        }
        const auto clampTo = [](double value, int side) {
            return static_cast<int>(std::clamp(value, 0.0, static_cast<double>(side)));
        };
        return {clampTo(std::floor(x0 - margin), size_.width),
                clampTo(std::floor(y0 - margin), size_.height),
                clampTo(std::ceil(x1 + margin) + 1.0, size_.width),
                clampTo(std::ceil(y1 + margin) + 1.0, size_.height)};
    }

    [[nodiscard]] at::Tensor stackCoverage(const LayerRefs& layers) const {
        int width = 0;
        int height = 0;
        for (const MotionLayer* layer : layers) {
            width = std::max(width, layer->coverage.width());
            height = std::max(height, layer->coverage.height());
        }
        const auto n = static_cast<std::int64_t>(layers.size());
        at::Tensor stack = at::zeros({n, 1, height, width}, at::kFloat);
        for (std::int64_t i = 0; i < n; ++i) {
            const Raster<float>& mask = layers[static_cast<std::size_t>(i)]->coverage;
            const at::Tensor view = at::from_blob(const_cast<float*>(mask.data()),
                                                  {mask.height(), mask.width()}, at::kFloat);
            stack[i][0].narrow(0, 0, mask.height()).narrow(1, 0, mask.width()).copy_(view);
        }
        return stack.to(options_.device());
    }

    /// A scene with fewer pieces gets an empty piece.
    [[nodiscard]] const MotionLayer& pieceOf(const MotionScene& scene, std::size_t k) {
        if (k < scene.layers.size()) return scene.layers[k];
        MotionLayer& nothing = absent_.emplace_back();
        nothing.picture = scene.layers.front().picture;
        nothing.coverage = Raster<float>({8, 8}, 1);
        return nothing;
    }

    void drawPieces(std::size_t k) {
        absent_.clear();
        absent_.reserve(scenes_.size());
        LayerRefs layers;
        std::vector<PlaneMap> motion;
        for (const MotionScene* scene : scenes_) {
            const MotionLayer& layer = pieceOf(*scene, k);
            layers.push_back(&layer);
            motion.push_back(layer.motion);
        }
        const at::Tensor pictures = stackPictures(layers);
        const at::Tensor coverage = stackCoverage(layers);
        const auto displacement = displacementOf(layers);
        for (const int frame : {1, 2}) {
            std::vector<PlaneMap> masks;
            std::vector<PlaneMap> textures;
            for (const MotionLayer* layer : layers) {
                masks.push_back(frame == 1 ? layer->mask * layer->motion : layer->mask);
                textures.push_back(frame == 1 ? layer->texture * layer->motion : layer->texture);
            }
            const double margin = frame == 1 ? layers.front()->deformation.bound : 0.0;
            const BoxPx box = layers.size() == 1
                                  ? boxOfMask(masks[0], layers[0]->coverage.size(), margin)
                                  : BoxPx{0, 0, size_.width, size_.height};
            if (box.empty()) continue;
            const auto moved = frame == 1 ? within(displacement, box) : std::nullopt;
            const PlaneMap toGrid =
                PlaneMap::shift(-1.0, -1.0) *
                PlaneMap::scale(2.0 / static_cast<double>(coverage.size(3) - 1),
                                2.0 / static_cast<double>(coverage.size(2) - 1));
            for (PlaneMap& mask : masks) mask = toGrid * mask;
            const at::Tensor alpha =
                sample(coverage, project(masks, box, moved), Interpolation::Bilinear);
            const at::Tensor seen = alpha.gt(0.5);
            Canvas& canvas = frame == 1 ? first_ : second_;
            boxOf(canvas.frame, box)
                .lerp_(samplePictures(layers, pictures, textures, box, moved), alpha);
            boxOf(canvas.top, box).masked_fill_(seen, static_cast<double>(k));
            if (frame == 1) {
                at::Tensor flow = boxOf(flow_, box);
                flow.copy_(at::where(seen, flowOf(motion, box, moved), flow));
            }
        }
    }

    /// 1 where the end of the motion is inside frame 2 and not covered by a nearer layer.
    [[nodiscard]] at::Tensor visibleInBoth() const {
        constexpr std::int64_t kNearest = 1;
        constexpr std::int64_t kZeros = 0;
        const at::Tensor x = flow_.select(1, 0) + axisX_;
        const at::Tensor y = flow_.select(1, 1) + axisY_;
        const at::Tensor inside = x.ge(0)
                                      .logical_and(x.le(size_.width - 1))
                                      .logical_and(y.ge(0).logical_and(y.le(size_.height - 1)));
        const at::Tensor grid = at::stack(
            {x * (2.0 / (size_.width - 1)) - 1.0, y * (2.0 / (size_.height - 1)) - 1.0}, -1);
        const at::Tensor covering =
            at::grid_sampler_2d(second_.top, grid, kNearest, kZeros, /*align_corners=*/true);
        return covering.le(first_.top).logical_and(inside.unsqueeze(1)).to(at::kFloat);
    }

    SceneRefs scenes_;
    SizePx size_;
    at::TensorOptions options_;
    at::Tensor axisX_;
    at::Tensor axisY_;
    Canvas first_;
    Canvas second_;
    at::Tensor flow_;
    std::vector<MotionLayer> absent_;
};

}  // namespace

SyntheticMotion::SyntheticMotion(const SyntheticMotionConfig& config, at::Device device,
                                 RenderGrouping grouping)
    : config_(config), device_(device), grouping_(grouping != RenderGrouping::Automatic ? grouping
                                                  : device.is_cpu() ? RenderGrouping::OneByOne
                                                                    : RenderGrouping::Together),
      augmenter_(config.height, config.width, device) {
    if (config.height < 32 || config.width < 32 || config.minPieces < 0 ||
        config.maxPieces < config.minPieces || config.minShift <= 0.0 ||
        config.maxShift < config.minShift) {
        throw Error(ErrorCode::Usage,
                    "synthetic motion needs frames of at least 32 px, 0 <= least pieces <= most "
                    "pieces and 0 < least shift <= largest shift",
                    "Correct the settings of the synthetic motion.");
    }
}

FramePairs SyntheticMotion::render(const std::vector<MotionScene>& scenes) const {
    const at::NoGradGuard noGrad;
    const SizePx size{config_.width, config_.height};
    const std::size_t together = grouping_ == RenderGrouping::OneByOne ? 1 : scenes.size();
    std::vector<FramePairs> parts;
    for (std::size_t first = 0; first < scenes.size(); first += together) {
        SceneRefs refs;
        std::vector<Photometric> looks1;
        std::vector<Photometric> looks2;
        for (std::size_t i = first; i < std::min(first + together, scenes.size()); ++i) {
            refs.push_back(&scenes[i]);
            looks1.push_back(scenes[i].looks[0]);
            looks2.push_back(scenes[i].looks[1]);
        }
        FramePairs part = SceneRenderer(std::move(refs), size, device_).render();
        augmenter_.apply(part.frame1, looks1);
        augmenter_.apply(part.frame2, looks2);
        parts.push_back(std::move(part));
    }
    if (parts.size() == 1) return std::move(parts.front());
    const auto join = [&](at::Tensor FramePairs::* member) {
        std::vector<at::Tensor> tensors;
        for (const FramePairs& part : parts) tensors.push_back(part.*member);
        return at::cat(tensors);
    };
    return {join(&FramePairs::frame1), join(&FramePairs::frame2), join(&FramePairs::flow),
            join(&FramePairs::valid)};
}

FramePairs SyntheticMotion::make(const PictureSource& pictures,
                                 std::vector<SampleRng> generators) const {
    std::vector<MotionScene> scenes;
    for (SampleRng& rng : generators) scenes.push_back(drawScene(config_, pictures, rng));
    return render(scenes);
}

}  // namespace mcj
