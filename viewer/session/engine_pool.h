#pragma once

#include <QObject>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "inference/engine/inference_engine.h"
#include "viewer/session/lanes.h"
#include "viewer/session/notice.h"

namespace mcj {

/// Loads an engine on the inference lane; throws as `loadEngine` does.
using EngineLoader = std::function<std::unique_ptr<InferenceEngine>(const EngineOptions&)>;

enum class EngineState { NotLoaded, Loading, Ready, Failed };

/// One engine of the pool and its loading state.
struct PooledEngine {
    std::string id;  ///< distinguishes engines whose results may differ
    EngineOptions options;
    EngineState state = EngineState::NotLoaded;
    bool requested = false;
    std::optional<EngineInfo> info;           ///< once ready
    std::shared_ptr<InferenceEngine> engine;  ///< once ready; for jobs of the inference lane only

    /// Whether it may still become ready.
    [[nodiscard]] bool coming() const noexcept {
        return state == EngineState::NotLoaded || state == EngineState::Loading;
    }
    /// The provider `wanted`, or DIS if `wanted` needs a network's flow and this engine has none
    /// (yet).
    [[nodiscard]] std::string usableFlow(const std::string& wanted) const;
    /// The available level nearest to `wanted`.
    [[nodiscard]] int usableLevel(int wanted) const noexcept;
};

/// The engines by id. Each is loaded once, on request. GUI thread.
class EnginePool : public QObject {
    Q_OBJECT
public:
    EnginePool(Lane& inference, EngineLoader load, QObject* parent = nullptr);

    /// Adds an engine without loading it, or finds the one with these options. Returns its id.
    std::string add(const EngineOptions& options);
    /// `id` must have been added.
    [[nodiscard]] const PooledEngine& at(const std::string& id) const { return engines_.at(id); }
    /// Loads the engine once, when the lane is next free. If that fails, a notice is emitted and
    /// DIS is used.
    void request(const std::string& id) { engines_.at(id).requested = true; }
    /// Forgets every other engine: its memory is free once no job uses it, and it is loaded again
    /// when it is requested. No run may be waiting for one of them.
    void releaseOthers(const std::set<std::string>& used);
    /// Whether a requested engine is neither ready nor failed.
    [[nodiscard]] bool pending() const;
    [[nodiscard]] bool loading() const;
    /// Starts loading the next engine that was requested. Returns whether a job was started; the
    /// lane must be idle.
    bool serve();

Q_SIGNALS:
    /// The state of an engine changed.
    void changed();
    void noticed(const mcj::Notice& notice);

private:
    void load(PooledEngine& pooled);

    Lane& inference_;
    EngineLoader load_;
    std::map<std::string, PooledEngine> engines_;
};

}  // namespace mcj
