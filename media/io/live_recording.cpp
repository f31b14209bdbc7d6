#include "media/io/live_recording.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <system_error>
#include <utility>

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRoomHint = "Free some space, or record to another disk.";

std::int64_t stepOf(const VideoInfo& source) {
    constexpr double kUsualFps = 25.0;
    const double fps = source.averageFps > 0.0 ? source.averageFps : kUsualFps;
    const double tick = source.timeBase.value();
    return tick > 0.0 ? std::max<std::int64_t>(1, std::llround(1.0 / (fps * tick))) : 1;
}

/// Before a file is begun. Returns the path.
const fs::path& withRoom(const fs::path& path, const RecordingRoom& room) {
    if (room.freeBytes(path) >= room.leastBytes) return path;
    throw Error(ErrorCode::Input,
                "\"" + path.string() + "\" cannot be recorded: less than " +
                    std::to_string(room.leastBytes >> 20) + " MiB of its disk are free",
                kRoomHint);
}

}  // namespace

std::uintmax_t freeBytesFor(const fs::path& file) {
    std::error_code failed;
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    const fs::space_info space = fs::space(folder, failed);
    // A folder that does not exist is reported by the writer.
    return failed ? std::numeric_limits<std::uintmax_t>::max() : space.available;
}

LiveRecording::LiveRecording(fs::path path, const VideoInfo& source, RecordingRoom room)
    : path_(std::move(path)), room_(std::move(room)),
      writer_(withRoom(path_, room_), source.size, source.timeBase, source.sampleAspect),
      tickSecs_(source.timeBase.value()), step_(stepOf(source)) {}

Error LiveRecording::roomError() const {
    const std::string name = "\"" + path_.string() + "\"";
    return {ErrorCode::Input,
            "the recording " + name + " ended because its disk is nearly full: less than " +
                std::to_string(room_.leastBytes >> 20) + " MiB are free",
            (frames_ > 0 ? "It has the " + std::to_string(frames_) + " frames before. "
                         : std::string()) +
                kRoomHint};
}

void LiveRecording::add(const Frame& frame) {
    if (!begin_ && frame.pts) begin_ = *frame.pts;
    std::int64_t pts = next_;
    if (begin_ && frame.pts) pts = std::max(pts, *frame.pts - *begin_);
    writer_.add(frame.rgb, pts);
    last_ = pts;
    // Without times, frames are a usual step apart.
    next_ = pts + (frame.pts ? 1 : step_);
    ++frames_;
}

RecordingProgress LiveRecording::progress() const noexcept {
    return {frames_, static_cast<double>(last_) * tickSecs_, writer_.writtenBytes()};
}

}  // namespace mcj
