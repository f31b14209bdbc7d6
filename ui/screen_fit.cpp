#include "ui/screen_fit.h"

#include <QGuiApplication>
#include <QScreen>
#include <QScrollBar>
#include <QWidget>
#include <algorithm>

namespace mcj {

QSize sizeWithin(const QRect& available, QSize wished) {
    return wished.boundedTo((available.size() - kFrameRoom).expandedTo({1, 1}));
}

void keepWithin(QWidget& window, const QRect& available) {
    if (available.isEmpty()) return;
    const QSize size = sizeWithin(available, window.size());
    if (size != window.size()) window.resize(size);
    const QRect room = available.adjusted(0, 0, -size.width() - kFrameRoom.width() + 1,
                                          -size.height() - kFrameRoom.height() + 1);
    const QPoint at(std::clamp(window.x(), room.left(), std::max(room.right(), room.left())),
                    std::clamp(window.y(), room.top(), std::max(room.bottom(), room.top())));
    if (at != window.pos()) window.move(at);
}

QRect availableFor(const QWidget& window) {
    const QScreen* screen = window.screen();
    if (screen == nullptr) screen = QGuiApplication::primaryScreen();
    return screen != nullptr ? screen->availableGeometry() : QRect();
}

ScrollingContent::ScrollingContent(QWidget* content, QWidget* parent) : QScrollArea(parent) {
    setWidgetResizable(true);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setWidget(content);
}

QSize ScrollingContent::sizeHint() const { return widget()->sizeHint(); }

QSize ScrollingContent::minimumSizeHint() const {
    // Not narrower than the content, because there is no horizontal scroll bar.
    const QSize least = widget()->minimumSizeHint();
    return {least.width() + verticalScrollBar()->sizeHint().width(), std::min(least.height(), 80)};
}

}  // namespace mcj
