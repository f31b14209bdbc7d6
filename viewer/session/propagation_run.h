#pragma once

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "segmentation/mask_propagator.h"
#include "segmentation/propagation_plan.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/run.h"

namespace mcj {

struct PropagationSettings {
    FrameIndex from = 0;      ///< its mask is the reference
    FrameIndex frames = 0;    ///< of the video
    bool framesExact = true;  ///< `frames` was counted; otherwise it is the container's count
    Travel travel = Travel::Forward;
    FrameIndex begin = 0;           ///< no frame before it is written
    std::optional<FrameIndex> end;  ///< nor this one or a later one; none: to the end of the video
    PropagatorOptions propagator;
};

/// Propagates the mask of one frame to the next anchor or the end of the video, one frame per step.
/// Up to an anchor the frames are computed a second time, from there back, and joined, if the
/// method has a confidence. Masks appear in the editor as they are computed, those of the first
/// pass until the second replaces them; the run is one undo step, however it ends. If
/// the method needs a model and none is loaded, DIS flow is used and a notice is emitted.
class PropagationRun : public Run {
    Q_OBJECT
public:
    /// Throws `Error{Usage}` if `from` has no mask, lies before the range and not beside it, in the
    /// direction of travel, or there is no frame to propagate to.
    PropagationRun(MaskEditor& masks, const PooledEngine& engine,
                   const PropagationSettings& settings);

    [[nodiscard]] QString title() const override;
    [[nodiscard]] std::int64_t totalSteps() const override;
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override;
    [[nodiscard]] FrameIndex leadFrame() const override { return lead_; }
    [[nodiscard]] bool pausable() const override { return true; }
    void setFrameCount(FrameIndex count, bool exact) override;
    bool endsOverUnread(FrameIndex frame, const Error& error) override;

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;
    void atEnd() override;

private:
    void makeWalk();
    /// Throws where the frames between `from` and the range would have to be written as well.
    void requireNearRange() const;
    [[nodiscard]] PropagationRequest plannedRequest() const;
    /// Frames that the walk may read in its next step; written between steps only.
    struct Shelf {
        std::map<FrameIndex, FramePtr> frames;
    };
    enum class Needs { PreviousFrame, Anchors, FarAnchors };
    struct Step {
        std::size_t span;
        FrameIndex frame;
        Needs needs;  ///< besides its own frame; the first step of a pass needs the anchors
    };
    [[nodiscard]] bool blends() const;

    MaskEditor& masks_;
    const PooledEngine& engine_;    ///< lives in the session's pool
    PropagationSettings settings_;  ///< from the first step on with the method in use
    PropagationPlan plan_;
    MaskTrack track_;
    std::vector<Step> steps_;
    std::shared_ptr<Shelf> shelf_ = std::make_shared<Shelf>();
    std::shared_ptr<PlanWalk> walk_;  ///< made and stepped on the inference lane
    FrameIndex lead_ = 0;
};

}  // namespace mcj
