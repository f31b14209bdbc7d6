#include "segmentation/studio_fusion.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "inference/engine/flow_maps.h"
#include "media/base/error.h"

namespace mcj {
namespace {

/// The factor on the confidence where the two candidates disagree and the method had to choose.
constexpr float kDisagreement = 0.5F;

/// The share of its first thickness that an object is taken to keep.
constexpr float kRemainingThickness = 0.5F;

/// Counts over one object's pixels.
struct Overlap {
    std::int64_t carried = 0;
    std::int64_t byFeatures = 0;
    std::int64_t both = 0;
    double trusted = 0.0;  ///< of the carried ones
};

bool isObject(ObjectId label) { return label != kBackground && label != kVoid; }

std::array<Overlap, 256> overlaps(const Mask& carried, const Mask& byFeatures,
                                  const Raster<float>& trusted) {
    std::array<Overlap, 256> counts{};
    const auto first = carried.labels.values();
    const auto second = byFeatures.labels.values();
    const auto trust = trusted.values();
    for (std::size_t i = 0; i < first.size(); ++i) {
        ++counts[first[i]].carried;
        ++counts[second[i]].byFeatures;
        if (first[i] == second[i]) ++counts[first[i]].both;
        counts[first[i]].trusted += double{trust[i]};
    }
    return counts;
}

float ratio(double part, double whole) {
    return whole > 0.0 ? static_cast<float>(part / whole) : 0.0F;
}

/// The box widened on all sides, as far as the picture reaches.
BoxPx widened(const BoxPx& box, int by, SizePx size) {
    return {std::max(0, box.x0 - by), std::max(0, box.y0 - by), std::min(size.width, box.x1 + by),
            std::min(size.height, box.y1 + by)};
}

Raster<std::uint8_t> cut(const Raster<std::uint8_t>& from, const BoxPx& box) {
    const int channels = from.channels();
    Raster<std::uint8_t> part(box.size(), channels);
    for (int y = box.y0; y < box.y1; ++y) {
        std::copy_n(from.row(y) + static_cast<std::ptrdiff_t>(box.x0) * channels,
                    static_cast<std::size_t>(box.size().width) * static_cast<std::size_t>(channels),
                    part.row(y - box.y0));
    }
    return part;
}

}  // namespace

FlowWeight flowWeight(const ObjectSigns& signs, const StudioFusionOptions& options) {
    const float trust = std::clamp(
        (signs.trusted - options.trustFrom) / (options.trustFull - options.trustFrom), 0.0F, 1.0F);
    const float full = options.outlineWeight * trust;
    if (signs.cells < options.thinCells) return {full, full};
    const bool drifted = signs.agreement < options.agreement ||
                         signs.areaRatio > options.areaFactor ||
                         signs.areaRatio * options.areaFactor < 1.0F;
    if (drifted) return {};
    return {full, options.solidWeight * trust};
}

Raster<float> trustedFlow(const FlowField& backward, const FlowField& forward,
                          const StudioFusionOptions& options) {
    ScalarMap error = forwardBackwardError(backward, forward);
    for (int y = 0; y < error.size().height; ++y) {
        float* value = error.values.row(y);
        for (int x = 0; x < error.size().width; ++x) {
            const PointF motion = backward.at(y, x);
            const float tolerance =
                options.tolerancePx + options.toleranceShare * std::hypot(motion.x, motion.y);
            // NaN, which is a place outside the picture or unknown flow, is not trusted.
            value[x] = value[x] <= tolerance ? 1.0F : 0.0F;
        }
    }
    return std::move(error.values);
}

void StudioFusion::condition(const Mask& mask) {
    labels_.emplace(mask);
    for (auto& [id, presence] : objects_) presence.unseen = 0;
    std::array<std::int64_t, 256> areas{};
    for (const ObjectId label : mask.labels.values()) ++areas[label];
    for (std::size_t id = 1; id < kVoid; ++id) {
        if (areas[id] == 0) continue;
        const auto object = static_cast<ObjectId>(id);
        objects_[object] = {.area = areas[id], .thicknessPx = thicknessPx(mask, object)};
    }
}

ObjectSet StudioFusion::absent() const {
    ObjectSet set;
    for (const auto& [id, presence] : objects_) set.set(id, presence.absent);
    return set;
}

void StudioFusion::notePresence(const Mask& carried, const Raster<float>& trusted,
                                const PropagatedLabels& byFeatures) {
    std::array<double, 256> carriedArea{};
    for (std::size_t i = 0; i < trusted.values().size(); ++i) {
        carriedArea[carried.labels.values()[i]] += double{trusted.values()[i]};
    }
    for (auto& [id, presence] : objects_) {
        LabelVotes votes;
        for (const LabelVotes& each : byFeatures.votes) {
            if (each.label == id) votes = each;
        }
        const auto area = static_cast<double>(presence.area);
        const double cells = area / (double{cellPx_} * double{cellPx_});
        presence.byFeatures = presence.absent
                                  ? votes.peak >= options_.returnPeak
                                  : votes.peak >= options_.seenPeak ||
                                        double{votes.sum} >= double{options_.seenSum} * cells;
        const bool byFlow = !presence.absent && carriedArea[id] >= double{options_.seenArea} * area;
        presence.unseen = presence.byFeatures || byFlow ? 0 : presence.unseen + 1;
        presence.absent =
            presence.absent ? !presence.byFeatures : presence.unseen >= options_.absentAfter;
    }
}

Raster<float> StudioFusion::weights(const Candidates& candidates) const {
    const auto& [previous, carried, byFeatures, trusted] = candidates;
    const auto counts = overlaps(carried, byFeatures, trusted);
    std::array<std::int64_t, 256> areas{};
    for (const ObjectId label : previous.labels.values()) ++areas[label];
    std::array<FlowWeight, 256> weightOf{};
    for (const auto& [id, presence] : objects_) {
        const Overlap& count = counts[id];
        if (count.carried == 0) continue;
        const auto area = static_cast<double>(areas[id]);
        ObjectSigns signs;
        signs.trusted = std::min(1.0F, ratio(count.trusted, area));
        signs.agreement = ratio(static_cast<double>(count.both),
                                static_cast<double>(count.carried + count.byFeatures - count.both));
        signs.cells =
            std::max(thicknessPx(carried, id), kRemainingThickness * presence.thicknessPx) /
            cellPx_;
        signs.areaRatio = count.byFeatures > 0 ? ratio(area, static_cast<double>(count.byFeatures))
                                               : std::numeric_limits<float>::infinity();
        weightOf[id] = flowWeight(signs, options_);
    }
    const float reachPx = options_.outlineCells * cellPx_;
    const Raster<float> distance = outlineDistancePx(byFeatures);
    Raster<float> weight(trusted.size(), 1);
    for (std::size_t i = 0; i < weight.values().size(); ++i) {
        const ObjectId first = carried.labels.values()[i];
        const ObjectId second = byFeatures.labels.values()[i];
        // Background has no weight of its own: it is what the objects beside it leave free. Where
        // two objects compete, the greater weight counts, otherwise the outline that the coarse
        // raster gives to a thin object would win against the solid one around it.
        const bool onlyBackground = !isObject(first) && !isObject(second);
        const auto weightHere = [&](ObjectId id) {
            return distance.values()[i] <= reachPx ? weightOf[id].outline : weightOf[id].elsewhere;
        };
        weight.values()[i] =
            trusted.values()[i] *
            (onlyBackground ? 1.0F : std::max(weightHere(first), weightHere(second)));
    }
    return weight;
}

Raster<float> StudioFusion::sharesIn(const BoxPx& box, ObjectId label) const {
    Raster<float> shares(box.size(), 1);
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) {
            shares.at(y - box.y0, x - box.x0) = labels_->share(y, x, label);
        }
    }
    return shares;
}

Mask StudioFusion::withEdges(const Frame& picture, Mask mask) const {
    const SizePx size = mask.size();
    Raster<float> best(size, 1, -1.0F);
    Mask chosen(size);
    // The greatest share wins, of equal ones that of the smaller label, as in `harden`.
    const auto offer = [&](ObjectId label, const BoxPx& box, const Raster<float>& shares) {
        for (int y = box.y0; y < box.y1; ++y) {
            for (int x = box.x0; x < box.x1; ++x) {
                const float share = shares.at(y - box.y0, x - box.x0);
                if (share <= best.at(y, x)) continue;
                best.at(y, x) = share;
                chosen.labels.at(y, x) = label;
            }
        }
    };
    std::vector<ObjectId> solid;
    for (const auto& [id, presence] : objects_) {
        if (thicknessPx(mask, id) >= options_.thinCells * cellPx_) {
            solid.push_back(id);
        }
    }
    if (solid.empty()) return mask;
    const auto filtered = [&](ObjectId label, const BoxPx& box) {
        return guidedFilter(sharesIn(box, label), cut(picture.rgb, box), options_.edges);
    };
    const BoxPx whole{0, 0, size.width, size.height};
    // Background is filtered as the objects are: what they leave would be wrong beside thin ones.
    offer(kBackground, whole, filtered(kBackground, whole));
    const int reach = 2 * std::max(1, options_.edges.radiusPx);
    for (const auto& [id, presence] : objects_) {
        const BoxPx bounds = boundsOf(mask, id);
        if (bounds.empty()) continue;
        const BoxPx box = widened(bounds, reach, size);
        const bool isSolid = std::ranges::find(solid, id) != solid.end();
        offer(id, box, isSolid ? filtered(id, box) : sharesIn(box, id));
    }
    return chosen;
}

StudioFusion::Result StudioFusion::step(const Frame& picture, const PropagatedLabels& byFeatures,
                                        const FlowField& backward, const FlowField& forward) {
    if (!labels_) {
        throw Error(ErrorCode::Usage, "there is no mask to propagate");
    }
    const SizePx size = labels_->size();
    if (picture.size() != size || byFeatures.labels.size() != size || backward.size() != size) {
        throw Error(ErrorCode::Input,
                    "frame " + std::to_string(picture.index) +
                        " differs in size from the mask that is propagated to it",
                    "Masks are propagated only between frames of the same size.");
    }
    cellPx_ = byFeatures.cellPx;
    Candidates candidates;
    candidates.trusted = trustedFlow(backward, forward, options_);
    candidates.previous = labels_->harden(nullptr);
    SoftLabels carried = *labels_;
    carried.carry(backward);
    SoftLabels fused(Mask(byFeatures.labels), byFeatures.second, byFeatures.confidence);
    notePresence(carried.harden(nullptr), candidates.trusted, byFeatures);
    for (const auto& [id, presence] : objects_) {
        if (presence.absent) carried.remove(id);
        // The labels by features have a place even for an object that no cell votes for.
        if (presence.absent || !presence.byFeatures) fused.remove(id);
    }
    candidates.carried = carried.harden(nullptr);
    candidates.byFeatures = fused.harden(nullptr);
    fused.blend(carried, weights(candidates));
    labels_ = std::move(fused);

    Result result{{}, ScalarMap(size, "confidence", "1", 0.0F, 1.0F)};
    result.mask = withEdges(picture, labels_->harden(&result.confidence));
    const Mask before = result.mask;
    if (removeSpecks(result.mask, options_.specks)) {
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                // Otherwise flow would carry the speck on, and it could grow back.
                if (result.mask.labels.at(y, x) != before.labels.at(y, x)) {
                    labels_->set(y, x, kBackground);
                }
            }
        }
    }
    const auto confidence = result.confidence.values.values();
    for (std::size_t i = 0; i < confidence.size(); ++i) {
        if (candidates.carried.labels.values()[i] != candidates.byFeatures.labels.values()[i]) {
            confidence[i] *= kDisagreement;
        }
    }
    return result;
}

}  // namespace mcj
