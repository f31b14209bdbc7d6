#include "segmentation/edit_log.h"

#include <algorithm>

#include "media/base/error.h"

namespace mcj {

EditLog::EditLog(std::vector<Edit> edits, std::size_t done) : done_(done) {
    for (Edit& edit : edits) {
        nextId_ = edit.id + 1;
        edits_.push_back(std::make_shared<Edit>(std::move(edit)));
    }
}

const Edit* EditLog::nextUndo() const noexcept {
    return done_ == 0 ? nullptr : edits_[done_ - 1].get();
}

const Edit* EditLog::nextRedo() const noexcept {
    return done_ == edits_.size() ? nullptr : edits_[done_].get();
}

EditLog::EditPtr EditLog::push(Edit edit) {
    edits_.resize(done_);
    edit.id = nextId_++;
    edits_.push_back(std::make_shared<Edit>(std::move(edit)));
    done_ = edits_.size();
    return edits_.back();
}

bool EditLog::holds(EditId id) const noexcept {
    return std::any_of(edits_.begin(), edits_.end(),
                       [id](const auto& edit) { return edit->id == id; });
}

void EditLog::extend(EditId id, const EditPart& part) {
    const auto end = edits_.begin() + static_cast<std::ptrdiff_t>(done_);
    const auto found =
        std::find_if(edits_.begin(), end, [id](const auto& edit) { return edit->id == id; });
    if (found == end) {
        throw Error(ErrorCode::Internal, "edit " + std::to_string(id) + " cannot take more parts");
    }
    // Others that share the edit keep it unchanged.
    if (found->use_count() != 1) *found = std::make_shared<Edit>(**found);
    (*found)->parts.push_back(part);
}

void EditLog::stepBack() noexcept {
    if (done_ > 0) --done_;
}

void EditLog::stepForward() noexcept {
    if (done_ < edits_.size()) ++done_;
}

std::optional<EditId> EditLog::trim(std::size_t maxEdits, std::size_t maxBytes) {
    std::size_t kept = 0;
    std::size_t bytes = 0;
    for (auto edit = edits_.rbegin(); edit != edits_.rend(); ++edit, ++kept) {
        bytes += bytesBefore(**edit);
        if (kept > 0 && (kept == maxEdits || bytes > maxBytes)) break;
    }
    const std::size_t forgotten = std::min(edits_.size() - kept, done_);
    if (forgotten == 0) return std::nullopt;
    const EditId newest = edits_[forgotten - 1]->id;
    edits_.erase(edits_.begin(), edits_.begin() + static_cast<std::ptrdiff_t>(forgotten));
    done_ -= forgotten;
    return newest;
}

bool operator==(const EditLog& a, const EditLog& b) {
    return a.done_ == b.done_ &&
           std::equal(a.edits_.begin(), a.edits_.end(), b.edits_.begin(), b.edits_.end(),
                      [](const auto& x, const auto& y) { return x == y || *x == *y; });
}

}  // namespace mcj
