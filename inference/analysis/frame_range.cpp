#include "inference/analysis/frame_range.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "media/base/error.h"

namespace mcj {
namespace {

[[noreturn]] void refuse(const std::string& text) {
    throw Error(ErrorCode::Usage, "\"" + text + "\" is not a range of frames",
                "Write A:B or A:B:STEP with frame numbers from 0; B is not part of the range.");
}

std::optional<FrameIndex> numberIn(std::string_view part, const std::string& text) {
    if (part.empty()) return std::nullopt;
    FrameIndex value = 0;
    const auto [end, failed] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (failed != std::errc{} || end != part.data() + part.size() || value < 0) refuse(text);
    return value;
}

}  // namespace

FrameRange parseFrameRange(const std::string& text) {
    FrameRange range;
    if (text.empty()) return range;
    std::vector<std::string_view> parts;
    std::string_view rest(text);
    while (true) {
        const auto colon = rest.find(':');
        parts.push_back(rest.substr(0, colon));
        if (colon == std::string_view::npos) break;
        rest.remove_prefix(colon + 1);
    }
    if (parts.size() < 2 || parts.size() > 3) refuse(text);
    range.begin = numberIn(parts[0], text).value_or(0);
    range.end = numberIn(parts[1], text);
    if (parts.size() == 3) range.step = numberIn(parts[2], text).value_or(1);
    if (range.step < 1 || (range.end && *range.end <= range.begin)) refuse(text);
    return range;
}

std::string frameRangeText(const FrameRange& range) {
    return std::to_string(range.begin) + ":" + (range.end ? std::to_string(*range.end) : "") + ":" +
           std::to_string(range.step);
}

FrameRange clipRange(const FrameRange& range, FrameIndex frames) {
    if (range.begin >= frames) {
        throw Error(ErrorCode::Usage,
                    "the range begins at frame " + std::to_string(range.begin) +
                        ", but the clip has " + std::to_string(frames) + " frames",
                    "Frames are counted from 0.");
    }
    FrameRange clipped = range;
    clipped.end = std::min(range.end.value_or(frames), frames);
    return clipped;
}

}  // namespace mcj
