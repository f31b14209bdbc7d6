#include "viewer/session/loaded_flow.h"

#include <QDir>
#include <QFileInfo>
#include <QStringList>
#include <algorithm>

#include "inference/engine/flow_command.h"
#include "media/base/error.h"

namespace mcj {
namespace {

// The names must not change: project files contain them.
constexpr const char* kTruthSetting = "truth";
constexpr const char* kFlowFilesSetting = "flow-files";
constexpr const char* kGapSetting = "frame-gap";
constexpr const char* kFlowInUseSetting = "flow-files-in-use";

QString stored(const std::string& path, const QString& project) {
    const QString absolute = QString::fromStdString(path);
    const QString relative = QFileInfo(project).absoluteDir().relativeFilePath(absolute);
    const bool below = !relative.startsWith(QLatin1String("..")) && QDir::isRelativePath(relative);
    return below ? relative : absolute;
}

QString found(const QString& path, const QString& project) {
    return QDir::cleanPath(QFileInfo(project).absoluteDir().absoluteFilePath(path));
}

/// Throws `Error{Input}` that names the file.
FlowFilesPtr openFor(const VideoInfo& video, const QString& path) {
    const QString absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    FlowFilesPtr files = FlowFiles::open(absolute.toStdString(), firstPictureNumber(video.path));
    (void)files->read(files->frames().front(), video.size);
    return files;
}

}  // namespace

FlowFilesPtr LoadedFlow::open(const QString& path, Notice::Level level) {
    if (!frames_.isOpen()) return nullptr;
    const auto outcome = runGuarded([&] { return openFor(frames_.info(), path); });
    if (outcome.ok()) return outcome.value();
    Notice notice = noticeOf(outcome.error());
    notice.level = level;
    Q_EMIT noticed(notice);
    return nullptr;
}

bool LoadedFlow::loadTruth(const QString& path) {
    const FlowFilesPtr files = open(path, Notice::Level::Failure);
    if (!files) return false;
    unopened_.truth.clear();
    views_.setTruth(files);
    views_.active().layers().setVisible(kFlowErrorLayer, true);
    return true;
}

void LoadedFlow::removeTruth() {
    unopened_.truth.clear();
    views_.setTruth(nullptr);
}

bool LoadedFlow::hasTruth() const {
    return views_.active().truth() != nullptr || !unopened_.truth.isEmpty();
}

bool LoadedFlow::loadMethod(const QString& path) {
    const FlowFilesPtr files = open(path, Notice::Level::Failure);
    if (!files) return false;
    unopened_.methods.removeAll(QString::fromStdString(files->path()));
    views_.addFlowFiles(files);
    views_.active().setFlowProvider(files->id());
    return true;
}

bool LoadedFlow::useCommand(const QString& line) {
    const QString trimmed = line.trimmed();
    const auto id = runGuarded([&] {
        const FlowCommand command = FlowCommand::parse(trimmed.toStdString());
        if (command.kind() == FlowCommandKind::Pair) return command.id();
        throw Error(
            ErrorCode::Usage,
            tr("This command is for a whole clip; the window computes pair by pair").toStdString(),
            tr("Use {first}, {second} and {out}, or run it on the clip and load its files.")
                .toStdString());
    });
    if (!id.ok()) {
        Q_EMIT noticed(noticeOf(id.error()));
        return false;
    }
    commands_.removeAll(trimmed);
    commands_.prepend(trimmed);
    setCommands(commands_);
    views_.active().setFlowProvider(id.value());
    return true;
}

void LoadedFlow::setCommands(const QStringList& lines) {
    commands_ = lines.first(std::min(lines.size(), kMostCommands));
    Q_EMIT commandsChanged();
}

ProjectSettings LoadedFlow::settings(const QString& project) const {
    const View& view = views_.active();
    QStringList paths;
    QString used;
    for (const FlowFilesPtr& files : view.flowFiles()) {
        paths.append(stored(files->path(), project));
        if (files->id() == view.flowProvider()) used = paths.back();
    }
    for (const QString& path : unopened_.methods) {
        paths.append(stored(path.toStdString(), project));
        const bool chosen = path == unopened_.inUse && view.flowProvider() == unopened_.insteadOf;
        if (chosen) used = paths.back();
    }
    const std::string truthPath =
        view.truth() ? view.truth()->path() : unopened_.truth.toStdString();
    const QString truth = truthPath.empty() ? QString() : stored(truthPath, project);
    // Empty values replace those of an earlier save.
    return {{kTruthSetting, truth.toStdString()},
            {kFlowFilesSetting, paths.join(QLatin1Char('\n')).toStdString()},
            {kFlowInUseSetting, used.toStdString()},
            {kGapSetting, std::to_string(view.gap())}};
}

void LoadedFlow::restore(const ProjectSettings& settings, const QString& project) {
    const auto named = [&settings](const char* name) {
        const auto setting = settings.find(name);
        return setting == settings.end() ? QString() : QString::fromStdString(setting->second);
    };
    const auto opened = [&](const QString& path) {
        return open(found(path, project), Notice::Level::Warning);
    };
    unopened_ = {};
    if (const QString truth = named(kTruthSetting); !truth.isEmpty()) {
        if (const FlowFilesPtr files = opened(truth)) {
            views_.setTruth(files);
        } else {
            unopened_.truth = found(truth, project);
        }
    }
    View& view = views_.active();
    view.setGap(named(kGapSetting).toLongLong());
    const QString used = named(kFlowInUseSetting);
    for (const QString& path :
         named(kFlowFilesSetting).split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        const FlowFilesPtr files = opened(path);
        if (!files) {
            unopened_.methods.append(found(path, project));
            if (path == used) unopened_.inUse = unopened_.methods.back();
            continue;
        }
        views_.addFlowFiles(files);
        if (path == used) view.setFlowProvider(files->id());
    }
    unopened_.insteadOf = view.flowProvider();
}

}  // namespace mcj
