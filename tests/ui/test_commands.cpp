#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSet>
#include <QSettings>
#include <QTreeWidget>
#include <cmath>

#include "app/settings.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "viewer/canvas/canvas_widget.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// Commands by their ids, and keys as a user changes them.
class TestCommands : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, settings_.path());
        QCoreApplication::setOrganizationName("mcjepa-test");
        QCoreApplication::setApplicationName("commands");
    }

    void init() {
        QSettings().clear();
        fixture_ = std::make_unique<SessionFixture>(8);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->show());
    }

    void cleanup() { studio_.reset(); }

    void everyCommandIsCompleteAndKnownByItsId() {
        QSet<QString> ids;
        for (const Command& command : registry().commands()) {
            const QString id = QString::fromStdString(command.id);
            QVERIFY2(!ids.contains(id), qPrintable(id));
            ids.insert(id);
            QVERIFY2(!command.text.isEmpty() && !command.tip.isEmpty(), qPrintable(id));
            QVERIFY2(bool(command.run) != bool(command.toggle), qPrintable(id));
            QVERIFY2((command.kind == Command::Kind::Trigger) == !command.checked, qPrintable(id));
            QVERIFY2(command.icon.isEmpty() || !registry()[command.id].icon().isNull(),
                     qPrintable(id));
            QCOMPARE(registry()[command.id].objectName(), "action_" + id);
        }
        QVERIFY_EXCEPTION_THROWN((void)registry()["no_such_command"], Error);
        QVERIFY_EXCEPTION_THROWN(registry().add({.id = "open", .run = [] {}}), Error);
    }

    void commandsNeedWhatTheyWorkOn() {
        QVERIFY(!registry()["play"].isEnabled());
        QVERIFY(registry()["open"].isEnabled());
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(registry()["play"].isEnabled());
        QVERIFY(!registry()["lock_frame"].isEnabled());
        studio_->session().masks().importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(registry()["lock_frame"].isEnabled());
        registry()["lock_frame"].trigger();
        QVERIFY(registry()["lock_frame"].isChecked());
        QVERIFY(registry()["undo"].text().contains("Undo: "));
    }

    void editsOfAFrameNeedTheViewThatShowsIt() {
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        Session& session = studio_->session();
        QTRY_VERIFY(session.document().ready());
        session.masks().importMask(0, Mask(smallScene().mask(0)));
        const std::vector<const char*> edits{"import_mask", "clear_frame", "lock_frame"};
        for (const char* id : edits) QVERIFY2(registry()[id].isEnabled(), id);
        session.views().arrange(Arrangement::SideBySide);
        session.views().activate(1);
        session.view().setOffset(2);
        for (const char* id : edits) {
            QVERIFY2(!registry()[id].isEnabled(), id);
            QVERIFY2(registry()[id].statusTip().contains("another frame"), id);
        }
        session.views().activate(0);
        for (const char* id : edits) {
            QVERIFY2(registry()[id].isEnabled(), id);
            QVERIFY2(!registry()[id].statusTip().contains("another frame"), id);
        }
    }

    void keysPickObjectsAndSwapPaintingAndErasing() {
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        Session& session = studio_->session();
        QTRY_VERIFY(session.document().ready());
        Mask mask({96, 64});
        for (int x = 40; x < 96; ++x) {
            for (int y = 0; y < 64; ++y) mask.labels.at(y, x) = 7;
        }
        session.masks().importMask(0, mask);
        session.masks().setActiveObject(2);
        CanvasWidget& canvas = studio_->window().canvas();
        const auto point = [&](int x, int y) {
            const ViewPos at = canvas.view().viewFromImage({double(x), double(y)});
            QTest::mouseMove(&canvas, QPoint(int(std::lround(at.x)), int(std::lround(at.y))));
            return QTest::qWaitFor([&] { return canvas.hoveredPixel() == PointPx{x, y}; });
        };
        QVERIFY(point(20, 20));
        studio_->press(Qt::Key_A);
        QCOMPARE(session.masks().activeObject(), ObjectId(2));
        QVERIFY(point(60, 20));
        studio_->press(Qt::Key_A);
        QCOMPARE(session.masks().activeObject(), ObjectId(7));
        studio_->press(Qt::Key_Q);
        QCOMPARE(canvas.tool(), ToolKind::Brush);
        studio_->press(Qt::Key_Q);
        QCOMPARE(canvas.tool(), ToolKind::Eraser);
        for (const auto& [key, kind] :
             {std::pair{Qt::Key_G, ToolKind::Polygon}, std::pair{Qt::Key_U, ToolKind::Fill}}) {
            studio_->press(key);
            QCOMPARE(canvas.tool(), kind);
        }
        studio_->press(Qt::Key_G, Qt::ShiftModifier);
        QCOMPARE(canvas.tool(), ToolKind::Lasso);
    }

    void keysThatAreTakenAreRefused() {
        const QString taken = registry().setKeys("loop", {QKeySequence("Ctrl+Z")});
        QCOMPARE(taken, "Undo");
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
        QVERIFY(registry().changedKeys().empty());
    }

    void changedKeysWorkAndAreKept() {
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        Settings settings;
        settings.attach(studio_->window());
        changeByDialog("Loop", Qt::Key_G, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(registry().keysText("loop"), "Ctrl+Alt+G");
        QVERIFY(registry()["loop"].toolTip().contains("Ctrl+Alt+G"));
        dialog()->close();
        QVERIFY(studio_->show());
        const LoopMode before = studio_->session().playhead().loop();
        studio_->press(Qt::Key_L, Qt::ControlModifier);
        QCOMPARE(studio_->session().playhead().loop(), before);
        studio_->press(Qt::Key_G, Qt::ControlModifier | Qt::AltModifier);
        QVERIFY(studio_->session().playhead().loop() != before);

        // Another start of the program.
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        Settings again;
        again.attach(studio_->window());
        QCOMPARE(registry().keysText("loop"), "Ctrl+Alt+G");
        QCOMPARE(registry().keysText("open"), "Ctrl+O");
        registry().resetKeys();
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
        QVERIFY(QSettings().allKeys().filter("keys/").isEmpty());
    }

    void twoCommandsMayExchangeKeys() {
        registry().restoreKeys({{"loop", "Ctrl+W"}, {"close", "Ctrl+L"}, {"gone", "F9"}});
        QCOMPARE(registry().keysText("loop"), "Ctrl+W");
        QCOMPARE(registry().keysText("close"), "Ctrl+L");
        registry().restoreKeys(registry().changedKeys());
        QCOMPARE(registry().keysText("loop"), "Ctrl+W");
    }

    void theDialogSaysWhichCommandHasAKey() {
        changeByDialog("Loop", Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
        const QString note = dialog()->findChild<QLabel*>("shortcutsNote")->text();
        QVERIFY2(note.contains("Ctrl+Z") && note.contains("Undo"), qPrintable(note));
    }

    void aModifierAloneAndAnotherPlaceKeepKeys() {
        beginEditing("Loop");
        QTest::keyPress(editor(), Qt::Key_Control, Qt::ControlModifier);
        QTest::keyRelease(editor(), Qt::Key_Control);
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
        QTest::keyClick(editor(), Qt::Key_Escape);
        QTRY_VERIFY(editor() == nullptr);
        beginEditing("Loop");
        dialog()->findChild<QLineEdit*>("shortcutsFilter")->setFocus();
        QTRY_VERIFY(editor() == nullptr);
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
        beginEditing("Undo");
    }

    void keysThatALaterVersionTookFallBackToTheDefaults() {
        registry().restoreKeys({{"loop", "Ctrl+O"}});
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
        QCOMPARE(registry().keysText("open"), "Ctrl+O");
    }

    void backspaceRemovesAndEscapeKeepsKeys() {
        beginEditing("Loop");
        QTest::keyClick(editor(), Qt::Key_Escape);
        QTRY_VERIFY(editor() == nullptr);
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
        QVERIFY(dialog()->isVisible());
        beginEditing("Loop");
        QTest::keyClick(editor(), Qt::Key_Backspace);
        QCOMPARE(registry().keysText("loop"), QString());
        QTest::mouseClick(dialog()->findChild<QPushButton*>("shortcutsReset"), Qt::LeftButton);
        QCOMPARE(registry().keysText("loop"), "Ctrl+L");
    }

private:
    [[nodiscard]] CommandRegistry& registry() { return studio_->window().commands(); }
    [[nodiscard]] QDialog* dialog() {
        return studio_->window().findChild<QDialog*>("shortcutsDialog");
    }
    [[nodiscard]] QKeySequenceEdit* editor() {
        return dialog()->findChild<QKeySequenceEdit*>("shortcutsEditor");
    }

    void beginEditing(const QString& text) {
        if (dialog() == nullptr) registry()["shortcuts"].trigger();
        QVERIFY(QTest::qWaitForWindowExposed(dialog()));
        dialog()->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(dialog()));
        auto* list = dialog()->findChild<QTreeWidget*>("shortcutsList");
        const auto rows = list->findItems(text, Qt::MatchExactly | Qt::MatchRecursive);
        QCOMPARE(rows.size(), 1);
        list->scrollToItem(rows.front());
        const QPoint at = list->visualItemRect(rows.front()).center();
        // A double click is a click before it.
        QTest::mouseClick(list->viewport(), Qt::LeftButton, {}, at);
        QTest::mouseDClick(list->viewport(), Qt::LeftButton, {}, at);
        QVERIFY(editor() != nullptr);
    }

    void changeByDialog(const QString& text, Qt::Key key, Qt::KeyboardModifiers modifiers) {
        beginEditing(text);
        QTest::keyClick(editor(), key, modifiers);
        // The editor waits for further keys of a sequence.
        QTRY_VERIFY_WITH_TIMEOUT(editor() == nullptr, kPatienceMs);
    }

    QTemporaryDir settings_;
    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestCommands>(argc, argv); }
#include "test_commands.moc"
