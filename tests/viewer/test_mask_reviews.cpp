#include "viewer/session/mask_reviews.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QSignalSpy>
#include <QtTest>
#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>

#include "inference/engine/flow_provider.h"
#include "media/io/frame_source.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/support/stand_in_engine.h"
#include "tests/viewer/session_fixture.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 12;
constexpr FrameIndex kBad = 6;  ///< the frame whose mask is shifted

Mask maskOf(int frame, int right) {
    const Raster<std::uint8_t> truth = smallScene().mask(frame);
    Mask mask(truth.size());
    for (int y = 0; y < truth.height(); ++y) {
        for (int x = 0; x + right < truth.width(); ++x) {
            mask.labels.at(y, x + right) = truth.at(y, x);
        }
    }
    return mask;
}

/// Propagated masks on every frame, one of them shifted.
void putMasks(Session& session) {
    session.masks().beginPropagation("propagation");
    for (int frame = 0; frame < kFrames; ++frame) {
        const MaskEntry entry = makeEntry(maskOf(frame, frame == kBad ? 20 : 0),
                                          {.origin = MaskOrigin::Propagated, .confidence = 0.9F});
        session.masks().putPropagated(frame, entry, PropagationMethod::DisFlow);
    }
    session.masks().endPropagation();
}

bool said(const QSignalSpy& notices, const QString& words) {
    return std::ranges::any_of(notices, [&words](const QList<QVariant>& arguments) {
        const auto notice = arguments.front().value<Notice>();
        return notice.text.contains(words);
    });
}

class TestMaskReviews : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void scoresAreComputedOnlyWhileShown() {
        const auto session = fixture_->openSession();
        putMasks(*session);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->timeline().reviews.reviews().empty());
        QCOMPARE(session->timeline().reviews.waitingFrames(), std::size_t{0});
        session->timeline().reviews.setShown(true);
        QCOMPARE(session->timeline().reviews.waitingFrames(), static_cast<std::size_t>(kFrames));
        QVERIFY(!session->settled());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->timeline().reviews.waitingFrames(), std::size_t{0});
        QCOMPARE(session->timeline().reviews.reviews().size(), static_cast<std::size_t>(kFrames));
        QVERIFY(session->runs().run() == nullptr);
    }

    void masksOfAnotherProgramAreCorrectedAndWrittenBack() {
        const QString workspace = writeWorkspace();
        const auto session = fixture_->openSession();
        ForeignMasks& foreign = session->projectTools().foreignMasks;
        QVERIFY(!foreign.whyNotBack().isEmpty());
        session->masks().importMask(3, maskOf(0, 30));
        foreign.open(workspace);
        QVERIFY(ended(*session));
        QCOMPARE(session->masks().track().size(), static_cast<std::size_t>(kFrames));
        for (const auto& [frame, entry] : session->masks().track().entries()) {
            QVERIFY(entry.facts.foreign() && !entry.anchor());
            QVERIFY(*entry.mask() == maskOf(static_cast<int>(frame), frame == kBad ? 20 : 0));
        }
        // The doubtful frame is found, with the scores of masks of which no margin is known.
        QVERIFY(session->timeline().reviews.shown());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->timeline().reviews.suspiciousAfter(0), std::optional(kBad));
        const FrameReview& bad = session->timeline().reviews.reviews().at(kBad);
        QVERIFY(std::isnan(bad.objects.at(0).signals.at(ReviewSignal::Margin)));

        session->masks().importMask(kBad, maskOf(kBad, 0));
        const auto before = filesIn(workspace);
        QSignalSpy notices(session.get(), &Session::noticed);
        foreign.writeBack();
        QVERIFY(ended(*session));
        QVERIFY(said(notices, "Masks of 1 frames written back"));
        const auto after = filesIn(workspace);
        QCOMPARE(after.size(), before.size());
        for (const auto& [name, bytes] : before) {
            QCOMPARE(after.at(name) == bytes, name != "0000006.png");
        }
        const std::filesystem::path file = (workspace + "/masks/0000006.png").toStdString();
        QVERIFY(readDavisMask(file) == maskOf(kBad, 0));
    }

    void theProjectKeepsWhereMasksCameFrom() {
        const QString workspace = writeWorkspace();
        auto session = fixture_->openSession();
        session->projectTools().foreignMasks.open(workspace);
        QVERIFY(ended(*session));
        QVERIFY(SessionFixture::settle(*session));
        session.reset();
        session = fixture_->openSession();
        ForeignMasks& foreign = session->projectTools().foreignMasks;
        QCOMPARE(foreign.path(), workspace);
        QVERIFY2(foreign.whyNotBack().isEmpty(), qPrintable(foreign.whyNotBack()));
        // Without the edit that set them, the masks are not those of the folder.
        session->masks().undo();
        QVERIFY(!foreign.whyNotBack().isEmpty());
        session->masks().redo();
        QVERIFY(foreign.whyNotBack().isEmpty());
        // What another program has written meanwhile is not overwritten.
        session->masks().importMask(2, maskOf(2, 5));
        const std::filesystem::path file = (workspace + "/masks/0000009.png").toStdString();
        writeDavisMask(file, maskOf(9, 8));
        const auto before = filesIn(workspace);
        QSignalSpy notices(session.get(), &Session::noticed);
        foreign.writeBack();
        QVERIFY(ended(*session));
        QVERIFY(said(notices, "changed by another program"));
        QVERIFY(filesIn(workspace) == before);
        session->close();
        QVERIFY(foreign.path().isEmpty());
    }

    void masksFromBeforeTheOpeningAreNotWrittenBack() {
        const QString workspace = writeWorkspace();
        auto session = fixture_->openSession();
        session->projectTools().foreignMasks.open(workspace);
        QVERIFY(ended(*session));
        session->masks().undo();
        QVERIFY(SessionFixture::settle(*session));
        // The project is opened again, and an edit drops what was undone.
        session.reset();
        session = fixture_->openSession();
        ForeignMasks& foreign = session->projectTools().foreignMasks;
        QCOMPARE(foreign.path(), workspace);
        session->masks().importMask(2, maskOf(2, 5));
        QVERIFY(!foreign.whyNotBack().isEmpty());
        QVERIFY(foreign.path().isEmpty());
        const auto before = filesIn(workspace);
        foreign.writeBack();
        QVERIFY(session->runs().run() == nullptr);
        QVERIFY(filesIn(workspace) == before);
    }

    void theScoresAreThoseOfTheCommandLine() {
        const auto session = reviewed();
        const auto& reviews = session->timeline().reviews.reviews();
        ReviewSequence sequence;
        const auto source = openSource(fixture_->video().toStdString());
        FramePtr before;
        Mask maskBefore;
        for (int t = 0; t < kFrames; ++t) {
            const FramePtr frame = source->read(t);
            const Mask mask = maskOf(t, t == kBad ? 20 : 0);
            std::optional<PairEvidence> between;
            if (before) between = pairEvidence(before, frame, kDisFlow, nullptr);
            FrameEvidence evidence = maskEvidence(t, mask, before ? &maskBefore : nullptr,
                                                  between ? &*between : nullptr);
            // The window knows the mean confidence of propagated masks.
            evidence.objects.at(1).signals.set(ReviewSignal::Margin, 1.0 - double{0.9F});
            QCOMPARE(reviews.at(t).score(), sequence.add(evidence).score());
            before = frame;
            maskBefore = mask;
        }
    }

    void suspiciousFramesAreFoundBothWays() {
        const auto session = reviewed();
        MaskReviews& reviews = session->timeline().reviews;
        const double score =
            std::min(reviews.reviews().at(kBad).score(), reviews.reviews().at(kBad + 1).score());
        reviews.setThreshold(score);
        QCOMPARE(reviews.suspiciousAfter(0).value_or(-1), kBad);
        QCOMPARE(reviews.suspiciousAfter(kBad).value_or(-1), kBad + 1);
        QVERIFY(!reviews.suspiciousAfter(kBad + 1));
        QCOMPARE(reviews.suspiciousBefore(kFrames - 1).value_or(-1), kBad + 1);
        QCOMPARE(reviews.suspiciousBefore(kBad + 1).value_or(-1), kBad);
        QVERIFY(!reviews.suspiciousBefore(kBad));
        reviews.setThreshold(7.0);
        QCOMPARE(reviews.threshold(), 1.0);
    }

    void lockedAndPaintedMasksAreTrusted() {
        const auto session = reviewed();
        QVERIFY(session->timeline().reviews.reviews().at(kBad).score() > 0.0);
        session->masks().setLock(kBad, MaskEditor::Lock::On);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->timeline().reviews.reviews().at(kBad).trusted);
        QCOMPARE(session->timeline().reviews.reviews().at(kBad).score(), 0.0);
        session->playhead().seek(3);
        QVERIFY(SessionFixture::settle(*session));
        drag(*session, StrokeMode::Paint, {70.0F, 20.0F}, {75.0F, 20.0F});
        // The frame and the one after it are computed again.
        QCOMPARE(session->timeline().reviews.waitingFrames(), std::size_t{2});
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->timeline().reviews.reviews().at(3).trusted);
        session->masks().undo();
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(!session->timeline().reviews.reviews().at(3).trusted);
    }

    void theProjectKeepsTheThreshold() {
        {
            const auto session = reviewed();
            session->timeline().reviews.setThreshold(0.25);
            QVERIFY(SessionFixture::settle(*session));
        }
        const auto session = fixture_->openSession();
        QVERIFY(session->timeline().reviews.shown());
        QCOMPARE(session->timeline().reviews.threshold(), 0.25);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->timeline().reviews.reviews().size(), static_cast<std::size_t>(kFrames));
        session->timeline().reviews.fromJson("nonsense");
        QCOMPARE(session->timeline().reviews.threshold(), 0.25);
        session->close();
        QVERIFY(!session->timeline().reviews.shown());
        QVERIFY(session->timeline().reviews.reviews().empty());
    }

    void theScreenComesFirst() {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) { return std::make_unique<StandInEngine>(); };
        Session session(options);
        session.open(fixture_->video());
        QVERIFY(SessionFixture::settle(session));
        putMasks(session);
        session.timeline().reviews.setShown(true);
        session.view().layers().setVisible(kFlowLayer, true);
        session.playhead().seek(kFrames - 2);
        QTRY_VERIFY_WITH_TIMEOUT(session.view().flow(), 30'000);
        QVERIFY(SessionFixture::settle(session));
        QCOMPARE(session.timeline().reviews.reviews().size(), static_cast<std::size_t>(kFrames));
        // The engine's features are compared with those of the first frame.
        const auto& last = session.timeline().reviews.reviews().at(kFrames - 1).objects.front();
        QVERIFY(!std::isnan(last.signals.at(ReviewSignal::FeatureDrop)));
    }

private:
    /// A workspace of Cutie with one bad mask. Returns its folder.
    [[nodiscard]] QString writeWorkspace() const {
        const QString folder = fixture_->path("workspace");
        QDir().mkpath(folder + "/masks");
        for (int frame = 0; frame < kFrames; ++frame) {
            const QString file =
                QStringLiteral("%1/masks/%2.png").arg(folder).arg(frame, 7, 10, QLatin1Char('0'));
            writeDavisMask(file.toStdString(), maskOf(frame, frame == kBad ? 20 : 0));
        }
        return folder;
    }
    [[nodiscard]] static std::map<QString, QByteArray> filesIn(const QString& workspace) {
        std::map<QString, QByteArray> files;
        for (const QFileInfo& info : QDir(workspace + "/masks").entryInfoList(QDir::Files)) {
            QFile file(info.filePath());
            if (file.open(QIODevice::ReadOnly)) files[info.fileName()] = file.readAll();
        }
        return files;
    }
    [[nodiscard]] static bool ended(Session& session) {
        return QTest::qWaitFor([&session] { return session.runs().run() == nullptr; }, 60'000);
    }

    [[nodiscard]] std::unique_ptr<Session> reviewed() const {
        auto session = fixture_->openSession();
        putMasks(*session);
        session->timeline().reviews.setShown(true);
        (void)SessionFixture::settle(*session);
        return session;
    }

    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_MAIN(TestMaskReviews)
#include "test_mask_reviews.moc"
