// A propagation in the window that is stopped or paused half-way, or undone for an object once it
// has ended.
#include <QAction>
#include <QLabel>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QToolButton>
#include <vector>

#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 12;
/// Finished when the run is stopped.
constexpr FrameIndex kSteps = 3;

class TestRunStop : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->showVideo(*fixture_));
    }

    void cleanup() {
        studio_.reset();
        fixture_.reset();
    }

    void finishedMasksStay_data() {
        QTest::addColumn<bool>("byKey");
        QTest::newRow("Esc") << true;
        QTest::newRow("its button") << false;
    }
    void finishedMasksStay() {
        QFETCH(const bool, byKey);
        Session& session = studio_->session();
        MaskEditor& masks = session.masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        QSignalSpy notices(&session, &Session::noticed);
        MaskTrack atStop;
        bool stopping = false;
        QObject watch;
        connect(&session.runs(), &RunSlot::changed, &watch, [&] {
            const Run* run = session.runs().run();
            if (stopping || run == nullptr || run->doneSteps() < kSteps) return;
            stopping = true;
            // As an event of its own, like a person's: the next step may be under way by then, and
            // its end, which comes as an event too, is behind this one.
            QMetaObject::invokeMethod(
                &watch,
                [&] {
                    atStop = masks.track();
                    stop(byKey);
                },
                Qt::QueuedConnection);
        });
        studio_->press(Qt::Key_F);
        QVERIFY(session.runs().run() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(session.runs().run() == nullptr, kPatienceMs);
        QVERIFY(stopping);

        const FrameIndex carried = static_cast<FrameIndex>(masks.track().size()) - 1;
        QVERIFY2(carried == kSteps || carried == kSteps + 1, qPrintable(QString::number(carried)));
        QCOMPARE(atStop.size(), std::size_t(kSteps + 1));
        for (const auto& [frame, entry] : atStop.entries()) {
            const MaskEntry* kept = masks.track().find(frame);
            QVERIFY(kept != nullptr && *kept == entry);
        }
        for (FrameIndex frame = 0; frame <= carried; ++frame) {
            const MaskPtr mask = masks.track().mask(frame);
            QVERIFY2(mask && areaOf(*mask, 1) > 0, qPrintable(QString::number(frame)));
        }
        const QString words =
            QString("stopped after %1 of %2 frames").arg(carried).arg(kFrames - 1);
        QVERIFY2(said(notices, words), qPrintable(words));
        theRunIsOver(carried);
    }

    void aPausedRunGoesOnWhereItWas_data() {
        QTest::addColumn<bool>("byKey");
        QTest::newRow("Shift+Space") << true;
        QTest::newRow("its button") << false;
    }
    void aPausedRunGoesOnWhereItWas() {
        QFETCH(const bool, byKey);
        Session& session = studio_->session();
        MaskEditor& masks = session.masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        std::vector<int> written(kFrames);
        QObject watch;
        connect(&masks, &MaskEditor::maskChanged, &watch,
                [&written](FrameIndex frame) { ++written.at(static_cast<std::size_t>(frame)); });
        bool asked = false;
        connect(&session.runs(), &RunSlot::changed, &watch, [&] {
            const Run* run = session.runs().run();
            if (asked || run == nullptr || run->doneSteps() < kSteps) return;
            asked = true;
            QMetaObject::invokeMethod(
                &watch, [&] { pauseOrContinue(byKey); }, Qt::QueuedConnection);
        });
        QVERIFY(studio_->find<QWidget>("propagationPanel")->isHidden());
        studio_->press(Qt::Key_F);
        QTRY_VERIFY_WITH_TIMEOUT(asked, kPatienceMs);
        QTRY_VERIFY(session.runs().run() != nullptr && session.runs().run()->paused());
        nothingIsComputedWhilePaused();

        // The canvas is free meanwhile; other runs are not started.
        session.playhead().seek(0);
        QTRY_VERIFY(session.playhead().shown() && session.playhead().shown()->index == 0);
        QSignalSpy notices(&session, &Session::noticed);
        QVERIFY(session.runs().busy());
        QVERIFY(said(notices, "paused"));
        QVERIFY(!studio_->window().commands()["propagate_forward"].isEnabled());

        pauseOrContinue(byKey);
        QTRY_VERIFY_WITH_TIMEOUT(session.runs().run() == nullptr, kPatienceMs);
        QVERIFY(said(notices, "done"));
        QVERIFY(!studio_->window().commands()["propagation_pause"].isEnabled());
        for (std::size_t frame = 1; frame < written.size(); ++frame) QCOMPARE(written[frame], 1);
        QCOMPARE(session.document().log().size(), std::size_t(2));
        const MaskTrack paused = masks.track();
        masks.undo();
        session.playhead().seek(0);
        QVERIFY(SessionFixture::settle(session));
        propagateByKey();
        QVERIFY(masks.track() == paused);
    }

    void aPausedRunIsEndedByEscAndByEdits() {
        Session& session = studio_->session();
        MaskEditor& masks = session.masks();
        masks.importMask(0, Mask(smallScene().mask(0)));
        for (const bool byEdit : {false, true}) {
            studio_->press(Qt::Key_F);
            QVERIFY(session.runs().run() != nullptr);
            session.runs().pause();
            QVERIFY(session.runs().run()->paused());
            if (byEdit) {
                drag(session, StrokeMode::Paint, {80, 55}, {84, 55});
            } else {
                studio_->press(Qt::Key_Escape);
            }
            QTRY_VERIFY_WITH_TIMEOUT(session.runs().run() == nullptr, kPatienceMs);
            QVERIFY(masks.track().size() < std::size_t(kFrames));
            session.playhead().seek(0);
            QVERIFY(SessionFixture::settle(session));
        }
    }

    void aRerunIsUndoneForAnObjectByItsButton() {
        Session& session = studio_->session();
        MaskEditor& masks = session.masks();
        const auto* panel = studio_->find<QWidget>("propagationReview");
        masks.importMask(0, Mask(smallScene().mask(0)));
        propagateByKey();
        const MaskTrack before = masks.track();
        QVERIFY(panel->isHidden());
        session.playhead().seek(0);
        QVERIFY(SessionFixture::settle(session));
        masks.importMask(0, Mask(smallScene().mask(8)));
        propagateByKey();
        QTRY_VERIFY_WITH_TIMEOUT(!panel->isHidden(), kPatienceMs);
        const auto* list = studio_->find<QListWidget>("propagationReviewList");
        QCOMPARE(list->count(), 1);
        QVERIFY(list->item(0)->text().contains("11 frames"));
        auto* undo = studio_->find<QPushButton>("dock_propagation_undo_object");
        auto* keep = studio_->find<QPushButton>("dock_propagation_keep");
        QTRY_VERIFY_WITH_TIMEOUT(undo->isEnabled() && keep->isEnabled(), kPatienceMs);
        undo->click();
        QTRY_VERIFY_WITH_TIMEOUT(session.maskTools().propagationReview.undone(1), kPatienceMs);
        for (FrameIndex frame = 1; frame < kFrames; ++frame) {
            QVERIFY(*masks.track().find(frame) == *before.find(frame));
        }
        QVERIFY(!undo->isEnabled());
        QVERIFY(list->item(0)->text().contains("undone"));
        QTRY_VERIFY_WITH_TIMEOUT(keep->isEnabled(), kPatienceMs);
        keep->click();
        QVERIFY(panel->isHidden());
    }

private:
    void propagateByKey() {
        studio_->press(Qt::Key_F);
        QVERIFY(studio_->session().runs().run() != nullptr);
        QTRY_VERIFY_WITH_TIMEOUT(studio_->session().runs().run() == nullptr, kPatienceMs);
    }

    void pauseOrContinue(bool byKey) {
        if (byKey) {
            studio_->press(Qt::Key_Space, Qt::ShiftModifier);
        } else {
            // One by the panel, the other by the status bar.
            const bool paused = studio_->session().runs().run()->paused();
            auto* button =
                studio_->find<QToolButton>(paused ? "runPause" : "dock_propagation_pause");
            QCOMPARE(button->text(), paused ? QString("Continue") : QString("Pause"));
            button->click();
        }
    }

    /// The step that was under way is finished, and then nothing happens, nor is time counted.
    void nothingIsComputedWhilePaused() {
        const Run& run = *studio_->session().runs().run();
        QTest::qWait(500);
        const std::int64_t done = run.doneSteps();
        QVERIFY2(done == kSteps || done == kSteps + 1, qPrintable(QString::number(done)));
        const double left = run.secsLeft();
        QTest::qWait(300);
        QCOMPARE(run.doneSteps(), done);
        QCOMPARE(run.secsLeft(), left);
        QCOMPARE(studio_->session().masks().track().size(), static_cast<std::size_t>(done) + 1);
        const auto* words = studio_->find<QLabel>("propagationText");
        QVERIFY(!studio_->find<QWidget>("propagationPanel")->isHidden());
        QVERIFY2(words->text().contains("paused"), qPrintable(words->text()));
        QVERIFY(studio_->find<QLabel>("runText")->text().contains("paused"));
        QVERIFY(studio_->window().commands()["propagation_pause"].text().contains("Continue"));
    }

    void stop(bool byKey) {
        if (byKey) {
            studio_->press(Qt::Key_Escape);
        } else {
            QTest::mouseClick(studio_->find<QToolButton>("runStop"), Qt::LeftButton);
        }
    }

    [[nodiscard]] static bool said(const QSignalSpy& notices, const QString& words) {
        for (qsizetype i = 0; i < notices.size(); ++i) {
            if (notices.at(i).front().value<Notice>().text.contains(words)) return true;
        }
        return false;
    }

    /// Nothing goes on unseen, the window offers no stop, and the run is one step of undo.
    void theRunIsOver(FrameIndex carried) {
        Session& session = studio_->session();
        MaskEditor& masks = session.masks();
        QVERIFY(!masks.propagating());
        QVERIFY(SessionFixture::settle(session));
        QCOMPARE(masks.track().size(), std::size_t(carried + 1));
        QVERIFY(!studio_->find<QToolButton>("runStop")->isVisible());
        QVERIFY(!studio_->window().commands()["stop"].isEnabled());
        QCOMPARE(session.document().log().size(), std::size_t(2));
        studio_->press(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(masks.track().size(), std::size_t(1));
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestRunStop>(argc, argv); }

#include "test_run_stop.moc"
