#pragma once

#include <QObject>
#include <QTimer>

#include "viewer/session/document.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/loaded_flow.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/playhead.h"
#include "viewer/session/session_parts.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// Writes the settings of the screen to the open project, and restores them. Marks, classes,
/// working time and filled curves are the user's work: they are written soon after a change, and
/// create the project file; everything else is written when the document is saved or left. GUI
/// thread.
class KeptSettings : public QObject {
    Q_OBJECT
public:
    /// All outlive it.
    struct Parts {
        Document& document;
        LoadedFlow& flow;
        ViewSet& views;
        MaskEditor& masks;
        TimelineParts& timeline;
        ProjectTools& projectTools;
        Playhead& playhead;
        const FrameProvider& frames;
    };
    explicit KeptSettings(const Parts& parts, QObject* parent = nullptr);

    /// Of the open video.
    [[nodiscard]] ProjectSettings current() const;
    /// A change has not been passed to the document yet.
    [[nodiscard]] bool waiting() const { return timer_.isActive(); }
    /// The document is about to be detached: writes pending settings, then clears marks and curves.
    void leave();

private:
    void restore(const ProjectSettings& settings);
    void restoreOtherMasks(const ProjectSettings& settings);
    void keepNow();
    void limitLoop();

    Parts parts_;
    QTimer timer_;  ///< while something waits to be written
};

}  // namespace mcj
