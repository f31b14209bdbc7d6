#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/base/flow_field.h"
#include "media/base/frame.h"
#include "media/base/scalar_map.h"
#include "segmentation/guided_filter.h"
#include "segmentation/mask.h"
#include "segmentation/mask_shape.h"
#include "segmentation/soft_labels.h"

namespace mcj {

/// The settings of the method `studio`. `thinCells`, `outlineCells`, `outlineWeight` and
/// `solidWeight` were compared on sequences of the selection half (docs/selection.md); the others
/// follow from the reasons given.
struct StudioFusionOptions {
    /// The id of the flow's provider (flow_provider.h). DIS takes 0.02 s a pair, where the model
    /// takes more than half a second, and two pairs are needed for each frame.
    std::string flow = kDisFlow;

    /// Flow is trusted at a pixel if going there and back ends less than this far from it. A fixed
    /// part for the error of good flow, and a part of the motion's length, because errors grow with
    /// it (UnFlow's criterion has the same form).
    float tolerancePx = 0.6F;
    float toleranceShare = 0.06F;

    /// Objects thinner than this many cells of the features' raster are thin: the raster cannot
    /// hold them, so they follow flow, and no window of the edge step fits into them.
    float thinCells = 1.0F;
    /// The largest weight of flow near an outline by features, and everywhere for thin objects:
    /// the raster cannot tell where exactly the outline is. Less than 1 lets the coarse outline in
    /// again on every frame, because the shares average over 1 / (1 - weight) frames.
    float outlineWeight = 1.0F;
    /// How near that is: a label by features is wrong by up to a cell.
    float outlineCells = 1.0F;
    /// The largest weight elsewhere, for solid objects: there features are more reliable, because
    /// flow drifts where objects deform, turn or are covered, and such errors accumulate.
    float solidWeight = 0.3F;
    /// The share of an object's pixels with trusted flow from which flow has a weight, and at which
    /// it has its full weight.
    float trustFrom = 0.3F;
    float trustFull = 0.6F;
    /// Drift guard: flow has no weight for a solid object if the candidates agree less than this
    /// (intersection over union), or if its previous area differs from the area by features by more
    /// than this factor.
    float agreement = 0.3F;
    float areaFactor = 2.0F;

    GuidedFilterOptions edges;
    SpeckOptions specks;

    /// Features see an object if a cell gives it at least this share of its votes, or all cells
    /// together this share of the object's area in the mask it started from. Without the second an
    /// object thinner than a cell would not be seen; without the first one that becomes small
    /// would not. Two of the five votes of a cell can be for an object that is not there.
    float seenPeak = 0.5F;
    float seenSum = 0.1F;
    /// Flow sees an object if trusted flow carries this share of that area.
    float seenArea = 0.02F;
    /// After this many frames in a row in which it was not seen, an object is absent.
    int absentAfter = 2;
    /// An absent object returns if a cell gives it at least this share: more than to stay, so that
    /// it does not flicker.
    float returnPeak = 0.7F;
};

/// What decides how much flow counts for one object in one frame.
struct ObjectSigns {
    /// The area that trusted flow carries over the area in the previous frame, 0..1. Flow leaves a
    /// second copy on the ground that the object uncovers; the copy does not count, because flow is
    /// not trusted there.
    float trusted = 0.0F;
    float agreement = 0.0F;  ///< intersection over union of the two candidates, 0..1
    /// Thickness (`thicknessPx`) of the carried mask in cells of the features, but at least half of
    /// that in the mask it started from: what is left of a solid object is not a thin object.
    float cells = 0.0F;
    float areaRatio = 1.0F;  ///< previous area over the area by features; infinite if that is 0
};

/// The weight of flow for an object, 0..1; features have the rest.
struct FlowWeight {
    float outline = 0.0F;  ///< near its outline by features
    float elsewhere = 0.0F;
};
[[nodiscard]] FlowWeight flowWeight(const ObjectSigns& signs, const StudioFusionOptions& options);

/// 1 where `backward` (grid of the new frame) leads into the previous frame and `forward` leads
/// back, within the tolerance of the options; else 0.
[[nodiscard]] Raster<float> trustedFlow(const FlowField& backward, const FlowField& forward,
                                        const StudioFusionOptions& options);

/// Decides each frame's mask from two candidates: the labels by features, and the previous mask
/// carried by backward flow at pixel size. It needs no network. One frame per call: `condition` on
/// a known mask, then `step` in the order of travel.
class StudioFusion {
public:
    explicit StudioFusion(const StudioFusionOptions& options) : options_(options) {}

    /// Takes `mask` as correct for the frame before the next step. Its objects are present.
    void condition(const Mask& mask);

    struct Result {
        Mask mask;
        ScalarMap confidence;  ///< H x W, 0..1
    };
    /// The mask of `picture`. Flow is between it and the frame of the previous call: `backward` on
    /// its grid, `forward` on the other's. Throws `Error{Input}` where the sizes differ.
    [[nodiscard]] Result step(const Frame& picture, const PropagatedLabels& byFeatures,
                              const FlowField& backward, const FlowField& forward);

    /// The shares of labels in the frame of the newest call, before the outline is moved to edges
    /// of the picture; none before the first call.
    [[nodiscard]] const std::optional<SoftLabels>& labels() const noexcept { return labels_; }

    /// Objects that were conditioned on and are not in the picture now.
    [[nodiscard]] ObjectSet absent() const;

private:
    struct Presence {
        std::int64_t area = 0;     ///< in the mask it started from, pixels
        float thicknessPx = 0.0F;  ///< in that mask
        int unseen = 0;            ///< frames in a row, by features and by flow
        bool absent = false;
        bool byFeatures = true;  ///< features see it in this frame
    };

    /// The masks between which a step chooses.
    struct Candidates {
        Mask previous;  ///< on the previous frame's grid; the others are on the new one's
        Mask carried;
        Mask byFeatures;
        Raster<float> trusted;
    };

    void notePresence(const Mask& carried, const Raster<float>& trusted,
                      const PropagatedLabels& byFeatures);
    [[nodiscard]] Raster<float> weights(const Candidates& candidates) const;
    [[nodiscard]] Raster<float> sharesIn(const BoxPx& box, ObjectId label) const;
    [[nodiscard]] Mask withEdges(const Frame& picture, Mask mask) const;

    StudioFusionOptions options_;
    float cellPx_ = 0.0F;               ///< of the labels by features of this step
    std::optional<SoftLabels> labels_;  ///< of the previous frame
    std::map<ObjectId, Presence> objects_;
};

}  // namespace mcj
