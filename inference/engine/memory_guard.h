#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "media/base/raster.h"

namespace mcj {

/// Work that is about to start on the CPU.
struct MemoryRequest {
    using BytesAtSize = std::function<std::uint64_t(SizePx)>;

    std::string work;       ///< opens the message: "flow"
    SizePx size;            ///< of the pictures, as the network sees them
    BytesAtSize bytes;      ///< the memory that the work needs; grows with the size
    BytesAtSize fastBytes;  ///< the same with --method model-fast; empty where that does not help
};

/// Needs below this are never refused: their predictions consist mostly of a fixed overhead.
constexpr std::uint64_t kUncheckedBytes = std::uint64_t{512} << 20;

/// Throws `Error{Device}` where the work needs more than `availableBytes`. The message states both,
/// the hint the longest --max-side that fits, in steps of 64 px.
void requireMemory(const MemoryRequest& request, std::uint64_t availableBytes);

/// Refuses work with insufficient memory before it starts, because Linux overcommits memory and
/// then kills the program without a message. One caller at a time.
class MemoryGuard {
public:
    /// Bytes that are available now; none where that is not known.
    using Available = std::function<std::optional<std::uint64_t>()>;

    MemoryGuard();  ///< asks the system
    explicit MemoryGuard(Available available);

    /// Calls `requireMemory` once per need; a need that has passed is not checked again.
    /// `reusableBytes` are in caches that the work uses or replaces.
    void require(const MemoryRequest& request, std::uint64_t reusableBytes);

private:
    Available available_;
    std::set<std::uint64_t> passed_;  ///< needs; they differ by size and method
};

}  // namespace mcj
