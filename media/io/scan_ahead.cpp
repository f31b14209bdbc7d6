#include "media/io/scan_ahead.h"

#include <cstddef>
#include <span>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
}

namespace mcj {
namespace {

using Bytes = std::span<const std::uint8_t>;

/// Bytes of the length before each unit of a packet; 0: units begin with start codes. From the
/// codec's header in the container (ISO/IEC 14496-15).
std::size_t lengthBytes(const AVCodecParameters& codec) {
    const bool isHevc = codec.codec_id == AV_CODEC_ID_HEVC;
    const std::size_t at = isHevc ? 21 : 4;
    const auto size = static_cast<std::size_t>(codec.extradata_size);
    if (size <= at || codec.extradata[0] != 1) return 0;
    return (codec.extradata[at] & 3U) + 1U;
}

bool isIdrUnit(std::uint8_t head, AVCodecID codec) {
    // Nal unit types: H.264 table 7-1 (5), HEVC table 7-1 (19, 20).
    if (codec == AV_CODEC_ID_H264) return (head & 0x1FU) == 5;
    const unsigned type = (head >> 1U) & 0x3FU;
    return type == 19 || type == 20;
}

bool hasIdrByLengths(Bytes packet, std::size_t lengthSize, AVCodecID codec) {
    while (packet.size() > lengthSize) {
        std::size_t length = 0;
        for (std::size_t i = 0; i < lengthSize; ++i) length = length << 8U | packet[i];
        packet = packet.subspan(lengthSize);
        if (length == 0 || length > packet.size()) return false;
        if (isIdrUnit(packet.front(), codec)) return true;
        packet = packet.subspan(length);
    }
    return false;
}

bool hasIdrByStartCodes(Bytes packet, AVCodecID codec) {
    for (std::size_t i = 0; i + 3 < packet.size(); ++i) {
        const bool starts = packet[i] == 0 && packet[i + 1] == 0 && packet[i + 2] == 1;
        if (starts && isIdrUnit(packet[i + 3], codec)) return true;
    }
    return false;
}

}  // namespace

bool decodesAfresh(const AVPacket& packet, const AVStream& stream) {
    const AVCodecParameters& codec = *stream.codecpar;
    if (packet.data == nullptr || (packet.flags & AV_PKT_FLAG_KEY) == 0) return false;
    if (codec.codec_id != AV_CODEC_ID_H264 && codec.codec_id != AV_CODEC_ID_HEVC) {
        const AVCodecDescriptor* about = avcodec_descriptor_get(codec.codec_id);
        return about != nullptr && (about->props & AV_CODEC_PROP_INTRA_ONLY) != 0;
    }
    // How these are decoded depends on which version of x264 wrote them, said in the first packet.
    constexpr int kProfile = 0xFF;  // beside flags such as "constrained"
    for (const int profile : {FF_PROFILE_H264_HIGH_444, FF_PROFILE_H264_HIGH_444_PREDICTIVE,
                              FF_PROFILE_H264_CAVLC_444}) {
        const bool is444 = (codec.profile & kProfile) == (profile & kProfile);
        if (codec.codec_id == AV_CODEC_ID_H264 && is444) return false;
    }
    const Bytes bytes(packet.data, static_cast<std::size_t>(packet.size));
    const std::size_t lengthSize = lengthBytes(codec);
    // A header of neither form: it is not known how units are divided.
    if (lengthSize == 0 && codec.extradata_size > 0 && codec.extradata[0] != 0) return false;
    return lengthSize > 0 ? hasIdrByLengths(bytes, lengthSize, codec.codec_id)
                          : hasIdrByStartCodes(bytes, codec.codec_id);
}

std::unique_ptr<ScanAhead> ScanAhead::start(std::unique_ptr<VideoDecoder> decoder,
                                            std::int64_t middleTicks) {
    // Without an index a seek would read half of the file.
    if (!decoder->hasIndex()) return nullptr;
    if (!decoder->seek({middleTicks, middleTicks, -1}, SeekMethod::Timestamp)) return nullptr;
    std::unique_ptr<ScanAhead> ahead(new ScanAhead(std::move(decoder)));
    ahead->firstDelay_ = ahead->decoder_->outputDelay();
    if (!ahead->next() || !ahead->decoder_->beganAfresh()) return nullptr;
    if (!ahead->table_.mark(0).pts) return nullptr;
    return ahead;
}

bool ScanAhead::next() {
    const AVFrame* picture = decoder_->next();
    const DecodeDamage& damage = decoder_->damage();
    // How damage shows depends on where decoding began: only whole stretches are taken over.
    if (decoder_->complaints() > 0 || damage.insideStream() || damage.gaps > 0) broken_ = true;
    // A file that cannot be read now may be read by the time the other pass arrives.
    if (!damage.readError.empty()) broken_ = true;
    if (picture == nullptr) ended_ = true;
    if (broken_ || ended_) return false;
    table_.append(markOf(*picture), decoder_->keyPacketOf(*picture));
    lastTicks_ = picture->pkt_duration;
    const Look look{
        table_.size() - 1, picture->interlaced_frame != 0, {picture->width, picture->height}};
    const bool differs = looks_.empty() || look.interlaced != looks_.back().interlaced ||
                         !(look.size == looks_.back().size);
    if (differs) looks_.push_back(look);
    return true;
}

void ScanAhead::run(const ReadLimit& limit) noexcept {
    try {
        while (!ended_ && !broken_ && next()) {
            if (limit.over()) return;
        }
    } catch (...) {
        // The pass from the start meets the same, and says what it is.
        broken_ = true;
    }
}

}  // namespace mcj
