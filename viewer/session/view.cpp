#include "viewer/session/view.h"

#include <array>
#include <utility>

namespace mcj {
namespace {

/// What was clicked is answered first: the user is waiting for it.
constexpr std::array kUrgency{LayerKind::Similarity,  LayerKind::Flow,
                              LayerKind::WarpError,   LayerKind::FeatureError,
                              LayerKind::Consistency, LayerKind::Occlusion};

bool differOnlyInQuery(const ProductKey& a, ProductKey b) {
    b.query = a.query;
    return a == b;
}

}  // namespace

View::View(const ProductCache& products, const EnginePool& engines, std::string engine,
           QObject* parent)
    : QObject(parent), products_(products), engines_(engines), engine_(std::move(engine)) {}

std::optional<ProductKey> View::keyOf(LayerKind kind) const {
    if (!frame_ || (kind == LayerKind::Similarity && !query_)) return std::nullopt;
    ProductKey all;
    all.source = frame_->source;
    all.frame = frame_->index;
    all.other = frame_->index + 1;
    // Flow by DIS while the model is on its way would be thrown away a moment later.
    all.flow = engine().coming() ? flow_ : flowInUse();
    all.engine = engine_;
    all.level = level();
    all.query = query_;
    return productKey(std::string(layerId(kind)), all);
}

ProductPtr View::product(LayerKind kind) const {
    const std::optional<ProductKey> key = keyOf(kind);
    if (!key) return nullptr;
    ProductPtr found = products_.find(*key);
    if (!found && newestSimilarity_ && differOnlyInQuery(*key, newestSimilarity_->first)) {
        found = newestSimilarity_->second;
    }
    return found;
}

FlowPtr View::flow() const {
    const ProductPtr found = product(LayerKind::Flow);
    return found ? found->flow : nullptr;
}

ScalarMapPtr View::map(LayerKind kind) const {
    if (!isScalarLayer(kind)) return nullptr;
    const ProductPtr found = product(kind);
    return found ? found->map : nullptr;
}

std::optional<BestMatch> View::bestMatch() const {
    const ProductPtr found = product(LayerKind::Similarity);
    return found ? found->match : std::nullopt;
}

void View::setFlowProvider(const std::string& id) {
    if (id == flow_) return;
    flow_ = mcj::flowProvider(id).id;
    Q_EMIT changed();
}

void View::setLevel(int level) {
    if (level == level_) return;
    level_ = level;
    matchScores_.clear();
    Q_EMIT queryChanged();
    Q_EMIT changed();
}

void View::setQuery(PointF where) {
    if (!frame_) return;
    const SimilarityQuery query{frame_->index, where};
    queryFrame_ = frame_;
    if (query != query_) {
        query_ = query;
        matchScores_.clear();
    }
    layers_.setVisible(LayerKind::Similarity, true);
    Q_EMIT queryChanged();
    Q_EMIT changed();
}

void View::clearQuery() {
    if (!query_) return;
    query_.reset();
    queryFrame_.reset();
    matchScores_.clear();
    newestSimilarity_.reset();
    Q_EMIT queryChanged();
    Q_EMIT changed();
}

void View::setMapDemand(MapDemand demand) {
    if (demand == mapDemand_) return;
    mapDemand_ = demand;
    Q_EMIT changed();
}

std::vector<ProductKey> View::demand() const {
    std::vector<ProductKey> visible;
    std::vector<ProductKey> others;
    for (const LayerKind kind : kUrgency) {
        const std::optional<ProductKey> key = keyOf(kind);
        if (!key) continue;
        const Layer& layer = layers_.layer(kind);
        (layer.visible && layer.opacity > 0.0F ? visible : others).push_back(*key);
    }
    if (mapDemand_ == MapDemand::All) {
        visible.insert(visible.end(), others.begin(), others.end());
    }
    return visible;
}

void View::adopt(const ProductKey& key) {
    const ProductPtr arrived = products_.find(key);
    if (!arrived || !frame_ || key.source != frame_->source) return;
    if (key.query && query_) {
        const std::optional<ProductKey> wanted = keyOf(LayerKind::Similarity);
        if (wanted && differOnlyInQuery(*wanted, key)) newestSimilarity_ = {key, arrived};
        if (key.query == query_ && key.level == level()) {
            matchScores_[key.frame] = arrived->match->score;
        }
    }
    const bool forward = arrived->flow && key.frame < key.other && key.flow == flowInUse();
    if (forward && layers_.raiseFlowScale(arrived->flowPercentilePx)) {
        const auto px = static_cast<double>(layers_.layer(LayerKind::Flow).flowScalePx);
        Q_EMIT noticed({Notice::Level::Info, tr("Flow scale raised to %1 px").arg(px), {}});
    }
}

void View::leave() {
    query_.reset();
    queryFrame_.reset();
    matchScores_.clear();
    newestSimilarity_.reset();
    layers_.resetFlowScale();
}

}  // namespace mcj
