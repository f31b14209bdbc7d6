#include "media/io/picture_end.h"

#include <cstring>
#include <new>
#include <optional>
#include <span>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/frame.h>
}

#include "media/io/frame_table.h"

namespace mcj {
namespace {

using PacketPtr = std::unique_ptr<AVPacket, AvPacketDeleter>;
using CodecPtr = std::unique_ptr<AVCodecContext, CodecContextDeleter>;

constexpr std::size_t kMostBytes = std::size_t{64} << 20;
constexpr int kTailBytes = 64;
// No run of equal bytes of these values begins another unit.
constexpr int kFirstTail = 0x55;
constexpr int kSecondTail = 0xAA;
constexpr std::int64_t kLast = 1;

PacketPtr sharePacket(const AVPacket& packet) {
    PacketPtr copy(av_packet_clone(&packet));
    if (!copy) throw std::bad_alloc();
    return copy;
}

PacketPtr withTail(const AVPacket& packet, int tail) {
    PacketPtr copy = sharePacket(packet);
    const int before = copy->size;
    if (av_grow_packet(copy.get(), kTailBytes) < 0) throw std::bad_alloc();
    std::memset(copy->data + before, tail, kTailBytes);
    return copy;
}

CodecPtr openDecoder(const AVCodecParameters& parameters) {
    const AVCodec* decoder = avcodec_find_decoder(parameters.codec_id);
    CodecPtr codec(decoder != nullptr ? avcodec_alloc_context3(decoder) : nullptr);
    if (!codec || avcodec_parameters_to_context(codec.get(), &parameters) < 0) return nullptr;
    codec->thread_count = 1;
    return avcodec_open2(codec.get(), decoder, nullptr) < 0 ? nullptr : std::move(codec);
}

/// Takes all pictures that are ready; the digest of the last packet's, once it is among them.
void receive(AVCodecContext& codec, AVFrame& frame, std::optional<std::uint64_t>& last) {
    while (avcodec_receive_frame(&codec, &frame) >= 0) {
        if (frame.reordered_opaque == kLast) last = pictureDigest(frame, DigestRows::All);
    }
}

}  // namespace

void LastPictures::clear() {
    packets_.clear();
    bytes_ = 0;
    lastKey_ = 0;
    tooLarge_ = false;
}

void LastPictures::add(const AVPacket& packet) {
    if ((packet.flags & AV_PKT_FLAG_KEY) != 0) {
        const auto kept = packets_.begin() + static_cast<std::ptrdiff_t>(lastKey_);
        for (auto old = packets_.begin(); old != kept; ++old) {
            bytes_ -= static_cast<std::size_t>((*old)->size);
        }
        packets_.erase(packets_.begin(), kept);
        lastKey_ = packets_.size();
        tooLarge_ = false;
    }
    if (tooLarge_) return;
    packets_.push_back(sharePacket(packet));
    bytes_ += static_cast<std::size_t>(packet.size);
    if (bytes_ <= kMostBytes) return;
    clear();
    tooLarge_ = true;
}

// Whether units that only a next picture can use (HEVC, 7.4.2.4.4: parameter sets, delimiter and
// supplemental information before a picture) are the last ones.
bool LastPictures::endBeforePicture() const {
    const std::span bytes(packets_.back()->data, static_cast<std::size_t>(packets_.back()->size));
    bool before = false;
    for (std::size_t i = 0; i + 3 < bytes.size(); ++i) {
        if (bytes[i] != 0 || bytes[i + 1] != 0 || bytes[i + 2] != 1) continue;
        const unsigned type = (bytes[i + 3] >> 1U) & 0x3FU;
        const bool isPicture = type < 32;
        const bool announces = (type >= 32 && type <= 35) || type == 39;
        if (isPicture || announces) before = announces;
    }
    return before;
}

bool LastPictures::endInsidePicture(const AVCodecParameters& parameters) const {
    if (packets_.empty()) return false;
    if (endBeforePicture()) return true;
    const CodecPtr codec = openDecoder(parameters);
    const AvFramePtr frame(av_frame_alloc());
    if (!codec || !frame) return false;
    const auto decode = [&](int tail) {
        std::optional<std::uint64_t> last;
        for (const PacketPtr& packet : packets_) {
            const bool isLast = packet == packets_.back();
            const PacketPtr sent = isLast ? withTail(*packet, tail) : sharePacket(*packet);
            codec->reordered_opaque = isLast ? kLast : 0;
            (void)avcodec_send_packet(codec.get(), sent.get());
            receive(*codec, *frame, last);
        }
        avcodec_send_packet(codec.get(), nullptr);
        receive(*codec, *frame, last);
        avcodec_flush_buffers(codec.get());
        return last;
    };
    const auto first = decode(kFirstTail);
    return first && decode(kSecondTail) != first;
}

}  // namespace mcj
