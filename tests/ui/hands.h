#pragma once

#include <QClipboard>
#include <QColor>
#include <QDir>
#include <QFileDialog>
#include <QImage>
#include <QLineEdit>
#include <QMenu>
#include <QMenuBar>
#include <QProcess>
#include <QTimer>
#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"

namespace mcj::test {

/// What a person does with mouse and keys in the window, and what is then seen in it.
class Hands {
public:
    explicit Hands(StudioWindow& studio) : studio_(studio) {}

    [[nodiscard]] CanvasWidget& canvas() { return studio_.window().canvas(); }
    [[nodiscard]] Session& session() { return studio_.session(); }

    /// Clicks the command's menu and then its entry, which is not in a submenu. Returns whether
    /// they were there.
    [[nodiscard]] bool choose(const char* id) {
        QAction* const wanted = &studio_.window().commands()[id];
        QMenuBar* bar = studio_.window().menuBar();
        for (QAction* top : bar->actions()) {
            QMenu* menu = top->menu();
            if (menu == nullptr || !menu->actions().contains(wanted)) continue;
            QTest::mouseClick(bar, Qt::LeftButton, {}, bar->actionGeometry(top).center());
            if (!QTest::qWaitForWindowExposed(menu)) return false;
            QTest::mouseClick(menu, Qt::LeftButton, {}, menu->actionGeometry(wanted).center());
            return true;
        }
        return false;
    }

    /// Does `act`, which brings up a dialog of files, and types `path` into it. Returns whether it
    /// came up and the window has the keyboard again; its event loop runs inside of `act`.
    template <typename Act>
    [[nodiscard]] bool answerFile(const QString& path, Act act) {
        bool typed = false;
        QTimer poll;
        poll.setInterval(10);
        QObject::connect(&poll, &QTimer::timeout, &poll, [&typed, &path] {
            auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            if (dialog == nullptr || !dialog->isVisible() || typed) return;
            typed = true;
            auto* name = dialog->findChild<QLineEdit*>("fileNameEdit");
            // Whole: letter by letter, completion writes as well.
            name->setText(path);
            QTest::keyClick(name, Qt::Key_Return);
            if (dialog->isVisible()) dialog->reject();
        });
        poll.start();
        act();
        return typed && takeKeyboard();
    }

    /// Without a window manager, a dialog that closes gives the keyboard to nobody. Returns whether
    /// the window has it.
    [[nodiscard]] bool takeKeyboard() {
        studio_.window().activateWindow();
        return QTest::qWaitForWindowActive(&studio_.window());
    }

    /// The place of a pixel of the picture on the canvas, in the box of the active view.
    [[nodiscard]] QPoint placeOf(PointPx pixel) {
        const auto tiles = canvas().tiles();
        PointPx corner{};
        for (const CanvasTile& tile : tiles) {
            if (tile.view == session().views().activeIndex()) corner = {tile.box.x0, tile.box.y0};
        }
        const ViewPos pos = canvas().view().viewFromImage(
            {static_cast<double>(pixel.x), static_cast<double>(pixel.y)});
        return {corner.x + static_cast<int>(pos.x), corner.y + static_cast<int>(pos.y)};
    }

    void clickPicture(PointPx pixel, Qt::KeyboardModifiers modifiers = {}) {
        QTest::mouseClick(&canvas(), Qt::LeftButton, modifiers, placeOf(pixel));
    }

    void dragOn(QWidget* widget, const std::vector<QPoint>& path) {
        QTest::mousePress(widget, Qt::LeftButton, {}, path.front());
        for (const QPoint& at : path) QTest::mouseMove(widget, at);
        QTest::mouseRelease(widget, Qt::LeftButton, {}, path.back());
    }

    /// How far the canvas is from the frame of the active view, in levels of 255: the median over
    /// a grid of pixels, so that texts and legends do not count. 255 without a picture.
    [[nodiscard]] double distanceToFrame() {
        const FramePtr& frame = session().view().frame();
        if (!frame) return 255.0;
        const QImage screen = canvas().grabFramebuffer();
        constexpr int kStep = 20;
        std::vector<double> distances;
        for (int y = kStep / 2; y < frame->size().height; y += kStep) {
            for (int x = kStep / 2; x < frame->size().width; x += kStep) {
                const QPoint at = placeOf({x, y}) * canvas().devicePixelRatioF();
                if (!screen.rect().contains(at)) continue;
                const QColor color = screen.pixelColor(at);
                const int sum = std::abs(color.red() - frame->rgb.at(y, x, 0)) +
                                std::abs(color.green() - frame->rgb.at(y, x, 1)) +
                                std::abs(color.blue() - frame->rgb.at(y, x, 2));
                distances.push_back(sum / 3.0);
            }
        }
        if (distances.empty()) return 255.0;
        const auto middle = distances.begin() + std::ssize(distances) / 2;
        std::nth_element(distances.begin(), middle, distances.end());
        return *middle;
    }

    /// The share of pixels of `part` (device pixels) whose colour differs visibly, 0..1.
    [[nodiscard]] static double changedShare(const QImage& a, const QImage& b, const QRect& part) {
        if (a.size() != b.size()) return 1.0;
        constexpr int kVisible = 12;
        qint64 changed = 0;
        for (int y = part.top(); y <= part.bottom(); ++y) {
            for (int x = part.left(); x <= part.right(); ++x) {
                const QRgb p = a.pixel(x, y);
                const QRgb q = b.pixel(x, y);
                const int most =
                    std::max({std::abs(qRed(p) - qRed(q)), std::abs(qGreen(p) - qGreen(q)),
                              std::abs(qBlue(p) - qBlue(q))});
                changed += most > kVisible ? 1 : 0;
            }
        }
        return static_cast<double>(changed) /
               (static_cast<double>(part.width()) * static_cast<double>(part.height()));
    }
    [[nodiscard]] static double changedShare(const QImage& a, const QImage& b) {
        return changedShare(a, b, a.rect());
    }

    /// Copies what is shown as a command by its keys and runs it in `folder`, with `more` at the
    /// end of the first command. Returns what went wrong, else nothing.
    [[nodiscard]] QString runCopied(const QString& folder, const QString& more) {
        if (!takeKeyboard()) return "the window has no keyboard";
        QGuiApplication::clipboard()->clear();
        studio_.press(Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
        QString line = QGuiApplication::clipboard()->text();
        if (!line.startsWith("mcjepa ")) return "copied: " + line;
        const qsizetype end = line.indexOf(" && ");
        line.insert(end < 0 ? line.size() : end, more);
        if (!QDir().mkpath(folder)) return "cannot make " + folder;
        QProcess shell;
        shell.setWorkingDirectory(folder);
        shell.setProcessChannelMode(QProcess::MergedChannels);
        shell.start("sh", {"-c", QStringLiteral("PATH=" MCJ_BIN_DIR ":$PATH; ") + line});
        if (!shell.waitForFinished(300'000)) return line + ": did not end";
        if (shell.exitStatus() == QProcess::NormalExit && shell.exitCode() == 0) return {};
        return line + ":\n" + QString::fromUtf8(shell.readAll());
    }

    /// Compares numbers of the window with those of a command. `mostOutside`: the share of values
    /// that may differ by more than 1e-3 (of the value, where it is above 1): where a map has
    /// jumps, the last bit of its inputs decides. Returns what differs, else nothing.
    [[nodiscard]] static QString differs(std::span<const float> ours, std::span<const float> theirs,
                                         double mostOutside = 0.0) {
        if (ours.size() != theirs.size() || ours.empty()) {
            return QStringLiteral("%1 values, but %2").arg(ours.size()).arg(theirs.size());
        }
        constexpr float kTolerance = 1e-3F;
        std::size_t outside = 0;
        float largest = 0.0F;
        for (std::size_t i = 0; i < ours.size(); ++i) {
            if (std::isnan(ours[i]) && std::isnan(theirs[i])) continue;
            const float distance = std::abs(ours[i] - theirs[i]);
            if (distance <= kTolerance * std::max(1.0F, std::abs(ours[i]))) continue;
            ++outside;
            largest = std::max(largest, distance);
        }
        if (static_cast<double>(outside) <= mostOutside * static_cast<double>(ours.size())) {
            return {};
        }
        return QStringLiteral("%1 of %2 values differ, by up to %3")
            .arg(outside)
            .arg(ours.size())
            .arg(static_cast<double>(largest));
    }

private:
    StudioWindow& studio_;
};

}  // namespace mcj::test
