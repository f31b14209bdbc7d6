#pragma once

#include <QObject>
#include <array>
#include <functional>
#include <map>
#include <memory>
#include <optional>

#include "inference/engine/flow_provider.h"
#include "inference/engine/inference_engine.h"
#include "media/base/frame.h"
#include "viewer/session/lanes.h"
#include "viewer/session/layer.h"
#include "viewer/session/notice.h"

namespace mcj {

/// A clicked point: its feature is looked for in every frame that is shown.
struct SimilarityQuery {
    FrameIndex frame = 0;
    PointF where;  ///< pixels of that frame
    friend bool operator==(const SimilarityQuery&, const SimilarityQuery&) = default;
};

/// The most similar place in the shown frame.
struct BestMatch {
    PointF where;
    float score = 0.0F;  ///< cosine
};

/// What is known of one frame and its successor. Null: not computed, or not wanted.
struct FrameMaps {
    FlowPtr forward;   ///< on the grid of this frame
    FlowPtr backward;  ///< on the grid of the next frame
    ScalarMapPtr warpError;
    ScalarMapPtr consistency;
    ScalarMapPtr occlusion;
    ScalarMapPtr featureError;
    ScalarMapPtr similarity;
    std::optional<BestMatch> match;
    float flowPercentilePx = 0.0F;  ///< 99th percentile of the forward flow's length
    [[nodiscard]] std::size_t bytes() const;
    [[nodiscard]] ScalarMapPtr map(LayerKind kind) const;
};

/// What the screen needs to know of the pair at one frame.
struct AnalysisDemand {
    FramePtr frame;
    FramePtr next;                           ///< null on the last frame: then there is no flow
    std::array<bool, kLayerCount> layers{};  ///< by LayerKind
    FramePtr queryFrame;                     ///< with a query: the frame it was set on
};

/// Loads an engine, on the inference lane; throws as `loadEngine` does.
using EngineLoader = std::function<std::unique_ptr<InferenceEngine>(const EngineOptions&)>;

enum class EngineState { NotLoaded, Loading, Ready, Failed };

/// Computes flow and maps on the inference lane, one product a job, and keeps them within a byte
/// budget. Owns the engine, which only jobs of the lane use. GUI thread.
class AnalysisService : public QObject {
    Q_OBJECT
public:
    AnalysisService(Lane& inference, EngineOptions options, EngineLoader load,
                    std::size_t budgetBytes, QObject* parent = nullptr);
    ~AnalysisService() override;

    /// Loads the model when the lane is next free. Once; a failure is said and DIS takes over.
    void requestEngine() noexcept { engineRequested_ = true; }
    [[nodiscard]] EngineState engineState() const noexcept { return engineState_; }
    /// Empty until the engine is ready.
    [[nodiscard]] const std::optional<EngineInfo>& engineInfo() const noexcept { return info_; }
    /// For jobs of the inference lane only; null until ready.
    [[nodiscard]] std::shared_ptr<InferenceEngine> engine() const { return engine_; }

    /// The method asked for, and the one in use (DIS while there is no model).
    void setMethod(const std::string& method);
    [[nodiscard]] const std::string& method() const noexcept { return method_; }
    [[nodiscard]] std::string methodInUse() const { return usable(method_); }
    /// `wanted`, or DIS where that is the model's flow and there is none of it (yet).
    [[nodiscard]] std::string usable(const std::string& wanted) const;
    /// The options the engine is loaded with.
    [[nodiscard]] const EngineOptions& options() const noexcept { return options_; }

    void setQuery(const std::optional<SimilarityQuery>& query, int level);
    [[nodiscard]] const std::optional<SimilarityQuery>& query() const noexcept { return query_; }
    [[nodiscard]] int level() const noexcept { return level_; }

    /// Forgets all maps (another video or method).
    void clear();

    /// Maps at `frame` as far as they are known; null for none.
    [[nodiscard]] const FrameMaps* maps(FrameIndex frame) const;
    /// Cosine of the best match, by frame, for the frames seen since the query was set.
    [[nodiscard]] const std::map<FrameIndex, float>& matchScores() const noexcept {
        return matchScores_;
    }

    /// Starts the next missing product of `demand`, or loading the engine. Returns whether a job
    /// was started; the lane must be idle.
    bool serve(const AnalysisDemand& demand);
    /// Whether `serve` would still find something to compute.
    [[nodiscard]] bool missing(const AnalysisDemand& demand) const;
    /// How long the newest forward flow took; negative before the first.
    [[nodiscard]] double flowSecs() const noexcept { return flowSecs_; }
    /// "flow", "similarity" ... while one is computed, else empty.
    [[nodiscard]] const QString& working() const noexcept { return working_; }

Q_SIGNALS:
    void engineChanged();
    void mapsArrived(mcj::FrameIndex frame);
    void noticed(const mcj::Notice& notice);

private:
    enum class Product {
        None,
        Forward,
        WarpError,
        Similarity,
        Backward,
        Consistency,
        Occlusion,
        FeatureError
    };

    [[nodiscard]] Product nextProduct(const AnalysisDemand& demand) const;
    void startEngine();
    void startProduct(Product product, const AnalysisDemand& demand);
    void adopt(FrameIndex frame, const FrameMaps& news, std::uint64_t generation,
               std::uint64_t queryGeneration);
    void dropFarFrom(FrameIndex frame);

    Lane& inference_;
    EngineOptions options_;
    EngineLoader load_;
    std::size_t budgetBytes_;
    std::shared_ptr<InferenceEngine> engine_;
    std::optional<EngineInfo> info_;
    EngineState engineState_ = EngineState::NotLoaded;
    bool engineRequested_ = false;
    std::string method_ = kModelFastFlow;  ///< whoever scrubs would wait for more
    std::optional<SimilarityQuery> query_;
    int level_ = 3;
    std::uint64_t generation_ = 0;
    std::uint64_t queryGeneration_ = 0;
    std::map<FrameIndex, FrameMaps> maps_;
    std::map<FrameIndex, float> matchScores_;
    std::map<FrameIndex, unsigned> failedProducts_;  ///< bit set of products that failed there
    QString working_;
    double flowSecs_ = -1.0;
};

}  // namespace mcj
