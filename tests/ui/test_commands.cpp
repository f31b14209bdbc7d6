#include <QComboBox>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFile>
#include <QInputDialog>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMap>
#include <QPushButton>
#include <QRegularExpression>
#include <QSet>
#include <QSettings>
#include <QSpinBox>
#include <QToolButton>
#include <QTreeWidget>
#include <algorithm>
#include <cmath>

#include "app/settings.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/command_search.h"
#include "ui/key_map.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/clean_proposal.h"

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

    /// "**Menu > Command** (Key)" in the page for annotators: as in the program.
    void thePageForAnnotatorsNamesCommandsAsTheyAre() {
        QFile page(QStringLiteral(MCJ_SOURCE_DIR "/docs/annotating.md"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QString text = QString::fromUtf8(page.readAll()).simplified();
        QMap<QString, QString> keys;
        for (const Command& command : registry().commands()) {
            QString path = command.menu + " > ";
            if (!command.submenu.isEmpty()) path += command.submenu + " > ";
            // "&&" does not occur: every ampersand marks a letter.
            path += command.text;
            path.remove('&');
            keys[path] = registry().keysText(command.id).section(", ", 0, 0);
        }
        static const QRegularExpression kNamed(R"(\*\*([^*]+ > [^*]+)\*\*(?: \(([^)]+)\))?)");
        int named = 0;
        for (auto found = kNamed.globalMatch(text); found.hasNext(); ++named) {
            const QRegularExpressionMatch match = found.next();
            QVERIFY2(keys.contains(match.captured(1)), qPrintable(match.captured(1)));
            QVERIFY2(match.captured(2) == keys.value(match.captured(1)),
                     qPrintable(match.captured(0) + ": " + keys.value(match.captured(1))));
        }
        QVERIFY(named > 30);
    }

    void commandsNeedWhatTheyWorkOn() {
        QVERIFY(!registry()["play"].isEnabled());
        QVERIFY(registry()["open"].isEnabled());
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(registry()["play"].isEnabled());
        // There is no model.
        QVERIFY(!registry()["view_feature_levels"].isEnabled());
        QVERIFY(!registry()["view_flow_levels"].isEnabled());
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

    void keysMarkFramesAndObjectsAndWalkDoubtfulFrames() {
        openClip();
        Session& session = studio_->session();
        const auto* words = studio_->find<QLabel>("frameMaskState");
        const auto* list = studio_->find<QListWidget>("objectsList");
        studio_->press(Qt::Key_Y, Qt::ShiftModifier);
        QVERIFY(registry()["frame_doubtful"].isChecked());
        QVERIFY2(words->text().contains("doubtful"), qPrintable(words->text()));
        session.playhead().seek(4);
        QVERIFY(SessionFixture::settle(session));
        QVERIFY(!registry()["frame_doubtful"].isChecked());
        studio_->press(Qt::Key_D, Qt::ShiftModifier);
        const auto frame = StatusSubject::ofFrame(4);
        QVERIFY(session.projectTools().statusNotes.of(frame).status == WorkStatus::Done);
        // The same key again: open.
        studio_->press(Qt::Key_D, Qt::ShiftModifier);
        QVERIFY(session.projectTools().statusNotes.of(frame).blank());
        studio_->press(Qt::Key_D, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY2(list->item(0)->toolTip().contains("done"), qPrintable(list->item(0)->toolTip()));

        studio_->press(Qt::Key_T, Qt::ShiftModifier);
        auto* note = studio_->find<QInputDialog>("noteDialog");
        note->setTextValue("the left edge");
        note->accept();
        QCOMPARE(session.projectTools().statusNotes.of(frame).note, std::string("the left edge"));
        QVERIFY2(words->text().contains("left edge"), qPrintable(words->text()));

        QVERIFY(!registry()["next_doubtful"].isEnabled());
        QVERIFY(registry()["previous_doubtful"].isEnabled());
        registry()["previous_doubtful"].trigger();
        QTRY_COMPARE(session.playhead().current(), FrameIndex{0});
        session.projectTools().statusNotes.setStatus(StatusSubject::ofFrame(6),
                                                     WorkStatus::Doubtful);
        QVERIFY(studio_->show());
        studio_->press(Qt::Key_Y);
        QTRY_COMPARE(session.playhead().current(), FrameIndex{6});
    }

    void newObjectsAreChosenFromTheClasses() {
        openClip();
        Session& session = studio_->session();
        QVERIFY(!registry()["object_class"].isEnabled());
        session.projectTools().classes.fromJson(R"(["car", "tree"])");
        studio_->press(Qt::Key_Insert);
        auto* dialog = studio_->find<QInputDialog>("classDialog");
        dialog->setTextValue("tree");
        dialog->accept();
        QCOMPARE(session.masks().object(session.masks().activeObject())->name, std::string("tree"));
        QCOMPARE(studio_->window().canvas().tool(), ToolKind::Brush);
        QTRY_VERIFY(!studio_->window().findChild<QInputDialog*>("classDialog"));
        registry()["object_class"].trigger();
        dialog = studio_->find<QInputDialog>("classDialog");
        dialog->setTextValue("car");
        dialog->accept();
        QCOMPARE(session.masks().object(session.masks().activeObject())->name, std::string("car"));
        registry()["forget_classes"].trigger();
        QTRY_VERIFY(!studio_->window().findChild<QInputDialog*>("classDialog"));
        QTest::mouseClick(studio_->find<QToolButton>("object_add"), Qt::LeftButton);
        QCOMPARE(session.masks().objects().size(), std::size_t{3});
    }

    void framesOfViewsAreLinkedByACommand() {
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        const ViewSet& views = studio_->session().views();
        QVERIFY(registry()["link_frames"].isChecked());
        registry()["link_frames"].trigger();
        QVERIFY(!registry()["link_frames"].isChecked());
        QCOMPARE(views.frameLinking(), FrameLinking::Separate);
        registry()["link_frames"].trigger();
        QVERIFY(registry()["link_frames"].isChecked());
        QCOMPARE(views.frameLinking(), FrameLinking::Linked);
        registry()["link_places"].trigger();
        QVERIFY(!registry()["link_places"].isChecked());
        QVERIFY(views.placeLinking() == PlaceLinking::Separate);
        registry()["link_places"].trigger();
        QVERIFY(views.placeLinking() == PlaceLinking::Linked);
    }

    void keysGoToSuspiciousFrames() {
        openClip();
        Session& session = studio_->session();
        QVERIFY(!registry()["next_suspicious"].isEnabled());
        for (int t = 0; t < 8; ++t) {
            // The mask of frame 4 is that of another place.
            Mask mask(smallScene().mask(t));
            if (t == 4) std::ranges::reverse(mask.labels.values());
            session.masks().importMask(t, std::move(mask));
        }
        QCOMPARE(registry()["next_suspicious"].shortcut(), QKeySequence("N"));
        QCOMPARE(registry()["previous_suspicious"].shortcut(), QKeySequence("Shift+N"));
        QCOMPARE(registry()["new_object"].shortcut(), QKeySequence("Ins"));
        registry()["show_reviews"].trigger();
        QVERIFY(SessionFixture::settle(session));
        const auto& reviews = session.timeline().reviews.reviews();
        session.timeline().reviews.setThreshold(
            std::min(reviews.at(4).score(), reviews.at(5).score()));
        session.playhead().seek(0);
        registry()["next_suspicious"].trigger();
        QCOMPARE(session.playhead().current(), FrameIndex(4));
        registry()["next_suspicious"].trigger();
        QCOMPARE(session.playhead().current(), FrameIndex(5));
        registry()["next_suspicious"].trigger();  // there is none
        QCOMPARE(session.playhead().current(), FrameIndex(5));
        registry()["previous_suspicious"].trigger();
        QCOMPARE(session.playhead().current(), FrameIndex(4));
        const double before = session.timeline().reviews.threshold();
        registry()["more_suspicious"].trigger();
        QVERIFY(session.timeline().reviews.threshold() < before);
        registry()["less_suspicious"].trigger();
        QVERIFY(std::abs(session.timeline().reviews.threshold() - before) < 1e-9);
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

    void aCleanedMaskIsShownBeforeItIsKept() {
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        Session& session = studio_->session();
        QTRY_VERIFY(session.document().ready());
        QVERIFY(!registry()["clean_mask"].isEnabled());
        Mask mask(smallScene().mask(0));
        const Mask clean = mask;
        for (int x = 2; x < 6; ++x) mask.labels.at(2, x) = 1;
        session.masks().importMask(0, mask);
        session.masks().setActiveObject(1);
        registry()["clean_mask"].trigger();
        auto* dialog = studio_->find<QDialog>("cleanDialog");
        QTRY_VERIFY(session.masks().preview());
        QVERIFY(*session.mask() == clean);
        studio_->find<QSpinBox>("cleanLeast")->setValue(4);
        QTRY_VERIFY(!session.masks().preview() && !session.maskTools().proposals.busy());
        QVERIFY(*session.mask() == mask);
        studio_->find<QSpinBox>("cleanLeast")->setValue(5);
        QTRY_VERIFY(session.masks().preview() && !session.maskTools().proposals.busy());
        dialog->reject();
        QVERIFY(!session.masks().preview());
        const std::size_t steps = session.document().log().size();
        // The picture has the keys of a preview, with any tool.
        proposeCleanUp(session.maskTools().proposals, session.masks(), {});
        QTRY_VERIFY(registry()["accept_preview"].isEnabled());
        studio_->press(Qt::Key_Escape);
        QVERIFY(!session.masks().preview());
        QVERIFY(!registry()["accept_preview"].isEnabled());
        QCOMPARE(session.document().log().size(), steps);
        proposeCleanUp(session.maskTools().proposals, session.masks(), {});
        QTRY_VERIFY(session.masks().preview());
        studio_->press(Qt::Key_Return);
        QVERIFY(*session.masks().track().mask(0) == clean);
        QCOMPARE(session.document().log().size(), steps + 1);
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

    void theSearchPrefersStartsOfWords() {
        QVERIFY(searchScore("Play backwards", "back"));
        QVERIFY(searchScore("Play backwards", "PLAY ba"));
        QVERIFY(searchScore("Play backwards", "plbw"));
        QVERIFY(!searchScore("Play backwards", "plbw", SearchLetters::Together));
        QVERIFY(!searchScore("Play backwards", "play forward"));
        QVERIFY(*searchScore("Frame back", "back") > *searchScore("Feedback", "back"));
        QVERIFY(*searchScore("Feedback", "back") > *searchScore("Brushes and ink", "bak"));
    }

    void thePaletteFindsAndRunsCommands() {
        openClip();
        studio_->press(Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
        auto* palette = studio_->find<QDialog>("commandPalette");
        auto* field = palette->findChild<QLineEdit*>("paletteField");
        auto* list = palette->findChild<QTreeWidget*>("paletteList");
        QCOMPARE(list->topLevelItemCount(), int(registry().commands().size()));
        // What is not possible now comes last and is not run.
        const auto* last = list->topLevelItem(list->topLevelItemCount() - 1);
        QVERIFY(last->isDisabled() && !list->topLevelItem(0)->isDisabled());
        QTest::keyClicks(field, "wipe");
        QVERIFY(list->currentItem());
        QCOMPARE(list->currentItem()->text(0), "Wipe");
        QCOMPARE(list->currentItem()->text(1), registry().keysText("view_wipe"));
        QTest::keyClick(field, Qt::Key_Return);
        QTRY_COMPARE(studio_->session().views().arrangement(), Arrangement::Wipe);
        QTRY_VERIFY(!studio_->window().findChild<QDialog*>("commandPalette"));

        registry()["find_command"].trigger();
        field = studio_->find<QLineEdit>("paletteField");
        list = studio_->find<QTreeWidget>("paletteList");
        QTest::keyClicks(field, "frame");
        const QString first = list->currentItem()->text(0);
        QTest::keyClick(field, Qt::Key_Down);
        QVERIFY(list->currentItem()->text(0) != first);
        QTest::keyClicks(field, " qqzz");
        QCOMPARE(list->topLevelItemCount(), 0);
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(studio_->find<QDialog>("commandPalette")->isVisible());
        QTest::keyClick(field, Qt::Key_Escape);
        QTRY_VERIFY(!studio_->window().findChild<QDialog*>("commandPalette"));
    }

    void keyMapsHaveNoConflicts() {
        std::size_t keysBefore = 0;
        for (const QAction* action : registry().actions()) {
            keysBefore += action->shortcuts().isEmpty() ? 0 : 1;
        }
        for (const KeyMap& map : keyMaps()) {
            applyKeyMap(map, registry());
            // Keys that another command has would have been refused.
            QVERIFY2(registry().changedKeys() == map.keys, qPrintable(map.id));
            QCOMPARE(currentKeyMap(registry()), map.id);
            std::size_t keys = 0;
            for (const QAction* action : registry().actions()) {
                keys += action->shortcuts().isEmpty() ? 0 : 1;
            }
            QCOMPARE(keys, keysBefore);
        }
    }

    void aKeyMapIsChosenAndKept() {
        openClip();
        Settings settings;
        settings.attach(studio_->window());
        registry()["shortcuts"].trigger();
        auto* maps = dialog()->findChild<QComboBox*>("shortcutsMap");
        QCOMPARE(maps->currentData().toString(), "studio");
        const int cvat = maps->findData("cvat");
        maps->setCurrentIndex(cvat);
        Q_EMIT maps->activated(cvat);
        QCOMPARE(registry().keysText("step_forward"), "F, Right, .");
        QVERIFY(registry().setKeys("loop", {QKeySequence("Ctrl+Alt+G")}).isEmpty());
        QCOMPARE(maps->currentData().toString(), QString());
        QVERIFY(registry().setKeys("loop", {QKeySequence("Ctrl+L")}).isEmpty());
        QCOMPARE(maps->currentData().toString(), "cvat");
        dialog()->close();
        QVERIFY(studio_->show());
        studio_->press(Qt::Key_F);
        QTRY_COMPARE(studio_->session().playhead().current(), FrameIndex{1});
        QVERIFY(studio_->session().runs().run() == nullptr);

        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        Settings again;
        again.attach(studio_->window());
        QCOMPARE(currentKeyMap(registry()), "cvat");
    }

    void preferencesAreChosenInADialogAndKept() {
        {
            Settings settings;
            settings.keepPreferences(studio_->session());
            studio_->session().preferences().begin(Settings::preferences(), {.device = "cpu"});
            studio_->press(Qt::Key_Comma, Qt::ControlModifier);
            auto* dialog = studio_->find<QDialog>("preferencesDialog");
            QVERIFY(QTest::qWaitForWindowExposed(dialog));
            // Given on the command line.
            QVERIFY(!dialog->findChild<QComboBox*>("preferredDevice")->isEnabled());
            QVERIFY(dialog->findChild<QLabel*>("memoryUse")->text().contains("of 512 MiB"));
            auto* side = dialog->findChild<QSpinBox*>("preferredMaxSide");
            auto* ok = dialog->findChild<QDialogButtonBox*>()->button(QDialogButtonBox::Ok);
            side->setValue(3);
            QVERIFY(!ok->isEnabled());
            QVERIFY(dialog->findChild<QLabel*>("preferencesProblem")->isVisible());
            side->setValue(640);
            QVERIFY(ok->isEnabled());
            dialog->findChild<QSpinBox*>("preferredFrameMemory")->setValue(256);
            const auto choose = [dialog](const char* name, const QString& text) {
                auto* box = dialog->findChild<QComboBox*>(name);
                box->setCurrentIndex(box->findText(text));
                QCOMPARE(box->currentText(), text);
            };
            choose("preferredWheel", "Colour-blind safe");
            choose("preferredFlow", "OpenCV DIS");
            choose("preferredPropagation", "Copy unchanged");
            QTest::mouseClick(ok, Qt::LeftButton);
            QVERIFY(!dialog->isVisible());
        }
        QCOMPARE(studio_->session().view().engine().options.maxSidePx, 640);
        QCOMPARE(studio_->session().view().engine().options.device, std::string("cpu"));
        QCOMPARE(studio_->session().preferences().memory().frameBudget, std::size_t{256} << 20);
        // The next start.
        studio_ = std::make_unique<StudioWindow>(std::make_unique<Session>(fixture_->options()));
        Session& session = studio_->session();
        Settings::restoreMethods(session);
        session.preferences().begin(Settings::preferences(), {});
        QCOMPARE(session.view().engine().options.maxSidePx, 640);
        QCOMPARE(session.view().engine().options.device, std::string("auto"));
        QCOMPARE(session.preferences().memory().frameBudget, std::size_t{256} << 20);
        QCOMPARE(session.view().layers().layer(kFlowLayer).flow().wheel, FlowWheel::VisionSafe);
        QCOMPARE(session.view().flowProvider(), std::string(kDisFlow));
        QCOMPARE(session.propagation().options().method, PropagationMethod::Identity);
    }

private:
    void openClip() {
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(SessionFixture::settle(studio_->session()));
    }
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
