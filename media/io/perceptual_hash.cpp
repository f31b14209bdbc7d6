#include "media/io/perceptual_hash.h"

#include <algorithm>
#include <bit>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/io/folder_walk.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "media/io/natural_order.h"

namespace mcj {
namespace {

constexpr int kHashSide = 8;
/// With fewer set or unset bits than this a picture is nearly flat, and different pictures would
/// match.
constexpr int kMinBits = 10;

bool tellsPicturesApart(std::uint64_t hash) {
    const int bits = std::popcount(hash);
    return bits >= kMinBits && bits <= 64 - kMinBits;
}

}  // namespace

std::uint64_t perceptualHash(const Raster<std::uint8_t>& rgb) {
    const cv::Mat view(rgb.height(), rgb.width(), CV_8UC3, const_cast<std::uint8_t*>(rgb.data()));
    cv::Mat small;
    cv::resize(view, small, cv::Size(kHashSide + 1, kHashSide), 0, 0, cv::INTER_AREA);
    cv::Mat grey;
    cv::cvtColor(small, grey, cv::COLOR_RGB2GRAY);
    std::uint64_t hash = 0;
    for (int y = 0; y < kHashSide; ++y) {
        const std::uint8_t* row = grey.ptr<std::uint8_t>(y);
        for (int x = 0; x < kHashSide; ++x) {
            hash = (hash << 1) | static_cast<std::uint64_t>(row[x] < row[x + 1]);
        }
    }
    return hash;
}

int hashDistance(std::uint64_t a, std::uint64_t b) noexcept { return std::popcount(a ^ b); }

AvoidedPictures::AvoidedPictures(const std::vector<std::filesystem::path>& folders, int distance,
                                 const Progress& progress)
    : distance_(distance) {
    std::vector<std::filesystem::path> files;
    std::vector<std::string> extensions = pictureExtensions();
    extensions.insert(extensions.end(), {".ppm", ".bmp", ".tif", ".tiff"});
    extensions.insert(extensions.end(), videoExtensions().begin(), videoExtensions().end());
    for (const auto& folder : folders) {
        const auto found = filesUnder(folder, extensions);
        files.insert(files.end(), found.begin(), found.end());
    }
    const auto& videos = videoExtensions();
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto goOn = [&] {
            if (progress &&
                !progress(static_cast<std::int64_t>(i), static_cast<std::int64_t>(files.size()))) {
                throw Error(ErrorCode::Interrupted,
                            "stopped while hashing the evaluation data (--avoid)");
            }
        };
        goOn();
        if (std::find(videos.begin(), videos.end(), lowerExtension(files[i])) != videos.end()) {
            addVideo(files[i], goOn);
            continue;
        }
        const std::uint64_t hash = perceptualHash(readRgbImage(files[i]));
        if (!tellsPicturesApart(hash)) continue;
        pictures_.push_back({hash, static_cast<std::uint32_t>(names_.size()), -1});
        names_.push_back(files[i].string());
    }
}

void AvoidedPictures::addVideo(const std::filesystem::path& path,
                               const std::function<void()>& goOn) {
    const auto source = openSource(path.string());
    const auto name = static_cast<std::uint32_t>(names_.size());
    names_.push_back(path.string());
    for (FrameIndex i = 0;; ++i) {
        goOn();
        const FramePtr frame = source->read(i);
        if (!frame) break;
        const std::uint64_t hash = perceptualHash(frame->rgb);
        if (tellsPicturesApart(hash)) pictures_.push_back({hash, name, i});
    }
}

std::optional<std::string> AvoidedPictures::match(std::uint64_t hash) const {
    for (const Hashed& picture : pictures_) {
        if (hashDistance(picture.hash, hash) > distance_) continue;
        const std::string frame = picture.frame < 0 ? "" : "#" + std::to_string(picture.frame);
        return names_[picture.name] + frame;
    }
    return std::nullopt;
}

std::vector<std::filesystem::path> filesUnder(const std::filesystem::path& folder,
                                              const std::vector<std::string>& extensions) {
    namespace fs = std::filesystem;
    std::vector<fs::path> files;
    for (const fs::path& one : foldersUnder(folder)) {
        for (const fs::path& file : filesIn(one)) {
            if (std::find(extensions.begin(), extensions.end(), lowerExtension(file)) !=
                extensions.end()) {
                files.push_back(file);
            }
        }
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.string(), b.string());
    });
    return files;
}

const std::vector<std::string>& pictureExtensions() {
    static const std::vector<std::string> kExtensions{".jpg", ".jpeg", ".png", ".webp", ".ppm"};
    return kExtensions;
}

const std::vector<std::string>& videoExtensions() {
    static const std::vector<std::string> kExtensions{".mp4", ".mov",  ".m4v", ".mkv", ".webm",
                                                      ".avi", ".mpeg", ".mpg", ".ts",  ".ogv"};
    return kExtensions;
}

}  // namespace mcj
