#include "viewer/session/view_difference.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <variant>

#include "media/base/error.h"
#include "viewer/session/view.h"

namespace mcj {
namespace {

constexpr const char* kMinus = " \xE2\x88\x92 ";

std::string letterOf(const DifferenceTerm& term) {
    return {static_cast<char>('A' + static_cast<int>(term.view))};
}

}  // namespace

bool isDifferenceTerm(const LayerTraits& traits) {
    return std::holds_alternative<ScalarLook>(traits.look) &&
           std::string_view(traits.kind) != kDifferenceLayer;
}

std::string differenceTitle(const MapDifference& difference) {
    const auto& [first, second] = difference;
    const std::string from = layerTraits(first.layer).title;
    const std::string taken = layerTraits(second.layer).title;
    if (first.layer == second.layer) {
        return from + ", " + letterOf(first) + kMinus + letterOf(second);
    }
    if (first.view == second.view) return from + kMinus + taken + ", " + letterOf(first);
    return from + " of " + letterOf(first) + kMinus + taken + " of " + letterOf(second);
}

std::string differenceUnit(const MapDifference& difference) {
    const std::string unit = layerTraits(difference.first.layer).unit;
    return unit == layerTraits(difference.second.layer).unit ? unit : std::string();
}

ScalarLook differenceLook(const MapDifference& difference) {
    const auto& usual = std::get<ScalarLook>(layerTraits(difference.first.layer).look);
    const float end = std::max(std::abs(usual.low), std::abs(usual.high));
    return {Colormap::Signed, -end, end};
}

void View::setDifference(const MapDifference& difference) {
    for (const DifferenceTerm& term : {difference.first, difference.second}) {
        const LayerTraits* traits = findLayerTraits(term.layer);
        if (traits == nullptr || !isDifferenceTerm(*traits)) {
            throw Error(ErrorCode::Internal, "\"" + term.layer + "\" is no map");
        }
    }
    if (difference == difference_) return;
    difference_ = difference;
    Q_EMIT changed();
}

std::optional<ProductKey> View::differenceKey() const {
    if (!maps_) return std::nullopt;
    const std::optional<ProductKey> first = maps_(difference_.first);
    const std::optional<ProductKey> second = first ? maps_(difference_.second) : std::nullopt;
    if (!second) return std::nullopt;
    ProductKey all;
    all.source = frame_->source;
    all.terms = {*first, *second};
    return productKey("difference", all);
}

std::optional<ProductKey> View::mapKey(const std::string& layer) const {
    const Layer& of = layers_.layer(layer);
    if (!isDifferenceTerm(layerTraits(of.kind))) return std::nullopt;
    return keyOf(of);
}

}  // namespace mcj
