#pragma once

#include <QObject>
#include <QString>
#include <cstdint>
#include <optional>
#include <vector>

#include "segmentation/edit_log.h"
#include "viewer/session/notice.h"
#include "viewer/session/store_queue.h"

namespace mcj {

/// The saved part of the open video, and the only way to change it: the state and the log of edits,
/// which is also the undo stack. The project file is created by the first edit, so that viewing a
/// video writes no file. It is written in the background: an edit takes effect at once, and
/// `saveState` tells whether the file contains it. GUI thread.
class Document : public QObject {
    Q_OBJECT
public:
    /// `fallbackFolder` is used if the video's folder is not writable.
    explicit Document(QString fallbackFolder, QObject* parent = nullptr);
    ~Document() override;

    /// Uses the project of `video`, or `projectPath` if given. If the file does not exist, the
    /// document is empty and ready at once; otherwise it is `loading` until `restored`.
    void attach(const VideoInfo& video, const QString& projectPath = {});
    /// Writes `settings` (if the file exists) and all pending changes, then becomes empty.
    void detach(const ProjectSettings& settings);
    /// Size of the open video; empty if no video is open.
    [[nodiscard]] SizePx size() const noexcept { return size_; }
    /// A video is open and its masks are loaded: edits are possible.
    [[nodiscard]] bool ready() const noexcept { return !size_.empty() && !loading(); }
    [[nodiscard]] bool loading() const noexcept { return store_.loading(); }
    /// Another window or program has the project open, or it cannot be written where it is: it is
    /// shown as it was saved when it was opened, and not changed.
    [[nodiscard]] bool readOnly() const noexcept { return access_ != StoreQueue::Access::Write; }
    /// Whether edits are possible. Emits a notice if the project is read-only.
    [[nodiscard]] bool mayEdit();

    /// What the project file would contain, were it saved now with `settings`.
    [[nodiscard]] ProjectContent content(const ProjectSettings& settings) const;
    [[nodiscard]] const ProjectState& state() const noexcept { return state_; }
    [[nodiscard]] const EditLog& log() const noexcept { return log_; }
    /// A snapshot of everything that the file has or will have.
    [[nodiscard]] ProjectContent content() const;

    /// Applies an edit made from the current state. Returns its id. Throws if it does not fit, or
    /// if the project is read-only: ask `mayEdit` first.
    EditId commit(Edit edit);
    /// Appends `part` to an edit and applies it: a growing propagation, a repeated renaming.
    void extend(EditId edit, const EditPart& part);
    /// One step. Returns false if there is no step, or if it failed (`noticed` is emitted).
    bool undo();
    bool redo();

    /// Writes `settings` and all pending changes; creates the file if needed. `saved` and a notice
    /// follow, or a notice of the failure.
    void save(const ProjectSettings& settings);
    /// From now on, the project is the file `path`, to which everything is written with the next
    /// save or edit; it is no longer read-only. The file used until now keeps what was saved.
    /// Returns false, with a notice, if `path` exists.
    bool moveTo(const QString& path);
    /// Writes settings that are the user's work, in the background as an edit: creates the file if
    /// needed. Only while `ready`, and not if the project is read-only.
    void keep(const ProjectSettings& settings);
    enum class SaveState {
        Nothing,  ///< no file and no changes
        Saved,
        Saving,
        Failing,  ///< changes wait until the file is writable
        ReadOnly,
    };
    [[nodiscard]] SaveState saveState() const;
    [[nodiscard]] std::int64_t unsavedChanges() const noexcept { return store_.waitingChanges(); }
    /// The same as text: "3 changes".
    [[nodiscard]] QString unsavedText() const;
    /// Nothing is being read, and all changes are written or cannot be written now.
    [[nodiscard]] bool atRest() const noexcept { return store_.atRest() || store_.failing(); }
    /// Whether `projectPath` is the file in use, also while it is being read. This process has that
    /// file locked: reading it another time would end the lock.
    [[nodiscard]] bool holds(const QString& projectPath) const;
    /// Path of the file in use, or of the file that the first edit would create.
    [[nodiscard]] const QString& path() const noexcept { return path_; }

Q_SIGNALS:
    /// The whole state may differ: another document, or its file has been read.
    void reset();
    /// The project file has been read; `settings` are those of its last save.
    void restored(const mcj::ProjectSettings& settings);
    /// These parts were done or undone.
    void edited(const std::vector<mcj::EditPart>& parts);
    void logChanged();
    void saveStateChanged();
    /// `save` is done: the file contains all changes made before it.
    void saved(const QString& path);
    /// The open video is not the one that the project was made on.
    void videoDiffers(const mcj::VideoIdentity& recorded);
    void noticed(const mcj::Notice& notice);

private:
    void clear();
    void loaded(StoreQueue::Loaded content);
    void loadFailed(const Error& error);
    void storeChanged();
    void refuse();
    template <typename Step>
    bool walk(const Edit* edit, Step step);

    QString fallbackFolder_;
    QString path_;
    SizePx size_;
    VideoIdentity video_;
    ProjectState state_;
    EditLog log_;
    ProjectSettings settings_;  ///< as last written
    StoreQueue::Access access_ = StoreQueue::Access::Write;
    bool recordVideo_ = false;  ///< with the next edit: the video differs from the recorded one
    std::optional<std::uint64_t> save_;  ///< the step after which `saved` is emitted
    StoreQueue store_;
};

}  // namespace mcj
