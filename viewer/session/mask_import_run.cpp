#include "viewer/session/mask_import_run.h"

#include <QPointer>
#include <utility>

#include "media/base/error.h"
#include "segmentation/mask_write_back.h"
#include "viewer/session/mask_editor.h"

namespace mcj {

MaskImportRun::MaskImportRun(MaskEditor& masks, MaskReadRequest request, SizePx size,
                             FrameIndex frames, ImportPurpose purpose)
    : masks_(masks), request_(std::move(request)), size_(size), frames_(frames), purpose_(purpose) {
}

void MaskImportRun::doStep(Lane& lane, const std::vector<FramePtr>&) {
    const bool review = purpose_ == ImportPurpose::Review;
    lane.start(
        [request = request_, size = size_, frames = frames_, review, stop = stopToken(),
         order = masks_.rules().order] {
            const MaskFormat& format = detectMaskFormat(request.path);
            Imported imported;
            imported.format = &format;
            // Before the files are read, so that a change meanwhile is noticed later.
            if (review && format.places != nullptr) {
                imported.digest = digestOf(placesOf(format, request), stop);
            }
            const MaskSet set = readMaskSet(format, request);
            imported.track = importedTrack(
                set, size, frames, stop, review ? ImportedAs::Results : ImportedAs::Anchors, order);
            imported.objects = set.objects;
            imported.notes = set.notes;
            // What a project holds is what DAVIS's label maps hold, and overlaps.
            MaskFormat project = maskFormat("davis");
            project.traits.overlap = true;
            for (const std::string& lost : fitOf(set, project).lost) {
                imported.notes.push_back("not imported: " + lost);
            }
            return imported;
        },
        [self = QPointer<MaskImportRun>(this)](Outcome<Imported> outcome) {
            if (!self) return;
            const auto taken = runGuarded([&] {
                self->take(outcome.value());
                return true;
            });
            if (taken.ok()) {
                self->stepDone();
            } else {
                self->stepFailed(taken.error());
            }
        });
}

void MaskImportRun::take(const Imported& read) {
    const bool review = purpose_ == ImportPurpose::Review;
    const int locked =
        masks_.importMasks(read.track, read.objects,
                           review ? MaskEditor::OtherFrames::Clear : MaskEditor::OtherFrames::Keep);
    const auto tell = [this](Notice::Level level, const QString& text) {
        Notice notice;
        notice.level = level;
        notice.text = text;
        Q_EMIT noticed(notice);
    };
    tell(Notice::Level::Info, tr("Imported masks of %1 frames (%2)")
                                  .arg(static_cast<qint64>(read.track.size()) - locked)
                                  .arg(QString::fromUtf8(read.format->title)));
    if (locked > 0) tell(Notice::Level::Warning, tr("%1 locked frames were kept").arg(locked));
    for (const std::string& note : read.notes) {
        tell(Notice::Level::Warning, QString::fromStdString(note));
    }
    Q_EMIT imported(QString::fromUtf8(read.format->id), QString::fromStdString(read.digest));
}

}  // namespace mcj
