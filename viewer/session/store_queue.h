#pragma once

#include <QObject>
#include <QTimer>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "segmentation/project_file.h"
#include "viewer/session/lanes.h"

namespace mcj {

/// Writes a project's steps to its file in order, on a separate lane. While the file cannot be
/// written, steps wait and are retried, so that no change is lost. A file that was deleted is
/// written again as a whole; one whose folder is away for a while is continued when it is back. GUI
/// thread.
class StoreQueue : public QObject {
    Q_OBJECT
public:
    /// The complete current content of the file, including the waiting steps.
    using Whole = std::function<ProjectContent()>;
    enum class Access {
        Write,
        InUse,       ///< another program has the file open: nothing may be added
        Unwritable,  ///< the file or its folder is not writable
    };
    struct Loaded {
        ProjectContent content;
        std::string sample;                 ///< of the current video file
        std::filesystem::path copyOfOlder;  ///< made by a migration; empty if there was none
        Access access = Access::Write;
    };
    using LoadDone = std::function<void(Outcome<Loaded>)>;

    explicit StoreQueue(QObject* parent = nullptr);
    ~StoreQueue() override;

    /// The following steps are written to `path`; the first one creates it.
    void start(const std::filesystem::path& path, Whole whole);
    /// The same for an existing file: it is opened and read on the lane, then `done` is called. If
    /// that fails, the file is not changed: steps wait until it is renamed.
    void load(const std::filesystem::path& path, const std::string& video, Whole whole,
              LoadDone done);
    /// How a step counts for the user.
    enum class Weight {
        Change,  ///< counts as an unsaved change until written
        Aside,   ///< settings, the video's path
    };
    void add(ProjectStep step, Weight weight);
    /// The loaded file does not belong to this video: it is not changed, and steps wait until it is
    /// renamed.
    void abandon();
    /// Tries to write now, and reports a failure even if it was reported before.
    void tryNow();
    /// Writes the waiting steps, blocks until done, and closes the file. Returns whether all steps
    /// were written.
    bool finish();

    [[nodiscard]] bool loading() const noexcept { return loading_; }
    /// The file exists and is in use.
    [[nodiscard]] bool attached() const noexcept { return attached_; }
    /// The last attempt to write failed.
    [[nodiscard]] bool failing() const noexcept { return failing_; }
    /// Changes that are not written yet.
    [[nodiscard]] std::int64_t waitingChanges() const noexcept { return waitingChanges_; }
    /// No step waits and nothing is being read.
    [[nodiscard]] bool atRest() const noexcept;
    /// Numbers of the newest step and of the newest written step.
    [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }
    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

Q_SIGNALS:
    /// Any of the values above changed.
    void changed();
    /// Steps cannot be written. Emitted once until writing succeeds or `tryNow` is called.
    void failed(const mcj::Error& error);
    /// After `failed`: all steps are written.
    void recovered();
    void created();

private:
    struct Waiting {
        std::uint64_t number;
        Weight weight;
        ProjectStep step;
    };
    /// State shared by the lane's jobs. Used only by them, and by this object while no job runs.
    struct Keeper {
        std::optional<ProjectFile> file;
        std::uint64_t written = 0;
    };
    /// The waiting steps as a job.
    struct Batch {
        std::filesystem::path path;
        std::vector<ProjectStep> steps;
        std::uint64_t last = 0;
        std::optional<ProjectContent> whole;  ///< set if the file has to be created
    };

    static Loaded loadFile(Keeper& keeper, const std::filesystem::path& path,
                           const std::string& video);
    [[nodiscard]] Batch makeBatch() const;
    static bool writeBatch(Keeper& keeper, const Batch& batch);
    /// Throws where the open file is not at `path`; closes it if it was deleted.
    static void requireThere(Keeper& keeper, const std::filesystem::path& path);
    void reset();
    void pump();
    void batchDone(const Outcome<bool>& outcome);
    void dropWritten();

    std::filesystem::path path_;
    Whole whole_;
    std::shared_ptr<Keeper> keeper_ = std::make_shared<Keeper>();
    std::deque<Waiting> waiting_;
    std::int64_t waitingChanges_ = 0;
    std::uint64_t newest_ = 0;
    std::uint64_t written_ = 0;
    bool loading_ = false;
    bool attached_ = false;
    bool failing_ = false;
    bool said_ = false;  ///< the failure was reported
    QTimer retry_;
    std::function<void()> nextLoad_;  ///< waits for the lane
    Lane lane_;
};

}  // namespace mcj
