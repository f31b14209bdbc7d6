#include "segmentation/run_changes.h"

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <utility>
#include <variant>

#include "media/base/error.h"

namespace mcj {
namespace {

/// The mask of an entry; all background where there is none.
MaskPtr maskOr(const std::optional<MaskEntry>& entry, SizePx size) {
    return entry ? entry->mask() : std::make_shared<const Mask>(size);
}

SizePx sizeOf(const FrameRewrite& rewrite) {
    return rewrite.after ? rewrite.after->packed->size() : rewrite.before->packed->size();
}

}  // namespace

std::vector<FrameRewrite> rewritesOf(std::span<const EditPart> parts) {
    std::map<FrameIndex, FrameRewrite> frames;
    for (const EditPart& part : parts) {
        const auto* edit = std::get_if<MaskEdit>(&part);
        if (edit == nullptr || edit->track != kMainTrack) continue;
        const auto [at, isNew] =
            frames.try_emplace(edit->frame, FrameRewrite{edit->frame, edit->before, edit->after});
        if (!isNew) at->second.after = edit->after;
    }
    std::vector<FrameRewrite> rewrites;
    for (auto& [frame, rewrite] : frames) {
        if (rewrite.before || rewrite.after) rewrites.push_back(std::move(rewrite));
    }
    return rewrites;
}

std::vector<ObjectChange> changesByObject(std::span<const FrameRewrite> rewrites,
                                          const StopToken& stop) {
    std::array<ObjectChange, 256> changes{};
    for (const FrameRewrite& rewrite : rewrites) {
        stop.throwIfStopped("comparing masks");
        const SizePx size = sizeOf(rewrite);
        const MaskPtr before = maskOr(rewrite.before, size);
        const MaskPtr after = maskOr(rewrite.after, size);
        if (before->size() != after->size()) {
            throw Error(ErrorCode::Input, "masks that are compared differ in size");
        }
        const auto was = before->labels.values();
        const auto is = after->labels.values();
        ObjectSet changed;
        for (std::size_t i = 0; i < is.size(); ++i) {
            ++changes[is[i]].eitherPx;
            if (was[i] == is[i]) continue;
            ++changes[is[i]].changedPx;
            ++changes[was[i]].changedPx;
            ++changes[was[i]].eitherPx;
            changed.set(is[i]);
            changed.set(was[i]);
        }
        for (std::size_t id = 1; id < kVoid; ++id) {
            if (changed.test(id)) ++changes[id].frames;
        }
    }
    std::vector<ObjectChange> listed;
    for (std::size_t id = 1; id < kVoid; ++id) {
        if (changes[id].changedPx == 0) continue;
        changes[id].object = static_cast<ObjectId>(id);
        listed.push_back(changes[id]);
    }
    return listed;
}

std::optional<MaskEntry> withObjectFrom(const std::optional<MaskEntry>& before,
                                        const MaskEntry& now, ObjectId object) {
    const MaskPtr is = now.mask();
    const MaskPtr was = maskOr(before, is->size());
    if (was->size() != is->size()) {
        throw Error(ErrorCode::Input, "the masks before and after differ in size");
    }
    Mask restored = *is;
    const auto labels = restored.labels.values();
    const auto earlier = was->labels.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        if (labels[i] == object || earlier[i] == object) labels[i] = earlier[i];
    }
    if (before && restored == *was) return before;
    LayeredMask::Covered covered = now.packed->unpackLayers().covered();
    covered.erase(object);
    if (before) {
        const LayeredMask earlierLayers = before->packed->unpackLayers();
        const auto part = earlierLayers.covered().find(object);
        if (part != earlierLayers.covered().end()) covered.insert(*part);
    }
    const LayeredMask layers(std::move(restored), std::move(covered));
    MaskEntry entry{PackedMask::pack(layers), now.facts};
    if (!before && entry.packed->blank()) return std::nullopt;
    return entry;
}

}  // namespace mcj
