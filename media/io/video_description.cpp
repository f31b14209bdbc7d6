#include "media/io/video_description.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>
#include <libavutil/pixdesc.h>
}

#include "media/io/frame_clock.h"
#include "media/io/stream_facts.h"

namespace mcj {

namespace {

// Frame steps may differ by the time base's rounding, or by this share, in a constant-rate video.
constexpr double kSteadyShare = 0.02;

Rational rationalOf(AVRational value) { return {value.num, value.den}; }

FrameIndex estimateFrames(const AVFormatContext& format, const AVStream& stream) {
    if (stream.nb_frames > 0) return stream.nb_frames;
    double secs = 0.0;
    if (stream.duration > 0) {
        secs = static_cast<double>(stream.duration) * av_q2d(stream.time_base);
    } else if (format.duration > 0) {
        secs = static_cast<double>(format.duration) / AV_TIME_BASE;
    }
    const double rate = stream.avg_frame_rate.den != 0 ? av_q2d(stream.avg_frame_rate) : 0.0;
    return static_cast<FrameIndex>(std::llround(secs * rate));
}

void warnOfJumps(VideoInfo& info, const FrameClock& clock) {
    if (clock.jumps.empty()) return;
    const auto at = static_cast<std::size_t>(clock.jumps.front());
    const double secs =
        (static_cast<double>(*info.pts[at]) - static_cast<double>(*info.pts[at - 1])) *
        info.timeBase.value();
    std::ostringstream text;
    text << "the timestamps jump by " << std::fixed << std::setprecision(2) << secs
         << " s at frame " << at;
    if (clock.jumps.size() > 1) {
        text << " and at " << clock.jumps.size() - 1
             << (clock.jumps.size() == 2 ? " other frame" : " other frames");
    }
    text << ": the duration counts such a step as one frame";
    info.warnings.push_back(text.str());
}

std::string countOf(std::int64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

std::string pictureDamageText(const DecodeDamage& damage) {
    std::string text;
    if (damage.badPackets > 0) {
        text = countOf(damage.badPackets, "frame", "frames") + " cannot be decoded";
    }
    const std::int64_t incomplete = damage.concealedFrames + damage.suspectFrames;
    if (incomplete > 0) {
        if (!text.empty()) text += " and ";
        text += countOf(incomplete, "frame is", "frames are") + " incomplete";
    }
    return text;
}

/// Whether the only steps of time that are too long lie between the last pictures: those between
/// come after the others in the file, so a cut between two pictures takes them away. Encoders write
/// them all at a regular end.
bool missesPicturesAtEnd(const VideoInfo& info, int outputDelay) {
    constexpr std::size_t kFewestFrames = 12;
    const std::size_t count = info.pts.size();
    if (!info.clockMayJump || outputDelay <= 0 || count < kFewestFrames) return false;
    const std::size_t tail =
        count - 1 - std::min<std::size_t>(static_cast<std::size_t>(outputDelay), kFewestFrames / 2);
    std::int64_t step = 0;
    bool misses = false;
    for (std::size_t i = 1; i < count; ++i) {
        if (!info.pts[i] || !info.pts[i - 1]) return false;
        const std::int64_t now = *info.pts[i] - *info.pts[i - 1];
        if (i == 1) step = now;
        const bool regular = std::abs(now - step) <= 1;
        const std::int64_t times = step > 1 ? (now + step / 2) / step : 1;
        const bool skips = times > 1 && std::abs(now - times * step) <= times;
        if (!regular && !(skips && i >= tail)) return false;
        misses = misses || !regular;
    }
    return misses;
}

}  // namespace

VideoInfo describeVideo(const std::string& path, const VideoDecoder& decoder, const AVFrame& first,
                        const Orientation& orientation) {
    const AVStream& stream = decoder.stream();
    VideoInfo info;
    info.path = path;
    info.size = orientation.apply({first.width, first.height});
    info.timeBase = rationalOf(stream.time_base);
    info.rotationDeg = orientation.clockwiseDeg;
    if (stream.avg_frame_rate.num > 0 && stream.avg_frame_rate.den > 0) {
        info.averageFps = av_q2d(stream.avg_frame_rate);
    }
    AVRational aspect = stream.sample_aspect_ratio;
    if (aspect.num <= 0 || aspect.den <= 0) aspect = first.sample_aspect_ratio;
    if (aspect.num > 0 && aspect.den > 0) {
        // A pixel that is wide in the stored picture is tall in the turned one.
        if (orientation.clockwiseDeg % 180 != 0) std::swap(aspect.num, aspect.den);
        info.sampleAspect = rationalOf(aspect);
    }
    info.clockMayJump = (decoder.format().iformat->flags & AVFMT_TS_DISCONT) != 0;
    const char* format = av_get_pix_fmt_name(static_cast<AVPixelFormat>(first.format));
    info.pixelFormat = format != nullptr ? format : "unknown";
    info.codec = avcodec_get_name(stream.codecpar->codec_id);
    info.colorMatrix = colorRuleOf(first).text;
    info.estimatedFrames = estimateFrames(decoder.format(), stream);
    if (stream.duration > 0) {
        info.durationSecs = static_cast<double>(stream.duration) * info.timeBase.value();
    } else if (decoder.format().duration > 0) {
        info.durationSecs = static_cast<double>(decoder.format().duration) / AV_TIME_BASE;
    }
    info.warnings = streamWarnings(decoder, first);
    info.interlaced = first.interlaced_frame != 0;
    return info;
}

void settleTiming(VideoInfo& info, std::int64_t lastTicks) {
    const auto count = static_cast<std::int64_t>(info.pts.size());
    const bool allKnown = std::all_of(info.pts.begin(), info.pts.end(),
                                      [](const auto& pts) { return pts.has_value(); });
    const FrameClock clock = allKnown ? frameClockOf(info) : FrameClock{};
    if (clock.ticks.empty()) {
        if (info.averageFps > 0.0) {
            info.durationSecs = static_cast<double>(count) / info.averageFps;
        }
        return;
    }
    const double tick = info.timeBase.value();
    if (count == 1) {
        if (lastTicks > 0) info.durationSecs = static_cast<double>(lastTicks) * tick;
        return;
    }
    warnOfJumps(info, clock);
    const auto span = static_cast<double>(clock.ticks.back());
    const double step = span / static_cast<double>(count - 1);
    info.averageFps = 1.0 / (step * tick);
    const double allowed = std::max(1.01, kSteadyShare * step);
    for (std::size_t i = 1; i < clock.ticks.size(); ++i) {
        const auto delta = static_cast<double>(clock.ticks[i] - clock.ticks[i - 1]);
        if (std::abs(delta - step) > allowed) info.variableRate = true;
    }
    const bool lastIsKnown = lastTicks > 0 && lastTicks <= clock.longestStep;
    info.durationSecs = (span + (lastIsKnown ? static_cast<double>(lastTicks) : step)) * tick;
}

void settleDamage(VideoInfo& info, const DecodeDamage& damage, FrameIndex firstAt,
                  int outputDelay) {
    const auto frames = static_cast<FrameIndex>(info.pts.size());
    const std::int64_t lost = std::max(damage.badPacketsAtStart, damage.packetsBeforeKey);
    const bool lostAtStart = lost > 0 && damage.gapsAtStart > 0;
    if (lost > 0 && !lostAtStart) {
        info.warnings.emplace_back(countOf(lost, "packet", "packets") +
                                   " before the first frame cannot be decoded: the recording seems "
                                   "to begin in the middle of a stream");
    }
    if (damage.gaps > 0) {
        info.warnings.emplace_back("the transport stream has " +
                                   countOf(damage.gaps, "gap", "gaps") +
                                   ", where recordings were joined or packets were lost");
    }
    // The picture in which a file ends is damaged as well: that is one damage, not two.
    constexpr FrameIndex kAtTheEnd = 32;
    const bool ends = damage.cutPackets > 0 || damage.fileEnd.cut || !damage.readError.empty() ||
                      missesPicturesAtEnd(info, outputDelay);
    std::string text;
    if (lostAtStart) {
        text = "packets are missing at its start: " + countOf(lost, "frame", "frames") +
               " before frame 0 cannot be decoded";
        if (ends) text += "; ";
    }
    if (!damage.readError.empty()) {
        text += "the file cannot be read to its end (" + damage.readError + "); reading stops";
    } else if (ends) {
        text += "the file is cut off";
    }
    if (ends) text += " after " + countOf(frames, "frame", "frames");
    const bool inside = damage.badPackets + damage.concealedFrames + damage.suspectFrames > 0;
    if (inside && (!ends || frames - firstAt > kAtTheEnd)) {
        if (!text.empty()) text += "; ";
        text += pictureDamageText(damage);
        // Frames still on their way through the decoder were whole: good to a few frames.
        text += ", from about frame " + std::to_string(std::min(firstAt, frames)) + " on";
    }
    if (!text.empty()) info.damaged = text;
}

}  // namespace mcj
