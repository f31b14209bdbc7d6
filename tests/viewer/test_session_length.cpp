// Long videos: what is shown and done before every frame is known, and files that are away for a
// while.
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QPointer>
#include <QSignalSpy>
#include <QThread>

#include "media/io/image_file.h"
#include "tests/support/numbered_video.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/export_run.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kLongFrames = 6000;
constexpr int kGop = 100;
constexpr int kPictures = 20;

class TestSessionLength : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>();
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        long_ = fixture_->path("long.mp4");
        QCOMPARE(writeNumbered(kLongFrames, {640, 360}, fastX264(kGop), long_), QString());
    }

    // Lanes --------------------------------------------------------------------------------------

    void aLaneThatGoesEndsItsJob() {
        auto lane = std::make_unique<Lane>("test");
        bool delivered = false;
        lane->start(
            [](const StopToken& stop) {
                while (!stop.stopRequested()) QThread::msleep(1);
                return true;
            },
            [&](const Outcome<bool>&) { delivered = true; });
        lane.reset();  // would not come back
        QCoreApplication::processEvents();
        QVERIFY(!delivered);
    }

    void aStoppedJobDeliversAndTheNextOneRuns() {
        Lane lane("test");
        int delivered = 0;
        lane.start(
            [](const StopToken& stop) {
                while (!stop.stopRequested()) QThread::msleep(1);
                stop.throwIfStopped("waiting");
                return true;
            },
            [&](const Outcome<bool>& outcome) {
                QCOMPARE(outcome.error().code(), ErrorCode::Interrupted);
                ++delivered;
            });
        lane.stopJob();
        QTRY_VERIFY(!lane.busy());
        lane.start([](const StopToken& stop) { return stop.stopRequested(); },
                   [&](const Outcome<bool>& outcome) {
                       QVERIFY(!outcome.value());
                       ++delivered;
                   });
        QTRY_COMPARE(delivered, 2);
    }

    // Clicks before the scan ends ----------------------------------------------------------------

    void aClickFarAheadShowsAPictureOfThePlace() {
        const auto session = openLong();
        constexpr FrameIndex kPlace = 5555;
        session->playhead().seek(kPlace);
        // Nothing names the old frame any more, though its picture stays until there is a better
        // one.
        QCOMPARE(session->playhead().current(), kPlace);
        QVERIFY(!session->playhead().shown());
        QVERIFY(session->playhead().picture());
        QTRY_VERIFY(session->playhead().approximate() &&
                    session->playhead().approximate()->wanted == kPlace &&
                    session->playhead().picture()->index == -1);
        QVERIFY(!session->frames().scanned());
        const ApproximatePicture shown = *session->playhead().approximate();
        const FrameIndex number = numberIn(shown.picture.frame->rgb);
        QVERIFY2(std::abs(number - kPlace) <= kGop, qPrintable(QString::number(number)));
        QVERIFY(std::abs(shown.picture.secs - static_cast<double>(number) / 25.0) < 1e-3);
        QVERIFY(!session->mask() && !session->view().flow());
        // The exact one takes its place.
        QTRY_VERIFY_WITH_TIMEOUT(
            session->playhead().shown() && session->playhead().shown()->index == kPlace, 60'000);
        QVERIFY(!session->playhead().approximate());
        QCOMPARE(session->playhead().picture(), session->playhead().shown());
        QCOMPARE(numberIn(session->playhead().shown()->rgb), kPlace);
    }

    void clicksAreServedWhileTheScanRuns() {
        const auto session = openLong();
        // Each click far ahead; were one read to its end, the next would wait for the scan.
        for (const FrameIndex place : {5900, 3000, 5000, 4000, 5990}) {
            session->playhead().seek(place);
            QTRY_VERIFY(session->playhead().approximate() &&
                        session->playhead().approximate()->wanted == place);
        }
        if (session->frames().scanned()) QSKIP("this machine scanned all of it meanwhile");
        // Frames that are known are exact meanwhile.
        session->playhead().seek(3);
        QTRY_VERIFY(session->playhead().shown() && session->playhead().shown()->index == 3);
        QCOMPARE(numberIn(session->playhead().shown()->rgb), FrameIndex(3));
        QVERIFY(!session->playhead().approximate());
    }

    void whatNamesAFrameWaitsForTheExactOne() {
        const auto session = openLong();
        drag(*session, StrokeMode::Paint, {10, 10}, {20, 20});
        QVERIFY(session->masks().track().find(0) != nullptr);
        QSignalSpy notices(session.get(), &Session::noticed);
        session->playhead().seek(5555);
        QVERIFY(session->playhead().approximate());
        QVERIFY(!session->propagation().start(Travel::Forward));
        QCOMPARE(session->runs().run(), nullptr);
        session->playhead().play();
        QVERIFY(!session->playhead().playing());
        QVERIFY(session->playhead().waitsForExact("Painting"));
        QCOMPARE(notices.size(), 3);
        for (const auto& arguments : notices) {
            const auto notice = arguments.front().value<Notice>();
            QVERIFY2(notice.text.contains("5555"), qPrintable(notice.text));
            QVERIFY2(notice.hint.contains("being counted"), qPrintable(notice.hint));
        }
        session->view().setQuery({5, 5});
        QVERIFY(!session->view().query());
        QCOMPARE(session->playhead().current(), FrameIndex(5555));
        QTRY_VERIFY_WITH_TIMEOUT(session->playhead().shown() != nullptr, 60'000);
        QVERIFY(!session->playhead().waitsForExact("Painting"));
    }

    void timeLeftIsToldWhileFramesAreCounted() {
        const auto session = openLong();
        const FrameProvider& frames = session->frames();
        QVERIFY(!frames.knows(kLongFrames - 1));
        QTRY_VERIFY(frames.secsUntilKnown(kLongFrames - 1) > 0.0 || frames.scanned());
        QTRY_VERIFY_WITH_TIMEOUT(frames.scanned(), 60'000);
        QCOMPARE(frames.secsUntilKnown(kLongFrames - 1), 0.0);
    }

    void closingDoesNotWaitForTheScan() {
        QElapsedTimer clock;
        clock.start();
        auto session = openLong();
        QTRY_VERIFY_WITH_TIMEOUT(session->frames().scanned(), 60'000);
        const qint64 scanMs = clock.elapsed();
        session.reset();
        session = openLong();
        session->playhead().seek(kLongFrames - 1);
        QCoreApplication::processEvents();
        clock.start();
        session.reset();
        QVERIFY2(clock.elapsed() < scanMs / 2,
                 qPrintable(QString("%1 of %2 ms").arg(clock.elapsed()).arg(scanMs)));
    }

    void theSecondOpeningIsExactAtOnce() {
        SessionOptions options = fixture_->options();
        options.frameIndexFolder = fixture_->path("indexes").toStdString();
        for (const bool kept : {false, true}) {
            const auto session = std::make_unique<Session>(options);
            QSignalSpy opened(session.get(), &Session::opened);
            session->open(long_);
            QTRY_COMPARE(opened.size(), 1);
            QCOMPARE(session->frames().scanned(), kept);
            session->playhead().seek(5555);
            QCOMPARE(session->playhead().approximate() == nullptr, kept);
            QTRY_VERIFY_WITH_TIMEOUT(
                session->playhead().shown() && session->playhead().shown()->index == 5555, 60'000);
            QCOMPARE(numberIn(session->playhead().shown()->rgb), FrameIndex(5555));
            QTRY_VERIFY_WITH_TIMEOUT(session->frames().scanned(), 60'000);
        }
    }

    // Counts that are wrong ----------------------------------------------------------------------

    void aPropagationEndsWhereThePromiseWasTooLarge() {
        const QString whole = fixture_->path("whole.mp4");
        QCOMPARE(writeNumbered(120, {96, 64}, fastX264(12) + QStringList{"-movflags", "+faststart"},
                               whole),
                 QString());
        QFile file(whole);
        QVERIFY(file.open(QIODevice::ReadWrite));
        QVERIFY(file.resize(file.size() * 6 / 10));
        file.close();
        const QString said = propagateAtOnce(whole);
        QVERIFY2(said.contains("done"), qPrintable(said));
    }

    void aPropagationGoesOnWhereThePromiseWasTooSmall() {
        // Written as a live stream is: without a length.
        const QString path = fixture_->path("live.mkv");
        QCOMPARE(writeNumbered(90, {96, 64}, fastX264(12) + QStringList{"-live", "1"}, path),
                 QString());
        const QString said = propagateAtOnce(path);
        QVERIFY2(said.contains("done"), qPrintable(said));
    }

    // Files that are away ------------------------------------------------------------------------

    void aFrameThatCouldNotBeReadComesWhenTheFileIsBack() {
        const auto session = openPictures("blinking");
        const QString path = fixture_->path("blinking/15.png");
        QSignalSpy notices(session.get(), &Session::noticed);
        QVERIFY(QFile::rename(path, path + ".away"));
        session->playhead().seek(15);
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, 10'000);
        QVERIFY(!session->playhead().shown() || session->playhead().shown()->index != 15);
        QVERIFY(QFile::rename(path + ".away", path));
        QTRY_VERIFY_WITH_TIMEOUT(
            session->playhead().shown() && session->playhead().shown()->index == 15, 10'000);
        QVERIFY(session->playhead().shown()->rgb == smallScene().picture(15));
        QCOMPARE(notices.size(), 1);
    }

    void aPropagationEndsWithTheRightReasonAndCanBeStartedAgain() {
        const auto session = openPictures("away");
        const QString path = fixture_->path("away/05.png");
        drag(*session, StrokeMode::Paint, {28, 30}, {32, 34});
        QSignalSpy notices(session.get(), &Session::noticed);
        QVERIFY(QFile::rename(path, path + ".away"));
        QVERIFY(session->propagation().start(Travel::Forward));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 10'000);
        QVERIFY2(says(notices, "cannot be read"), "the reason was not said");
        QVERIFY(!says(notices, "done") && !says(notices, "stopped"));
        QVERIFY(session->masks().track().find(4) != nullptr);
        QVERIFY(QFile::rename(path + ".away", path));
        QVERIFY(session->propagation().start(Travel::Forward));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        QVERIFY(session->masks().track().find(kPictures - 1) != nullptr);
    }

    // Exports ------------------------------------------------------------------------------------

    void anExportStopsWhileItHashes() {
        const auto session = fixture_->openSession();
        drag(*session, StrokeMode::Paint, {28, 30}, {32, 34});
        const QString path = fixture_->path("sparse.mp4");
        QFile sparse(path);
        QVERIFY(sparse.open(QIODevice::WriteOnly));
        QVERIFY(sparse.resize(qint64{1} << 36));
        VideoInfo video = session->frames().info();
        video.path = path.toStdString();
        MaskExportRequest request;
        request.folder = fixture_->path("masks").toStdString();
        request.end = 1;
        request.size = video.size;
        QVERIFY(session->runs().start(std::make_unique<MaskExportRun>(
            session->masks(), session->view().engine(), request, video)));
        QTRY_VERIFY(session->pump().lanes().inference.busy());
        session->runs().stop();
        QTRY_VERIFY(session->runs().run() == nullptr);
        QTRY_VERIFY(!session->pump().lanes().inference.busy());
        QVERIFY(!QFile::exists(fixture_->path("masks")));
    }

private:
    /// Open, with its scan not far from its start.
    [[nodiscard]] std::unique_ptr<Session> openLong() const {
        auto session = fixture_->makeSession();
        QSignalSpy opened(session.get(), &Session::opened);
        session->open(long_);
        (void)QTest::qWaitFor([&] { return opened.size() == 1; }, 10'000);
        return session;
    }

    /// A folder of pictures, settled: each file is opened when its frame is read.
    [[nodiscard]] std::unique_ptr<Session> openPictures(const QString& name) const {
        const QString folder = fixture_->path(name);
        (void)QDir().mkpath(folder);
        for (int t = 0; t < kPictures; ++t) {
            writeRgbPng((folder + QString("/%1.png").arg(t, 2, 10, QLatin1Char('0'))).toStdString(),
                        smallScene().picture(t));
        }
        auto session = fixture_->makeSession();
        session->open(folder);
        (void)SessionFixture::settle(*session);
        return session;
    }

    /// Paints on the first frame and propagates before the frames are counted; every readable frame
    /// has a mask at the end. Returns what was said.
    [[nodiscard]] QString propagateAtOnce(const QString& path) const {
        const auto session = fixture_->makeSession();
        QSignalSpy notices(session.get(), &Session::noticed);
        bool counted = true;
        QObject::connect(session.get(), &Session::opened, session.get(), [&] {
            counted = session->frames().scanned();
            drag(*session, StrokeMode::Paint, {28, 30}, {32, 34});
            (void)session->propagation().start(Travel::Forward);
        });
        session->open(path);
        if (!QTest::qWaitFor([&] { return session->isOpen() && session->runs().run() == nullptr; },
                             60'000)) {
            return "the propagation does not end";
        }
        if (counted) return "the frames were counted before";
        if (!SessionFixture::settle(*session)) return "the session does not settle";
        const FrameIndex count = session->frames().frameCount();
        if (count < 40) return QString("%1 frames alone").arg(count);
        const auto masks = static_cast<FrameIndex>(session->masks().track().size());
        if (masks != count) return QString("%1 masks of %2").arg(masks).arg(count);
        QString said;
        for (const auto& arguments : notices) said += arguments.front().value<Notice>().text + '\n';
        return said;
    }

    [[nodiscard]] static bool says(const QSignalSpy& notices, const QString& words) {
        return std::any_of(notices.begin(), notices.end(), [&](const auto& arguments) {
            return arguments.front().template value<Notice>().text.contains(words);
        });
    }

    std::unique_ptr<SessionFixture> fixture_;
    QString long_;
};

}  // namespace

QTEST_MAIN(TestSessionLength)
#include "test_session_length.moc"
