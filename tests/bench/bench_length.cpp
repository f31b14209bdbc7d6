// How the window opens a long video and answers clicks on the timeline, before and after the index
// of its exact frames is there, and what the index takes. Every frame carries its number as a bar
// code, which is read off the pixels that the canvas has drawn. Needs a display (see
// tests/support/with_display).
//   bench_length make CLIP [FRAMES [cfr|vfr|open-gop]]   writes a clip: 720p, H.264, a key frame
//                                   every 250; 100,000 frames at a constant rate where not said
//   bench_length CLIP [FRAMES [cfr|vfr|open-gop]]        measures; one JSON line per figure
#include <QApplication>
#include <QElapsedTimer>
#include <QEventLoop>
#include <QFile>
#include <QImage>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "media/base/passive_threads.h"
#include "media/io/video_decoder.h"
#include "tests/support/numbered_video.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "ui/timeline_widget.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kGop = 250;
constexpr int kClicks = 50;
constexpr int kWaitMs = 600'000;
constexpr int kBars = 20;

struct Clip {
    QString path;
    FrameIndex frames = 100'000;
    QString kind = "cfr";
};

[[noreturn]] void fail(const QString& why) {
    std::fprintf(stderr, "bench_length: %s\n", qPrintable(why));
    std::exit(1);
}

double millisOf(const QElapsedTimer& clock) {
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

/// Runs the event loop as a program does: QTest's own waiting sleeps between events.
void waitFor(const std::function<bool()>& condition, const char* what) {
    QEventLoop loop;
    QTimer look;
    QTimer patience;
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (condition()) loop.quit();
    });
    bool late = false;
    QObject::connect(&patience, &QTimer::timeout, &loop, [&] {
        late = true;
        loop.quit();
    });
    look.start(2);
    patience.start(kWaitMs);
    if (!condition()) loop.exec();
    if (late) fail(QString("waited in vain for %1").arg(what));
}

std::int64_t statusKiB(const char* key) {
    QFile file("/proc/self/status");
    if (!file.open(QIODevice::ReadOnly)) return 0;
    for (const QByteArray& line : file.readAll().split('\n')) {
        if (line.startsWith(key)) return line.simplified().split(' ').value(1).toLongLong();
    }
    return 0;
}

/// The real window on the clip, looked at through what its canvas has drawn.
class Watched {
public:
    Watched(const Clip& clip, const QString& folder) : clip_(clip) {
        SessionOptions options;
        options.engine.model = (folder + "/no-model").toStdString();
        options.projectFolder = folder;
        options.frameIndexFolder = (folder + "/indexes").toStdString();
        session_ = std::make_unique<Session>(options);
        session_->view().setFlowProvider(kDisFlow);
        session_->view().layers().showOnly(kImageLayer);
        window_ = std::make_unique<MainWindow>(*session_);
        window_->resize(1280, 800);
        window_->show();
        QObject::connect(&window_->canvas(), &QOpenGLWidget::frameSwapped, &window_->canvas(),
                         [this] { drawn_ = true; });
        waitFor([&] { return window_->isActiveWindow() || window_->isVisible(); }, "the window");
    }

    [[nodiscard]] Session& session() { return *session_; }

    /// Milliseconds until the first picture is drawn.
    double open() {
        QElapsedTimer clock;
        clock.start();
        window_->open(clip_.path);
        waitFor([&] { return numberDrawn().value_or(-1) == 0; }, "the first picture");
        return millisOf(clock);
    }

    double close() {
        QElapsedTimer clock;
        clock.start();
        session_->close();
        return millisOf(clock);
    }

    /// From the order to close the window to the end of its session.
    double quit() {
        QElapsedTimer clock;
        clock.start();
        window_->close();
        window_.reset();
        session_.reset();
        return millisOf(clock);
    }

    /// Presses the mouse on the timeline near `wanted`. Returns the frame under it.
    FrameIndex press(FrameIndex wanted) {
        auto* bar = window_->findChild<TimelineBar*>("timelineBar");
        const QPoint at(static_cast<int>(bar->xOf(wanted)), 20);
        drawn_ = false;
        QTest::mouseClick(bar, Qt::LeftButton, {}, at);
        return session_->playhead().current();
    }

    /// The number in what the canvas has drawn since the last look; none before it has drawn.
    std::optional<FrameIndex> numberDrawn() {
        CanvasWidget& canvas = window_->canvas();
        const FramePtr& picture = session_->playhead().picture();
        if (!drawn_ || !picture || !canvas.isVisible()) return std::nullopt;
        drawn_ = false;
        const QImage pixels = canvas.grabFramebuffer();
        const SizePx size = picture->size();
        FrameIndex number = 0;
        for (int bar = 0; bar < kBars; ++bar) {
            const ImagePos in{(2.0 * bar + 1.0) * size.width / (2.0 * kBars), size.height / 2.0};
            const ViewPos at = canvas.view().viewFromImage(in);
            const QPoint pixel(static_cast<int>(at.x * canvas.devicePixelRatioF()),
                               static_cast<int>(at.y * canvas.devicePixelRatioF()));
            if (pixels.valid(pixel) && qGreen(pixels.pixel(pixel)) > 128) {
                number |= FrameIndex{1} << bar;
            }
        }
        return number;
    }

private:
    Clip clip_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;
    bool drawn_ = false;
};

void tell(const Clip& clip, const char* name, std::vector<double> millis,
          const QString& more = {}) {
    std::sort(millis.begin(), millis.end());
    std::printf(
        "{\"name\": \"%s\", \"device\": \"cpu\", \"clip\": \"%lld frames, %s\", "
        "\"repeats\": %zu, \"median_ms\": %.1f, \"worst_ms\": %.1f%s}\n",
        name, static_cast<long long>(clip.frames), qPrintable(clip.kind), millis.size(),
        millis[millis.size() / 2], millis.back(), qPrintable(more));
    std::fflush(stdout);
}

struct Clicks {
    std::vector<double> pictureMs;
    std::vector<double> exactMs;
    FrameIndex farthest = 0;  ///< of a drawn picture from the place that was clicked
    int approximate = 0;
};

/// Whether a picture that is drawn for `place` is where it says it is.
void requireTrue(Watched& watched, const Clip& clip, FrameIndex place, FrameIndex number) {
    const ApproximatePicture* near = watched.session().playhead().approximate();
    if (near == nullptr) {
        if (number != place) fail(QString("frame %1 shows %2").arg(place).arg(number));
    } else if (clip.kind == "cfr" &&
               std::abs(near->picture.secs - static_cast<double>(number) / 25.0) > 1e-3) {
        fail(QString("picture %1 is said to be at %2 s").arg(number).arg(near->picture.secs));
    }
}

/// Clicks at places drawn by `seed`; `exact`: waits for each exact frame.
Clicks click(Watched& watched, const Clip& clip, quint32 seed, bool exact) {
    QRandomGenerator random(seed);
    Clicks clicks;
    for (int i = 0; i < kClicks; ++i) {
        const auto wanted = static_cast<FrameIndex>(random.bounded(static_cast<int>(clip.frames)));
        QElapsedTimer clock;
        clock.start();
        const FrameIndex place = watched.press(wanted);
        FrameIndex number = -1;
        const Playhead& playhead = watched.session().playhead();
        waitFor(
            [&] {
                const ApproximatePicture* near = playhead.approximate();
                const bool ofThePlace =
                    (near != nullptr && near->wanted == place && near->picture.frame->index < 0) ||
                    (playhead.shown() && playhead.shown()->index == place);
                if (!ofThePlace) return false;
                const auto drawn = watched.numberDrawn();
                if (drawn) number = *drawn;
                return drawn && std::abs(*drawn - place) <= 2 * kGop;
            },
            "a picture of the place");
        clicks.pictureMs.push_back(millisOf(clock));
        clicks.farthest = std::max(clicks.farthest, std::abs(number - place));
        clicks.approximate += playhead.approximate() != nullptr ? 1 : 0;
        requireTrue(watched, clip, place, number);
        if (!exact) continue;
        waitFor([&] { return number == place || watched.numberDrawn().value_or(-1) == place; },
                "the exact frame");
        clicks.exactMs.push_back(millisOf(clock));
    }
    return clicks;
}

void tellClicks(const Clip& clip, const char* name, const Clicks& clicks) {
    tell(clip, name, clicks.pictureMs,
         QString(", \"approximate\": %1, \"farthest_frames\": %2")
             .arg(clicks.approximate)
             .arg(clicks.farthest));
}

double decodeOnOneThread(const Clip& clip) {
    QElapsedTimer clock;
    clock.start();
    VideoDecoder decoder(clip.path.toStdString(), 1);
    FrameIndex frames = 0;
    while (decoder.next() != nullptr) ++frames;
    if (frames != clip.frames) fail(QString("the clip has %1 frames").arg(frames));
    return millisOf(clock);
}

void measureBeforeIndex(const Clip& clip, const QString& folder) {
    {
        Watched watched(clip, folder);
        tell(clip, "length_open", {watched.open()});
        tellClicks(clip, "length_click_before_index", click(watched, clip, 1, false));
        tell(clip, "length_close_before_index", {watched.close()});
    }
    Watched watched(clip, folder);
    watched.open();
    tell(clip, "length_quit_before_index", {watched.quit()});
}

void measureIndex(const Clip& clip, const QString& folder) {
    Watched watched(clip, folder);
    QElapsedTimer clock;
    clock.start();
    watched.open();
    waitFor([&] { return watched.session().frames().scanned(); }, "the index");
    const double index = millisOf(clock);
    const double decode = decodeOnOneThread(clip);
    tell(clip, "length_index", {index},
         QString(", \"decode_one_thread_ms\": %1, \"ratio\": %2")
             .arg(decode, 0, 'f', 1)
             .arg(index / decode, 0, 'f', 3));
    tell(clip, "length_click_after_index", click(watched, clip, 2, true).exactMs,
         QString(", \"peak_mib\": %1").arg(statusKiB("VmHWM") / 1024));
}

void measureSecondOpening(const Clip& clip, const QString& folder) {
    Watched watched(clip, folder);
    const double millis = watched.open();
    if (!watched.session().frames().scanned()) fail("the second opening is not exact at once");
    tell(clip, "length_open_second", {millis});
    tell(clip, "length_click_second_opening", click(watched, clip, 3, true).exactMs);
}

QStringList codingOf(const QString& kind) {
    if (kind == "vfr") {
        return fastX264(kGop) + QStringList{"-bsf:v", "setts=ts=N*512+mod(N\\,3)*100"};
    }
    if (kind == "open-gop") {
        return {"-c:v",         "libx264",
                "-preset",      "ultrafast",
                "-x264-params", QString("open-gop=1:bframes=2:keyint=%1:min-keyint=%1").arg(kGop)};
    }
    return fastX264(kGop);
}

}  // namespace

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    QApplication app(argc, argv);
    applyTheme(app);
    QStringList arguments = QCoreApplication::arguments().mid(1);
    const bool make = !arguments.isEmpty() && arguments.front() == "make";
    if (make) arguments.removeFirst();
    Clip clip;
    clip.path = arguments.value(0);
    clip.frames = arguments.value(1, "100000").toLongLong();
    clip.kind = arguments.value(2, "cfr");
    if (make) {
        const QString problem = writeNumbered(static_cast<int>(clip.frames), {1280, 720},
                                              codingOf(clip.kind), clip.path);
        if (!problem.isEmpty()) fail(problem);
        return 0;
    }
    if (!QFile::exists(clip.path)) {
        fail("call it as \"bench_length make CLIP\", then as \"bench_length CLIP\"");
    }
    const QTemporaryDir folder;
    measureBeforeIndex(clip, folder.path());
    measureIndex(clip, folder.path());
    measureSecondOpening(clip, folder.path());
    return 0;
}
