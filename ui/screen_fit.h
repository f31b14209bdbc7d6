#pragma once

#include <QRect>
#include <QScrollArea>
#include <QSize>

class QWidget;

namespace mcj {

/// Room that a window's own frame and title bar take, which Qt does not know before they are drawn.
inline constexpr QSize kFrameRoom{16, 48};

/// `wished`, or as much of it as fits into `available` (a screen without panels) with the window's
/// frame. Device-independent pixels.
[[nodiscard]] QSize sizeWithin(const QRect& available, QSize wished);

/// Makes `window` no larger than `available` and moves it inside: a geometry may have been kept
/// from a larger screen, or from one that is no longer there.
void keepWithin(QWidget& window, const QRect& available);

/// The screen that `window` is on or will open on, without panels.
[[nodiscard]] QRect availableFor(const QWidget& window);

/// Scrolls its content where there is no room for it. It asks for the content's own size, where
/// QScrollArea asks for 36 lines at most.
class ScrollingContent : public QScrollArea {
    Q_OBJECT
public:
    explicit ScrollingContent(QWidget* content, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;
};

}  // namespace mcj
