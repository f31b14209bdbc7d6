#include <QDir>
#include <QFile>
#include <QFileDialog>
#include <QInputDialog>
#include <QLabel>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QTimer>
#include <cstdlib>

#include "media/io/flow_file.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/curve_row.h"
#include "ui/export_dialog.h"
#include "ui/timeline_widget.h"

namespace {

/// Counts how often a widget is painted anew.
class PaintCount : public QObject {
public:
    explicit PaintCount(QWidget& widget) { widget.installEventFilter(this); }
    [[nodiscard]] int paints() const { return paints_; }

protected:
    bool eventFilter(QObject* /*watched*/, QEvent* event) override {
        if (event->type() == QEvent::Paint) ++paints_;
        return false;
    }

private:
    int paints_ = 0;
};

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

    void countingFramesPaintsTheTimelineAlone() {
        QTest::qWait(500);  // what opening the clip has left to paint
        const PaintCount canvas(studio_->window().canvas());
        const PaintCount bar(*studio_->find<TimelineBar>("timelineBar"));
        Q_EMIT studio_->session().counted();
        QTRY_VERIFY(bar.paints() > 0);
        QTest::qWait(300);
        QCOMPARE(canvas.paints(), 0);
    }

    void thumbnailsAreARowOfTheTimeline() {
        const auto* bar = studio_->find<TimelineBar>("timelineBar");
        const int height = bar->height();
        QVERIFY(!command("show_thumbnails").isChecked());
        command("show_thumbnails").trigger();
        QVERIFY(command("show_thumbnails").isChecked());
        QTRY_COMPARE(studio_->session().timeline().thumbnails.count(), std::size_t{24});
        QTRY_VERIFY(bar->height() >= height + 32);
        command("show_thumbnails").trigger();
        QVERIFY(!command("show_thumbnails").isChecked());
        // The layout of docks may keep a pixel.
        QTRY_VERIFY(std::abs(bar->height() - height) <= 1);
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

    void inAndOutAreSetByKeysDraggedAndOffered() {
        playhead().seek(4);
        QVERIFY(SessionFixture::settle(studio_->session()));
        studio_->press(Qt::Key_I);
        playhead().seek(15);
        QVERIFY(SessionFixture::settle(studio_->session()));
        studio_->press(Qt::Key_O);
        QCOMPARE(marks().span(24), (FrameSpan{4, 16}));
        {
            ExportDialog dialog(studio_->session(), ExportKind::Maps, fixture_->path("out"));
            QCOMPARE(dialog.choice().begin, FrameIndex(4));
            QCOMPARE(dialog.choice().end, FrameIndex(16));
        }
        auto* bar = studio_->find<TimelineBar>("timelineBar");
        QVERIFY(bar->inHandle() && bar->outHandle());
        QTest::mousePress(bar, Qt::LeftButton, {}, bar->outHandle()->toPoint());
        QCOMPARE(playhead().current(), FrameIndex(15));
        QTest::mouseMove(bar, QPoint(static_cast<int>(bar->xOf(9)), 20));
        QTest::mouseRelease(bar, Qt::LeftButton, {}, QPoint(static_cast<int>(bar->xOf(9)), 20));
        QCOMPARE(marks().span(24), (FrameSpan{4, 10}));
        command("clear_in_out").trigger();
        QVERIFY(!marks().limited());
        QVERIFY(!bar->inHandle());
    }

    void markersAreSetNamedVisitedAndKept() {
        for (const FrameIndex frame : {3, 11, 20}) {
            playhead().seek(frame);
            QVERIFY(SessionFixture::settle(studio_->session()));
            studio_->press(Qt::Key_M);
        }
        QCOMPARE(marks().markers().size(), std::size_t{3});
        QVERIFY(command("marker").isChecked());
        studio_->press(Qt::Key_M);
        QCOMPARE(marks().markers().size(), std::size_t{2});
        studio_->press(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(playhead().current(), FrameIndex(11));
        studio_->press(Qt::Key_M, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(playhead().current(), FrameIndex(3));
        studio_->press(Qt::Key_M, Qt::ShiftModifier);
        QCOMPARE(playhead().current(), FrameIndex(11));
        renameAt(11, "the turn");
        QCOMPARE(marks().markers().at(11), QString("the turn"));
        marks().setIn(2);
        marks().setOut(7);
        studio_.reset();

        openStudio();
        QTRY_COMPARE(marks().markers().size(), std::size_t{2});
        QCOMPARE(marks().markers().at(11), QString("the turn"));
        QCOMPARE(marks().span(24), (FrameSpan{2, 8}));
    }

    void curvesAreFilledAndAClickGoesToTheWorstFrame() {
        auto* bar = studio_->find<TimelineBar>("timelineBar");
        const int before = bar->sizeHint().height();
        command("fill_curves").trigger();
        QVERIFY(command("show_curves").isChecked());
        QVERIFY(bar->sizeHint().height() > before);
        QTRY_VERIFY_WITH_TIMEOUT(studio_->session().runs().run() == nullptr, kPatienceMs);
        QVERIFY(studio_->session().timeline().curves.missing({0, 24}).empty());
        QVERIFY(command("export_curves").isEnabled());
        const QString table = fixture_->path("curves.csv");
        exportTo(table);
        QFile file(table);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QStringList lines = QString::fromUtf8(file.readAll()).trimmed().split('\n');
        QCOMPARE(lines.size(), 1 + 23);
        QVERIFY(lines[4].startsWith("3,"));
        command("show_curves").trigger();
        QCOMPARE(bar->sizeHint().height(), before);

        // Twenty-three values in four columns: the pointer means the highest of its column.
        const CurveRow row(studio_->session(), PairNumber::Motion);
        const TimelineScale scale{0.0, 4.0, 24};
        const auto& numbers = studio_->session().timeline().curves.numbers();
        for (int column = 0; column < 4; ++column) {
            const FrameIndex meant = row.frameFor(scale, column + 0.5);
            QCOMPARE(scale.columnOf(meant), column);
            for (const auto& [frame, values] : numbers) {
                if (scale.columnOf(frame) != column) continue;
                QVERIFY(values.at(PairNumber::Motion) <= numbers.at(meant).at(PairNumber::Motion));
            }
        }
        QVERIFY(!row.tip(3).isEmpty());
        QVERIFY(row.tip(23).isEmpty());
    }

    void curvesOfFlowFromFilesCannotBeFilled() {
        QTRY_VERIFY(command("fill_curves").isEnabled());
        QVERIFY(QDir().mkpath(fixture_->path("other")));
        writeFlow(fixture_->path("other/000000.flo").toStdString(), smallScene().flow(0),
                  FlowFormat::Flo);
        Session& session = studio_->session();
        QVERIFY(loadFlow(session, FlowRole::Method, fixture_->path("other")));
        QVERIFY(SessionFixture::settle(session));
        QTRY_VERIFY(!command("fill_curves").isEnabled());
        session.view().setFlowProvider(kDisFlow);
        QTRY_VERIFY(command("fill_curves").isEnabled());
    }

private:
    void exportTo(const QString& path) {
        QTimer poll;
        poll.setInterval(10);
        bool typed = false;
        connect(&poll, &QTimer::timeout, &poll, [&] {
            auto* files = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            if (files == nullptr || !files->isVisible() || typed) return;
            typed = true;
            auto* name = files->findChild<QLineEdit*>("fileNameEdit");
            name->setText(path);
            QTest::keyClick(name, Qt::Key_Return);
            if (files->isVisible()) files->reject();
        });
        poll.start();
        command("export_curves").trigger();
        QVERIFY(typed);
    }

    void renameAt(FrameIndex frame, const QString& name) {
        auto* bar = studio_->find<TimelineBar>("timelineBar");
        const QPoint flag(static_cast<int>(bar->xOf(frame)) + 3, static_cast<int>(bar->markersY()));
        QTest::mouseClick(bar, Qt::LeftButton, {}, flag);
        QCOMPARE(playhead().current(), frame);
        QTest::mouseDClick(bar, Qt::LeftButton, {}, flag);
        auto* dialog = studio_->find<QInputDialog>("markerDialog");
        dialog->setTextValue(name);
        dialog->accept();
    }

    void openStudio() {
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->showVideo(*fixture_));
    }
    [[nodiscard]] Marks& marks() { return studio_->session().timeline().marks; }
    [[nodiscard]] Playhead& playhead() { return studio_->session().playhead(); }
    [[nodiscard]] QAction& command(const char* id) { return studio_->window().commands()[id]; }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestPlayControls>(argc, argv); }
#include "test_play_controls.moc"
