#include "media/io/image_sequence_reader.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "media/base/budget_cache.h"
#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "media/io/image_file.h"
#include "media/io/picture_header.h"
#include "media/io/picture_look.h"
#include "media/io/picture_stack_reader.h"
#include "media/io/picture_survey.h"
#include "media/io/source_id.h"

namespace mcj {

namespace fs = std::filesystem;

namespace {

// Longer numbers do not fit 64 bits and are no frame numbers.
constexpr std::size_t kMostDigits = 18;

bool isDigit(char c) { return c >= '0' && c <= '9'; }

class ImageSequence final : public FrameSource {
public:
    ImageSequence(const std::string& path, std::vector<fs::path> files,
                  const SourceOptions& options);

    [[nodiscard]] const VideoInfo& info() const override { return info_; }
    bool scan(const ReadLimit& limit) override;
    [[nodiscard]] FrameRead read(FrameIndex index, const ReadLimit& limit) override;
    [[nodiscard]] std::optional<NearbyPicture> pictureNear(double, const ReadLimit&) override {
        return std::nullopt;  // every frame is found at once
    }
    [[nodiscard]] bool readsAtOnce() const override { return true; }

private:
    [[nodiscard]] FramePtr load(FrameIndex index) const;
    void look(FrameIndex index);

    std::vector<fs::path> files_;
    SourceId id_;
    VideoInfo info_;
    BudgetCache<FrameIndex, Frame> cache_;
    FrameIndex lookedAt_ = 0;
    PictureSurvey survey_;
};

ImageSequence::ImageSequence(const std::string& path, std::vector<fs::path> files,
                             const SourceOptions& options)
    : files_(std::move(files)), id_(nextSourceId()), cache_(options.cacheBytes) {
    info_.path = path;
    info_.timeBase = {0, 1};
    info_.sampleAspect = {1, 1};
    info_.pixelFormat = "rgb24";
    info_.colorMatrix = "rgb full";
    info_.estimatedFrames = static_cast<FrameIndex>(files_.size());
    info_.warnings = numberingWarnings(files_);
    info_.codec = pictureKindName(pictureKindOf(files_.front()));
    auto first = std::make_shared<Frame>();
    first->source = id_;
    std::vector<std::string> notes;
    first->rgb = readRgbImage(files_.front(), &notes);
    info_.size = first->size();
    warnOfPictures(info_, notes, hasTransparency(files_.front()));
    cache_.put(0, first, first->rgb.bytes());
}

FramePtr ImageSequence::load(FrameIndex index) const {
    const fs::path& file = files_[static_cast<std::size_t>(index)];
    auto frame = std::make_shared<Frame>();
    frame->source = id_;
    frame->index = index;
    frame->rgb = readRgbImage(file);
    if (frame->size() != info_.size) {
        throw Error(ErrorCode::Input,
                    "\"" + file.string() + "\" is " + sizeText(frame->size()) +
                        ", but the images before it are " + sizeText(info_.size),
                    "All images of a folder must have the same size: move or resize the others.");
    }
    return frame;
}

FrameRead ImageSequence::read(FrameIndex index, const ReadLimit& limit) {
    if (index < 0) return {ReadState::End, {}};
    if (index >= static_cast<FrameIndex>(files_.size())) {
        // As in a video, the end is reached by a scan: who asks again must be told the count.
        return {scan(limit) ? ReadState::End : ReadState::NotYet, {}};
    }
    // One image is one slice.
    cache_.setPlayhead(index);
    if (FramePtr kept = cache_.get(index)) return {ReadState::Frame, kept};
    FramePtr frame = load(index);
    cache_.put(index, frame, frame->rgb.bytes());
    return {ReadState::Frame, frame};
}

// Finds the size and readability of one picture, from its structure where that is enough.
void ImageSequence::look(FrameIndex index) {
    const fs::path& file = files_[static_cast<std::size_t>(index)];
    const std::string name = file.filename().string();
    try {
        const PictureLook seen = lookAtPictureFile(file);
        if (!seen.damage.empty()) {
            survey_.damaged(index, "\"" + file.string() + "\": " + seen.damage);
            return;
        }
        if (seen.pictures > 1) survey_.oneOfSeveral(name, seen.pictures);
        survey_.found(seen.size ? *seen.size : readRgbImage(file).size(), info_.size, name);
    } catch (const Error& error) {
        survey_.damaged(index, error.what());
    }
}

bool ImageSequence::scan(const ReadLimit& limit) {
    if (info_.frames) return true;
    const auto count = static_cast<FrameIndex>(files_.size());
    while (lookedAt_ < count) {
        look(lookedAt_++);
        info_.pts.emplace_back(std::nullopt);
        if (limit.over()) break;
    }
    if (lookedAt_ < count) return false;
    survey_.settle(info_, count);
    info_.frames = count;
    return true;
}

std::vector<std::string> expandGlob(const std::string& pattern) {
    glob_t found{};
    std::vector<std::string> names;
    if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
        names.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    ::globfree(&found);
    return names;
}

}  // namespace

bool hasImageExtension(const fs::path& path) {
    static constexpr std::array<std::string_view, 20> kKinds = {
        ".png",  ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".jif", ".bmp", ".dib", ".tif",
        ".tiff", ".btf",  ".tf8", ".webp", ".ppm", ".pgm",  ".pnm", ".pbm", ".jp2", ".exr"};
    return std::find(kKinds.begin(), kKinds.end(), lowerExtension(path)) != kKinds.end();
}

std::optional<NumberedName> numberedName(const fs::path& file) {
    const std::string stem = file.stem().string();
    std::size_t end = stem.size();
    while (end > 0 && !isDigit(stem[end - 1])) --end;
    std::size_t start = end;
    while (start > 0 && isDigit(stem[start - 1])) --start;
    if (start == end || end - start > kMostDigits) return std::nullopt;
    return NumberedName{stem.substr(0, start) + "#" + stem.substr(end),
                        std::stoll(stem.substr(start, end - start))};
}

std::vector<std::string> numberingWarnings(const std::vector<fs::path>& files) {
    std::vector<std::string> warnings;
    std::vector<std::pair<std::int64_t, const fs::path*>> numbers;
    std::set<std::string> patterns;
    for (const fs::path& file : files) {
        if (const auto numbered = numberedName(file)) {
            patterns.insert(numbered->around);
            numbers.emplace_back(numbered->number, &file);
        }
    }
    if (files.size() < 2 || numbers.size() != files.size() || patterns.size() != 1) {
        if (files.size() > 1) {
            warnings.emplace_back(
                "the image names do not follow one numbered pattern: the images are read in the "
                "order of their names, from " +
                files.front().filename().string() + " to " + files.back().filename().string());
        }
        return warnings;
    }
    std::map<std::int64_t, std::size_t> steps;
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        ++steps[numbers[i].first - numbers[i - 1].first];
    }
    if (steps.count(0) != 0) {
        warnings.emplace_back("some numbers occur twice in the image names");
    }
    // Every fifth frame and the like is intended, not a gap; two files alone do not show intent.
    if (steps.size() == 1 && numbers.size() > 2) return warnings;
    std::int64_t gaps = 0;
    const fs::path* before = nullptr;
    const fs::path* after = nullptr;
    const std::int64_t usual =
        std::max_element(steps.begin(), steps.end(), [](const auto& a, const auto& b) {
            return a.second < b.second;
        })->first;
    const std::int64_t step = numbers.size() > 3 && usual > 0 ? usual : 1;
    for (std::size_t i = 1; i < numbers.size(); ++i) {
        if (numbers[i].first - numbers[i - 1].first <= step) continue;
        if (gaps++ == 0) {
            before = numbers[i - 1].second;
            after = numbers[i].second;
        }
    }
    if (gaps > 0) {
        warnings.emplace_back("the image numbers have " + std::to_string(gaps) +
                              (gaps == 1 ? " gap" : " gaps") + ", the first between " +
                              before->filename().string() + " and " + after->filename().string());
    }
    return warnings;
}

std::vector<fs::path> listImages(const std::string& folderOrGlob) {
    std::vector<fs::path> files;
    std::error_code failure;
    if (fs::is_directory(folderOrGlob, failure)) {
        for (const auto& entry : fs::directory_iterator(folderOrGlob, failure)) {
            files.push_back(entry.path());
        }
        if (failure) {
            throw Error(ErrorCode::Input,
                        "the folder \"" + folderOrGlob + "\" cannot be read: " + failure.message());
        }
    } else {
        for (const std::string& name : expandGlob(folderOrGlob)) files.emplace_back(name);
    }
    std::erase_if(files, [](const fs::path& file) {
        std::error_code ignored;
        return !hasImageExtension(file) || file.filename().string().starts_with('.') ||
               !fs::is_regular_file(file, ignored);
    });
    if (files.empty()) {
        throw Error(
            ErrorCode::Input, "\"" + folderOrGlob + "\" contains no images",
            "Give a video file, a folder of images, or a glob such as \"frames/*.png\" in quotes.");
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.string(), b.string());
    });
    return files;
}

std::unique_ptr<FrameSource> openImageSequence(const std::string& path, std::vector<fs::path> files,
                                               const SourceOptions& options) {
    if (files.size() == 1) {
        if (auto stack = severalPicturesOf(files.front())) {
            return openPictureStackSource(path, files.front(), std::move(stack), options);
        }
    }
    return std::make_unique<ImageSequence>(path, std::move(files), options);
}

}  // namespace mcj
