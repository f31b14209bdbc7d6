#include <QLabel>
#include <QMenu>
#include <QMenuBar>

#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/timeline_widget.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// Playback and what is marked on the timeline, by keys and mouse.
class TestPlayControls : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(24);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        openStudio();
    }

    void cleanup() { studio_.reset(); }

    void jAndLPlayAndKPauses() {
        playhead().seek(12);
        studio_->press(Qt::Key_J);
        QVERIFY(playhead().playing());
        QCOMPARE(playhead().rate(), -1.0);
        studio_->press(Qt::Key_J);
        QCOMPARE(playhead().rate(), -2.0);
        QCOMPARE(studio_->find<QLabel>("playbackSpeed")->text(), speedText(-2.0));
        studio_->press(Qt::Key_L);
        QCOMPARE(playhead().rate(), 1.0);
        QCOMPARE(studio_->find<QLabel>("playbackSpeed")->text(), QString());
        studio_->press(Qt::Key_K);
        QVERIFY(!playhead().playing());
        studio_->press(Qt::Key_K);
        QVERIFY(playhead().playing());
        studio_->press(Qt::Key_Space);
        QVERIFY(!playhead().playing());
    }

    void speedsAreAMenuWithinPlay() {
        command("speed_half").trigger();
        QCOMPARE(playhead().speed(), 0.5);
        QVERIFY(command("speed_half").isChecked());
        QVERIFY(!command("speed_normal").isChecked());
        QCOMPARE(studio_->find<QLabel>("playbackSpeed")->text(), speedText(0.5));
        // Choosing it once more does not take it back.
        command("speed_half").trigger();
        QVERIFY(command("speed_half").isChecked());
        for (const QAction* top : studio_->window().menuBar()->actions()) {
            for (const QAction* entry : top->menu()->actions()) {
                if (entry->menu() == nullptr) continue;
                if (entry->menu()->actions().contains(&command("speed_half"))) return;
            }
        }
        QFAIL("the speeds are in no menu");
    }

private:
    void openStudio() {
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->show());
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(SessionFixture::settle(studio_->session()));
    }
    [[nodiscard]] Playhead& playhead() { return studio_->session().playhead(); }
    [[nodiscard]] QAction& command(const char* id) { return studio_->window().commands()[id]; }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestPlayControls>(argc, argv); }
#include "test_play_controls.moc"
