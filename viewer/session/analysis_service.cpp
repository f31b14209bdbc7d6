#include "viewer/session/analysis_service.h"

#include <QElapsedTimer>
#include <algorithm>

#include "inference/engine/flow_maps.h"
#include "media/base/flow_color.h"

namespace mcj {
namespace {

bool shown(const AnalysisDemand& demand, LayerKind kind) {
    return demand.layers[static_cast<std::size_t>(kind)];
}

std::size_t bytesOf(const FlowPtr& flow) { return flow ? flow->vectors.bytes() : 0; }
std::size_t bytesOf(const ScalarMapPtr& map) { return map ? map->values.bytes() : 0; }

/// News replace what is there, nothing is taken away.
void mergeInto(FrameMaps& maps, const FrameMaps& news) {
    if (news.forward) {
        maps.forward = news.forward;
        maps.flowPercentilePx = news.flowPercentilePx;
    }
    if (news.backward) maps.backward = news.backward;
    if (news.warpError) maps.warpError = news.warpError;
    if (news.consistency) maps.consistency = news.consistency;
    if (news.occlusion) maps.occlusion = news.occlusion;
    if (news.featureError) maps.featureError = news.featureError;
    if (news.similarity) {
        maps.similarity = news.similarity;
        maps.match = news.match;
    }
}

template <typename T>
std::shared_ptr<const T> shared(T value) {
    return std::make_shared<const T>(std::move(value));
}

}  // namespace

std::size_t FrameMaps::bytes() const {
    return bytesOf(forward) + bytesOf(backward) + bytesOf(warpError) + bytesOf(consistency) +
           bytesOf(occlusion) + bytesOf(featureError) + bytesOf(similarity);
}

ScalarMapPtr FrameMaps::map(LayerKind kind) const {
    switch (kind) {
    case LayerKind::WarpError: return warpError;
    case LayerKind::Consistency: return consistency;
    case LayerKind::Occlusion: return occlusion;
    case LayerKind::FeatureError: return featureError;
    case LayerKind::Similarity: return similarity;
    case LayerKind::Image:
    case LayerKind::Flow:
    case LayerKind::Mask: break;
    }
    return nullptr;
}

AnalysisService::AnalysisService(Lane& inference, EngineOptions options, EngineLoader load,
                                 std::size_t budgetBytes, QObject* parent)
    : QObject(parent), inference_(inference), options_(std::move(options)), load_(std::move(load)),
      budgetBytes_(budgetBytes) {}

AnalysisService::~AnalysisService() = default;

void AnalysisService::setMethod(const std::string& method) {
    if (method == method_) return;
    const std::string before = methodInUse();
    method_ = method;
    if (methodInUse() != before) clear();
}

std::string AnalysisService::usable(const std::string& wanted) const {
    if (!flowProvider(wanted).needsEngine) return wanted;
    return engineState_ == EngineState::Ready && info_ && info_->hasFlow ? wanted : kDisFlow;
}

void AnalysisService::setQuery(const std::optional<SimilarityQuery>& query, int level) {
    level = std::clamp(level, 1, info_ ? std::max(info_->levels, 1) : 6);
    if (query == query_ && level == level_) return;
    if (level != level_) {
        for (auto& [frame, maps] : maps_) maps.featureError.reset();
    }
    query_ = query;
    level_ = level;
    ++queryGeneration_;
    matchScores_.clear();
    for (auto& [frame, maps] : maps_) {
        maps.similarity.reset();
        maps.match.reset();
    }
    for (auto& [frame, failed] : failedProducts_) {
        failed &= ~(1U << static_cast<unsigned>(Product::Similarity));
    }
}

void AnalysisService::clear() {
    ++generation_;
    maps_.clear();
    matchScores_.clear();
    failedProducts_.clear();
}

const FrameMaps* AnalysisService::maps(FrameIndex frame) const {
    const auto found = maps_.find(frame);
    return found == maps_.end() ? nullptr : &found->second;
}

AnalysisService::Product AnalysisService::nextProduct(const AnalysisDemand& demand) const {
    if (!demand.frame) return Product::None;
    static const FrameMaps kNothing;
    const FrameMaps* found = maps(demand.frame->index);
    const FrameMaps& have = found ? *found : kNothing;
    const auto failedAt = failedProducts_.find(demand.frame->index);
    const unsigned failed = failedAt == failedProducts_.end() ? 0U : failedAt->second;
    const auto may = [failed](Product product) {
        return (failed & (1U << static_cast<unsigned>(product))) == 0U;
    };
    const bool model = engineState_ == EngineState::Ready;

    const bool wantsConsistency = shown(demand, LayerKind::Consistency);
    const bool wantsOcclusion = shown(demand, LayerKind::Occlusion);
    const bool wantsFeatureError = model && shown(demand, LayerKind::FeatureError);
    const bool wantsFlow = shown(demand, LayerKind::Flow) || shown(demand, LayerKind::WarpError) ||
                           wantsConsistency || wantsOcclusion || wantsFeatureError;

    // What was clicked is answered first: the user is waiting for it.
    if (model && query_ && demand.queryFrame && shown(demand, LayerKind::Similarity) &&
        !have.similarity && may(Product::Similarity)) {
        return Product::Similarity;
    }
    if (!demand.next || !wantsFlow) return Product::None;
    // DIS while the model is on its way would be thrown away a moment later.
    const bool modelComing =
        engineState_ == EngineState::NotLoaded || engineState_ == EngineState::Loading;
    if (flowProvider(method_).needsEngine && modelComing) return Product::None;
    if (!have.forward) return may(Product::Forward) ? Product::Forward : Product::None;
    if (shown(demand, LayerKind::WarpError) && !have.warpError && may(Product::WarpError)) {
        return Product::WarpError;
    }
    if (wantsFeatureError && !have.featureError && may(Product::FeatureError)) {
        return Product::FeatureError;
    }
    if (wantsConsistency || wantsOcclusion) {
        if (!have.backward) return may(Product::Backward) ? Product::Backward : Product::None;
        if (wantsConsistency && !have.consistency && may(Product::Consistency)) {
            return Product::Consistency;
        }
        if (wantsOcclusion && !have.occlusion && may(Product::Occlusion)) {
            return Product::Occlusion;
        }
    }
    return Product::None;
}

bool AnalysisService::missing(const AnalysisDemand& demand) const {
    if (engineRequested_ &&
        (engineState_ == EngineState::NotLoaded || engineState_ == EngineState::Loading)) {
        return true;
    }
    return nextProduct(demand) != Product::None;
}

bool AnalysisService::serve(const AnalysisDemand& demand) {
    if (inference_.busy()) return false;
    if (engineRequested_ && engineState_ == EngineState::NotLoaded) {
        startEngine();
        return true;
    }
    const Product product = nextProduct(demand);
    if (product == Product::None) return false;
    startProduct(product, demand);
    return true;
}

void AnalysisService::startEngine() {
    engineState_ = EngineState::Loading;
    working_ = tr("loading the model");
    Q_EMIT engineChanged();
    struct Loaded {
        std::shared_ptr<InferenceEngine> engine;
        EngineInfo info;
    };
    inference_.start(
        [options = options_, load = load_] {
            Loaded loaded;
            loaded.engine = load(options);
            loaded.info = loaded.engine->info();
            return loaded;
        },
        [this](Outcome<Loaded> outcome) {
            working_.clear();
            if (!outcome.ok()) {
                engineState_ = EngineState::Failed;
                Notice notice = noticeOf(outcome.error());
                notice.level = Notice::Level::Warning;
                notice.hint = notice.text + QStringLiteral(". ") + notice.hint;
                notice.text = tr("The model could not be loaded; flow comes from OpenCV's DIS.");
                Q_EMIT noticed(notice);
                Q_EMIT engineChanged();
                return;
            }
            const std::string before = methodInUse();
            Loaded loaded = std::move(outcome).value();
            engine_ = std::move(loaded.engine);
            info_ = std::move(loaded.info);
            engineState_ = EngineState::Ready;
            level_ = std::clamp(level_, 1, std::max(info_->levels, 1));
            if (methodInUse() != before) clear();
            if (!info_->hasFlow) {
                Q_EMIT noticed({Notice::Level::Warning,
                                tr("This model has no flow; flow comes from OpenCV's DIS."),
                                tr("It was trained for content alone: similarity is its own.")});
            }
            Q_EMIT engineChanged();
        });
}

void AnalysisService::startProduct(Product product, const AnalysisDemand& demand) {
    static const FrameMaps kNothing;
    const FrameIndex index = demand.frame->index;
    const FrameMaps* found = maps(index);
    const FrameMaps have = found ? *found : kNothing;
    const std::string method = methodInUse();
    const auto query = query_;
    const int level = level_;
    working_ = product == Product::Similarity                                ? tr("similarity")
               : product == Product::Forward || product == Product::Backward ? tr("flow")
                                                                             : tr("maps");

    auto job = [product, have, method, query, level, frame = demand.frame, next = demand.next,
                queryFrame = demand.queryFrame, engine = engine_]() {
        FrameMaps news;
        switch (product) {
        case Product::Forward:
            news.forward = shared(estimateFlow(method, frame, next, engine.get()));
            news.flowPercentilePx = flowMagnitudePercentile(*news.forward, 99.0F);
            break;
        case Product::Backward:
            news.backward = shared(estimateFlow(method, next, frame, engine.get()));
            break;
        case Product::WarpError:
            news.warpError = shared(warpError(*frame, *next, *have.forward));
            break;
        case Product::Consistency:
            news.consistency = shared(forwardBackwardError(*have.forward, *have.backward));
            break;
        case Product::Occlusion:
            news.occlusion = shared(occlusion(*have.forward, *have.backward));
            break;
        case Product::FeatureError:
            news.featureError = shared(engine->featureError(frame, next, *have.forward, level));
            break;
        case Product::Similarity: {
            SimilarityResult result = engine->similarity(queryFrame, query->where, frame, level);
            news.match = BestMatch{result.best, result.score};
            news.similarity = shared(std::move(result.map));
            break;
        }
        case Product::None: break;
        }
        return news;
    };
    QElapsedTimer elapsed;
    elapsed.start();
    auto done = [this, product, index, elapsed, generation = generation_,
                 queryGeneration = queryGeneration_](Outcome<FrameMaps> outcome) {
        working_.clear();
        if (!outcome.ok()) {
            if (generation != generation_) return;
            // Said once and not tried again at this frame: a loop of failures helps nobody.
            failedProducts_[index] |= 1U << static_cast<unsigned>(product);
            Q_EMIT noticed(noticeOf(outcome.error()));
            return;
        }
        if (product == Product::Forward) {
            flowSecs_ = static_cast<double>(elapsed.elapsed()) / 1000.0;
        }
        adopt(index, outcome.value(), generation, queryGeneration);
    };
    inference_.start(std::move(job), std::move(done));
}

void AnalysisService::adopt(FrameIndex frame, const FrameMaps& news, std::uint64_t generation,
                            std::uint64_t queryGeneration) {
    if (generation != generation_) return;
    if (news.similarity && queryGeneration != queryGeneration_) return;
    mergeInto(maps_[frame], news);
    if (news.match) matchScores_[frame] = news.match->score;
    dropFarFrom(frame);
    Q_EMIT mapsArrived(frame);
}

void AnalysisService::dropFarFrom(FrameIndex frame) {
    std::size_t total = 0;
    for (const auto& [index, maps] : maps_) total += maps.bytes();
    while (total > budgetBytes_ && maps_.size() > 1) {
        const auto first = maps_.begin();
        const auto last = std::prev(maps_.end());
        const auto farthest = frame - first->first > last->first - frame ? first : last;
        total -= farthest->second.bytes();
        maps_.erase(farthest);
    }
}

}  // namespace mcj
