#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "media/base/progress.h"
#include "segmentation/project_state.h"

namespace mcj {

/// How far two masks agree on an object in one frame.
struct ObjectAgreement {
    ObjectId object = 1;
    std::int64_t areaA = 0;  ///< pixels
    std::int64_t areaB = 0;
    std::int64_t both = 0;

    /// Intersection over union, 0..1.
    [[nodiscard]] double iou() const noexcept;
    friend bool operator==(const ObjectAgreement&, const ObjectAgreement&) = default;
};

/// The objects that at least one of two masks of one size has, by number. Pixels that are void in
/// either do not count; those that lie under other objects do.
[[nodiscard]] std::vector<ObjectAgreement> agreementOf(const LayeredMask& a, const LayeredMask& b);

struct FrameAgreement {
    FrameIndex frame = 0;
    std::vector<ObjectAgreement> objects;  ///< not empty
    /// Mean over the objects.
    [[nodiscard]] double iou() const noexcept;
};

/// An object over all frames in which at least one project has it.
struct ObjectSummary {
    ObjectId object = 1;
    std::int64_t frames = 0;
    double meanIou = 0.0;
    double leastIou = 1.0;
    FrameIndex leastFrame = 0;
};

struct ProjectComparison {
    std::vector<FrameAgreement> frames;  ///< ascending; those in which there is an object
    std::vector<ObjectSummary> objects;  ///< by number
    std::int64_t onlyA = 0;              ///< frames with a mask in only one of the projects
    std::int64_t onlyB = 0;
    /// Mean over the objects of their means; 1 where there are none.
    [[nodiscard]] double meanIou() const noexcept;
};

/// Compares the main tracks. A frame without a mask in one of them counts as empty there. Throws
/// `Error{Input}` where masks differ in size, `Error{Interrupted}` where `progress` returns false.
[[nodiscard]] ProjectComparison compareProjects(const ProjectState& a, const ProjectState& b,
                                                const Progress& progress);

/// The comparison as CSV: a row for each object of each frame, with the names of `names`.
[[nodiscard]] std::string comparisonCsv(const ProjectComparison& comparison,
                                        const ObjectTable& names);

}  // namespace mcj
