#pragma once

#include <QObject>
#include <QString>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/base/frame.h"
#include "segmentation/mask_store.h"
#include "viewer/session/layer_stack.h"
#include "viewer/session/mask_editor.h"
#include "viewer/session/notice.h"

namespace mcj {

/// The project file of the open video: found or named, created at the first edit (looking at a
/// video leaves nothing behind), and kept up to date edit by edit. GUI thread: an edit is one small
/// transaction. When it fails, the session goes on and says so once.
class ProjectStore : public QObject {
    Q_OBJECT
public:
    /// `fallbackFolder` serves where the video's folder cannot be written.
    ProjectStore(MaskEditor& masks, LayerStack& layers, QString fallbackFolder,
                 QObject* parent = nullptr);
    ~ProjectStore() override;

    [[nodiscard]] static bool isProject(const QString& path);
    /// The video that a project file belongs to: as recorded or, where that is gone, beside the
    /// project. Throws `Error{Input}`.
    [[nodiscard]] static QString videoOf(const QString& projectPath);
    /// "clip.mp4" -> "clip.mp4.mcjepa" beside it.
    [[nodiscard]] static QString pathBeside(const QString& videoPath);

    /// Takes the project of `video` (or the one named) and restores masks, objects, layers, undo.
    /// Returns the frame that was on screen.
    FrameIndex attach(const VideoInfo& video, const QString& projectPath = {});
    /// Writes settings and lets go of the file.
    void detach(FrameIndex current);
    /// Writes objects, layers and the playhead now; creates the file where there is none.
    void saveNow(FrameIndex current);

    /// The file in use is `projectPath`: it is locked, so nobody can open it a second time.
    [[nodiscard]] bool holds(const QString& projectPath) const;
    /// Of the file in use, or the one that an edit would create.
    [[nodiscard]] const QString& path() const noexcept { return path_; }
    [[nodiscard]] bool exists() const noexcept { return store_.has_value(); }

Q_SIGNALS:
    void noticed(const mcj::Notice& notice);
    void created(const QString& path);

private:
    template <typename Work>
    void guarded(Work&& work);
    bool ensureStore();
    void writeSettings(FrameIndex current);
    FrameIndex restoreFrom(MaskStore& store);
    [[nodiscard]] VideoIdentity identity() const;

    MaskEditor& masks_;
    LayerStack& layers_;
    QString fallbackFolder_;
    VideoInfo video_;
    QString path_;
    std::optional<MaskStore> store_;
    std::optional<EditId> lastEdit_;
    FrameIndex savedFrame_ = 0;
    bool broken_ = false;  ///< said once that nothing can be saved
};

}  // namespace mcj
