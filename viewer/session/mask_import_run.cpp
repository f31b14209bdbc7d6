#include "viewer/session/mask_import_run.h"

#include <QPointer>
#include <utility>

#include "media/base/error.h"
#include "viewer/session/mask_editor.h"

namespace mcj {

MaskImportRun::MaskImportRun(MaskEditor& masks, MaskReadRequest request, SizePx size,
                             FrameIndex frames)
    : masks_(masks), request_(std::move(request)), size_(size), frames_(frames) {}

void MaskImportRun::doStep(Lane& lane, const std::vector<FramePtr>&) {
    lane.start(
        [request = request_, size = size_, frames = frames_, stop = stopToken(),
         order = masks_.rules().order] {
            const MaskFormat& format = detectMaskFormat(request.path);
            MaskSet set = readMaskSet(format, request);
            Imported imported{importedTrack(set, size, frames, stop, order), set.objects,
                              format.title, set.notes};
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

void MaskImportRun::take(const Imported& imported) {
    const int locked = masks_.importMasks(imported.track, imported.objects);
    const auto tell = [this](Notice::Level level, const QString& text) {
        Notice notice;
        notice.level = level;
        notice.text = text;
        Q_EMIT noticed(notice);
    };
    tell(Notice::Level::Info, tr("Imported masks of %1 frames (%2)")
                                  .arg(static_cast<qint64>(imported.track.size()) - locked)
                                  .arg(QString::fromStdString(imported.format)));
    if (locked > 0) tell(Notice::Level::Warning, tr("%1 locked frames were kept").arg(locked));
    for (const std::string& note : imported.notes) {
        tell(Notice::Level::Warning, QString::fromStdString(note));
    }
}

}  // namespace mcj
