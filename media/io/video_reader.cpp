#include "media/io/video_reader.h"

#include <algorithm>
#include <filesystem>
#include <thread>
#include <utility>

extern "C" {
#include <libavutil/buffer.h>
#include <libavutil/frame.h>
}

#include "media/base/budget_cache.h"
#include "media/base/error.h"
#include "media/io/frame_conversion.h"
#include "media/io/frame_table.h"
#include "media/io/source_id.h"
#include "media/io/stream_facts.h"
#include "media/io/video_decoder.h"
#include "media/io/video_description.h"

// How frames are found exactly. Two decoders work on the file. The linear one runs from the start
// and never seeks: what it gives is the truth, its frames are numbered in the order in which they
// come and leave a mark (time, place, digest of the samples) in the table. It serves `scan` and
// every frame that the table does not know yet. The roaming one serves the frames behind that: it
// seeks to a key frame, finds out by the digest which frame it landed on, and checks every frame
// on the way to the wanted one against the table. Whatever does not agree (open GOPs, formats that
// seek badly, streams without times) is mended by another way to seek, by earlier key frames, and
// at last by decoding from the start.

namespace mcj {

namespace {

namespace fs = std::filesystem;

constexpr int kMostThreads = 8;
// Going on forward this far is cheaper than a seek even where a key frame lies between.
constexpr FrameIndex kForwardFrames = 12;
// Decoded pictures kept from before the wanted one, for whoever steps back.
constexpr FrameIndex kKeptBehind = 8;
constexpr FrameIndex kKeptBehindWhenGoingBack = 32;
// Frames after a seek that may be broken (leading pictures of an open GOP) before one is known.
constexpr int kUnknownFrames = 64;
constexpr int kStepsBack = 3;

struct FileStamp {
    std::uintmax_t bytes = 0;
    fs::file_time_type written;
    friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

FileStamp stampOf(const fs::path& path) {
    std::error_code failure;
    FileStamp stamp;
    stamp.bytes = fs::file_size(path, failure);
    stamp.written = fs::last_write_time(path, failure);
    return stamp;
}

using PicturePtr = std::shared_ptr<const AVFrame>;

PicturePtr share(const AVFrame& picture) {
    AVFrame* copy = av_frame_clone(&picture);
    if (copy == nullptr) throw std::bad_alloc();
    return {copy, AvFrameDeleter()};
}

std::size_t bytesOf(const AVFrame& picture) {
    std::size_t bytes = sizeof(AVFrame);
    for (const AVBufferRef* buffer : picture.buf) {
        if (buffer != nullptr) bytes += buffer->size;
    }
    return bytes;
}

int threadsFor(const SourceOptions& options) {
    const int wanted = options.threads > 0 ? options.threads
                                           : static_cast<int>(std::thread::hardware_concurrency());
    return std::clamp(wanted, 1, kMostThreads);
}

class VideoReader final : public FrameSource {
public:
    VideoReader(const std::string& path, const SourceOptions& options);

    [[nodiscard]] const VideoInfo& info() const override { return info_; }
    bool scan(std::chrono::milliseconds budget) override;
    [[nodiscard]] FramePtr read(FrameIndex index) override;

private:
    [[nodiscard]] std::unique_ptr<VideoDecoder> open() const;
    /// The linear decoder's next frame that the table did not know; null at the end. May return
    /// null before the end when frames are being passed again: look at `complete()`.
    const AVFrame* advance();
    void finish();
    [[nodiscard]] bool complete() const { return info_.frames.has_value(); }

    [[nodiscard]] PicturePtr findAhead(FrameIndex index);
    [[nodiscard]] PicturePtr findBehind(FrameIndex index);
    [[nodiscard]] PicturePtr seekAndWalk(SeekPoint& point, SeekMethod method, FrameIndex index);
    [[nodiscard]] PicturePtr walk(FrameIndex index);
    [[nodiscard]] PicturePtr walkFromStart(FrameIndex index);
    void keepIfNear(const AVFrame& picture, FrameIndex at, FrameIndex wanted);
    [[nodiscard]] FramePtr finishFrame(const AVFrame& picture, FrameIndex index);
    void noteChanges(const AVFrame& picture, FrameIndex at);

    fs::path path_;
    FileStamp stamp_;
    SourceId id_;
    int threads_;
    VideoInfo info_;
    FrameTable table_;
    std::unique_ptr<FrameConverter> converter_;
    SizePx storedSize_;

    std::unique_ptr<VideoDecoder> linear_;  ///< null once the end was reached
    FrameIndex linearNext_ = 0;
    FrameIndex firstDamageAt_ = -1;
    std::int64_t lastTicks_ = 0;
    bool sizeWarned_ = false;

    std::unique_ptr<VideoDecoder> roaming_;
    FrameIndex roamingNext_ = -1;  ///< -1: nowhere known

    BudgetCache<FrameIndex, Frame> frames_;
    BudgetCache<FrameIndex, AVFrame> pictures_;
    FrameIndex lastRead_ = 0;
};

VideoReader::VideoReader(const std::string& path, const SourceOptions& options)
    : path_(path), stamp_(stampOf(path_)), id_(nextSourceId()), threads_(threadsFor(options)),
      frames_(options.cacheBytes / 2), pictures_(options.cacheBytes / 2) {
    linear_ = open();
    const AVFrame* first = linear_->next();
    if (threads_ > 1 && linear_->complaints() > 0) {
        threads_ = 1;  // as in `advance`
        linear_ = open();
        first = linear_->next();
    }
    std::vector<std::string> warnings;
    if (first == nullptr) {
        throw Error(ErrorCode::Input, "no picture of \"" + path + "\" can be decoded",
                    "The file is damaged or cut off. Copy it again from its source.");
    }
    const Orientation orientation = orientationOf(linear_->stream(), *first, warnings);
    storedSize_ = {first->width, first->height};
    info_ = describeVideo(path, *linear_, *first, orientation);
    info_.warnings.insert(info_.warnings.end(), warnings.begin(), warnings.end());
    converter_ = std::make_unique<FrameConverter>(storedSize_, orientation);
    const FrameMark mark = markOf(*first);
    table_.append(mark, linear_->keyPacketOf(*first));
    info_.pts.push_back(mark.pts);
    linearNext_ = 1;
    lastTicks_ = first->pkt_duration;
    pictures_.put(0, share(*first), bytesOf(*first));
}

std::unique_ptr<VideoDecoder> VideoReader::open() const {
    if (!(stampOf(path_) == stamp_)) {
        throw Error(ErrorCode::Input,
                    "\"" + path_.string() + "\" was changed or removed while open",
                    "Open it again.");
    }
    return std::make_unique<VideoDecoder>(path_, threads_);
}

void VideoReader::noteChanges(const AVFrame& picture, FrameIndex at) {
    if (picture.interlaced_frame != 0 && !info_.interlaced) {
        info_.interlaced = true;
        info_.warnings.push_back(interlacedWarning());
    }
    if (sizeWarned_ || SizePx{picture.width, picture.height} == storedSize_) return;
    sizeWarned_ = true;
    info_.warnings.emplace_back("the picture size changes to " + std::to_string(picture.width) +
                                "x" + std::to_string(picture.height) + " at frame " +
                                std::to_string(at) +
                                ": such frames are scaled to the size of the first");
}

const AVFrame* VideoReader::advance() {
    const AVFrame* picture = linear_->next();
    if (threads_ > 1 && (linear_->complaints() > 0 || linear_->damage().insideStream())) {
        // How damage is covered up depends on the timing of decoder threads: what is not the same
        // every time is of no use here. One thread from now on, and once more from the start; the
        // frames known so far were whole and are passed over.
        threads_ = 1;
        linear_ = open();
        linearNext_ = 0;
        roaming_.reset();
        roamingNext_ = -1;
        return nullptr;
    }
    if (linear_->damage().insideStream() && firstDamageAt_ < 0) firstDamageAt_ = linearNext_;
    if (picture == nullptr) {
        finish();
        return nullptr;
    }
    const FrameIndex at = linearNext_++;
    if (at < table_.size()) return nullptr;
    const FrameMark mark = markOf(*picture);
    table_.append(mark, linear_->keyPacketOf(*picture));
    info_.pts.push_back(mark.pts);
    lastTicks_ = picture->pkt_duration;
    noteChanges(*picture, at);
    return picture;
}

void VideoReader::finish() {
    settleTiming(info_, lastTicks_);
    settleDamage(info_, linear_->damage(), firstDamageAt_ >= 0 ? firstDamageAt_ : linearNext_);
    info_.frames = table_.size();
    linear_.reset();
}

bool VideoReader::scan(std::chrono::milliseconds budget) {
    const auto until = std::chrono::steady_clock::now() + budget;
    while (!complete()) {
        static_cast<void>(advance());
        if (std::chrono::steady_clock::now() >= until) break;
    }
    return complete();
}

FramePtr VideoReader::read(FrameIndex index) {
    if (index < 0 || (complete() && index >= table_.size())) return nullptr;
    frames_.setPlayhead(index);
    pictures_.setPlayhead(index);
    if (FramePtr kept = frames_.get(index)) {
        lastRead_ = index;
        return kept;
    }
    PicturePtr picture = pictures_.get(index);
    if (!picture) picture = index >= table_.size() ? findAhead(index) : findBehind(index);
    lastRead_ = index;
    return picture ? finishFrame(*picture, index) : nullptr;
}

FramePtr VideoReader::finishFrame(const AVFrame& picture, FrameIndex index) {
    auto frame = std::make_shared<Frame>();
    frame->source = id_;
    frame->index = index;
    frame->pts = table_.mark(index).pts;
    frame->rgb = converter_->convert(picture);
    frames_.put(index, frame, frame->rgb.bytes());
    pictures_.erase(index);
    return frame;
}

void VideoReader::keepIfNear(const AVFrame& picture, FrameIndex at, FrameIndex wanted) {
    const FrameIndex reach = wanted < lastRead_ ? kKeptBehindWhenGoingBack : kKeptBehind;
    if (wanted - at > reach || frames_.contains(at)) return;
    pictures_.put(at, share(picture), bytesOf(picture));
}

PicturePtr VideoReader::findAhead(FrameIndex index) {
    while (!complete()) {
        const AVFrame* picture = advance();
        if (picture == nullptr) continue;
        const FrameIndex at = table_.size() - 1;
        if (at == index) return share(*picture);
        keepIfNear(*picture, at, index);
    }
    return nullptr;
}

PicturePtr VideoReader::findBehind(FrameIndex index) {
    const SeekPoint* nearest = table_.seekPoint(index, 0);
    if (roaming_ && roamingNext_ >= 0 && roamingNext_ <= index) {
        const bool close = index - roamingNext_ <= kForwardFrames;
        if (close || nearest == nullptr || nearest->frame <= roamingNext_) {
            if (PicturePtr picture = walk(index)) return picture;
        }
    }
    if (!roaming_) roaming_ = open();
    const SeekMethod preferred = roaming_->preferredSeek();
    const SeekMethod other =
        preferred == SeekMethod::Byte ? SeekMethod::Timestamp : SeekMethod::Byte;
    for (int skip = 0; skip <= kStepsBack; ++skip) {
        SeekPoint* point = table_.seekPoint(index, skip);
        if (point == nullptr) break;
        for (const SeekMethod method : {preferred, other}) {
            if (index < point->goodFrom(method)) continue;
            if (PicturePtr picture = seekAndWalk(*point, method, index)) return picture;
        }
    }
    return walkFromStart(index);
}

PicturePtr VideoReader::seekAndWalk(SeekPoint& point, SeekMethod method, FrameIndex index) {
    roamingNext_ = -1;
    FrameIndex& goodFrom = point.goodFrom(method);
    if (!roaming_->seek(point.place, method)) {
        goodFrom = SeekPoint::kNever;
        return nullptr;
    }
    for (int unknown = 0; unknown < kUnknownFrames; ++unknown) {
        const AVFrame* picture = roaming_->next();
        if (picture == nullptr) break;
        const auto at = table_.find(markOf(*picture));
        if (!at) continue;
        if (*at > index) {
            goodFrom = *at;
            return nullptr;
        }
        roamingNext_ = *at + 1;
        if (*at == index) return share(*picture);
        keepIfNear(*picture, *at, index);
        PicturePtr wanted = walk(index);
        if (!wanted) goodFrom = SeekPoint::kNever;
        return wanted;
    }
    goodFrom = SeekPoint::kNever;
    return nullptr;
}

// Decodes on to `index`; null, and nowhere known, as soon as a frame is not what the table says.
PicturePtr VideoReader::walk(FrameIndex index) {
    while (roamingNext_ <= index) {
        const AVFrame* picture = roaming_->next();
        const FrameIndex at = roamingNext_;
        if (picture == nullptr || !table_.agrees(at, markOf(*picture))) {
            roamingNext_ = -1;
            return nullptr;
        }
        ++roamingNext_;
        if (at == index) return share(*picture);
        keepIfNear(*picture, at, index);
    }
    roamingNext_ = -1;
    return nullptr;
}

PicturePtr VideoReader::walkFromStart(FrameIndex index) {
    roaming_ = open();
    roamingNext_ = 0;
    if (PicturePtr picture = walk(index)) return picture;
    // The decoder did not repeat itself: with one thread it does.
    threads_ = 1;
    roaming_ = open();
    roamingNext_ = 0;
    if (PicturePtr picture = walk(index)) return picture;
    throw Error(ErrorCode::Input,
                "frame " + std::to_string(index) + " of \"" + info_.path +
                    "\" can no longer be read as it was before",
                "The file or its disk may be failing. Copy the video to a local disk and open "
                "that.");
}

}  // namespace

std::unique_ptr<FrameSource> openVideoFile(const std::string& path, const SourceOptions& options) {
    return std::make_unique<VideoReader>(path, options);
}

}  // namespace mcj
