#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "media/base/error.h"
#include "media/base/shard_format.h"
#include "training/sample_rng.h"

namespace mcj {

struct ShardOptions {
    std::size_t cacheBytes = std::size_t{4} << 30;  ///< budget of decoded pictures kept
    at::Device device = at::kCPU;                   ///< where decoded pictures are kept
};

/// Consecutive frames of one shot: entries [first, first + count).
struct ShardClip {
    std::uint32_t id = 0;
    std::size_t first = 0;
    std::size_t count = 0;
};

/// Reads a shard through a memory map. Every member may be called from several threads at once.
/// Errors are `Error{Input}` that name the file.
class ShardReader {
public:
    /// Checks header, trailer and index; damaged data is found when it is decoded.
    explicit ShardReader(std::filesystem::path path, const ShardOptions& options = {});
    ~ShardReader();
    ShardReader(const ShardReader&) = delete;
    ShardReader& operator=(const ShardReader&) = delete;

    [[nodiscard]] const std::filesystem::path& path() const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return entries().size(); }
    [[nodiscard]] const std::vector<ShardEntry>& entries() const noexcept;
    /// CRC-32 of the index, which contains that of every entry's data, so it identifies the data.
    [[nodiscard]] std::uint32_t indexCrc() const noexcept;
    [[nodiscard]] const std::string& nameOf(std::size_t entry) const;
    [[nodiscard]] const std::string& groupOf(std::size_t entry) const;
    /// Entries of kind Picture, in file order.
    [[nodiscard]] const std::vector<std::size_t>& pictures() const noexcept;
    /// Shots with two frames or more, in file order.
    [[nodiscard]] const std::vector<ShardClip>& clips() const noexcept;

    /// uint8 [3, H, W] RGB on the options' device. Shared with the cache: do not write to it.
    [[nodiscard]] at::Tensor decode(std::size_t entry) const;

    /// The entry of the label map of the picture at `entry`, if it has one.
    [[nodiscard]] std::optional<std::size_t> labelsOf(std::size_t entry) const;
    /// uint8 [H, W] on the CPU, of the label map at `entry`: the class of each pixel of its
    /// picture, `kVoidLabel` for none.
    [[nodiscard]] at::Tensor decodeLabels(std::size_t entry) const;

private:
    /// The entry's data, after checking its checksum.
    [[nodiscard]] std::span<const std::uint8_t> dataOf(std::size_t entry) const;
    [[nodiscard]] Error damaged(std::size_t entry, const std::string& why) const;

    struct State;
    std::unique_ptr<State> state_;
};
using ShardPtr = std::shared_ptr<const ShardReader>;

/// Draws pictures so that no group of files dominates: a group is drawn with the square root of its
/// number of pictures as weight, then one of its pictures uniformly. Each video is one group of
/// frames. Immutable: any thread.
class PictureDraw {
public:
    /// Whether an entry can be drawn.
    using Choice = std::function<bool(const ShardReader& shard, std::size_t entry)>;

    /// `videoShare`: how often a video frame is drawn instead of a still picture, if both exist.
    /// `chosen`: the entries that can be drawn; empty: all. Throws `Error{Input}` where nothing is
    /// left.
    PictureDraw(std::vector<ShardPtr> shards, double videoShare, const Choice& chosen = {});

    [[nodiscard]] at::Tensor draw(SampleRng& rng) const;
    [[nodiscard]] std::size_t size() const noexcept;

private:
    struct Place {
        std::size_t shard;
        std::size_t entry;
    };
    struct Family {
        std::vector<std::vector<Place>> groups;
        std::vector<double> cumulative;  ///< of the groups' weights, ends with 1
    };
    static void weigh(Family& family);

    std::vector<ShardPtr> shards_;
    double videoShare_;
    Family stills_;
    Family frames_;
};

}  // namespace mcj
