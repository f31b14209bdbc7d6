// Times what a person waits for, on the display it is started on (see tests/support/with_display):
// one JSON line a measurement.
//   bench_window [--studio PROGRAM] [--repeats N] [--seconds S]
//
// window_first_picture  from the start of the program's process to the first pixels of a 1080p clip
//                       on the screen, seen from outside by grabbing the screen
// window_event_wait     how long events wait on the GUI thread, painting left out, while a
//                       300-frame clip is scrubbed by mouse and its flow computed
// window_similarity_drag  how far the shown similarity lies behind the pointer that drags the query

#include <QElapsedTimer>
#include <QEventLoop>
#include <QGuiApplication>
#include <QMouseEvent>
#include <QProcess>
#include <QScreen>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>

#include "media/base/passive_threads.h"
#include "tests/bench/event_probe.h"
#include "tests/support/test_video.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "ui/timeline_widget.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace {

using namespace mcj;
using bench::EventProbe;
using bench::TimedApplication;

constexpr QRgb kMark = qRgb(224, 48, 112);  // in the middle of the clip, and nowhere in the window
constexpr int kPatienceMs = 60'000;

struct Options {
    QString studio = MCJ_BIN_DIR "/../bin/mcjepa-studio";
    int repeats = 7;
    int seconds = 30;
};

void print(const char* name, const char* shape, std::vector<double> times, const QByteArray& note) {
    std::sort(times.begin(), times.end());
    const auto last = static_cast<double>(times.size() - 1);
    std::printf(
        "{\"name\": \"%s\", \"device\": \"cpu\", \"engine\": \"mcjepa\", \"shape\": %s, "
        "\"repeats\": %zu, \"median_ms\": %.3f, \"p95_ms\": %.3f, \"max_ms\": %.3f, "
        "\"note\": \"%s\"}\n",
        name, shape, times.size(), times[times.size() / 2],
        times[static_cast<std::size_t>(0.95 * last)], times.back(), note.constData());
    std::fflush(stdout);
}

QString makeClip(const QString& path, const QString& size, int frames) {
    return test::runFfmpeg({"-f", "lavfi", "-i",
                            QStringLiteral("testsrc2=size=%1:rate=30,drawbox=x=iw/2-120:y=ih/2-120:"
                                           "w=240:h=240:color=0xE03070:t=fill:replace=1,"
                                           "scale=out_color_matrix=bt709:out_range=tv,"
                                           "format=yuv420p")
                                .arg(size),
                            "-frames:v", QString::number(frames), "-c:v", "libx264", "-colorspace",
                            "bt709", "-color_range", "tv", path});
}

/// The mark covers some 90 x 90 pixels of the window's picture; a stray pixel does not count.
bool showsMark(const QImage& screen) {
    constexpr int kStep = 8;
    constexpr int kEnough = 50;
    const auto near = [](int a, int b) { return std::abs(a - b) < 12; };
    int found = 0;
    for (int y = 0; y < screen.height(); y += kStep) {
        for (int x = 0; x < screen.width(); x += kStep) {
            const QRgb pixel = screen.pixel(x, y);
            found += near(qRed(pixel), qRed(kMark)) && near(qGreen(pixel), qGreen(kMark)) &&
                     near(qBlue(pixel), qBlue(kMark));
        }
    }
    return found >= kEnough;
}

/// Milliseconds until the mark is on the screen; nothing when it never came.
std::optional<double> firstPicture(const Options& options, const QString& clip) {
    QProcess program;
    QElapsedTimer clock;
    clock.start();
    program.start(options.studio, {clip, "--size", "1280x800"});
    std::optional<double> found;
    while (!found && clock.elapsed() < kPatienceMs) {
        // A part of the window is enough and costs the machine less than the whole screen.
        const QImage screen =
            QGuiApplication::primaryScreen()->grabWindow(0, 400, 200, 480, 320).toImage();
        if (showsMark(screen)) found = static_cast<double>(clock.nsecsElapsed()) / 1e6;
        QTest::qWait(5);
    }
    program.terminate();
    if (!program.waitForFinished(kPatienceMs)) program.kill();
    return found;
}

bool benchFirstPicture(const Options& options, const QTemporaryDir& folder) {
    const QString clip = folder.filePath("1080p.mp4");
    if (const QString error = makeClip(clip, "1920x1080", 150); !error.isEmpty()) {
        std::fprintf(stderr, "error: %s\n", qPrintable(error));
        return false;
    }
    std::vector<double> times;
    for (int i = 0; i < options.repeats; ++i) {
        const auto time = firstPicture(options, clip);
        if (!time) {
            std::fprintf(stderr, "error: %s never showed the clip\n", qPrintable(options.studio));
            return false;
        }
        times.push_back(*time);
        std::fprintf(stderr, "first picture: %.0f ms\n", *time);
    }
    print("window_first_picture", "[1080, 1920]", times, "seen on the screen from outside");
    return true;
}

bool benchEventWait(const Options& options, const QTemporaryDir& folder, TimedApplication& app) {
    constexpr int kFrames = 300;
    const QString clip = folder.filePath("300.mp4");
    if (const QString error = makeClip(clip, "854x480", kFrames); !error.isEmpty()) {
        std::fprintf(stderr, "error: %s\n", qPrintable(error));
        return false;
    }
    applyTheme(app);
    SessionOptions sessionOptions;
    sessionOptions.projectFolder = folder.path();
    Session session(sessionOptions);
    MainWindow window(session);
    window.resize(1280, 800);
    window.show();
    window.open(clip);
    const auto opened = [&] { return session.isOpen() && session.frames().scanned(); };
    if (!QTest::qWaitFor(opened, kPatienceMs)) {
        std::fprintf(stderr, "error: the clip was not opened\n");
        return false;
    }
    session.view().layers().showOnly(kFlowLayer);
    auto* bar = window.findChild<TimelineBar*>("timelineBar");
    const auto at = [bar](FrameIndex frame) {
        return QPoint(static_cast<int>(bar->xOf(frame)), 20);
    };
    // Back and forth, 60 positions a second, with a rest at the ends so that maps get done.
    QTest::mousePress(bar, Qt::LeftButton, {}, at(0));
    QElapsedTimer clock;
    clock.start();
    int maps = 0;
    const void* last = nullptr;
    QTimer hand;
    QObject::connect(&hand, &QTimer::timeout, &window, [&] {
        const double phase = static_cast<double>(clock.elapsed() % 8000) / 8000.0;
        const double share = std::clamp(1.5 * (1.0 - std::abs(2.0 * phase - 1.0)) - 0.25, 0.0, 1.0);
        QTest::mouseMove(bar, at(static_cast<FrameIndex>(share * (kFrames - 1))));
        const auto flow = session.view().flow();
        if (flow && flow.get() != last) ++maps;
        last = flow.get();
    });
    hand.start(16);
    // The loop of a running program: QTest's own waiting sleeps between events.
    QEventLoop loop;
    QTimer::singleShot(1000 * options.seconds, &loop, &QEventLoop::quit);
    (void)app.takeLongestHandler();
    EventProbe probe(app);
    loop.exec();
    hand.stop();
    QTest::mouseRelease(bar, Qt::LeftButton, {}, at(0));
    const auto [longest, whose] = app.takeLongestHandler();
    print("window_event_wait", "[300, 480, 854]", probe.waitsMs(),
          QByteArray::number(maps) + " flow maps shown; longest handler " +
              QByteArray::number(static_cast<double>(longest) / 1e6, 'f', 1) + " ms: " + whose);
    return true;
}

/// The query goes round a circle on a frame whose features are known. The query of the shown map
/// tells how far it lies behind the pointer.
bool benchSimilarityDrag(const Options& options, const QTemporaryDir& folder) {
    constexpr double kTurnMs = 4000.0;
    const QString clip = folder.filePath("drag.mkv");
    const test::MovingScene scene({854, 480}, {0.0F, 0.0F}, {{{427.0F, 240.0F}, {1.0F, 0.5F}, 90}});
    if (const QString error = test::writeLossless(scene, 3, clip); !error.isEmpty()) {
        std::fprintf(stderr, "error: %s\n", qPrintable(error));
        return false;
    }
    SessionOptions sessionOptions;
    sessionOptions.projectFolder = folder.path();
    Session session(sessionOptions);
    MainWindow window(session);
    window.resize(1280, 800);
    window.show();
    window.open(clip);
    const auto settled = [&] {
        return session.isOpen() && session.view().engine().state == EngineState::Ready &&
               session.settled();
    };
    if (!QTest::qWaitFor(settled, kPatienceMs)) {
        std::fprintf(stderr, "error: the clip and the model were not there in time\n");
        return false;
    }
    const auto pointAt = [](double turns) {
        const auto angle = static_cast<float>(2.0 * M_PI * turns);
        return PointF{427.0F + 200.0F * std::cos(angle), 240.0F + 200.0F * std::sin(angle)};
    };
    session.view().setQuery(pointAt(0.0));
    if (!QTest::qWaitFor(settled, kPatienceMs)) return false;
    QElapsedTimer clock;
    clock.start();
    int maps = 0;
    int blank = 0;
    ScalarMapPtr last;
    std::vector<double> behindMs;
    QTimer hand;
    QObject::connect(&hand, &QTimer::timeout, &window, [&] {
        const double turns = static_cast<double>(clock.elapsed()) / kTurnMs;
        session.view().setQuery(pointAt(turns));
        const ScalarMapPtr shown = session.view().map(kSimilarityLayer);
        if (!shown) {
            ++blank;
            return;
        }
        if (shown == last) return;
        last = shown;
        ++maps;
        const PointF at = session.view().shownQuery()->where;
        const double its = std::atan2(at.y - 240.0F, at.x - 427.0F) / (2.0 * M_PI);
        behindMs.push_back((turns - its - std::floor(turns - its)) * kTurnMs);
    });
    hand.start(16);
    QEventLoop loop;
    QTimer::singleShot(1000 * options.seconds, &loop, &QEventLoop::quit);
    loop.exec();
    hand.stop();
    if (behindMs.empty()) return false;
    // A map that lies ahead of the pointer by less than a cell is none of the future.
    for (double& each : behindMs) {
        if (each > kTurnMs / 2.0) each = 0.0;
    }
    print("window_similarity_drag", "[480, 854]", behindMs,
          QByteArray::number(static_cast<double>(maps) / options.seconds, 'f', 1) +
              " maps a second; blank " + QByteArray::number(blank) + " times");
    return blank == 0;
}

Options parse(const QStringList& arguments) {
    Options options;
    for (qsizetype i = 1; i + 1 < arguments.size(); i += 2) {
        if (arguments[i] == "--studio") options.studio = arguments[i + 1];
        if (arguments[i] == "--repeats") options.repeats = std::max(1, arguments[i + 1].toInt());
        if (arguments[i] == "--seconds") options.seconds = std::max(1, arguments[i + 1].toInt());
    }
    return options;
}

}  // namespace

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    TimedApplication app(argc, argv);
    const Options options = parse(QCoreApplication::arguments());
    const QTemporaryDir folder;
    const bool first = benchFirstPicture(options, folder);
    const bool wait = benchEventWait(options, folder, app);
    return benchSimilarityDrag(options, folder) && wait && first ? 0 : 1;
}
