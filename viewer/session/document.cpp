#include "viewer/session/document.h"

#include <QFileInfo>

#include "media/base/size_text.h"
#include "viewer/session/project_place.h"

namespace mcj {
namespace {

using Access = StoreQueue::Access;
using Weight = StoreQueue::Weight;

Notice warningOf(const QString& text, const QString& hint) {
    Notice notice;
    notice.level = Notice::Level::Warning;
    notice.text = text;
    notice.hint = hint;
    return notice;
}

}  // namespace

Document::Document(QString fallbackFolder, QObject* parent)
    : QObject(parent), fallbackFolder_(std::move(fallbackFolder)) {
    connect(&store_, &StoreQueue::changed, this, &Document::storeChanged);
    connect(&store_, &StoreQueue::failed, this, [this](const Error& error) {
        save_.reset();
        Notice notice = noticeOf(error, Notice::Topic::Saving);
        notice.text = tr("Changes are not being saved: %1").arg(notice.text);
        notice.hint =
            (notice.hint + QLatin1Char(' ') +
             tr("The changes are kept and will be written as soon as the file is writable."))
                .trimmed();
        Q_EMIT noticed(notice);
    });
    connect(&store_, &StoreQueue::recovered, this, [this] {
        Notice notice;
        notice.level = Notice::Level::Info;
        notice.text = tr("Changes are saved again to %1").arg(path_);
        Q_EMIT noticed(notice);
    });
}

Document::~Document() = default;

// The file ---------------------------------------------------------------------------------------

void Document::clear() {
    state_ = ProjectState();
    log_ = EditLog();
    settings_.clear();
    recordVideo_ = false;
    access_ = Access::Write;
    save_.reset();
}

void Document::attach(const VideoInfo& video, const QString& projectPath) {
    clear();
    size_ = video.size;
    video_ = identityOf(video);
    const QString videoPath = QString::fromStdString(video.path);
    path_ = projectPath.isEmpty() ? projectFor(videoPath, fallbackFolder_) : projectPath;
    video_.relative = relativeTo(videoPath, path_).toStdString();
    const std::filesystem::path path(path_.toStdString());
    const auto all = [this] { return content(); };
    if (QFileInfo::exists(path_)) {
        store_.load(path, video.path, all, [this](Outcome<StoreQueue::Loaded> outcome) {
            if (outcome.ok()) {
                loaded(std::move(outcome).value());
            } else {
                loadFailed(outcome.error());
            }
        });
    } else {
        state_.objects.set(defaultObject(1));
        store_.start(path, all);
    }
    Q_EMIT reset();
    Q_EMIT logChanged();
}

void Document::loaded(StoreQueue::Loaded file) {
    video_.sample = file.sample;
    const VideoIdentity recorded = file.content.video;
    if (recorded.size != size_) {
        loadFailed(Error(ErrorCode::Input,
                         tr("%1 belongs to a video of %2 pixels; this video has %3 pixels")
                             .arg(path_, QString::fromStdString(sizeText(recorded.size)),
                                  QString::fromStdString(sizeText(size_)))
                             .toStdString(),
                         tr("Rename the project file to start a new project, or use Look for the "
                            "project's video in the File menu.")
                             .toStdString()));
        Q_EMIT videoDiffers(recorded);
        return;
    }
    state_ = std::move(file.content.state);
    log_ = std::move(file.content.log);
    settings_ = std::move(file.content.settings);
    access_ = file.access;
    Q_EMIT reset();
    Q_EMIT logChanged();
    Q_EMIT restored(settings_);
    if (readOnly()) refuse();
    if (!file.copyOfOlder.empty()) {
        Notice notice;
        notice.level = Notice::Level::Info;
        notice.text =
            tr("The project was converted to the current format; the old file is kept as %1")
                .arg(QString::fromStdString(file.copyOfOlder.string()));
        Q_EMIT noticed(notice);
    }
    const QString difference = differenceOf(recorded, video_);
    if (!difference.isEmpty()) {
        recordVideo_ = true;
        Q_EMIT noticed(
            warningOf(tr("%1 is not the video on which the masks were made")
                          .arg(QFileInfo(QString::fromStdString(video_.path)).fileName()),
                      difference + QLatin1Char(' ') +
                          tr("If the masks do not fit, use Look for the project's video in the "
                             "File menu, or close the video and rename the project %1.")
                              .arg(path_)));
        Q_EMIT videoDiffers(recorded);
        return;
    }
    if (!video_.frames) video_.frames = recorded.frames;
    if (recorded != video_ && !readOnly()) {
        // The video was moved, or an earlier version recorded less about it.
        store_.add(VideoStep{video_}, Weight::Aside);
    }
}

void Document::loadFailed(const Error& error) {
    store_.abandon();
    state_.objects.set(defaultObject(1));
    Notice notice = noticeOf(error, Notice::Topic::Saving);
    notice.text = tr("Changes are not being saved: %1").arg(notice.text);
    if (notice.hint.isEmpty()) {
        notice.hint = tr("Rename the project file; changes are then saved to a new project file.");
    }
    Q_EMIT reset();
    Q_EMIT noticed(notice);
}

void Document::detach(const ProjectSettings& settings) {
    // The first edit creates the file, perhaps at this moment.
    const bool exists = store_.attached() || (!readOnly() && log_.size() > 0);
    if (exists && settings != settings_) {
        store_.add(SettingsStep{settings}, Weight::Aside);
    }
    const QString changes = unsavedText();
    if (!store_.finish()) {
        Notice notice;
        notice.level = Notice::Level::Failure;
        notice.text = tr("%1 could not be saved to %2").arg(changes, path_);
        Q_EMIT noticed(notice);
    }
    clear();
    size_ = {};
    path_.clear();
    Q_EMIT reset();
    Q_EMIT logChanged();
}

void Document::save(const ProjectSettings& settings) {
    if (!mayEdit()) return;
    settings_ = settings;
    store_.add(SettingsStep{settings}, Weight::Aside);
    save_ = store_.newest();
    store_.tryNow();
}

bool Document::moveTo(const QString& path) {
    if (!ready()) return false;
    if (QFileInfo::exists(path)) {
        Q_EMIT noticed(warningNotice(tr("%1 exists and was not replaced").arg(path),
                                     tr("Choose another name for the project.")));
        return false;
    }
    // What could not be written to the old file is still here, and goes into the new one.
    (void)store_.finish();
    path_ = path;
    video_.relative = relativeTo(QString::fromStdString(video_.path), path).toStdString();
    access_ = Access::Write;
    store_.start(std::filesystem::path(path.toStdString()), [this] { return content(); });
    Q_EMIT saveStateChanged();
    return true;
}

bool Document::mayEdit() {
    if (!ready()) return false;
    if (readOnly()) refuse();
    return !readOnly();
}

void Document::refuse() {
    const QString name = QFileInfo(path_).fileName();
    const bool inUse = access_ == Access::InUse;
    const QString why = inUse ? tr("Read-only: the project %1 is open in another window or program")
                              : tr("Read-only: the project %1 or its folder is not writable");
    const QString remedy = inUse ? tr("Close the project there and open it again")
                                 : tr("Make both writable and open the project again");
    Q_EMIT noticed(warningNotice(why.arg(name),
                                 tr("Masks, marks and notes cannot be changed in this window. %1, "
                                    "or save it under another name (File "
                                    "menu) to continue with a copy.")
                                     .arg(remedy),
                                 Notice::Topic::Saving));
}

void Document::keep(const ProjectSettings& settings) {
    if (!ready() || readOnly() || settings == settings_) return;
    settings_ = settings;
    store_.add(SettingsStep{settings}, Weight::Change);
}

ProjectContent Document::content() const { return {video_, state_, log_, settings_}; }

ProjectContent Document::content(const ProjectSettings& settings) const {
    ProjectContent all = content();
    for (const auto& [name, value] : settings) all.settings[name] = value;
    return all;
}

bool Document::holds(const QString& projectPath) const {
    // While it is read or created, the lane has it open already. A file that another program has
    // locked, or that could not be read, is not open here.
    if (readOnly() || (store_.failing() && !store_.attached())) return false;
    const QString asked = QFileInfo(projectPath).canonicalFilePath();
    return !asked.isEmpty() && asked == QFileInfo(path_).canonicalFilePath();
}

Document::SaveState Document::saveState() const {
    if (readOnly()) return SaveState::ReadOnly;
    if (store_.failing()) {
        return store_.waitingChanges() > 0 ? SaveState::Failing : SaveState::Nothing;
    }
    if (store_.waitingChanges() > 0) return SaveState::Saving;
    return store_.attached() ? SaveState::Saved : SaveState::Nothing;
}

QString Document::unsavedText() const {
    const std::int64_t changes = unsavedChanges();
    return changes == 1 ? tr("1 change") : tr("%1 changes").arg(static_cast<qint64>(changes));
}

void Document::storeChanged() {
    if (save_ && store_.written() >= *save_) {
        save_.reset();
        Q_EMIT saved(path_);
        Q_EMIT noticed(infoNotice(tr("Saved to %1").arg(path_)));
    }
    Q_EMIT saveStateChanged();
}

// Edits ------------------------------------------------------------------------------------------

EditId Document::commit(Edit edit) {
    if (readOnly()) throw Error(ErrorCode::Internal, "an edit of a project that is read-only");
    applyEdit(state_, edit);
    const EditLog::EditPtr logged = log_.push(std::move(edit));
    store_.add(CommitStep{logged}, Weight::Change);
    if (const auto forgotten = log_.trim()) store_.add(ForgetStep{*forgotten}, Weight::Aside);
    if (std::exchange(recordVideo_, false)) store_.add(VideoStep{video_}, Weight::Aside);
    Q_EMIT edited(logged->parts);
    Q_EMIT logChanged();
    return logged->id;
}

void Document::extend(EditId edit, const EditPart& part) {
    const std::vector<EditPart> parts{part};
    applyParts(state_, parts);
    log_.extend(edit, part);
    store_.add(ExtendStep{edit, parts}, Weight::Change);
    Q_EMIT edited(parts);
}

template <typename Step>
bool Document::walk(const Edit* edit, Step step) {
    if (edit == nullptr || !mayEdit()) return false;
    const auto outcome = runGuarded([&] {
        step(*edit);
        return true;
    });
    if (!outcome.ok()) {
        Q_EMIT noticed(noticeOf(outcome.error()));
        return false;
    }
    Q_EMIT edited(edit->parts);
    Q_EMIT logChanged();
    return true;
}

bool Document::undo() {
    return walk(log_.nextUndo(), [this](const Edit& edit) {
        revertEdit(state_, edit);
        log_.stepBack();
        store_.add(UndoStep{}, Weight::Change);
    });
}

bool Document::redo() {
    return walk(log_.nextRedo(), [this](const Edit& edit) {
        applyEdit(state_, edit);
        log_.stepForward();
        store_.add(RedoStep{}, Weight::Change);
    });
}

}  // namespace mcj
