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

/// Writes a project's steps to its file in their order, on a lane of its own. Steps wait while the
/// file cannot be written and are tried again, so that nothing is lost once the cause is gone; a
/// file that went away is written anew, whole. GUI thread.
class StoreQueue : public QObject {
    Q_OBJECT
public:
    /// Everything that belongs into the file at this moment, the waiting steps included.
    using Whole = std::function<ProjectContent()>;
    struct Loaded {
        ProjectContent content;
        std::string sample;                 ///< of the video as it is now
        std::filesystem::path copyOfOlder;  ///< made by a migration; empty where there was none
    };
    using LoadDone = std::function<void(Outcome<Loaded>)>;

    explicit StoreQueue(QObject* parent = nullptr);
    ~StoreQueue() override;

    /// The steps that follow go to `path`, which the first of them creates.
    void start(const std::filesystem::path& path, Whole whole);
    /// The same for a file that exists: it is opened and read on the lane, then `done` is called.
    /// Where that fails the file is left alone: steps wait until it has another name.
    void load(const std::filesystem::path& path, const std::string& video, Whole whole,
              LoadDone done);
    /// What a step means to the user.
    enum class Weight {
        Change,  ///< counts as a change that is saved or not
        Aside,   ///< settings, the video's place
    };
    void add(ProjectStep step, Weight weight);
    /// The file that was loaded turned out not to be ours: it is left alone, and steps wait until
    /// it has another name.
    void abandon();
    /// Tries now, and reports a failure even if it was reported before.
    void tryNow();
    /// Writes what is left, waiting for it, and lets go of the file. Returns whether everything is
    /// in the file.
    bool finish();

    [[nodiscard]] bool loading() const noexcept { return loading_; }
    /// The file is there and in use.
    [[nodiscard]] bool attached() const noexcept { return attached_; }
    /// The newest attempt to write failed.
    [[nodiscard]] bool failing() const noexcept { return failing_; }
    /// Changes that are not in the file yet.
    [[nodiscard]] std::int64_t waitingChanges() const noexcept { return waitingChanges_; }
    /// No step waits and nothing is being read.
    [[nodiscard]] bool atRest() const noexcept;
    /// Numbers of the newest step and of the newest one that is in the file.
    [[nodiscard]] std::uint64_t newest() const noexcept { return newest_; }
    [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

Q_SIGNALS:
    /// Any of the facts above changed.
    void changed();
    /// Steps cannot be written; said once until it works again or `tryNow` is called.
    void failed(const mcj::Error& error);
    /// After `failed`: everything is in the file.
    void recovered();
    void created();

private:
    struct Waiting {
        std::uint64_t number;
        Weight weight;
        ProjectStep step;
    };
    /// What the lane's jobs share. Only they touch it, and this object while no job runs.
    struct Keeper {
        std::optional<ProjectFile> file;
        std::uint64_t written = 0;
    };
    /// The waiting steps as a job.
    struct Batch {
        std::filesystem::path path;
        std::vector<ProjectStep> steps;
        std::uint64_t last = 0;
        std::optional<ProjectContent> whole;  ///< where the file is to be made
    };

    [[nodiscard]] Batch makeBatch() const;
    static bool writeBatch(Keeper& keeper, const Batch& batch);
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
