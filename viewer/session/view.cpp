#include "viewer/session/view.h"

#include <algorithm>
#include <utility>

#include "media/base/error.h"

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

void View::resemble(const View& other) {
    engine_ = other.engine_;
    layers_.copy(other.layers_);
    offset_ = other.offset_;
    flow_ = other.flow_;
    method_ = other.method_;
    flowFiles_ = other.flowFiles_;
    awaitedFlow_ = other.awaitedFlow_;
    truth_ = other.truth_;
    gap_ = other.gap_;
    level_ = other.level_;
    rule_ = other.rule_;
    difference_ = other.difference_;
    pins_ = other.pins_;
    followed_ = other.followed_;
    clipFrames_ = other.clipFrames_;
    newestOfQuery_ = other.newestOfQuery_;
}

std::vector<FlowFilesPtr> View::allFiles() const {
    std::vector<FlowFilesPtr> all = flowFiles_;
    if (truth_) all.push_back(truth_);
    return all;
}

FlowFilesPtr View::files(const std::string& id) const { return findFlowFiles(allFiles(), id); }

std::optional<ProductKey> View::keyOf(const Layer& layer) const {
    std::optional<ProductKey> key = plainKeyOf(layer);
    if (key && lacksFlow(*key, allFiles())) key.reset();
    return key;
}

std::optional<ProductKey> View::plainKeyOf(const Layer& layer) const {
    const char* product = layerTraits(layer.kind).product;
    if (!frame_ || product == nullptr) return std::nullopt;
    if (productKind(product).byTerms) return differenceKey();
    if (productKind(product).byQuery && pins_.empty()) return std::nullopt;
    if (productKind(product).byTruth && !truth_) return std::nullopt;
    if (productKind(product).byClip && clipFrames_ == 0) return std::nullopt;
    ProductKey all;
    all.source = frame_->source;
    all.frame = frame_->index;
    all.other = frame_->index + gap_;
    // While the model is loading, do not compute flow by DIS: it would be replaced at once.
    all.flow = engine().coming() ? flow_ : flowInUse();
    if (truth_) all.truth = truth_->id();
    all.engine = engine_;
    all.level = level();
    all.query = query();
    all.clipFrames = clipFrames_;
    all.rule = rule_;
    if (layer.is<StreamLook>()) {
        all.other = streamEnd(layer.streams(), all.flow);
        if (all.other == all.frame) return std::nullopt;
    }
    return productKey(product, all);
}

std::vector<ProductKey> View::coarserKeys(const ProductKey& key) const {
    std::vector<ProductKey> keys;
    const auto& info = engine().info;
    // A graphics card is fast enough, and so is any device for small pictures.
    const bool slow = info && info->device == "cpu";
    if (key.flow.empty() || isFlowFiles(key.flow) || !frame_ || !slow) return keys;
    const SizePx size = frame_->size();
    ProductKey coarse = key;
    while (const char* id = mcj::flowProvider(coarse.flow).coarser) {
        coarse.flow = id;
        const bool reduces = 2 * std::max(size.width, size.height) >= 3 * kCoarseSidePx;
        if (coarse.flow != kModelCoarseFlow || reduces) keys.push_back(coarse);
    }
    return keys;
}

std::string View::preview() const {
    for (const Layer& layer : layers_.layers()) {
        const bool previewed = layer.drawn() && !layer.is<StreamLook>();
        const std::optional<ProductKey> key = previewed ? keyOf(layer) : std::nullopt;
        if (!key || products_.find(*key)) continue;
        for (const ProductKey& coarser : coarserKeys(*key)) {
            if (products_.find(coarser)) return coarser.flow;
        }
    }
    return {};
}

ProductPtr View::product(const Layer& layer, Stage stage) const {
    const std::optional<ProductKey> key = keyOf(layer);
    if (!key) return nullptr;
    ProductPtr found = products_.find(*key);
    if (stage == Stage::Final) return found;
    if (!found) {
        for (const ProductKey& coarser : coarserKeys(*key)) {
            if (!found) found = products_.find(coarser);
        }
    }
    if (!found && newestOfQuery_ && differOnlyInQuery(*key, newestOfQuery_->first)) {
        found = newestOfQuery_->second;
    }
    return found;
}

FlowPtr View::flow(const std::string& layer, Stage stage) const {
    const ProductPtr found = product(layers_.layer(layer), stage);
    return found ? found->flow : nullptr;
}

ScalarMapPtr View::map(const std::string& layer, Stage stage) const {
    const ProductPtr found = product(layers_.layer(layer), stage);
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

std::vector<FrameIndex> View::framesWithFlow() const {
    std::vector<FrameIndex> frames;
    if (!frame_) return frames;
    const std::string flow = flowInUse();
    products_.forEachKey([&](const ProductKey& key) {
        const bool wanted = key.product == "flow" && key.source == frame_->source &&
                            key.flow == flow && key.other == key.frame + 1;
        if (wanted) frames.push_back(key.frame);
    });
    return frames;
}

void View::setFlowProvider(const std::string& id) {
    if (isFlowFiles(id) && !files(id)) {
        throw Error(ErrorCode::Internal, "the flow \"" + id + "\" is not loaded");
    }
    if (!isFlowFiles(id)) (void)mcj::flowProvider(id);  // throws for an unknown id
    awaitedFlow_.clear();
    if (id == flow_) return;
    flow_ = id;
    if (!isFlowFiles(id)) method_ = id;
    Q_EMIT flowChoiceChanged();
    Q_EMIT changed();
}

void View::setOffset(FrameIndex frames) {
    if (frames == offset_) return;
    offset_ = frames;
    Q_EMIT changed();
}

void View::setEngine(const std::string& id) {
    if (id == engine_) return;
    engine_ = engines_.at(id).id;
    for (Pin& pin : pins_.all()) pin.scores.clear();
    newestOfQuery_.reset();
    Q_EMIT queryChanged();
    Q_EMIT flowChoiceChanged();
    Q_EMIT changed();
}

void View::setGap(FrameIndex gap) {
    const FrameIndex wanted = std::clamp<FrameIndex>(gap, 1, kMostGap);
    if (wanted == gap_) return;
    gap_ = wanted;
    Q_EMIT flowChoiceChanged();
    Q_EMIT changed();
}

void View::addFlowFiles(const FlowFilesPtr& files) {
    const auto same = std::find_if(
        flowFiles_.begin(), flowFiles_.end(),
        [&files](const FlowFilesPtr& known) { return known->path() == files->path(); });
    if (same == flowFiles_.end()) {
        flowFiles_.push_back(files);
    } else {
        if (flow_ == (*same)->id()) flow_ = files->id();
        *same = files;
    }
    if (files->path() == awaitedFlow_) {
        awaitedFlow_.clear();
        flow_ = files->id();
    }
    Q_EMIT flowChoiceChanged();
    Q_EMIT changed();
}

void View::setTruth(FlowFilesPtr truth) {
    if (truth == truth_) return;
    truth_ = std::move(truth);
    Q_EMIT flowChoiceChanged();
    Q_EMIT changed();
}

bool View::lacksTruth(const Layer& layer) const {
    const char* product = layerTraits(layer.kind).product;
    return product != nullptr && productKind(product).byTruth && !truth_;
}

QString View::whyEmpty(const Layer& layer) const {
    if (lacksTruth(layer)) return tr("no ground truth is loaded");
    if (layer.kind == kDifferenceLayer) {
        return !frame_ || differenceKey()
                   ? QString()
                   : tr("one of its two maps is not available, or its view is not open");
    }
    const std::optional<ProductKey> key = plainKeyOf(layer);
    if (!key || !lacksFlow(*key, allFiles())) return {};
    if (!key->truth.empty() && !truth_->has(key->frame))
        return tr("no ground truth for this frame");
    const FlowFilesPtr used = files(key->flow);
    if (used && used->has(key->frame)) return tr("the flow files have no backward flow");
    return tr("the flow files have no flow for this frame");
}

void View::setLevel(int level) {
    if (level == level_) return;
    level_ = level;
    for (Pin& pin : pins_.all()) pin.scores.clear();
    Q_EMIT queryChanged();
    Q_EMIT changed();
}

void View::setOcclusionRule(const OcclusionRule& rule) {
    const OcclusionRule wanted = saneRule(rule);
    if (wanted == rule_) return;
    rule_ = wanted;
    Q_EMIT changed();
}

void View::setMapDemand(MapDemand demand) {
    if (demand == mapDemand_) return;
    mapDemand_ = demand;
    Q_EMIT demandChanged();
}

std::vector<ProductKey> View::demand() const {
    std::vector<const Layer*> order;
    for (const Layer& layer : layers_.layers()) {
        const bool inStrip = mapDemand_ == MapDemand::All && layer.isPicture();
        if (inStrip || layer.drawn()) order.push_back(&layer);
    }
    std::stable_sort(order.begin(), order.end(), [](const Layer* a, const Layer* b) {
        return std::pair(!a->drawn(), layerTraits(a->kind).urgency) <
               std::pair(!b->drawn(), layerTraits(b->kind).urgency);
    });
    std::vector<ProductKey> keys;
    std::vector<ProductKey> previews;
    for (const Layer* layer : order) {
        const std::optional<ProductKey> key = keyOf(*layer);
        if (!key) continue;
        if (layer->is<StreamLook>()) {
            // What is there so far is their preview.
            keys.push_back(nextStreamlines(*key));
            continue;
        }
        if (layer->drawn() && !products_.find(*key)) {
            const std::vector<ProductKey> coarser = coarserKeys(*key);
            previews.insert(previews.end(), coarser.rbegin(), coarser.rend());
        }
        keys.push_back(*key);
    }
    // Of all layers first, the coarsest of each before the others.
    keys.insert(keys.begin(), previews.begin(), previews.end());
    return keys;
}

void View::adopt(const ProductKey& key) {
    const ProductPtr arrived = products_.find(key);
    if (!arrived || !frame_ || key.source != frame_->source) return;
    if (key.query && !pins_.empty()) {
        // A similarity that arrives is newer than the shown one, also for an older query, but not
        // the one of another pin or of another view's methods.
        const Pin* owner = pins_.of(*key.query);
        const bool ofSelected = owner == nullptr || owner == pins_.selected();
        const std::optional<ProductKey> shown = keyOf(layers_.layer(kSimilarityLayer));
        const bool likeShown = shown && differOnlyInQuery(*shown, key);
        if (likeShown && ofSelected) newestOfQuery_ = {key, arrived};
        adoptScore(*key.query, key.engine, key.level, {key.frame, arrived->match->score});
    }
    const std::vector<ProductKey> spare = spareDemand();
    const bool forTrajectory =
        key.frame != frame_->index && std::find(spare.begin(), spare.end(), key) != spare.end();
    const std::string used = flowInUse();
    const bool ofUse = key.flow == used || (!isFlowFiles(used) && !key.flow.empty() &&
                                            mcj::flowProvider(used).coarser != nullptr &&
                                            key.flow == mcj::flowProvider(used).coarser);
    const bool forward = arrived->flow && key.frame < key.other && ofUse;
    const bool ofTruth = arrived->flow && !key.truth.empty();
    if ((forward || ofTruth) && !forTrajectory &&
        layers_.raiseFlowScale(arrived->flowPercentilePx)) {
        const auto px = static_cast<double>(layers_.layer(kFlowLayer).flow().scalePx);
        Q_EMIT noticed({Notice::Level::Info, tr("Flow scale raised to %1 px").arg(px), {}});
    }
    if (arrived->flow) followPins();
}

void View::leave() {
    clipFrames_ = 0;
    pins_ = {};
    followed_.reset();
    newestOfQuery_.reset();
    layers_.resetFlowScale();
    truth_.reset();
    flowFiles_.clear();
    awaitedFlow_.clear();
    flow_ = method_;
    gap_ = 1;
    offset_ = 0;
}

}  // namespace mcj
