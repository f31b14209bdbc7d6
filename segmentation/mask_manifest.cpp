#include "segmentation/mask_manifest.h"

#include <cstddef>
#include <map>

namespace mcj {
namespace {

const char* nameOf(const MaskFacts& facts) {
    switch (facts.origin) {
    case MaskOrigin::Painted: return "painted";
    case MaskOrigin::Propagated: return facts.foreign() ? "imported" : "propagated";
    case MaskOrigin::Imported: break;
    }
    return "imported";
}

std::string idsText(const ObjectSet& objects) {
    std::string text;
    for (std::size_t id = 0; id < objects.size(); ++id) {
        if (!objects.test(id)) continue;
        if (!text.empty()) text += ',';
        text += std::to_string(id);
    }
    return text;
}

}  // namespace

std::string frameListText(const std::vector<FrameIndex>& frames) {
    std::string text;
    for (std::size_t first = 0; first < frames.size();) {
        std::size_t end = first + 1;
        while (end < frames.size() && frames[end] == frames[end - 1] + 1) ++end;
        if (!text.empty()) text += ',';
        text += std::to_string(frames[first]);
        if (end - first > 1) {
            text += ':';
            text += std::to_string(frames[end - 1] + 1);
        }
        first = end;
    }
    return text;
}

void describeMasks(const MaskTrack& track, FrameIndex begin, FrameIndex end, Manifest& manifest) {
    std::map<std::string, std::vector<FrameIndex>> frames;
    ObjectSet objects;
    for (FrameIndex frame = begin; frame < end; ++frame) {
        const MaskEntry* entry = track.find(frame);
        if (entry == nullptr) {
            frames["without-mask"].push_back(frame);
            continue;
        }
        frames[nameOf(entry->facts)].push_back(frame);
        objects |= entry->packed->allObjects();
    }
    manifest.options["range"] = std::to_string(begin) + ":" + std::to_string(end) + ":1";
    manifest.options["objects"] = idsText(objects);
    for (const auto& [origin, list] : frames) manifest.options[origin] = frameListText(list);
}

}  // namespace mcj
