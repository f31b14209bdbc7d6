// Random journeys through the real window, on the display it is started on (see
// tests/support/with_display):
//   soak_window [--seed N] [--minutes M] [--table FILE.csv] [--most-growth PERCENT]
//
// Commands, mouse, keys, dialogs, other clips and exports in an order that the printed seed
// decides. Checks after every action that what is shown and edited is consistent, and fails on a
// failure that the window tells. The last line is a JSON object: actions, the longest wait of an
// event (without painting), and resident memory after the caches are full and at the end.

#include <QCommandLineParser>
#include <QDir>
#include <QSurfaceFormat>
#include <QTemporaryDir>
#include <QTest>
#include <cstdio>
#include <filesystem>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "media/base/passive_threads.h"
#include "media/io/flow_file.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/soak/random_user.h"
#include "tests/soak/soak_watch.h"
#include "tests/support/test_video.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "viewer/canvas/canvas_widget.h"

namespace {

using namespace mcj;
using bench::TimedApplication;
using soak::Files;
using soak::RandomUser;
using soak::SoakWatch;

constexpr int kThoroughEvery = 25;  // actions
constexpr int kRestMs = 180'000;
constexpr int kSkipped = 77;  // as ctest knows it
/// Small, so that the caches are full after a minute.
constexpr std::size_t kFrameBytes = std::size_t{48} << 20;
constexpr std::size_t kMapBytes = std::size_t{64} << 20;

struct Options {
    std::uint64_t seed = 0;
    double minutes = 2.0;
    QString table;
    std::optional<double> mostGrowthPercent;
};

std::optional<Options> parse(const QStringList& arguments) {
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"seed", "Order of the actions; default: a new one.", "N"});
    parser.addOption({"minutes", "How long, more than 0; default: 2.", "M"});
    parser.addOption({"table", "Write memory over time to this CSV file.", "FILE"});
    parser.addOption({"most-growth", "Fail if memory grows by more, in percent.", "PERCENT"});
    parser.process(arguments);
    Options options;
    bool known = true;
    bool timed = true;
    bool limited = true;
    options.seed =
        parser.isSet("seed") ? parser.value("seed").toULongLong(&known) : std::random_device()();
    if (parser.isSet("minutes")) options.minutes = parser.value("minutes").toDouble(&timed);
    options.table = parser.value("table");
    if (parser.isSet("most-growth")) {
        options.mostGrowthPercent = parser.value("most-growth").toDouble(&limited);
    }
    if (known && timed && limited && options.minutes > 0.0) return options;
    return std::nullopt;
}

test::MovingScene scene() {
    return test::MovingScene(
        {320, 180}, {0.5F, 0.25F},
        {{{60.0F, 90.0F}, {4.0F, 1.0F}, 30.0F}, {{220.0F, 60.0F}, {-3.0F, 1.5F}, 24.0F}});
}

/// Clips, masks and flow to choose from; empty clips where they cannot be made.
Files makeFiles(const QTemporaryDir& folder) {
    constexpr int kFrames = 40;
    Files files;
    const QString disc = folder.filePath("moving discs.mkv");
    const QString street = folder.filePath("street.mkv");
    QString error = test::writeLossless(scene(), kFrames, disc);
    // Of the same size, so that masks and flow of one clip fit the other.
    if (error.isEmpty()) {
        error = test::runFfmpeg({"-i", MCJ_SOURCE_DIR "/resources/samples/sample.mp4", "-vf",
                                 "scale=320:180", "-frames:v", QString::number(kFrames), "-an",
                                 "-c:v", "ffv1", street});
    }
    const QString truth = folder.filePath("truth");
    const QString masks = folder.filePath("masks");
    files.folder = folder.filePath("written");
    if (!QDir().mkpath(truth) || !QDir().mkpath(masks) || !QDir().mkpath(files.folder))
        error = "no folder can be made";
    if (!error.isEmpty()) {
        std::printf("soak_window: %s\n", qPrintable(error));
        return files;
    }
    for (int frame = 0; frame + 1 < kFrames; ++frame) {
        writeFlow(QStringLiteral("%1/%2.flo").arg(truth).arg(frame).toStdString(),
                  scene().flow(frame), FlowFormat::Flo);
    }
    Mask mask(SizePx{320, 180});
    mask.labels = scene().mask(0);
    files.mask = masks + "/00000.png";
    writeDavisMask(files.mask.toStdString(), mask);
    files.truth = truth + "/0.flo";
    files.clips = {disc, street};
    return files;
}

bool haveModel() { return std::filesystem::exists(MCJ_BIN_DIR "/../lib/libmcj_torch.so"); }

/// Actions until the time is over. Returns how many.
std::int64_t wander(RandomUser& user, SoakWatch& watch, double secs) {
    std::map<std::string, int> done;
    std::int64_t actions = 0;
    while (watch.secs() < secs) {
        const char* action = user.act();
        QTest::qWait(user.pauseMs());
        watch.check(action);
        ++done[action];
        if (++actions % kThoroughEvery == 0) watch.checkThoroughly();
        watch.sample(actions);
    }
    for (const auto& [action, times] : done) std::printf("%6d  %s\n", times, action.c_str());
    return actions;
}

int report(const SoakWatch& watch, const Options& options, std::int64_t actions) {
    const SoakWatch::Memory memory = watch.memory();
    std::printf("memory: %.0f MB once warm, %.0f MB at the end (%+.1f %%), %.0f MB at most\n",
                memory.warmMb, memory.endMb, memory.growthPercent(), memory.mostMb);
    std::printf("longest wait of an event, without painting: %.1f ms\n", watch.longestWaitMs());
    const bool grew = options.mostGrowthPercent.has_value() &&
                      memory.growthPercent() > *options.mostGrowthPercent;
    if (grew) std::printf("FOUND memory grew by more than %.1f %%\n", *options.mostGrowthPercent);
    std::printf(
        "{\"name\": \"soak_window\", \"seed\": %llu, \"minutes\": %.1f, \"actions\": %lld, "
        "\"findings\": %lld, \"longest_wait_ms\": %.1f, \"warm_mb\": %.1f, "
        "\"end_mb\": %.1f, \"growth_percent\": %.2f}\n",
        static_cast<unsigned long long>(options.seed), watch.secs() / 60.0,
        static_cast<long long>(actions), static_cast<long long>(watch.findings().size()),
        watch.longestWaitMs(), memory.warmMb, memory.endMb, memory.growthPercent());
    return grew || !watch.findings().isEmpty() ? 1 : 0;
}

int soakWindow(TimedApplication& app, const Options& options) {
    const QTemporaryDir folder;
    const Files files = makeFiles(folder);
    if (files.clips.isEmpty()) return 1;
    SessionOptions sessionOptions;
    sessionOptions.frameBytes = kFrameBytes;
    sessionOptions.mapBytes = kMapBytes;
    sessionOptions.projectFolder = folder.filePath("projects");
    sessionOptions.ribbon = RibbonFilling::On;
    sessionOptions.thumbnails = ThumbnailReading::On;
    Session session(sessionOptions);
    MainWindow window(session);
    window.resize(1280, 800);
    window.setSample(files.clips.back());
    window.setFolder(folder.path());
    window.show();
    if (!QTest::qWaitForWindowExposed(&window)) return 1;
    window.activateWindow();
    const auto* messages = window.findChild<MessageBar*>("messageBar");
    SoakWatch watch({app, session, *messages},
                    haveModel() ? soak::Model::Present : soak::Model::Missing, options.table);
    RandomUser user(window, session, files, options.seed);
    window.open(files.clips.front());
    const std::int64_t actions = wander(user, watch, 60.0 * options.minutes);
    user.calmDown();
    // The answers to dialogs go on meanwhile.
    if (!QTest::qWaitFor([&session] { return session.settled(); }, kRestMs)) {
        watch.find("it does not come to rest");
    }
    watch.check("coming to rest");
    watch.checkThoroughly();
    const int code = report(watch, options, actions);
    session.close();
    return code;
}

}  // namespace

int main(int argc, char** argv) {
    // The dialogs of a desktop are windows of another program, out of reach.
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    TimedApplication app(argc, argv);
    if (!test::haveFfmpeg()) {
        std::printf("SKIP: ffmpeg is not installed\n");
        return kSkipped;
    }
    const std::optional<Options> options = parse(QCoreApplication::arguments());
    if (!options) {
        std::printf("soak_window: --seed, --minutes and --most-growth need numbers\n");
        return 2;
    }
    applyTheme(app);
    std::printf("seed %llu\n", static_cast<unsigned long long>(options->seed));
    std::fflush(stdout);
    return soakWindow(app, *options);
}
