#include "media/io/nearby_picture.h"

#include <array>
#include <cmath>

extern "C" {
#include <libavformat/avformat.h>
#include <libavutil/avutil.h>
#include <libavutil/frame.h>
}

namespace mcj {

namespace {

// Seeks of some formats land behind the place, or where no further key frame comes: then they are
// tried again this much earlier. Small steps: a large one may pass by the nearest key frame.
constexpr std::array kSecsBack = {0.0, 0.5, 1.0, 1.5,  2.0,  2.5, 3.0,
                                  4.0, 5.0, 7.0, 10.0, 20.0, 60.0};
// Streams with gradual refresh flag no key frames: then any picture is accepted.
constexpr int kFramesWithoutKey = 48;
// Where so many frames have no time, those that follow will have none either.
constexpr int kFramesWithoutTime = 96;

bool isWhole(const AVFrame& picture) {
    return picture.decode_error_flags == 0 && (picture.flags & AV_FRAME_FLAG_CORRUPT) == 0;
}

PicturePtr decodeTowards(VideoDecoder& decoder, std::int64_t ticks, const ReadLimit& limit) {
    PicturePtr best;
    bool keySeen = false;
    int withoutKey = 0;
    int looked = 0;
    while (const AVFrame* picture = decoder.next()) {
        keySeen = keySeen || picture->key_frame != 0 || ++withoutKey > kFramesWithoutKey;
        const auto at = ticksOf(*picture);
        if (keySeen && isWhole(*picture) && at) {
            if (!best || std::abs(*at - ticks) < std::abs(*ticksOf(*best) - ticks)) {
                best = sharePicture(*picture);
            }
            if (*at >= ticks) return best;
        }
        if (!best && ++looked > kFramesWithoutKey + kFramesWithoutTime) return nullptr;
        if (limit.stop.stopRequested() || (best && limit.over())) return best;
    }
    return best;
}

}  // namespace

std::optional<std::int64_t> ticksOf(const AVFrame& picture) {
    if (picture.pts != AV_NOPTS_VALUE) return picture.pts;
    if (picture.best_effort_timestamp != AV_NOPTS_VALUE) return picture.best_effort_timestamp;
    return std::nullopt;
}

PicturePtr pictureNearTicks(VideoDecoder& decoder, std::int64_t ticks, const ReadLimit& limit) {
    const AVRational base = decoder.stream().time_base;
    if (base.num <= 0 || base.den <= 0) return nullptr;
    PicturePtr best;
    for (const double back : kSecsBack) {
        const std::int64_t from = ticks - std::llround(back / av_q2d(base));
        if (!decoder.seek({from, from, -1}, SeekMethod::Timestamp)) continue;
        const PicturePtr picture = decodeTowards(decoder, ticks, limit);
        if (!picture) {
            if (limit.stop.stopRequested()) return best;
            continue;
        }
        const std::int64_t at = *ticksOf(*picture);
        if (!best || std::abs(at - ticks) < std::abs(*ticksOf(*best) - ticks)) best = picture;
        // If it is after the wanted time, there may be nearer ones before it.
        if (at <= ticks || limit.over()) return best;
    }
    return best;
}

}  // namespace mcj
