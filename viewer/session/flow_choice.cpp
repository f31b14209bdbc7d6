#include "viewer/session/flow_choice.h"

#include <QDir>
#include <QFileInfo>
#include <QStringList>

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

}  // namespace

FlowFilesPtr openFlowFor(const VideoInfo& video, const QString& path) {
    const QString absolute = QDir::cleanPath(QFileInfo(path).absoluteFilePath());
    FlowFilesPtr files = FlowFiles::open(absolute.toStdString(), firstPictureNumber(video.path));
    (void)files->read(files->frames().front(), video.size);
    return files;
}

ProjectSettings flowChoiceOf(const View& view, const QString& project) {
    QStringList paths;
    QString used;
    for (const FlowFilesPtr& files : view.flowFiles()) {
        paths.append(stored(files->path(), project));
        if (files->id() == view.flowProvider()) used = paths.back();
    }
    const QString truth = view.truth() ? stored(view.truth()->path(), project) : QString();
    // Empty values replace those of an earlier save.
    return {{kTruthSetting, truth.toStdString()},
            {kFlowFilesSetting, paths.join(QLatin1Char('\n')).toStdString()},
            {kFlowInUseSetting, used.toStdString()},
            {kGapSetting, std::to_string(view.gap())}};
}

std::vector<Notice> restoreFlowChoice(const ProjectSettings& settings, const QString& project,
                                      const VideoInfo& video, View& view) {
    std::vector<Notice> notices;
    const auto named = [&settings](const char* name) {
        const auto setting = settings.find(name);
        return setting == settings.end() ? QString() : QString::fromStdString(setting->second);
    };
    const auto open = [&](const QString& path) -> FlowFilesPtr {
        const auto outcome = runGuarded([&] { return openFlowFor(video, found(path, project)); });
        if (outcome.ok()) return outcome.value();
        Notice notice = noticeOf(outcome.error());
        notice.level = Notice::Level::Warning;
        notices.push_back(notice);
        return nullptr;
    };
    if (const QString truth = named(kTruthSetting); !truth.isEmpty()) {
        if (FlowFilesPtr files = open(truth)) view.setTruth(std::move(files));
    }
    view.setGap(named(kGapSetting).toLongLong());
    const QString used = named(kFlowInUseSetting);
    for (const QString& path :
         named(kFlowFilesSetting).split(QLatin1Char('\n'), Qt::SkipEmptyParts)) {
        const FlowFilesPtr files = open(path);
        if (!files) continue;
        view.addFlowFiles(files);
        if (path == used) view.setFlowProvider(files->id());
    }
    return notices;
}

}  // namespace mcj
