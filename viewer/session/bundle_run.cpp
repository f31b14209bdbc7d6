#include "viewer/session/bundle_run.h"

#include <QDir>
#include <QPointer>
#include <utility>

namespace mcj {

BundleRun::BundleRun(BundlePlan plan, const QString& folder)
    : project_(QDir(folder).filePath(QString::fromStdString(plan.project.string()))) {
    writer_ = std::make_shared<BundleWriter>(std::move(plan),
                                             std::filesystem::path(folder.toStdString()));
    parts_ = writer_->totalParts();
}

void BundleRun::doStep(Lane& lane, const std::vector<FramePtr>&) {
    lane.start(
        [writer = writer_, stop = stopToken()] {
            writer->writePart(stop);
            return true;
        },
        [self = QPointer<BundleRun>(this)](Outcome<bool> outcome) {
            if (!self) return;
            if (outcome.ok()) {
                self->stepDone();
            } else {
                self->stepFailed(outcome.error());
            }
        });
}

}  // namespace mcj
