#include "training/shards.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <list>
#include <map>
#include <mutex>
#include <unordered_map>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <ATen/ATen.h>
#include <turbojpeg.h>

#include "media/base/error.h"
#include "media/base/label_runs.h"

namespace mcj {
namespace {

/// A file's bytes, read-only, while this object lives.
class FileMap {
public:
    explicit FileMap(const std::filesystem::path& path) {
        const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
        struct stat status{};
        if (file < 0 || ::fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
            if (file >= 0) ::close(file);
            throw Error(ErrorCode::Input, "cannot read the shard " + path.string(),
                        "Check the path, or make the shard with `mcjepa pack`.");
        }
        size_ = static_cast<std::size_t>(status.st_size);
        if (size_ > 0) data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, file, 0);
        ::close(file);
        if (size_ == 0 || data_ == MAP_FAILED) {
            data_ = nullptr;
            throw Error(ErrorCode::Input, "the shard " + path.string() + " is empty",
                        "Pack it again.");
        }
    }
    ~FileMap() {
        if (data_ != nullptr) ::munmap(data_, size_);
    }
    FileMap(const FileMap&) = delete;
    FileMap& operator=(const FileMap&) = delete;

    [[nodiscard]] std::span<const std::uint8_t> bytes() const noexcept {
        return {static_cast<const std::uint8_t*>(data_), size_};
    }

private:
    void* data_ = nullptr;
    std::size_t size_ = 0;
};

/// libjpeg-turbo's decoder state must not be shared between threads.
class JpegDecoder {
public:
    JpegDecoder() : handle_(tjInitDecompress()) {}
    ~JpegDecoder() {
        if (handle_ != nullptr) tjDestroy(handle_);
    }
    JpegDecoder(const JpegDecoder&) = delete;
    JpegDecoder& operator=(const JpegDecoder&) = delete;

    /// uint8 [H, W, 3], or what is wrong with the data.
    [[nodiscard]] std::pair<at::Tensor, std::string> decode(std::span<const std::uint8_t> jpeg,
                                                            const ShardEntry& entry) {
        int width = 0;
        int height = 0;
        int subsampling = 0;
        int colorspace = 0;
        const auto length = static_cast<unsigned long>(jpeg.size());
        if (handle_ == nullptr || tjDecompressHeader3(handle_, jpeg.data(), length, &width, &height,
                                                      &subsampling, &colorspace) != 0) {
            return {{}, tjGetErrorStr2(handle_)};
        }
        if (width != static_cast<int>(entry.width) || height != static_cast<int>(entry.height)) {
            return {{}, "its size differs from the index"};
        }
        at::Tensor pixels = at::empty({height, width, 3}, at::kByte);
        if (tjDecompress2(handle_, jpeg.data(), length, pixels.mutable_data_ptr<std::uint8_t>(),
                          width, 0, height, TJPF_RGB, TJFLAG_ACCURATEDCT) != 0) {
            return {{}, tjGetErrorStr2(handle_)};
        }
        return {pixels, {}};
    }

private:
    tjhandle handle_;
};

/// The least recently used pictures are dropped first.
class DecodedCache {
public:
    explicit DecodedCache(std::size_t budget) : budget_(budget) {}

    [[nodiscard]] at::Tensor find(std::size_t entry) {
        const std::lock_guard lock(mutex_);
        const auto place = places_.find(entry);
        if (place == places_.end()) return {};
        order_.splice(order_.begin(), order_, place->second);
        return place->second->picture;
    }

    void insert(std::size_t entry, const at::Tensor& picture) {
        const std::size_t bytes = picture.nbytes();
        const std::lock_guard lock(mutex_);
        if (bytes > budget_ || places_.contains(entry)) return;
        order_.push_front({entry, picture});
        places_[entry] = order_.begin();
        used_ += bytes;
        while (used_ > budget_) {
            used_ -= order_.back().picture.nbytes();
            places_.erase(order_.back().entry);
            order_.pop_back();
        }
    }

private:
    struct Item {
        std::size_t entry;
        at::Tensor picture;
    };
    std::mutex mutex_;
    std::list<Item> order_;
    std::unordered_map<std::size_t, std::list<Item>::iterator> places_;
    std::size_t budget_;
    std::size_t used_ = 0;
};

struct CheckedIndex {
    ShardIndex index;
    std::uint32_t crc = 0;
};

CheckedIndex readIndex(std::span<const std::uint8_t> bytes) {
    if (bytes.size() < kShardHeaderBytes + kShardTrailerBytes) {
        throw Error(ErrorCode::Input, "the file is too short for a shard", "Pack it again.");
    }
    const std::uint32_t version = decodeShardHeader(bytes.first(kShardHeaderBytes));
    const ShardTrailer trailer =
        decodeShardTrailer(bytes.last(kShardTrailerBytes), bytes.size() - kShardTrailerBytes);
    const auto index = bytes.subspan(static_cast<std::size_t>(trailer.indexOffset),
                                     static_cast<std::size_t>(trailer.indexLength));
    if (crc32Of(index) != trailer.indexCrc) {
        throw Error(ErrorCode::Input, "the shard's index has a wrong checksum", "Pack it again.");
    }
    return {decodeShardIndex(index, trailer.indexOffset, version), trailer.indexCrc};
}

}  // namespace

struct ShardReader::State {
    State(std::filesystem::path shardPath, const ShardOptions& shardOptions)
        : path(std::move(shardPath)), options(shardOptions), map(path),
          cache(shardOptions.cacheBytes) {}

    std::filesystem::path path;
    ShardOptions options;
    FileMap map;
    ShardIndex index;
    std::uint32_t indexCrc = 0;
    std::vector<std::size_t> pictures;
    std::vector<ShardClip> clips;
    DecodedCache cache;
};

ShardReader::ShardReader(std::filesystem::path path, const ShardOptions& options)
    : state_(std::make_unique<State>(std::move(path), options)) {
    try {
        auto checked = readIndex(state_->map.bytes());
        state_->index = std::move(checked.index);
        state_->indexCrc = checked.crc;
    } catch (const Error& error) {
        throw Error(error.code(), state_->path.string() + ": " + error.what(), error.hint());
    }
    const auto& entries = state_->index.entries;
    for (std::size_t i = 0; i < entries.size(); ++i) {
        if (entries[i].kind == ShardEntryKind::Picture) {
            state_->pictures.push_back(i);
            continue;
        }
        if (entries[i].kind == ShardEntryKind::LabelMap) continue;
        auto& clips = state_->clips;
        const bool goesOn =
            !clips.empty() && clips.back().first + clips.back().count == i &&
            clips.back().id == entries[i].clip && entries[i].frame == entries[i - 1].frame + 1 &&
            entries[i].name == entries[i - 1].name && entries[i].width == entries[i - 1].width &&
            entries[i].height == entries[i - 1].height;
        if (goesOn) {
            ++clips.back().count;
        } else {
            clips.push_back({entries[i].clip, i, 1});
        }
    }
    std::erase_if(state_->clips, [](const ShardClip& clip) { return clip.count < 2; });
}

ShardReader::~ShardReader() = default;

const std::filesystem::path& ShardReader::path() const noexcept { return state_->path; }

const std::vector<ShardEntry>& ShardReader::entries() const noexcept {
    return state_->index.entries;
}

std::uint32_t ShardReader::indexCrc() const noexcept { return state_->indexCrc; }

const std::string& ShardReader::nameOf(std::size_t entry) const {
    return state_->index.strings[entries().at(entry).name];
}

const std::string& ShardReader::groupOf(std::size_t entry) const {
    return state_->index.strings[entries().at(entry).group];
}

const std::vector<std::size_t>& ShardReader::pictures() const noexcept { return state_->pictures; }

const std::vector<ShardClip>& ShardReader::clips() const noexcept { return state_->clips; }

std::span<const std::uint8_t> ShardReader::dataOf(std::size_t entry) const {
    const ShardEntry& record = entries().at(entry);
    const auto data = state_->map.bytes().subspan(static_cast<std::size_t>(record.offset),
                                                  static_cast<std::size_t>(record.length));
    if (crc32Of(data) != record.crc) throw damaged(entry, "wrong checksum");
    return data;
}

Error ShardReader::damaged(std::size_t entry, const std::string& why) const {
    const bool isLabelMap = entries().at(entry).kind == ShardEntryKind::LabelMap;
    return Error(ErrorCode::Input,
                 state_->path.string() + (isLabelMap ? ": the label map of " : ": the image ") +
                     nameOf(entry) + " is damaged: " + why,
                 "Pack it again.");
}

at::Tensor ShardReader::decode(std::size_t entry) const {
    const ShardEntry& record = entries().at(entry);
    if (at::Tensor cached = state_->cache.find(entry); cached.defined()) return cached;
    const auto jpeg = dataOf(entry);
    thread_local JpegDecoder decoder;
    auto [pixels, problem] = decoder.decode(jpeg, record);
    if (!problem.empty()) throw damaged(entry, problem);
    const at::Tensor picture = pixels.permute({2, 0, 1}).contiguous().to(state_->options.device);
    state_->cache.insert(entry, picture);
    return picture;
}

std::optional<std::size_t> ShardReader::labelsOf(std::size_t entry) const {
    const std::size_t next = entry + 1;
    const bool isThere = entries().at(entry).kind == ShardEntryKind::Picture && next < size() &&
                         entries()[next].kind == ShardEntryKind::LabelMap;
    return isThere ? std::optional(next) : std::nullopt;
}

at::Tensor ShardReader::decodeLabels(std::size_t entry) const {
    const ShardEntry& record = entries().at(entry);
    if (record.kind != ShardEntryKind::LabelMap) throw damaged(entry, "it is not a label map");
    const auto runs = dataOf(entry);
    at::Tensor labels = at::empty({record.height, record.width}, at::kByte);
    try {
        decodeLabelRuns(runs, {labels.mutable_data_ptr<std::uint8_t>(),
                               static_cast<std::size_t>(labels.numel())});
    } catch (const Error& error) {
        throw damaged(entry, error.what());
    }
    return labels;
}

PictureDraw::PictureDraw(std::vector<ShardPtr> shards, double videoShare, const Choice& chosen)
    : shards_(std::move(shards)), videoShare_(videoShare) {
    std::map<std::string, std::vector<Place>> stillGroups;
    std::map<std::string, std::vector<Place>> frameGroups;
    for (std::size_t s = 0; s < shards_.size(); ++s) {
        const ShardReader& shard = *shards_[s];
        for (std::size_t i = 0; i < shard.size(); ++i) {
            if (chosen && !chosen(shard, i)) continue;
            if (shard.entries()[i].kind == ShardEntryKind::Picture) {
                stillGroups[shard.groupOf(i)].push_back({s, i});
            } else if (shard.entries()[i].kind == ShardEntryKind::VideoFrame) {
                frameGroups[shard.nameOf(i)].push_back({s, i});
            }
        }
    }
    for (auto& [name, places] : stillGroups) stills_.groups.push_back(std::move(places));
    for (auto& [name, places] : frameGroups) frames_.groups.push_back(std::move(places));
    if (stills_.groups.empty() && frames_.groups.empty()) {
        throw Error(ErrorCode::Input, "the shards contain no image",
                    "Give shards that `mcjepa pack` made from images or videos.");
    }
    weigh(stills_);
    weigh(frames_);
}

void PictureDraw::weigh(Family& family) {
    double sum = 0.0;
    for (const auto& group : family.groups) {
        sum += std::sqrt(static_cast<double>(group.size()));
        family.cumulative.push_back(sum);
    }
    for (double& value : family.cumulative) value /= sum;
}

at::Tensor PictureDraw::draw(SampleRng& rng) const {
    const bool wantsFrame = rng.happens(videoShare_);
    const Family& family =
        frames_.groups.empty() || (!wantsFrame && !stills_.groups.empty()) ? stills_ : frames_;
    const auto place =
        std::upper_bound(family.cumulative.begin(), family.cumulative.end(), rng.uniform());
    const auto groupIndex = std::min<std::size_t>(
        static_cast<std::size_t>(place - family.cumulative.begin()), family.groups.size() - 1);
    const auto& group = family.groups[groupIndex];
    const Place& chosen =
        group[static_cast<std::size_t>(rng.integer(0, static_cast<int>(group.size()) - 1))];
    return shards_[chosen.shard]->decode(chosen.entry);
}

std::size_t PictureDraw::size() const noexcept {
    std::size_t count = 0;
    for (const auto* family : {&stills_, &frames_}) {
        for (const auto& group : family->groups) count += group.size();
    }
    return count;
}

}  // namespace mcj
