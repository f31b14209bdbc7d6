#pragma once

#include <QObject>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inference/analysis/product.h"
#include "inference/engine/flow_provider.h"
#include "media/base/frame.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/layer_stack.h"
#include "viewer/session/notice.h"
#include "viewer/session/product_cache.h"

namespace mcj {

/// Which maps are computed for the shown frame.
enum class MapDemand {
    Visible,  ///< those of visible layers
    All,      ///< every one, the visible ones first
};

/// What is shown of the document: one frame, its layers, and what they are computed by. All that
/// follows from these choices is looked up under its full key, so that nothing here goes out of
/// date. GUI thread.
class View : public QObject {
    Q_OBJECT
public:
    /// `engine`: an id of the pool.
    View(const ProductCache& products, const EnginePool& engines, std::string engine,
         QObject* parent = nullptr);

    [[nodiscard]] LayerStack& layers() noexcept { return layers_; }
    [[nodiscard]] const LayerStack& layers() const noexcept { return layers_; }
    [[nodiscard]] const PooledEngine& engine() const { return engines_.at(engine_); }

    // What is shown -----------------------------------------------------------------------------
    /// Null: nothing. Emits nothing.
    void show(FramePtr frame) { frame_ = std::move(frame); }
    [[nodiscard]] const FramePtr& frame() const noexcept { return frame_; }
    /// These are of the shown frame, and null while they are not computed. While the query is
    /// dragged, the similarity is the newest finished one.
    [[nodiscard]] FlowPtr flow() const;
    /// `layer`: its id; null for a layer that draws something else.
    [[nodiscard]] ScalarMapPtr map(const std::string& layer) const;
    [[nodiscard]] std::optional<BestMatch> bestMatch() const;
    /// Cosine of the best match, by frame, for the frames seen since the query was set.
    [[nodiscard]] const std::map<FrameIndex, float>& matchScores() const noexcept {
        return matchScores_;
    }

    // What it is computed by --------------------------------------------------------------------
    /// The provider asked for, and the one in use: DIS where there is no model with flow.
    void setFlowProvider(const std::string& id);
    [[nodiscard]] const std::string& flowProvider() const noexcept { return flow_; }
    [[nodiscard]] std::string flowInUse() const { return engine().usableFlow(flow_); }
    /// Feature level, 1..6, stride 2^level.
    void setLevel(int level);
    [[nodiscard]] int level() const { return engine().usableLevel(level_); }
    /// Looks for the feature at `where` of the shown frame, in this and every later shown frame.
    void setQuery(PointF where);
    void clearQuery();
    [[nodiscard]] const std::optional<SimilarityQuery>& query() const noexcept { return query_; }
    /// The frame the query was set on; null without one.
    [[nodiscard]] const FramePtr& queryFrame() const noexcept { return queryFrame_; }
    void setMapDemand(MapDemand demand);

    /// Keys of what is to be computed for the shown frame, the most urgent one first.
    [[nodiscard]] std::vector<ProductKey> demand() const;
    /// Takes note of a product that has arrived in the cache.
    void adopt(const ProductKey& key);
    /// Another document: forgets the query and the scale of flow. Emits nothing.
    void leave();

Q_SIGNALS:
    /// A choice: other products are shown and wanted.
    void changed();
    /// Other products are wanted, and nothing looks different yet.
    void demandChanged();
    void queryChanged();
    void noticed(const mcj::Notice& notice);

private:
    /// None where nothing is shown, the layer is not computed, or needs a query and there is none.
    [[nodiscard]] std::optional<ProductKey> keyOf(const Layer& layer) const;
    [[nodiscard]] ProductPtr product(const Layer& layer) const;

    const ProductCache& products_;
    const EnginePool& engines_;
    std::string engine_;
    LayerStack layers_;
    FramePtr frame_;
    std::string flow_ = kModelFastFlow;  ///< whoever scrubs would wait for more
    int level_ = 3;
    std::optional<SimilarityQuery> query_;
    FramePtr queryFrame_;
    MapDemand mapDemand_ = MapDemand::Visible;
    std::map<FrameIndex, float> matchScores_;  ///< of the query and level as they are
    std::optional<std::pair<ProductKey, ProductPtr>> newestOfQuery_;  ///< of the shown frame
};

}  // namespace mcj
