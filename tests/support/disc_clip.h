#pragma once

#include <QString>
#include <QTemporaryDir>

#include "segmentation/mask_formats/davis.h"
#include "tests/support/test_video.h"

namespace mcj::test {

/// A disc that moves by (5, 1) pixels a frame over a background that moves by (0.5, 0.25).
inline MovingScene discScene() {
    return MovingScene({160, 120}, {0.5F, 0.25F}, {{{60, 60}, {5.0F, 1.0F}, 20}});
}

/// A folder of a test's own, with that scene as a clip and the mask of its first frame. Needs
/// mcj_segmentation beside mcj_test_support.
class DiscClip {
public:
    static constexpr int kFrames = 8;

    /// Returns what went wrong, else nothing.
    [[nodiscard]] QString write() const {
        const QString failed = writeLossless(scene_, kFrames, video());
        if (failed.isEmpty()) writeDavisMask(mask().toStdString(), Mask(scene_.mask(0)));
        return failed;
    }

    [[nodiscard]] const MovingScene& scene() const { return scene_; }
    [[nodiscard]] QString video() const { return path("scene.mkv"); }
    [[nodiscard]] QString mask() const { return path("first.png"); }
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

private:
    QTemporaryDir folder_;
    MovingScene scene_ = discScene();
};

}  // namespace mcj::test
