#include "media/io/stream_facts.h"

#include <algorithm>
#include <cstring>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/dict.h>
#include <libavutil/pixdesc.h>
}

#include "media/io/frame_conversion.h"

namespace mcj {

namespace {

bool isVideo(const AVStream& stream) {
    return stream.codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) == 0;
}

void warnOfFurtherStreams(const VideoDecoder& decoder, std::vector<std::string>& warnings) {
    const AVFormatContext& format = decoder.format();
    int streams = 0;
    int used = 0;
    for (unsigned i = 0; i < format.nb_streams; ++i) {
        if (!isVideo(*format.streams[i])) continue;
        ++streams;
        if (format.streams[i] == &decoder.stream()) used = streams;
    }
    if (streams < 2) return;
    warnings.emplace_back("the file has " + std::to_string(streams) + " video streams: number " +
                          std::to_string(used) + " is used, the others are ignored");
}

/// Whether a picture in a format with transparency uses it, if alpha is interleaved with the
/// colours (GIF, PNG). Formats with an alpha plane are assumed to use it.
bool hasClearPixels(const AVFrame& picture) {
    const auto format = static_cast<AVPixelFormat>(picture.format);
    if (format == AV_PIX_FMT_PAL8) {
        for (int i = 0; i < AVPALETTE_COUNT; ++i) {
            std::uint32_t entry = 0;
            std::memcpy(&entry, picture.data[1] + 4 * static_cast<std::ptrdiff_t>(i), 4);
            // Entries that the file does not name are 0: clear black.
            if (entry != 0 && (entry >> 24) != 0xFF) return true;
        }
        return false;
    }
    const int alphaAt = format == AV_PIX_FMT_BGRA || format == AV_PIX_FMT_RGBA   ? 3
                        : format == AV_PIX_FMT_ARGB || format == AV_PIX_FMT_ABGR ? 0
                                                                                 : -1;
    if (alphaAt < 0) return true;
    for (int y = 0; y < picture.height; ++y) {
        const std::uint8_t* row =
            picture.data[0] + static_cast<std::ptrdiff_t>(y) * picture.linesize[0];
        for (int x = 0; x < picture.width; ++x) {
            if (row[4 * x + alphaAt] != 0xFF) return true;
        }
    }
    return false;
}

void warnOfTransparency(const VideoDecoder& decoder, const AVFrame& first,
                        std::vector<std::string>& warnings) {
    const auto format = static_cast<AVPixelFormat>(first.format);
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
    // VP8 and VP9 carry transparency beside the packets; the decoder only returns the colours.
    const AVDictionaryEntry* mode =
        av_dict_get(decoder.stream().metadata, "alpha_mode", nullptr, 0);
    const bool beside = mode != nullptr && std::strcmp(mode->value, "1") == 0;
    const bool inside = description != nullptr &&
                        (description->flags & (AV_PIX_FMT_FLAG_ALPHA | AV_PIX_FMT_FLAG_PAL)) != 0 &&
                        hasClearPixels(first);
    if (!beside && !inside) return;
    const char* name = av_get_pix_fmt_name(format);
    warnings.emplace_back(std::string("the video has transparency (") +
                          (beside || name == nullptr ? "alpha_mode" : name) +
                          "), which is ignored");
}

void warnOfColours(const AVFrame& first, std::vector<std::string>& warnings) {
    if (first.color_trc == AVCOL_TRC_SMPTE2084 || first.color_trc == AVCOL_TRC_ARIB_STD_B67) {
        warnings.emplace_back(
            "the video is HDR: its values are shown as they are, without tone mapping");
    }
    const ColorRule rule = colorRuleOf(first);
    if (rule.unsupported.empty()) return;
    warnings.emplace_back("the colour matrix " + rule.unsupported +
                          " of the file is not supported: the colours are converted as " +
                          rule.matrix + " and are not exact");
}

}  // namespace

std::string interlacedWarning() {
    return "the video is interlaced: a frame holds two fields, taken one after the other, so that "
           "moving edges look like combs; deinterlace the video for exact motion (ffmpeg -vf "
           "bwdif)";
}

std::vector<std::string> streamWarnings(const VideoDecoder& decoder, const AVFrame& first) {
    std::vector<std::string> warnings;
    warnOfFurtherStreams(decoder, warnings);
    warnOfTransparency(decoder, first, warnings);
    if (first.interlaced_frame != 0) warnings.push_back(interlacedWarning());
    warnOfColours(first, warnings);
    return warnings;
}

}  // namespace mcj
