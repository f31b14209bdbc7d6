// How long events wait on the GUI thread, painting left out, while a project with masks of 5
// objects on 5,000 frames of 1080p is opened, its propagation undone and redone, an object removed,
// a frame locked, and the masks exported. Needs a display (see tests/support/with_display).
//   bench_masks [FRAMES]      one JSON line per action
#include <QElapsedTimer>
#include <QEventLoop>
#include <QTemporaryDir>
#include <QTest>
#include <QTimer>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "media/base/passive_threads.h"
#include "segmentation/project_file.h"
#include "tests/bench/event_probe.h"
#include "tests/support/test_video.h"
#include "ui/command_registry.h"
#include "ui/export_start.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace {

using namespace mcj;
using bench::EventProbe;
using bench::TimedApplication;

constexpr SizePx kSize{1920, 1080};
constexpr int kObjects = 5;
constexpr int kWaitMs = 600'000;
/// A progress has to be shown for what lasts longer than this.
constexpr double kShownFromMs = 500.0;

[[noreturn]] void fail(const QString& why) {
    std::fprintf(stderr, "bench_masks: %s\n", qPrintable(why));
    std::exit(1);
}

QString makeClip(const QString& path, int frames) {
    return test::runFfmpeg({"-f", "lavfi", "-i", "color=c=gray:size=1920x1080:rate=25", "-frames:v",
                            QString::number(frames), "-c:v", "libx264", "-preset", "ultrafast",
                            "-pix_fmt", "yuv420p", path});
}

/// Five discs that wander over the picture.
Mask maskAt(int frame) {
    Mask mask(kSize);
    for (int object = 0; object < kObjects; ++object) {
        const int middleX = 200 + 350 * object + frame % 97;
        const int middleY = 300 + 120 * (object % 3) + frame % 61;
        const int radius = 60 + 10 * object;
        for (int y = -radius; y <= radius; ++y) {
            const int reach = static_cast<int>(std::sqrt(radius * radius - y * y));
            std::fill_n(mask.labels.row(middleY + y) + middleX - reach, 2 * reach + 1,
                        static_cast<ObjectId>(object + 1));
        }
    }
    return mask;
}

void makeProject(const QString& video, const QString& project, int frames) {
    ProjectContent content;
    content.video.path = video.toStdString();
    content.video.bytes = std::filesystem::file_size(video.toStdString());
    content.video.size = kSize;
    ObjectSet objects;
    for (int i = 1; i <= kObjects; ++i) objects.set(static_cast<std::size_t>(i));
    content.state.objects.addMissing(objects);
    Edit first{0, "Import", {}};
    Edit carried{0, "Propagate forward", {}};
    for (int frame = 0; frame < frames; ++frame) {
        MaskFacts facts;
        facts.origin = frame == 0 ? MaskOrigin::Imported : MaskOrigin::Propagated;
        Edit& edit = frame == 0 ? first : carried;
        edit.parts.emplace_back(MaskEdit{kMainTrack, frame, {}, makeEntry(maskAt(frame), facts)});
    }
    for (Edit* edit : {&first, &carried}) {
        applyEdit(content.state, *edit);
        content.log.push(std::move(*edit));
    }
    (void)ProjectFile::create(project.toStdString(), content);
}

/// Runs the event loop as a program does until `done`.
void waitFor(const std::function<bool()>& done, const char* what) {
    QEventLoop loop;
    QTimer look;
    QElapsedTimer clock;
    clock.start();
    QObject::connect(&look, &QTimer::timeout, &loop, [&] {
        if (done()) loop.quit();
        if (clock.elapsed() > kWaitMs) fail(QString("waited in vain for %1").arg(what));
    });
    look.start(5);
    loop.exec();
}

class Actions {
public:
    Actions(TimedApplication& app, Session& session, MainWindow& window)
        : app_(app), session_(session), window_(window) {}

    /// `act` begins the action, `done` tells its end; one line is printed.
    void measure(const char* name, const std::function<void()>& act,
                 const std::function<bool()>& done) {
        (void)app_.takeLongestHandler();
        QElapsedTimer clock;
        double millis = 0.0;
        bool progress = false;
        std::vector<double> waits;
        {
            EventProbe probe(app_);
            clock.start();
            QTimer::singleShot(20, &window_, act);
            bool begun = false;
            QTimer::singleShot(30, &window_, [&begun] { begun = true; });
            waitFor(
                [&] {
                    progress = progress || session_.runs().run() != nullptr ||
                               !session_.masks().preparing().isEmpty() ||
                               session_.document().loading();
                    return begun && done();
                },
                name);
            millis = static_cast<double>(clock.elapsed());
            waits = probe.waitsMs();
        }
        std::sort(waits.begin(), waits.end());
        const auto [longest, whose] = app_.takeLongestHandler();
        const bool unsaid = millis > kShownFromMs && !progress;
        std::printf(
            "{\"name\": \"masks_%s\", \"device\": \"cpu\", \"repeats\": %zu, "
            "\"median_ms\": %.2f, \"max_ms\": %.1f, \"lasted_ms\": %.0f, "
            "\"note\": \"longest handler %.1f ms: %s%s\"}\n",
            name, waits.size(), waits.empty() ? 0.0 : waits[waits.size() / 2],
            waits.empty() ? 0.0 : waits.back(), millis, static_cast<double>(longest) / 1e6,
            whose.constData(), unsaid ? "; no progress shown" : "");
        std::fflush(stdout);
    }

private:
    TimedApplication& app_;
    Session& session_;
    MainWindow& window_;
};

void measureAll(TimedApplication& app, const QTemporaryDir& folder, int frames) {
    const QString video = folder.filePath("clip.mp4");
    const QString project = folder.filePath("clip.mcjepa");
    if (const QString problem = makeClip(video, frames); !problem.isEmpty()) fail(problem);
    makeProject(video, project, frames);
    SessionOptions options;
    options.engine.model = folder.filePath("no-model").toStdString();
    options.projectFolder = folder.path();
    options.frameIndexFolder = folder.filePath("indexes").toStdString();
    Session session(options);
    session.view().setFlowProvider(kDisFlow);
    MainWindow window(session);
    window.resize(1280, 800);
    window.show();
    Actions actions(app, session, window);
    CommandRegistry& commands = window.commands();
    const auto masks = [&session] { return session.masks().track().size(); };
    const auto rest = [&session] {
        return session.document().atRest() && session.masks().preparing().isEmpty();
    };
    const auto all = static_cast<std::size_t>(frames);
    actions.measure(
        "open", [&] { window.open(project); },
        [&] { return session.isOpen() && masks() == all && rest(); });
    waitFor([&] { return session.frames().scanned(); }, "the count of the frames");
    session.view().layers().showOnly(kMaskLayer);
    actions.measure(
        "undo", [&] { commands["undo"].trigger(); }, [&] { return masks() == 1 && rest(); });
    actions.measure(
        "redo", [&] { commands["redo"].trigger(); }, [&] { return masks() == all && rest(); });
    session.masks().setActiveObject(3);
    actions.measure(
        "remove_object", [&] { commands["remove_object"].trigger(); },
        [&] { return rest() && !objectsIn(*session.mask()).test(3); });
    actions.measure(
        "undo_removal", [&] { commands["undo"].trigger(); },
        [&] { return rest() && objectsIn(*session.mask()).test(3); });
    actions.measure("lock", [&] { commands["lock_frame"].trigger(); }, rest);
    ExportChoice choice;
    choice.kind = ExportKind::Masks;
    choice.target = folder.filePath("masks");
    choice.begin = 0;
    choice.end = frames;
    actions.measure(
        "export_stopped",
        [&] {
            (void)startExport(session, choice);
            QTimer::singleShot(3000, &window, [&] { commands["stop"].trigger(); });
        },
        [&] { return session.runs().run() == nullptr; });
    if (QFile::exists(choice.target)) fail("a stopped export left its folder");
    actions.measure(
        "export", [&] { (void)startExport(session, choice); },
        [&] { return session.runs().run() == nullptr; });
    if (!QFile::exists(choice.target)) fail("the export wrote nothing");
}

}  // namespace

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    TimedApplication app(argc, argv);
    applyTheme(app);
    const QTemporaryDir folder;
    measureAll(app, folder, argc > 1 ? std::atoi(argv[1]) : 5000);
    return 0;
}
