#include "tests/soak/random_user.h"

#include <QAbstractButton>
#include <QAction>
#include <QApplication>
#include <QComboBox>
#include <QDir>
#include <QFileDialog>
#include <QLineEdit>
#include <QRegularExpression>
#include <QSlider>
#include <QTest>
#include <QToolButton>
#include <QWheelEvent>
#include <algorithm>
#include <array>
#include <utility>

#include "ui/command_registry.h"
#include "ui/export_dialog.h"
#include "ui/main_window.h"
#include "ui/presenter.h"
#include "ui/timeline_widget.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"

namespace mcj::soak {
namespace {

constexpr int kAnswerMs = 25;
/// Names of written files come around, so that a long run does not fill the disk.
constexpr int kNames = 24;
/// Commands that would end the run.
constexpr std::array kNotUsed{"quit"};

/// Dialogs that are filled in and accepted: where they write to, and their button.
struct Form {
    const char* dialog;
    const char* target;
    const char* button;
    const char* ending;
};
constexpr std::array<Form, 3> kForms{{{"exportDialog", "exportTarget", "exportOk", ""},
                                      {"tourDialog", "tourTarget", "tourOk", ".gif"},
                                      {"bundleDialog", "bundleTarget", "bundleOk", ""}}};

/// Those of `found` that a person could click.
template <typename T>
std::vector<T*> usable(const QList<T*>& found) {
    std::vector<T*> usable;
    for (T* widget : found) {
        if (widget->isVisible() && widget->isEnabled()) usable.push_back(widget);
    }
    return usable;
}

}  // namespace

RandomUser::RandomUser(MainWindow& window, Session& session, Files files, std::uint64_t seed)
    : window_(window), session_(session), files_(std::move(files)), random_(seed),
      answers_(seed + 1) {
    fillTable();
    for (const Action& action : table_) weights_ += action.weight;
    answering_.setInterval(kAnswerMs);
    connect(&answering_, &QTimer::timeout, this, &RandomUser::answer);
    answering_.start();
}

RandomUser::~RandomUser() = default;

void RandomUser::fillTable() {
    const auto command = [this](const char* id) {
        return [this, id] { window_.commands()[id].trigger(); };
    };
    table_ = {{"command", 30, [this] { runCommand(); }},
              {"open clip", 2, [this] { openClip(); }},
              {"drag on the picture", 12, [this] { dragOnCanvas(); }},
              {"click on the picture", 10, [this] { clickCanvas(); }},
              {"wheel", 8, [this] { turnWheel(); }},
              {"key", 14, [this] { pressKey(); }},
              {"drag on the timeline", 12, [this] { dragOnTimeline(); }},
              {"layer", 8, [this] { clickEye(); }},
              {"slider", 5, [this] { moveSlider(); }},
              {"button", 5, [this] { clickButton(); }},
              {"paint", 8, [this] { paint(); }},
              {"pin", 5, [this] { pin(); }},
              {"arrange views", 4, [this] { arrangeViews(); }},
              {"undo", 6, command("undo")},
              {"redo", 4, command("redo")},
              {"propagate", 2, command("propagate_forward")},
              {"stop", 2, command("stop")},
              {"present", 1, command("present")},
              {"export", 2, [this] { exportFrame(); }}};
}

const char* RandomUser::act() {
    // A person cannot reach the window behind it either.
    if (QApplication::activeModalWidget() != nullptr) return "wait for a dialog";
    if (!session_.isOpen() && !session_.frames().isOpening() &&
        session_.live().state() == LiveState::Off && chance(1, 2)) {
        openClip();
        return "open clip";
    }
    int at = draw(weights_);
    for (const Action& action : table_) {
        at -= action.weight;
        if (at >= 0) continue;
        action.run();
        return action.name;
    }
    return "nothing";
}

int RandomUser::pauseMs() { return chance(1, 20) ? draw(1500) : draw(60); }

void RandomUser::calmDown() {
    session_.playhead().pause();
    session_.runs().stop();
    session_.live().stop();
    session_.timeline().ribbon.setFilling(RibbonFilling::Off);
    window_.presenter().setPresenting(false);
    window_.presenter().setSecondWindow(false);
}

int RandomUser::draw(int count) {
    return std::uniform_int_distribution<int>(0, std::max(0, count - 1))(random_);
}

QPoint RandomUser::placeIn(QSize size) { return {draw(size.width()), draw(size.height())}; }

QString RandomUser::newName(const QString& ending) {
    // That one may be in use, so it is never removed.
    if (ending == QLatin1String(".mcjepa")) {
        return QStringLiteral("%1/project %2%3").arg(files_.folder).arg(++projects_).arg(ending);
    }
    names_ = (names_ + 1) % kNames;
    const QString name = QStringLiteral("%1/made %2%3").arg(files_.folder).arg(names_).arg(ending);
    if (session_.runs().run() == nullptr) {
        QFile::remove(name);
        QDir(name).removeRecursively();
    }
    return name;
}

// Actions ----------------------------------------------------------------------------------------

void RandomUser::runCommand() {
    const auto& commands = window_.commands().commands();
    const Command& command =
        commands[static_cast<std::size_t>(draw(static_cast<int>(commands.size())))];
    if (std::find(kNotUsed.begin(), kNotUsed.end(), command.id) != kNotUsed.end()) return;
    window_.commands()[command.id].trigger();
}

void RandomUser::openClip() {
    window_.open(files_.clips[draw(static_cast<int>(files_.clips.size()))]);
}

void RandomUser::dragOnCanvas() {
    CanvasWidget& canvas = window_.canvas();
    if (!canvas.isVisible()) return;
    static const std::vector<Qt::MouseButton> kButtons{Qt::LeftButton, Qt::LeftButton,
                                                       Qt::LeftButton, Qt::MiddleButton};
    static const std::vector<Qt::KeyboardModifiers> kModifiers{
        {}, {}, {}, Qt::AltModifier, Qt::ControlModifier, Qt::ShiftModifier};
    const Qt::MouseButton button = oneOf(kButtons);
    const Qt::KeyboardModifiers modifiers = oneOf(kModifiers);
    QTest::mousePress(&canvas, button, modifiers, placeIn(canvas.size()));
    for (int i = draw(12); i >= 0; --i) {
        QTest::mouseMove(&canvas, placeIn(canvas.size()));
        QCoreApplication::processEvents();
    }
    // Sometimes it is given up.
    if (chance(1, 8)) QTest::keyClick(&canvas, Qt::Key_Escape);
    QTest::mouseRelease(&canvas, button, modifiers, placeIn(canvas.size()));
}

void RandomUser::clickCanvas() {
    CanvasWidget& canvas = window_.canvas();
    if (!canvas.isVisible()) return;
    const QPoint at = placeIn(canvas.size());
    QTest::mouseMove(&canvas, at);
    if (chance(1, 10)) {
        QTest::mouseDClick(&canvas, Qt::LeftButton, {}, at);
        QTest::mouseRelease(&canvas, Qt::LeftButton, {}, at);
    } else {
        const bool adds = chance(1, 4);
        QTest::mouseClick(&canvas, Qt::LeftButton,
                          adds ? Qt::KeyboardModifiers(Qt::ShiftModifier) : Qt::KeyboardModifiers(),
                          at);
    }
}

void RandomUser::turnWheel() {
    CanvasWidget& canvas = window_.canvas();
    if (!canvas.isVisible()) return;
    constexpr int kNotch = 120;  // eighths of a degree, as Qt defines it
    const QPoint at = placeIn(canvas.size());
    const QPoint turned(0, chance(1, 2) ? kNotch : -kNotch);
    QWheelEvent wheel(at, canvas.mapToGlobal(QPointF(at)), {}, turned, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&canvas, &wheel);
}

void RandomUser::pressKey() {
    static const std::vector<Qt::Key> kKeys{
        Qt::Key_Left,   Qt::Key_Right,  Qt::Key_Left,   Qt::Key_Right,    Qt::Key_Home,
        Qt::Key_End,    Qt::Key_Space,  Qt::Key_J,      Qt::Key_K,        Qt::Key_L,
        Qt::Key_V,      Qt::Key_P,      Qt::Key_E,      Qt::Key_G,        Qt::Key_S,
        Qt::Key_T,      Qt::Key_W,      Qt::Key_U,      Qt::Key_X,        Qt::Key_Return,
        Qt::Key_Escape, Qt::Key_Delete, Qt::Key_PageUp, Qt::Key_PageDown, Qt::Key_Backspace,
        Qt::Key_1,      Qt::Key_2,      Qt::Key_Plus,   Qt::Key_Minus,    Qt::Key_0};
    static const std::vector<Qt::KeyboardModifiers> kModifiers{{}, {}, {}, {}, Qt::ShiftModifier};
    QWidget* to = window_.canvas().isVisible() ? static_cast<QWidget*>(&window_.canvas())
                                               : static_cast<QWidget*>(&window_);
    QTest::keyClick(to, oneOf(kKeys), oneOf(kModifiers));
}

void RandomUser::dragOnTimeline() {
    auto* bar = window_.findChild<TimelineBar*>("timelineBar");
    if (bar == nullptr || !bar->isVisible() || !session_.isOpen()) return;
    QTest::mousePress(bar, Qt::LeftButton, {}, placeIn(bar->size()));
    for (int i = draw(10); i >= 0; --i) {
        QTest::mouseMove(bar, placeIn(bar->size()));
        QCoreApplication::processEvents();
    }
    QTest::mouseRelease(bar, Qt::LeftButton, {}, placeIn(bar->size()));
}

void RandomUser::clickEye() {
    const QRegularExpression eyes("^layer_visible_");
    const auto found = usable(window_.findChildren<QToolButton*>(eyes));
    if (!found.empty()) QTest::mouseClick(oneOf(found), Qt::LeftButton);
}

void RandomUser::moveSlider() {
    const auto found = usable(window_.findChildren<QSlider*>());
    if (found.empty()) return;
    QSlider* slider = oneOf(found);
    slider->setValue(slider->minimum() + draw(slider->maximum() - slider->minimum() + 1));
}

void RandomUser::clickButton() {
    const auto found = usable(window_.findChildren<QAbstractButton*>());
    if (!found.empty()) QTest::mouseClick(oneOf(found), Qt::LeftButton);
}

void RandomUser::paint() {
    window_.commands()["tool_brush"].trigger();
    dragOnCanvas();
}

void RandomUser::pin() {
    window_.commands()["tool_similarity"].trigger();
    clickCanvas();
}

void RandomUser::arrangeViews() {
    static const std::vector<const char*> kCommands{"view_single", "view_single", "view_two",
                                                    "view_wipe",   "view_four",   "view_difference",
                                                    "view_flip",   "view_next"};
    window_.commands()[oneOf(kCommands)].trigger();
}

void RandomUser::exportFrame() {
    static const std::vector<const char*> kCommands{"export", "export_masks", "export_frame",
                                                    "export_tour"};
    window_.commands()[oneOf(kCommands)].trigger();
}

// Dialogs ----------------------------------------------------------------------------------------

void RandomUser::answer() {
    if (QWidget* popup = QApplication::activePopupWidget()) {
        popup->close();
        return;
    }
    QWidget* modal = QApplication::activeModalWidget();
    auto* dialog = qobject_cast<QDialog*>(modal);
    if (dialog == nullptr) {
        if (modal != nullptr) modal->close();
        // Those that are not modal, such as the list of shortcuts.
        for (QWidget* top : QApplication::topLevelWidgets()) {
            auto* open = qobject_cast<QDialog*>(top);
            if (open != nullptr && open->isVisible()) open->reject();
        }
        return;
    }
    // Looked at once, filled in the next time, and closed where it is still there: a file that
    // cannot be used is said inside of the dialog.
    constexpr const char* kTicks = "soakTicks";
    const int ticks = dialog->property(kTicks).toInt();
    dialog->setProperty(kTicks, ticks + 1);
    if (ticks == 0) return;
    if (ticks == 1 && qobject_cast<QFileDialog*>(dialog) != nullptr) {
        answerFiles(*dialog);
    } else if (ticks == 1 && fillIn(*dialog)) {
        return;
    } else if (ticks > 1) {
        dialog->reject();
    }
}

void RandomUser::answerFiles(QDialog& dialog) {
    auto& files = static_cast<QFileDialog&>(dialog);
    auto* name = files.findChild<QLineEdit*>("fileNameEdit");
    const bool refuses = std::uniform_int_distribution<int>(0, 1)(answers_) == 0;
    if (name == nullptr || refuses || files.fileMode() == QFileDialog::Directory) {
        dialog.reject();
        return;
    }
    QString chosen;
    const QString title = files.windowTitle();
    if (files.acceptMode() == QFileDialog::AcceptSave) {
        // The first ending that it offers.
        static const QRegularExpression ending("\\*(\\.\\w+)");
        chosen = newName(ending.match(files.nameFilters().join(' ')).captured(1));
    } else if (title.contains("flow")) {
        chosen = files_.truth;
    } else if (title.contains("ask")) {
        chosen = files_.mask;
    } else if (title == "Open video") {
        chosen = files_.clips.front();
    }
    if (chosen.isEmpty()) {
        dialog.reject();
        return;
    }
    name->setText(chosen);
    QTest::keyClick(name, Qt::Key_Return);
}

bool RandomUser::fillIn(QDialog& dialog) {
    for (const Form& form : kForms) {
        if (dialog.objectName() != QLatin1String(form.dialog)) continue;
        auto* target = dialog.findChild<QLineEdit*>(form.target);
        auto* button = dialog.findChild<QAbstractButton*>(form.button);
        QString ending = QLatin1String(form.ending);
        if (const auto* kind = dialog.findChild<QComboBox*>("exportKind")) {
            if (kind->currentIndex() == static_cast<int>(ExportKind::ShownFrame)) ending = ".png";
        }
        target->selectAll();
        QTest::keyClicks(target, newName(ending));
        // It may close only later, so it is not touched afterwards.
        if (button->isEnabled()) QTest::mouseClick(button, Qt::LeftButton);
        return true;
    }
    return false;
}

}  // namespace mcj::soak
