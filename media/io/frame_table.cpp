#include "media/io/frame_table.h"

#include <algorithm>

#define XXH_STATIC_LINKING_ONLY  // for a state on the stack
#include <xxhash.h>
#ifdef __x86_64__
#include <xxh_x86dispatch.h>  // the same functions by the widest vectors of the processor
#endif

extern "C" {
#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libavutil/pixdesc.h>
}

namespace mcj {

namespace {

/// XXH3 (Yann Collet): about as fast as memory.
class Digest {
public:
    Digest() { XXH3_64bits_reset(&state_); }
    void add(const std::uint8_t* bytes, std::size_t count) {
        XXH3_64bits_update(&state_, bytes, count);
    }
    [[nodiscard]] std::uint64_t value() const { return XXH3_64bits_digest(&state_); }

private:
    XXH3_state_t state_;
};

std::optional<std::int64_t> knownTime(std::int64_t time) {
    return time == AV_NOPTS_VALUE ? std::nullopt : std::optional<std::int64_t>(time);
}

int planeRows(const AVFrame& picture, const AVPixFmtDescriptor& format, int plane) {
    const bool chroma = plane == 1 || plane == 2;
    const bool subsampled = chroma && (format.flags & AV_PIX_FMT_FLAG_RGB) == 0;
    return subsampled ? AV_CEIL_RSHIFT(picture.height, format.log2_chroma_h) : picture.height;
}

}  // namespace

std::uint64_t bytesDigest(std::span<const std::uint8_t> bytes) {
    Digest digest;
    digest.add(bytes.data(), bytes.size());
    return digest.value();
}

std::uint64_t pictureDigest(const AVFrame& picture, DigestRows rowsRead) {
    const int step = rowsRead == DigestRows::All ? 1 : 8;
    Digest digest;
    const std::int32_t head[3] = {picture.format, picture.width, picture.height};
    digest.add(reinterpret_cast<const std::uint8_t*>(head), sizeof(head));
    const auto pixelFormat = static_cast<AVPixelFormat>(picture.format);
    const AVPixFmtDescriptor* format = av_pix_fmt_desc_get(pixelFormat);
    if (format == nullptr) return digest.value();
    const int planes = av_pix_fmt_count_planes(pixelFormat);
    for (int plane = 0; plane < planes; ++plane) {
        if (picture.data[plane] == nullptr) continue;
        const int bytes = av_image_get_linesize(pixelFormat, picture.width, plane);
        const int rows = planeRows(picture, *format, plane);
        for (int y = 0; bytes > 0 && y < rows; y += step) {
            const std::ptrdiff_t offset = static_cast<std::ptrdiff_t>(y) * picture.linesize[plane];
            digest.add(picture.data[plane] + offset, static_cast<std::size_t>(bytes));
        }
    }
    if ((format->flags & AV_PIX_FMT_FLAG_PAL) != 0 && picture.data[1] != nullptr) {
        digest.add(picture.data[1], AVPALETTE_SIZE);
    }
    return digest.value();
}

FrameMark markOf(const AVFrame& picture) {
    const auto rows = isOfClosedGroup(picture) ? DigestRows::EveryEighth : DigestRows::All;
    return {knownTime(picture.pts), picture.pkt_pos, pictureDigest(picture, rows)};
}

void FrameTable::append(const FrameMark& mark, const std::optional<PacketPlace>& keyPacket) {
    if (keyPacket) seekPoints_.push_back({size(), *keyPacket});
    marks_.push_back(mark);
}

bool FrameTable::agrees(FrameIndex frame, const FrameMark& mark) const {
    return frame >= 0 && frame < size() && this->mark(frame).digest == mark.digest;
}

std::optional<FrameIndex> FrameTable::find(const FrameMark& mark) const {
    std::optional<FrameIndex> byContent;
    std::optional<FrameIndex> byTime;
    std::optional<FrameIndex> byPlace;
    int contentCount = 0;
    int timeCount = 0;
    int placeCount = 0;
    for (FrameIndex i = 0; i < size(); ++i) {
        const FrameMark& known = this->mark(i);
        if (known.digest != mark.digest) continue;
        ++contentCount;
        byContent = i;
        if (known.pts && mark.pts && *known.pts == *mark.pts) {
            ++timeCount;
            byTime = i;
        }
        if (known.bytePos >= 0 && known.bytePos == mark.bytePos) {
            ++placeCount;
            byPlace = i;
        }
    }
    if (contentCount == 1) {
        // If time and place both differ, it is an equal picture that is not in the table yet.
        const FrameMark& known = this->mark(*byContent);
        const bool otherTime = known.pts && mark.pts && timeCount == 0;
        const bool otherPlace = known.bytePos >= 0 && mark.bytePos >= 0 && placeCount == 0;
        return otherTime && otherPlace ? std::nullopt : byContent;
    }
    // Several frames look the same (a still scene): the packet's place tells which, else its time.
    // Where both are known they must not contradict each other.
    if (placeCount == 1) {
        const bool timeAgrees = timeCount == 0 || this->mark(*byPlace).pts == mark.pts;
        return timeAgrees ? byPlace : std::nullopt;
    }
    if (placeCount == 0 && timeCount == 1) return byTime;
    if (placeCount > 1 && timeCount == 1 && this->mark(*byTime).bytePos == mark.bytePos) {
        return byTime;
    }
    return std::nullopt;
}

SeekPoint* FrameTable::seekPoint(FrameIndex frame, int skip) {
    const auto after = std::upper_bound(
        seekPoints_.begin(), seekPoints_.end(), frame,
        [](FrameIndex wanted, const SeekPoint& point) { return wanted < point.frame; });
    const auto before = after - seekPoints_.begin() - 1 - skip;
    return before < 0 ? nullptr : &seekPoints_[static_cast<std::size_t>(before)];
}

}  // namespace mcj
