// Opening a file while another one is open and worked on.
#include <QFile>
#include <QPointer>
#include <QSignalSpy>
#include <QThread>

#include "tests/viewer/session_fixture.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 16;
constexpr int kOtherFrames = 8;

/// Of another size than the small scene, so that nothing of one document fits the other.
MovingScene otherScene() {
    return MovingScene({64, 48}, {0.0F, 0.0F}, {{{20.0F, 24.0F}, {1.0F, 0.0F}, 9.0F}});
}

/// Works until it is stopped.
class EndlessRun : public Run {
public:
    [[nodiscard]] QString title() const override { return QStringLiteral("Working"); }
    [[nodiscard]] std::int64_t totalSteps() const override { return 1'000'000; }
    [[nodiscard]] std::vector<FrameIndex> wantedFrames() const override { return {}; }
    [[nodiscard]] FrameIndex leadFrame() const override { return -1; }

protected:
    void doStep(Lane& lane, const std::vector<FramePtr>&) override {
        lane.start(
            [] {
                QThread::msleep(2);
                return true;
            },
            [self = QPointer<EndlessRun>(this)](Outcome<bool>) {
                if (self) self->stepDone();
            });
    }
};

class TestSessionOpen : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        other_ = fixture_->path("other.mkv");
        const QString error = writeLossless(otherScene(), kOtherFrames, other_);
        QVERIFY2(error.isEmpty(), qPrintable(error));
        missing_ = fixture_->path("nothing-here.mp4");
        session_ = fixture_->openSession();
        QVERIFY(session_->isOpen());
    }

    void cleanup() { session_.reset(); }

    void failedOpenLeavesTheDocumentAsItWas() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        session_->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session_));
        const MaskTrack painted = session_->masks().track();
        const QString project = session_->document().path();
        QSignalSpy notices(session_.get(), &Session::noticed);
        QSignalSpy closings(session_.get(), &Session::closed);
        session_->open(missing_);
        QVERIFY(session_->isOpen());
        QVERIFY(session_->frames().isOpening());
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, 10'000);
        const auto notice = notices.front().front().value<Notice>();
        QCOMPARE(notice.level, Notice::Level::Failure);
        QVERIFY2(notice.text.contains("nothing-here.mp4"), qPrintable(notice.text));
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(closings.size(), 0);
        QVERIFY(session_->isOpen());
        QCOMPARE(session_->document().path(), project);
        QVERIFY(session_->masks().track() == painted);
        QCOMPARE(session_->playhead().shown()->index, FrameIndex(5));
        QVERIFY(session_->view().flow());
        // Frames that were not in memory are read, and work is undone, as if nothing had been.
        session_->playhead().seek(11);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->playhead().shown()->index, FrameIndex(11));
        QVERIFY(session_->playhead().shown()->rgb == smallScene().picture(11));
        session_->masks().undo();
        QVERIFY(session_->masks().track().empty());
    }

    void brokenProjectLeavesTheDocumentAsItWas() {
        QFile file(fixture_->path("broken.mcjepa"));
        QVERIFY(file.open(QIODevice::WriteOnly));
        QCOMPARE(file.write(QByteArray(4096, 'x')), qint64(4096));
        file.close();
        QSignalSpy notices(session_.get(), &Session::noticed);
        session_->open(file.fileName());
        QCOMPARE(notices.size(), 1);
        const auto notice = notices.front().front().value<Notice>();
        QVERIFY2(notice.text.contains("broken.mcjepa"), qPrintable(notice.text));
        QVERIFY(!session_->frames().isOpening());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->isOpen());
        QVERIFY(session_->playhead().shown()->rgb == smallScene().picture(0));
    }

    void propagationOutlivesAFailedOpen() {
        MaskEditor& masks = session_->masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(session_->propagation().start(Travel::Forward));
        session_->open(missing_);
        QVERIFY(session_->runs().run() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, 60'000);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->isOpen());
        QCOMPARE(masks.track().size(), std::size_t(kFrames));
    }

    void openedFileTakesThePlaceOfTheDocument() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        session_->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session_));
        const MaskTrack painted = session_->masks().track();
        QSignalSpy openings(session_.get(), &Session::opened);
        QSignalSpy closings(session_.get(), &Session::closed);
        session_->open(other_);
        QVERIFY(session_->playhead().shown());
        QVERIFY(session_->playhead().shown()->rgb == smallScene().picture(5));
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(openings.size(), 1);
        QCOMPARE(closings.size(), 0);
        QCOMPARE(session_->frames().frameCount(), FrameIndex(kOtherFrames));
        QCOMPARE(session_->playhead().current(), FrameIndex(0));
        QVERIFY(session_->playhead().shown()->rgb == otherScene().picture(0));
        QVERIFY(session_->view().flow());
        QVERIFY(session_->view().flow()->size() == otherScene().size());
        QVERIFY(!session_->mask());
        QVERIFY(session_->masks().track().empty());
        // The first one's work was put away whole.
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->masks().track() == painted);
        QCOMPARE(session_->playhead().current(), FrameIndex(5));
    }

    void runOfAReplacedDocumentIsStoppedAndSaid() {
        QVERIFY(session_->runs().start(std::make_unique<EndlessRun>()));
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run()->doneSteps() >= 1, 30'000);
        QSignalSpy notices(session_.get(), &Session::noticed);
        session_->open(other_);
        QVERIFY(session_->runs().run() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, 30'000);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->frames().frameCount(), FrameIndex(kOtherFrames));
        QCOMPARE(notices.size(), 1);
        const auto notice = notices.front().front().value<Notice>();
        QCOMPARE(notice.level, Notice::Level::Warning);
        QVERIFY2(notice.text.contains("Working: stopped after"), qPrintable(notice.text));
    }

    void strokeUnderWayIsKept() {
        session_->masks().beginStroke(0, StrokeMode::Paint, {20, 20});
        session_->masks().extendStroke({40, 30});
        session_->open(other_);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->masks().track().empty());
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->masks().track().size(), std::size_t(1));
    }

    void lastOfTwoOpensCounts() {
        QSignalSpy notices(session_.get(), &Session::noticed);
        QSignalSpy openings(session_.get(), &Session::opened);
        session_->open(missing_);
        session_->open(other_);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(openings.size(), 1);
        QCOMPARE(notices.size(), 0);
        QCOMPARE(session_->frames().frameCount(), FrameIndex(kOtherFrames));
        session_->open(fixture_->video());
        session_->open(missing_);
        QTRY_COMPARE_WITH_TIMEOUT(notices.size(), 1, 10'000);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(openings.size(), 1);
        QCOMPARE(session_->frames().frameCount(), FrameIndex(kOtherFrames));
    }

    void sameFileIsOpenedAgain() {
        drag(*session_, StrokeMode::Paint, {20, 20}, {40, 30});
        const MaskTrack painted = session_->masks().track();
        const QString project = session_->document().path();
        QSignalSpy notices(session_.get(), &Session::noticed);
        QSignalSpy openings(session_.get(), &Session::opened);
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(openings.size(), 1);
        QVERIFY(session_->masks().track() == painted);
        // The project file is locked by this very session.
        session_->open(project);
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(openings.size(), 2);
        QVERIFY(session_->masks().track() == painted);
        QCOMPARE(session_->document().path(), project);
        QCOMPARE(notices.size(), 0);
    }

    void closingGivesUpWhatIsBeingOpened() {
        QSignalSpy openings(session_.get(), &Session::opened);
        session_->open(other_);
        session_->close();
        QVERIFY(!session_->isOpen());
        QVERIFY(!session_->frames().isOpening());
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(!session_->isOpen());
        QCOMPARE(openings.size(), 0);
        // The end of the program does not wait for an event loop.
        session_->open(other_);
        session_.reset();
        QCoreApplication::processEvents();
    }

private:
    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
    QString other_;
    QString missing_;
};

}  // namespace

QTEST_MAIN(TestSessionOpen)
#include "test_session_open.moc"
