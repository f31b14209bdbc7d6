#include "viewer/session/view_set.h"

#include <QSignalBlocker>
#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

namespace mcj {
namespace {

struct ArrangementRow {
    Arrangement arrangement;
    const char* name;
    std::size_t views;  ///< on screen; 1: the active one
};

constexpr std::array<ArrangementRow, 5> kArrangements{{
    {Arrangement::Single, "single", 1},
    {Arrangement::SideBySide, "side-by-side", 2},
    {Arrangement::Grid, "grid", 4},
    {Arrangement::Wipe, "wipe", 2},
    {Arrangement::Difference, "difference", 2},
}};

const ArrangementRow& rowOf(Arrangement arrangement) noexcept {
    return kArrangements[static_cast<std::size_t>(arrangement)];
}

}  // namespace

const char* arrangementName(Arrangement arrangement) noexcept { return rowOf(arrangement).name; }

Arrangement arrangementNamed(const std::string& name) noexcept {
    for (const ArrangementRow& row : kArrangements) {
        if (name == row.name) return row.arrangement;
    }
    return Arrangement::Single;
}

ViewSet::ViewSet(const ProductCache& products, EnginePool& engines, const std::string& engine,
                 QObject* parent)
    : QObject(parent), products_(products), engines_(engines), engine_(engine) {
    views_.push_back(std::make_unique<View>(products_, engines_, engine));
    follow(*views_.front());
}

void ViewSet::follow(View& view) {
    view.setDifferenceLookup([this](const DifferenceTerm& term) -> std::optional<ProductKey> {
        if (term.view >= views_.size()) return std::nullopt;
        return at(term.view).mapKey(term.layer);
    });
    connect(&view, &View::changed, this, &ViewSet::changed);
    connect(&view, &View::demandChanged, this, &ViewSet::demandChanged);
    connect(&view, &View::flowChoiceChanged, this, &ViewSet::flowChoiceChanged);
    connect(&view, &View::noticed, this, &ViewSet::noticed);
    connect(&view.layers(), &LayerStack::changed, this, &ViewSet::layersChanged);
    connect(&view, &View::queryChanged, this, [this, &view] {
        // The same points are compared in all views.
        if (!std::exchange(copyingQuery_, true)) {
            for (const auto& other : views_) {
                if (other.get() != &view) other->copyQuery(view);
            }
            copyingQuery_ = false;
        }
        Q_EMIT queryChanged();
    });
}

void ViewSet::addView() {
    const View& model = active();
    views_.push_back(std::make_unique<View>(products_, engines_, model.engine().id));
    View& added = *views_.back();
    added.resemble(model);
    added.show(model.frame());
    follow(added);
}

void ViewSet::ensure(std::size_t count) {
    while (views_.size() < std::min(count, kMost)) addView();
}

std::vector<std::size_t> ViewSet::shown() const {
    const std::size_t count = rowOf(arrangement_).views;
    if (count == 1) return {active_};
    std::vector<std::size_t> indices(count);
    for (std::size_t i = 0; i < count; ++i) indices[i] = i;
    return indices;
}

bool ViewSet::isShown(std::size_t index) const {
    const std::vector<std::size_t> all = shown();
    return std::find(all.begin(), all.end(), index) != all.end();
}

void ViewSet::activate(std::size_t index) {
    if (index == active_ || index >= views_.size()) return;
    active().setMapDemand(MapDemand::Visible);
    active_ = index;
    active().setMapDemand(mapDemand_);
    Q_EMIT arranged();
    Q_EMIT flowChoiceChanged();
    Q_EMIT changed();
}

void ViewSet::flip() {
    ensure(2);
    activate(active_ == 0 ? 1 : 0);
}

void ViewSet::arrange(Arrangement arrangement) {
    if (arrangement == arrangement_) return;
    const std::size_t count = rowOf(arrangement).views;
    ensure(count);
    arrangement_ = arrangement;
    if (count > 1 && active_ >= count) {
        active().setMapDemand(MapDemand::Visible);
        active_ = 0;
        active().setMapDemand(mapDemand_);
    }
    Q_EMIT arranged();
    Q_EMIT flowChoiceChanged();
    Q_EMIT changed();
}

void ViewSet::setWipe(double share) {
    const double wanted = std::clamp(share, 0.0, 1.0);
    if (wanted == wipe_) return;
    wipe_ = wanted;
    Q_EMIT layersChanged();
}

void ViewSet::setFrameLinking(FrameLinking linking) {
    if (linking == linking_) return;
    linking_ = linking;
    Q_EMIT changed();
}

void ViewSet::setPlaceLinking(PlaceLinking linking) {
    if (linking == placeLinking_) return;
    placeLinking_ = linking;
    Q_EMIT arranged();
}

void ViewSet::restoreSeparate(FrameIndex offsetsFrom) {
    linking_ = FrameLinking::Separate;
    offsetsFrom_ = offsetsFrom;
    Q_EMIT changed();
}

// The picture at the playhead is now `shown`: views that stay are at another offset from it. Not
// when the playhead moves: until the picture arrives, the views show frames for the one before.
void ViewSet::keepFrames(FrameIndex shown) {
    const FrameIndex moved = shown - std::exchange(offsetsFrom_, shown);
    if (moved == 0) return;
    for (std::size_t i = 0; i < size(); ++i) {
        if (!stays(i)) continue;
        // What the view shows and requests stays the same.
        const QSignalBlocker quiet(views_[i].get());
        views_[i]->setOffset(views_[i]->offset() - moved);
    }
}

FramePtr ViewSet::frameOf(const View& view, const FramePtr& shown, const FrameProvider& frames) {
    if (!shown || view.offset() == 0) return shown;
    const FrameIndex index = shown->index + view.offset();
    if (index < 0 || index >= frames.frameCount()) return nullptr;
    FramePtr there = frames.cached(index);
    if (there || frames.whyUnread(index) != nullptr) return there;
    const FramePtr& before = view.frame();
    return before && before->source == shown->source ? before : nullptr;
}

bool ViewSet::show(const FramePtr& shown, const FrameProvider& frames) {
    bool differs = false;
    adoptCount(frames);
    if (shown) keepFrames(shown->index);
    for (const auto& view : views_) {
        FramePtr frame = frameOf(*view, shown, frames);
        differs = differs || frame != view->frame();
        view->show(std::move(frame));
        for (const Pin& pin : view->pins().all()) {
            if (pin.frame) continue;
            if (const FramePtr pinned = frames.cached(pin.query.frame)) view->offerFrame(pinned);
        }
        view->followPins();
    }
    return differs;
}

std::vector<FrameIndex> ViewSet::wantedFrames(FrameIndex current,
                                              const FrameProvider& frames) const {
    std::vector<FrameIndex> wanted;
    for (const std::size_t index : shown()) {
        const View& view = at(index);
        // The playhead's frame and the next one are read anyway.
        if (view.offset() == 0 && view.gap() == 1) continue;
        const FrameIndex first = (stays(index) ? offsetsFrom_ : current) + view.offset();
        for (const FrameIndex frame : {first, first + view.gap()}) {
            if (frame >= 0 && frame < frames.frameCount()) wanted.push_back(frame);
        }
    }
    return wanted;
}

void ViewSet::adoptCount(const FrameProvider& frames) {
    const FrameIndex count = frames.scanned() ? frames.frameCount() : 0;
    for (const auto& view : views_) view->setClipFrames(count);
}

std::vector<FrameIndex> ViewSet::withoutPinned(std::vector<FrameIndex> frames) const {
    std::erase_if(frames, [this](FrameIndex index) {
        return std::any_of(views_.begin(), views_.end(), [index](const auto& view) {
            return view->pinnedFrame(index) != nullptr;
        });
    });
    return frames;
}

void ViewSet::requestEngines(EnginePool& engines) const {
    for (const auto& view : views_) engines.request(view->engine().id);
}

std::vector<ProductKey> ViewSet::demand(DemandScope scope) const {
    std::vector<ProductKey> keys = active().demand();
    if (probe_) keys.insert(keys.begin(), *probe_);
    for (const std::size_t index : shown()) {
        if (index == active_) continue;
        const std::vector<ProductKey> more = at(index).demand();
        keys.insert(keys.end(), more.begin(), more.end());
    }
    if (scope == DemandScope::WithSpare) {
        const std::vector<ProductKey> spare = active().spareDemand();
        keys.insert(keys.end(), spare.begin(), spare.end());
    }
    return keys;
}

void ViewSet::adopt(const ProductKey& key) {
    // A view would take it for an earlier place of its pin.
    if (key == probe_ && !isOfPin(key)) return;
    for (const auto& view : views_) view->adopt(key);
}

void ViewSet::adoptScore(const SimilarityQuery& query, const std::string& engine, int level,
                         const std::pair<const FrameIndex, float>& score) {
    for (const auto& view : views_) view->adoptScore(query, engine, level, score);
}

void ViewSet::setProbe(std::optional<ProductKey> probe) {
    if (probe == probe_) return;
    probe_ = std::move(probe);
    Q_EMIT demandChanged();
}

bool ViewSet::isOfPin(const ProductKey& key) const {
    return std::any_of(views_.begin(), views_.end(),
                       [&key](const auto& view) { return view->pins().of(*key.query) != nullptr; });
}

bool ViewSet::keeps(const ProductKey& key) const {
    return !key.query || key == probe_ || isOfPin(key);
}

FramePtr ViewSet::frame(FrameIndex index, const FrameProvider& frames) const {
    for (const auto& view : views_) {
        if (FramePtr pinned = view->pinnedFrame(index)) return pinned;
    }
    return frames.cached(index);
}

const PooledEngine& ViewSet::usualEngine(std::size_t index) const {
    return index == 0 ? engines_.at(engine_) : at(0).engine();
}

void ViewSet::changeEngines(const std::function<EngineOptions(const EngineOptions&)>& changed) {
    const auto other = [&](const std::string& id) {
        const bool requested = engines_.at(id).requested;
        const std::string added = engines_.add(changed(engines_.at(id).options));
        if (requested) engines_.request(added);
        return added;
    };
    engine_ = other(engine_);
    for (const auto& view : views_) view->setEngine(other(view->engine().id));
}

void ViewSet::useModel(std::size_t index, const std::filesystem::path& model) {
    std::error_code failed;
    if (!model.empty() && !std::filesystem::exists(model, failed)) return;
    const PooledEngine& usual = usualEngine(index);
    if (model.empty()) {
        at(index).setEngine(usual.id);
        return;
    }
    EngineOptions options = usual.options;
    options.model = model;
    const std::string id = engines_.add(options);
    engines_.request(id);
    at(index).setEngine(id);
}

std::filesystem::path ViewSet::ownModel(std::size_t index) const {
    const PooledEngine& engine = at(index).engine();
    return engine.id == usualEngine(index).id ? std::filesystem::path() : engine.options.model;
}

bool ViewSet::usesFlow(const std::string& flow) const {
    return std::any_of(views_.begin(), views_.end(), [&flow](const auto& view) {
        return flow == (view->engine().coming() ? view->flowProvider() : view->flowInUse());
    });
}

void ViewSet::setMapDemand(MapDemand demand) {
    mapDemand_ = demand;
    active().setMapDemand(demand);
}

void ViewSet::setTruth(const FlowFilesPtr& truth) {
    for (const auto& view : views_) view->setTruth(truth);
}

void ViewSet::addFlowFiles(const FlowFilesPtr& files) {
    for (const auto& view : views_) view->addFlowFiles(files);
}

FlowFilesPtr ViewSet::files(const std::string& id) const {
    for (const auto& view : views_) {
        if (FlowFilesPtr found = view->files(id)) return found;
    }
    return nullptr;
}

void ViewSet::leave() {
    for (const auto& view : views_) view->leave();
    linking_ = FrameLinking::Linked;
    placeLinking_ = PlaceLinking::Linked;
    offsetsFrom_ = 0;
}

}  // namespace mcj
