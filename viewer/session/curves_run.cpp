#include "viewer/session/curves_run.h"

#include <QPointer>
#include <algorithm>

namespace mcj {

CurvesRun::CurvesRun(Curves& curves, EnginePool& engines, const std::string& engine,
                     std::string flow, std::vector<FrameIndex> frames)
    : curves_(curves), engine_(engines.at(engine)), flow_(std::move(flow)),
      frames_(std::move(frames)) {
    if (flowNeedsEngine(flow_)) engines.request(engine);
}

std::vector<FrameIndex> CurvesRun::wantedFrames() const {
    if (doneSteps() >= totalSteps()) return {};
    return {frame(), frame() + 1};
}

void CurvesRun::doStep(Lane& lane, const std::vector<FramePtr>& frames) {
    if (method_.empty()) {
        // Not earlier: only now it is known whether the model was loaded.
        flow_ = engine_.usableFlow(flow_);
        method_ = Curves::methodOf(flow_, engine_);
    }
    const bool readable = std::all_of(frames.begin(), frames.end(),
                                      [](const FramePtr& frame) { return frame != nullptr; });
    if (!readable || curves_.complete(method_, frame())) {
        stepDone();
        return;
    }
    lane.start(
        [flow = flow_, frames, engine = engine_.engine, stop = stopToken()] {
            return summarizePair(frames[0], frames[1], flow, engine.get(), stop);
        },
        [self = QPointer<CurvesRun>(this), at = frame()](Outcome<PairSummary> outcome) {
            if (!self) return;
            if (!outcome.ok()) {
                self->stepFailed(outcome.error());
                return;
            }
            self->curves_.put(self->method_, at, outcome.value());
            self->stepDone();
        });
}

}  // namespace mcj
