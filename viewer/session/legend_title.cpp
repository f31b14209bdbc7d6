#include "viewer/session/legend_title.h"

#include "media/figure/legends.h"
#include "viewer/session/inspection.h"

namespace mcj {

std::string legendTitle(const View& view, const Layer& layer, const ObjectTable& objects) {
    const LayerTraits& traits = layerTraits(layer.kind);
    const std::string title = traits.title;
    if (layer.kind == kSimilarityLayer) {
        // It has a fixed scale, so that maps can be compared: another one is marked.
        const auto& fixed = std::get<ScalarLook>(traits.look);
        const bool stretched = layer.scalar().low != fixed.low || layer.scalar().high != fixed.high;
        const std::string region = shownRegion(view, objects);
        const std::string whole = region.empty() ? title : title + ": " + region;
        return stretched ? whole + " (stretched)" : whole;
    }
    if (const OcclusionRule& rule = view.occlusionRule();
        layer.kind == kOcclusionLayer && rule != OcclusionRule{}) {
        return title + " (alpha " + legendNumber(rule.alpha) + ", beta " + legendNumber(rule.beta) +
               ")";
    }
    if (layer.kind == kDifferenceLayer) return differenceTitle(view.difference());
    return title;
}

std::string legendUnit(const View& view, const Layer& layer) {
    if (layer.kind == kDifferenceLayer) return differenceUnit(view.difference());
    return layerTraits(layer.kind).unit;
}

}  // namespace mcj
