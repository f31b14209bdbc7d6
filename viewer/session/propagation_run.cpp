#include "viewer/session/propagation_run.h"

#include <QPointer>
#include <algorithm>

namespace mcj {

PropagationRun::PropagationRun(MaskEditor& masks, const PooledEngine& engine,
                               const PropagationSettings& settings)
    : masks_(masks), engine_(engine), settings_(settings), track_(masks.track()),
      lead_(settings.from) {
    if (track_.find(settings_.from) == nullptr) {
        throw Error(
            ErrorCode::Usage,
            tr("Frame %1 has no mask to propagate").arg(settings_.from).toStdString(),
            tr("Paint a mask (P), import one, or go to a frame that has a mask.").toStdString());
    }
    // The user has checked the frame on screen, so it is an anchor for this run.
    if (!track_.find(settings_.from)->anchor()) track_.lock(settings_.from);
    requireNearRange();
    plan_ = planCorrection(track_, settings_.from, plannedRequest());
    for (std::size_t at = 0; at < plan_.spans.size(); ++at) {
        const PropagationSpan& span = plan_.spans[at];
        Needs needs = Needs::Anchors;
        for (const PlanStep& step : span.steps) {
            steps_.push_back({at, step.frame, needs});
            needs = Needs::PreviousFrame;
        }
        if (!span.blended()) continue;
        needs = Needs::FarAnchors;
        for (auto step = span.steps.rbegin(); step != span.steps.rend(); ++step) {
            steps_.push_back({at, step->frame, needs});
            needs = Needs::PreviousFrame;
        }
    }
    if (steps_.empty()) {
        throw Error(ErrorCode::Usage,
                    (settings_.travel == Travel::Forward
                         ? tr("There is no later frame to which the mask can be propagated")
                         : tr("There is no earlier frame to which the mask can be propagated"))
                        .toStdString(),
                    (settings_.begin > 0 || settings_.end
                         ? tr("Painted, imported and locked frames, and frames outside the in and "
                              "out points, are not changed.")
                         : tr("Painted, imported and locked frames are not changed."))
                        .toStdString());
    }
    masks_.beginPropagation(settings_.travel == Travel::Forward ? tr("Propagate forward")
                                                                : tr("Propagate backward"));
}

PropagationRequest PropagationRun::plannedRequest() const {
    PropagationRequest request;
    request.begin = settings_.begin;
    // A count that is not exact may be too small: the run requests one more frame until the exact
    // count is known (`setFrameCount`).
    request.end = settings_.frames + (settings_.framesExact ? 0 : 1);
    if (settings_.end) request.end = std::min(request.end, *settings_.end);
    request.travel = settings_.travel;
    request.between = defaultBetweenAnchors(settings_.propagator.method);
    return request;
}

void PropagationRun::requireNearRange() const {
    const bool near = settings_.travel == Travel::Forward
                          ? settings_.from + 1 >= settings_.begin
                          : !settings_.end || settings_.from <= *settings_.end;
    if (near) return;
    throw Error(
        ErrorCode::Usage,
        tr("Frame %1 is not between the in and out points").arg(settings_.from).toStdString(),
        tr("Go to a frame between them, clear them (Play menu), or switch off \"Only between in "
           "and out points\" (Propagate menu).")
            .toStdString());
}

bool PropagationRun::blends() const {
    return std::ranges::any_of(plan_.spans, &PropagationSpan::blended);
}

QString PropagationRun::title() const {
    if (blends()) return tr("Propagating between two masks");
    return settings_.travel == Travel::Forward ? tr("Propagating forward")
                                               : tr("Propagating backward");
}

std::int64_t PropagationRun::totalSteps() const { return static_cast<std::int64_t>(steps_.size()); }

std::vector<FrameIndex> PropagationRun::wantedFrames() const {
    const auto next = static_cast<std::size_t>(doneSteps());
    if (next >= steps_.size()) return {};
    const Step& step = steps_[next];
    std::vector<FrameIndex> wanted;
    switch (step.needs) {
    case Needs::Anchors: wanted = plan_.spans[step.span].anchors; break;
    case Needs::FarAnchors: wanted = plan_.spans[step.span].farAnchors; break;
    case Needs::PreviousFrame: wanted.push_back(steps_[next - 1].frame); break;
    }
    wanted.push_back(step.frame);
    return wanted;
}

void PropagationRun::setFrameCount(FrameIndex count, bool exact) {
    if (settings_.travel != Travel::Forward || settings_.framesExact || steps_.empty()) return;
    const std::size_t span = steps_.back().span;
    if (plan_.spans[span].blended()) return;  // it ends at an anchor
    // If the run ends before an anchor, the end of the video does not matter.
    if (steps_.back().frame + 1 < settings_.frames) return;
    const auto done = static_cast<std::size_t>(doneSteps()) + (stepping() ? 1 : 0);
    while (exact && steps_.size() > done && steps_.back().frame >= count) steps_.pop_back();
    FrameIndex end = exact ? count : count + 1;
    if (settings_.end) end = std::min(end, *settings_.end);
    for (FrameIndex next = steps_.empty() ? end : steps_.back().frame + 1; next < end; ++next) {
        steps_.push_back({span, next, Needs::PreviousFrame});
    }
    settings_.frames = std::max(settings_.frames, count);
    settings_.framesExact = exact;
    if (!stepping() && static_cast<std::size_t>(doneSteps()) >= steps_.size()) finishNow();
}

bool PropagationRun::endsOverUnread(FrameIndex frame, const Error& error) {
    stepFailed(
        Error(ErrorCode::Input,
              tr("%1 ended: frame %2 cannot be read now (%3)")
                  .arg(title())
                  .arg(frame)
                  .arg(QString::fromUtf8(error.what()))
                  .toStdString(),
              tr("The masks computed so far are kept. Propagate again once the video can be read.")
                  .toStdString()));
    return true;
}

void PropagationRun::makeWalk() {
    PropagatorOptions& options = settings_.propagator;
    std::shared_ptr<InferenceEngine> engine = engine_.engine;
    if (needsEngine(options.method) && !engine) {
        options.method = PropagationMethod::DisFlow;
        Notice notice;
        notice.level = Notice::Level::Warning;
        notice.text = tr("No model is loaded; the masks are propagated by OpenCV's DIS flow.");
        Q_EMIT noticed(notice);
    }
    ReadFrame read = [shelf = shelf_](FrameIndex index) -> FramePtr {
        const auto found = shelf->frames.find(index);
        if (found == shelf->frames.end()) {
            throw Error(ErrorCode::Internal,
                        "propagation requested frame " + std::to_string(index) + " out of turn");
        }
        return found->second;
    };
    // The walk refers to the engine, so both are kept together.
    struct Owned {
        std::shared_ptr<InferenceEngine> engine;
        PlanWalk walk;
    };
    auto owned = std::make_shared<Owned>(
        Owned{engine, PlanWalk(plan_, track_, options, std::move(read), engine.get())});
    walk_ = std::shared_ptr<PlanWalk>(owned, &owned->walk);
}

void PropagationRun::doStep(Lane& lane, const std::vector<FramePtr>& frames) {
    shelf_->frames.clear();
    for (const FramePtr& frame : frames) {
        if (frame) shelf_->frames[frame->index] = frame;
    }
    if (!walk_) makeWalk();
    // The lane is idle, so the walk can be used here.
    // A blended span cannot grow, and its last step is not its last frame.
    if (settings_.travel == Travel::Forward && !plan_.spans.back().blended())
        walk_->extendTo(steps_.back().frame);
    lane.start(
        [walk = walk_, stop = stopToken()] { return walk->next(stop); },
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
