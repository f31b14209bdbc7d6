#include "ui/panel_set.h"

namespace mcj {

void PanelSet::setVisible(bool visible) {
    visible_ = visible;
    apply();
}

void PanelSet::setLive(bool live) {
    if (live == live_) return;
    live_ = live;
    apply();
}

std::vector<QDockWidget*> PanelSet::docks() const {
    std::vector<QDockWidget*> docks;
    for (const Panel& panel : panels_) docks.push_back(panel.dock);
    return docks;
}

// A panel that the user opens meanwhile is left alone until it would be hidden anew.
void PanelSet::apply() {
    for (Panel& panel : panels_) {
        const bool hides = !visible_ || (live_ && panel.use == PanelUse::Document);
        if (hides && !panel.dock->isHidden()) {
            panel.away = true;
            panel.dock->hide();
        } else if (!hides && panel.away) {
            panel.away = false;
            panel.dock->show();
        }
    }
}

}  // namespace mcj
