#include "viewer/session/video_search.h"

#include <QDir>
#include <QFileInfo>
#include <QPointer>

#include "media/io/folder_walk.h"
#include "viewer/session/project_place.h"

namespace mcj {

std::optional<std::filesystem::path> videoWithContent(const VideoIdentity& recorded,
                                                      const std::filesystem::path& folder,
                                                      const StopToken& stop) {
    if (recorded.bytes == 0) {
        throw Error(ErrorCode::Input, "a folder of images cannot be found by its content",
                    "Move the folder back to where the project expects it: " + recorded.path);
    }
    for (const std::filesystem::path& place : foldersUnder(folder)) {
        for (const std::filesystem::path& file : filesIn(place)) {
            stop.throwIfStopped("looking for the video");
            if (hasContentOf(recorded, QString::fromStdString(file.string()))) return file;
        }
    }
    return std::nullopt;
}

VideoSearch::VideoSearch(QObject* parent) : QObject(parent), lane_("search") {
    connect(&lane_, &Lane::idle, this, &VideoSearch::changed);
    connect(&lane_, &Lane::failed, this,
            [this](const Error& error) { Q_EMIT noticed(noticeOf(error)); });
}

void VideoSearch::want(const Wanted& wanted) {
    wanted_ = wanted;
    Q_EMIT changed();
}

void VideoSearch::wantFor(const QString& project) {
    const auto video = runGuarded(
        [&] { return ProjectFile::videoIn(std::filesystem::path(project.toStdString())); });
    if (video.ok()) want({project, video.value()});
}

void VideoSearch::forget() {
    lane_.stopJob();
    if (!wanted_) return;
    wanted_.reset();
    Q_EMIT changed();
}

void VideoSearch::start(const QString& folder) {
    if (!wanted_ || busy()) return;
    Q_EMIT noticed(infoNotice(tr("Looking for the video in %1...").arg(folder)));
    lane_.start([recorded = wanted_->video, where = std::filesystem::path(folder.toStdString())](
                    const StopToken& stop) { return videoWithContent(recorded, where, stop); },
                [self = QPointer<VideoSearch>(this), project = wanted_->project,
                 folder](Outcome<std::optional<std::filesystem::path>> outcome) {
                    // Another project may be wanted by now, or none.
                    if (!self || !self->wanted_ || self->wanted_->project != project) return;
                    if (!outcome.ok()) {
                        Q_EMIT self->noticed(noticeOf(outcome.error(), Notice::Topic::Opening));
                    } else if (const auto& video = outcome.value()) {
                        Q_EMIT self->found(project, QString::fromStdString(video->string()));
                    } else {
                        Q_EMIT self->noticed(warningNotice(
                            tr("No file in %1 has the content of the project's video").arg(folder),
                            tr("The project's video was %1, with %2 bytes.")
                                .arg(QString::fromStdString(self->wanted_->video.path))
                                .arg(static_cast<qulonglong>(self->wanted_->video.bytes)),
                            Notice::Topic::Opening));
                    }
                });
    Q_EMIT changed();
}

}  // namespace mcj
