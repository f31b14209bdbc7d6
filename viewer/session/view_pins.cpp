// The pins of a view: placing, selecting and following them.

#include <cstdlib>
#include <utility>

#include "viewer/session/view.h"

namespace mcj {

void View::show(FramePtr frame) {
    frame_ = std::move(frame);
    if (frame_) offerFrame(frame_);
}

std::optional<SimilarityQuery> View::query() const {
    const Pin* pin = pins_.selected();
    return pin == nullptr ? std::nullopt : std::optional(pin->query);
}

ProductKey View::similarityKey(PointF where) const {
    ProductKey all;
    all.source = frame_->source;
    all.frame = frame_->index;
    all.engine = engine_;
    all.level = level();
    all.query = SimilarityQuery{frame_->index, where};
    return productKey("similarity", all);
}

FramePtr View::queryFrame() const {
    const Pin* pin = pins_.selected();
    return pin == nullptr ? nullptr : pin->frame;
}

const std::map<FrameIndex, float>& View::matchScores() const noexcept {
    static const std::map<FrameIndex, float> kNone;
    const Pin* pin = pins_.selected();
    return pin == nullptr ? kNone : pin->scores;
}

void View::adoptScore(const SimilarityQuery& query, const std::string& engine, int level,
                      std::pair<const FrameIndex, float> score) {
    if (level != this->level() || engine != engine_) return;
    for (Pin& pin : pins_.all()) {
        if (pin.query == query) pin.scores[score.first] = score.second;
    }
}

std::optional<PointF> View::trackedPoint() const {
    const Pin* pin = pins_.selected();
    return pin == nullptr || !frame_ ? std::nullopt : pin->trajectory.at(frame_->index);
}

std::optional<float> View::matchDistancePx() const {
    const std::optional<PointF> tracked = trackedPoint();
    const std::optional<BestMatch> match = bestMatch();
    if (!tracked || !match || shownQuery() != query()) return std::nullopt;
    return distancePx(*tracked, match->where);
}

FramePtr View::pinnedFrame(FrameIndex index) const {
    for (const Pin& pin : pins_.all()) {
        if (pin.query.frame == index && pin.frame) return pin.frame;
    }
    return nullptr;
}

void View::offerFrame(const FramePtr& frame) {
    for (Pin& pin : pins_.all()) {
        if (pin.query.frame == frame->index && !pin.frame) pin.frame = frame;
    }
}

void View::keepShownMap() {
    const std::optional<ProductKey> shown = keyOf(layers_.layer(kSimilarityLayer));
    const ProductPtr map = shown ? products_.find(*shown) : nullptr;
    if (map) newestOfQuery_ = {*shown, map};
}

void View::pinsChanged() {
    if (frame_) offerFrame(frame_);
    followPins();
    Q_EMIT queryChanged();
    Q_EMIT changed();
}

void View::moveSelectedPin(const SimilarityQuery& query) {
    keepShownMap();
    pins_.moveSelected(query);
    layers_.setVisible(kSimilarityLayer, true);
    pinsChanged();
}

void View::setQuery(PointF where) {
    if (frame_) moveSelectedPin({frame_->index, where});
}

void View::setQuery(QueryRegionPtr region) {
    if (frame_) moveSelectedPin(regionQuery(frame_->index, std::move(region)));
}

void View::addPin(PointF where) {
    if (!frame_) return;
    if (!pins_.add({frame_->index, where})) {
        Q_EMIT noticed(
            warningNotice(tr("All %1 pins are in use, one of each colour").arg(pins_.all().size()),
                          tr("Remove one with Delete first.")));
        return;
    }
    newestOfQuery_.reset();
    layers_.setVisible(kSimilarityLayer, true);
    pinsChanged();
}

void View::selectPin(std::size_t place) {
    if (place >= pins_.all().size() || place == pins_.selectedPlace()) return;
    pins_.select(place);
    // The map of the other pin is not an earlier one of this.
    newestOfQuery_.reset();
    pinsChanged();
}

void View::clearQuery() {
    if (pins_.empty()) return;
    pins_.removeSelected();
    newestOfQuery_.reset();
    pinsChanged();
}

void View::clearPins() { setPins({}); }

void View::setPins(Pins pins) {
    if (pins.empty() && pins_.empty()) return;
    pins_ = std::move(pins);
    newestOfQuery_.reset();
    pinsChanged();
}

void View::copyQuery(const View& other) {
    if (pins_.samePlaces(other.pins_)) return;
    const Pin* before = pins_.selected();
    const Pin* after = other.pins_.selected();
    // A pin that is dragged keeps its colour.
    if (before != nullptr && after != nullptr && before->color == after->color) {
        keepShownMap();
    } else {
        newestOfQuery_.reset();
    }
    pins_.copyPlaces(other.pins_);
    pinsChanged();
}

// Following ----------------------------------------------------------------------------------

ProductKey View::flowKey(FrameIndex from, FrameIndex to) const {
    ProductKey all;
    all.source = frame_->source;
    all.frame = from;
    all.other = to;
    all.flow = flowInUse();
    all.engine = engine_;
    return productKey("flow", all);
}

std::vector<ProductKey> View::spareDemand() const {
    std::vector<ProductKey> keys;
    // While the model is loading, flow by DIS would be replaced at once.
    if (!frame_ || pins_.empty() || clipFrames_ == 0 || engine().coming()) return keys;
    if (isFlowFiles(flowInUse())) return keys;
    const auto near = [](FrameIndex a, FrameIndex b) { return std::abs(a - b) <= kTrackWindow; };
    const auto addFor = [&](const Pin& pin) {
        for (const TimeDirection direction : {TimeDirection::Forward, TimeDirection::Backward}) {
            if (pin.trajectory.end(direction) != TrajectoryEnd::Open) continue;
            const FrameIndex from = pin.trajectory.last(direction);
            const FrameIndex to = direction == TimeDirection::Forward ? from + 1 : from - 1;
            if (to < 0 || to >= clipFrames_) continue;
            if (!near(to, frame_->index) && !near(to, pin.query.frame)) continue;
            keys.push_back(flowKey(from, to));
            keys.push_back(flowKey(to, from));
        }
    };
    addFor(*pins_.selected());
    for (const Pin& pin : pins_.all()) {
        if (keys.empty()) addFor(pin);
    }
    return keys;
}

void View::followPins() {
    if (!frame_) return;
    const ProductKey by = flowKey(0, 1);
    const bool begin = followed_ != by;
    followed_ = by;
    for (Pin& pin : pins_.all()) {
        if (begin) pin.trajectory = Trajectory(pin.query.frame, pin.query.where);
        for (const TimeDirection direction : {TimeDirection::Forward, TimeDirection::Backward}) {
            while (pin.trajectory.end(direction) == TrajectoryEnd::Open) {
                const FrameIndex from = pin.trajectory.last(direction);
                const FrameIndex to = direction == TimeDirection::Forward ? from + 1 : from - 1;
                const ProductPtr there = products_.find(flowKey(from, to));
                const ProductPtr back = there ? products_.find(flowKey(to, from)) : nullptr;
                if (!back) break;
                pin.trajectory.extend(direction, *there->flow, *back->flow);
            }
        }
    }
}

}  // namespace mcj
