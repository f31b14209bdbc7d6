#include "segmentation/mask_formats/label_png.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/json_fields.h"
#include "segmentation/mask_formats/mask_folder.h"
#include "segmentation/mask_formats/object_folders.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kAnnotations = "Annotations";
constexpr const char* kMetaFile = "meta.json";
constexpr const char* kMasks = "masks";

/// The palette of YouTube-VOS (Cutie, cutie/utils/palette.py): twelve colours, then grey.
std::vector<Rgb8> youtubePalette() {
    std::vector<Rgb8> palette{{0, 0, 0},       {236, 95, 103},  {249, 145, 87},  {250, 200, 99},
                              {153, 199, 148}, {98, 179, 178},  {102, 153, 204}, {197, 148, 197},
                              {171, 121, 103}, {255, 255, 255}, {101, 115, 126}};
    for (std::size_t i = palette.size(); i < 256; ++i) {
        const auto grey = static_cast<std::uint8_t>(i);
        palette.push_back({grey, grey, grey});
    }
    return palette;
}

std::string numbered(FrameIndex frame, int digits, const char* extension) {
    char name[48];
    std::snprintf(name, sizeof name, "%0*lld%s", digits, static_cast<long long>(frame), extension);
    return name;
}

bool hasPng(const fs::path& folder) {
    std::error_code error;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (lowerExtension(at->path()) == ".png" && isFile(at->path())) return true;
    }
    return false;
}

/// Label pictures by frame, read on demand.
class LabelFiles {
public:
    LabelFiles(const fs::path& folder, const MaskReadRequest& request) {
        std::vector<fs::path> files = listMaskFiles(folder);
        const auto places = placeFrames(files, request, folder.string());
        for (std::size_t i = 0; i < files.size(); ++i) byFrame_.emplace(places[i], i);
        files_ = files;
        if (request.pixels == LabelPixels::Judged) {
            judged_.emplace(std::move(files), request.reading);
        }
    }

    [[nodiscard]] std::vector<FrameIndex> frames() const {
        std::vector<FrameIndex> frames;
        for (const auto& [frame, at] : byFrame_) frames.push_back(frame);
        return frames;
    }
    [[nodiscard]] const fs::path& file(FrameIndex frame) const {
        return files_[byFrame_.at(frame)];
    }
    [[nodiscard]] Mask read(FrameIndex frame) const {
        const std::size_t at = byFrame_.at(frame);
        Mask mask = judged_ ? judged_->read(at) : readDavisMask(files_[at]);
        if (size_.empty()) size_ = mask.size();
        if (mask.size() == size_) return mask;
        throw Error(ErrorCode::Input, files_[at].string() + " is " + sizeText(mask.size()) +
                                          ", but the masks before it are " + sizeText(size_));
    }
    [[nodiscard]] SizePx size() const noexcept { return size_; }

private:
    std::vector<fs::path> files_;
    std::map<FrameIndex, std::size_t> byFrame_;
    std::optional<MaskFolder> judged_;
    mutable SizePx size_;  ///< of the first one that was read
};

/// The label pictures of a folder. Nothing is decoded.
MaskPlaces labelPlaces(const fs::path& folder, const MaskReadRequest& request) {
    const std::vector<fs::path> files = listMaskFiles(folder);
    const auto frames = placeFrames(files, request, folder.string());
    MaskPlaces places;
    places.folder = fs::canonical(folder);
    places.reading = request;
    places.reading.path = places.folder;
    for (std::size_t i = 0; i < files.size(); ++i) {
        places.pictures.push_back({frames[i], 0, files[i].filename()});
    }
    std::ranges::sort(places.pictures, {}, &MaskPicture::frame);
    return places;
}

MaskSet setOfFolder(const fs::path& folder, const MaskReadRequest& request) {
    const auto files = std::make_shared<LabelFiles>(folder, request);
    MaskSet set;
    set.name = folderName(folder);
    setFrames(set, files->frames());
    ObjectSet present;
    for (const FrameIndex frame : set.frames) present |= objectsIn(files->read(frame));
    set.size = files->size();
    std::vector<int> ids;
    for (int id = 1; id < kVoid; ++id) {
        if (present.test(static_cast<std::size_t>(id))) ids.push_back(id);
    }
    set.addObjects(ids);
    set.read = [files](FrameIndex frame) { return FrameMasks(files->read(frame)); };
    return set;
}

/// Writes the labels of every frame of the set to `name(frame)` in `folder`.
template <typename Name>
std::vector<std::string> writeLabels(const MaskSet& set, const fs::path& folder,
                                     const std::vector<Rgb8>& palette, const Progress& progress,
                                     Name&& name) {
    std::vector<std::string> files;
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, files.size(), set);
        files.push_back(name(frame));
        writeIndexedPng(folder / files.back(), {set.read(frame).labels().labels, palette},
                        Flush::WithFolder);
    }
    return files;
}

std::string videoName(const MaskSet& set) { return set.name.empty() ? "video" : set.name; }

/// The folder of the only video below Annotations, or the given one.
fs::path youtubeVideoFolder(const fs::path& path) {
    if (!isFolder(path / kAnnotations)) return path;
    const auto videos = foldersIn(path / kAnnotations);
    if (videos.size() == 1) return videos.front();
    throw Error(
        ErrorCode::Input,
        (path / kAnnotations).string() + " has " + std::to_string(videos.size()) + " sequences",
        "Give the folder of one sequence, such as Annotations/NAME.");
}

/// The meta.json of the data set that a video's folder belongs to; empty if there is none.
fs::path youtubeMeta(const fs::path& video) {
    const fs::path whole = fs::weakly_canonical(video);
    if (whole.parent_path().filename() != kAnnotations) return {};
    const fs::path meta = whole.parent_path().parent_path() / kMetaFile;
    return isFile(meta) ? meta : fs::path();
}

/// The layout says that the pixels are indices; only a threshold asks for another reading.
MaskReadRequest asYoutubeStores(MaskReadRequest request) {
    if (!request.reading.threshold) request.pixels = LabelPixels::AsStored;
    return request;
}

void addCategories(MaskSet& set, const fs::path& meta) {
    const nlohmann::json all = readJsonFile(meta);
    const std::string where = meta.string() + ": video " + set.name;
    const auto& videos = jsonMember(all, "videos", meta.string());
    const nlohmann::json* video = jsonOptional(videos, set.name.c_str());
    if (video == nullptr) return;
    for (SetObject& object : set.objects) {
        const auto& objects = jsonMember(*video, "objects", where);
        const std::string id = std::to_string(object.id);
        if (const auto* entry = jsonOptional(objects, id.c_str())) {
            object.category = jsonText(*entry, "category", where + ", object " + id);
        }
    }
}

void writeInside(const fs::path& path, const Raster<std::uint8_t>& inside) {
    writeIndexedPng(path, {inside, davisPalette()}, Flush::WithFolder);
}

Raster<std::uint8_t> readInside(const fs::path& path) { return readDavisMask(path).labels; }

constexpr ObjectPictures kSavPictures{".png", writeInside, readInside};

}  // namespace

std::vector<std::string> writeDavisSet(const MaskSet& set, const fs::path& folder,
                                       const Progress& progress) {
    return writeLabels(set, folder, davisPalette(), progress, davisFileName);
}

MaskSet readDavisSet(const MaskReadRequest& request) { return setOfFolder(request.path, request); }

MaskPlaces davisPlaces(const MaskReadRequest& request) {
    return labelPlaces(request.path, request);
}

bool looksLikeDavis(const fs::path& path) { return isFolder(path) && hasPng(path); }

std::vector<std::string> writeCutieSet(const MaskSet& set, const fs::path& folder,
                                       const Progress& progress) {
    fs::create_directory(folder / kMasks);
    return writeLabels(set, folder, davisPalette(), progress, [](FrameIndex frame) {
        return std::string(kMasks) + "/" + numbered(frame, 7, ".png");
    });
}

MaskSet readCutieSet(const MaskReadRequest& request) {
    MaskSet set = setOfFolder(request.path / kMasks, request);
    set.name = folderName(request.path);
    return set;
}

MaskPlaces cutiePlaces(const MaskReadRequest& request) {
    return labelPlaces(request.path / kMasks, request);
}

bool looksLikeCutie(const fs::path& path) {
    return isFolder(path / kMasks) && hasPng(path / kMasks);
}

std::vector<std::string> writeYoutubeVosSet(const MaskSet& set, const fs::path& folder,
                                            const Progress& progress) {
    const std::string video = std::string(kAnnotations) + "/" + videoName(set);
    fs::create_directories(folder / video);
    std::vector<std::string> files;
    std::map<int, std::vector<std::string>> framesOf;
    const std::vector<Rgb8> palette = youtubePalette();
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, files.size(), set);
        const Mask labels = set.read(frame).labels();
        files.push_back(video + "/" + numbered(frame, 5, ".png"));
        writeIndexedPng(folder / files.back(), {labels.labels, palette}, Flush::WithFolder);
        const ObjectSet present = objectsIn(labels);
        for (const SetObject& object : set.objects) {
            if (!present.test(static_cast<std::size_t>(object.id))) continue;
            framesOf[object.id].push_back(numbered(frame, 5, ""));
        }
    }
    Json objects = Json::object();
    for (const SetObject& object : set.objects) {
        objects[std::to_string(object.id)] = {{"category", object.category},
                                              {"frames", framesOf[object.id]}};
    }
    const Json meta{{"videos", {{videoName(set), {{"objects", std::move(objects)}}}}}};
    writeFormatText(folder / kMetaFile, meta.dump(2) + "\n");
    files.emplace_back(kMetaFile);
    return files;
}

MaskSet readYoutubeVosSet(const MaskReadRequest& request) {
    const fs::path video = youtubeVideoFolder(request.path);
    MaskSet set = setOfFolder(video, asYoutubeStores(request));
    const fs::path meta = youtubeMeta(video);
    if (!meta.empty()) addCategories(set, meta);
    return set;
}

MaskPlaces youtubeVosPlaces(const MaskReadRequest& request) {
    const fs::path video = youtubeVideoFolder(request.path);
    MaskPlaces places = labelPlaces(video, asYoutubeStores(request));
    const fs::path meta = youtubeMeta(video);
    if (!meta.empty()) places.closed = meta.string() + " lists the objects of the video";
    return places;
}

bool looksLikeYoutubeVos(const fs::path& path) {
    if (!isFolder(path)) return false;
    if (isFolder(path / kAnnotations)) {
        const auto videos = foldersIn(path / kAnnotations);
        return !videos.empty() && hasPng(videos.front());
    }
    return hasPng(path) && !youtubeMeta(path).empty();
}

std::vector<std::string> writeSavSet(const MaskSet& set, const fs::path& folder,
                                     const Progress& progress) {
    return writeObjectFolders(set, folder, kSavPictures, progress);
}

MaskSet readSavSet(const MaskReadRequest& request) {
    return readObjectFolders(request, kSavPictures);
}

MaskPlaces savPlaces(const MaskReadRequest& request) {
    return objectPlaces(request, kSavPictures.extension);
}

bool looksLikeSav(const fs::path& path) {
    return looksLikeObjectFolders(path, kSavPictures.extension);
}

MaskSet readPlacedMasks(const MaskPlaces& places, const fs::path& folder) {
    MaskReadRequest request = places.reading;
    request.path = folder;
    if (places.kind == MaskPictureKind::Objects) return readSavSet(request);
    return setOfFolder(folder, request);
}

}  // namespace mcj
