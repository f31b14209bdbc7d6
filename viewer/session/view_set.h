#pragma once

#include <QObject>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "viewer/session/frame_provider.h"
#include "viewer/session/view.h"

namespace mcj {

/// How the views share the canvas.
enum class Arrangement {
    Single,      ///< the active view alone
    SideBySide,  ///< two views
    Grid,        ///< four views
    Wipe,        ///< two views of the same place, divided by a vertical line
    Difference,  ///< absolute difference of the colours of two views
};

/// The name in project files: "single", "side-by-side", "grid", "wipe", "difference".
[[nodiscard]] const char* arrangementName(Arrangement arrangement) noexcept;
/// `Single` for an unknown name.
[[nodiscard]] Arrangement arrangementNamed(const std::string& name) noexcept;

/// Whether all views move through the clip together.
enum class FrameLinking {
    Linked,    ///< every view, at its offset from the playhead
    Separate,  ///< only the active view; the others keep their frames, and their offsets follow
};

/// Whether all views show the same part of the picture at the same zoom. Views in the same place
/// (`Wipe`, `Difference`, the flip of `Single`) do so always.
enum class PlaceLinking { Linked, Separate };

/// What is requested of the scheduler.
enum class DemandScope {
    Screen,     ///< what the shown views draw
    WithSpare,  ///< also what trajectories need, for spare time
};

/// The views of the document. One of them is active: panels, tools and exports refer to it. GUI
/// thread.
class ViewSet : public QObject {
    Q_OBJECT
public:
    static constexpr std::size_t kMost = 4;

    /// One view with this engine.
    ViewSet(const ProductCache& products, EnginePool& engines, const std::string& engine,
            QObject* parent = nullptr);

    /// Views that exist; those that the arrangement does not show keep their settings.
    [[nodiscard]] std::size_t size() const noexcept { return views_.size(); }
    [[nodiscard]] View& at(std::size_t index) { return *views_.at(index); }
    [[nodiscard]] const View& at(std::size_t index) const { return *views_.at(index); }
    [[nodiscard]] View& active() { return *views_[active_]; }
    [[nodiscard]] const View& active() const { return *views_[active_]; }
    [[nodiscard]] std::size_t activeIndex() const noexcept { return active_; }
    /// Indices of the views on screen, in the order of their places.
    [[nodiscard]] std::vector<std::size_t> shown() const;
    [[nodiscard]] bool isShown(std::size_t index) const;

    /// Makes the first `count` views exist (4 at most); new ones are copies of the active one.
    void ensure(std::size_t count);
    /// `index` must exist; otherwise it is ignored.
    void activate(std::size_t index);
    /// Activates the other one of the first two views; in `Single`, a first flip makes the second
    /// view, which is a copy of the first.
    void flip();
    /// A view that is missing is added as a copy of the active one.
    void arrange(Arrangement arrangement);
    [[nodiscard]] Arrangement arrangement() const noexcept { return arrangement_; }
    /// Place of the line of `Wipe`, 0..1 of the canvas's width.
    void setWipe(double share);
    [[nodiscard]] double wipe() const noexcept { return wipe_; }

    void setFrameLinking(FrameLinking linking);
    [[nodiscard]] FrameLinking frameLinking() const noexcept { return linking_; }
    void setPlaceLinking(PlaceLinking linking);
    [[nodiscard]] PlaceLinking placeLinking() const noexcept { return placeLinking_; }
    /// Whether each view on screen has a zoom and position of its own.
    [[nodiscard]] bool placesApart() const noexcept {
        return placeLinking_ == PlaceLinking::Separate &&
               (arrangement_ == Arrangement::SideBySide || arrangement_ == Arrangement::Grid);
    }
    /// The frame at the playhead that the offsets of the views refer to: the last one shown.
    [[nodiscard]] FrameIndex offsetsFrom() const noexcept { return offsetsFrom_; }
    /// `Separate`, with offsets that are stored and refer to `offsetsFrom`: the views that are not
    /// active keep those frames, wherever the playhead is.
    void restoreSeparate(FrameIndex offsetsFrom);

    /// Gives every view its frame: `shown`, or at an offset the one that `frames` has, its pins
    /// theirs, and the number of frames; continues the trajectories. A view with an offset keeps
    /// its frame until the next one is in memory; beyond the ends of the clip it has none. Returns
    /// whether a view shows another frame than before. Emits no signal.
    bool show(const FramePtr& shown, const FrameProvider& frames);
    /// Frames that shown views with an offset or a gap need in addition, with the playhead at
    /// `current`.
    [[nodiscard]] std::vector<FrameIndex> wantedFrames(FrameIndex current,
                                                       const FrameProvider& frames) const;
    /// Tells all views how many frames the video has, once they are counted. Emits no signal.
    void adoptCount(const FrameProvider& frames);
    /// Those of `frames` that no pin keeps in memory.
    [[nodiscard]] std::vector<FrameIndex> withoutPinned(std::vector<FrameIndex> frames) const;
    /// Requests the engines of all views.
    void requestEngines(EnginePool& engines) const;
    /// Products of all shown views, those of the active one first; last what the trajectories of
    /// the active one need.
    [[nodiscard]] std::vector<ProductKey> demand(DemandScope scope = DemandScope::Screen) const;
    void adopt(const ProductKey& key);
    /// See `View::adoptScore`, for all views.
    void adoptScore(const SimilarityQuery& query, const std::string& engine, int level,
                    const std::pair<const FrameIndex, float>& score);
    /// Requests this product before all others, besides what is shown; none: no longer. It is not
    /// shown, as a pin's similarity is.
    void setProbe(std::optional<ProductKey> probe);
    /// Whether the product is worth keeping: it has no query, or a view has a pin with its query,
    /// or it is the probe.
    [[nodiscard]] bool keeps(const ProductKey& key) const;
    /// The frame for a product: that of a pin, which may have been dropped from the frame cache,
    /// or the one that `frames` has in memory. Null if there is none.
    [[nodiscard]] FramePtr frame(FrameIndex index, const FrameProvider& frames) const;
    /// Gives every view the engine whose options are what `changed` makes of those of its present
    /// one, and requests it where the present one was.
    void changeEngines(const std::function<EngineOptions(const EngineOptions&)>& changed);
    /// Computes a view by this model file, with the other options of its usual engine; empty: by
    /// that. The usual engine of the first view is that of the constructor, and of another view
    /// that of the first one. A file that does not exist is ignored.
    void useModel(std::size_t index, const std::filesystem::path& model);
    /// The model of a view whose engine is not its usual one; empty for that.
    [[nodiscard]] std::filesystem::path ownModel(std::size_t index) const;
    /// The model of the usual engine of the first view; empty for the shipped one.
    [[nodiscard]] const std::filesystem::path& usualModel() const {
        return engines_.at(engine_).options.model;
    }
    /// Whether some view's flow is, or will be once its model is loaded, the one with this id.
    [[nodiscard]] bool usesFlow(const std::string& flow) const;
    /// For the active view; every other shown view computes only what it draws.
    void setMapDemand(MapDemand demand);
    /// Flow from files, for all views: see `View`.
    void setTruth(const FlowFilesPtr& truth);
    void addFlowFiles(const FlowFilesPtr& files);
    /// The files with this id that a view has; null if there are none.
    [[nodiscard]] FlowFilesPtr files(const std::string& id) const;
    /// For another document, whose views are linked.
    void leave();

Q_SIGNALS:
    /// A view shows or requests something else, or other views are shown.
    void changed();
    void layersChanged();
    void demandChanged();
    void queryChanged();
    /// As `View::flowChoiceChanged`, or another view is active.
    void flowChoiceChanged();
    /// Another view is active, or the arrangement or the linking of places changed.
    void arranged();
    void noticed(const mcj::Notice& notice);

private:
    /// Of a key with a query: whether a view has its pin.
    [[nodiscard]] bool isOfPin(const ProductKey& key) const;
    void addView();
    [[nodiscard]] const PooledEngine& usualEngine(std::size_t index) const;
    [[nodiscard]] static FramePtr frameOf(const View& view, const FramePtr& shown,
                                          const FrameProvider& frames);
    void follow(View& view);
    void keepFrames(FrameIndex shown);
    /// Whether the view keeps its frame when the playhead moves.
    [[nodiscard]] bool stays(std::size_t index) const noexcept {
        return linking_ == FrameLinking::Separate && index != active_;
    }

    const ProductCache& products_;
    EnginePool& engines_;
    std::string engine_;  ///< of the first view, unless another one is chosen
    std::vector<std::unique_ptr<View>> views_;
    std::size_t active_ = 0;
    Arrangement arrangement_ = Arrangement::Single;
    double wipe_ = 0.5;
    FrameLinking linking_ = FrameLinking::Linked;
    PlaceLinking placeLinking_ = PlaceLinking::Linked;
    FrameIndex offsetsFrom_ = 0;
    MapDemand mapDemand_ = MapDemand::Visible;
    bool copyingQuery_ = false;
    std::optional<ProductKey> probe_;
};

}  // namespace mcj
