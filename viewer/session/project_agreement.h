#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "segmentation/project_state.h"
#include "viewer/session/document.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

/// How far the masks of the open project agree with those of another project of the same clip: the
/// IoU of each frame, mean over its objects, which belong together by their numbers. Computed in
/// the background, and again for frames whose masks change. The other project is read once and not
/// changed; it may be open in another window. GUI thread.
class ProjectAgreement : public QObject {
    Q_OBJECT
public:
    /// `document` outlives it.
    explicit ProjectAgreement(Document& document, QObject* parent = nullptr);

    /// Reads the project `path` and compares. Emits a notice, and keeps what was compared before,
    /// where it is the open project, of another clip or cannot be read.
    void compareWith(const QString& path);
    void stop();
    /// The other project; empty while nothing is compared.
    [[nodiscard]] const QString& other() const noexcept { return other_; }
    [[nodiscard]] bool busy() const noexcept { return lane_.busy(); }
    /// IoU by frame, 0..1, of the frames in which one of the projects has an object.
    [[nodiscard]] const std::map<FrameIndex, double>& ious() const noexcept { return ious_; }
    [[nodiscard]] std::optional<double> at(FrameIndex frame) const;

    /// A frame differs where its IoU is below.
    static constexpr double kDiffers = 0.8;
    /// The nearest frame after `frame` that differs; none if there is none.
    [[nodiscard]] std::optional<FrameIndex> differsAfter(FrameIndex frame) const;

Q_SIGNALS:
    void changed();
    void noticed(const mcj::Notice& notice);

private:
    void edited(const std::vector<EditPart>& parts);
    void update(FrameIndex frame);

    Document& document_;
    std::uint64_t generation_ = 0;  ///< grows with every stop: what was begun before is dropped
    QString other_;
    ProjectState otherState_;
    std::map<FrameIndex, double> ious_;
    /// Frames that were edited while the comparison of all of them runs.
    std::vector<FrameIndex> late_;
    Lane lane_;
};

}  // namespace mcj
