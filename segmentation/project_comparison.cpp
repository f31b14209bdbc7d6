#include "segmentation/project_comparison.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <map>
#include <set>

#include "media/base/error.h"

namespace mcj {
namespace {

/// A field of CSV (RFC 4180).
std::string csvField(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char letter : text) {
        if (letter == '"') quoted += '"';
        quoted += letter;
    }
    return quoted + '"';
}

std::string nameIn(const ObjectTable& names, ObjectId id) {
    const MaskObject* row = names.find(id);
    return row == nullptr ? defaultObject(id).name : row->name;
}

/// The mask of an entry; all background where there is none.
LayeredMask layersOr(const MaskEntry* entry, SizePx size) {
    return entry == nullptr ? LayeredMask(Mask(size)) : entry->packed->unpackLayers();
}

std::vector<ObjectSummary> summariesOf(const std::vector<FrameAgreement>& frames) {
    std::map<ObjectId, ObjectSummary> rows;
    for (const FrameAgreement& frame : frames) {
        for (const ObjectAgreement& object : frame.objects) {
            ObjectSummary& row = rows[object.object];
            row.object = object.object;
            ++row.frames;
            row.meanIou += object.iou();
            if (row.frames == 1 || object.iou() < row.leastIou) {
                row.leastIou = object.iou();
                row.leastFrame = frame.frame;
            }
        }
    }
    std::vector<ObjectSummary> summaries;
    for (auto& [id, row] : rows) {
        row.meanIou /= static_cast<double>(row.frames);
        summaries.push_back(row);
    }
    return summaries;
}

}  // namespace

double ObjectAgreement::iou() const noexcept {
    const std::int64_t either = areaA + areaB - both;
    return either == 0 ? 1.0 : static_cast<double>(both) / static_cast<double>(either);
}

double FrameAgreement::iou() const noexcept {
    double sum = 0.0;
    for (const ObjectAgreement& object : objects) sum += object.iou();
    return objects.empty() ? 1.0 : sum / static_cast<double>(objects.size());
}

double ProjectComparison::meanIou() const noexcept {
    double sum = 0.0;
    for (const ObjectSummary& object : objects) sum += object.meanIou;
    return objects.empty() ? 1.0 : sum / static_cast<double>(objects.size());
}

std::vector<ObjectAgreement> agreementOf(const LayeredMask& a, const LayeredMask& b) {
    if (a.size() != b.size()) {
        throw Error(ErrorCode::Input, "masks of different sizes cannot be compared",
                    "Give projects of the same clip.");
    }
    std::array<ObjectAgreement, 256> counts{};
    const auto first = a.top().labels.values();
    const auto second = b.top().labels.values();
    for (std::size_t i = 0; i < first.size(); ++i) {
        if (first[i] == kVoid || second[i] == kVoid) continue;
        ++counts[first[i]].areaA;
        ++counts[second[i]].areaB;
        if (first[i] == second[i]) ++counts[first[i]].both;
    }
    for (const auto& [object, region] : a.covered()) {
        const Region other = b.pixelsOf(object);
        for (std::size_t i = 0; i < first.size(); ++i) {
            if (region.values()[i] == 0 || second[i] == kVoid) continue;
            ++counts[object].areaA;
            if (other.values()[i] != 0) ++counts[object].both;
        }
    }
    for (const auto& [object, region] : b.covered()) {
        for (std::size_t i = 0; i < second.size(); ++i) {
            if (region.values()[i] == 0 || first[i] == kVoid) continue;
            ++counts[object].areaB;
            // Where it is covered in A as well, it was counted above.
            if (first[i] == object) ++counts[object].both;
        }
    }
    std::vector<ObjectAgreement> objects;
    for (std::size_t id = 1; id < kVoid; ++id) {
        if (counts[id].areaA == 0 && counts[id].areaB == 0) continue;
        counts[id].object = static_cast<ObjectId>(id);
        objects.push_back(counts[id]);
    }
    return objects;
}

ProjectComparison compareProjects(const ProjectState& a, const ProjectState& b,
                                  const Progress& progress) {
    std::set<FrameIndex> wanted;
    for (const ProjectState* state : {&a, &b}) {
        for (const auto& [frame, entry] : state->track().entries()) wanted.insert(frame);
    }
    ProjectComparison comparison;
    std::int64_t done = 0;
    for (const FrameIndex frame : wanted) {
        if (!progress(done++, static_cast<std::int64_t>(wanted.size()))) {
            throw Error(ErrorCode::Interrupted, "stopped while comparing the projects");
        }
        const MaskEntry* first = a.track().find(frame);
        const MaskEntry* second = b.track().find(frame);
        if (second == nullptr) ++comparison.onlyA;
        if (first == nullptr) ++comparison.onlyB;
        const SizePx size = (first == nullptr ? second : first)->packed->size();
        FrameAgreement agreement{frame, agreementOf(layersOr(first, size), layersOr(second, size))};
        if (!agreement.objects.empty()) comparison.frames.push_back(std::move(agreement));
    }
    comparison.objects = summariesOf(comparison.frames);
    return comparison;
}

std::string comparisonCsv(const ProjectComparison& comparison, const ObjectTable& names) {
    std::string text = "frame,object,name,iou,area_a_px,area_b_px,both_px\n";
    for (const FrameAgreement& frame : comparison.frames) {
        for (const ObjectAgreement& object : frame.objects) {
            // Not by printf: the decimal point must not depend on the locale.
            std::array<char, 16> digits{};
            const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                           object.iou(), std::chars_format::fixed, 6)
                                 .ptr;
            text += std::to_string(frame.frame) + ',' + std::to_string(object.object) + ',' +
                    csvField(nameIn(names, object.object)) + ',' + std::string(digits.data(), end) +
                    ',' + std::to_string(object.areaA) + ',' + std::to_string(object.areaB) + ',' +
                    std::to_string(object.both) + '\n';
        }
    }
    return text;
}

}  // namespace mcj
