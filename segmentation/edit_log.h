#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "segmentation/edit.h"

namespace mcj {

/// The edits of a project in order: those that can be undone, followed by those that were undone
/// and can be redone. A value; a copy shares the edits.
class EditLog {
public:
    /// The limits of the log; the oldest edits are dropped first, the newest is always kept.
    static constexpr std::size_t kMaxEdits = 2000;
    static constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

    using EditPtr = std::shared_ptr<const Edit>;

    EditLog() = default;
    /// A log from a file: ids ascend, the first `done` edits are done.
    EditLog(std::vector<Edit> edits, std::size_t done);

    [[nodiscard]] std::size_t size() const noexcept { return edits_.size(); }
    /// The number of edits that are done; the others can be redone.
    [[nodiscard]] std::size_t done() const noexcept { return done_; }
    [[nodiscard]] const Edit& at(std::size_t index) const { return *edits_.at(index); }
    [[nodiscard]] bool holds(EditId id) const noexcept;
    /// Null if nothing can be undone, or redone.
    [[nodiscard]] const Edit* nextUndo() const noexcept;
    [[nodiscard]] const Edit* nextRedo() const noexcept;

    /// Appends `edit` with a new id and drops the undone edits. Returns it.
    EditPtr push(Edit edit);
    /// Adds to an edit that is done: a propagation grows frame by frame. Throws `Error{Internal}`
    /// where no such edit exists.
    void extend(EditId id, const EditPart& part);
    void stepBack() noexcept;
    void stepForward() noexcept;
    /// Drops the oldest edits beyond the limits. Returns the newest id that was dropped.
    std::optional<EditId> trim(std::size_t maxEdits = kMaxEdits, std::size_t maxBytes = kMaxBytes);

    friend bool operator==(const EditLog& a, const EditLog& b);

private:
    std::vector<std::shared_ptr<Edit>> edits_;  ///< oldest first
    std::size_t done_ = 0;
    EditId nextId_ = 1;
};

}  // namespace mcj
