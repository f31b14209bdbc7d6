#include "viewer/session/masks_side_by_side.h"

#include <string>

namespace mcj {

void showMasksSideBySide(ViewSet& views) {
    const std::string engine = views.active().engine().id;
    const FrameIndex offset = views.active().offset();
    views.ensure(2);
    for (std::size_t i = 0; i < 2; ++i) {
        View& view = views.at(i);
        view.setEngine(engine);
        view.setOffset(offset);
        view.layers().showOnly(kImageLayer);
        view.layers().setVisible(kMaskLayer, i == 0);
        view.layers().setVisible(kComparedMasksLayer, i == 1);
    }
    views.arrange(Arrangement::SideBySide);
    // Tools work in the active view, on the masks of the project.
    views.activate(0);
}

void hideComparedMasks(ViewSet& views) {
    for (std::size_t i = 0; i < views.size(); ++i) {
        LayerStack& layers = views.at(i).layers();
        if (!layers.visible(kComparedMasksLayer)) continue;
        layers.setVisible(kComparedMasksLayer, false);
        layers.setVisible(kMaskLayer, true);
    }
}

}  // namespace mcj
