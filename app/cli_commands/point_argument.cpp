#include "app/cli_commands/point_argument.h"

#include <charconv>
#include <system_error>

#include "media/base/error.h"

namespace mcj {

PointF parsePoint(const std::string& text) {
    PointF point;
    const char* end = text.data() + text.size();
    const auto x = std::from_chars(text.data(), end, point.x);
    if (x.ec == std::errc{} && x.ptr != end && *x.ptr == ',') {
        const auto y = std::from_chars(x.ptr + 1, end, point.y);
        if (y.ec == std::errc{} && y.ptr == end) return point;
    }
    throw Error(
        ErrorCode::Usage, "\"" + text + "\" is not a point",
        "Write --point X,Y in pixels of the frame; 0,0 is the centre of the top left pixel.");
}

}  // namespace mcj
