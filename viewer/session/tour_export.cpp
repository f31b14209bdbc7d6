#include "viewer/session/tour_export.h"

#include <QPointer>
#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "media/figure/figure_file.h"
#include "media/io/gif_writer.h"
#include "media/io/video_writer.h"
#include "viewer/session/session.h"
#include "viewer/session/tour_slide.h"
#include "viewer/session/view_settings.h"

namespace mcj {
namespace {

/// How often it is looked whether everything is computed, and how often in a row it has to be: a
/// change is noticed by the parts one after the other.
constexpr int kLookMs = 40;
constexpr int kSettledLooks = 2;
/// The pictures do not move, so that few are enough.
constexpr int kVideoFps = 10;

bool hasExtension(const std::filesystem::path& file, const char* extension) {
    std::string own = file.extension().string();
    std::transform(own.begin(), own.end(), own.begin(), [](unsigned char letter) {
        return static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
    });
    return own == extension;
}

void check(Session& session, const TourOptions& options) {
    const auto refuse = [](const QString& what, const QString& hint) {
        throw Error(ErrorCode::Usage, what.toStdString(), hint.toStdString());
    };
    const auto side = [](int px) { return px >= kLeastTourSidePx && px <= kMostTourSidePx; };
    if (!session.isOpen() || session.timeline().bookmarks.all().empty()) {
        refuse(TourExport::tr("There are no bookmarks"),
               TourExport::tr(
                   "Add one with Ctrl+D; each bookmark becomes a still image of the tour."));
    }
    if (session.runs().run() != nullptr) {
        refuse(TourExport::tr("Another operation is running"),
               TourExport::tr("Wait until it has finished, or press Esc to stop it."));
    }
    const bool range = options.secsEach >= kLeastTourSecs && options.secsEach <= kMostTourSecs;
    if (!range || !side(options.size.width) || !side(options.size.height)) {
        refuse(TourExport::tr("The size or the duration of the tour is out of range"),
               TourExport::tr("The width and height are %1 to %2 pixels, the duration of a "
                              "bookmark is %3 to %4 s.")
                   .arg(kLeastTourSidePx)
                   .arg(kMostTourSidePx)
                   .arg(kLeastTourSecs)
                   .arg(kMostTourSecs));
    }
}

}  // namespace

/// The file of a tour, in the format of its extension.
class TourFile {
public:
    explicit TourFile(const TourOptions& options) : options_(options) {
        if (hasExtension(options.file, ".gif")) {
            gif_ = std::make_unique<GifWriter>(options.file, options.size);
        } else if (hasExtension(options.file, ".mp4")) {
            video_ =
                std::make_unique<VideoWriter>(options.file, options.size, Rational{1, kVideoFps});
        } else {
            throw Error(ErrorCode::Usage,
                        options.file.string() + " is neither an .mp4 nor a .gif file",
                        "Choose a name with one of these extensions.");
        }
    }

    void add(const Raster<std::uint8_t>& rgb, const StopToken& stop) {
        if (gif_) {
            gif_->add(rgb, static_cast<int>(std::lround(options_.secsEach * 100.0)));
            return;
        }
        const auto pictures = static_cast<int>(std::lround(options_.secsEach * kVideoFps));
        for (int i = 0; i < pictures; ++i) {
            stop.throwIfStopped("writing a tour");
            video_->add(rgb, time_++);
        }
    }

    void finish() {
        if (gif_) {
            gif_->finish();
        } else {
            video_->finish();
        }
    }

private:
    TourOptions options_;
    std::unique_ptr<GifWriter> gif_;
    std::unique_ptr<VideoWriter> video_;
    std::int64_t time_ = 0;
};

TourExport::TourExport(Session& session, QObject* parent) : QObject(parent), session_(session) {
    timer_.setInterval(kLookMs);
    connect(&timer_, &QTimer::timeout, this, &TourExport::look);
    // Its settings are about to be kept: they must be those of the user.
    connect(&session, &Session::leaving, this, [this] {
        stop();
        restore();
    });
}

TourExport::~TourExport() {
    lane_.stopJob();
    lane_.wait();
    if (session_.isOpen()) restore();
}

void TourExport::start(const TourOptions& options) {
    if (state_ == State::Running) return;
    check(session_, options);
    file_ = std::make_shared<TourFile>(options);
    options_ = options;
    marks_ = session_.timeline().bookmarks.all();
    done_ = 0;
    stopping_ = false;
    state_ = State::Running;
    session_.playhead().pause();
    viewsBefore_ = viewsToJson(session_.views());
    frameBefore_ = session_.playhead().current();
    changedViews_ = true;
    elapsed_.start();
    showNext();
}

void TourExport::stop() {
    if (state_ != State::Running) return;
    stopping_ = true;
    lane_.stopJob();
    if (!drawing_) end(State::Stopped);
}

double TourExport::secsLeft() const {
    if (state_ != State::Running || done_ == 0) return -1.0;
    const double secs = static_cast<double>(elapsed_.elapsed()) / 1000.0;
    return secs / static_cast<double>(done_) * static_cast<double>(total() - done_);
}

void TourExport::showNext() {
    const Bookmark& mark = marks_[done_];
    viewsFromJson(mark.views, session_.views());
    session_.playhead().seek(mark.frame);
    settledLooks_ = 0;
    timer_.start();
}

void TourExport::look() {
    // A frame that cannot be read would be waited for without end.
    if (const Error* error = session_.frames().whyUnread(session_.playhead().current())) {
        fail(*error);
        return;
    }
    settledLooks_ = session_.settled() ? settledLooks_ + 1 : 0;
    if (settledLooks_ >= kSettledLooks) draw();
}

void TourExport::draw() {
    timer_.stop();
    drawing_ = true;
    const Bookmark& mark = marks_[done_];
    const bool last = done_ + 1 == marks_.size();
    lane_.start(
        [file = file_, slide = slideOf(session_, mark.look, mark.caption.toStdString()),
         size = options_.size, last](const StopToken& stop) {
            file->add(drawSheet(layOutSlide(slide, size)), stop);
            stop.throwIfStopped("writing a tour");
            if (last) file->finish();
            return true;
        },
        [self = QPointer<TourExport>(this)](Outcome<bool> outcome) {
            if (!self) return;
            self->drawing_ = false;
            if (!outcome.ok()) {
                self->fail(outcome.error());
                return;
            }
            ++self->done_;
            Q_EMIT self->progressed();
            if (self->done_ == self->marks_.size()) {
                self->end(State::Finished);
            } else if (self->stopping_) {
                self->end(State::Stopped);
            } else {
                self->showNext();
            }
        });
}

void TourExport::fail(const Error& error) {
    if (error.code() == ErrorCode::Interrupted) {
        end(State::Stopped);
        return;
    }
    Q_EMIT noticed(noticeOf(error));
    end(State::Failed);
}

void TourExport::end(State state) {
    timer_.stop();
    // Deletes what is not complete.
    file_.reset();
    state_ = state;
    restore();
    if (state == State::Finished) {
        Q_EMIT noticed(infoNotice(
            tr("Tour written to %1").arg(QString::fromStdString(options_.file.string()))));
    }
    Q_EMIT ended();
}

void TourExport::restore() {
    if (!std::exchange(changedViews_, false)) return;
    viewsFromJson(viewsBefore_, session_.views());
    session_.playhead().seek(frameBefore_);
}

}  // namespace mcj
