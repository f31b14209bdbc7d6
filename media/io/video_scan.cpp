#include "media/io/video_scan.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

extern "C" {
#include <libavutil/frame.h>
}

#include "media/base/error.h"
#include "media/io/nearby_picture.h"
#include "media/io/source_identity.h"
#include "media/io/stream_facts.h"
#include "media/io/video_description.h"

namespace mcj {

namespace {

namespace fs = std::filesystem;

constexpr int kMostThreads = 8;
// Scanning a shorter video takes no longer than looking up the kept index.
constexpr FrameIndex kFewestKeptFrames = 240;

int threadsFor(const SourceOptions& options) {
    const int wanted = options.threads > 0 ? options.threads
                                           : static_cast<int>(std::thread::hardware_concurrency());
    return std::clamp(wanted, 1, kMostThreads);
}

}  // namespace

VideoScan::Stamp VideoScan::stampOf(const fs::path& path) {
    std::error_code failure;
    Stamp stamp;
    stamp.bytes = fs::file_size(path, failure);
    stamp.written = fs::last_write_time(path, failure);
    return stamp;
}

VideoScan::VideoScan(const std::string& path, const SourceOptions& options)
    : path_(path), stamp_(stampOf(path_)), threads_(threadsFor(options)),
      scanAheadFrom_(options.scanAheadFrom) {
    linear_ = open(threads_);
    const AVFrame* first = linear_->next();
    if (threads_ > 1 && linear_->complaints() > 0) {
        threads_ = 1;  // as in `advance`
        linear_ = open(threads_);
        first = linear_->next();
    }
    std::vector<std::string> warnings;
    if (first == nullptr) {
        throw Error(ErrorCode::Input, "no frame of \"" + path + "\" can be decoded",
                    "The file is damaged or cut off. Copy it again from its source.");
    }
    orientation_ = orientationOf(linear_->stream(), *first, warnings);
    storedSize_ = {first->width, first->height};
    startTicks_ = ticksOf(*first);
    info_ = describeVideo(path, *linear_, *first, orientation_);
    info_.warnings.insert(info_.warnings.end(), warnings.begin(), warnings.end());
    openingInfo_ = info_;
    first_ = sharePicture(*first);
    if (!takeKeptScan(options.indexFolder, markOf(*first))) begin(*first);
}

void VideoScan::begin(const AVFrame& first) {
    const FrameMark mark = markOf(first);
    table_.append(mark, linear_->keyPacketOf(first));
    info_.pts.push_back(mark.pts);
    linearNext_ = 1;
    lastTicks_ = first.pkt_duration;
}

std::unique_ptr<VideoDecoder> VideoScan::open(int threads) const {
    if (!(stampOf(path_) == stamp_)) {
        throw Error(ErrorCode::Input,
                    "\"" + path_.string() + "\" was changed or removed while open",
                    "Open it again.");
    }
    return std::make_unique<VideoDecoder>(path_, threads);
}

void VideoScan::noteChanges(bool interlaced, SizePx size, FrameIndex at) {
    if (interlaced && !info_.interlaced) {
        info_.interlaced = true;
        info_.warnings.push_back(interlacedWarning());
    }
    if (sizeWarned_ || size == storedSize_) return;
    sizeWarned_ = true;
    info_.warnings.emplace_back("the frame size changes to " + std::to_string(size.width) + "x" +
                                std::to_string(size.height) + " at frame " + std::to_string(at) +
                                ": such frames are scaled to the size of the first");
}

const AVFrame* VideoScan::advance() {
    if (!linear_) passAgain(threads_);
    const AVFrame* picture = linear_->next();
    if (threads_ > 1 && (linear_->complaints() > 0 || linear_->damage().insideStream())) {
        // How damage is concealed depends on the timing of decoder threads, but frames must be
        // reproducible. So decode with one thread from now on, again from the start; the frames
        // known so far were intact and are skipped.
        passAgain(1);
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
void VideoScan::passAgain(int threads) {
    aheadIsOver_ = true;
    halved_ = false;
    linear_.reset();  // if the file cannot be opened now, the next call tries again
    threads_ = threads;
    linear_ = open(threads);
    linearNext_ = 0;
}

void VideoScan::finish() {
    aheadIsOver_ = true;
    settleTiming(info_, lastTicks_);
    settleDamage(info_, linear_->damage(), firstDamageAt_ >= 0 ? firstDamageAt_ : linearNext_,
                 linear_->outputDelay());
    info_.frames = table_.size();
    const bool endReached = linear_->damage().readError.empty();
    endUnreadable_ = !endReached;
    keepScan(endReached);
    linear_.reset();
}

bool VideoScan::takeKeptScan(const fs::path& folder, const FrameMark& first) {
    if (folder.empty()) return false;
    indexes_.emplace(folder);
    identity_ = quickIdentityOf(path_);
    std::optional<KeptScan> kept = indexes_->load(identity_);
    const bool foreign = !kept;
    if (foreign) kept = FrameIndexFolder(path_.parent_path() / kIndexBesideVideo).load(identity_);
    if (!kept || !(kept->storedSize == storedSize_) || !kept->table.agrees(0, first)) return false;
    if (foreign) indexes_->keep(identity_, *kept);
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

void VideoScan::keepScan(bool endReached) const {
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
void VideoScan::startOver() {
    indexes_->drop(identity_);
    fromKeptScan_ = false;
    info_ = openingInfo_;
    table_ = {};
    linear_.reset();
    linearNext_ = 0;
    firstDamageAt_ = -1;
    sizeWarned_ = false;
    aheadTried_ = false;
    aheadIsOver_ = false;
    ahead_.reset();
    halved_ = false;
    endUnreadable_ = false;
}

// A long video is scanned from its start and from about its middle at once. The second scan begins
// where decoders forget everything before, so that its pictures are those of the pass from the
// start; the pass checks some of them when it arrives there, and then takes the others over. What
// is still left is divided again. A little more than half of it goes to the second scan, so that it
// has not ended when the pass arrives.
void VideoScan::startAhead() {
    constexpr double kShareOfFirst = 0.47;
    if (std::exchange(aheadTried_, true) || aheadIsOver_ || threads_ < 2 || !startTicks_) return;
    const double tick = info_.timeBase.value();
    const auto& newest = table_.mark(table_.size() - 1).pts;
    if (info_.durationSecs <= 0.0 || tick <= 0.0 || !newest) return;
    const double done = static_cast<double>(*newest - *startTicks_) * tick;
    const double leftSecs = info_.durationSecs - done;
    const double leftFrames =
        static_cast<double>(info_.estimatedFrames) * leftSecs / info_.durationSecs;
    if (leftFrames < static_cast<double>(scanAheadFrom_)) return;
    const auto from = *newest + std::llround(kShareOfFirst * leftSecs / tick);
    const int threads = std::max(1, threads_ / 2);
    std::unique_ptr<ScanAhead> ahead = ScanAhead::start(open(threads), from);
    // Nothing is gained where the key frame before that place lies behind the pass.
    if (!ahead || *ahead->table().mark(0).pts <= *newest) return;
    if (!halved_) {
        // As many threads for the pass.
        linear_ = open(threads);
        linearNext_ = 0;
        halved_ = true;
    }
    ahead_ = std::move(ahead);
}

void VideoScan::resumeAhead(std::unique_ptr<ScanAhead> paused) {
    if (!aheadIsOver_) ahead_ = std::move(paused);
}

void VideoScan::advanceUntil(const ReadLimit& limit,
                             const std::function<bool(const AVFrame*)>& reached) {
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

void VideoScan::joinAhead() {
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
    if (!equal) return;
    aheadTried_ = false;
    startAhead();
}

// Frame `at` of the table is the first one of the scan ahead; `common` frames are known from both.
void VideoScan::takeOver(FrameIndex at, FrameIndex common) {
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

}  // namespace mcj
