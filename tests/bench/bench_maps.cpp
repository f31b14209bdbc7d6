// How long the window takes to show what the model computes, and whether it stays usable meanwhile,
// on the display it is started on (see tests/support/with_display): one JSON line a measurement.
//   bench_maps [--frames N]
//
// maps_coarse_flow   from a step to another frame of 640x480 until its coarse flow is on screen,
//                    while the flow of the frame before is still being refined
// maps_curves        filling the curves (flow of DIS) and the similarity of a pin over a clip of
//                    480p with N frames (1,000): how long, and how long events wait on the GUI
//                    thread, painting left out

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "media/base/passive_threads.h"
#include "tests/bench/event_probe.h"
#include "tests/bench/paint_clock.h"
#include "tests/support/test_video.h"
#include "ui/command_registry.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace {

using namespace mcj;
using bench::EventProbe;
using bench::quantile;
using bench::runUntil;
using bench::TimedApplication;

constexpr int kLongMs = 3'600'000;

[[noreturn]] void fail(const QString& why) {
    std::fprintf(stderr, "bench_maps: %s\n", qPrintable(why));
    std::exit(1);
}

QString makeClip(const QTemporaryDir& folder, const char* size, int frames) {
    const QString clip = folder.filePath(QString("%1.mp4").arg(size));
    const QString source = QString("testsrc2=size=%1:rate=25").arg(size);
    const QString problem =
        test::runFfmpeg({"-f", "lavfi", "-i", source, "-frames:v", QString::number(frames), "-c:v",
                         "libx264", "-pix_fmt", "yuv420p", clip});
    if (!problem.isEmpty()) fail(problem);
    return clip;
}

SessionOptions optionsFor(const QTemporaryDir& folder) {
    SessionOptions options;
    options.projectFolder = folder.path();
    return options;
}

void openClip(Session& session, MainWindow& window, const QString& clip) {
    window.resize(1280, 800);
    window.show();
    window.open(clip);
    runUntil(
        [&] {
            return session.isOpen() && session.frames().scanned() &&
                   session.view().engine().state == EngineState::Ready;
        },
        "the clip and the model");
}

void benchCoarse(const QTemporaryDir& folder) {
    constexpr int kSteps = 21;  // the first one prepares the model for this size
    const QString clip = makeClip(folder, "640x480", kSteps + 2);
    Session session(optionsFor(folder));
    MainWindow window(session);
    openClip(session, window, clip);
    session.view().layers().showOnly(kFlowLayer);
    bool swapped = false;
    QObject::connect(&window.canvas(), &QOpenGLWidget::frameSwapped, &window,
                     [&] { swapped = session.view().flow() != nullptr; });
    std::vector<double> times;
    for (int i = 0; i < kSteps; ++i) {
        QElapsedTimer clock;
        clock.start();
        session.playhead().step(1);
        swapped = false;
        runUntil([&] { return swapped; }, "a flow");
        if (i > 0) times.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
    }
    std::printf(
        "{\"name\": \"maps_coarse_flow\", \"device\": \"cpu\", \"shape\": [480, 640], "
        "\"repeats\": %zu, \"median_ms\": %.1f, \"p95_ms\": %.1f, \"max_ms\": %.1f}\n",
        times.size(), quantile(times, 0.5), quantile(times, 0.95), quantile(times, 1.0));
    std::fflush(stdout);
}

/// Runs `act` and waits for `done`; prints one line.
void measureFilling(TimedApplication& app, const char* what, int frames,
                    const std::function<void()>& act, const std::function<bool()>& done) {
    QElapsedTimer clock;
    clock.start();
    (void)app.takeLongestHandler();
    EventProbe probe(app);
    act();
    runUntil(done, what, kLongMs);
    const std::vector<double> waits = probe.waitsMs();
    const auto [longest, whose] = app.takeLongestHandler();
    std::printf(
        "{\"name\": \"maps_%s\", \"device\": \"cpu\", \"shape\": [%d, 480, 854], "
        "\"lasted_ms\": %lld, \"wait_p99_ms\": %.2f, \"wait_max_ms\": %.1f, "
        "\"note\": \"longest handler %.1f ms: %s\"}\n",
        what, frames, static_cast<long long>(clock.elapsed()), quantile(waits, 0.99),
        quantile(waits, 1.0), static_cast<double>(longest) / 1e6, whose.constData());
    std::fflush(stdout);
}

void benchCurves(TimedApplication& app, const QTemporaryDir& folder, int frames) {
    const QString clip = makeClip(folder, "854x480", frames);
    Session session(optionsFor(folder));
    MainWindow window(session);
    openClip(session, window, clip);
    session.view().setFlowProvider(kDisFlow);
    CommandRegistry& commands = window.commands();
    measureFilling(
        app, "curves", frames, [&] { commands["fill_curves"].trigger(); },
        [&] {
            return session.runs().run() == nullptr &&
                   session.timeline().curves.missing({0, frames}).empty();
        });
    session.view().setQuery({427.0F, 240.0F});
    measureFilling(
        app, "similarity_ribbon", frames,
        [&] { session.timeline().ribbon.setFilling(RibbonFilling::On); },
        [&] {
            const auto& scores = session.view().matchScores();
            return scores.size() == static_cast<std::size_t>(frames);
        });
}

}  // namespace

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    TimedApplication app(argc, argv);
    applyTheme(app);
    const QStringList arguments = QCoreApplication::arguments();
    const bool given = arguments.size() > 2 && arguments[1] == "--frames";
    {
        const QTemporaryDir folder;
        benchCoarse(folder);
    }
    const QTemporaryDir folder;
    benchCurves(app, folder, given ? std::max(2, arguments[2].toInt()) : 1000);
    return 0;
}
