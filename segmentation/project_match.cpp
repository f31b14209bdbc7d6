#include "segmentation/project_match.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "media/base/size_text.h"

namespace mcj {
namespace {

ObjectNumbers unchanged() {
    ObjectNumbers numbers{};
    std::iota(numbers.begin(), numbers.end(), ObjectId{0});
    return numbers;
}

}  // namespace

std::string clipDifference(const VideoIdentity& a, const VideoIdentity& b) {
    if (a.size != b.size) {
        return "The frames have " + sizeText(a.size) + " and " + sizeText(b.size) + " pixels.";
    }
    if (a.bytes != 0 && b.bytes != 0 && a.bytes != b.bytes) {
        return "The videos have " + std::to_string(a.bytes) + " and " + std::to_string(b.bytes) +
               " bytes.";
    }
    if (!a.sample.empty() && !b.sample.empty() && a.sample != b.sample) {
        return "The videos have different contents.";
    }
    if (a.frames && b.frames && *a.frames != *b.frames) {
        return "The videos have " + std::to_string(*a.frames) + " and " +
               std::to_string(*b.frames) + " frames.";
    }
    return {};
}

ObjectNumbers numbersByName(const ObjectTable& a, const ObjectTable& b) {
    ObjectNumbers numbers = unchanged();
    ObjectSet taken;
    for (const MaskObject& object : a.rows()) taken.set(object.id);
    ObjectSet given;  // of `a`, to an object of `b`
    std::vector<ObjectId> others;
    for (const MaskObject& object : b.rows()) {
        const auto same = std::find_if(
            a.rows().begin(), a.rows().end(),
            [&](const MaskObject& row) { return row.name == object.name && !given.test(row.id); });
        if (same == a.rows().end()) {
            others.push_back(object.id);
        } else {
            numbers[object.id] = same->id;
            given.set(same->id);
        }
    }
    for (const ObjectId object : others) {
        int number = object;
        if (taken.test(object)) {
            number = 1;
            while (number < kVoid && (taken.test(static_cast<std::size_t>(number)) ||
                                      b.find(static_cast<ObjectId>(number)) != nullptr)) {
                ++number;
            }
            if (number == kVoid) {
                throw Error(ErrorCode::Input, "the two projects have more than 254 objects",
                            "Match objects by their numbers, or remove some.");
            }
        }
        numbers[object] = static_cast<ObjectId>(number);
        taken.set(static_cast<std::size_t>(number));
    }
    return numbers;
}

ProjectState renumbered(const ProjectState& state, const ObjectNumbers& numbers,
                        const StopToken& stop) {
    if (numbers == unchanged()) return state;
    ProjectState result;
    MaskTrack& track = result.tracks[kMainTrack];
    for (const auto& [frame, entry] : state.track().entries()) {
        stop.throwIfStopped("numbering the objects");
        LayeredMask mask = entry.packed->unpackLayers();
        mask.renumber(numbers);
        track.set(frame, {PackedMask::pack(mask), entry.facts});
    }
    for (MaskObject object : state.objects.rows()) {
        object.id = numbers[object.id];
        result.objects.set(object);
    }
    for (const auto& [subject, noted] : state.statuses.rows()) {
        const bool object = subject.kind == StatusSubject::Kind::Object;
        result.statuses.set(
            object ? StatusSubject::ofObject(numbers[static_cast<std::size_t>(subject.number)])
                   : subject,
            noted);
    }
    return result;
}

}  // namespace mcj
