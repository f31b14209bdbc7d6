#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "media/base/raster.h"
#include "viewer/session/bookmarks.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

class Session;
class TourFile;

struct TourOptions {
    std::filesystem::path file;  ///< .mp4 (H.264) or .gif
    SizePx size{1920, 1080};
    double secsEach = 4.0;  ///< how long a bookmark is shown, `kLeastTourSecs` to `kMostTourSecs`
};
inline constexpr double kLeastTourSecs = 0.5;
inline constexpr double kMostTourSecs = 60.0;
inline constexpr int kLeastTourSidePx = 160;
inline constexpr int kMostTourSidePx = 7680;

/// Renders the bookmarks of the open clip, one after the other, as a video: puts each on screen,
/// waits until everything is computed, draws it as figures are drawn, and writes it. It works on
/// the session that the user sees, who should not change it meanwhile; the views and the frame from
/// before are restored in any case. The file appears when it is complete. GUI thread.
class TourExport : public QObject {
    Q_OBJECT
public:
    enum class State { Idle, Running, Finished, Stopped, Failed };

    /// `session` outlives it.
    explicit TourExport(Session& session, QObject* parent = nullptr);
    /// Stops a tour in progress.
    ~TourExport() override;

    /// Throws `Error{Usage}` where there are no bookmarks, where a run is under way, or for options
    /// that are out of range, and `Error{Input}` where the file cannot be written.
    void start(const TourOptions& options);
    /// `ended` follows, at the latest when the picture that is being written is complete.
    void stop();
    [[nodiscard]] State state() const noexcept { return state_; }
    /// Bookmarks that are written, and all.
    [[nodiscard]] std::size_t done() const noexcept { return done_; }
    [[nodiscard]] std::size_t total() const noexcept { return marks_.size(); }
    /// Estimated from the speed so far; negative while unknown.
    [[nodiscard]] double secsLeft() const;

Q_SIGNALS:
    void progressed();
    /// The last signal of a tour; `state` tells how it ended.
    void ended();
    void noticed(const mcj::Notice& notice);

private:
    void showNext();
    void look();
    void draw();
    void fail(const Error& error);
    void end(State state);
    void restore();

    Session& session_;
    State state_ = State::Idle;
    TourOptions options_;
    std::vector<Bookmark> marks_;
    std::size_t done_ = 0;
    std::shared_ptr<TourFile> file_;  ///< shared with the job on the lane
    bool drawing_ = false;
    bool stopping_ = false;
    int settledLooks_ = 0;  ///< in a row
    QTimer timer_;
    QElapsedTimer elapsed_;
    bool changedViews_ = false;  ///< they have to be restored
    std::string viewsBefore_;
    FrameIndex frameBefore_ = 0;
    Lane lane_{QStringLiteral("tour")};
};

}  // namespace mcj
