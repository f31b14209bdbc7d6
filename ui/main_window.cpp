#include "ui/main_window.h"

#include <QCloseEvent>
#include <QDir>
#include <QDockWidget>
#include <QDragEnterEvent>
#include <QFileInfo>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QMenuBar>
#include <QMessageBox>
#include <QMimeData>
#include <QPushButton>
#include <QStackedWidget>
#include <QStatusBar>
#include <QToolBar>
#include <QToolButton>
#include <QVBoxLayout>
#include <algorithm>

#include "ui/accuracy_dock.h"
#include "ui/bookmarks_dock.h"
#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/flow_method_box.h"
#include "ui/inspector_dock.h"
#include "ui/layers_dock.h"
#include "ui/live_bar.h"
#include "ui/map_strip.h"
#include "ui/message_bar.h"
#include "ui/objects_dock.h"
#include "ui/presenter.h"
#include "ui/run_status.h"
#include "ui/screen_fit.h"
#include "ui/theme.h"
#include "ui/timeline_widget.h"
#include "ui/welcome_page.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/canvas/key_pointer.h"
#include "viewer/canvas/live_canvas.h"

namespace mcj {
namespace {

constexpr int kSideWidth = 268;
constexpr qsizetype kMostRecent = 12;
constexpr QSize kFirstSize{1400, 880};
constexpr QSize kLeastSize{560, 300};
/// Below, the picture needs the room of the strip of maps, or of one of two columns of panels.
constexpr int kHeightForStrip = 700;
constexpr int kWidthForTwoColumns = 900;

// With a layout its size hint is 0 x 0. Without one it is -1 x -1, and the dock is one pixel lower
// than its content.
void hideTitle(QDockWidget& dock) {
    auto* nothing = new QWidget(&dock);
    (new QHBoxLayout(nothing))->setContentsMargins(0, 0, 0, 0);
    dock.setTitleBarWidget(nothing);
}

}  // namespace

MainWindow::MainWindow(Session& session, QWidget* parent)
    : QMainWindow(parent), session_(session), commands_(new CommandRegistry(this)),
      folder_(QDir::homePath()) {
    setObjectName("mainWindow");
    setWindowTitle(tr("MC-JEPA Studio"));
    setWindowIcon(QIcon(":/icons/mcjepa-studio.svg"));
    setAcceptDrops(true);
    setMinimumSize(kLeastSize);
    addCommands(*commands_, session, *this);
    addActions(commands_->actions());
    buildCentre();
    buildDocks();
    buildMenus();
    buildToolBar();
    auto* status = new RunStatus(session, this);
    statusBar()->setSizeGripEnabled(false);
    statusBar()->setObjectName("statusBar");
    statusBar()->addPermanentWidget(status);
    connect(status, &RunStatus::pauseRequested, &(*commands_)["propagation_pause"],
            &QAction::trigger);
    connect(status, &RunStatus::stopRequested, &(*commands_)["stop"], &QAction::trigger);
    connect(welcome_, &WelcomePage::openRequested, this, &MainWindow::open);
    connect(canvas_, &CanvasWidget::hovered, inspector_, &InspectorDock::setPixel);
    connect(canvas_, &CanvasWidget::noticed, this, &MainWindow::say);
    connect(liveCanvas_, &LiveCanvas::noticed, this, &MainWindow::say);
    connectSession();
    refresh();
    placeOn(availableFor(*this));
}

void MainWindow::connectSession() {
    connect(&session_, &Session::noticed, this, &MainWindow::say);
    connect(&session_.runs(), &RunSlot::changed, this, &MainWindow::settleNotices);
    connect(&session_.document(), &Document::saveStateChanged, this, [this] {
        if (session_.document().saveState() != Document::SaveState::Saved) return;
        messages_->settle(Notice::Topic::Saving);
    });
    connect(&session_.frames(), &FrameProvider::readAgain, this,
            [this] { messages_->settle(Notice::Topic::Reading); });
    connect(&session_, &Session::leaving, messages_, &MessageBar::clear);
    connect(&session_, &Session::opened, this, [this] { remember(opening_); });
    connect(&session_, &Session::changed, this, &MainWindow::refresh);
    connect(&session_, &Session::opened, this, &MainWindow::refresh);
    connect(&session_, &Session::closed, this, &MainWindow::refresh);
    connect(&session_, &Session::closed, this, [this] { welcome_->setOpening({}); });
    connect(&session_.live(), &LiveView::changed, this, &MainWindow::followLive);
    // What was to be opened is open, or nobody waits for it any more.
    const auto settleOpening = [this] { messages_->settle(Notice::Topic::Opening); };
    connect(&session_, &Session::opened, this, settleOpening);
    connect(&session_.live(), &LiveView::started, this, settleOpening);
    connect(&(*commands_)["live_stop"], &QAction::triggered, this, settleOpening);
    const auto refreshCommands = [this] { commands_->refresh(); };
    connect(&session_, &Session::changed, commands_, refreshCommands);
    connect(&session_.playhead(), &Playhead::playbackChanged, commands_, refreshCommands);
    connect(&session_.runs(), &RunSlot::changed, commands_, refreshCommands);
    connect(&session_.document(), &Document::logChanged, commands_, refreshCommands);
    connect(canvas_, &CanvasWidget::toolChanged, commands_, refreshCommands);
    connect(&session_.views(), &ViewSet::arranged, commands_, refreshCommands);
    connect(presenter_, &Presenter::changed, commands_, refreshCommands);
    connect(keyPointer_, &KeyPointer::changed, commands_, refreshCommands);
    connect(&session_.timeline().bookmarks, &Bookmarks::changed, commands_, refreshCommands);
    connect(&session_.maskTools().propagationReview, &PropagationReview::changed, commands_,
            refreshCommands);
    commands_->refresh();
}

MainWindow::~MainWindow() = default;

void MainWindow::buildCentre() {
    welcome_ = new WelcomePage(*commands_, this);
    canvas_ = new CanvasWidget(session_, this);
    canvas_->setObjectName("canvas");
    canvas_->setAccessibleName(tr("Picture"));
    canvas_->setMinimumSize(200, 110);
    keyPointer_ = new KeyPointer(session_, *canvas_);
    liveCanvas_ = new LiveCanvas(session_, this);
    liveCanvas_->setAccessibleName(tr("Live picture"));
    liveCanvas_->setMinimumSize(200, 110);
    pages_ = new QStackedWidget(this);
    auto* welcome = new ScrollingContent(welcome_, this);
    pages_->addWidget(welcome);
    pages_->addWidget(canvas_);
    pages_->addWidget(liveCanvas_);
    setCentralWidget(pages_);
    presenter_ = new Presenter(session_, *this);
    messages_ = new MessageBar(pages_);
}

QDockWidget* MainWindow::addDock(const char* name, const QString& title, QWidget* content,
                                 Qt::DockWidgetArea area, PanelUse use) {
    auto* dock = new QDockWidget(title, this);
    dock->setObjectName(QLatin1String(name));
    dock->setFeatures(QDockWidget::DockWidgetMovable | QDockWidget::DockWidgetClosable);
    auto* scroll = new ScrollingContent(content, dock);
    scroll->setMinimumWidth(std::max(kSideWidth, scroll->minimumSizeHint().width()));
    dock->setWidget(scroll);
    addDockWidget(area, dock);
    panels_.add(*dock, use);
    return dock;
}

// A live source has no timeline: its bar takes the place. One of the two is hidden, so that the
// dock is as tall as the other.
QWidget* MainWindow::buildBottom(QDockWidget& dock) {
    auto* bottom = new QWidget(&dock);
    timeline_ = new TimelineWidget(session_, *commands_, bottom);
    liveBar_ = new LiveBar(session_, *commands_, bottom);
    liveBar_->hide();
    auto* column = new QVBoxLayout(bottom);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(0);
    column->setSizeConstraint(QLayout::SetMinAndMaxSize);
    column->addWidget(timeline_);
    column->addWidget(liveBar_);
    return bottom;
}

void MainWindow::buildDocks() {
    setCorner(Qt::BottomLeftCorner, Qt::BottomDockWidgetArea);
    setCorner(Qt::BottomRightCorner, Qt::BottomDockWidgetArea);
    layers_ = new LayersDock(session_, this);
    inspector_ = new InspectorDock(session_, this);
    addDock("layersDock", tr("Layers"), layers_, Qt::LeftDockWidgetArea, PanelUse::Always);
    auto* inspector =
        addDock("inspectorDock", tr("Values at the pointer"), inspector_, Qt::RightDockWidgetArea);
    auto* objects = addDock("objectsDock", tr("Objects"),
                            new ObjectsDock(session_, *commands_, this), Qt::RightDockWidgetArea);
    resizeDocks({inspector, objects}, {250, 300}, Qt::Vertical);
    // Of use only with ground truth: loading it opens the panel.
    auto* accuracy = addDock("accuracyDock", tr("Accuracy"),
                             new AccuracyDock(session_, *commands_, this), Qt::RightDockWidgetArea);
    tabifyDockWidget(objects, accuracy);
    accuracy->hide();
    // Adding a bookmark opens it.
    auto* bookmarks = addDock("bookmarksDock", tr("Bookmarks"),
                              new BookmarksDock(session_, *presenter_, *commands_, this),
                              Qt::RightDockWidgetArea);
    tabifyDockWidget(objects, bookmarks);
    bookmarks->hide();
    auto* strip = new MapStrip(session_, this);
    auto* maps = new QDockWidget(tr("All maps"), this);
    maps->setObjectName("mapsDock");
    maps->setFeatures(QDockWidget::DockWidgetClosable);
    // The pictures say what they are: a title would only take height.
    hideTitle(*maps);
    maps->setWidget(strip);
    connect(strip, &MapStrip::chosen, layers_, &LayersDock::choose);
    panels_.add(*maps, PanelUse::Document);
    auto* timeline = new QDockWidget(tr("Timeline"), this);
    timeline->setObjectName("timelineDock");
    timeline->setFeatures(QDockWidget::NoDockWidgetFeatures);
    hideTitle(*timeline);
    timeline->setWidget(buildBottom(*timeline));
    addDockWidget(Qt::BottomDockWidgetArea, maps);
    addDockWidget(Qt::BottomDockWidgetArea, timeline);
    splitDockWidget(maps, timeline, Qt::Vertical);
}

void MainWindow::buildMenus() {
    std::map<QString, QMenu*> menus;
    for (const Command& command : commands_->commands()) {
        if (command.menu.isEmpty()) continue;
        QMenu*& menu = menus[command.menu];
        if (menu == nullptr) menu = menuBar()->addMenu(command.menu);
        QMenu* place = menu;
        if (!command.submenu.isEmpty()) {
            QMenu*& within = menus[command.menu + QLatin1Char('\n') + command.submenu];
            if (within == nullptr) {
                if (command.separatorBefore) menu->addSeparator();
                within = menu->addMenu(command.submenu);
            } else if (command.separatorBefore) {
                within->addSeparator();
            }
            place = within;
        } else if (command.separatorBefore) {
            menu->addSeparator();
        }
        place->addAction(&(*commands_)[command.id]);
        if (command.id == "open_sample") recentMenu_ = menu->addMenu(tr("Open &recent"));
        if (command.id == "hide_panels") {
            menu->addSeparator();
            for (QDockWidget* dock : panels_.docks()) menu->addAction(dock->toggleViewAction());
        }
    }
    recentMenu_->setEnabled(false);
}

void MainWindow::buildToolBar() {
    toolBar_ = addToolBar(tr("Tools"));
    toolBar_->setObjectName("toolBar");
    toolBar_->setMovable(false);
    toolBar_->setIconSize({20, 20});
    toolBar_->setContextMenuPolicy(Qt::PreventContextMenu);
    const std::initializer_list<std::initializer_list<const char*>> groups = {
        {"open", "export"},
        {"undo", "redo"},
        {"tool_pan", "tool_brush", "tool_eraser", "tool_polygon", "tool_lasso", "tool_similarity"},
        {"propagate_backward", "propagate_forward", "stop"},
        {"zoom_fit", "zoom_actual"}};
    bool first = true;
    for (const auto& group : groups) {
        if (!first) toolBar_->addSeparator();
        first = false;
        for (const char* id : group) {
            QAction& action = (*commands_)[id];
            toolBar_->addAction(&action);
            QWidget* button = toolBar_->widgetForAction(&action);
            button->setObjectName(action.objectName().replace("action_", "tool_"));
            button->setAccessibleName(action.statusTip());
        }
    }
    // Qt's own arrow for what does not fit is black, and cannot be seen on a dark tool bar.
    if (auto* more = toolBar_->findChild<QToolButton*>("qt_toolbar_ext_button")) {
        more->setIcon(themeIcon("down"));
        more->setAccessibleName(tr("More tools"));
    }
    auto* space = new QWidget(this);
    space->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    toolBar_->addWidget(space);
    auto* label = new QLabel(tr("Flow method  "), this);
    label->setProperty("dim", true);
    toolBar_->addWidget(label);
    toolBar_->addWidget(new FlowMethodBox(session_, this));
}

// Files ------------------------------------------------------------------------------------------

void MainWindow::open(const QString& path) {
    opening_ = path;
    welcome_->setOpening(QFileInfo(path).fileName());
    session_.open(path);
}

void MainWindow::remember(const QString& path) {
    welcome_->setOpening({});
    if (path.isEmpty()) return;
    const QFileInfo file(path);
    const QString known = file.exists() ? file.absoluteFilePath() : path;
    if (file.exists()) folder_ = file.absolutePath();
    QStringList recent = recent_;
    recent.removeAll(known);
    recent.prepend(known);
    setRecentFiles(recent.mid(0, kMostRecent));
    Q_EMIT recentFilesChanged(recent_);
}

void MainWindow::setRecentFiles(const QStringList& paths) {
    recent_ = paths;
    welcome_->setRecent(paths);
    recentMenu_->clear();
    recentMenu_->setEnabled(!paths.isEmpty());
    for (const QString& path : paths) {
        QString name = path;
        connect(recentMenu_->addAction(name.replace(QLatin1Char('&'), QStringLiteral("&&"))),
                &QAction::triggered, this, [this, path] { open(path); });
    }
}

void MainWindow::setSample(const QString& path) {
    sample_ = path;
    commands_->refresh();
}

void MainWindow::dragEnterEvent(QDragEnterEvent* event) {
    if (event->mimeData()->hasUrls() && event->mimeData()->urls().front().isLocalFile()) {
        event->acceptProposedAction();
    }
}

void MainWindow::dropEvent(QDropEvent* event) {
    const QString path = event->mimeData()->urls().front().toLocalFile();
    event->acceptProposedAction();
    // The other program waits for the drop to end: open when it has.
    QMetaObject::invokeMethod(
        this,
        [this, path] {
            ForeignMasks& foreign = session_.projectTools().foreignMasks;
            foreign.takes(path) ? foreign.open(path) : open(path);
        },
        Qt::QueuedConnection);
}

bool MainWindow::mayClose() {
    const Document& document = session_.document();
    if (document.saveState() != Document::SaveState::Failing) return true;
    QMessageBox box(
        QMessageBox::Warning, tr("Changes are not saved"),
        tr("%1 could not be written to %2.").arg(document.unsavedText(), document.path()),
        QMessageBox::NoButton, this);
    box.setObjectName("unsavedChanges");
    box.setInformativeText(
        tr("They will be lost if you close the window now. They are saved automatically as soon as "
           "the file is writable."));
    box.addButton(tr("Close without saving"), QMessageBox::DestructiveRole);
    QPushButton* stay = box.addButton(tr("Keep the window open"), QMessageBox::RejectRole);
    box.setDefaultButton(stay);
    box.exec();
    return box.clickedButton() != stay && box.clickedButton() != nullptr;
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (!mayClose()) {
        event->ignore();
        return;
    }
    presenter_->setPresenting(false);
    presenter_->setSecondWindow(false);
    // The next start opens the panels that are open now: all that are hidden only for a while.
    setPanelsVisible(true);
    session_.live().stop();
    session_.close();
    QMainWindow::closeEvent(event);
}

// State ------------------------------------------------------------------------------------------

void MainWindow::say(const Notice& notice) {
    if (notice.level == Notice::Level::Info) {
        statusBar()->showMessage(notice.text, 6000);
    } else {
        messages_->say(notice);
    }
    if (!session_.frames().isOpening()) welcome_->setOpening({});
}

void MainWindow::settleNotices() {
    const Run* run = session_.runs().run();
    if (run == lastRun_) return;
    lastRun_ = run;
    messages_->settle(run != nullptr ? Notice::Topic::Run : Notice::Topic::Busy);
}

void MainWindow::placeOn(const QRect& available) {
    const QSize size = available.isEmpty() ? kFirstSize : sizeWithin(available, kFirstSize);
    const auto dock = [this](const char* name) { return findChild<QDockWidget*>(name); };
    if (size.height() < kHeightForStrip) dock("mapsDock")->hide();
    if (size.width() < kWidthForTwoColumns || size.height() < kHeightForStrip) {
        tabifyDockWidget(dock("inspectorDock"), dock("objectsDock"));
    }
    if (size.width() < kWidthForTwoColumns) {
        tabifyDockWidget(dock("inspectorDock"), dock("layersDock"));
        dock("layersDock")->raise();
    }
    resize(size);
    keepWithin(*this, available);
}

void MainWindow::setPanelsVisible(bool visible) {
    if (visible == panels_.visible()) return;
    panels_.setVisible(visible);
    toolBar_->setVisible(visible);
    statusBar()->setVisible(visible);
}

void MainWindow::setControlsVisible(bool visible) {
    if (!visible) panelsBefore_ = panels_.visible();
    setPanelsVisible(visible && panelsBefore_);
    // The actions stay in the window, so that their keys work without the menu bar.
    menuBar()->setVisible(visible);
    findChild<QDockWidget*>("timelineDock")->setVisible(visible);
}

void MainWindow::showPanel(const char* name) {
    auto* dock = findChild<QDockWidget*>(QLatin1String(name));
    if (dock == nullptr || !panels_.visible()) return;
    dock->show();
    dock->raise();
}

void MainWindow::refresh() {
    const bool picture = session_.isOpen() && session_.playhead().picture();
    const bool live = !picture && session_.live().showsPicture();
    const int page = picture ? pages_->indexOf(canvas_) : live ? pages_->indexOf(liveCanvas_) : 0;
    if (pages_->currentIndex() != page) {
        pages_->setCurrentIndex(page);
        if (page != 0) pages_->currentWidget()->setFocus();
    }
    showLivePlaces(live);
    // A live picture has layers, but no clip that the other panels are about.
    for (QDockWidget* dock : panels_.docks()) {
        const bool layers = dock->widget()->isAncestorOf(layers_);
        dock->widget()->setEnabled(picture || (live && layers));
    }
    QString title = tr("MC-JEPA Studio");
    if (live) title = tr("%1 - MC-JEPA Studio").arg(session_.live().source());
    if (session_.isOpen()) {
        const QString path = QString::fromStdString(session_.frames().info().path);
        const QString name = QFileInfo(path).fileName();
        title = session_.document().readOnly() ? tr("%1 (read-only) - MC-JEPA Studio").arg(name)
                                               : tr("%1 - MC-JEPA Studio").arg(name);
        if (windowFilePath() != path) setWindowFilePath(path);
    }
    if (windowTitle() != title) setWindowTitle(title);
    if (session_.playhead().shown()) messages_->settle(Notice::Topic::Counting);
}

// The other one is hidden first: together they would be taller than the dock is going to be.
void MainWindow::showLivePlaces(bool live) {
    panels_.setLive(live);
    (live ? timeline_ : liveBar_)->hide();
    (live ? liveBar_ : timeline_)->show();
}

void MainWindow::followLive() {
    const LiveView& live = session_.live();
    const bool waits = live.state() == LiveState::Waiting;
    if (!session_.frames().isOpening()) welcome_->setOpening(waits ? live.source() : QString());
    const QString waiting = tr("Waiting for the first frame of %1").arg(live.source());
    if (waits) {
        statusBar()->showMessage(waiting);
    } else if (statusBar()->currentMessage() == waiting) {
        statusBar()->clearMessage();
    }
    refresh();
    commands_->refresh();
}

}  // namespace mcj
