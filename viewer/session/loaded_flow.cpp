#include "viewer/session/loaded_flow.h"

#include <QDir>
#include <QFileInfo>
#include <QPointer>
#include <QStringList>
#include <algorithm>
#include <utility>

#include "inference/engine/flow_command.h"
#include "media/base/error.h"
#include "segmentation/project_paths.h"
#include "viewer/session/project_place.h"

namespace mcj {
namespace {

// The names must not change: project files contain them.
constexpr const char* kGapSetting = "frame-gap";

QString absolutePath(const QString& path) {
    return QDir::cleanPath(QFileInfo(path).absoluteFilePath());
}

/// Throws `Error{Input}` that names the file.
FlowFilesPtr openFor(const std::string& video, SizePx size, const std::string& path) {
    FlowFilesPtr files = FlowFiles::open(path, firstPictureNumber(video));
    (void)files->read(files->frames().front(), size);
    return files;
}

}  // namespace

void LoadedFlow::load(FlowRole role, const QString& path) {
    if (!parts_.frames.isOpen()) return;
    requests_.push_back({role, absolutePath(path), Asker::User});
    Q_EMIT changed();
}

bool LoadedFlow::serve() {
    if (requests_.empty()) return false;
    reading_ = std::move(requests_.front());
    requests_.pop_front();
    const VideoInfo& video = parts_.frames.info();
    parts_.reading.start(
        [video = video.path, size = video.size, path = reading_->path.toStdString()] {
            return openFor(video, size, path);
        },
        [self = QPointer<LoadedFlow>(this)](const Outcome<FlowFilesPtr>& outcome) {
            if (self) self->finish(outcome);
        });
    return true;
}

void LoadedFlow::finish(const Outcome<FlowFilesPtr>& outcome) {
    const std::optional<Request> request = std::exchange(reading_, std::nullopt);
    if (!request) return;
    const bool byUser = request->asker == Asker::User;
    if (!outcome.ok()) {
        Notice notice = noticeOf(outcome.error());
        notice.level = byUser ? Notice::Level::Failure : Notice::Level::Warning;
        Q_EMIT noticed(notice);
        Q_EMIT changed();
        return;
    }
    const FlowFilesPtr& files = outcome.value();
    View& view = parts_.views.active();
    if (request->role == FlowRole::Truth) {
        unopened_.truth.clear();
        parts_.views.setTruth(files);
        if (byUser) view.layers().setVisible(kFlowErrorLayer, true);
    } else {
        unopened_.methods.removeAll(request->path);
        parts_.views.addFlowFiles(files);
        if (byUser) view.setFlowProvider(files->id());
    }
    if (byUser) Q_EMIT loaded(request->role);
    Q_EMIT changed();
}

void LoadedFlow::removeTruth() {
    unopened_.truth.clear();
    std::erase_if(requests_, [](const Request& asked) { return asked.role == FlowRole::Truth; });
    if (reading_ && reading_->role == FlowRole::Truth) reading_.reset();
    parts_.views.setTruth(nullptr);
}

bool LoadedFlow::hasTruth() const {
    return parts_.views.active().truth() != nullptr || !unopened_.truth.isEmpty();
}

void LoadedFlow::leave() {
    requests_.clear();
    reading_.reset();
    unopened_ = {};
}

bool LoadedFlow::useCommand(const QString& line) {
    const QString trimmed = line.trimmed();
    const auto id = runGuarded([&] {
        const FlowCommand command = FlowCommand::parse(trimmed.toStdString());
        if (command.kind() == FlowCommandKind::Pair) return command.id();
        throw Error(
            ErrorCode::Usage,
            tr("This command is for a whole clip; the window computes pair by pair").toStdString(),
            tr("Use {first}, {second} and {out}, or run the command on the clip and load the files "
               "that it writes.")
                .toStdString());
    });
    if (!id.ok()) {
        Q_EMIT noticed(noticeOf(id.error()));
        return false;
    }
    commands_.removeAll(trimmed);
    commands_.prepend(trimmed);
    setCommands(commands_);
    parts_.views.active().setFlowProvider(id.value());
    return true;
}

void LoadedFlow::setCommands(const QStringList& lines) {
    commands_ = lines.first(std::min(lines.size(), kMostCommands));
    Q_EMIT commandsChanged();
}

ProjectSettings LoadedFlow::settings(const QString& project) const {
    const View& view = parts_.views.active();
    QStringList paths;
    QString used;
    for (const FlowFilesPtr& files : view.flowFiles()) {
        paths.append(pathInProject(QString::fromStdString(files->path()), project));
        if (files->id() == view.flowProvider()) used = paths.back();
    }
    for (const QString& path : unopened_.methods) {
        paths.append(pathInProject(path, project));
        if (path.toStdString() == view.awaitedFlow()) used = paths.back();
    }
    const QString truth =
        view.truth() ? QString::fromStdString(view.truth()->path()) : unopened_.truth;
    // Empty values replace those of an earlier save.
    return {{kTruthSetting, pathInProject(truth, project).toStdString()},
            {kFlowFilesSetting, paths.join(QLatin1Char('\n')).toStdString()},
            {kFlowInUseSetting, used.toStdString()},
            {kGapSetting, std::to_string(view.gap())}};
}

void LoadedFlow::restore(const ProjectSettings& settings, const QString& project) {
    const auto named = [&settings](const char* name) {
        const auto setting = settings.find(name);
        return setting == settings.end() ? QString() : QString::fromStdString(setting->second);
    };
    const auto found = [&project](const QString& path) { return pathOfProject(path, project); };
    unopened_ = {};
    if (const QString truth = named(kTruthSetting); !truth.isEmpty()) {
        unopened_.truth = found(truth);
        requests_.push_back({FlowRole::Truth, unopened_.truth, Asker::Project});
    }
    View& view = parts_.views.active();
    view.setGap(named(kGapSetting).toLongLong());
    for (const QString& path :
         named(kFlowFilesSetting).split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        unopened_.methods.append(found(path));
        requests_.push_back({FlowRole::Method, found(path), Asker::Project});
    }
    const QString used = named(kFlowInUseSetting);
    if (!used.isEmpty()) view.awaitFlow(found(used).toStdString());
    Q_EMIT changed();
}

}  // namespace mcj
