#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

#include "media/base/raster.h"

namespace mcj {

/// Work on the CPU that is about to start.
struct MemoryRequest {
    using BytesAtSize = std::function<std::uint64_t(SizePx)>;

    std::string work;       ///< opens the message: "flow"
    SizePx size;            ///< of the pictures, as the network sees them
    BytesAtSize bytes;      ///< what the work takes; grows with the size
    BytesAtSize fastBytes;  ///< the same by --method model-fast; empty where that is no way out
};

/// Needs below this are never refused: predictions of them are mostly of what any work brings.
constexpr std::uint64_t kUncheckedBytes = std::uint64_t{512} << 20;

/// Throws `Error{Device}` where the work needs more than `availableBytes`. It names both, and its
/// hint the longest --max-side that fits, in steps of 64 px.
void requireMemory(const MemoryRequest& request, std::uint64_t availableBytes);

/// Refuses work that memory does not suffice for before it starts: Linux promises more than there
/// is and then ends the program without a word. One caller at a time.
class MemoryGuard {
public:
    /// Bytes that can be taken now; nothing where that is not known.
    using Available = std::function<std::optional<std::uint64_t>()>;

    MemoryGuard();  ///< asks the system
    explicit MemoryGuard(Available available);

    /// `requireMemory`, once for each need: what has passed is not looked at again. `reusableBytes`
    /// are held by caches that the work takes from or displaces.
    void require(const MemoryRequest& request, std::uint64_t reusableBytes);

private:
    Available available_;
    std::set<std::uint64_t> passed_;  ///< needs; they tell sizes and ways of computing apart
};

}  // namespace mcj
