#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "segmentation/project_comparison.h"
#include "segmentation/project_state.h"
#include "viewer/session/document.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

/// How far the masks of the open project agree with those of another project of the same clip, or
/// with masks in files of any format: the IoU of each frame, mean over its objects, which belong
/// together by their numbers. Computed in the background, and again for frames whose masks change.
/// The other masks are read once and not changed; the project may be open in another window. GUI
/// thread.
class ProjectAgreement : public QObject {
    Q_OBJECT
public:
    /// Both outlive it.
    ProjectAgreement(Document& document, const FrameProvider& frames, QObject* parent = nullptr);

    /// Reads the chosen project, or folder or file of masks, and compares. Emits a notice,
    /// and keeps what was compared before, where it is the open project, of another clip or cannot
    /// be read, and while the frames of the clip are being counted (masks in files).
    void compareWith(const QString& chosen);
    /// The same once the project is read and all frames are counted.
    void compareWhenReady(const QString& path);
    void stop();
    /// The other project or masks; empty while nothing is compared.
    [[nodiscard]] const QString& other() const noexcept { return other_; }
    /// The name of its file or folder.
    [[nodiscard]] QString otherName() const;
    [[nodiscard]] bool busy() const noexcept { return lane_.busy(); }
    /// IoU by frame, 0..1, of the frames in which one of the projects has an object.
    [[nodiscard]] const std::map<FrameIndex, double>& ious() const noexcept { return ious_; }
    [[nodiscard]] std::optional<double> at(FrameIndex frame) const;
    /// IoU of one object; none in frames where neither has it.
    [[nodiscard]] std::optional<double> at(FrameIndex frame, ObjectId object) const;
    /// The same in all frames where one of them has it.
    [[nodiscard]] std::map<FrameIndex, double> iousOf(ObjectId object) const;
    /// The other mask of a frame; null if it has none.
    [[nodiscard]] MaskPtr mask(FrameIndex frame) const;
    /// Grows whenever the other masks are others.
    [[nodiscard]] std::uint64_t revision() const noexcept { return revision_; }

    /// A frame differs where its IoU is below.
    static constexpr double kDiffers = 0.8;
    /// The nearest frame after `frame` that differs; none if there is none.
    [[nodiscard]] std::optional<FrameIndex> differsAfter(FrameIndex frame) const;
    /// The nearest one before it.
    [[nodiscard]] std::optional<FrameIndex> differsBefore(FrameIndex frame) const;

Q_SIGNALS:
    void changed();
    void noticed(const mcj::Notice& notice);

private:
    void edited(const std::vector<EditPart>& parts);
    void update(FrameIndex frame);
    void compareWaiting();

    Document& document_;
    const FrameProvider& frames_;
    QString waiting_;               ///< to be compared once the clip is known
    std::uint64_t generation_ = 0;  ///< grows with every stop: what was begun before is dropped
    QString other_;
    ProjectState otherState_;
    std::map<FrameIndex, double> ious_;
    std::map<FrameIndex, std::vector<ObjectAgreement>> objects_;
    std::uint64_t revision_ = 1;
    /// The newest masks that were unpacked for the screen.
    mutable std::vector<std::pair<PackedMaskPtr, MaskPtr>> unpacked_;
    /// Frames that were edited while the comparison of all of them runs.
    std::vector<FrameIndex> late_;
    Lane lane_;
};

}  // namespace mcj
