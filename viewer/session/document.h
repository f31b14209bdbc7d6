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

/// What is saved of the open video, and the one way to change it: the state, and the log of edits,
/// which is also the undo stack. The project file is found or named, created at the first edit
/// (looking at a video leaves nothing behind), and follows the log in the background: an edit is
/// done at once, and `saveState` tells whether it is in the file yet. GUI thread.
class Document : public QObject {
    Q_OBJECT
public:
    /// `fallbackFolder` serves where the video's folder cannot be written.
    explicit Document(QString fallbackFolder, QObject* parent = nullptr);
    ~Document() override;

    /// Takes the project of `video` (or the one named). Where there is none the document is empty
    /// and ready at once; else it is `loading` until `restored`.
    void attach(const VideoInfo& video, const QString& projectPath = {});
    /// Writes `settings` (where there is a file) and what is not written yet, and becomes empty.
    void detach(const ProjectSettings& settings);
    /// Of the open video; empty without one.
    [[nodiscard]] SizePx size() const noexcept { return size_; }
    /// There is a video and its masks are known: edits are possible.
    [[nodiscard]] bool ready() const noexcept { return !size_.empty() && !loading(); }
    [[nodiscard]] bool loading() const noexcept { return store_.loading(); }

    [[nodiscard]] const ProjectState& state() const noexcept { return state_; }
    [[nodiscard]] const EditLog& log() const noexcept { return log_; }

    /// Does an edit made from the state as it is. Returns its id. Throws where it does not fit.
    EditId commit(Edit edit);
    /// Adds to an edit and does the addition: a propagation that grows, a second renaming.
    void extend(EditId edit, const EditPart& part);
    /// One step; false where there is none, or where it failed, which is said.
    bool undo();
    bool redo();

    /// Writes `settings` and what is not written yet; creates the file where there is none.
    /// `saved` or `noticed` follows.
    void save(const ProjectSettings& settings);
    enum class SaveState {
        Nothing,  ///< there is no file, and nothing that belongs in one
        Saved,
        Saving,
        Failing,  ///< changes wait for the file to become writable
    };
    [[nodiscard]] SaveState saveState() const;
    [[nodiscard]] std::int64_t unsavedChanges() const noexcept { return store_.waitingChanges(); }
    /// The same in words: "3 changes".
    [[nodiscard]] QString unsavedText() const;
    /// Everything is read, and written as far as it can be.
    [[nodiscard]] bool atRest() const noexcept { return store_.atRest() || store_.failing(); }
    /// The file in use is `projectPath`: it is locked, so nobody can open it a second time.
    [[nodiscard]] bool holds(const QString& projectPath) const;
    /// Of the file in use, or the one that an edit would create.
    [[nodiscard]] const QString& path() const noexcept { return path_; }

Q_SIGNALS:
    /// Everything may differ: another document, or its file has been read.
    void reset();
    /// The project file has been read; `settings` are those of its last save.
    void restored(const mcj::ProjectSettings& settings);
    /// These parts were done or undone.
    void edited(const std::vector<mcj::EditPart>& parts);
    void logChanged();
    void saveStateChanged();
    /// `save` is done: everything up to it is in the file.
    void saved(const QString& path);
    void noticed(const mcj::Notice& notice);

private:
    void clear();
    void loaded(StoreQueue::Loaded content);
    void loadFailed(const Error& error);
    void storeChanged();
    template <typename Step>
    bool walk(const Edit* edit, Step step);
    [[nodiscard]] ProjectContent whole() const;

    QString fallbackFolder_;
    QString path_;
    SizePx size_;
    VideoIdentity video_;
    ProjectState state_;
    EditLog log_;
    ProjectSettings settings_;           ///< as written last
    bool recordVideo_ = false;           ///< with the next edit: it is another one than recorded
    std::optional<std::uint64_t> save_;  ///< the step after which `saved` is said
    StoreQueue store_;
};

}  // namespace mcj
