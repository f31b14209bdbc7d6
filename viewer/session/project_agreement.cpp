#include "viewer/session/project_agreement.h"

#include <QFileInfo>
#include <QPointer>
#include <algorithm>
#include <utility>

#include "segmentation/project_comparison.h"
#include "segmentation/project_match.h"

namespace mcj {
namespace {

struct Compared {
    ProjectState other;
    std::map<FrameIndex, double> ious;
};

Compared compare(const QString& path, const ProjectContent& here, const StopToken& stop) {
    Compared result;
    const ProjectContent there = ProjectFile::read(std::filesystem::path(path.toStdString()));
    const std::string difference = clipDifference(here.video, there.video);
    if (!difference.empty()) {
        throw Error(ErrorCode::Input,
                    path.toStdString() + " is not a project of this clip. " + difference,
                    "Choose a project of the clip that is open.");
    }
    const ProjectComparison comparison =
        compareProjects(here.state, there.state,
                        [&stop](std::int64_t, std::int64_t) { return !stop.stopRequested(); });
    for (const FrameAgreement& frame : comparison.frames) result.ious[frame.frame] = frame.iou();
    result.other = there.state;
    return result;
}

}  // namespace

ProjectAgreement::ProjectAgreement(Document& document, QObject* parent)
    : QObject(parent), document_(document), lane_("agreement") {
    connect(&document_, &Document::reset, this, &ProjectAgreement::stop);
    connect(&document_, &Document::edited, this, &ProjectAgreement::edited);
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
    connect(&lane_, &Lane::idle, this, &ProjectAgreement::changed);
}

void ProjectAgreement::compareWith(const QString& path) {
    if (!document_.ready() || busy()) return;
    // This process holds the lock of its own file, and would lose it by reading the file.
    if (document_.holds(path)) {
        Q_EMIT noticed(warningNotice(tr("%1 is the open project").arg(path),
                                     tr("Choose another project of the same clip.")));
        return;
    }
    late_.clear();
    lane_.start([path, here = document_.content()](
                    const StopToken& stop) { return compare(path, here, stop); },
                [self = QPointer<ProjectAgreement>(this), path,
                 generation = generation_](Outcome<Compared> outcome) {
                    if (!self || self->generation_ != generation) return;
                    if (!outcome.ok()) {
                        Q_EMIT self->noticed(noticeOf(outcome.error()));
                        return;
                    }
                    Compared compared = std::move(outcome).value();
                    self->other_ = path;
                    self->otherState_ = std::move(compared.other);
                    self->ious_ = std::move(compared.ious);
                    for (const FrameIndex frame : std::exchange(self->late_, {})) {
                        self->update(frame);
                    }
                    Q_EMIT self->changed();
                });
    Q_EMIT changed();
}

void ProjectAgreement::stop() {
    lane_.stopJob();
    ++generation_;
    if (other_.isEmpty()) return;
    other_.clear();
    otherState_ = {};
    ious_.clear();
    Q_EMIT changed();
}

void ProjectAgreement::edited(const std::vector<EditPart>& parts) {
    if (other_.isEmpty() && !busy()) return;
    bool differs = false;
    for (const EditPart& part : parts) {
        const auto* mask = std::get_if<MaskEdit>(&part);
        if (mask == nullptr || mask->track != kMainTrack) continue;
        if (busy()) {
            late_.push_back(mask->frame);
        } else {
            update(mask->frame);
            differs = true;
        }
    }
    if (differs) Q_EMIT changed();
}

void ProjectAgreement::update(FrameIndex frame) {
    const MaskEntry* here = document_.state().track().find(frame);
    const MaskEntry* there = otherState_.track().find(frame);
    ious_.erase(frame);
    if (here == nullptr && there == nullptr) return;
    const SizePx size = (here != nullptr ? here : there)->packed->size();
    const auto layersOf = [size](const MaskEntry* entry) {
        return entry != nullptr ? entry->packed->unpackLayers() : LayeredMask(Mask(size));
    };
    const FrameAgreement agreement{frame, agreementOf(layersOf(here), layersOf(there))};
    if (!agreement.objects.empty()) ious_[frame] = agreement.iou();
}

std::optional<double> ProjectAgreement::at(FrameIndex frame) const {
    const auto found = ious_.find(frame);
    return found == ious_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<FrameIndex> ProjectAgreement::differsAfter(FrameIndex frame) const {
    const auto found = std::find_if(ious_.upper_bound(frame), ious_.end(),
                                    [](const auto& row) { return row.second < kDiffers; });
    return found == ious_.end() ? std::nullopt : std::optional(found->first);
}

}  // namespace mcj
