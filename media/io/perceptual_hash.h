#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "media/base/progress.h"
#include "media/base/raster.h"

namespace mcj {

/// 64 bits that survive resizing, re-encoding and small changes of brightness: the signs of the
/// horizontal differences of a 9 x 8 grey miniature ("dHash"). `rgb`: H x W x 3.
[[nodiscard]] std::uint64_t perceptualHash(const Raster<std::uint8_t>& rgb);

/// Number of differing bits.
[[nodiscard]] int hashDistance(std::uint64_t a, std::uint64_t b) noexcept;

/// Hashes of the pictures and video frames that must not be in training data.
class AvoidedPictures {
public:
    /// Hashes every picture and video frame under `folders`. Nearly flat pictures (masks, flow
    /// colours of a still scene) are skipped, because their hash is meaningless.
    /// Throws `Error{Input}` for a folder that does not exist, `Error{Interrupted}` where
    /// `progress`, called before each picture and video frame, returns false.
    AvoidedPictures(const std::vector<std::filesystem::path>& folders, int distance,
                    const Progress& progress);

    /// The avoided picture that looks like `hash`, as a path (with "#frame" for videos).
    [[nodiscard]] std::optional<std::string> match(std::uint64_t hash) const;

    [[nodiscard]] std::size_t size() const noexcept { return pictures_.size(); }

private:
    struct Hashed {
        std::uint64_t hash;
        std::uint32_t name;
        std::int64_t frame;
    };
    /// `goOn` is called before each frame and throws to stop.
    void addVideo(const std::filesystem::path& path, const std::function<void()>& goOn);

    int distance_;
    std::vector<Hashed> pictures_;
    std::vector<std::string> names_;
};

/// Files under `folder`, recursively, whose lower-case extension is one of `extensions` (".jpg"),
/// in natural order. Links are followed, each folder once. Throws `Error{Input}`.
[[nodiscard]] std::vector<std::filesystem::path> filesUnder(
    const std::filesystem::path& folder, const std::vector<std::string>& extensions);

[[nodiscard]] const std::vector<std::string>& pictureExtensions();
[[nodiscard]] const std::vector<std::string>& videoExtensions();

}  // namespace mcj
