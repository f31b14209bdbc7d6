#include "media/io/video_reader.h"

#include <cmath>
#include <optional>
#include <utility>

extern "C" {
#include <libavutil/buffer.h>
#include <libavutil/frame.h>
}

#include "media/base/budget_cache.h"
#include "media/base/error.h"
#include "media/io/frame_conversion.h"
#include "media/io/frame_finder.h"
#include "media/io/frame_table.h"
#include "media/io/nearby_picture.h"
#include "media/io/source_id.h"
#include "media/io/video_decoder.h"
#include "media/io/video_scan.h"

// How frames are found exactly. The scan numbers and marks every frame (video_scan.h). It serves
// every frame that is not in its table yet. The finder serves the frames that are: it seeks, and
// checks every picture against the table (frame_finder.h). Where a table was kept from an earlier
// opening and a picture does not match it, the scan starts over.

namespace mcj {

namespace {

// Decoded pictures kept from before the wanted one, for stepping back.
constexpr FrameIndex kKeptBehind = 8;
constexpr FrameIndex kKeptBehindWhenGoingBack = 32;

std::size_t bytesOf(const AVFrame& picture) {
    std::size_t bytes = sizeof(AVFrame);
    for (const AVBufferRef* buffer : picture.buf) {
        if (buffer != nullptr) bytes += buffer->size;
    }
    return bytes;
}

class VideoReader final : public FrameSource {
public:
    VideoReader(const std::string& path, const SourceOptions& options);

    [[nodiscard]] const VideoInfo& info() const override { return scan_.info(); }
    [[nodiscard]] FrameIndex framesAhead() const override { return scan_.framesAhead(); }
    bool scan(const ReadLimit& limit) override;
    [[nodiscard]] FrameRead read(FrameIndex index, const ReadLimit& limit) override;
    [[nodiscard]] std::optional<NearbyPicture> pictureNear(double secs,
                                                           const ReadLimit& limit) override;

private:
    [[nodiscard]] FrameFinder::Hooks finderHooks();
    [[nodiscard]] const FrameTable& table() { return scan_.table(); }
    [[nodiscard]] FrameRead readAhead(FrameIndex index, const ReadLimit& limit);
    [[nodiscard]] FrameRead readBehind(FrameIndex index, const ReadLimit& limit);
    void keepIfNear(const AVFrame& picture, FrameIndex at);
    [[nodiscard]] FramePtr finishFrame(const AVFrame& picture, FrameIndex index);

    SourceId id_;
    VideoScan scan_;
    FrameFinder finder_;
    int finderThreads_;  ///< with which its decoder was opened
    std::unique_ptr<FrameConverter> converter_;
    std::unique_ptr<VideoDecoder> nearby_;  ///< serves `pictureNear`

    BudgetCache<FrameIndex, Frame> frames_;
    BudgetCache<FrameIndex, AVFrame> pictures_;
    FrameIndex wanted_ = 0;
    FrameIndex lastRead_ = 0;
};

VideoReader::VideoReader(const std::string& path, const SourceOptions& options)
    : id_(nextSourceId()), scan_(path, options), finder_(scan_.table(), finderHooks()),
      finderThreads_(scan_.threads()), frames_(options.cacheBytes / 2),
      pictures_(options.cacheBytes / 2) {
    converter_ = std::make_unique<FrameConverter>(scan_.storedSize(), scan_.orientation());
    const PicturePtr first = scan_.takeFirst();
    pictures_.put(0, first, bytesOf(*first));
}

FrameFinder::Hooks VideoReader::finderHooks() {
    return {[this] { return scan_.open(scan_.threads()); },
            [this] {
                scan_.useOneThread();
                finderThreads_ = 1;
            },
            [this](const AVFrame& picture, FrameIndex at) { keepIfNear(picture, at); }};
}

bool VideoReader::scan(const ReadLimit& limit) {
    if (!scan_.complete()) scan_.startAhead();
    scan_.advanceUntil(limit, [](const AVFrame*) { return false; });
    return scan_.complete();
}

FrameRead VideoReader::read(FrameIndex index, const ReadLimit& limit) {
    if (index < 0 || (scan_.complete() && index >= table().size())) return {ReadState::End, {}};
    frames_.setPlayhead(index);
    pictures_.setPlayhead(index);
    if (index != wanted_) lastRead_ = std::exchange(wanted_, index);
    if (FramePtr kept = frames_.get(index)) return {ReadState::Frame, kept};
    if (const PicturePtr picture = pictures_.get(index); picture && index < table().size()) {
        return {ReadState::Frame, finishFrame(*picture, index)};
    }
    return index >= table().size() ? readAhead(index, limit) : readBehind(index, limit);
}

FrameRead VideoReader::readAhead(FrameIndex index, const ReadLimit& limit) {
    // Reading one frame after the other needs no scan of the other half.
    constexpr FrameIndex kFar = 1000;
    std::unique_ptr<ScanAhead> resting;
    if (index - table().size() < kFar) resting = scan_.pauseAhead();
    FrameRead result{ReadState::NotYet, {}};
    scan_.advanceUntil(limit, [&](const AVFrame* picture) {
        if (picture == nullptr) return false;
        const FrameIndex at = table().size() - 1;
        if (at == index) result = {ReadState::Frame, finishFrame(*picture, index)};
        if (at < index) keepIfNear(*picture, at);
        return at >= index;
    });
    if (resting) scan_.resumeAhead(std::move(resting));
    if (result.state == ReadState::NotYet && scan_.complete() && index >= table().size()) {
        result.state = ReadState::End;
    }
    return result;
}

FrameRead VideoReader::readBehind(FrameIndex index, const ReadLimit& limit) {
    finder_.setEndUnreadable(scan_.endUnreadable());
    if (std::exchange(finderThreads_, scan_.threads()) != scan_.threads()) finder_.reset();
    const FrameFinder::Result found = finder_.find(index, limit);
    if (found.state == FrameFinder::State::NotYet) return {ReadState::NotYet, {}};
    if (found.state == FrameFinder::State::Found) {
        return {ReadState::Frame, finishFrame(*found.picture, index)};
    }
    if (scan_.fromKeptScan()) {
        scan_.startOver();
        finder_.reset();
        frames_.clear();
        pictures_.clear();
        return {ReadState::NotYet, {}};
    }
    throw Error(ErrorCode::Input,
                "frame " + std::to_string(index) + " of \"" + info().path +
                    "\" can no longer be read as it was before",
                "The file or its disk may be failing. Copy the video to a local disk and open "
                "that.");
}

std::optional<NearbyPicture> VideoReader::pictureNear(double secs, const ReadLimit& limit) {
    const double tick = info().timeBase.value();
    const auto& start = scan_.startTicks();
    if (!start || tick <= 0.0) return std::nullopt;
    if (!nearby_) nearby_ = scan_.open(1);
    const auto ticks = *start + std::llround(secs / tick);
    const PicturePtr picture = pictureNearTicks(*nearby_, ticks, limit);
    if (!picture) {
        nearby_.reset();
        return std::nullopt;
    }
    auto frame = std::make_shared<Frame>();
    frame->source = id_;
    frame->index = -1;
    frame->pts = ticksOf(*picture);
    frame->rgb = converter_->convert(*picture);
    return NearbyPicture{std::move(frame), static_cast<double>(*ticksOf(*picture) - *start) * tick};
}

FramePtr VideoReader::finishFrame(const AVFrame& picture, FrameIndex index) {
    auto frame = std::make_shared<Frame>();
    frame->source = id_;
    frame->index = index;
    frame->pts = table().mark(index).pts;
    frame->rgb = converter_->convert(picture);
    frames_.put(index, frame, frame->rgb.bytes());
    pictures_.erase(index);
    return frame;
}

// A picture that was decoded on the way to the wanted one.
void VideoReader::keepIfNear(const AVFrame& picture, FrameIndex at) {
    const FrameIndex reach = wanted_ < lastRead_ ? kKeptBehindWhenGoingBack : kKeptBehind;
    if (wanted_ - at > reach || frames_.contains(at)) return;
    pictures_.put(at, sharePicture(picture), bytesOf(picture));
}

}  // namespace

std::unique_ptr<FrameSource> openVideoFile(const std::string& path, const SourceOptions& options) {
    return std::make_unique<VideoReader>(path, options);
}

}  // namespace mcj
