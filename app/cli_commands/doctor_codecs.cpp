#include <array>
#include <utility>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/avutil.h>
}

#include "app/cli_commands/doctor_findings.h"

namespace mcj {
namespace {

constexpr std::array<std::pair<AVCodecID, const char*>, 7> kDecoders{{
    {AV_CODEC_ID_H264, "h264"},
    {AV_CODEC_ID_HEVC, "hevc"},
    {AV_CODEC_ID_VP9, "vp9"},
    {AV_CODEC_ID_AV1, "av1"},
    {AV_CODEC_ID_PRORES, "prores"},
    {AV_CODEC_ID_MPEG4, "mpeg4"},
    {AV_CODEC_ID_MJPEG, "mjpeg"},
}};

/// "a b c", or "none"
std::string joined(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) {
        if (!text.empty()) text += ' ';
        text += name;
    }
    return text.empty() ? "none" : text;
}

Finding lookAtDecoders() {
    std::vector<std::string> found;
    std::vector<std::string> absent;
    for (const auto& [id, name] : kDecoders) {
        (avcodec_find_decoder(id) != nullptr ? found : absent).emplace_back(name);
    }
    Finding finding{"video decoders", FindingState::Good,
                    std::string("FFmpeg ") + av_version_info() + ": " + joined(found)};
    finding.details = {{"found", found}, {"missing", absent}, {"ffmpeg", av_version_info()}};
    if (!absent.empty()) {
        finding.state = FindingState::Limited;
        finding.text += "; missing " + joined(absent);
        finding.advice = "Install an FFmpeg with these decoders (Debian: libavcodec-extra).";
    }
    return finding;
}

Finding lookAtEncoder() {
    const bool found = avcodec_find_encoder_by_name("libx264") != nullptr;
    Finding finding{"video encoder", FindingState::Good, found ? "libx264" : "no libx264"};
    finding.details = {{"libx264", found}};
    if (!found) {
        finding.state = FindingState::Limited;
        finding.advice = "--overlay needs libx264: install libx264 and an FFmpeg built with it.";
    }
    return finding;
}

}  // namespace

std::vector<Finding> lookAtCodecs() { return {lookAtDecoders(), lookAtEncoder()}; }

}  // namespace mcj
