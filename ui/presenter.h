#pragma once

#include <QObject>
#include <QPointer>

#include "viewer/session/session.h"

namespace mcj {

class CanvasWidget;
class MainWindow;

/// Shows the clip to an audience: bookmarks, the window without controls, and a second window with
/// the picture alone. GUI thread.
class Presenter : public QObject {
    Q_OBJECT
public:
    /// Both outlive it.
    Presenter(Session& session, MainWindow& window);
    ~Presenter() override;

    // Bookmarks ---------------------------------------------------------------------------------
    /// Remembers frame, layers, arrangement and the shown part of the picture.
    void addBookmark();
    void show(std::size_t bookmark);
    /// The next (1) or the previous (-1) bookmark. Returns whether there are bookmarks.
    bool step(int by);

    // The window --------------------------------------------------------------------------------
    /// Full screen, large text, no menus, panels or bars, and the captions of bookmarks.
    void setPresenting(bool presenting);
    [[nodiscard]] bool presenting() const noexcept { return presenting_; }
    /// A window with the same picture, without controls; on another screen if there is one.
    void setSecondWindow(bool shown);
    [[nodiscard]] bool secondWindow() const noexcept { return !second_.isNull(); }

Q_SIGNALS:
    /// `presenting` or `secondWindow` differs.
    void changed();

private:
    void follow();
    void showCaption();

    Session& session_;
    MainWindow& window_;
    QPointer<QWidget> second_;
    CanvasWidget* secondCanvas_ = nullptr;  ///< valid while `second_` is
    bool presenting_ = false;
    bool wasMaximized_ = false;
};

}  // namespace mcj
