#include "viewer/session/engine_pool.h"

#include <algorithm>
#include <utility>

#include "inference/analysis/flow_files.h"
#include "inference/engine/flow_provider.h"

namespace mcj {
namespace {

/// Identifies all options that may affect the engine's results.
std::string idOf(const EngineOptions& options) {
    return options.model.string() + '|' + options.device + '|' + options.precision + '|' +
           std::to_string(options.threads) + '|' + std::to_string(options.maxSidePx);
}

}  // namespace

std::string PooledEngine::usableFlow(const std::string& wanted) const {
    if (!flowNeedsEngine(wanted)) return wanted;
    return state == EngineState::Ready && info->hasFlow ? wanted : kDisFlow;
}

int PooledEngine::usableLevel(int wanted) const noexcept {
    constexpr int kMostLevels = 6;
    return std::clamp(wanted, 1, info ? std::max(info->levels, 1) : kMostLevels);
}

EnginePool::EnginePool(Lane& inference, EngineLoader load, QObject* parent)
    : QObject(parent), inference_(inference), load_(std::move(load)) {}

std::string EnginePool::add(const EngineOptions& options) {
    PooledEngine pooled;
    pooled.id = idOf(options);
    pooled.options = options;
    const std::string id = pooled.id;
    engines_.try_emplace(id, std::move(pooled));
    return id;
}

void EnginePool::releaseOthers(const std::set<std::string>& used) {
    bool released = false;
    for (auto& [id, pooled] : engines_) {
        if (used.contains(id)) continue;
        pooled.requested = false;
        // One that is being loaded is forgotten when it is there.
        if (pooled.state == EngineState::NotLoaded || pooled.state == EngineState::Loading)
            continue;
        pooled.engine.reset();
        pooled.info.reset();
        pooled.state = EngineState::NotLoaded;
        released = true;
    }
    if (released) Q_EMIT changed();
}

bool EnginePool::pending() const {
    return std::any_of(engines_.begin(), engines_.end(), [](const auto& entry) {
        return entry.second.requested && entry.second.coming();
    });
}

bool EnginePool::loading() const {
    return std::any_of(engines_.begin(), engines_.end(), [](const auto& entry) {
        return entry.second.state == EngineState::Loading;
    });
}

bool EnginePool::serve() {
    if (inference_.busy()) return false;
    for (auto& [id, pooled] : engines_) {
        if (!pooled.requested || pooled.state != EngineState::NotLoaded) continue;
        load(pooled);
        return true;
    }
    return false;
}

void EnginePool::load(PooledEngine& pooled) {
    pooled.state = EngineState::Loading;
    Q_EMIT changed();
    struct Loaded {
        std::shared_ptr<InferenceEngine> engine;
        EngineInfo info;
    };
    inference_.start(
        [options = pooled.options, load = load_] {
            Loaded loaded;
            loaded.engine = load(options);
            loaded.info = loaded.engine->info();
            return loaded;
        },
        // The pool outlives the jobs of its lane, and its map does not move engines.
        [this, &pooled](Outcome<Loaded> outcome) {
            if (!pooled.requested) {
                pooled.state = EngineState::NotLoaded;
                Q_EMIT changed();
                return;
            }
            if (!outcome.ok()) {
                pooled.state = EngineState::Failed;
                Notice notice = noticeOf(outcome.error());
                notice.level = Notice::Level::Warning;
                notice.hint = notice.text + QStringLiteral(". ") + notice.hint;
                notice.text =
                    tr("The model could not be loaded; flow is computed by OpenCV's DIS.");
                Q_EMIT noticed(notice);
                Q_EMIT changed();
                return;
            }
            Loaded loaded = std::move(outcome).value();
            pooled.engine = std::move(loaded.engine);
            pooled.info = std::move(loaded.info);
            pooled.state = EngineState::Ready;
            if (!pooled.info->hasFlow) {
                Q_EMIT noticed(
                    {Notice::Level::Warning, tr("This model has no flow; OpenCV's DIS is used."),
                     tr("The model was trained for content only and is used for similarity.")});
            }
            Q_EMIT changed();
        });
}

}  // namespace mcj
