// How a long video opens and answers clicks, before and after the index of its exact frames is
// there, and what the index takes. Every frame carries its number as a bar code that is read off
// what the session shows.
//   bench_length make CLIP     writes the clip: 100,000 frames, 720p, H.264, a key frame every 250
//   bench_length CLIP          measures; one JSON line a figure
#include <QElapsedTimer>
#include <QFile>
#include <QGuiApplication>
#include <QRandomGenerator>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cstdio>
#include <functional>
#include <vector>

#include "media/io/video_decoder.h"
#include "tests/support/numbered_video.h"
#include "viewer/session/session.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 100'000;
constexpr int kGop = 250;
constexpr int kClicks = 50;
constexpr int kWaitMs = 600'000;

void tell(const char* name, std::vector<double> millis, const QString& more = {}) {
    std::sort(millis.begin(), millis.end());
    std::printf(
        "{\"name\": \"%s\", \"device\": \"cpu\", \"repeats\": %zu, \"median_ms\": %.1f, "
        "\"worst_ms\": %.1f%s}\n",
        name, millis.size(), millis[millis.size() / 2], millis.back(), qPrintable(more));
    std::fflush(stdout);
}

[[noreturn]] void fail(const QString& why) {
    std::fprintf(stderr, "bench_length: %s\n", qPrintable(why));
    std::exit(1);
}

double waitFor(const std::function<bool()>& condition, const char* what) {
    QElapsedTimer clock;
    clock.start();
    if (!QTest::qWaitFor(condition, kWaitMs)) fail(QString("waited in vain for %1").arg(what));
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

std::unique_ptr<Session> makeSession(const QString& folder) {
    SessionOptions options;
    options.engine.model = (folder + "/no-model").toStdString();
    options.projectFolder = folder;
    options.frameIndexFolder = (folder + "/indexes").toStdString();
    auto session = std::make_unique<Session>(options);
    session->view().setFlowProvider(kDisFlow);
    session->view().layers().setVisible(kFlowLayer, false);
    return session;
}

double open(Session& session, const QString& clip) {
    QElapsedTimer clock;
    clock.start();
    session.open(clip);
    waitFor([&] { return session.playhead().picture() != nullptr; }, "the first picture");
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

struct Clicks {
    std::vector<double> pictureMs;
    std::vector<double> exactMs;
    FrameIndex farthest = 0;  ///< of a shown picture from the place that was clicked
    int approximate = 0;
};

/// Clicks at places drawn by `seed`; `exact`: waits for each exact frame.
Clicks click(Session& session, quint32 seed, bool exact) {
    QRandomGenerator random(seed);
    Clicks clicks;
    for (int i = 0; i < kClicks; ++i) {
        const FrameIndex place = random.bounded(kFrames);
        QElapsedTimer clock;
        clock.start();
        session.playhead().seek(place);
        waitFor(
            [&] {
                const ApproximatePicture* near = session.playhead().approximate();
                const bool ofThePlace =
                    near != nullptr && near->wanted == place && near->picture.frame->index < 0;
                return ofThePlace ||
                       (session.playhead().shown() && session.playhead().shown()->index == place);
            },
            "a picture");
        clicks.pictureMs.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
        const FrameIndex number = numberIn(session.playhead().picture()->rgb);
        clicks.farthest = std::max(clicks.farthest, std::abs(number - place));
        if (session.playhead().approximate() == nullptr && number != place) {
            fail(QString("frame %1 shows %2").arg(place).arg(number));
        }
        if (const ApproximatePicture* near = session.playhead().approximate()) {
            ++clicks.approximate;
            if (std::abs(near->picture.secs - static_cast<double>(number) / 25.0) > 1e-3) {
                fail(QString("picture %1 is said to be at %2 s")
                         .arg(number)
                         .arg(near->picture.secs));
            }
        }
        if (!exact) continue;
        waitFor(
            [&] {
                return session.playhead().shown() && session.playhead().shown()->index == place;
            },
            "the frame");
        clicks.exactMs.push_back(static_cast<double>(clock.nsecsElapsed()) / 1e6);
    }
    return clicks;
}

void tellClicks(const char* name, const Clicks& clicks) {
    tell(name, clicks.pictureMs,
         QString(", \"approximate\": %1, \"farthest_frames\": %2")
             .arg(clicks.approximate)
             .arg(clicks.farthest));
}

double decodeOnOneThread(const QString& clip) {
    QElapsedTimer clock;
    clock.start();
    VideoDecoder decoder(clip.toStdString(), 1);
    FrameIndex frames = 0;
    while (decoder.next() != nullptr) ++frames;
    if (frames != kFrames) fail(QString("the clip has %1 frames").arg(frames));
    return static_cast<double>(clock.nsecsElapsed()) / 1e6;
}

void measure(const QString& clip) {
    QTemporaryDir folder;
    {
        const auto session = makeSession(folder.path());
        tell("length_open", {open(*session, clip)});
        QTest::qWait(1000);
        tellClicks("length_click_before_index", click(*session, 1, false));
        QElapsedTimer clock;
        clock.start();
        session->close();
        tell("length_close_before_index", {static_cast<double>(clock.nsecsElapsed()) / 1e6});
    }
    {
        auto session = makeSession(folder.path());
        open(*session, clip);
        QTest::qWait(500);
        QElapsedTimer clock;
        clock.start();
        session.reset();
        tell("length_quit_before_index", {static_cast<double>(clock.nsecsElapsed()) / 1e6});
    }
    {
        const auto session = makeSession(folder.path());
        QElapsedTimer clock;
        clock.start();
        open(*session, clip);
        waitFor([&] { return session->frames().scanned(); }, "the index");
        const double index = static_cast<double>(clock.nsecsElapsed()) / 1e6;
        const double decode = decodeOnOneThread(clip);
        tell("length_index", {index},
             QString(", \"decode_one_thread_ms\": %1, \"ratio\": %2")
                 .arg(decode, 0, 'f', 1)
                 .arg(index / decode, 0, 'f', 3));
        const Clicks clicks = click(*session, 2, true);
        tell("length_click_after_index", clicks.exactMs);
    }
    {
        const auto session = makeSession(folder.path());
        const double millis = open(*session, clip);
        if (!session->frames().scanned()) fail("the second opening is not exact at once");
        tell("length_open_second", {millis});
        tell("length_click_second_opening", click(*session, 3, true).exactMs);
    }
}

}  // namespace

int main(int argc, char** argv) {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    const QGuiApplication app(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.size() == 3 && arguments[1] == "make") {
        const QString problem = writeNumbered(kFrames, {1280, 720}, fastX264(kGop), arguments[2]);
        if (!problem.isEmpty()) fail(problem);
        return 0;
    }
    if (arguments.size() != 2 || !QFile::exists(arguments[1])) {
        fail("call it as \"bench_length make CLIP\", then as \"bench_length CLIP\"");
    }
    measure(arguments[1]);
    return 0;
}
