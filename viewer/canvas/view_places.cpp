#include "viewer/canvas/view_places.h"

namespace mcj {

void ViewPlaces::follow(const ViewSet& views) {
    const bool apart = views.placesApart();
    const std::size_t index = views.activeIndex();
    if (apart && !apart_) {
        others_.fill(active_);
    } else if (apart && index != activeIndex_) {
        others_.at(activeIndex_) = active_;
        active_ = others_.at(index);
    }
    activeIndex_ = index;
    apart_ = apart;
}

void ViewPlaces::sync(SizePx box, double devicePixelRatio, std::optional<SizePx> image) {
    const auto adapt = [&](ViewTransform& place) {
        place.setViewport(box, devicePixelRatio);
        if (image) place.setImageSize(*image);
    };
    adapt(active_);
    if (!apart_) return;
    for (ViewTransform& place : others_) adapt(place);
}

void ViewPlaces::fitAll() {
    active_.fit();
    for (ViewTransform& place : others_) place.fit();
}

}  // namespace mcj
