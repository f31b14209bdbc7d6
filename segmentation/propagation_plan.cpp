#include "segmentation/propagation_plan.h"

#include <algorithm>
#include <optional>
#include <string>

#include "media/base/error.h"

namespace mcj {
namespace {

/// A frame with a mask, at its place along the direction of travel.
struct Stop {
    FrameIndex place = 0;
    bool solid = false;    ///< ends the span before it and starts the next
    bool partial = false;  ///< is completed by the span that reaches it
};

FrameIndex signOf(Travel travel) { return travel == Travel::Backward ? -1 : 1; }

/// The stops in the order of travel. A partial mask that no other anchor could complete counts as
/// solid, because there is nothing else to start from.
std::vector<Stop> stopsAlong(const MaskTrack& track, Travel direction, Travel requested) {
    std::vector<Stop> stops;
    bool anySolid = false;
    for (const auto& [frame, entry] : track.entries()) {
        const bool partial = entry.facts.partial && !entry.facts.locked;
        stops.push_back(
            {frame * signOf(direction), entry.anchor() && !partial, entry.anchor() && partial});
        anySolid = anySolid || stops.back().solid;
    }
    if (direction == Travel::Backward) std::reverse(stops.begin(), stops.end());
    if (requested == Travel::Both && anySolid) return stops;
    for (Stop& stop : stops) {
        if (stop.solid) break;
        if (!stop.partial) continue;
        stop.solid = true;
        stop.partial = false;
        break;
    }
    return stops;
}

/// Plans one direction. Places are frames times the direction's sign, so travel always ascends.
class DirectionPlanner {
public:
    DirectionPlanner(const MaskTrack& track, const PropagationRequest& request, Travel direction)
        : track_(track), request_(request), sign_(signOf(direction)),
          stops_(stopsAlong(track, direction, request.travel)),
          low_(direction == Travel::Backward ? -(request.end - 1) : request.begin),
          high_(direction == Travel::Backward ? -request.begin : request.end - 1) {}

    void addTo(PropagationPlan& plan) const {
        std::optional<std::size_t> start = firstStart();
        while (start) {
            const std::optional<std::size_t> next = nextSolid(*start);
            addSpan(plan, *start, next);
            start = next && stops_[*next].place < high_ ? next : std::nullopt;
        }
    }

private:
    /// The nearest mask before the range, including propagated ones (so that a stopped run is
    /// resumed), else the first anchor inside.
    [[nodiscard]] std::optional<std::size_t> firstStart() const {
        std::optional<std::size_t> before;
        bool served = false;
        for (std::size_t i = 0; i < stops_.size() && stops_[i].place < low_; ++i) {
            served = served || stops_[i].solid;
            // A propagated mask counts only if there is an anchor that it can have come from.
            if (served) before = i;
        }
        if (before) return before;
        for (std::size_t i = 0; i < stops_.size(); ++i) {
            if (stops_[i].solid && stops_[i].place >= low_ && stops_[i].place <= high_) return i;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::optional<std::size_t> nextSolid(std::size_t start) const {
        for (std::size_t i = start + 1; i < stops_.size(); ++i) {
            if (stops_[i].solid) return i;
        }
        return std::nullopt;
    }

    [[nodiscard]] std::size_t anchorAtOrBefore(std::size_t start) const {
        while (!stops_[start].solid) --start;
        return start;
    }

    /// Whether the frames between two stops are computed from both.
    [[nodiscard]] bool blends(std::size_t start, std::size_t next) const {
        if (request_.between != BetweenAnchors::Blended || !stops_[start].solid) return false;
        const FrameIndex first = stops_[start].place + 1;
        const FrameIndex last = stops_[next].place - 1;
        return first >= low_ && last <= high_ && last - first < request_.longestBlend;
    }

    void addSpan(PropagationPlan& plan, std::size_t start, std::optional<std::size_t> next) const {
        FrameIndex last = high_;
        const bool blended = next && blends(start, *next);
        // The forward run has planned it.
        if (blended && request_.travel == Travel::Both && sign_ < 0) return;
        if (next) {
            const FrameIndex end = stops_[*next].place;
            last = std::min(last, end - 1);
            if (request_.travel == Travel::Both && !blended) {
                // The middle frame of an odd gap goes to the forward run.
                const FrameIndex gap = end - stops_[anchorAtOrBefore(start)].place;
                const FrameIndex share = sign_ > 0 ? gap / 2 : (gap - 1) / 2;
                last = std::min(last, stops_[anchorAtOrBefore(start)].place + share);
            }
        }
        if (last < low_) return;
        PropagationSpan span;
        std::size_t stop = start + 1;
        for (FrameIndex place = stops_[start].place + 1; place <= last; ++place) {
            while (stop < stops_.size() && stops_[stop].place < place) ++stop;
            const bool joins =
                stop < stops_.size() && stops_[stop].place == place && stops_[stop].partial;
            span.steps.push_back({place * sign_, joins ? StepKind::Join : StepKind::Carry});
        }
        if (span.steps.empty()) return;
        span.anchors = contextOf(start);
        if (blended) span.farAnchors = contextBeyond(*next);
        plan.spans.push_back(std::move(span));
    }

    [[nodiscard]] ObjectSet objectsAt(std::size_t stop) const {
        return objectsIn(*track_.mask(stops_[stop].place * sign_));
    }

    /// The start, and before it older anchors with the same objects.
    [[nodiscard]] std::vector<FrameIndex> contextOf(std::size_t start) const {
        std::vector<FrameIndex> frames{stops_[start].place * sign_};
        const std::size_t reference = anchorAtOrBefore(start);
        const ObjectSet objects = objectsAt(reference);
        const auto limit = static_cast<std::size_t>(std::max(request_.contextAnchors, 1));
        for (std::size_t i = start; i-- > 0 && frames.size() < limit;) {
            if (!stops_[i].solid) continue;
            if (i == reference || objectsAt(i) == objects) {
                frames.push_back(stops_[i].place * sign_);
            }
        }
        std::reverse(frames.begin(), frames.end());
        return frames;
    }

    /// The same for the pass against the direction of travel that starts at `end`, a solid stop.
    [[nodiscard]] std::vector<FrameIndex> contextBeyond(std::size_t end) const {
        std::vector<FrameIndex> frames{stops_[end].place * sign_};
        const ObjectSet objects = objectsAt(end);
        const auto limit = static_cast<std::size_t>(std::max(request_.contextAnchors, 1));
        for (std::size_t i = end + 1; i < stops_.size() && frames.size() < limit; ++i) {
            if (stops_[i].solid && objectsAt(i) == objects) {
                frames.push_back(stops_[i].place * sign_);
            }
        }
        std::reverse(frames.begin(), frames.end());
        return frames;
    }

    const MaskTrack& track_;
    const PropagationRequest& request_;
    FrameIndex sign_;
    std::vector<Stop> stops_;
    FrameIndex low_;  ///< first and last place that may be written
    FrameIndex high_;
};

PropagationPlan makePlan(const MaskTrack& track, const PropagationRequest& request) {
    if (request.begin < 0 || request.begin >= request.end) {
        throw Error(ErrorCode::Usage, "the range of frames to propagate over is empty",
                    "Give a range whose end is after its beginning.");
    }
    PropagationPlan plan;
    if (request.travel != Travel::Backward) {
        DirectionPlanner(track, request, Travel::Forward).addTo(plan);
    }
    if (request.travel != Travel::Forward) {
        DirectionPlanner(track, request, Travel::Backward).addTo(plan);
    }
    return plan;
}

}  // namespace

std::size_t PropagationPlan::steps() const noexcept {
    std::size_t sum = 0;
    for (const PropagationSpan& span : spans) sum += span.steps.size();
    return sum;
}

std::size_t PropagationPlan::computations() const noexcept {
    std::size_t sum = 0;
    for (const PropagationSpan& span : spans) sum += span.computations();
    return sum;
}

PropagationPlan planPropagation(const MaskTrack& track, const PropagationRequest& request) {
    PropagationPlan plan = makePlan(track, request);
    if (!plan.spans.empty()) return plan;
    for (FrameIndex frame = request.begin; frame < request.end; ++frame) {
        const MaskEntry* entry = track.find(frame);
        if (entry != nullptr && entry->anchor()) continue;
        throw Error(
            ErrorCode::Usage,
            "there is no painted, imported or locked mask from which to propagate to frames " +
                std::to_string(request.begin) + " to " + std::to_string(request.end - 1),
            "Paint or import a mask first, or propagate in the other direction.");
    }
    return plan;
}

PropagationPlan planCorrection(const MaskTrack& track, FrameIndex corrected,
                               const PropagationRequest& request) {
    const MaskEntry* entry = track.find(corrected);
    if (entry == nullptr || !entry->anchor()) {
        throw Error(ErrorCode::Usage,
                    "frame " + std::to_string(corrected) + " has no correction to propagate from",
                    "Paint on the frame or lock its mask first.");
    }
    std::optional<FrameIndex> previous;
    std::optional<FrameIndex> next;
    for (const FrameIndex anchor : track.anchors()) {
        if (track.find(anchor)->facts.partial && !track.find(anchor)->facts.locked) continue;
        if (anchor < corrected) previous = anchor;
        if (anchor > corrected && !next) next = anchor;
    }
    const bool backwards = request.travel != Travel::Forward;
    const bool forwards = request.travel != Travel::Backward;
    PropagationPlan plan = makePlan(track, request);
    std::erase_if(plan.spans, [&](const PropagationSpan& span) {
        const FrameIndex first = span.steps.front().frame;
        const bool before = first < corrected && (!previous || first > *previous);
        const bool after = first > corrected && (!next || first < *next);
        return !(before && backwards) && !(after && forwards);
    });
    return plan;
}

}  // namespace mcj
