#pragma once

#include <string>
#include <vector>

#include "viewer/session/curves.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/run.h"

namespace mcj {

/// Computes the numbers of pairs for the curves, one pair per step; they appear as they are
/// computed. A pair that the screen has completed meanwhile is not computed again, and one whose
/// frames cannot be read is skipped. It waits for a model that is loading, and uses DIS if none
/// with flow can be loaded.
class CurvesRun : public Run {
    Q_OBJECT
public:
    /// `frames`: the first frames of the pairs, not empty. `engine`: an id of the pool. `flow`: a
    /// provider; flow from files has no backward flow, so that its curves cannot be completed.
    CurvesRun(Curves& curves, EnginePool& engines, const std::string& engine, std::string flow,
              std::vector<FrameIndex> frames);

    [[nodiscard]] QString title() const override { return tr("Computing curves"); }
    [[nodiscard]] std::int64_t totalSteps() const override {
        return static_cast<std::int64_t>(frames_.size());
    }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override;
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;
    void atEnd() override { curves_.finishPuts(); }

private:
    [[nodiscard]] FrameIndex frame() const {
        return frames_[static_cast<std::size_t>(doneSteps())];
    }

    Curves& curves_;
    const PooledEngine& engine_;  ///< lives in the session's pool
    std::string flow_;            ///< from the first step on the provider in use
    std::string method_;          ///< of the curves, from the first step on
    std::vector<FrameIndex> frames_;
};

}  // namespace mcj
