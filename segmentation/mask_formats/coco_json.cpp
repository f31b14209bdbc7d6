#include "segmentation/mask_formats/coco_json.h"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "segmentation/mask_formats/coco_shapes.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/json_fields.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr const char* kFile = "annotations.json";
constexpr std::int64_t kHighestId = std::int64_t{1} << 53;
constexpr std::int64_t kLongestSide = 1 << 20;
/// The category of objects that have none.
constexpr const char* kNoCategory = "object";

fs::path jsonOf(const fs::path& path) { return isFolder(path) ? path / kFile : path; }

std::string pictureName(FrameIndex frame) {
    return fs::path(davisFileName(frame)).replace_extension(".jpg").string();
}

/// Numbers the categories of a set from 1 in the order of their objects.
class Categories {
public:
    explicit Categories(const MaskSet& set) {
        for (const SetObject& object : set.objects) {
            const std::string name = object.category.empty() ? kNoCategory : object.category;
            if (numbers_.emplace(name, numbers_.size() + 1).second) names_.push_back(name);
            byObject_[object.id] = numbers_.at(name);
        }
    }
    [[nodiscard]] std::size_t of(int object) const { return byObject_.at(object); }
    [[nodiscard]] Json json() const {
        Json list = Json::array();
        for (const std::string& name : names_) {
            list.push_back({{"id", numbers_.at(name)}, {"name", name}});
        }
        return list;
    }

private:
    std::map<std::string, std::size_t> numbers_;
    std::vector<std::string> names_;
    std::map<int, std::size_t> byObject_;
};

Json rleJson(const CocoRle& rle) {
    return {{"size", Json::array({rle.size.height, rle.size.width})},
            {"counts", cocoCountsToString(rle.counts)}};
}

Json boxJson(const BoxPx& box) {
    return Json::array({box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0});
}

std::map<std::int64_t, std::string> readCategories(const nlohmann::json& all,
                                                   const std::string& file) {
    std::map<std::int64_t, std::string> names;
    if (jsonOptional(all, "categories") == nullptr) return names;
    for (const nlohmann::json& category : jsonArray(all, "categories", file)) {
        const std::int64_t id = jsonInteger(category, "id", 0, kHighestId, file + ": a category");
        names[id] = jsonText(category, "name", file + ": category " + std::to_string(id));
    }
    return names;
}

std::string categoryOf(const nlohmann::json& annotation,
                       const std::map<std::int64_t, std::string>& names, const std::string& where) {
    if (jsonOptional(annotation, "category_id") == nullptr) return {};
    const std::int64_t id = jsonInteger(annotation, "category_id", 0, kHighestId, where);
    const auto found = names.find(id);
    if (found == names.end()) {
        throw Error(ErrorCode::Input, where + ": there is no category " + std::to_string(id));
    }
    return found->second == kNoCategory ? std::string() : found->second;
}

SizePx sizeIn(const nlohmann::json& object, const std::string& where) {
    const SizePx size{static_cast<int>(jsonInteger(object, "width", 1, kLongestSide, where)),
                      static_cast<int>(jsonInteger(object, "height", 1, kLongestSide, where))};
    if (size.area() > kRleMaxPixels) {
        throw Error(ErrorCode::Input, where + ": images of " + sizeText(size) + " are too large");
    }
    return size;
}

/// Shapes that a reader has collected; run lengths are small enough to be kept.
struct KeptShapes {
    SizePx size;
    std::map<FrameIndex, std::vector<ObjectShape>> byFrame;

    [[nodiscard]] FrameMasks read(FrameIndex frame) const {
        const auto found = byFrame.find(frame);
        return FrameMasks(size,
                          found == byFrame.end() ? std::vector<ObjectShape>() : found->second);
    }
};

/// One COCO file.
class CocoReader {
public:
    explicit CocoReader(const MaskReadRequest& request)
        : request_(request), file_(jsonOf(request.path).string()),
          all_(readJsonFile(jsonOf(request.path))), categories_(readCategories(all_, file_)),
          shapes_(std::make_shared<KeptShapes>()) {}

    MaskSet read() {
        readImages();
        readTracks();
        const nlohmann::json& annotations = jsonArray(all_, "annotations", file_);
        for (std::size_t i = 0; i < annotations.size(); ++i) {
            readAnnotation(annotations[i], file_ + ": annotation " + std::to_string(i));
        }
        if (!byCategory_.empty()) {
            set_.notes.push_back(file_ + " has no track ids: objects are numbered by category");
        }
        std::vector<int> ids;
        for (const auto& [id, name] : names_) ids.push_back(id);
        set_.addObjects(ids);
        for (SetObject& object : set_.objects) {
            if (!names_.at(object.id).first.empty()) object.name = names_.at(object.id).first;
            object.category = names_.at(object.id).second;
        }
        set_.size = shapes_->size;
        set_.read = [shapes = shapes_](FrameIndex frame) { return shapes->read(frame); };
        return std::move(set_);
    }

private:
    void readImages() {
        const nlohmann::json& images = jsonArray(all_, "images", file_);
        std::vector<fs::path> names;
        std::vector<std::int64_t> ids;
        for (std::size_t i = 0; i < images.size(); ++i) {
            const std::string where = file_ + ": image " + std::to_string(i);
            ids.push_back(jsonInteger(images[i], "id", 0, kHighestId, where));
            names.emplace_back(jsonText(images[i], "file_name", where, std::to_string(ids.back())));
            const SizePx size = sizeIn(images[i], where);
            if (i == 0) shapes_->size = size;
            if (size != shapes_->size) {
                throw Error(ErrorCode::Input, where + " is " + sizeText(size) +
                                                  ", but the first one is " +
                                                  sizeText(shapes_->size));
            }
        }
        const std::vector<FrameIndex> frames = placeFrames(names, request_, file_);
        for (std::size_t i = 0; i < ids.size(); ++i) {
            if (!frameOfImage_.emplace(ids[i], frames[i]).second) {
                throw Error(ErrorCode::Input,
                            file_ + ": two images have the id " + std::to_string(ids[i]));
            }
        }
        setFrames(set_, frames);
    }

    void readTracks() {
        if (jsonOptional(all_, "tracks") == nullptr) return;
        for (const nlohmann::json& track : jsonArray(all_, "tracks", file_)) {
            const std::string where = file_ + ": a track";
            const auto id = jsonInteger(track, "id", 1, kHighestSetObject, where);
            names_[static_cast<int>(id)] = {jsonText(track, "name", where),
                                            categoryOf(track, categories_, where)};
        }
    }

    int objectOf(const nlohmann::json& annotation, FrameIndex frame, const std::string& category,
                 const std::string& where) {
        if (jsonOptional(annotation, "track_id") != nullptr) {
            const auto id =
                static_cast<int>(jsonInteger(annotation, "track_id", 1, kHighestSetObject, where));
            names_.try_emplace(id, std::string(), category);
            return id;
        }
        const int rank = seen_[{frame, category}]++;
        const auto [place, isNew] = byCategory_.emplace(std::pair(category, rank),
                                                        static_cast<int>(byCategory_.size()) + 1);
        if (isNew) names_.try_emplace(place->second, std::string(), category);
        return place->second;
    }

    void readAnnotation(const nlohmann::json& annotation, const std::string& where) {
        const std::int64_t image = jsonInteger(annotation, "image_id", 0, kHighestId, where);
        const auto frame = frameOfImage_.find(image);
        if (frame == frameOfImage_.end()) {
            throw Error(ErrorCode::Input, where + ": there is no image " + std::to_string(image));
        }
        const std::string category = categoryOf(annotation, categories_, where);
        const int object = objectOf(annotation, frame->second, category, where);
        CocoRle rle =
            cocoSegmentation(jsonMember(annotation, "segmentation", where), shapes_->size, where);
        auto& shapes = shapes_->byFrame[frame->second];
        if (std::ranges::find(shapes, object, &ObjectShape::object) != shapes.end()) {
            throw Error(ErrorCode::Input, where + ": object " + std::to_string(object) +
                                              " has two masks in one image");
        }
        shapes.push_back({object, std::move(rle)});
    }

    const MaskReadRequest& request_;
    std::string file_;
    nlohmann::json all_;
    std::map<std::int64_t, std::string> categories_;
    std::shared_ptr<KeptShapes> shapes_;
    MaskSet set_;
    std::map<std::int64_t, FrameIndex> frameOfImage_;
    std::map<int, std::pair<std::string, std::string>> names_;  ///< name and category by object
    std::map<std::pair<std::string, int>, int> byCategory_;     ///< where there are no track ids
    std::map<std::pair<FrameIndex, std::string>, int> seen_;
};

const nlohmann::json& onlyVideo(const nlohmann::json& all, const std::string& file) {
    const nlohmann::json& videos = jsonArray(all, "videos", file);
    if (videos.size() == 1) return videos.front();
    throw Error(ErrorCode::Input,
                file + " has " + std::to_string(videos.size()) + " videos, not one",
                "Split the file by video.");
}

/// Adds one track to the shapes.
void readVisTrack(const nlohmann::json& track, int object, const std::vector<FrameIndex>& frames,
                  KeptShapes& shapes, const std::string& where) {
    const nlohmann::json& list = jsonArray(track, "segmentations", where);
    if (list.size() != frames.size()) {
        throw Error(ErrorCode::Input, where + ": it has " + std::to_string(list.size()) +
                                          " segmentations for " + std::to_string(frames.size()) +
                                          " frames");
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        if (list[i].is_null()) continue;
        shapes.byFrame[frames[i]].push_back(
            {object, cocoSegmentation(list[i], shapes.size,
                                      where + ", segmentation " + std::to_string(i))});
    }
}

bool isJsonWith(const fs::path& path, bool (*wanted)(const nlohmann::json&)) {
    const fs::path file = jsonOf(path);
    if (lowerExtension(file) != ".json" || !isFile(file)) return false;
    const nlohmann::json all = readJsonFile(file);
    return all.is_object() && all.contains("annotations") && wanted(all);
}

}  // namespace

std::vector<std::string> writeCocoSet(const MaskSet& set, const fs::path& folder,
                                      const Progress& progress) {
    const Categories categories(set);
    Json images = Json::array();
    Json annotations = Json::array();
    Json tracks = Json::array();
    for (const SetObject& object : set.objects) {
        tracks.push_back(
            {{"id", object.id}, {"category_id", categories.of(object.id)}, {"name", object.name}});
    }
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, images.size(), set);
        images.push_back({{"id", frame + 1},
                          {"file_name", pictureName(frame)},
                          {"width", set.size.width},
                          {"height", set.size.height},
                          {"frame_index", frame}});
        for (const ObjectShape& shape : set.read(frame).shapes()) {
            const ShapeFacts facts = factsOf(shape.rle);
            annotations.push_back({{"id", annotations.size() + 1},
                                   {"image_id", frame + 1},
                                   {"category_id", categories.of(shape.object)},
                                   {"track_id", shape.object},
                                   {"segmentation", rleJson(shape.rle)},
                                   {"area", facts.area},
                                   {"bbox", boxJson(facts.box)},
                                   {"iscrowd", 0}});
        }
    }
    const Json all{{"images", std::move(images)},
                   {"categories", categories.json()},
                   {"tracks", std::move(tracks)},
                   {"annotations", std::move(annotations)}};
    writeFormatText(folder / kFile, all.dump() + "\n");
    return {kFile};
}

MaskSet readCocoSet(const MaskReadRequest& request) { return CocoReader(request).read(); }

bool looksLikeCoco(const fs::path& path) {
    return isJsonWith(path, [](const nlohmann::json& all) { return all.contains("images"); });
}

std::vector<std::string> writeYoutubeVisSet(const MaskSet& set, const fs::path& folder,
                                            const Progress& progress) {
    const Categories categories(set);
    const std::string video = set.name.empty() ? "video" : set.name;
    Json names = Json::array();
    struct Track {
        Json segmentations = Json::array();
        Json boxes = Json::array();
        Json areas = Json::array();
    };
    std::map<int, Track> tracks;
    for (const SetObject& object : set.objects) tracks[object.id];
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, names.size(), set);
        names.push_back(video + "/" + pictureName(frame));
        for (const ObjectShape& shape : set.read(frame).shapes()) {
            const ShapeFacts facts = factsOf(shape.rle);
            Track& track = tracks.at(shape.object);
            track.segmentations.push_back(rleJson(shape.rle));
            track.boxes.push_back(boxJson(facts.box));
            track.areas.push_back(facts.area);
        }
        for (auto& [id, track] : tracks) {
            if (track.segmentations.size() == names.size()) continue;
            track.segmentations.push_back(nullptr);
            track.boxes.push_back(nullptr);
            track.areas.push_back(nullptr);
        }
    }
    Json annotations = Json::array();
    for (auto& [id, track] : tracks) {
        annotations.push_back({{"id", id},
                               {"video_id", 1},
                               {"category_id", categories.of(id)},
                               {"name", set.find(id)->name},
                               {"height", set.size.height},
                               {"width", set.size.width},
                               {"length", names.size()},
                               {"segmentations", std::move(track.segmentations)},
                               {"bboxes", std::move(track.boxes)},
                               {"areas", std::move(track.areas)},
                               {"iscrowd", 0}});
    }
    const Json length = names.size();
    Json videos = Json::array();
    videos.push_back({{"id", 1},
                      {"width", set.size.width},
                      {"height", set.size.height},
                      {"length", length},
                      {"file_names", std::move(names)}});
    const Json all{{"videos", std::move(videos)},
                   {"categories", categories.json()},
                   {"annotations", std::move(annotations)}};
    writeFormatText(folder / kFile, all.dump() + "\n");
    return {kFile};
}

MaskSet readYoutubeVisSet(const MaskReadRequest& request) {
    const fs::path path = jsonOf(request.path);
    const std::string file = path.string();
    const nlohmann::json all = readJsonFile(path);
    const auto categories = readCategories(all, file);
    const nlohmann::json& video = onlyVideo(all, file);
    const auto shapes = std::make_shared<KeptShapes>();
    shapes->size = sizeIn(video, file + ": video");
    std::vector<fs::path> names;
    for (const nlohmann::json& name : jsonArray(video, "file_names", file + ": video")) {
        if (!name.is_string()) throw Error(ErrorCode::Input, file + ": a file name is not a text");
        names.emplace_back(name.get<std::string>());
    }
    const std::vector<FrameIndex> frames = placeFrames(names, request, file);
    MaskSet set;
    setFrames(set, frames);
    set.size = shapes->size;
    if (!names.empty()) set.name = names.front().parent_path().filename().string();
    const nlohmann::json& annotations = jsonArray(all, "annotations", file);
    for (std::size_t i = 0; i < annotations.size(); ++i) {
        const std::string where = file + ": annotation " + std::to_string(i);
        const auto id =
            static_cast<int>(jsonInteger(annotations[i], "id", 1, kHighestSetObject, where));
        if (set.find(id) != nullptr) {
            throw Error(ErrorCode::Input,
                        where + ": the id " + std::to_string(id) + " occurs twice");
        }
        readVisTrack(annotations[i], id, frames, *shapes, where);
        set.addObjects({id});
        SetObject& object = *std::ranges::find(set.objects, id, &SetObject::id);
        object.name = jsonText(annotations[i], "name", where, object.name);
        object.category = categoryOf(annotations[i], categories, where);
    }
    set.read = [shapes](FrameIndex frame) { return shapes->read(frame); };
    return set;
}

bool looksLikeYoutubeVis(const fs::path& path) {
    return isJsonWith(path, [](const nlohmann::json& all) {
        return all.contains("videos") && !all.contains("images");
    });
}

}  // namespace mcj
