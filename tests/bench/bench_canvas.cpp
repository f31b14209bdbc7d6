// What the canvas costs on the display it is started on (see tests/support/with_display), in a
// window of 1280x800: one JSON line a measurement.
//   bench_canvas [--frames N]
//
// canvas_frame   a step between frames of 1080p whose maps are known, drawn with flow, mask and the
//                text on top; in one view and in two
// canvas_4k      the first picture of a 4K clip (H.264, a key frame every 60), and the memory of
//                frames and maps against their limits while four views show different maps
// canvas_brush   a stroke on a frame of 4K: the edit, the painting that it causes, and whether
// every
//                point of it is in the mask

#include <QApplication>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "media/base/passive_threads.h"
#include "tests/bench/paint_clock.h"
#include "tests/support/test_video.h"
#include "ui/command_registry.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace {

using namespace mcj;
using bench::FrameTimes;
using bench::PaintClock;
using bench::quantile;
using bench::runUntil;

[[noreturn]] void fail(const QString& why) {
    std::fprintf(stderr, "bench_canvas: %s\n", qPrintable(why));
    std::exit(1);
}

QString makeClip(const QTemporaryDir& folder, const char* size, int frames) {
    const QString clip = folder.filePath(QString("%1.mp4").arg(size));
    const QString source = QString("testsrc2=size=%1:rate=25").arg(size);
    const QString problem = test::runFfmpeg({"-f", "lavfi", "-i", source, "-frames:v",
                                             QString::number(frames), "-c:v", "libx264", "-preset",
                                             "veryfast", "-g", "60", "-pix_fmt", "yuv420p", clip});
    if (!problem.isEmpty()) fail(problem);
    return clip;
}

/// A window without a model, whose flow is that of DIS.
class Studio {
public:
    explicit Studio(const QTemporaryDir& folder) : session_(options(folder)), window_(session_) {
        session_.view().setFlowProvider(kDisFlow);
        window_.resize(1280, 800);
        window_.show();
        runUntil([this] { return window_.isVisible(); }, "the window");
    }
    void open(const QString& clip) {
        window_.open(clip);
        runUntil([this] { return session_.isOpen() && session_.frames().scanned(); }, "the clip");
        settle();
    }
    void settle() {
        runUntil([this] { return session_.settled(); }, "the maps", 600'000);
    }
    [[nodiscard]] Session& session() { return session_; }
    [[nodiscard]] MainWindow& window() { return window_; }
    [[nodiscard]] CanvasWidget& canvas() { return window_.canvas(); }

private:
    static SessionOptions options(const QTemporaryDir& folder) {
        SessionOptions options;
        options.engine.model = folder.filePath("no-model").toStdString();
        options.projectFolder = folder.path();
        return options;
    }

    Session session_;
    MainWindow window_;
};

void printFrames(const char* name, const QByteArray& shape, const std::vector<FrameTimes>& frames) {
    std::vector<double> paint;
    std::vector<double> swap;
    for (const FrameTimes& each : frames) {
        paint.push_back(each.paintMs);
        swap.push_back(each.swappedMs);
    }
    std::printf(
        "{\"name\": \"%s\", \"device\": \"cpu\", \"shape\": %s, \"repeats\": %zu, "
        "\"paint_median_ms\": %.2f, \"paint_p99_ms\": %.2f, \"swap_median_ms\": %.2f, "
        "\"swap_p99_ms\": %.2f}\n",
        name, shape.constData(), frames.size(), quantile(paint, 0.5), quantile(paint, 0.99),
        quantile(swap, 0.5), quantile(swap, 0.99));
    std::fflush(stdout);
}

/// Presses, moves and releases the mouse along the whole stroke.
void paintLine(CanvasWidget& canvas, QPoint from, QPoint to) {
    QTest::mousePress(&canvas, Qt::LeftButton, {}, from);
    QTest::mouseMove(&canvas, to);
    QTest::mouseRelease(&canvas, Qt::LeftButton, {}, to);
}

void benchFrames(const QTemporaryDir& folder, int repeats) {
    constexpr int kFrames = 7;  // all maps of more do not fit into the usual limit
    const QString clip = makeClip(folder, "1920x1080", kFrames);
    Studio studio(folder);
    studio.open(clip);
    Session& session = studio.session();
    CanvasWidget& canvas = studio.canvas();
    session.view().layers().showOnly(kFlowLayer);
    session.view().layers().setOpacity(kFlowLayer, 0.5F);
    canvas.setTool(ToolKind::Brush);
    session.masks().setBrushRadiusPx(60.0F);
    for (int frame = 0; frame < kFrames; ++frame) {
        session.playhead().seek(frame);
        studio.settle();
        paintLine(canvas, {150 + 20 * frame, 150}, {450, 300 + 5 * frame});
    }
    studio.settle();
    PaintClock clock(canvas);
    for (const auto& [arrangement, views] :
         {std::pair{Arrangement::Single, 1}, std::pair{Arrangement::SideBySide, 2}}) {
        session.views().arrange(arrangement);
        studio.settle();
        std::vector<FrameTimes> frames;
        for (int i = 0; i < repeats; ++i) {
            // The last frame has no flow. Every frame differs from the one before.
            const FrameIndex frame = i % (kFrames - 1);
            frames.push_back(clock.time([&] { session.playhead().seek(frame); }));
            if (session.playhead().shown()->index != frame) fail("a frame was not in memory");
            if (!session.view().flow() || !session.mask()) fail("a map was not in memory");
        }
        const QByteArray views_ = QByteArray::number(views);
        printFrames("canvas_frame", "[" + views_ + ", 1080, 1920]", frames);
    }
}

void bench4k(const QTemporaryDir& folder) {
    constexpr int kFrames = 60;
    const QString clip = makeClip(folder, "3840x2160", kFrames);
    Studio studio(folder);
    Session& session = studio.session();
    PaintClock clock(studio.canvas());
    // The canvas is painted while it has no picture yet, too.
    QElapsedTimer sinceOpen;
    sinceOpen.start();
    studio.window().open(clip);
    runUntil([&] { return session.playhead().picture() != nullptr; }, "the first picture");
    (void)clock.time([&] { studio.canvas().update(); });
    const auto first = static_cast<double>(sinceOpen.nsecsElapsed()) / 1e6;
    session.views().arrange(Arrangement::Grid);
    const char* const layers[] = {kFlowLayer, kWarpErrorLayer, kConsistencyLayer, kImageLayer};
    for (std::size_t i = 0; i < std::size(layers); ++i) {
        session.views().at(i).setFlowProvider(kDisFlow);
        session.views().at(i).layers().showOnly(layers[i]);
    }
    double frames = 0.0;
    double maps = 0.0;
    for (FrameIndex frame = 0; frame < kFrames - 1; frame += 2) {
        session.playhead().seek(frame);
        runUntil(
            [&] {
                const MemoryUse use = session.preferences().memory();
                frames = std::max(frames, static_cast<double>(use.frameBytes) /
                                              static_cast<double>(use.frameBudget));
                maps = std::max(
                    maps, static_cast<double>(use.mapBytes) / static_cast<double>(use.mapBudget));
                return session.settled();
            },
            "the maps", 600'000);
    }
    std::printf(
        "{\"name\": \"canvas_4k\", \"device\": \"cpu\", \"shape\": [4, 2160, 3840], "
        "\"first_picture_ms\": %.1f, \"frames_of_budget\": %.3f, \"maps_of_budget\": %.3f}\n",
        first, frames, maps);
    std::fflush(stdout);
}

void benchBrush(const QTemporaryDir& folder) {
    constexpr int kPoints = 2000;
    const QString clip = makeClip(folder, "3840x2160", 2);
    Studio studio(folder);
    studio.open(clip);
    Session& session = studio.session();
    CanvasWidget& canvas = studio.canvas();
    session.view().layers().showOnly(kImageLayer);
    canvas.setTool(ToolKind::Brush);
    session.masks().setBrushRadiusPx(20.0F);
    studio.settle();
    PaintClock clock(canvas);
    std::vector<double> still;
    for (int i = 0; i < 50; ++i) {
        still.push_back(clock.time([&] { canvas.update(); }).paintMs);
    }
    // A spiral over the canvas.
    const QPoint middle = canvas.rect().center();
    const auto at = [&](int i) {
        const double angle = 0.05 * i;
        const double reach = 20.0 + 0.08 * i;
        return middle + QPoint(static_cast<int>(reach * std::cos(angle)),
                               static_cast<int>(reach * std::sin(angle)));
    };
    std::vector<double> edits;
    std::vector<double> extra;
    std::vector<double> painted;
    std::vector<PointPx> visited;
    QTest::mousePress(&canvas, Qt::LeftButton, {}, at(0));
    for (int i = 1; i < kPoints; ++i) {
        const FrameTimes times = clock.time([&] { QTest::mouseMove(&canvas, at(i)); });
        if (canvas.hoveredPixel()) visited.push_back(*canvas.hoveredPixel());
        edits.push_back(times.handlerMs);
        extra.push_back(times.paintMs - quantile(still, 0.5));
        painted.push_back(times.paintedMs);
    }
    QTest::mouseRelease(&canvas, Qt::LeftButton, {}, at(kPoints - 1));
    studio.settle();
    std::size_t missed = 0;
    const MaskPtr mask = session.mask();
    if (!mask) fail("the stroke left no mask");
    for (const PointPx& point : visited) missed += mask->labels.row(point.y)[point.x] == 0 ? 1 : 0;
    std::printf(
        "{\"name\": \"canvas_brush\", \"device\": \"cpu\", \"shape\": [2160, 3840], "
        "\"repeats\": %zu, \"edit_median_ms\": %.2f, \"edit_p99_ms\": %.2f, "
        "\"upload_p99_ms\": %.2f, \"event_to_painted_p99_ms\": %.2f, \"still_paint_ms\": %.2f, "
        "\"points_missed\": %zu, \"points_seen\": %zu}\n",
        edits.size(), quantile(edits, 0.5), quantile(edits, 0.99), quantile(extra, 0.99),
        quantile(painted, 0.99), quantile(still, 0.5), missed, visited.size());
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    QApplication app(argc, argv);
    applyTheme(app);
    const QStringList arguments = QCoreApplication::arguments();
    const bool given = arguments.size() > 2 && arguments[1] == "--frames";
    {
        const QTemporaryDir folder;
        benchFrames(folder, given ? std::max(1, arguments[2].toInt()) : 200);
    }
    {
        const QTemporaryDir folder;
        bench4k(folder);
    }
    const QTemporaryDir folder;
    benchBrush(folder);
    return 0;
}
