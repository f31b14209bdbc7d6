#include "ui/presenter.h"

#include <QGuiApplication>
#include <QScreen>
#include <QVBoxLayout>

#include "ui/main_window.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/view_settings.h"

namespace mcj {
namespace {

/// Text of this size can be read from the back of a room.
constexpr double kLargeText = 1.7;
constexpr QSize kSecondSize{960, 600};

/// Closed by its title bar, too.
class SecondWindow : public QWidget {
public:
    explicit SecondWindow(const QString& title) {
        setObjectName("secondWindow");
        setWindowTitle(title);
        setAttribute(Qt::WA_DeleteOnClose);
    }
};

QScreen* otherScreen(const QScreen* used) {
    for (QScreen* screen : QGuiApplication::screens()) {
        if (screen != used) return screen;
    }
    return nullptr;
}

}  // namespace

Presenter::Presenter(Session& session, MainWindow& window)
    : QObject(&window), session_(session), window_(window) {
    connect(&window.canvas(), &CanvasWidget::viewChanged, this, &Presenter::follow);
    connect(&session.timeline().bookmarks, &Bookmarks::changed, this, &Presenter::showCaption);
}

// The second canvas refers to the session.
Presenter::~Presenter() { delete second_.data(); }

void Presenter::addBookmark() {
    // Not that of the active view: with an offset it may have none.
    if (!session_.playhead().shown()) return;
    Bookmark mark;
    mark.frame = session_.playhead().current();
    mark.views = viewsToJson(session_.views());
    mark.look = window_.canvas().look();
    Bookmarks& marks = session_.timeline().bookmarks;
    if (marks.add(std::move(mark))) {
        window_.say(infoNotice(
            tr("Added \"%1\" to the bookmarks").arg(marks.all()[*marks.current()].caption)));
    } else {
        window_.say(warningNotice(tr("A clip has at most %1 bookmarks").arg(Bookmarks::kMost),
                                  tr("Remove one to add another.")));
    }
}

void Presenter::show(std::size_t bookmark) {
    if (bookmark >= session_.timeline().bookmarks.all().size()) return;
    const Bookmark mark = session_.timeline().bookmarks.all()[bookmark];
    session_.playhead().pause();
    session_.playhead().seek(mark.frame);
    viewsFromJson(mark.views, session_.views());
    window_.canvas().setLook(mark.look);
    session_.timeline().bookmarks.setCurrent(bookmark);
}

bool Presenter::step(int by) {
    const std::optional<std::size_t> next = session_.timeline().bookmarks.neighbour(by);
    if (next) show(*next);
    return next.has_value();
}

void Presenter::setPresenting(bool presenting) {
    if (presenting == presenting_) return;
    presenting_ = presenting;
    window_.setControlsVisible(!presenting);
    window_.canvas().setTextScale(presenting ? kLargeText : 1.0);
    if (presenting) {
        wasMaximized_ = window_.isMaximized();
        window_.showFullScreen();
    } else if (wasMaximized_) {
        window_.showMaximized();
    } else {
        window_.showNormal();
    }
    window_.canvas().setFocus();
    showCaption();
    Q_EMIT changed();
}

void Presenter::setSecondWindow(bool shown) {
    if (shown == secondWindow()) return;
    if (!shown) {
        second_->close();
        return;
    }
    second_ = new SecondWindow(tr("Picture of %1").arg(window_.windowTitle()));
    second_->setWindowIcon(window_.windowIcon());
    auto* layout = new QVBoxLayout(second_);
    layout->setContentsMargins(0, 0, 0, 0);
    secondCanvas_ = new CanvasWidget(session_, second_);
    secondCanvas_->setObjectName("secondCanvas");
    secondCanvas_->setTextScale(kLargeText);
    layout->addWidget(secondCanvas_);
    connect(secondCanvas_, &CanvasWidget::noticed, &window_, &MainWindow::say);
    connect(second_, &QObject::destroyed, this, &Presenter::changed, Qt::QueuedConnection);
    second_->resize(kSecondSize);
    if (const QScreen* other = otherScreen(window_.screen())) {
        second_->setGeometry(other->geometry());
        second_->showFullScreen();
    } else {
        second_->show();
    }
    follow();
    showCaption();
    Q_EMIT changed();
}

void Presenter::follow() {
    if (second_) secondCanvas_->setLook(window_.canvas().look());
}

void Presenter::showCaption() {
    const Bookmarks& marks = session_.timeline().bookmarks;
    const QString caption = marks.current() ? marks.all()[*marks.current()].caption : QString();
    window_.canvas().setCaption(presenting_ ? caption : QString());
    if (second_) secondCanvas_->setCaption(caption);
}

}  // namespace mcj
