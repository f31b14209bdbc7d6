#pragma once

#include <QObject>
#include <QString>
#include <filesystem>
#include <optional>

#include "media/base/stop_token.h"
#include "segmentation/project_file.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

/// The file below `folder` with the content of `recorded`: its size and, where known, its sample
/// (`sampleOfVideo`). None if there is none. Throws `Error{Input}` where `folder` cannot be read or
/// `recorded` is not a file, `Error{Interrupted}` when stopped.
[[nodiscard]] std::optional<std::filesystem::path> videoWithContent(
    const VideoIdentity& recorded, const std::filesystem::path& folder, const StopToken& stop);

/// Looks for the video of a project whose video is missing or another one, in the background.
/// Emits `changed` when what it looks for, or whether it does, differs. GUI thread.
class VideoSearch : public QObject {
    Q_OBJECT
public:
    struct Wanted {
        QString project;
        VideoIdentity video;
    };
    explicit VideoSearch(QObject* parent = nullptr);

    /// The project whose video may be looked for.
    [[nodiscard]] const std::optional<Wanted>& wanted() const noexcept { return wanted_; }
    void want(const Wanted& wanted);
    /// The same, with the identity that the project file has; nothing if it cannot be read.
    void wantFor(const QString& project);
    /// Also ends a search.
    void forget();
    /// Looks in `folder` and the folders in it. Does nothing while it does so already.
    void start(const QString& folder);
    [[nodiscard]] bool busy() const noexcept { return lane_.busy(); }

Q_SIGNALS:
    void changed();
    void found(const QString& project, const QString& video);
    void noticed(const mcj::Notice& notice);

private:
    std::optional<Wanted> wanted_;
    Lane lane_;
};

}  // namespace mcj
