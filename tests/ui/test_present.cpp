#include <QClipboard>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenuBar>
#include <QPointer>
#include <QProcess>
#include <QPushButton>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <cmath>
#include <cstring>

#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/presenter.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// Bookmarks and presenting in the real window, by keys and mouse.
class TestPresent : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(10);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void init() {
        QFile::remove(fixture_->path("clip.mkv.mcjepa"));
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->showVideo(*fixture_));
    }
    void cleanup() { studio_.reset(); }

    void bookmarksBringBackFrameLayersAndZoom() {
        Session& session = studio_->session();
        session.playhead().seek(3);
        QVERIFY(SessionFixture::settle(session));
        session.view().layers().showOnly(kWarpErrorLayer);
        studio_->window().canvas().zoomBy(4.0);
        const double zoom = studio_->window().canvas().zoom();
        const ImagePos centre = middle();
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(session.timeline().bookmarks.all().size(), std::size_t{1});
        QVERIFY(studio_->find<QDockWidget>("bookmarksDock")->isVisible());

        studio_->window().canvas().zoomToFit();
        session.playhead().seek(7);
        session.view().layers().showOnly(kFlowLayer);
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        studio_->press(Qt::Key_PageUp);
        QTRY_COMPARE(session.playhead().current(), FrameIndex{3});
        QVERIFY(session.view().layers().visible(kWarpErrorLayer));
        QVERIFY(std::abs(studio_->window().canvas().zoom() - zoom) < 0.01 * zoom);
        QVERIFY(std::abs(middle().x - centre.x) < 1.0 && std::abs(middle().y - centre.y) < 1.0);
        // A click in the list does the same.
        auto* list = studio_->find<QListWidget>("bookmarksList");
        QCOMPARE(list->count(), 2);
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {},
                          list->visualItemRect(list->item(1)).center());
        QTRY_COMPARE(session.playhead().current(), FrameIndex{7});
    }

    void aDoubleClickEditsTheCaption() {
        Session& session = studio_->session();
        for (const FrameIndex frame : {1, 4, 6}) {
            session.playhead().seek(frame);
            QVERIFY(SessionFixture::settle(session));
            studio_->press(Qt::Key_D, Qt::ControlModifier);
        }
        auto* list = studio_->find<QListWidget>("bookmarksList");
        QTRY_VERIFY(list->isVisible() && list->visualItemRect(list->item(0)).isValid());
        // The first click shows the bookmark.
        const QPoint first = list->visualItemRect(list->item(0)).center();
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, first);
        QTRY_COMPARE(session.playhead().current(), FrameIndex{1});
        QTest::mouseDClick(list->viewport(), Qt::LeftButton, {}, first);
        QTRY_VERIFY(list->viewport()->findChild<QLineEdit*>());
        auto* editor = list->viewport()->findChild<QLineEdit*>();
        editor->selectAll();
        QTest::keyClicks(editor, "Best");
        QTest::keyClick(editor, Qt::Key_Return);
        QTRY_COMPARE(session.timeline().bookmarks.all()[0].caption, QString("Best"));
        QCOMPARE(list->item(0)->text(), QString("Best"));
        QCOMPARE(list->count(), 3);
    }

    void buttonsAreForTheSelectedBookmark() {
        Session& session = studio_->session();
        session.timeline().bookmarks.fromJson("[{\"frame\": 1}, {\"frame\": 4}, {\"frame\": 6}]");
        studio_->window().showPanel("bookmarksDock");
        auto* list = studio_->find<QListWidget>("bookmarksList");
        auto* remove = studio_->find<QToolButton>("bookmark_remove");
        QCOMPARE(list->currentRow(), -1);
        QVERIFY(!remove->isEnabled());
        // As the arrow keys do.
        list->setCurrentRow(1);
        QVERIFY(remove->isEnabled());
        remove->click();
        QCOMPARE(session.timeline().bookmarks.all().size(), std::size_t{2});
        QCOMPARE(session.timeline().bookmarks.all()[1].frame, FrameIndex{6});
        QCOMPARE(list->currentRow(), 1);
        QVERIFY(!studio_->find<QToolButton>("bookmark_down")->isEnabled());
    }

    void bookmarksAreAddedOnceTheProjectIsRead() {
        Session& session = studio_->session();
        CommandRegistry& commands = studio_->window().commands();
        QVERIFY(commands["bookmark_add"].isEnabled());
        // With this one there is a project to read.
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        QVERIFY(SessionFixture::settle(session));
        bool ready = true;
        bool offered = true;
        const auto connection = connect(&session, &Session::opened, this, [&] {
            commands.refresh();
            ready = session.document().ready();
            offered = commands["bookmark_add"].isEnabled();
        });
        studio_->window().open(fixture_->video());
        QTRY_VERIFY(!ready);
        QVERIFY(!offered);
        disconnect(connection);
        QVERIFY(SessionFixture::settle(session));
        QVERIFY(commands["bookmark_add"].isEnabled());
        QCOMPARE(session.timeline().bookmarks.all().size(), std::size_t{1});
    }

    void thePanelShowsTheLevelOfTheBookmark() {
        Session& session = studio_->session();
        session.view().setLevel(5);
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        session.view().setLevel(2);
        const auto* level = studio_->find<QComboBox>("similarityLevel");
        QCOMPARE(level->currentIndex(), 1);
        studio_->window().presenter().show(0);
        QCOMPARE(level->currentIndex(), 4);
    }

    void thePinsOfAClosedClipAreGone() {
        studio_->session().view().addPin({12.0F, 20.0F});
        const auto* list = studio_->find<QListWidget>("pinsList");
        QCOMPARE(list->count(), 1);
        studio_->session().close();
        QCOMPARE(list->count(), 0);
    }

    void presentingHidesTheControls() {
        Session& session = studio_->session();
        MainWindow& window = studio_->window();
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        session.playhead().seek(5);
        QVERIFY(SessionFixture::settle(session));
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        studio_->press(Qt::Key_F5);
        QVERIFY(window.presenter().presenting());
        QVERIFY(!window.menuBar()->isVisible() && !window.statusBar()->isVisible());
        for (const QDockWidget* dock : window.findChildren<QDockWidget*>()) {
            QVERIFY2(!dock->isVisible(), qPrintable(dock->objectName()));
        }
        // Arrows go through the bookmarks, other keys work as always.
        studio_->press(Qt::Key_Left);
        QTRY_COMPARE(session.playhead().current(), FrameIndex{0});
        studio_->press(Qt::Key_Right);
        QTRY_COMPARE(session.playhead().current(), FrameIndex{5});
        studio_->press(Qt::Key_Right, Qt::ShiftModifier);
        QTRY_COMPARE(session.playhead().current(), FrameIndex{9});
        save("presenting");
        studio_->press(Qt::Key_Escape);
        QVERIFY(!window.presenter().presenting());
        QVERIFY(window.menuBar()->isVisible() && window.statusBar()->isVisible());
        QVERIFY(studio_->find<QDockWidget>("timelineDock")->isVisible());
        QVERIFY(studio_->find<QDockWidget>("layersDock")->isVisible());
        studio_->press(Qt::Key_Left);
        QTRY_COMPARE(session.playhead().current(), FrameIndex{8});
    }

    void panelsHiddenBeforePresentingComeBack() {
        const auto* layers = studio_->find<QDockWidget>("layersDock");
        const auto* tools = studio_->find<QToolBar>("toolBar");
        studio_->press(Qt::Key_B, Qt::ControlModifier);
        QVERIFY(!layers->isVisible() && !tools->isVisible());
        studio_->press(Qt::Key_F5);
        studio_->press(Qt::Key_Escape);
        QVERIFY(!layers->isVisible() && !tools->isVisible());
        QVERIFY(studio_->window().menuBar()->isVisible());
        studio_->press(Qt::Key_B, Qt::ControlModifier);
        QVERIFY(layers->isVisible() && tools->isVisible());
        QVERIFY(studio_->window().statusBar()->isVisible());
        // What was closed before stays closed.
        QVERIFY(!studio_->find<QDockWidget>("accuracyDock")->isVisible());
    }

    void theSecondWindowShowsTheSamePart() {
        MainWindow& window = studio_->window();
        studio_->press(Qt::Key_F6, Qt::ShiftModifier);
        QVERIFY(window.presenter().secondWindow());
        CanvasWidget* second = nullptr;
        for (QWidget* widget : QApplication::topLevelWidgets()) {
            if (auto* found = widget->findChild<CanvasWidget*>("secondCanvas")) second = found;
        }
        QVERIFY(second);
        QTRY_VERIFY(second->isValid() && second->uploadedBytes() > 0);
        window.canvas().zoomBy(3.0);
        const SizePx box = second->tiles().front().box.size();
        const ImagePos there = second->view().imageFromView({box.width / 2.0, box.height / 2.0});
        QVERIFY(std::abs(there.x - middle().x) < 1.0 && std::abs(there.y - middle().y) < 1.0);
        second->window()->close();
        QTRY_VERIFY(!window.presenter().secondWindow());
        QTRY_VERIFY(!window.commands()["second_window"].isChecked());
    }

    void theCopiedCommandGivesTheSameNumbers() {
        Session& session = studio_->session();
        session.playhead().seek(2);
        session.view().layers().showOnly(kFlowLayer);
        QVERIFY(SessionFixture::settle(session));
        const FlowPtr shown = session.view().flow();
        QVERIFY(shown);
        studio_->press(Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        const QString line = QGuiApplication::clipboard()->text();
        QVERIFY2(line.startsWith("mcjepa analyze"), qPrintable(line));
        QProcess shell;
        shell.setWorkingDirectory(fixture_->path(""));
        shell.setProcessChannelMode(QProcess::MergedChannels);
        shell.start("sh", {"-c", QStringLiteral("PATH=" MCJ_BIN_DIR ":$PATH; ") + line});
        QVERIFY(shell.waitForFinished(60'000));
        QVERIFY2(shell.exitCode() == 0, shell.readAll().constData());
        QFile file(fixture_->path("clip-maps/flow/000002.flo"));
        QVERIFY2(file.open(QIODevice::ReadOnly), qPrintable(file.fileName()));
        const QByteArray bytes = file.readAll();
        constexpr qsizetype kHead = 12;  // magic number, width, height
        QCOMPARE(bytes.size(), kHead + qsizetype(shown->vectors.values().size() * sizeof(float)));
        QCOMPARE(std::memcmp(bytes.constData() + kHead, shown->vectors.data(),
                             shown->vectors.values().size() * sizeof(float)),
                 0);
    }

    void aTourIsRenderedFromTheMenu() {
        Session& session = studio_->session();
        QTRY_VERIFY(session.document().ready());
        QVERIFY(!studio_->window().commands()["export_tour"].isEnabled());
        session.view().layers().showOnly(kFlowLayer);
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        session.playhead().seek(4);
        QVERIFY(SessionFixture::settle(session));
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        studio_->window().commands()["export_tour"].trigger();
        auto* dialog = studio_->find<QDialog>("tourDialog");
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        auto* target = dialog->findChild<QLineEdit*>("tourTarget");
        auto* write = dialog->findChild<QPushButton*>("tourOk");
        target->setText(fixture_->path("tour.avi"));
        QVERIFY(!write->isEnabled());
        target->setText(fixture_->path("tour.gif"));
        auto* size = dialog->findChild<QComboBox*>("tourSize");
        size->setCurrentIndex(size->count() - 1);
        QVERIFY(write->isEnabled());
        save("tour-dialog");
        const QPointer<QDialog> watched(dialog);
        QTest::mouseClick(write, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(watched.isNull() || !watched->isVisible(), kPatienceMs);
        QVERIFY(QFile::exists(fixture_->path("tour.gif")));
        QCOMPARE(session.playhead().current(), FrameIndex{4});
    }

    void aBundleIsMadeFromTheMenu() {
        Session& session = studio_->session();
        QTRY_VERIFY(session.document().ready());
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        studio_->window().commands()["make_bundle"].trigger();
        auto* dialog = studio_->find<QDialog>("bundleDialog");
        QVERIFY(QTest::qWaitForWindowExposed(dialog));
        auto* target = dialog->findChild<QLineEdit*>("bundleTarget");
        auto* make = dialog->findChild<QPushButton*>("bundleOk");
        target->setText(fixture_->path("."));
        QTRY_VERIFY(dialog->findChild<QLabel*>("bundleSize")->text().contains("exists"));
        QVERIFY(!make->isEnabled());
        target->setText(fixture_->path("made"));
        QTRY_VERIFY_WITH_TIMEOUT(make->isEnabled(), kPatienceMs);
        QVERIFY(dialog->findChild<QLabel*>("bundleSize")->text().contains("2 files"));
        save("bundle-dialog");
        QTest::mouseClick(make, Qt::LeftButton);
        QVERIFY(SessionFixture::settle(session));
        QVERIFY(QFile::exists(fixture_->path("made/clip.mkv.mcjepa")));
        QVERIFY(QFile::exists(fixture_->path("made/clip.mkv")));
    }

private:
    [[nodiscard]] ImagePos middle() {
        const SizePx box = studio_->window().canvas().tiles().front().box.size();
        return studio_->window().canvas().view().imageFromView({box.width / 2.0, box.height / 2.0});
    }
    void save(const char* name) {
        const QString folder = qEnvironmentVariable("MCJ_SAVE_SCREENSHOTS");
        if (!folder.isEmpty()) studio_->window().grab().save(folder + '/' + name + ".png");
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestPresent>(argc, argv); }
#include "test_present.moc"
