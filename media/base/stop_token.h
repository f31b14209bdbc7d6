#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <utility>

#include "media/base/error.h"

namespace mcj {

/// Long work checks this to learn whether its result is no longer wanted. Copies are cheap and
/// share one flag; a token without a source never asks for a stop. Any thread.
class StopToken {
public:
    StopToken() = default;

    [[nodiscard]] bool stopRequested() const noexcept {
        return flag_ && flag_->load(std::memory_order_relaxed);
    }
    /// Throws `Error{Interrupted}` with the message "stopped while `doing`" once a stop is asked
    /// for.
    void throwIfStopped(const std::string& doing) const {
        if (stopRequested()) throw Error(ErrorCode::Interrupted, "stopped while " + doing);
    }

private:
    friend class StopSource;
    explicit StopToken(std::shared_ptr<const std::atomic<bool>> flag) : flag_(std::move(flag)) {}

    std::shared_ptr<const std::atomic<bool>> flag_;
};

/// Asks its tokens' holders to stop. A stop cannot be undone: new work gets a new source.
/// `requestStop` may be called from any thread and from a signal handler.
class StopSource {
public:
    [[nodiscard]] StopToken token() const { return StopToken(flag_); }
    void requestStop() const noexcept { flag_->store(true, std::memory_order_relaxed); }
    [[nodiscard]] bool stopRequested() const noexcept {
        return flag_->load(std::memory_order_relaxed);
    }

private:
    static_assert(std::atomic<bool>::is_always_lock_free, "signal handlers write the flag");
    std::shared_ptr<std::atomic<bool>> flag_ = std::make_shared<std::atomic<bool>>(false);
};

}  // namespace mcj
