#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "media/base/error.h"

namespace mcj {

/// The label of a pixel without a class: it counts neither in training nor in scores.
/// Classes are 0 to 254.
inline constexpr std::uint8_t kVoidLabel = 255;

// A map of class labels as runs, row by row and across the ends of rows: each run is its length
// (LEB128) followed by its label. Lossless, and unlike PNG readable without a library.

[[nodiscard]] inline std::vector<std::uint8_t> encodeLabelRuns(
    std::span<const std::uint8_t> labels) {
    std::vector<std::uint8_t> out;
    for (std::size_t begin = 0; begin < labels.size();) {
        std::size_t end = begin + 1;
        while (end < labels.size() && labels[end] == labels[begin]) ++end;
        std::size_t length = end - begin;
        for (; length >= 128; length >>= 7) {
            out.push_back(static_cast<std::uint8_t>(length & 127U) | 128U);
        }
        out.push_back(static_cast<std::uint8_t>(length));
        out.push_back(labels[begin]);
        begin = end;
    }
    return out;
}

/// Fills `labels` from runs that cover it exactly. Throws `Error{Input}` where they do not.
inline void decodeLabelRuns(std::span<const std::uint8_t> runs, std::span<std::uint8_t> labels) {
    const auto damaged = [] {
        return Error(ErrorCode::Input, "its runs do not match its size", "Pack it again.");
    };
    std::size_t filled = 0;
    for (std::size_t at = 0; at < runs.size();) {
        std::size_t length = 0;
        for (unsigned shift = 0;; shift += 7) {
            // Four bytes hold 2^28 pixels, five the largest picture of a shard.
            if (shift > 28 || at == runs.size()) throw damaged();
            const std::uint8_t byte = runs[at++];
            length |= static_cast<std::size_t>(byte & 127U) << shift;
            if (byte < 128) break;
        }
        if (length == 0 || length > labels.size() - filled || at == runs.size()) throw damaged();
        std::fill_n(labels.begin() + static_cast<std::ptrdiff_t>(filled), length, runs[at++]);
        filled += length;
    }
    if (filled != labels.size()) throw damaged();
}

}  // namespace mcj
