#pragma once

#include <QObject>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "inference/analysis/flow_files.h"
#include "inference/analysis/product.h"
#include "inference/engine/flow_provider.h"
#include "media/base/frame.h"
#include "viewer/session/engine_pool.h"
#include "viewer/session/layer_stack.h"
#include "viewer/session/notice.h"
#include "viewer/session/pins.h"
#include "viewer/session/product_cache.h"
#include "viewer/session/view_difference.h"

namespace mcj {

/// The maps that are computed for the shown frame.
enum class MapDemand {
    Visible,  ///< those of visible layers
    All,      ///< all maps, those of visible layers first
};

/// The view of the document: one frame, its layers, and the methods that compute them. Results are
/// looked up by their complete keys, so that the view cannot show outdated ones. GUI thread.
class View : public QObject {
    Q_OBJECT
public:
    /// `engine`: an id of the pool.
    View(const ProductCache& products, const EnginePool& engines, std::string engine,
         QObject* parent = nullptr);

    [[nodiscard]] LayerStack& layers() noexcept { return layers_; }
    [[nodiscard]] const LayerStack& layers() const noexcept { return layers_; }
    [[nodiscard]] const PooledEngine& engine() const { return engines_.at(engine_); }

    /// Takes over layers, methods and query of another view, not its frame. Emits no signal.
    void resemble(const View& other);

    // What is shown -----------------------------------------------------------------------------
    /// Null shows nothing. Emits no signal.
    void show(FramePtr frame);
    [[nodiscard]] const FramePtr& frame() const noexcept { return frame_; }
    /// The view shows the frame this many frames after the playhead's.
    void setOffset(FrameIndex frames);
    [[nodiscard]] FrameIndex offset() const noexcept { return offset_; }
    /// Of either sign, in the panel and in project files.
    static constexpr FrameIndex kMostOffset = 9999;
    /// Results for the shown frame; null until computed. While the query is dragged, the similarity
    /// is the newest finished one.
    /// Until a map is computed, the one of a coarser flow method is shown
    /// (`FlowProvider::coarser`): see `preview`. `Stage::Final` returns no previews, for exports.
    enum class Stage { Newest, Final };
    /// `layer`: id of a flow layer.
    [[nodiscard]] FlowPtr flow(const std::string& layer = kFlowLayer,
                               Stage stage = Stage::Newest) const;
    /// `layer`: id of the layer. Null if the layer is not scalar.
    [[nodiscard]] ScalarMapPtr map(const std::string& layer, Stage stage = Stage::Newest) const;
    /// `layer`: id of a layer of streamlines. Until they are as long as the layer wants them, those
    /// that are computed so far.
    [[nodiscard]] StreamlinesPtr streamlines(const std::string& layer,
                                             Stage stage = Stage::Newest) const;
    /// The flow method of a preview that a drawn layer shows; empty if there is none.
    [[nodiscard]] std::string preview() const;
    /// Null if the layer does not show colours.
    [[nodiscard]] RgbPtr colors(const std::string& layer) const;
    [[nodiscard]] std::optional<BestMatch> bestMatch() const;
    /// The query of the shown similarity: while the query is dragged, an earlier one than `query`.
    [[nodiscard]] std::optional<SimilarityQuery> shownQuery() const;
    /// Cosine of the selected pin's best match, by frame, for the frames seen since it was placed.
    [[nodiscard]] const std::map<FrameIndex, float>& matchScores() const noexcept;
    /// Where the selected pin's trajectory passes the shown frame; none where it does not reach it
    /// or is not computed that far.
    [[nodiscard]] std::optional<PointF> trackedPoint() const;
    /// Pixels between that point and the best match; none if either is not known, and while the
    /// similarity of an earlier place is shown.
    [[nodiscard]] std::optional<float> matchDistancePx() const;

    /// Frames whose flow to the next one, by the method in use, is in memory; in their order.
    [[nodiscard]] std::vector<FrameIndex> framesWithFlow() const;

    // What it is computed by --------------------------------------------------------------------
    /// The requested provider, and the one in use: DIS if no model with flow is loaded. Also the id
    /// of files that were added, or of a `FlowCommand`.
    void setFlowProvider(const std::string& id);
    [[nodiscard]] const std::string& flowProvider() const noexcept { return flow_; }
    [[nodiscard]] std::string flowInUse() const { return engine().usableFlow(flow_); }
    /// Another method's flow, as a provider. Files of the same path are replaced.
    void addFlowFiles(const FlowFilesPtr& files);
    /// Uses the files of `path` as soon as they are added, unless another provider is chosen until
    /// then.
    void awaitFlow(std::string path) { awaitedFlow_ = std::move(path); }
    /// Empty: none.
    [[nodiscard]] const std::string& awaitedFlow() const noexcept { return awaitedFlow_; }
    [[nodiscard]] const std::vector<FlowFilesPtr>& flowFiles() const noexcept { return flowFiles_; }
    /// Ground truth; null removes it.
    void setTruth(FlowFilesPtr truth);
    [[nodiscard]] const FlowFilesPtr& truth() const noexcept { return truth_; }
    /// Those with this id, also if they are the truth; null if there are none.
    [[nodiscard]] FlowFilesPtr files(const std::string& id) const;
    /// How many frames the second frame of a pair is after the shown one, 1..`kMostGap`; other
    /// values are clamped.
    void setGap(FrameIndex gap);
    [[nodiscard]] FrameIndex gap() const noexcept { return gap_; }
    static constexpr FrameIndex kMostGap = 100;
    /// `id`: an engine of the pool.
    void setEngine(const std::string& id);
    /// Feature level, 1..6, stride 2^level.
    void setLevel(int level);
    [[nodiscard]] int level() const { return engine().usableLevel(level_); }
    /// The level as it was set; the engine may have fewer.
    [[nodiscard]] int wantedLevel() const noexcept { return level_; }
    /// Thresholds of the occlusion map; values out of range are clamped.
    void setOcclusionRule(const OcclusionRule& rule);
    [[nodiscard]] const OcclusionRule& occlusionRule() const noexcept { return rule_; }
    /// What the layer "difference" is of. Throws `Error{Internal}` for layers that have no map.
    void setDifference(const MapDifference& difference);
    [[nodiscard]] const MapDifference& difference() const noexcept { return difference_; }
    /// How the maps of all views are found; without it no difference is computed.
    void setDifferenceLookup(DifferenceLookup maps) { maps_ = std::move(maps); }
    /// The key of the map that the layer shows, for a difference; none if it cannot be computed.
    [[nodiscard]] std::optional<ProductKey> mapKey(const std::string& layer) const;
    /// Moves the selected pin to `where` of the shown frame, or places the first one: its feature
    /// is searched in this and every later shown frame.
    void setQuery(PointF where);
    /// The same for an object of the shown frame: the mean of its features is searched.
    void setQuery(QueryRegionPtr region);
    /// Places another pin there and selects it. If every colour is in use, a notice is emitted.
    void addPin(PointF where);
    /// The pin whose similarity is shown: its place in `pins().all()`.
    void selectPin(std::size_t place);
    /// Removes the selected pin.
    void clearQuery();
    void clearPins();
    /// Replaces all pins by those of a project.
    void setPins(Pins pins);
    /// Takes over places, colours and selection of the pins of another view. What is known of a pin
    /// by the methods of this view stays.
    void copyQuery(const View& other);
    [[nodiscard]] const Pins& pins() const noexcept { return pins_; }
    /// The point of the selected pin.
    [[nodiscard]] std::optional<SimilarityQuery> query() const;
    /// The key of the similarity to a point of the shown frame in that frame, for
    /// `ViewSet::setProbe`. A frame must be shown.
    [[nodiscard]] ProductKey similarityKey(PointF where) const;
    /// The frame of the selected pin; null without a pin, or until the frame was in memory.
    [[nodiscard]] FramePtr queryFrame() const;
    /// A frame that pins are on, or null. They keep it, because the frame cache may drop it.
    [[nodiscard]] FramePtr pinnedFrame(FrameIndex index) const;
    /// Tells that a frame is in memory: pins on it keep it.
    void offerFrame(const FramePtr& frame);
    void setMapDemand(MapDemand demand);
    /// The exact number of frames of the video, on which the basis of feature colours depends; 0
    /// while it is not known: they are not requested. Emits no signal.
    void setClipFrames(FrameIndex frames) noexcept { clipFrames_ = frames; }

    /// Whether the layer needs ground truth and there is none, so that it need not be offered.
    [[nodiscard]] bool lacksTruth(const Layer& layer) const;
    /// Why the layer has no values for the shown frame although it may have some for others: the
    /// truth or the files have no flow for it. Empty if that is not the reason.
    [[nodiscard]] QString whyEmpty(const Layer& layer) const;
    /// Keys of the products to compute for the shown frame, the most urgent one first.
    [[nodiscard]] std::vector<ProductKey> demand() const;
    /// Keys of the flows that the trajectories need next, for spare time: at most four, those of
    /// one pin. A trajectory goes on within `kTrackWindow` frames of the shown frame or its pin;
    /// by flow from files, which has no backward flow, there is none.
    [[nodiscard]] std::vector<ProductKey> spareDemand() const;
    /// Continues the trajectories by flow that is in the cache; begins them again after a change of
    /// the flow or the engine in use. Emits no signal.
    void followPins();
    static constexpr FrameIndex kTrackWindow = 12;
    /// Notifies the view of a new product in the cache.
    void adopt(const ProductKey& key);
    /// Keeps the cosine of the best match of `query` in a frame, by an engine of the pool and a
    /// level, if a pin asks for it. Emits no signal.
    void adoptScore(const SimilarityQuery& query, const std::string& engine, int level,
                    std::pair<const FrameIndex, float> score);
    /// For another document: resets the query, the flow scale, gap and offset, the truth and other
    /// flow from files. Emits no signal.
    void leave();

Q_SIGNALS:
    /// A choice changed: other products are shown and requested.
    void changed();
    /// Other products are requested; the canvas is unchanged so far.
    void demandChanged();
    void queryChanged();
    /// Files were added, replaced or removed, or the provider, the gap or the engine changed.
    void flowChoiceChanged();
    void noticed(const mcj::Notice& notice);

private:
    /// `nullopt` if no frame is shown, the layer is not computed, or its query is not set.
    [[nodiscard]] std::optional<ProductKey> keyOf(const Layer& layer) const;
    /// The same before flow from files is considered.
    [[nodiscard]] std::optional<ProductKey> plainKeyOf(const Layer& layer) const;
    [[nodiscard]] std::optional<ProductKey> differenceKey() const;
    [[nodiscard]] std::vector<FlowFilesPtr> allFiles() const;
    [[nodiscard]] ProductPtr product(const Layer& layer, Stage stage = Stage::Newest) const;
    /// The same product by coarser flow methods, the finest one first.
    [[nodiscard]] std::vector<ProductKey> coarserKeys(const ProductKey& key) const;
    /// The frame in which streamlines from the shown frame by `flow` end: the last one, or the last
    /// one that files have flow to, where that is earlier.
    [[nodiscard]] FrameIndex streamEnd(const StreamLook& look, const std::string& flow) const;
    /// The first streamlines that are not in the cache on the way to `whole`; `whole` at the end.
    [[nodiscard]] ProductKey nextStreamlines(const ProductKey& whole) const;
    [[nodiscard]] ProductKey flowKey(FrameIndex from, FrameIndex to) const;
    void moveSelectedPin(const SimilarityQuery& query);
    /// Keeps the map of the selected pin on screen until its next one is computed.
    void keepShownMap();
    void pinsChanged();

    const ProductCache& products_;
    const EnginePool& engines_;
    std::string engine_;
    LayerStack layers_;
    FramePtr frame_;
    FrameIndex offset_ = 0;
    std::string flow_ = kModelFastFlow;    ///< the fastest one, for scrubbing
    std::string method_ = kModelFastFlow;  ///< the last provider that was not files
    std::vector<FlowFilesPtr> flowFiles_;
    std::string awaitedFlow_;
    FlowFilesPtr truth_;
    FrameIndex gap_ = 1;
    int level_ = 3;
    OcclusionRule rule_;
    MapDifference difference_;
    DifferenceLookup maps_;
    Pins pins_;
    /// Of a flow by the same methods as the flows of the trajectories.
    std::optional<ProductKey> followed_;
    MapDemand mapDemand_ = MapDemand::Visible;
    FrameIndex clipFrames_ = 0;
    std::optional<std::pair<ProductKey, ProductPtr>> newestOfQuery_;  ///< of the shown frame
};

}  // namespace mcj
