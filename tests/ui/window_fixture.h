#pragma once

#include <QApplication>
#include <QSurfaceFormat>
#include <QtTest>
#include <memory>
#include <utility>

#include "tests/viewer/session_fixture.h"
#include "ui/main_window.h"
#include "ui/theme.h"
#include "viewer/canvas/canvas_widget.h"

namespace mcj::test {

/// Generous: software GL and a loaded machine take their time, and waiting ends with the event.
constexpr int kPatienceMs = 60'000;

/// The real window on a session of its own, driven by mouse and keys, as a person does.
class StudioWindow {
public:
    explicit StudioWindow(std::unique_ptr<Session> session)
        : session_(std::move(session)), window_(std::make_unique<MainWindow>(*session_)) {
        window_->resize(1280, 800);
    }

    [[nodiscard]] Session& session() { return *session_; }
    [[nodiscard]] MainWindow& window() { return *window_; }

    /// On screen and with the keyboard. Returns whether it got there.
    [[nodiscard]] bool show() {
        window_->show();
        if (!QTest::qWaitForWindowExposed(window_.get())) return false;
        window_->activateWindow();
        return QTest::qWaitForWindowActive(window_.get());
    }

    /// Shows the window and opens the fixture's video in it, with everything on screen computed.
    /// Returns whether it got there.
    [[nodiscard]] bool showVideo(const SessionFixture& fixture) {
        if (!show()) return false;
        window_->open(fixture.video());
        return shows("clip.mkv") && SessionFixture::settle(*session_);
    }

    /// Waits until the file `name` is open, in the title and on the canvas.
    [[nodiscard]] bool shows(const QString& name) {
        return QTest::qWaitFor(
            [this, &name] {
                return session_->isOpen() && session_->frames().scanned() &&
                       window_->windowTitle().contains(name) && window_->canvas().isVisible();
            },
            kPatienceMs);
    }

    template <typename T>
    [[nodiscard]] T* find(const char* name) {
        T* found = window_->findChild<T*>(QLatin1String(name));
        if (found == nullptr) qFatal("there is no %s", name);
        return found;
    }

    /// To the picture, or to the window where none is shown.
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QWidget* to = window_.get();
        if (window_->canvas().isVisible()) to = &window_->canvas();
        QTest::keyClick(to, key, modifiers);
    }

private:
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;
};

/// The main function of a test of the window.
template <typename Test>
int runOnDisplay(int argc, char** argv) {
    // The dialogs of a desktop are windows of another program, out of a test's reach.
    QCoreApplication::setAttribute(Qt::AA_DontUseNativeDialogs);
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    QApplication app(argc, argv);
    applyTheme(app);
    Test test;
    return QTest::qExec(&test, argc, argv);
}

}  // namespace mcj::test
