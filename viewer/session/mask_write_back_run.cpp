#include "viewer/session/mask_write_back_run.h"

#include <QPointer>
#include <utility>

#include "media/base/error.h"

namespace mcj {

MaskWriteBackRun::MaskWriteBackRun(MaskTrack track, Order order)
    : track_(std::move(track)), order_(std::move(order)) {
    poll_.setInterval(100);
    connect(&poll_, &QTimer::timeout, this, [this] {
        const std::int64_t done = parts_->load();
        if (done > doneSteps() && done < totalSteps()) reportDone(done);
    });
}

void MaskWriteBackRun::doStep(Lane& lane, const std::vector<FramePtr>&) {
    poll_.start();
    lane.start(
        [track = track_, order = order_, parts = parts_, stop = stopToken()] {
            const MaskPlaces places = placesOf(*order.format, order.request);
            if (digestOf(places, stop) != order.digest) {
                throw Error(ErrorCode::Input,
                            "the masks in " + places.folder.string() +
                                " were changed by another program since they were opened",
                            "Export the masks to another folder, or compare them with those in "
                            "the folder first (Compare menu).");
            }
            Result result;
            result.report = writeMasksBack(
                track, places, WriteBackMode::Write,
                [&](std::int64_t done, std::int64_t total) {
                    *parts = total > 0 ? kParts * done / total : 0;
                    return !stop.stopRequested();
                },
                order.drawing);
            // The masks are in place: a stop that comes now is too late.
            result.digest = digestOf(placesOf(*order.format, order.request));
            return result;
        },
        [self = QPointer<MaskWriteBackRun>(this)](Outcome<Result> outcome) {
            if (!self) return;
            self->poll_.stop();
            if (!outcome.ok()) {
                self->stepFailed(outcome.error());
                return;
            }
            self->tell(outcome.value().report);
            Q_EMIT self->written(QString::fromStdString(outcome.value().digest));
            // `stepDone` counts the last step.
            self->reportDone(self->totalSteps() - 1);
            self->stepDone();
        });
}

void MaskWriteBackRun::tell(const MaskWriteBackReport& report) {
    if (report.flattened > 0) {
        Q_EMIT noticed(warningNotice(
            tr("The files cannot hold the overlaps of %1 frames: they have only what lies on top")
                .arg(report.flattened),
            tr("Export the masks in a format in which objects may overlap to keep them.")));
    }
    if (report.frames == 0) {
        Q_EMIT noticed(infoNotice(tr("No mask differs from the files: nothing was written")));
        return;
    }
    Q_EMIT noticed(infoNotice(tr("Masks of %1 frames written back: %2 pictures rewritten, %3 "
                                 "added, %4 left as they were")
                                  .arg(report.frames)
                                  .arg(report.rewritten)
                                  .arg(report.added)
                                  .arg(report.kept)));
}

}  // namespace mcj
