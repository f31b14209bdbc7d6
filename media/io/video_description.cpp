#include "media/io/video_description.h"

#include <algorithm>
#include <cmath>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
}

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

void warnOfPixelFormat(VideoInfo& info, const AVFrame& first) {
    const AVPixFmtDescriptor* format =
        av_pix_fmt_desc_get(static_cast<AVPixelFormat>(first.format));
    if (format == nullptr) return;
    const bool palette = (format->flags & AV_PIX_FMT_FLAG_PAL) != 0;
    if (!palette && (format->flags & AV_PIX_FMT_FLAG_ALPHA) != 0) {
        info.warnings.emplace_back("the video has transparency (" + info.pixelFormat +
                                   "): it is dropped");
    }
    if (first.color_trc == AVCOL_TRC_SMPTE2084 || first.color_trc == AVCOL_TRC_ARIB_STD_B67) {
        info.warnings.emplace_back(
            "the video is HDR: its values are shown as they are, without tone mapping");
    }
}

std::string countOf(std::int64_t count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
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
    warnOfPixelFormat(info, first);
    return info;
}

void settleTiming(VideoInfo& info, std::int64_t lastTicks) {
    const auto count = static_cast<std::int64_t>(info.pts.size());
    const bool allKnown = std::all_of(info.pts.begin(), info.pts.end(),
                                      [](const auto& pts) { return pts.has_value(); });
    if (count == 0 || !allKnown) {
        if (info.averageFps > 0.0) {
            info.durationSecs = static_cast<double>(count) / info.averageFps;
        }
        return;
    }
    const std::int64_t span = *info.pts.back() - *info.pts.front();
    const double tick = info.timeBase.value();
    if (count == 1 || span <= 0) {
        if (lastTicks > 0) info.durationSecs = static_cast<double>(lastTicks) * tick;
        return;
    }
    const double step = static_cast<double>(span) / static_cast<double>(count - 1);
    if (tick > 0.0) info.averageFps = 1.0 / (step * tick);
    const double allowed = std::max(1.01, kSteadyShare * step);
    for (std::size_t i = 1; i < info.pts.size(); ++i) {
        const auto delta = static_cast<double>(*info.pts[i] - *info.pts[i - 1]);
        if (std::abs(delta - step) > allowed) info.variableRate = true;
    }
    const double last = lastTicks > 0 ? static_cast<double>(lastTicks) : step;
    info.durationSecs = (static_cast<double>(span) + last) * tick;
}

void settleDamage(VideoInfo& info, const DecodeDamage& damage, FrameIndex firstAt) {
    const auto frames = static_cast<FrameIndex>(info.pts.size());
    if (damage.badPacketsAtStart > 0) {
        info.warnings.emplace_back(
            countOf(damage.badPacketsAtStart, "packet", "packets") +
            " before the first picture cannot be decoded: the recording seems to begin in the "
            "middle of a stream");
    }
    if (!damage.insideStream() && damage.readError.empty()) return;
    std::vector<std::string> parts;
    if (damage.cutPackets > 0 || !damage.readError.empty()) {
        parts.emplace_back("the file is cut off or cannot be read to its end");
    }
    if (damage.badPackets > 0) {
        parts.emplace_back(countOf(damage.badPackets, "picture", "pictures") +
                           " cannot be decoded");
    }
    if (damage.concealedFrames > 0) {
        parts.emplace_back(countOf(damage.concealedFrames, "picture is", "pictures are") +
                           " partly made up");
    }
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
    // Frames still on their way through the decoder were whole: the place is good to a few frames.
    text += ", from about frame " + std::to_string(std::min(firstAt, frames)) + " on";
    text += "; " + countOf(frames, "frame is", "frames are") + " readable";
    if (info.estimatedFrames > frames) {
        text += " of " + std::to_string(info.estimatedFrames) + " that the file promises";
    }
    info.damaged = text;
}

}  // namespace mcj
