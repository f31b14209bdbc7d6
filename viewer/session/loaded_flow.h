#pragma once

#include <QObject>
#include <QString>
#include <QStringList>

#include "inference/analysis/flow_files.h"
#include "segmentation/project_file.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/notice.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// Flow from elsewhere for all views: files of the open clip, as ground truth or as another
/// method's flow, and commands of the user's own. GUI thread.
class LoadedFlow : public QObject {
    Q_OBJECT
public:
    /// Both outlive it.
    LoadedFlow(ViewSet& views, const FrameProvider& frames, QObject* parent = nullptr)
        : QObject(parent), views_(views), frames_(frames) {}

    /// A file, a folder or a glob; its first file is read, so that files of another size are
    /// refused at once. Returns whether it could be read; a notice says why not.
    bool loadTruth(const QString& path);
    /// Also forgets truth that could not be opened.
    void removeTruth();
    [[nodiscard]] bool hasTruth() const;
    /// Loads another method's flow in the same way and makes it the flow of the active view.
    [[nodiscard]] bool loadMethod(const QString& path);
    /// Makes flow by a command for pairs (`FlowCommand`) the flow of the active view and remembers
    /// its line. Nothing runs before the view requests flow. Returns whether the line is such a
    /// command; a notice says why not. Using a command again notices that its files have changed.
    bool useCommand(const QString& line);
    /// The lines of the remembered commands, the one used last first, `kMostCommands` at most. They
    /// are kept in the user's settings and never in projects: a project that was made elsewhere
    /// must not run anything.
    [[nodiscard]] const QStringList& commands() const noexcept { return commands_; }
    void setCommands(const QStringList& lines);
    static constexpr qsizetype kMostCommands = 8;

    /// Ground truth, other flow from files, which of these files the active view uses, and its gap
    /// between frames, as a project stores them. Paths below the folder of `project`, the project
    /// file, are relative to it.
    [[nodiscard]] ProjectSettings settings(const QString& project) const;
    /// Restores what `settings` returned. Files that cannot be opened are left out, each with a
    /// notice, but stay in the settings: their disk may be there again another time.
    void restore(const ProjectSettings& settings, const QString& project);
    /// For another document: forgets files that could not be opened.
    void leave() { unopened_ = {}; }

Q_SIGNALS:
    void noticed(const mcj::Notice& notice);
    void commandsChanged();

private:
    /// Null after a notice.
    [[nodiscard]] FlowFilesPtr open(const QString& path, Notice::Level level);

    /// What a project names and could not be opened, as absolute paths.
    struct Unopened {
        QString truth;
        QStringList methods;
        QString inUse;          ///< the one of `methods` that was the flow; may be empty
        std::string insteadOf;  ///< the provider since then: another choice ends `inUse`
    };

    ViewSet& views_;
    const FrameProvider& frames_;
    Unopened unopened_;
    QStringList commands_;
};

}  // namespace mcj
