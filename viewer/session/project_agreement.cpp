#include "viewer/session/project_agreement.h"

#include <QDir>
#include <QFileInfo>
#include <QPointer>
#include <algorithm>
#include <utility>

#include "segmentation/mask_formats/clip_masks.h"
#include "segmentation/mask_formats/mask_format.h"
#include "segmentation/project_match.h"
#include "viewer/session/project_place.h"

namespace mcj {
namespace {

/// The newest unpacked masks that are kept: one for each view.
constexpr std::size_t kMostUnpacked = 4;

struct Compared {
    ProjectState other;
    ProjectComparison comparison;
};

/// More frames than these are compared on the lane: they would hold up the window.
constexpr std::size_t kComparedAtOnce = 8;

/// Masks in files, put in the order of the project.
ProjectState masksIn(const QString& path, const MaskedClip& clip, const ProjectContent& here,
                     const StopToken& stop) {
    const std::filesystem::path masks = maskSetPath(path.toStdString());
    const MaskSet set = readMaskSet(detectMaskFormat(masks), requestFor(clip, masks));
    ProjectState state;
    state.tracks[kMainTrack] = importedTrack(set, here.video.size, clip.frames, stop,
                                             ImportedAs::Anchors, here.state.objects.order());
    return state;
}

ProjectState projectOf(const QString& path, const ProjectContent& here) {
    const ProjectContent there = ProjectFile::read(std::filesystem::path(path.toStdString()));
    const std::string difference = clipDifference(here.video, there.video);
    if (!difference.empty()) {
        throw Error(ErrorCode::Input,
                    path.toStdString() + " is not a project of this clip. " + difference,
                    "Choose a project of the clip that is open.");
    }
    return there.state;
}

/// Only the masks of these frames.
ProjectState stateOf(const ProjectState& all, const std::vector<FrameIndex>& frames) {
    MaskTrack some;
    for (const FrameIndex frame : frames) {
        if (const auto entry = all.track().entryAt(frame)) some.set(frame, *entry);
    }
    ProjectState state;
    state.tracks[kMainTrack] = std::move(some);
    return state;
}

/// Edits that say only which frames have changed.
std::vector<EditPart> editsOf(const std::vector<FrameIndex>& frames) {
    std::vector<EditPart> edits;
    for (const FrameIndex frame : frames) edits.emplace_back(MaskEdit{kMainTrack, frame, {}, {}});
    return edits;
}

ProjectComparison comparisonOf(const ProjectState& here, const ProjectState& there,
                               const StopToken& stop) {
    return compareProjects(here, there,
                           [&stop](std::int64_t, std::int64_t) { return !stop.stopRequested(); });
}

Compared compare(const QString& path, const ProjectContent& here, const MaskedClip& clip,
                 const StopToken& stop) {
    Compared result;
    result.other = isProject(path) ? projectOf(path, here) : masksIn(path, clip, here, stop);
    result.comparison = comparisonOf(here.state, result.other, stop);
    return result;
}

}  // namespace

ProjectAgreement::ProjectAgreement(Document& document, const FrameProvider& frames, QObject* parent)
    : QObject(parent), document_(document), frames_(frames), lane_("agreement") {
    connect(&frames_, &FrameProvider::scanAdvanced, this, &ProjectAgreement::compareWaiting);
    connect(&document_, &Document::reset, this, &ProjectAgreement::stop);
    connect(&document_, &Document::edited, this, &ProjectAgreement::edited);
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
    connect(&lane_, &Lane::idle, this, &ProjectAgreement::changed);
}

void ProjectAgreement::compareWhenReady(const QString& path) {
    waiting_ = path;
    compareWaiting();
}

void ProjectAgreement::compareWaiting() {
    if (waiting_.isEmpty() || !document_.ready() || !frames_.scanned() || busy()) return;
    compareWith(std::exchange(waiting_, {}));
}

void ProjectAgreement::compareWith(const QString& chosen) {
    if (!document_.ready() || busy()) return;
    // A picture stands for its folder, and a folder may be named with a slash behind it.
    const QString clean = QDir::cleanPath(QFileInfo(chosen).absoluteFilePath());
    const QString path = isProject(clean)
                             ? clean
                             : QString::fromStdString(maskSetPath(clean.toStdString()).string());
    if (!isProject(path) && !frames_.scanned()) {
        Q_EMIT noticed(warningNotice(tr("The frames of the video are being counted"),
                                     tr("Compare the masks when they are counted.")));
        return;
    }
    // This process holds the lock of its own file, and would lose it by reading the file.
    if (document_.holds(path)) {
        Q_EMIT noticed(warningNotice(tr("%1 is the open project").arg(path),
                                     tr("Choose another project of the same clip.")));
        return;
    }
    late_.clear();
    const MaskedClip clip{frames_.info().path, frames_.frameCount()};
    lane_.start([path, clip, here = document_.content()](
                    const StopToken& stop) { return compare(path, here, clip, stop); },
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
                    self->unpacked_.clear();
                    ++self->revision_;
                    self->ious_.clear();
                    self->objects_.clear();
                    for (const FrameAgreement& frame : compared.comparison.frames) {
                        self->ious_[frame.frame] = frame.iou();
                        self->objects_[frame.frame] = frame.objects;
                    }
                    self->edited(editsOf(std::exchange(self->late_, {})));
                    Q_EMIT self->changed();
                });
    Q_EMIT changed();
}

void ProjectAgreement::stop() {
    lane_.stopJob();
    ++generation_;
    waiting_.clear();
    if (other_.isEmpty()) return;
    other_.clear();
    otherState_ = {};
    unpacked_.clear();
    ++revision_;
    ious_.clear();
    objects_.clear();
    Q_EMIT changed();
}

void ProjectAgreement::edited(const std::vector<EditPart>& parts) {
    if (other_.isEmpty() && !busy()) return;
    std::vector<FrameIndex> frames;
    for (const EditPart& part : parts) {
        const auto* mask = std::get_if<MaskEdit>(&part);
        if (mask != nullptr && mask->track == kMainTrack) frames.push_back(mask->frame);
    }
    if (frames.empty()) return;
    if (busy()) {
        late_.insert(late_.end(), frames.begin(), frames.end());
        return;
    }
    if (frames.size() > kComparedAtOnce) {
        late_.clear();
        lane_.start(
            [here = stateOf(document_.state(), frames), there = stateOf(otherState_, frames)](
                const StopToken& stop) { return comparisonOf(here, there, stop); },
            [self = QPointer<ProjectAgreement>(this), frames,
             generation = generation_](Outcome<ProjectComparison> outcome) {
                if (!self || self->generation_ != generation) return;
                if (!outcome.ok()) {
                    Q_EMIT self->noticed(noticeOf(outcome.error()));
                    return;
                }
                for (const FrameIndex frame : frames) {
                    self->ious_.erase(frame);
                    self->objects_.erase(frame);
                }
                for (const FrameAgreement& frame : outcome.value().frames) {
                    self->ious_[frame.frame] = frame.iou();
                    self->objects_[frame.frame] = frame.objects;
                }
                self->edited(editsOf(std::exchange(self->late_, {})));
                Q_EMIT self->changed();
            });
        Q_EMIT changed();
        return;
    }
    for (const FrameIndex frame : frames) update(frame);
    Q_EMIT changed();
}

void ProjectAgreement::update(FrameIndex frame) {
    const MaskEntry* here = document_.state().track().find(frame);
    const MaskEntry* there = otherState_.track().find(frame);
    ious_.erase(frame);
    objects_.erase(frame);
    if (here == nullptr && there == nullptr) return;
    const SizePx size = (here != nullptr ? here : there)->packed->size();
    const auto layersOf = [size](const MaskEntry* entry) {
        return entry != nullptr ? entry->packed->unpackLayers() : LayeredMask(Mask(size));
    };
    FrameAgreement agreement{frame, agreementOf(layersOf(here), layersOf(there))};
    if (agreement.objects.empty()) return;
    ious_[frame] = agreement.iou();
    objects_[frame] = std::move(agreement.objects);
}

QString ProjectAgreement::otherName() const { return QFileInfo(other_).fileName(); }

std::optional<double> ProjectAgreement::at(FrameIndex frame, ObjectId object) const {
    const auto found = objects_.find(frame);
    if (found == objects_.end()) return std::nullopt;
    for (const ObjectAgreement& one : found->second) {
        if (one.object == object) return one.iou();
    }
    return std::nullopt;
}

std::map<FrameIndex, double> ProjectAgreement::iousOf(ObjectId object) const {
    std::map<FrameIndex, double> ious;
    for (const auto& [frame, objects] : objects_) {
        if (const auto iou = at(frame, object)) ious.emplace_hint(ious.end(), frame, *iou);
    }
    return ious;
}

MaskPtr ProjectAgreement::mask(FrameIndex frame) const {
    const MaskEntry* entry = otherState_.track().find(frame);
    if (entry == nullptr) return nullptr;
    for (const auto& [packed, mask] : unpacked_) {
        if (packed == entry->packed) return mask;
    }
    if (unpacked_.size() >= kMostUnpacked) unpacked_.erase(unpacked_.begin());
    return unpacked_.emplace_back(entry->packed, entry->mask()).second;
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

std::optional<FrameIndex> ProjectAgreement::differsBefore(FrameIndex frame) const {
    for (auto at = ious_.lower_bound(frame); at != ious_.begin();) {
        --at;
        if (at->second < kDiffers) return at->first;
    }
    return std::nullopt;
}

}  // namespace mcj
