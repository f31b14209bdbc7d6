// What the window looks like where it first opens: on small screens, and with notices.
#include <QDialog>
#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QLabel>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSpinBox>
#include <QToolButton>

#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/export_dialog.h"
#include "ui/message_bar.h"
#include "ui/screen_fit.h"
#include "ui/shortcuts_dialog.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 6;

class TestFirstSight : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void theWindowFitsItsScreen_data() {
        QTest::addColumn<QSize>("screen");
        QTest::addColumn<double>("scale");
        for (const QSize screen : {QSize(1280, 720), QSize(1366, 768), QSize(1920, 1080)}) {
            for (const double scale : {1.0, 1.25, 1.5, 2.0}) {
                QTest::addRow("%dx%d at %.2f", screen.width(), screen.height(), scale)
                    << screen << scale;
            }
        }
    }

    void theWindowFitsItsScreen() {
        QFETCH(const QSize, screen);
        QFETCH(const double, scale);
        // At a scale factor the window sees a screen of fewer, larger pixels.
        const QRect available({0, 0}, (QSizeF(screen) / scale).toSize());
        StudioWindow studio(fixture_->makeSession());
        studio.window().placeOn(available);
        studio.window().open(fixture_->video());
        QVERIFY(studio.show());
        QVERIFY(studio.shows("clip.mkv"));
        QVERIFY2(available.contains(studio.window().geometry()),
                 qPrintable(QString::number(studio.window().height())));
        const QRect inside = studio.window().rect();
        for (const char* name : {"timeline", "canvas", "frameNumber", "flowMethod"}) {
            auto* part = studio.find<QWidget>(name);
            if (!part->isVisible()) {
                // The tool bar has a button for what does not fit.
                QVERIFY2(studio.find<QToolButton>("qt_toolbar_ext_button")->isVisible(), name);
                continue;
            }
            const QRect place(part->mapTo(&studio.window(), QPoint()), part->size());
            QVERIFY2(inside.contains(place), name);
        }
        QVERIFY(studio.window().canvas().height() >= 110);
        QVERIFY(studio.window().canvas().width() >= 200);
        // Panels scroll downwards only: nothing may be cut at their right edge.
        for (const auto* panel : studio.window().findChildren<ScrollingContent*>()) {
            if (!panel->isVisible()) continue;
            QVERIFY2(panel->viewport()->width() >= panel->widget()->minimumSizeHint().width(),
                     qPrintable(panel->widget()->metaObject()->className()));
        }
    }

    void dialogsFitSmallScreens() {
        const auto session = fixture_->openSession();
        ExportDialog dialog(*session, ExportKind::Maps, fixture_->path("exports"));
        CommandRegistry registry(nullptr);
        for (int i = 0; i < 60; ++i) {
            registry.add({.id = "command_" + std::to_string(i),
                          .menu = "Menu",
                          .text = "A command",
                          .keys = QString("Ctrl+F%1").arg(i + 1),
                          .run = [] {}});
        }
        ShortcutsDialog keys(registry);
        for (QDialog* one : {static_cast<QDialog*>(&dialog), static_cast<QDialog*>(&keys)}) {
            // 1280 x 720 at scale 2.
            QVERIFY2(one->minimumSizeHint().height() <= 300, qPrintable(one->objectName()));
            QVERIFY2(one->minimumSizeHint().width() <= 620, qPrintable(one->objectName()));
            QVERIFY(availableFor(*one).size().expandedTo(one->size()) == availableFor(*one).size());
        }
    }

    void aGeometryOfAnotherScreenIsBroughtBack() {
        QWidget window;
        const QRect available(0, 0, 1366, 768);
        window.setGeometry(5000, -900, 2400, 1300);
        keepWithin(window, available);
        QVERIFY(available.contains(window.geometry()));
        const QRect kept(100, 60, 800, 500);
        window.setGeometry(kept);
        keepWithin(window, available);
        QCOMPARE(window.geometry(), kept);
    }

    void theTimelineIsAsTallAsItsRows() {
        StudioWindow studio(fixture_->makeSession());
        studio.window().open(fixture_->video());
        QVERIFY(studio.show());
        QVERIFY(studio.shows("clip.mkv"));
        auto* timeline = studio.find<QDockWidget>("timelineDock");
        const auto tall = [timeline] { return timeline->widget()->sizeHint().height(); };
        QTRY_COMPARE(timeline->height(), tall());
        studio.window().resizeDocks({timeline}, {tall() + 60}, Qt::Vertical);
        QCoreApplication::processEvents();
        QCOMPARE(timeline->height(), tall());
        // Rows that come and go.
        const int before = tall();
        Curves& curves = studio.session().timeline().curves;
        curves.setShown(true);
        QTRY_VERIFY(tall() > before);
        QTRY_COMPARE(timeline->height(), tall());
        curves.setShown(false);
        QTRY_COMPARE(timeline->height(), before);
    }

    void aNoticeDoesNotMoveThePicture() {
        StudioWindow studio(fixture_->makeSession());
        studio.window().open(fixture_->video());
        QVERIFY(studio.show());
        QVERIFY(studio.shows("clip.mkv"));
        // The fixture has no model, which is said as well.
        auto* said = studio.find<MessageBar>("messageBar");
        QTRY_VERIFY(said->waiting() == 1);
        QTest::mouseClick(studio.find<QToolButton>("messageClose"), Qt::LeftButton);
        QVERIFY(SessionFixture::settle(studio.session()));
        const QRect before = studio.window().canvas().geometry();
        studio.window().say({.level = Notice::Level::Warning, .text = "Something to know"});
        auto* bar = studio.find<MessageBar>("messageBar");
        QTRY_VERIFY(bar->isVisible());
        QCOMPARE(studio.window().canvas().geometry(), before);
        QVERIFY(bar->height() < before.height() / 2);
        QCOMPARE(bar->width(), bar->parentWidget()->width());
        QTest::mouseClick(studio.find<QToolButton>("messageClose"), Qt::LeftButton);
        QVERIFY(!bar->isVisible());
    }

    void aNoticeGoesWithItsCause() {
        StudioWindow studio(fixture_->makeSession());
        studio.window().open(fixture_->video());
        QVERIFY(studio.show());
        QVERIFY(studio.shows("clip.mkv"));
        auto* bar = studio.find<MessageBar>("messageBar");
        // The fixture has no model: that is said once, and is not what this is about.
        QTRY_VERIFY(studio.session().view().engine().state == EngineState::Failed);
        QTRY_COMPARE(bar->waiting(), 1);
        QTest::mouseClick(studio.find<QToolButton>("messageClose"), Qt::LeftButton);
        PropagatorOptions options;
        options.method = PropagationMethod::DisFlow;
        studio.session().propagation().setOptions(options);
        // Nothing is painted yet.
        studio.press(Qt::Key_F);
        QTRY_COMPARE(bar->waiting(), 1);
        paint(studio);
        studio.press(Qt::Key_F);
        QTRY_VERIFY(bar->waiting() == 0);
        QTRY_VERIFY(studio.session().runs().run() == nullptr);
        QVERIFY2(bar->waiting() == 0, qPrintable(bar->text()));
        // What was said about a video goes with it.
        studio.window().say({.level = Notice::Level::Warning, .text = "Of this video"});
        QCOMPARE(bar->waiting(), 1);
        studio.session().close();
        QCOMPARE(bar->waiting(), 0);
    }

    void aFailedOpenIsForgottenOnceAnotherSucceeds() {
        StudioWindow studio(fixture_->makeSession());
        QVERIFY(studio.show());
        auto* bar = studio.find<MessageBar>("messageBar");
        studio.window().open(fixture_->path("there is no such file.mp4"));
        QTRY_COMPARE(bar->waiting(), 1);
        studio.window().open(fixture_->path("nor this.mp4"));
        QTRY_VERIFY(bar->text().contains("nor this"));
        QCOMPARE(bar->waiting(), 1);
        studio.window().open(fixture_->video());
        QVERIFY(studio.shows("clip.mkv"));
        // The fixture has no model, which is all that may be left to say.
        QVERIFY(!bar->text().contains("nor this"));
        QTRY_COMPARE(bar->waiting(), 1);
        QVERIFY2(bar->text().contains("model"), qPrintable(bar->text()));
    }

    void theGuideNamesCommandsAsTheyAre() {
        StudioWindow studio(fixture_->makeSession());
        const CommandRegistry& commands = studio.window().commands();
        const QDir docs(MCJ_SOURCE_DIR "/docs");
        QFile guide(docs.filePath("guide.md"));
        QVERIFY(guide.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(guide.readAll());
        // "**Menu > Command** (Key)", where the line may break anywhere.
        static const QRegularExpression named(R"(\*\*([^*]+\s>\s[^*]+)\*\*(?:\s\(([^)]+)\))?)");
        int found = 0;
        for (auto each = named.globalMatch(text); each.hasNext(); ++found) {
            const QRegularExpressionMatch match = each.next();
            const QString words = match.captured(1).simplified();
            if (words == "Menu > Command") continue;
            const Command* command = commandNamed(commands, words);
            QVERIFY2(command != nullptr, qPrintable(words));
            const QString key = match.captured(2);
            const QStringList keys = commands.keysText(command->id).split(", ");
            QVERIFY2(key.isEmpty() || keys.contains(key), qPrintable(words + ": " + key));
        }
        QVERIFY2(found > 40, qPrintable(QString::number(found)));
        // Pictures and pages that it links to.
        static const QRegularExpression link(R"(\]\(([^)]+)\))");
        for (auto each = link.globalMatch(text); each.hasNext();) {
            const QString path = each.next().captured(1);
            QVERIFY2(docs.exists(path), qPrintable(path));
        }
    }

private:
    /// By its place in the menus, "File > Live source > Stop"; null for none.
    static const Command* commandNamed(const CommandRegistry& commands, const QString& words) {
        const auto plain = [](QString text) { return text.remove(QLatin1Char('&')); };
        for (const Command& command : commands.commands()) {
            QStringList path{plain(command.menu)};
            if (!command.submenu.isEmpty()) path << plain(command.submenu);
            path << plain(command.text);
            if (path.join(" > ") == words) return &command;
        }
        return nullptr;
    }

    static void paint(StudioWindow& studio) {
        studio.press(Qt::Key_P);
        CanvasWidget& canvas = studio.window().canvas();
        const QPoint middle = canvas.rect().center();
        QTest::mousePress(&canvas, Qt::LeftButton, {}, middle);
        QTest::mouseMove(&canvas, middle + QPoint(20, 0));
        QTest::mouseRelease(&canvas, Qt::LeftButton, {}, middle + QPoint(20, 0));
        QVERIFY(studio.session().masks().track().size() > 0);
    }

    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

int main(int argc, char** argv) { return mcj::test::runOnDisplay<TestFirstSight>(argc, argv); }
#include "test_first_sight.moc"
