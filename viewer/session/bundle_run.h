#pragma once

#include <QString>
#include <memory>

#include "segmentation/project_bundle.h"
#include "viewer/session/run.h"

namespace mcj {

/// Writes a bundle of the project as it was when it was planned, in parts. A run that is stopped
/// leaves nothing behind.
class BundleRun : public Run {
    Q_OBJECT
public:
    /// Throws as `BundleWriter`.
    BundleRun(BundlePlan plan, const QString& folder);

    [[nodiscard]] QString title() const override {
        return tr("Making the bundle %1").arg(project_);
    }
    [[nodiscard]] std::int64_t totalSteps() const override { return parts_; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override { return {}; }
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>& frames) override;

private:
    QString project_;                       ///< of the bundle
    std::shared_ptr<BundleWriter> writer_;  ///< shared with the step on the lane
    std::int64_t parts_ = 0;
};

}  // namespace mcj
