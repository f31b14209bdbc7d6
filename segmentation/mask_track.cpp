#include "segmentation/mask_track.h"

#include <atomic>

namespace mcj {

MaskEntry makeEntry(const Mask& mask, MaskFacts facts) { return {PackedMask::pack(mask), facts}; }

const MaskEntry* MaskTrack::find(FrameIndex frame) const noexcept {
    const auto found = entries_->find(frame);
    return found == entries_->end() ? nullptr : &found->second;
}

std::optional<MaskEntry> MaskTrack::entryAt(FrameIndex frame) const {
    const MaskEntry* entry = find(frame);
    if (entry == nullptr) return std::nullopt;
    return *entry;
}

MaskPtr MaskTrack::mask(FrameIndex frame) const {
    const MaskEntry* entry = find(frame);
    return entry == nullptr ? nullptr : entry->mask();
}

MaskTrack::Entries& MaskTrack::writable() {
    if (entries_.use_count() != 1) entries_ = std::make_shared<Entries>(*entries_);
    // Synchronises with the reads of a snapshot that another thread has just dropped.
    std::atomic_thread_fence(std::memory_order_acquire);
    return *entries_;
}

void MaskTrack::set(FrameIndex frame, MaskEntry entry) {
    writable().insert_or_assign(frame, std::move(entry));
}

void MaskTrack::erase(FrameIndex frame) {
    if (find(frame) != nullptr) writable().erase(frame);
}

void MaskTrack::lock(FrameIndex frame) {
    if (find(frame) != nullptr) writable().at(frame).facts.locked = true;
}

void MaskTrack::unlock(FrameIndex frame) {
    if (find(frame) != nullptr) writable().at(frame).facts.locked = false;
}

std::vector<FrameIndex> MaskTrack::anchors() const {
    std::vector<FrameIndex> frames;
    for (const auto& [frame, entry] : *entries_) {
        if (entry.anchor()) frames.push_back(frame);
    }
    return frames;
}

ObjectSet MaskTrack::objects() const {
    ObjectSet objects;
    for (const auto& [frame, entry] : *entries_) objects |= entry.packed->allObjects();
    return objects;
}

std::size_t MaskTrack::bytes() const noexcept {
    std::size_t sum = 0;
    for (const auto& [frame, entry] : *entries_) sum += entry.packed->bytes().size();
    return sum;
}

}  // namespace mcj
