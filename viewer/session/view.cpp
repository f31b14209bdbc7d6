#include "viewer/session/view.h"

#include <algorithm>
#include <utility>

namespace mcj {
namespace {

bool differOnlyInQuery(const ProductKey& a, ProductKey b) {
    b.query = a.query;
    return a == b;
}

}  // namespace

View::View(const ProductCache& products, const EnginePool& engines, std::string engine,
           QObject* parent)
    : QObject(parent), products_(products), engines_(engines), engine_(std::move(engine)) {}

std::optional<ProductKey> View::keyOf(const Layer& layer) const {
    const char* product = layerTraits(layer.kind).product;
    if (!frame_ || product == nullptr) return std::nullopt;
    if (productKind(product).byQuery && pins_.empty()) return std::nullopt;
    if (productKind(product).byClip && clipFrames_ == 0) return std::nullopt;
    ProductKey all;
    all.source = frame_->source;
    all.frame = frame_->index;
    all.other = frame_->index + 1;
    // While the model is loading, do not compute flow by DIS: it would be replaced at once.
    all.flow = engine().coming() ? flow_ : flowInUse();
    all.engine = engine_;
    all.level = level();
    all.query = query();
    all.clipFrames = clipFrames_;
    return productKey(product, all);
}

ProductPtr View::product(const Layer& layer) const {
    const std::optional<ProductKey> key = keyOf(layer);
    if (!key) return nullptr;
    ProductPtr found = products_.find(*key);
    if (!found && newestOfQuery_ && differOnlyInQuery(*key, newestOfQuery_->first)) {
        found = newestOfQuery_->second;
    }
    return found;
}

FlowPtr View::flow() const {
    const ProductPtr found = product(layers_.layer(kFlowLayer));
    return found ? found->flow : nullptr;
}

ScalarMapPtr View::map(const std::string& layer) const {
    const ProductPtr found = product(layers_.layer(layer));
    return found ? found->map : nullptr;
}

RgbPtr View::colors(const std::string& layer) const {
    const ProductPtr found = product(layers_.layer(layer));
    return found ? found->colors : nullptr;
}

std::optional<BestMatch> View::bestMatch() const {
    const ProductPtr found = product(layers_.layer(kSimilarityLayer));
    return found ? found->match : std::nullopt;
}

std::optional<SimilarityQuery> View::shownQuery() const {
    const std::optional<ProductKey> key = keyOf(layers_.layer(kSimilarityLayer));
    if (!key) return std::nullopt;
    if (products_.find(*key)) return key->query;
    const bool kept = newestOfQuery_ && differOnlyInQuery(*key, newestOfQuery_->first);
    return kept ? newestOfQuery_->first.query : std::nullopt;
}

void View::setFlowProvider(const std::string& id) {
    if (id == flow_) return;
    flow_ = mcj::flowProvider(id).id;
    Q_EMIT changed();
}

void View::setLevel(int level) {
    if (level == level_) return;
    level_ = level;
    for (Pin& pin : pins_.all()) pin.scores.clear();
    Q_EMIT queryChanged();
    Q_EMIT changed();
}

void View::setMapDemand(MapDemand demand) {
    if (demand == mapDemand_) return;
    mapDemand_ = demand;
    Q_EMIT demandChanged();
}

void View::setClipFrames(FrameIndex frames) {
    if (frames == clipFrames_) return;
    clipFrames_ = frames;
    Q_EMIT demandChanged();
}

std::vector<ProductKey> View::demand() const {
    std::vector<const Layer*> order;
    for (const Layer& layer : layers_.layers()) {
        if (mapDemand_ == MapDemand::All || layer.drawn()) order.push_back(&layer);
    }
    std::stable_sort(order.begin(), order.end(), [](const Layer* a, const Layer* b) {
        return std::pair(!a->drawn(), layerTraits(a->kind).urgency) <
               std::pair(!b->drawn(), layerTraits(b->kind).urgency);
    });
    std::vector<ProductKey> keys;
    for (const Layer* layer : order) {
        if (const std::optional<ProductKey> key = keyOf(*layer)) keys.push_back(*key);
    }
    return keys;
}

void View::adopt(const ProductKey& key) {
    const ProductPtr arrived = products_.find(key);
    if (!arrived || !frame_ || key.source != frame_->source) return;
    if (key.query && !pins_.empty()) {
        // A similarity that arrives is newer than the shown one, also for an older query, but not
        // the one of another pin.
        const Pin* owner = pins_.of(*key.query);
        const bool ofSelected = owner == nullptr || owner == pins_.selected();
        if (key.frame == frame_->index && ofSelected) newestOfQuery_ = {key, arrived};
        if (key.level == level()) {
            for (Pin& pin : pins_.all()) {
                if (pin.query == *key.query) pin.scores[key.frame] = arrived->match->score;
            }
        }
    }
    const std::vector<ProductKey> spare = spareDemand();
    const bool forTrajectory =
        key.frame != frame_->index && std::find(spare.begin(), spare.end(), key) != spare.end();
    const bool forward = arrived->flow && key.frame < key.other && key.flow == flowInUse();
    if (forward && !forTrajectory && layers_.raiseFlowScale(arrived->flowPercentilePx)) {
        const auto px = static_cast<double>(layers_.layer(kFlowLayer).flow().scalePx);
        Q_EMIT noticed({Notice::Level::Info, tr("Flow scale raised to %1 px").arg(px), {}});
    }
    if (arrived->flow) followPins();
}

void View::leave() {
    clipFrames_ = 0;
    pins_ = {};
    newestOfQuery_.reset();
    layers_.resetFlowScale();
}

}  // namespace mcj
