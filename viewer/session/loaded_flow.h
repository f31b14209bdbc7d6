#pragma once

#include <QObject>
#include <QString>
#include <QStringList>
#include <deque>
#include <optional>

#include "inference/analysis/flow_files.h"
#include "segmentation/project_file.h"
#include "viewer/session/frame_provider.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"
#include "viewer/session/view_set.h"

namespace mcj {

/// What flow from files is used as: ground truth, or another method's flow.
enum class FlowRole { Truth, Method };

/// Flow from elsewhere for all views: files of the open clip, as ground truth or as another
/// method's flow, and commands of the user's own. Files are listed and the first one is read on the
/// reading lane; nothing else changes before that is done. GUI thread.
class LoadedFlow : public QObject {
    Q_OBJECT
public:
    /// All outlive it.
    struct Parts {
        Lane& reading;
        ViewSet& views;
        const FrameProvider& frames;
    };
    explicit LoadedFlow(const Parts& parts, QObject* parent = nullptr)
        : QObject(parent), parts_(parts) {}

    /// A file, a folder or a glob; its first file is read, so that files of another size are
    /// refused at once. Another method's flow becomes that of the active view. `loaded` follows, or
    /// a notice says why it cannot be read. Ignored where no video is open.
    void load(FlowRole role, const QString& path);
    /// Also forgets truth that could not be opened, or that is being read.
    void removeTruth();
    [[nodiscard]] bool hasTruth() const;
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

    /// Something waits to be read or is being read.
    [[nodiscard]] bool waiting() const noexcept { return reading_ || !requests_.empty(); }
    /// Reads the next files on the lane, which must be idle. Returns whether a job was started.
    bool serve();

    /// Ground truth, other flow from files, which of these files the active view uses, and its gap
    /// between frames, as a project stores them. Paths below the folder of `project`, the project
    /// file, are relative to it.
    [[nodiscard]] ProjectSettings settings(const QString& project) const;
    /// Restores what `settings` returned; the files are read later. Files that cannot be opened are
    /// left out, each with a notice, but stay in the settings: their disk may be there again
    /// another time.
    void restore(const ProjectSettings& settings, const QString& project);
    /// For another document: forgets files that could not be opened or wait to be read.
    void leave();

Q_SIGNALS:
    /// Files wait to be read, or have been read or refused.
    void changed();
    /// What the user asked for is in use.
    void loaded(mcj::FlowRole role);
    void noticed(const mcj::Notice& notice);
    void commandsChanged();

private:
    enum class Asker { User, Project };
    struct Request {
        FlowRole role = FlowRole::Truth;
        QString path;  ///< absolute
        Asker asker = Asker::User;
    };
    /// What a project names and is not open (yet), as absolute paths.
    struct Unopened {
        QString truth;
        QStringList methods;
    };

    void finish(const Outcome<FlowFilesPtr>& outcome);

    Parts parts_;
    std::deque<Request> requests_;
    std::optional<Request> reading_;  ///< reset where its result is of no use any more
    Unopened unopened_;
    QStringList commands_;
};

}  // namespace mcj
