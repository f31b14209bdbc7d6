#pragma once

#include <QRect>
#include <QScrollArea>
#include <QSize>

class QWidget;

namespace mcj {

/// Size of a window's frame and title bar, which Qt does not know before the window is shown.
inline constexpr QSize kFrameRoom{16, 48};

/// `wished`, reduced to fit into `available` (a screen without panels) with the window's frame.
/// Device-independent pixels.
[[nodiscard]] QSize sizeWithin(const QRect& available, QSize wished);

/// Shrinks `window` to `available` and moves it inside: a saved geometry may be from a larger
/// screen, or from one that no longer exists.
void keepWithin(QWidget& window, const QRect& available);

/// The screen of `window`, or on which it will open, without panels.
[[nodiscard]] QRect availableFor(const QWidget& window);

/// A scroll area whose size hint is that of its content; QScrollArea limits it to 36 lines.
class ScrollingContent : public QScrollArea {
    Q_OBJECT
public:
    explicit ScrollingContent(QWidget* content, QWidget* parent = nullptr);
    [[nodiscard]] QSize sizeHint() const override;
    [[nodiscard]] QSize minimumSizeHint() const override;
};

}  // namespace mcj
