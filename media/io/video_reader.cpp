#include "media/io/video_reader.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <future>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

extern "C" {
#include <libavutil/buffer.h>
#include <libavutil/frame.h>
}

#include "media/base/budget_cache.h"
#include "media/base/error.h"
#include "media/io/frame_conversion.h"
#include "media/io/frame_finder.h"
#include "media/io/frame_index.h"
#include "media/io/frame_table.h"
#include "media/io/nearby_picture.h"
#include "media/io/scan_ahead.h"
#include "media/io/source_id.h"
#include "media/io/source_identity.h"
#include "media/io/stream_facts.h"
#include "media/io/video_decoder.h"
#include "media/io/video_description.h"

// How frames are found exactly. Two decoders work on the file. The linear one runs from the start
// and never seeks: its frames are the reference. They are numbered in the order in which they come,
// and each is recorded in the table by a mark (time, place, digest of the samples). It serves
// `scan` and every frame that is not in the table yet. The finder serves the frames that are: it
// seeks, and checks every picture against the table (frame_finder.h). A complete table is kept on
// disk (frame_index.h). The next opening uses it after checking the first picture, without a linear
// decoder, and starts over if any picture does not match the table.

namespace mcj {

namespace {

namespace fs = std::filesystem;

constexpr int kMostThreads = 8;
// Decoded pictures kept from before the wanted one, for stepping back.
constexpr FrameIndex kKeptBehind = 8;
constexpr FrameIndex kKeptBehindWhenGoingBack = 32;
// Scanning a shorter video takes no longer than looking up the kept index.
constexpr FrameIndex kFewestKeptFrames = 240;

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
    [[nodiscard]] FrameIndex framesAhead() const override {
        return ahead_ ? ahead_->table().size() : 0;
    }
    bool scan(const ReadLimit& limit) override;
    [[nodiscard]] FrameRead read(FrameIndex index, const ReadLimit& limit) override;
    [[nodiscard]] std::optional<NearbyPicture> pictureNear(double secs,
                                                           const ReadLimit& limit) override;

private:
    [[nodiscard]] std::unique_ptr<VideoDecoder> open(int threads) const;
    [[nodiscard]] FrameFinder::Hooks finderHooks();
    void begin(const AVFrame& first);
    /// The linear decoder's next frame that was not in the table; null at the end. May return null
    /// before the end while known frames are being skipped: check `complete()`.
    const AVFrame* advance();
    void passAgain(int threads);
    void finish();
    [[nodiscard]] bool complete() const { return info_.frames.has_value(); }

    [[nodiscard]] bool takeKeptScan(const fs::path& folder, const FrameMark& first);
    void keepScan(bool endReached) const;
    void startOver();

    [[nodiscard]] FrameRead readAhead(FrameIndex index, const ReadLimit& limit);
    [[nodiscard]] FrameRead readBehind(FrameIndex index, const ReadLimit& limit);
    void keepIfNear(const AVFrame& picture, FrameIndex at);
    [[nodiscard]] FramePtr finishFrame(const AVFrame& picture, FrameIndex index);
    void noteChanges(bool interlaced, SizePx size, FrameIndex at);

    void startAhead();
    /// `advance` until `limit`, beside the scan ahead.
    template <typename Reached>
    void advanceUntil(const ReadLimit& limit, Reached reached);
    void joinAhead();
    void takeOver(FrameIndex at, FrameIndex common);

    fs::path path_;
    FileStamp stamp_;
    SourceId id_;
    int threads_;
    VideoInfo info_;
    VideoInfo openingInfo_;  ///< before anything was scanned
    FrameTable table_;
    FrameFinder finder_;
    std::unique_ptr<FrameConverter> converter_;
    SizePx storedSize_;

    std::optional<FrameIndexFolder> indexes_;
    std::string identity_;
    bool fromKeptScan_ = false;

    std::unique_ptr<VideoDecoder> linear_;  ///< null once the end was reached
    FrameIndex linearNext_ = 0;
    FrameIndex firstDamageAt_ = -1;
    std::int64_t lastTicks_ = 0;
    bool sizeWarned_ = false;

    FrameIndex scanAheadFrom_;
    bool aheadTried_ = false;
    bool aheadIsOver_ = false;  ///< the scan ahead, which may be running, is not to be joined
    std::unique_ptr<ScanAhead> ahead_;

    std::unique_ptr<VideoDecoder> nearby_;  ///< serves `pictureNear`
    std::optional<std::int64_t> startTicks_;

    BudgetCache<FrameIndex, Frame> frames_;
    BudgetCache<FrameIndex, AVFrame> pictures_;
    FrameIndex wanted_ = 0;
    FrameIndex lastRead_ = 0;
};

VideoReader::VideoReader(const std::string& path, const SourceOptions& options)
    : path_(path), stamp_(stampOf(path_)), id_(nextSourceId()), threads_(threadsFor(options)),
      finder_(table_, finderHooks()), scanAheadFrom_(options.scanAheadFrom),
      frames_(options.cacheBytes / 2), pictures_(options.cacheBytes / 2) {
    linear_ = open(threads_);
    const AVFrame* first = linear_->next();
    if (threads_ > 1 && linear_->complaints() > 0) {
        threads_ = 1;  // as in `advance`
        linear_ = open(threads_);
        first = linear_->next();
    }
    std::vector<std::string> warnings;
    if (first == nullptr) {
        throw Error(ErrorCode::Input, "no picture of \"" + path + "\" can be decoded",
                    "The file is damaged or cut off. Copy it again from its source.");
    }
    const Orientation orientation = orientationOf(linear_->stream(), *first, warnings);
    storedSize_ = {first->width, first->height};
    startTicks_ = ticksOf(*first);
    info_ = describeVideo(path, *linear_, *first, orientation);
    info_.warnings.insert(info_.warnings.end(), warnings.begin(), warnings.end());
    openingInfo_ = info_;
    converter_ = std::make_unique<FrameConverter>(storedSize_, orientation);
    pictures_.put(0, sharePicture(*first), bytesOf(*first));
    if (!takeKeptScan(options.indexFolder, markOf(*first))) begin(*first);
}

FrameFinder::Hooks VideoReader::finderHooks() {
    return {[this] { return open(threads_); }, [this] { threads_ = 1; },
            [this](const AVFrame& picture, FrameIndex at) { keepIfNear(picture, at); }};
}

void VideoReader::begin(const AVFrame& first) {
    const FrameMark mark = markOf(first);
    table_.append(mark, linear_->keyPacketOf(first));
    info_.pts.push_back(mark.pts);
    linearNext_ = 1;
    lastTicks_ = first.pkt_duration;
}

std::unique_ptr<VideoDecoder> VideoReader::open(int threads) const {
    if (!(stampOf(path_) == stamp_)) {
        throw Error(ErrorCode::Input,
                    "\"" + path_.string() + "\" was changed or removed while open",
                    "Open it again.");
    }
    return std::make_unique<VideoDecoder>(path_, threads);
}

void VideoReader::noteChanges(bool interlaced, SizePx size, FrameIndex at) {
    if (interlaced && !info_.interlaced) {
        info_.interlaced = true;
        info_.warnings.push_back(interlacedWarning());
    }
    if (sizeWarned_ || size == storedSize_) return;
    sizeWarned_ = true;
    info_.warnings.emplace_back("the picture size changes to " + std::to_string(size.width) + "x" +
                                std::to_string(size.height) + " at frame " + std::to_string(at) +
                                ": such frames are scaled to the size of the first");
}

const AVFrame* VideoReader::advance() {
    if (!linear_) passAgain(threads_);
    const AVFrame* picture = linear_->next();
    if (threads_ > 1 && (linear_->complaints() > 0 || linear_->damage().insideStream())) {
        // How damage is concealed depends on the timing of decoder threads, but frames must be
        // reproducible. So decode with one thread from now on, again from the start; the frames
        // known so far were intact and are skipped.
        passAgain(1);
        finder_.reset();
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
    noteChanges(picture->interlaced_frame != 0, {picture->width, picture->height}, at);
    return picture;
}

// The linear decoder restarts at the start of the file and skips the known frames.
void VideoReader::passAgain(int threads) {
    aheadIsOver_ = true;
    linear_.reset();  // if the file cannot be opened now, the next call tries again
    threads_ = threads;
    linear_ = open(threads);
    linearNext_ = 0;
}

void VideoReader::finish() {
    aheadIsOver_ = true;
    settleTiming(info_, lastTicks_);
    settleDamage(info_, linear_->damage(), firstDamageAt_ >= 0 ? firstDamageAt_ : linearNext_);
    info_.frames = table_.size();
    const bool endReached = linear_->damage().readError.empty();
    finder_.setEndUnreadable(!endReached);
    keepScan(endReached);
    linear_.reset();
}

bool VideoReader::takeKeptScan(const fs::path& folder, const FrameMark& first) {
    if (folder.empty()) return false;
    indexes_.emplace(folder);
    identity_ = quickIdentityOf(path_);
    std::optional<KeptScan> kept = indexes_->load(identity_);
    if (!kept || !(kept->storedSize == storedSize_) || !kept->table.agrees(0, first)) return false;
    table_ = std::move(kept->table);
    for (const FrameMark& mark : table_.marks()) info_.pts.push_back(mark.pts);
    info_.frames = table_.size();
    info_.averageFps = kept->averageFps;
    info_.variableRate = kept->variableRate;
    info_.durationSecs = kept->durationSecs;
    info_.interlaced = kept->interlaced;
    info_.damaged = std::move(kept->damaged);
    info_.warnings.insert(info_.warnings.end(), kept->warnings.begin(), kept->warnings.end());
    if (kept->oneThread) threads_ = 1;
    fromKeptScan_ = true;
    linear_.reset();
    return true;
}

void VideoReader::keepScan(bool endReached) const {
    // Not after a read error, because the next opening may see more; and not if the file was
    // changed meanwhile, because its identity would be wrong.
    const bool worthIt = endReached && table_.size() >= kFewestKeptFrames;
    if (!indexes_ || !worthIt || !(stampOf(path_) == stamp_)) return;
    KeptScan scan;
    scan.table = table_;
    scan.storedSize = storedSize_;
    scan.oneThread = threads_ == 1 && info_.damaged.has_value();
    scan.averageFps = info_.averageFps;
    scan.variableRate = info_.variableRate;
    scan.durationSecs = info_.durationSecs;
    scan.interlaced = info_.interlaced;
    scan.damaged = info_.damaged;
    scan.warnings.assign(
        info_.warnings.begin() + static_cast<std::ptrdiff_t>(openingInfo_.warnings.size()),
        info_.warnings.end());
    indexes_->keep(identity_, scan);
}

// The kept index was wrong: continue as if the video had been opened without one.
void VideoReader::startOver() {
    indexes_->drop(identity_);
    fromKeptScan_ = false;
    info_ = openingInfo_;
    table_ = {};
    finder_.reset();
    frames_.clear();
    pictures_.clear();
    linear_.reset();
    linearNext_ = 0;
    firstDamageAt_ = -1;
    sizeWarned_ = false;
    aheadTried_ = false;
    aheadIsOver_ = false;
    ahead_.reset();
}

// A long video is scanned from its start and from its middle at once. The second scan begins where
// decoders forget everything before, so that its pictures are those of the pass from the start; the
// pass checks some of them when it arrives there, and then takes the others over.
void VideoReader::startAhead() {
    if (std::exchange(aheadTried_, true) || aheadIsOver_ || threads_ < 2 || !startTicks_) return;
    if (info_.estimatedFrames < scanAheadFrom_ || info_.durationSecs <= 0.0) return;
    const double tick = info_.timeBase.value();
    if (tick <= 0.0) return;
    const auto middle = *startTicks_ + std::llround(info_.durationSecs / 2.0 / tick);
    const int threads = std::max(1, threads_ / 2);
    ahead_ = ScanAhead::start(open(threads), middle);
    // As many threads for the other half.
    if (!ahead_) return;
    linear_ = open(threads);
    linearNext_ = 0;
}

template <typename Reached>
void VideoReader::advanceUntil(const ReadLimit& limit, Reached reached) {
    constexpr std::chrono::milliseconds kSlice{50};
    while (!complete()) {
        ReadLimit slice = ReadLimit::within(kSlice, limit.stop);
        slice.until = std::min(slice.until, limit.until);
        std::future<void> beside;
        try {
            if (ahead_) beside = std::async(std::launch::async, [&] { ahead_->run(slice); });
        } catch (const std::system_error&) {
            ahead_.reset();  // no further thread can be had
        }
        bool done = false;
        while (!complete() && !done) {
            done = reached(advance());
            if (slice.over()) break;
        }
        if (beside.valid()) beside.get();
        joinAhead();
        if (done || limit.over()) return;
    }
}

void VideoReader::joinAhead() {
    constexpr FrameIndex kCompared = 16;
    if (!ahead_) return;
    if (aheadIsOver_ || !linear_ || ahead_->broken()) {
        ahead_.reset();
        return;
    }
    const DecodeDamage& damage = linear_->damage();
    // What was lost at the start has to be told at the end, which the other decoder reaches.
    if (damage.gaps + damage.badPacketsAtStart + damage.packetsBeforeKey > 0) {
        ahead_.reset();
        return;
    }
    const FrameTable& other = ahead_->table();
    const auto begin = other.mark(0).pts;
    const auto& newest = table_.mark(table_.size() - 1).pts;
    if (!newest || *newest < *begin) return;
    FrameIndex at = table_.size() - 1;
    while (at > 0 && table_.mark(at).pts && *table_.mark(at).pts > *begin) --at;
    const FrameIndex common = table_.size() - at;
    if (common < kCompared) return;
    bool equal = ahead_->firstDelay() == linear_->outputDelay() && other.size() >= common;
    bool still = true;  // pictures that are all alike prove nothing
    for (FrameIndex i = 0; equal && i < common; ++i) {
        const FrameMark& mine = table_.mark(at + i);
        const FrameMark& its = other.mark(i);
        equal = mine.digest == its.digest && mine.pts == its.pts && mine.bytePos == its.bytePos;
        still = still && mine.digest == other.mark(0).digest;
    }
    if (still) equal = false;
    for (const ScanAhead::Look& look : ahead_->looks()) {
        // After a seek, FFmpeg may call pictures interlaced that it does not after others.
        if (look.frame < common && look.interlaced && !info_.interlaced) equal = false;
    }
    if (equal) takeOver(at, common);
    ahead_.reset();
}

// Frame `at` of the table is the first one of the scan ahead; `common` frames are known from both.
void VideoReader::takeOver(FrameIndex at, FrameIndex common) {
    const FrameTable& other = ahead_->table();
    auto point = other.seekPoints().begin();
    for (FrameIndex i = 0; i < other.size(); ++i) {
        std::optional<PacketPlace> place;
        if (point != other.seekPoints().end() && point->frame == i) place = (point++)->place;
        if (i < common) continue;
        table_.append(other.mark(i), place);
        info_.pts.push_back(other.mark(i).pts);
    }
    for (const ScanAhead::Look& look : ahead_->looks()) {
        noteChanges(look.interlaced, look.size, at + look.frame);
    }
    lastTicks_ = ahead_->lastTicks();
    linear_ = ahead_->takeDecoder();
    linearNext_ = table_.size();
}

bool VideoReader::scan(const ReadLimit& limit) {
    if (!complete()) startAhead();
    advanceUntil(limit, [](const AVFrame*) { return false; });
    return complete();
}

FrameRead VideoReader::read(FrameIndex index, const ReadLimit& limit) {
    if (index < 0 || (complete() && index >= table_.size())) return {ReadState::End, {}};
    frames_.setPlayhead(index);
    pictures_.setPlayhead(index);
    if (index != wanted_) lastRead_ = std::exchange(wanted_, index);
    if (FramePtr kept = frames_.get(index)) return {ReadState::Frame, kept};
    if (const PicturePtr picture = pictures_.get(index); picture && index < table_.size()) {
        return {ReadState::Frame, finishFrame(*picture, index)};
    }
    return index >= table_.size() ? readAhead(index, limit) : readBehind(index, limit);
}

FrameRead VideoReader::readAhead(FrameIndex index, const ReadLimit& limit) {
    // Reading one frame after the other needs no scan of the other half.
    constexpr FrameIndex kFar = 1000;
    std::unique_ptr<ScanAhead> resting;
    if (index - table_.size() < kFar) resting = std::move(ahead_);
    FrameRead result{ReadState::NotYet, {}};
    advanceUntil(limit, [&](const AVFrame* picture) {
        if (picture == nullptr) return false;
        const FrameIndex at = table_.size() - 1;
        if (at == index) result = {ReadState::Frame, finishFrame(*picture, index)};
        if (at < index) keepIfNear(*picture, at);
        return at >= index;
    });
    if (resting && !aheadIsOver_) ahead_ = std::move(resting);
    if (result.state == ReadState::NotYet && complete() && index >= table_.size()) {
        result.state = ReadState::End;
    }
    return result;
}

FrameRead VideoReader::readBehind(FrameIndex index, const ReadLimit& limit) {
    const FrameFinder::Result found = finder_.find(index, limit);
    if (found.state == FrameFinder::State::NotYet) return {ReadState::NotYet, {}};
    if (found.state == FrameFinder::State::Found) {
        return {ReadState::Frame, finishFrame(*found.picture, index)};
    }
    if (fromKeptScan_) {
        startOver();
        return {ReadState::NotYet, {}};
    }
    throw Error(ErrorCode::Input,
                "frame " + std::to_string(index) + " of \"" + info_.path +
                    "\" can no longer be read as it was before",
                "The file or its disk may be failing. Copy the video to a local disk and open "
                "that.");
}

std::optional<NearbyPicture> VideoReader::pictureNear(double secs, const ReadLimit& limit) {
    const double tick = info_.timeBase.value();
    if (!startTicks_ || tick <= 0.0) return std::nullopt;
    if (!nearby_) nearby_ = open(1);
    const auto ticks = *startTicks_ + std::llround(secs / tick);
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
    return NearbyPicture{std::move(frame),
                         static_cast<double>(*ticksOf(*picture) - *startTicks_) * tick};
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
