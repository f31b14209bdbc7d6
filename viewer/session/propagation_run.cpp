#include "viewer/session/propagation_run.h"

#include <QPointer>
#include <algorithm>

namespace mcj {

PropagationRun::PropagationRun(MaskEditor& masks, AnalysisService& analysis,
                               const PropagationSettings& settings)
    : masks_(masks), analysis_(analysis), settings_(settings), track_(masks.track()),
      lead_(settings.from) {
    if (track_.find(settings_.from) == nullptr) {
        throw Error(
            ErrorCode::Usage,
            tr("Frame %1 has no mask to start from").arg(settings_.from).toStdString(),
            tr("Paint one with P, import one, or go to a frame that has a mask.").toStdString());
    }
    // The frame on screen is what the user has judged: it counts as an anchor for this run.
    if (!track_.find(settings_.from)->anchor()) track_.lock(settings_.from);
    PropagationRequest request;
    request.begin = 0;
    request.end = settings_.frames;
    request.travel = settings_.travel;
    plan_ = planCorrection(track_, settings_.from, request);
    for (std::size_t span = 0; span < plan_.spans.size(); ++span) {
        bool first = true;
        for (const PlanStep& step : plan_.spans[span].steps) {
            steps_.push_back({span, step.frame, first});
            first = false;
        }
    }
    if (steps_.empty()) {
        throw Error(ErrorCode::Usage,
                    (settings_.travel == Travel::Forward
                         ? tr("There is no frame after this one to carry the mask to")
                         : tr("There is no frame before this one to carry the mask to"))
                        .toStdString(),
                    tr("Frames that were painted or locked stay as they are.").toStdString());
    }
    masks_.beginPropagation(settings_.travel == Travel::Forward ? tr("Propagate forward")
                                                                : tr("Propagate backward"));
}

QString PropagationRun::title() const {
    return settings_.travel == Travel::Forward ? tr("Propagating forward")
                                               : tr("Propagating backward");
}

std::int64_t PropagationRun::totalSteps() const { return static_cast<std::int64_t>(steps_.size()); }

std::vector<FrameIndex> PropagationRun::wantedFrames() const {
    const auto next = static_cast<std::size_t>(doneSteps());
    if (next >= steps_.size()) return {};
    const Step& step = steps_[next];
    std::vector<FrameIndex> wanted;
    if (step.first) {
        wanted = plan_.spans[step.span].anchors;
    } else {
        wanted.push_back(steps_[next - 1].frame);
    }
    wanted.push_back(step.frame);
    return wanted;
}

void PropagationRun::doStep(Lane& lane, const std::vector<FramePtr>& frames) {
    if (frames.empty() || !frames.back()) {
        // The container promised more frames than there are: what exists is done.
        stop();
        stepDone();
        return;
    }
    shelf_->frames.clear();
    for (const FramePtr& frame : frames) {
        if (frame) shelf_->frames[frame->index] = frame;
    }
    if (!walk_) {
        PropagatorOptions& options = settings_.propagator;
        std::shared_ptr<InferenceEngine> engine = analysis_.engine();
        if (needsEngine(options.method) && !engine) {
            options.method = PropagationMethod::DisFlow;
            Notice notice;
            notice.level = Notice::Level::Warning;
            notice.text = tr("There is no model, so the masks follow OpenCV's DIS flow.");
            Q_EMIT noticed(notice);
        }
        ReadFrame read = [shelf = shelf_](FrameIndex index) -> FramePtr {
            const auto found = shelf->frames.find(index);
            if (found == shelf->frames.end()) {
                throw Error(ErrorCode::Internal, "propagation asked for frame " +
                                                     std::to_string(index) + " out of turn");
            }
            return found->second;
        };
        // The walk borrows the engine, so both are kept together.
        struct Owned {
            std::shared_ptr<InferenceEngine> engine;
            PlanWalk walk;
        };
        auto owned = std::make_shared<Owned>(
            Owned{engine, PlanWalk(plan_, track_, options, std::move(read), engine.get())});
        walk_ = std::shared_ptr<PlanWalk>(owned, &owned->walk);
    }
    lane.start(
        [walk = walk_] { return walk->next(); },
        [self = QPointer<PropagationRun>(this)](Outcome<std::optional<PlanWalk::Result>> outcome) {
            if (!self) return;
            if (!outcome.ok()) {
                self->stepFailed(outcome.error());
                return;
            }
            if (const auto& result = outcome.value()) {
                // A user's edit ends the propagation at once; this late frame is dropped.
                const auto put = runGuarded([&] {
                    self->masks_.putPropagated(result->propagated.frame, result->entry,
                                               self->settings_.propagator.method);
                    return true;
                });
                if (!put.ok()) {
                    self->stepFailed(put.error());
                    return;
                }
                self->lead_ = result->propagated.frame;
            }
            self->stepDone();
        });
}

void PropagationRun::atEnd() { masks_.endPropagation(); }

}  // namespace mcj
