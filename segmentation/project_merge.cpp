#include "segmentation/project_merge.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <set>
#include <utility>

#include "media/base/error.h"

namespace mcj {
namespace {

const char* nameOf(MergeSide side) { return side == MergeSide::A ? "A" : "B"; }

/// The side that only one of two statements is true of.
std::optional<MergeSide> oneOf(bool ofA, bool ofB) {
    if (ofA == ofB) return std::nullopt;
    return ofA ? MergeSide::A : MergeSide::B;
}

/// Copies the pixels of `object` from `from` to `to`: it loses those that it has in `to` only.
/// Where it is on top in `from` it replaces what `to` has; where it is covered there, it is added
/// under it.
void takeObject(LayeredMask& to, const LayeredMask& from, ObjectId object,
                const ObjectOrder& order) {
    Region onTop(from.size(), 1);
    const auto labels = from.top().labels.values();
    const auto inside = onTop.values();
    for (std::size_t i = 0; i < inside.size(); ++i) inside[i] = labels[i] == object ? 1 : 0;
    const auto covered = from.covered().find(object);
    to.take(object, order);
    to.give(onTop, object, {.overlaps = Overlaps::Replace, .order = order});
    if (covered == from.covered().end()) return;
    to.give(covered->second, object, {.overlaps = Overlaps::Keep, .order = order});
}

class Merger {
public:
    Merger(const ProjectContent& a, const ProjectState& b, const MergeRules& rules)
        : a_(a.state), b_(b), rules_(rules), order_(a.state.objects.order()) {
        result_.content = a;
    }

    MergeResult run(const StopToken& stop) {
        mergeObjects();
        std::set<FrameIndex> frames;
        for (const ProjectState* state : {&a_, &b_}) {
            for (const auto& [frame, entry] : state->track().entries()) frames.insert(frame);
        }
        for (const FrameIndex frame : frames) {
            stop.throwIfStopped("merging the projects");
            mergeFrame(frame);
        }
        mergeStatuses();
        if (!edit_.parts.empty()) {
            applyEdit(result_.content.state, edit_);
            result_.content.log.push(std::move(edit_));
            (void)result_.content.log.trim();
        }
        return std::move(result_);
    }

private:
    void conflict(const StatusSubject& subject, const std::string& what) {
        result_.conflicts.push_back({subject, what});
    }

    void mergeObjects() {
        for (const MaskObject& object : b_.objects.rows()) {
            const MaskObject* known = a_.objects.find(object.id);
            if (known == nullptr) {
                order_.setDepth(object.id, object.depth);
                edit_.parts.emplace_back(ObjectEdit{{}, object});
            } else if (known->name != object.name) {
                conflict(StatusSubject::ofObject(object.id), "it is called \"" + known->name +
                                                                 "\" in A and \"" + object.name +
                                                                 "\" in B; A was taken");
            }
        }
    }

    [[nodiscard]] std::optional<MergeSide> decided(FrameIndex frame, const MaskEntry& a,
                                                   const MaskEntry& b) const {
        const auto done = [frame](const ProjectState& state) {
            return state.statuses.of(StatusSubject::ofFrame(frame)).status == WorkStatus::Done;
        };
        if (const auto side = oneOf(a.facts.locked, b.facts.locked)) return side;
        if (const auto side = oneOf(done(a_), done(b_))) return side;
        return oneOf(a.anchor(), b.anchor());
    }

    void mergeFrame(FrameIndex frame) {
        const std::optional<MaskEntry> a = a_.track().entryAt(frame);
        const std::optional<MaskEntry> b = b_.track().entryAt(frame);
        if (!a && !b) return;
        MaskEntry taken = a ? *a : *b;
        if (!b) {
            ++result_.onlyA;
        } else if (!a) {
            ++result_.onlyB;
        } else if (*a->packed == *b->packed) {
            ++result_.equal;
        } else {
            const auto side = decided(frame, *a, *b);
            const MergeSide used = side.value_or(rules_.otherwise);
            taken = used == MergeSide::A ? *a : *b;
            ++(used == MergeSide::A ? result_.fromA : result_.fromB);
            // Where the side of every object that differs is chosen, nothing is left to decide.
            if (!side && (taken.facts.locked || !chosenByObject(*a, *b))) {
                const auto subject = StatusSubject::ofFrame(frame);
                conflict(subject, std::string("the masks differ; ") + nameOf(used) + " was taken");
                conflicting_.insert(frame);
            }
        }
        applyChoices(taken, a, b);
        if (!a || *a != taken) edit_.parts.emplace_back(MaskEdit{kMainTrack, frame, a, taken});
    }

    /// Whether the masks differ only in objects whose side is chosen.
    [[nodiscard]] bool chosenByObject(const MaskEntry& a, const MaskEntry& b) const {
        PackedMaskPtr one = a.packed;
        PackedMaskPtr two = b.packed;
        for (const auto& [object, side] : rules_.objects) {
            one = one->without(object, order_);
            two = two->without(object, order_);
        }
        return *one == *two;
    }

    void applyChoices(MaskEntry& taken, const std::optional<MaskEntry>& a,
                      const std::optional<MaskEntry>& b) const {
        if (rules_.objects.empty() || taken.facts.locked) return;
        LayeredMask mask = taken.packed->unpackLayers();
        const LayeredMask before = mask;
        for (const auto& [object, side] : rules_.objects) {
            const std::optional<MaskEntry>& from = side == MergeSide::A ? a : b;
            // A frame that this side does not have says nothing about the object.
            if (from) takeObject(mask, from->packed->unpackLayers(), object, order_);
        }
        if (mask != before) taken.packed = PackedMask::pack(mask);
    }

    void mergeStatuses() {
        std::set<StatusSubject> subjects;
        for (const ProjectState* state : {&a_, &b_}) {
            for (const auto& [subject, noted] : state->statuses.rows()) subjects.insert(subject);
        }
        for (const FrameIndex frame : conflicting_) subjects.insert(StatusSubject::ofFrame(frame));
        for (const StatusSubject& subject : subjects) {
            const StatusNote a = a_.statuses.of(subject);
            const StatusNote b = b_.statuses.of(subject);
            StatusNote merged = merge(a, b);
            const bool frame = subject.kind == StatusSubject::Kind::Frame;
            if (frame && conflicting_.contains(subject.number)) {
                merged.status = WorkStatus::Doubtful;
                addNote(merged, "the masks of the merged projects differ");
            }
            if (merged != a) edit_.parts.emplace_back(StatusEdit{subject, a, merged});
        }
    }

    static void addNote(StatusNote& noted, const std::string& more) {
        if (more.empty() || noted.note.find(more) != std::string::npos) return;
        const std::string joined = noted.note.empty() ? more : noted.note + " / " + more;
        // A note that does not fit is left out as a whole, so that no letter is cut in two.
        if (joined.size() <= kMostNoteBytes) noted.note = joined;
    }

    /// Doubtful in one is doubtful; otherwise done in one is done. Both notes are kept.
    static StatusNote merge(const StatusNote& a, const StatusNote& b) {
        StatusNote merged{std::max(a.status, b.status), a.note};
        addNote(merged, b.note);
        return merged;
    }

    const ProjectState& a_;
    const ProjectState& b_;
    const MergeRules& rules_;
    ObjectOrder order_;  ///< that of A, with the objects that only B has
    MergeResult result_;
    Edit edit_{0, "Merge with another project", {}};
    std::set<FrameIndex> conflicting_;
};

void checkRules(const MergeRules& rules, const ProjectState& a, const ProjectState& b) {
    if (rules.objects.empty()) return;
    const ObjectSet drawn = a.track().objects() | b.track().objects();
    for (const auto& [object, side] : rules.objects) {
        if (drawn.test(object)) continue;
        if (a.objects.find(object) != nullptr || b.objects.find(object) != nullptr) continue;
        throw Error(ErrorCode::Usage,
                    "there is no object " + std::to_string(object) + " in either project",
                    "Objects have the numbers that they have in A.");
    }
}

}  // namespace

MergeResult mergeProjects(const ProjectContent& a, const ProjectState& b, const MergeRules& rules,
                          const StopToken& stop) {
    const auto sizeOf = [](const ProjectState& state) {
        const auto& entries = state.track().entries();
        return entries.empty() ? SizePx{} : entries.begin()->second.packed->size();
    };
    const SizePx one = sizeOf(a.state);
    const SizePx two = sizeOf(b);
    if (!one.empty() && !two.empty() && one != two) {
        throw Error(ErrorCode::Input, "masks of different sizes cannot be merged",
                    "Give projects of the same clip.");
    }
    checkRules(rules, a.state, b);
    return Merger(a, b, rules).run(stop);
}

}  // namespace mcj
