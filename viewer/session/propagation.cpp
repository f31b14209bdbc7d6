#include "viewer/session/propagation.h"

#include "viewer/session/propagation_run.h"

namespace mcj {

Propagation::Propagation(const Parts& parts, QObject* parent) : QObject(parent), parts_(parts) {
    connect(&parts_.masks, &MaskEditor::editStarting, this, [this] {
        if (parts_.masks.propagating()) parts_.runs.stop();
    });
}

void Propagation::setRange(PropagationRange range) {
    if (range == range_) return;
    range_ = range;
    Q_EMIT rangeChanged();
}

bool Propagation::start(Travel travel) {
    auto& [masks, views, engines, frames, playhead, runs, marks] = parts_;
    if (playhead.waitsForExact(tr("Propagating")) || !playhead.shown() || runs.busy()) return false;
    if (!masks.mayPropagate()) return false;
    if (masks.stroking()) masks.endStroke();
    auto outcome = runGuarded([&]() -> std::unique_ptr<Run> {
        PropagationSettings settings;
        settings.from = playhead.shown()->index;
        settings.frames = frames.frameCount();
        settings.framesExact = frames.scanned();
        settings.travel = travel;
        // An in point beyond the video is of another one.
        if (range_ == PropagationRange::InToOut && marks.in().value_or(0) < settings.frames) {
            settings.begin = marks.in().value_or(0);
            if (marks.out()) settings.end = *marks.out() + 1;
        }
        settings.propagator = options_;
        if (needsEngine(options_.method)) engines.request(views.active().engine().id);
        return std::make_unique<PropagationRun>(masks, views.active().engine(), settings);
    });
    if (!outcome.ok()) {
        Notice notice = noticeOf(outcome.error(), Notice::Topic::Run);
        notice.level = Notice::Level::Warning;
        Q_EMIT noticed(notice);
        return false;
    }
    return runs.start(std::move(outcome).value());
}

}  // namespace mcj
