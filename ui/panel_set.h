#pragma once

#include <QDockWidget>
#include <vector>

namespace mcj {

/// Whether a panel has something to show while a live source takes the place of the document.
enum class PanelUse { Document, Always };

/// The panels of the window that can be hidden for a while: all of them at once, and those of a
/// document while a live source is shown. What the user had closed before stays closed afterwards.
/// GUI thread.
class PanelSet {
public:
    void add(QDockWidget& dock, PanelUse use) { panels_.push_back({&dock, use}); }
    /// Hides all panels, or shows those again that were hidden by this.
    void setVisible(bool visible);
    [[nodiscard]] bool visible() const noexcept { return visible_; }
    /// Whether a live source is shown.
    void setLive(bool live);
    [[nodiscard]] std::vector<QDockWidget*> docks() const;

private:
    struct Panel {
        QDockWidget* dock;
        PanelUse use;
        bool away = false;  ///< hidden by this
    };
    void apply();

    std::vector<Panel> panels_;
    bool visible_ = true;
    bool live_ = false;
};

}  // namespace mcj
