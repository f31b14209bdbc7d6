#pragma once

#include <array>
#include <functional>
#include <vector>

#include <ATen/core/Tensor.h>

#include "media/base/raster.h"
#include "training/augmentations.h"
#include "training/sample_rng.h"

namespace mcj {

/// Settings of synthetic motion. Lengths are in px of the rendered frames.
struct SyntheticMotionConfig {
    int height = 192;
    int width = 256;
    int minPieces = 1;
    int maxPieces = 5;
    /// Shifts: this share is log-uniform between the two bounds, so that sub-pixel and huge motion
    /// are both common; the rest has Laplacian components.
    double logUniformShare = 0.5;
    double minShift = 0.1;
    double maxShift = 100.0;
    double laplaceShift = 14.0;
    double staticShare = 0.1;     ///< cameras that do not move
    double rotationSigma = 0.06;  ///< rad
    double logScaleSigma = 0.05;
    double perspectiveShare = 0.2;
    double deformShare = 0.5;  ///< backgrounds with a smooth deformation on top
    double pieceDeformShare = 0.25;
    double followShare = 0.35;     ///< pieces that move with the background, or nearly so
    double minPieceRadius = 0.05;  ///< of the frame's shorter side
    double maxPieceRadius = 0.45;
    double thinShare = 0.2;  ///< pieces a few px wide: ropes, legs, branches
    PhotometricConfig photometric;
};

/// A plane projective map in homogeneous coordinates, row-major.
struct PlaneMap {
    std::array<double, 9> m{1, 0, 0, 0, 1, 0, 0, 0, 1};

    [[nodiscard]] static PlaneMap shift(double x, double y);
    [[nodiscard]] static PlaneMap scale(double x, double y);
    [[nodiscard]] static PlaneMap rotation(double rad);
    /// The point (x, y) goes to weight 1 + gx * x + gy * y.
    [[nodiscard]] static PlaneMap perspective(double gx, double gy);
    /// First `b`, then this.
    [[nodiscard]] PlaneMap operator*(const PlaneMap& b) const;
    [[nodiscard]] PlaneMap inverse() const;
    [[nodiscard]] std::array<double, 2> apply(double x, double y) const;
};

/// Displacements at the knots of a grid that spans the frame; smooth in between. Empty: none.
struct Deformation {
    int rows = 0;
    int columns = 0;
    std::vector<float> values;  ///< rows x columns of x, then as many of y; px
    double bound = 0.0;         ///< no displacement is larger
    [[nodiscard]] bool empty() const noexcept { return values.empty(); }
};

/// One moving picture. A pixel p of frame 1 moves to motion(p + deformation(p)) in frame 2, and
/// frame 2 shows the picture at texture(q), so the flow is exact without inverting a map.
struct MotionLayer {
    at::Tensor picture;  ///< uint8 [3, h, w]
    PlaneMap motion;     ///< frame 1 (after the deformation) -> frame 2
    PlaneMap texture;    ///< frame 2 -> picture px
    Deformation deformation;
    PlaneMap mask;           ///< frame 2 -> coverage px; pieces only
    Raster<float> coverage;  ///< opacity, zero on its border; pieces only
};

struct MotionScene {
    std::vector<MotionLayer> layers;  ///< the background, then pieces from far to near
    std::array<Photometric, 2> looks;
};

/// Returns a picture, uint8 [3, h, w]; must depend only on the generator.
using PictureSource = std::function<at::Tensor(SampleRng&)>;

/// Draws one scene; depends only on `rng` and `pictures`.
[[nodiscard]] MotionScene drawScene(const SyntheticMotionConfig& config,
                                    const PictureSource& pictures, SampleRng& rng);

/// Covered share of each px by the polygon (even-odd), in px coordinates. Exact along x, four
/// lines a px along y.
[[nodiscard]] Raster<float> polygonCoverage(const std::vector<PointF>& polygon, SizePx size);

}  // namespace mcj
