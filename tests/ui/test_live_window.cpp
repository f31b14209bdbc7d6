#include <QComboBox>
#include <QDialog>
#include <QDoubleSpinBox>
#include <QFileDialog>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSettings>
#include <QStatusBar>
#include <QTimer>
#include <cmath>
#include <memory>

#include "app/settings.h"
#include "tests/support/live_stream.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "viewer/canvas/live_canvas.h"

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
