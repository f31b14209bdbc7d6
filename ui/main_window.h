#pragma once

#include <QMainWindow>
#include <QStringList>

#include "ui/panel_set.h"
#include "viewer/session/session.h"

class QDockWidget;
class QMenu;
class QStackedWidget;
class QToolBar;

namespace mcj {

class CanvasWidget;
class CommandRegistry;
class InspectorDock;
class KeyPointer;
class LayersDock;
class LiveCanvas;
class MessageBar;
class Presenter;
class WelcomePage;

/// The window: places panels, menus and toolbar. What commands do is in ui/commands.
class MainWindow : public QMainWindow {
    Q_OBJECT
public:
    explicit MainWindow(Session& session, QWidget* parent = nullptr);
    ~MainWindow() override;

    [[nodiscard]] CanvasWidget& canvas() noexcept { return *canvas_; }
    [[nodiscard]] KeyPointer& keyPointer() noexcept { return *keyPointer_; }
    [[nodiscard]] CommandRegistry& commands() noexcept { return *commands_; }
    [[nodiscard]] LayersDock& layers() noexcept { return *layers_; }
    [[nodiscard]] Presenter& presenter() noexcept { return *presenter_; }

    void open(const QString& path);
    void setRecentFiles(const QStringList& paths);
    [[nodiscard]] const QStringList& recentFiles() const noexcept { return recent_; }
    /// The clip that ships with the program; empty where it is not there.
    void setSample(const QString& path);
    [[nodiscard]] const QString& sample() const noexcept { return sample_; }
    /// Where dialogs begin.
    void setFolder(const QString& path) { folder_ = path; }
    [[nodiscard]] const QString& folder() const noexcept { return folder_; }
    /// A failure or warning above the picture; an Info in the status bar.
    void say(const Notice& notice);
    void setPanelsVisible(bool visible);
    [[nodiscard]] bool panelsVisible() const noexcept { return panels_.visible(); }
    /// Menus, panels and bars: everything but the picture and notices.
    void setControlsVisible(bool visible);
    /// Opens the dock of this name, unless all panels are hidden.
    void showPanel(const char* name);
    /// The size of a first start on a screen of which `available` is free: the window fits, and
    /// panels are folded where they would leave no room for the picture.
    void placeOn(const QRect& available);

Q_SIGNALS:
    void recentFilesChanged(const QStringList& paths);

protected:
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void closeEvent(QCloseEvent* event) override;

private:
    /// Asks where changes would be lost.
    [[nodiscard]] bool mayClose();
    void buildCentre();
    void buildDocks();
    void buildMenus();
    void buildToolBar();
    QDockWidget* addDock(const char* name, const QString& title, QWidget* content,
                         Qt::DockWidgetArea area, PanelUse use = PanelUse::Document);
    [[nodiscard]] QWidget* buildBottom(QDockWidget& dock);
    void connectSession();
    void refresh();
    void showLivePlaces(bool live);
    void followLive();
    void settleNotices();
    void remember(const QString& path);

    Session& session_;
    CommandRegistry* commands_;
    CanvasWidget* canvas_;
    LiveCanvas* liveCanvas_;
    KeyPointer* keyPointer_;
    Presenter* presenter_;
    WelcomePage* welcome_;
    MessageBar* messages_;
    QStackedWidget* pages_;
    LayersDock* layers_;
    InspectorDock* inspector_;
    const Run* lastRun_ = nullptr;  ///< compared only
    QToolBar* toolBar_ = nullptr;
    QMenu* recentMenu_ = nullptr;
    PanelSet panels_;
    QWidget* timeline_ = nullptr;  ///< and, in its place, the bar of a live source
    QWidget* liveBar_ = nullptr;
    bool panelsBefore_ = true;  ///< they were visible before all controls were hidden
    QString sample_;
    QStringList recent_;
    QString folder_;
    QString opening_;
};

}  // namespace mcj
