#include "inference/engine/memory_guard.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "inference/engine/network_memory.h"
#include "media/base/available_memory.h"
#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {
namespace {

// Sides that the network needs no padding for.
constexpr int kSideStepPx = 64;

std::optional<std::uint64_t> bytesOfTheSystem() {
    const auto memory = availableMemory();
    if (!memory) return std::nullopt;
    return memory->ramBytes + memory->swapBytes;
}

bool fits(std::uint64_t neededBytes, std::uint64_t availableBytes) {
    return neededBytes < kUncheckedBytes || neededBytes <= availableBytes;
}

/// 0 where none does.
int longestFittingSide(const MemoryRequest& request, std::uint64_t availableBytes) {
    const int longest = std::max(request.size.width, request.size.height);
    for (int side = longest / kSideStepPx * kSideStepPx; side > 0; side -= kSideStepPx) {
        if (fits(request.bytes(networkSizeOf(request.size, side)), availableBytes)) return side;
    }
    return 0;
}

std::string hintFor(const MemoryRequest& request, std::uint64_t availableBytes) {
    std::string ways;
    if (const int side = longestFittingSide(request, availableBytes); side > 0) {
        ways = "--max-side " + std::to_string(side);
    }
    if (request.fastBytes && fits(request.fastBytes(request.size), availableBytes)) {
        ways += ways.empty() ? "" : " or ";
        ways += "--method model-fast (in the window: flow by \"MC-JEPA, fast\")";
    }
    return ways.empty() ? "Close other programs." : "Use " + ways + ", or close other programs.";
}

std::string gibText(std::uint64_t bytes) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f GiB",
                  static_cast<double>(bytes) / (1024.0 * 1024.0 * 1024.0));
    return text.data();
}

}  // namespace

void requireMemory(const MemoryRequest& request, std::uint64_t availableBytes) {
    const std::uint64_t needed = request.bytes(request.size);
    if (fits(needed, availableBytes)) return;
    throw Error(ErrorCode::Device,
                request.work + " of " + sizeText(request.size) + " needs about " + gibText(needed) +
                    " of memory, but only " + gibText(availableBytes) + " are free",
                hintFor(request, availableBytes));
}

MemoryGuard::MemoryGuard() : MemoryGuard(Available(&bytesOfTheSystem)) {}

MemoryGuard::MemoryGuard(Available available) : available_(std::move(available)) {}

void MemoryGuard::require(const MemoryRequest& request, std::uint64_t reusableBytes) {
    const std::uint64_t needed = request.bytes(request.size);
    if (needed < kUncheckedBytes || passed_.contains(needed)) return;
    if (const auto available = available_()) requireMemory(request, *available + reusableBytes);
    passed_.insert(needed);
}

}  // namespace mcj
