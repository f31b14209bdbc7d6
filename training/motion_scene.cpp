#include "training/motion_scene.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include <ATen/ATen.h>

namespace mcj {
namespace {

constexpr double kPi = std::numbers::pi;
/// Motion below this many px has its turn and zoom reduced in proportion, so that pairs with small
/// motion everywhere exist.
constexpr double kFullEaseShift = 8.0;
constexpr double kFullEaseShare = 0.15;
/// Picture px per frame px: more would alias, less would blur.
constexpr double kMinTextureScale = 0.5;
constexpr double kMaxTextureScale = 1.7;
constexpr int kMaxCoverageSide = 256;

struct Shift {
    double x = 0.0;
    double y = 0.0;
    [[nodiscard]] double length() const { return std::hypot(x, y); }
};

Shift drawShift(const SyntheticMotionConfig& config, SampleRng& rng) {
    constexpr double kVerticalShare = 0.65;  // cameras and objects move more sideways than up
    Shift shift;
    if (rng.happens(config.logUniformShare)) {
        const double length = rng.logUniform(config.minShift, config.maxShift);
        const double angle = rng.angle();
        shift = {length * std::cos(angle), kVerticalShare * length * std::sin(angle)};
    } else {
        shift = {rng.laplace(config.laplaceShift),
                 kVerticalShare * rng.laplace(config.laplaceShift)};
    }
    const double excess = shift.length() / config.maxShift;
    if (excess > 1.0) shift = {shift.x / excess, shift.y / excess};
    return shift;
}

/// The share of the usual rotation and zoom for a shift.
double easeOf(const Shift& shift, SampleRng& rng) {
    const bool full = rng.happens(kFullEaseShare);
    return full ? 1.0 : std::clamp(shift.length() / kFullEaseShift, 0.02, 1.0);
}

PlaneMap drawTurnAndZoom(const SyntheticMotionConfig& config, double ease, double strength,
                         SampleRng& rng) {
    const double rad = rng.normal(strength * ease * config.rotationSigma);
    const double zoom = std::exp(rng.normal(strength * ease * config.logScaleSigma));
    const double aspect = std::exp(rng.normal(0.3 * strength * ease * config.logScaleSigma));
    return PlaneMap::rotation(rad) * PlaneMap::scale(zoom * aspect, zoom / aspect);
}

Deformation drawDeformation(const SyntheticMotionConfig& config, double ease, SampleRng& rng) {
    Deformation deformation;
    deformation.columns = rng.integer(3, 8);
    const double spacing = static_cast<double>(config.width - 1) / (deformation.columns - 1);
    deformation.rows =
        std::max(3, static_cast<int>(std::lround((config.height - 1) / spacing)) + 1);
    // Two deviations of opposite sign at neighbouring knots stay below one spacing: nothing folds.
    const double amplitude = std::min(0.15 * spacing, ease * rng.logUniform(0.2, 14.0));
    const int knots = 2 * deformation.rows * deformation.columns;
    for (int i = 0; i < knots; ++i) {
        const double value = std::clamp(rng.normal(amplitude), -2.0 * amplitude, 2.0 * amplitude);
        deformation.values.push_back(static_cast<float>(value));
    }
    deformation.bound = 4.0 * amplitude;  // cubic interpolation overshoots; both axes
    return deformation;
}

/// Picture sizes as doubles.
struct PictureSize {
    double width;
    double height;
};

PictureSize sizeOf(const at::Tensor& picture) {
    return {static_cast<double>(picture.size(2)), static_cast<double>(picture.size(1))};
}

MotionLayer drawBackground(const SyntheticMotionConfig& config, const PictureSource& pictures,
                           SampleRng& rng) {
    MotionLayer layer;
    layer.picture = pictures(rng);
    const double centreX = 0.5 * (config.width - 1);
    const double centreY = 0.5 * (config.height - 1);
    Shift shift;
    if (!rng.happens(config.staticShare)) {
        shift = drawShift(config, rng);
        const double ease = easeOf(shift, rng);
        PlaneMap change = drawTurnAndZoom(config, ease, 1.0, rng);
        if (rng.happens(config.perspectiveShare)) {
            change = change * PlaneMap::perspective(rng.normal(0.06 * ease) / centreX,
                                                    rng.normal(0.06 * ease) / centreY);
        }
        layer.motion = PlaneMap::shift(centreX + shift.x, centreY + shift.y) * change *
                       PlaneMap::shift(-centreX, -centreY);
        if (rng.happens(config.deformShare)) {
            layer.deformation = drawDeformation(config, ease, rng);
        }
    }
    const auto [width, height] = sizeOf(layer.picture);
    const double fit =
        std::min((width - 1) / (config.width - 1), (height - 1) / (config.height - 1));
    const double scale =
        std::clamp(fit * rng.logUniform(0.55, 1.0), kMinTextureScale, kMaxTextureScale);
    const auto place = [&](double pictureSide, double frameSide) {
        const double half = 0.5 * scale * frameSide;
        const double at = rng.uniform();
        return pictureSide > 2.0 * half ? half + at * (pictureSide - 2.0 * half)
                                        : 0.5 * pictureSide;
    };
    const double atX = place(width, config.width);
    const double atY = place(height, config.height);
    const double mirror = rng.happens(0.5) ? -1.0 : 1.0;
    // The drawn position is the middle of both frames' windows, so that margins are used evenly.
    layer.texture = PlaneMap::shift(atX, atY) * PlaneMap::rotation(rng.normal(0.06)) *
                    PlaneMap::scale(mirror * scale, scale) *
                    PlaneMap::shift(-centreX - 0.5 * shift.x, -centreY - 0.5 * shift.y);
    return layer;
}

/// A closed outline about (0, 0), px.
std::vector<PointF> drawOutline(const SyntheticMotionConfig& config, SampleRng& rng) {
    const double side = std::min(config.height, config.width);
    std::vector<PointF> outline;
    const auto addPolar = [&](double angle, double radiusX, double radiusY) {
        outline.push_back({static_cast<float>(radiusX * std::cos(angle)),
                           static_cast<float>(radiusY * std::sin(angle))});
    };
    if (rng.happens(config.thinShare)) {
        // A bent ribbon: forward along one edge, back along the other.
        const double half = rng.logUniform(0.12 * side, 0.55 * side);
        const double thickness = rng.logUniform(1.2, 6.0);
        const double bend = rng.normal(0.25 * half);
        const double phase = rng.angle();
        constexpr int kSteps = 24;
        for (int edge = 0; edge < 2; ++edge) {
            for (int i = 0; i <= kSteps; ++i) {
                const double along = (edge == 0 ? 2.0 : -2.0) * i / kSteps + (edge == 0 ? -1 : 1);
                const double offset = bend * std::sin(1.5 * kPi * along + phase);
                outline.push_back(
                    {static_cast<float>(half * along),
                     static_cast<float>(offset + (edge == 0 ? -0.5 : 0.5) * thickness)});
            }
        }
        return outline;
    }
    const double radius =
        rng.logUniform(config.minPieceRadius * side, config.maxPieceRadius * side);
    const int kind = rng.integer(0, 3);
    if (kind <= 1) {  // star-shaped polygon
        const int corners = rng.integer(3, 11);
        for (int i = 0; i < corners; ++i) {
            const double angle = 2.0 * kPi * (i + rng.uniform(-0.35, 0.35)) / corners;
            const double r = radius * rng.uniform(0.4, 1.0);
            addPolar(angle, r, r);
        }
    } else if (kind == 2) {  // ellipse
        const double aspect = rng.uniform(0.3, 1.0);
        for (int i = 0; i < 48; ++i) addPolar(2.0 * kPi * i / 48, radius, aspect * radius);
    } else {  // blob
        std::array<double, 4> weight{};
        std::array<double, 4> phase{};
        for (std::size_t k = 0; k < weight.size(); ++k) {
            weight[k] = rng.normal(0.35 / static_cast<double>(k + 2));
            phase[k] = rng.angle();
        }
        for (int i = 0; i < 72; ++i) {
            const double angle = 2.0 * kPi * i / 72;
            double r = 1.0;
            for (std::size_t k = 0; k < weight.size(); ++k) {
                r += weight[k] * std::cos(static_cast<double>(k + 2) * angle + phase[k]);
            }
            r = radius * std::clamp(r, 0.25, 1.6) / 1.2;
            addPolar(angle, r, r);
        }
    }
    return outline;
}

/// Fills coverage and the map from frame 2, for a piece at `centre` turned by a random angle.
void shapePiece(MotionLayer& layer, std::vector<PointF> outline, const Shift& centre,
                SampleRng& rng) {
    PointF low = outline.front();
    PointF high = outline.front();
    for (const PointF& point : outline) {
        low = {std::min(low.x, point.x), std::min(low.y, point.y)};
        high = {std::max(high.x, point.x), std::max(high.y, point.y)};
    }
    const double extentX = std::max(1.0F, high.x - low.x);
    const double extentY = std::max(1.0F, high.y - low.y);
    const auto side = [](double extent) {
        return std::clamp(static_cast<int>(std::lround(extent)) + 4, 8, kMaxCoverageSide);
    };
    const SizePx size{side(extentX), side(extentY)};
    // One px of zero all round; the outline fills the rest.
    const PlaneMap toCoverage =
        PlaneMap::shift(1.0, 1.0) *
        PlaneMap::scale((size.width - 3) / extentX, (size.height - 3) / extentY) *
        PlaneMap::shift(-low.x, -low.y);
    for (PointF& point : outline) {
        const auto at = toCoverage.apply(point.x, point.y);
        point = {static_cast<float>(at[0]), static_cast<float>(at[1])};
    }
    layer.coverage = polygonCoverage(outline, size);
    layer.mask =
        toCoverage * PlaneMap::rotation(rng.angle()) * PlaneMap::shift(-centre.x, -centre.y);
}

MotionLayer drawPiece(const SyntheticMotionConfig& config, const PlaneMap& camera,
                      const PictureSource& pictures, SampleRng& rng) {
    MotionLayer layer;
    layer.picture = pictures(rng);
    const Shift middle{rng.uniform(-0.1, 1.1) * config.width,
                       rng.uniform(-0.1, 1.1) * config.height};
    Shift end;
    if (rng.happens(config.followShare)) {
        const auto carried = camera.apply(middle.x, middle.y);
        end = {carried[0], carried[1]};
        PlaneMap own;
        if (!rng.happens(0.25)) {
            const double length = rng.logUniform(0.1, 6.0);
            const double angle = rng.angle();
            const Shift extra{length * std::cos(angle), length * std::sin(angle)};
            own = PlaneMap::shift(end.x + extra.x, end.y + extra.y) *
                  drawTurnAndZoom(config, easeOf(extra, rng), 1.0, rng) *
                  PlaneMap::shift(-end.x, -end.y);
            end = {end.x + extra.x, end.y + extra.y};
        }
        layer.motion = own * camera;
    } else {
        const Shift shift = drawShift(config, rng);
        const double ease = easeOf(shift, rng);
        end = {middle.x + 0.5 * shift.x, middle.y + 0.5 * shift.y};
        layer.motion = PlaneMap::shift(end.x, end.y) * drawTurnAndZoom(config, ease, 1.6, rng) *
                       PlaneMap::shift(0.5 * shift.x - middle.x, 0.5 * shift.y - middle.y);
        if (rng.happens(config.pieceDeformShare)) {
            layer.deformation = drawDeformation(config, 0.6 * ease, rng);
        }
    }
    shapePiece(layer, drawOutline(config, rng), end, rng);
    const auto [width, height] = sizeOf(layer.picture);
    const double scale = rng.logUniform(0.7, 1.6);
    const double mirror = rng.happens(0.5) ? -1.0 : 1.0;
    layer.texture = PlaneMap::shift(rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height) *
                    PlaneMap::rotation(rng.normal(0.3)) * PlaneMap::scale(mirror * scale, scale) *
                    PlaneMap::shift(-end.x, -end.y);
    return layer;
}

}  // namespace

PlaneMap PlaneMap::shift(double x, double y) { return {{1, 0, x, 0, 1, y, 0, 0, 1}}; }

PlaneMap PlaneMap::scale(double x, double y) { return {{x, 0, 0, 0, y, 0, 0, 0, 1}}; }

PlaneMap PlaneMap::rotation(double rad) {
    const double c = std::cos(rad);
    const double s = std::sin(rad);
    return {{c, -s, 0, s, c, 0, 0, 0, 1}};
}

PlaneMap PlaneMap::perspective(double gx, double gy) { return {{1, 0, 0, 0, 1, 0, gx, gy, 1}}; }

PlaneMap PlaneMap::operator*(const PlaneMap& b) const {
    PlaneMap product;
    for (std::size_t row = 0; row < 3; ++row) {
        for (std::size_t column = 0; column < 3; ++column) {
            product.m[3 * row + column] = m[3 * row] * b.m[column] +
                                          m[3 * row + 1] * b.m[3 + column] +
                                          m[3 * row + 2] * b.m[6 + column];
        }
    }
    return product;
}

PlaneMap PlaneMap::inverse() const {
    const auto& a = m;
    PlaneMap adjugate{
        {a[4] * a[8] - a[5] * a[7], a[2] * a[7] - a[1] * a[8], a[1] * a[5] - a[2] * a[4],
         a[5] * a[6] - a[3] * a[8], a[0] * a[8] - a[2] * a[6], a[2] * a[3] - a[0] * a[5],
         a[3] * a[7] - a[4] * a[6], a[1] * a[6] - a[0] * a[7], a[0] * a[4] - a[1] * a[3]}};
    const double determinant = a[0] * adjugate.m[0] + a[1] * adjugate.m[3] + a[2] * adjugate.m[6];
    for (double& value : adjugate.m) value /= determinant;
    return adjugate;
}

std::array<double, 2> PlaneMap::apply(double x, double y) const {
    const double weight = m[6] * x + m[7] * y + m[8];
    return {(m[0] * x + m[1] * y + m[2]) / weight, (m[3] * x + m[4] * y + m[5]) / weight};
}

MotionScene drawScene(const SyntheticMotionConfig& config, const PictureSource& pictures,
                      SampleRng& rng) {
    MotionScene scene;
    scene.layers.push_back(drawBackground(config, pictures, rng));
    const int pieces = rng.integer(config.minPieces, config.maxPieces);
    for (int i = 0; i < pieces; ++i) {
        scene.layers.push_back(drawPiece(config, scene.layers.front().motion, pictures, rng));
    }
    scene.looks = drawPhotometric(config.photometric, rng);
    return scene;
}

Raster<float> polygonCoverage(const std::vector<PointF>& polygon, SizePx size) {
    constexpr int kLines = 4;
    Raster<float> coverage(size, 1);
    std::vector<float> crossings;
    for (int line = 0; line < kLines * size.height; ++line) {
        // Px i reaches from i - 0.5 to i + 0.5.
        const float y = (static_cast<float>(line) + 0.5F) / kLines - 0.5F;
        crossings.clear();
        for (std::size_t i = 0; i < polygon.size(); ++i) {
            const PointF& a = polygon[i];
            const PointF& b = polygon[(i + 1) % polygon.size()];
            if ((a.y <= y) == (b.y <= y)) continue;
            crossings.push_back(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) + 0.5F);
        }
        std::sort(crossings.begin(), crossings.end());
        float* row = coverage.row(line / kLines);
        for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) {
            const float from = std::clamp(crossings[i], 0.0F, static_cast<float>(size.width));
            const float to = std::clamp(crossings[i + 1], 0.0F, static_cast<float>(size.width));
            for (int x = static_cast<int>(from); static_cast<float>(x) < to; ++x) {
                const float left = std::max(from, static_cast<float>(x));
                const float right = std::min(to, static_cast<float>(x + 1));
                row[x] += (right - left) / kLines;
            }
        }
    }
    return coverage;
}

}  // namespace mcj
