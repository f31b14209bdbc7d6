#include "media/io/shard_packing.h"

#include <algorithm>
#include <cctype>
#include <functional>
#include <memory>
#include <utility>

#include <opencv2/core.hpp>
#include <opencv2/imgproc.hpp>

#include "media/base/error.h"
#include "media/base/shard_format.h"
#include "media/base/size_text.h"
#include "media/io/frame_runs.h"
#include "media/io/frame_source.h"
#include "media/io/image_file.h"
#include "media/io/label_map.h"
#include "media/io/perceptual_hash.h"
#include "media/io/picture_codec.h"
#include "media/io/shard_writer.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxWarnings = 200;
constexpr const char* kPictures = "images (jpg, png, webp, ppm)";
constexpr std::size_t kReadCacheBytes = std::size_t{32} << 20;  // frames are read in order, once
/// A cut is a mean grey difference (of 255) of the miniatures above the first bound and above the
/// second times the running mean: a fast pan differs much at every frame, a cut at one.
constexpr double kCutDifference = 28.0;
constexpr double kCutRatio = 3.0;

/// "cats_0012" -> "cats"; "mdn_gecko" -> "mdn".
std::string groupOfStem(const std::string& stem) {
    const std::size_t bar = stem.find_last_of("_-");
    if (bar == std::string::npos || bar == 0) {
        std::size_t end = stem.size();
        while (end > 0 && std::isdigit(static_cast<unsigned char>(stem[end - 1])) != 0) --end;
        return end == 0 ? "numbered" : stem.substr(0, end);
    }
    const bool isNumbered =
        std::all_of(stem.begin() + static_cast<std::ptrdiff_t>(bar) + 1, stem.end(),
                    [](unsigned char c) { return std::isdigit(c); });
    return isNumbered ? stem.substr(0, bar) : stem.substr(0, stem.find_first_of("_-"));
}

std::string groupOf(const fs::path& relative) {
    return relative.has_parent_path() ? relative.parent_path().generic_string()
                                      : groupOfStem(relative.stem().string());
}

cv::Mat viewOf(const Raster<std::uint8_t>& rgb) {
    return {rgb.height(), rgb.width(), CV_8UC3, const_cast<std::uint8_t*>(rgb.data())};
}

/// The mean absolute difference of grey miniatures decides where a shot ends.
class CutDetector {
public:
    [[nodiscard]] bool isCut(const Raster<std::uint8_t>& rgb) {
        cv::Mat small;
        cv::resize(viewOf(rgb), small, cv::Size(32, 18), 0, 0, cv::INTER_AREA);
        cv::Mat grey;
        cv::cvtColor(small, grey, cv::COLOR_RGB2GRAY);
        bool cut = false;
        if (!previous_.empty()) {
            cv::Mat difference;
            cv::absdiff(grey, previous_, difference);
            const double mean = cv::mean(difference)[0];
            cut = mean > kCutDifference && mean > kCutRatio * running_;
            running_ = cut ? 0.0 : 0.8 * running_ + 0.2 * mean;
        }
        previous_ = grey;
        return cut;
    }

private:
    cv::Mat previous_;
    double running_ = 0.0;
};

/// Writes pictures into one shard: makes them smaller, codes them, refuses evaluation data.
class Packer {
public:
    Packer(const fs::path& output, const PackOptions& options, const Progress& progress)
        : options_(options), progress_(progress),
          avoided_(options.avoid, options.avoidDistance,
                   // How long the packing itself takes is not known before it begins.
                   [&progress](std::int64_t, std::int64_t) { return !progress || progress(0, 0); }),
          writer_(output) {
        if (options.maxSidePx < 16 || options.jpegQuality < 1 || options.jpegQuality > 100) {
            throw Error(ErrorCode::Usage, "--max-side must be at least 16 and --quality 1 to 100",
                        "Omit them to use 640 and 92.");
        }
    }

    enum class Outcome { Packed, Avoided };

    /// `entry` has kind, clip and frame set. `path` is for messages.
    Outcome add(const Raster<std::uint8_t>& rgb, ShardEntry entry, const std::string& name,
                const std::string& group) {
        if (const auto same = avoided_.match(perceptualHash(rgb))) {
            ++report_.avoidedCount;
            warn(name + frameText(entry) + ": left out because it looks like " + *same);
            return Outcome::Avoided;
        }
        cv::Mat picture = viewOf(rgb);
        const int longer = std::max(rgb.width(), rgb.height());
        cv::Mat resized;
        if (longer > options_.maxSidePx) {
            const double scale = static_cast<double>(options_.maxSidePx) / longer;
            const cv::Size size(std::max(1, cvRound(rgb.width() * scale)),
                                std::max(1, cvRound(rgb.height() * scale)));
            cv::resize(picture, resized, size, 0, 0, cv::INTER_AREA);
            picture = resized;
        }
        cv::Mat bgr;
        cv::cvtColor(picture, bgr, cv::COLOR_RGB2BGR);
        const std::vector<std::uint8_t> jpeg = encodeJpeg(bgr, options_.jpegQuality);
        entry.width = static_cast<std::uint32_t>(picture.cols);
        entry.height = static_cast<std::uint32_t>(picture.rows);
        entry.name = writer_.intern(name);
        entry.group = writer_.intern(group);
        writer_.append(entry, jpeg);
        packedSize_ = {picture.cols, picture.rows};
        return Outcome::Packed;
    }

    /// The labels of the picture that was packed last, made as small as it was.
    void addLabels(const Raster<std::uint8_t>& labels) {
        writer_.appendLabels(resizeLabels(labels, packedSize_).values());
        ++report_.labelMaps;
    }

    void warn(std::string text) {
        if (report_.warnings.size() < kMaxWarnings) {
            report_.warnings.push_back(std::move(text));
        } else {
            ++unlisted_;
        }
    }

    /// For a file that cannot be read; errors other than bad input are defects and are rethrown.
    void warnUnreadable(const std::string& name, const Error& error) {
        if (error.code() != ErrorCode::Input) throw error;
        warn(name + ": left out, " + error.what());
    }

    void step(std::int64_t done, std::int64_t total) const {
        if (progress_ && !progress_(done, total)) {
            throw Error(ErrorCode::Interrupted, "packing was stopped; nothing was written");
        }
    }

    PackReport finish(const fs::path& folder) {
        if (writer_.entries() == 0) {
            throw Error(ErrorCode::Input, "nothing in " + folder.string() + " could be packed",
                        report_.warnings.empty() ? "Check the folder's contents."
                                                 : report_.warnings.front());
        }
        writer_.finish();
        report_.entries = static_cast<std::int64_t>(writer_.entries());
        report_.bytes = writer_.bytesWritten();
        if (unlisted_ > 0) {
            report_.warnings.push_back("... and " + std::to_string(unlisted_) + " more");
        }
        return std::move(report_);
    }

    [[nodiscard]] PackReport& report() { return report_; }

private:
    static std::string frameText(const ShardEntry& entry) {
        return entry.kind == ShardEntryKind::VideoFrame ? "#" + std::to_string(entry.frame) : "";
    }

    PackOptions options_;
    const Progress& progress_;
    AvoidedPictures avoided_;
    ShardWriter writer_;
    PackReport report_;
    SizePx packedSize_;
    std::int64_t unlisted_ = 0;
};

std::vector<fs::path> sourcesUnder(const fs::path& folder,
                                   const std::vector<std::string>& extensions,
                                   const std::string& what) {
    std::vector<fs::path> files = filesUnder(folder, extensions);
    if (files.empty()) {
        throw Error(ErrorCode::Input, "no " + what + " in " + folder.string(),
                    "Give a folder that contains some, directly or in subfolders.");
    }
    return files;
}

/// Groups consecutive frames into shots. Pairs are taken within a shot, so a shot ends at a cut, at
/// a change of size, and where a frame was refused, because its neighbours are not a pair.
class ShotPacker {
public:
    explicit ShotPacker(Packer& packer) : packer_(packer) {}

    /// Adds a frame of the source `name`; call `endSource` before the first frame of the next.
    /// isPair: the source's two frames belong together, however much they differ.
    void add(const Raster<std::uint8_t>& rgb, FrameIndex frame, const std::string& name,
             const std::string& group, bool isPair = false) {
        if ((cuts_.isCut(rgb) && !isPair) || rgb.size() != size_) endShot();
        size_ = rgb.size();
        const ShardEntry entry{ShardEntryKind::VideoFrame, shot_, frame};
        if (packer_.add(rgb, entry, name, group) == Packer::Outcome::Avoided) {
            endShot();
            return;
        }
        ++inShot_;
        ++inSource_;
    }
    void endShot() {
        if (inShot_ == 0) return;
        ++shot_;
        ++packer_.report().clips;
        inShot_ = 0;
    }
    void endSource() {
        endShot();
        if (inSource_ > 0) ++packer_.report().sources;
        inSource_ = 0;
        cuts_ = {};
        size_ = {};
    }

private:
    Packer& packer_;
    CutDetector cuts_;
    SizePx size_;
    std::uint32_t shot_ = 0;
    std::int64_t inShot_ = 0;
    std::int64_t inSource_ = 0;
};

/// A frame that cannot be read gives a warning; a failure to write is thrown. `step` is called
/// before every frame.
void packVideo(Packer& packer, ShotPacker& shots, const fs::path& path, const fs::path& relative,
               const std::function<void()>& step) {
    const std::string name = relative.generic_string();
    const auto opened = runGuarded([&] {
        return std::shared_ptr(openSource(path.string(), {.cacheBytes = kReadCacheBytes}));
    });
    if (!opened.ok()) {
        packer.warnUnreadable(name, opened.error());
        return;
    }
    FrameSource& source = *opened.value();
    for (FrameIndex i = 0;; ++i) {
        step();
        const auto frame = runGuarded([&] { return source.read(i); });
        if (!frame.ok()) packer.warnUnreadable(name, frame.error());
        if (!frame.ok() || !frame.value()) break;
        shots.add(frame.value()->rgb, i, name, groupOf(relative));
    }
    shots.endSource();
    if (const auto& damaged = source.info().damaged) packer.warn(name + ": " + *damaged);
}

}  // namespace

PackReport packImages(const fs::path& folder, const fs::path& output, const PackOptions& options,
                      const Progress& progress) {
    const auto files = sourcesUnder(folder, pictureExtensions(), kPictures);
    Packer packer(output, options, progress);
    const auto total = static_cast<std::int64_t>(files.size());
    for (std::int64_t i = 0; i < total; ++i) {
        packer.step(i, total);
        const fs::path& path = files[static_cast<std::size_t>(i)];
        const fs::path relative = path.lexically_relative(folder);
        const auto rgb = runGuarded([&] { return readRgbImage(path); });
        if (!rgb.ok()) {
            packer.warnUnreadable(relative.generic_string(), rgb.error());
            continue;
        }
        const ShardEntry entry{ShardEntryKind::Picture, static_cast<std::uint32_t>(i)};
        if (packer.add(rgb.value(), entry, relative.generic_string(), groupOf(relative)) ==
            Packer::Outcome::Packed) {
            ++packer.report().sources;
        }
    }
    packer.step(total, total);
    return packer.finish(folder);
}

PackReport packLabelledImages(const fs::path& folder, const fs::path& labels,
                              const fs::path& output, const PackOptions& options,
                              const Progress& progress) {
    const auto files = sourcesUnder(folder, pictureExtensions(), kPictures);
    if (!fs::is_directory(labels)) {
        throw Error(ErrorCode::Input, "the label folder " + labels.string() + " does not exist",
                    "Give the folder of label PNGs, such as PASCAL VOC's SegmentationClass.");
    }
    Packer packer(output, options, progress);
    const auto total = static_cast<std::int64_t>(files.size());
    std::vector<std::string> unlabelled;
    for (std::int64_t i = 0; i < total; ++i) {
        packer.step(i, total);
        const fs::path& path = files[static_cast<std::size_t>(i)];
        const fs::path relative = path.lexically_relative(folder);
        const fs::path labelPath = (labels / relative).replace_extension(".png");
        if (!fs::exists(labelPath)) {
            unlabelled.push_back(relative.generic_string());
            continue;
        }
        const Raster<std::uint8_t> rgb = readRgbImage(path);
        const Raster<std::uint8_t> labelMap = readLabelMap(labelPath, options.voidLabels);
        if (rgb.size() != labelMap.size()) {
            throw Error(ErrorCode::Input,
                        "the labels " + labelPath.string() + " are " + sizeText(labelMap.size()) +
                            " but their image is " + sizeText(rgb.size()),
                        "Pack images and labels of the same size; --max-side resizes both.");
        }
        const ShardEntry entry{ShardEntryKind::Picture, static_cast<std::uint32_t>(i)};
        if (packer.add(rgb, entry, relative.generic_string(), groupOf(relative)) ==
            Packer::Outcome::Packed) {
            packer.addLabels(labelMap);
            ++packer.report().sources;
        }
    }
    if (!unlabelled.empty()) {
        packer.warn((unlabelled.size() == 1 ? "1 image has"
                                            : std::to_string(unlabelled.size()) + " images have") +
                    std::string(" no label map in ") + labels.string() +
                    ": left out, the first is " + unlabelled.front());
    }
    packer.step(total, total);
    return packer.finish(folder);
}

PackReport packVideos(const fs::path& folder, const fs::path& output, const PackOptions& options,
                      const Progress& progress) {
    const auto files = sourcesUnder(folder, videoExtensions(), "videos");
    Packer packer(output, options, progress);
    ShotPacker shots(packer);
    const auto total = static_cast<std::int64_t>(files.size());
    for (std::int64_t i = 0; i < total; ++i) {
        const fs::path& path = files[static_cast<std::size_t>(i)];
        packVideo(packer, shots, path, path.lexically_relative(folder),
                  [&packer, i, total] { packer.step(i, total); });
    }
    packer.step(total, total);
    return packer.finish(folder);
}

PackReport packFrames(const fs::path& folder, const fs::path& output, const PackOptions& options,
                      const Progress& progress) {
    const auto files = sourcesUnder(folder, pictureExtensions(), kPictures);
    int alone = 0;
    const std::vector<FrameRun> runs = frameRunsOf(files, folder, alone);
    Packer packer(output, options, progress);
    ShotPacker shots(packer);
    if (alone > 0) {
        packer.warn(std::to_string(alone) + " images have no neighbouring number: left out");
    }
    std::int64_t done = 0;
    std::int64_t total = 0;
    for (const FrameRun& run : runs) total += static_cast<std::int64_t>(run.files.size());
    for (const FrameRun& run : runs) {
        const std::string group = groupOf(run.files.front().lexically_relative(folder));
        const bool isPair = run.files.size() == 2;
        FrameIndex index = 0;
        for (const fs::path& file : run.files) {
            packer.step(done++, total);
            const auto rgb = runGuarded([&] { return readRgbImage(file); });
            if (rgb.ok()) {
                shots.add(rgb.value(), index, run.name, group, isPair);
            } else {
                packer.warnUnreadable(file.lexically_relative(folder).generic_string(),
                                      rgb.error());
                shots.endShot();
            }
            ++index;
        }
        shots.endSource();
    }
    packer.step(total, total);
    return packer.finish(folder);
}

}  // namespace mcj
