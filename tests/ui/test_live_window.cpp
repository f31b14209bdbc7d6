#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>
#include <QTimer>
#include <QToolButton>
#include <cmath>
#include <memory>
#include <string>

#include "app/settings.h"
#include "tests/support/live_stream.h"
#include "tests/support/stand_in_engine.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/message_bar.h"
#include "viewer/canvas/live_canvas.h"
#include "viewer/canvas/live_content.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// A stream in the real window, by mouse and keys.
class TestLiveWindow : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings_.path());
        QCoreApplication::setOrganizationName("mcjepa-test");
        QCoreApplication::setApplicationName("live");
        fixture_ = std::make_unique<SessionFixture>(24);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void init() {
        stream_ = std::make_unique<LiveStream>();
        QVERIFY2(stream_->make().isEmpty(), "no FIFO");
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->show());
    }
    void cleanup() {
        studio_.reset();
        stream_.reset();
    }

    void theDialogRefusesWhatIsNoLiveSource() {
        auto* dialog = askForSource(fixture_->video());
        auto* problem = dialog->findChild<QLabel*>("liveProblem");
        QVERIFY(dialog->isVisible());
        QCOMPARE(dialog->findChild<QComboBox*>("liveSource")->currentText(), fixture_->video());
        QVERIFY2(problem->isVisible() && problem->text().contains("not a live source"),
                 qPrintable(problem->text()));
        auto* source = dialog->findChild<QComboBox*>("liveSource");
        auto* size = dialog->findChild<QLineEdit*>("liveSize");
        QVERIFY(!size->isEnabled());
        source->setEditText("/dev/video0");
        QVERIFY(size->isEnabled());
        QVERIFY(dialog->findChild<QDoubleSpinBox*>("liveRate")->isEnabled());
        QVERIFY(!problem->isVisible());
        dialog->reject();
        QVERIFY(studio_->session().live().state() == LiveState::Off);
    }

    void aStreamIsShownFrozenAndClicked() {
        openStream();
        LiveView& live = studio_->session().live();
        auto* canvas = studio_->find<LiveCanvas>("liveCanvas");
        QVERIFY(!studio_->window().canvas().isVisible());
        QVERIFY(studio_->window().windowTitle().contains(stream_->fifo()));
        CommandRegistry& commands = studio_->window().commands();
        QVERIFY(commands["live_freeze"].isEnabled() && commands["live_stop"].isEnabled());
        QVERIFY(!commands["export"].isEnabled());

        QTest::keyClick(canvas, Qt::Key_Space);
        QTRY_VERIFY(live.frozen());
        QVERIFY(commands["live_freeze"].isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(live.answer().frame == live.shown() && live.answer().motion,
                                 kPatienceMs);
        save("live-frozen");
        // The picture and its motion are on the screen.
        const QImage with = canvas->grabFramebuffer();
        studio_->session().view().layers().setVisible(kFlowLayer, false);
        const QImage without = canvas->grabFramebuffer();
        QVERIFY(with != without);
        const QPoint middle = canvas->rect().center();
        const QPoint device = middle * canvas->devicePixelRatioF();
        const FramePtr shown = live.shown();
        const auto pixel = canvas->view().pixelAt({middle.x() * 1.0, middle.y() * 1.0});
        QVERIFY(pixel);
        const QColor color = without.pixelColor(device);
        // Between pixels the picture is interpolated.
        QVERIFY(std::abs(color.red() - shown->rgb.at(pixel->y, pixel->x, 0)) < 60);

        QTest::mouseClick(canvas, Qt::LeftButton, {}, middle);
        QVERIFY(live.point() && live.point()->frame == shown);
        QVERIFY(studio_->session().view().layers().visible(kSimilarityLayer));
        QTest::keyClick(canvas, Qt::Key_Delete);
        QVERIFY(!live.point());
        // The same without a mouse: from the clicked pixel, one to the right and ten down.
        QTest::keyClick(canvas, Qt::Key_Right);
        QTest::keyClick(canvas, Qt::Key_Down, Qt::ShiftModifier);
        QVERIFY(!live.point());
        QTest::keyClick(canvas, Qt::Key_Return);
        QVERIFY(live.point());
        QCOMPARE(live.point()->where,
                 (PointF{static_cast<float>(pixel->x + 1), static_cast<float>(pixel->y + 10)}));
        QTest::keyClick(canvas, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(live.shown() != shown, kPatienceMs);
    }

    // In the place of the timeline, and of the panels that are about a clip.
    void aBarTakesThePlaceOfTheTimeline() {
        const QStringList panels = openPanels();
        openStream();
        auto* bar = studio_->find<QWidget>("liveBar");
        auto* timeline = studio_->find<QWidget>("timeline");
        auto* dock = studio_->find<QDockWidget>("timelineDock");
        QVERIFY(bar->isVisible() && !timeline->isVisible());
        QTRY_COMPARE(dock->height(), bar->sizeHint().height());
        QCOMPARE(openPanels(), (QStringList{"layersDock", "timelineDock"}));
        QTRY_COMPARE(text("liveState"), QString("Live"));
        QCOMPARE(text("liveSourceName"), stream_->fifo());
        QTRY_VERIFY_WITH_TIMEOUT(text("liveCounts").contains("frames/s") &&
                                     !text("liveCounts").contains(" 0.0 frames/s"),
                                 kPatienceMs);
        QVERIFY2(text("liveCounts").contains("received") && text("liveCounts").contains("old"),
                 qPrintable(text("liveCounts")));
        save("live-bar");
        LiveView& live = studio_->session().live();
        click("button_live_freeze");
        QVERIFY(live.frozen());
        QTRY_COMPARE(text("liveState"), QString("Frozen"));
        const FrameIndex passed = live.counts().passedOver();
        QTRY_VERIFY_WITH_TIMEOUT(live.counts().passedOver() > passed + 2, kPatienceMs);
        click("button_live_freeze");
        QVERIFY(!live.frozen());

        // Hiding all panels meanwhile does not bring the others back.
        CommandRegistry& commands = studio_->window().commands();
        commands["hide_panels"].trigger();
        QCOMPARE(openPanels(), QStringList{"timelineDock"});
        commands["hide_panels"].trigger();
        QCOMPARE(openPanels(), (QStringList{"layersDock", "timelineDock"}));
        click("button_live_stop");
        QVERIFY(live.state() == LiveState::Off);
        QVERIFY(!bar->isVisible() && timeline->isVisible());
        // What was closed before stays closed.
        QCOMPARE(openPanels(), panels);
        QVERIFY(panels.contains("objectsDock") && !panels.contains("accuracyDock"));
    }

    void aFrozenPictureShowsItsValues() {
        useStandIn();
        openStream();
        Session& session = studio_->session();
        LiveView& live = session.live();
        auto* canvas = studio_->find<LiveCanvas>("liveCanvas");
        QTRY_VERIFY_WITH_TIMEOUT(session.view().engine().state == EngineState::Ready, kPatienceMs);
        const QPoint middle = canvas->rect().center();
        QTest::mouseClick(canvas, Qt::LeftButton, {}, middle);
        QVERIFY(live.point());
        // The point is kept over the frames: its best match is marked in each.
        const FrameIndex asked = live.point()->frame->index;
        QTRY_VERIFY_WITH_TIMEOUT(live.picture().match && live.answer().frame->index > asked,
                                 kPatienceMs);
        QTest::keyClick(canvas, Qt::Key_Space);
        QTRY_VERIFY(live.frozen());
        QTRY_VERIFY_WITH_TIMEOUT(
            live.answer().frame == live.shown() && live.answer().similarity && live.answer().motion,
            kPatienceMs);
        // The values at the pointer are those of the frozen frame.
        QTest::mouseMove(canvas, {3, 3});
        QTest::qWait(50);
        const QImage away = canvas->grabFramebuffer();
        const QPoint place = middle + QPoint(9, 7);
        QTest::mouseMove(canvas, place);
        QTRY_VERIFY(canvas->grabFramebuffer() != away);
        const ViewPos at{place.x() * 1.0, place.y() * 1.0};
        const auto pixel = canvas->view().pixelAt(at);
        QVERIFY(pixel);
        const OverlayData overlay = liveOverlayOf(session, canvas->view(), at);
        QVERIFY(overlay.probe && overlay.probe->rows.size() == 5);
        QCOMPARE(overlay.probe->rows[3].name, std::string("Similarity"));
        QVERIFY(overlay.flow && overlay.flow->probed && overlay.colorBar);
        QCOMPARE(*overlay.flow->probed, live.answer().motion->at(pixel->y, pixel->x));
        save("live-values");
        // A point of the frozen frame is marked where it was clicked.
        QTest::mouseClick(canvas, Qt::LeftButton, {}, place);
        QVERIFY(live.picture().point && !live.picture().match);
        QTRY_VERIFY_WITH_TIMEOUT(live.answer().point && live.answer().point->frame == live.shown(),
                                 kPatienceMs);
    }

    void oneFileIsNotRecordedTwice() {
        openStream();
        LiveView& live = studio_->session().live();
        const QString file = stream_->path("once.mp4");
        answerFileDialog(file);
        click("button_live_record_seen");
        QTRY_VERIFY(live.seen().recording());
        answerFileDialog(stream_->path("./once.mp4"));
        click("button_live_record");
        QVERIFY(!live.recording());
        QVERIFY(!studio_->window().commands()["live_record"].isChecked());
        const QString said = studio_->find<MessageBar>("messageBar")->text();
        QVERIFY2(said.contains("being recorded already"), qPrintable(said));
        QTRY_VERIFY_WITH_TIMEOUT(live.seen().progress().frames >= 1, kPatienceMs);
        click("button_live_record_seen");
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file) && !live.seen().busy(), kPatienceMs);
    }

    void whatIsSeenIsRecordedByButtons() {
        openStream();
        LiveView& live = studio_->session().live();
        const QString file = stream_->path("seen.mp4");
        answerFileDialog(file);
        click("button_live_record_seen");
        QTRY_VERIFY(live.seen().recording());
        QVERIFY(studio_->window().commands()["live_record_seen"].isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(live.seen().progress().frames >= 3, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(
            text("liveRecording").contains("what is seen") && text("liveRecording").contains("MiB"),
            kPatienceMs);
        save("live-recording");
        click("button_live_record_seen");
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file) && !live.seen().busy(), kPatienceMs);
        QVERIFY(!studio_->window().commands()["live_record_seen"].isChecked());
        QTRY_VERIFY(text("liveRecording").isEmpty());
        studio_->window().open(file);
        QVERIFY(studio_->shows("seen.mp4"));
        QVERIFY(studio_->session().frames().info().frames.value_or(0) >= 3);
    }

    // One clear message each.
    void whatGoesWrongIsSaid() {
        auto* said = studio_->find<MessageBar>("messageBar");
        auto* dialog = askForSource("rtsp://127.0.0.1/camera");
        const QString problem = dialog->findChild<QLabel*>("liveProblem")->text();
        QVERIFY2(problem.contains("nothing is opened over a network") && problem.contains("mkfifo"),
                 qPrintable(problem));
        dialog->reject();
        QTRY_VERIFY(studio_->window().findChild<QDialog*>("liveDialog") == nullptr);

        // Nobody writes.
        askForSource(stream_->fifo());
        LiveView& live = studio_->session().live();
        QTRY_VERIFY_WITH_TIMEOUT(said->waiting() == 1, kPatienceMs);
        QVERIFY2(said->text().contains("Nothing has come"), qPrintable(said->text()));
        QVERIFY(live.state() == LiveState::Waiting);
        studio_->window().commands()["live_stop"].trigger();
        QVERIFY(live.state() == LiveState::Off);
        QCOMPARE(said->waiting(), 0);
        askForSource(stream_->fifo());
        QTRY_VERIFY_WITH_TIMEOUT(said->waiting() == 1, kPatienceMs);
        QVERIFY(stream_->feed(fixture_->video()));
        QTRY_VERIFY_WITH_TIMEOUT(live.showsPicture(), kPatienceMs);
        QVERIFY2(!said->text().contains("Nothing has come"), qPrintable(said->text()));

        // It writes no more, as a camera that hangs; then it ends, and the last picture stays.
        stream_->fallSilent();
        QTRY_VERIFY_WITH_TIMEOUT(text("liveState").startsWith("No new frame for"), kPatienceMs);
        QVERIFY(live.state() == LiveState::Running);
        stream_->endWriting();
        QTRY_VERIFY_WITH_TIMEOUT(live.state() == LiveState::Ended, kPatienceMs);
        QVERIFY(studio_->window().statusBar()->currentMessage().contains("has ended"));
        QTRY_COMPARE(text("liveState"), QString("Ended"));
        QVERIFY(studio_->find<LiveCanvas>("liveCanvas")->isVisible());
        QVERIFY(!studio_->find<QToolButton>("button_live_record")->isEnabled());
        QVERIFY(studio_->find<QToolButton>("button_live_stop")->isEnabled());
    }

    void whatComesInIsRecordedAndOpened() {
        openStream();
        LiveView& live = studio_->session().live();
        CommandRegistry& commands = studio_->window().commands();
        const QString file = stream_->path("recorded.mp4");
        answerFileDialog(file);
        commands["live_record"].trigger();
        QTRY_VERIFY(live.recording());
        QVERIFY(commands["live_record"].isChecked());
        QTRY_VERIFY_WITH_TIMEOUT(live.recordingProgress().frames >= 3, kPatienceMs);
        commands["live_record"].trigger();
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file), kPatienceMs);
        QVERIFY(!commands["live_record"].isChecked());

        answerFileDialog(stream_->path("kept.mp4"));
        commands["live_keep"].trigger();
        QVERIFY(studio_->shows("kept.mp4"));
        QVERIFY(live.state() == LiveState::Off);
        QVERIFY(SessionFixture::settle(studio_->session()));
        QVERIFY(studio_->session().view().flow());
    }

    void panelsThatWereHiddenForAWhileAreBackAtTheNextStart() {
        const QStringList panels = openPanels();
        openStream();
        studio_->window().commands()["hide_panels"].trigger();
        QCOMPARE(openPanels(), QStringList{"timelineDock"});
        QVERIFY(studio_->window().close());
        Settings settings;
        settings.saveWindow(studio_->window());
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        settings.attach(studio_->window());
        QVERIFY(studio_->show());
        QCOMPARE(openPanels(), panels);
    }

    void stoppingShowsTheFirstPageAndTheSourceIsRemembered() {
        openStream();
        studio_->window().commands()["live_stop"].trigger();
        QVERIFY(!studio_->find<LiveCanvas>("liveCanvas")->isVisible());
        QVERIFY(!studio_->window().commands()["live_stop"].isEnabled());
        Settings::saveMethods(studio_->session());
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        Settings::restoreMethods(studio_->session());
        QVERIFY(studio_->show());
        studio_->window().commands()["open_live"].trigger();
        auto* dialog = studio_->find<QDialog>("liveDialog");
        QCOMPARE(dialog->findChild<QComboBox*>("liveSource")->currentText(), stream_->fifo());
        dialog->reject();
    }

    void closingEndsALiveSource() {
        openStream();
        // The wait for it is over.
        QVERIFY(studio_->window().statusBar()->currentMessage().isEmpty());
        QAction& close = studio_->window().commands()["close"];
        QVERIFY(close.isEnabled());
        close.trigger();
        QVERIFY(studio_->session().live().state() == LiveState::Off);
        QVERIFY(!close.isEnabled());
    }

    void aGeneratedPictureNeedsNoCamera() {
        const QString source = "lavfi:testsrc2=size=64x48:rate=25";
        askForSource(source);
        LiveView& live = studio_->session().live();
        QTRY_VERIFY_WITH_TIMEOUT(live.state() != LiveState::Waiting, kPatienceMs);
        if (live.state() == LiveState::Off) QSKIP("libavdevice is not installed");
        QCOMPARE(live.shown()->size(), (SizePx{64, 48}));
        QTRY_VERIFY_WITH_TIMEOUT(live.answer().motion, kPatienceMs);
    }

private:
    [[nodiscard]] QString text(const char* label) { return studio_->find<QLabel>(label)->text(); }
    /// The names of the panels that are not closed or hidden, sorted.
    [[nodiscard]] QStringList openPanels() {
        QStringList names;
        for (const QDockWidget* dock : studio_->window().findChildren<QDockWidget*>()) {
            if (!dock->isHidden()) names << dock->objectName();
        }
        names.sort();
        return names;
    }
    void click(const char* button) {
        QTest::mouseClick(studio_->find<QToolButton>(button), Qt::LeftButton);
    }

    /// A window whose engine needs no network.
    void useStandIn() {
        SessionOptions options = fixture_->options();
        options.loadEngine = [](const EngineOptions&) {
            return std::make_unique<StandInEngine>(std::make_shared<EngineScript>(), "cpu");
        };
        studio_ = std::make_unique<StudioWindow>(std::make_unique<Session>(options));
        QVERIFY(studio_->show());
    }

    /// Types the source into the dialog and presses its button. Returns the dialog.
    QDialog* askForSource(const QString& source) {
        studio_->window().commands()["open_live"].trigger();
        auto* dialog = studio_->find<QDialog>("liveDialog");
        // Typing replaces what is offered.
        auto* field = dialog->findChild<QComboBox*>("liveSource");
        QTest::keyClicks(field->lineEdit(), source);
        dialog->findChild<QPushButton*>("liveOk")->click();
        return dialog;
    }

    void openStream() {
        QVERIFY(stream_->feed(fixture_->video()));
        askForSource(stream_->fifo());
        auto* canvas = studio_->find<LiveCanvas>("liveCanvas");
        QTRY_VERIFY_WITH_TIMEOUT(canvas->isVisible(), kPatienceMs);
        LiveView& live = studio_->session().live();
        QTRY_VERIFY_WITH_TIMEOUT(live.shown() && live.shown()->index > 2, kPatienceMs);
    }

    /// The next file dialog gets this file; the dialog runs an event loop of its own.
    void answerFileDialog(const QString& file) {
        auto* poll = new QTimer(&studio_->window());
        poll->setInterval(50);
        connect(poll, &QTimer::timeout, poll, [this, poll, file] {
            auto* dialog = studio_->window().findChild<QFileDialog*>("liveFile");
            if (dialog == nullptr || !dialog->isVisible()) return;
            poll->stop();
            poll->deleteLater();
            dialog->findChild<QLineEdit*>("fileNameEdit")->setText(file);
            static_cast<QDialog*>(dialog)->accept();
        });
        poll->start();
    }

    void save(const char* name) {
        const QString folder = qEnvironmentVariable("MCJ_SAVE_SCREENSHOTS");
        if (!folder.isEmpty()) studio_->window().grab().save(folder + '/' + name + ".png");
    }

    QTemporaryDir settings_;
    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<LiveStream> stream_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestLiveWindow>(argc, argv); }
#include "test_live_window.moc"
