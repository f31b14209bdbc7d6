#include "segmentation/mask_formats/labelme_json.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "media/io/natural_order.h"
#include "media/io/png_file.h"
#include "segmentation/mask_formats/coco_shapes.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/json_fields.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

/// The version of LabelMe whose files these are.
constexpr const char* kVersion = "5.4.1";
constexpr std::int64_t kLongestSide = 1 << 20;
constexpr std::string_view kDigits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 4648.
std::string base64(const std::vector<std::uint8_t>& bytes) {
    std::string text;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t at) -> std::uint32_t {
            return at < bytes.size() ? bytes[at] : 0;
        };
        const std::uint32_t group = byte(i) << 16U | byte(i + 1) << 8U | byte(i + 2);
        for (unsigned shift = 18; shift <= 18; shift -= 6) {
            text += kDigits[group >> shift & 63U];
        }
    }
    for (std::size_t i = 0; i < (3 - bytes.size() % 3) % 3; ++i) text[text.size() - 1 - i] = '=';
    return text;
}

std::vector<std::uint8_t> bytesOfBase64(std::string_view text, const std::string& where) {
    std::vector<std::uint8_t> bytes;
    std::uint32_t bits = 0;
    int count = 0;
    for (const char c : text) {
        if (c == '=' || c == '\n' || c == '\r') continue;
        const std::size_t digit = kDigits.find(c);
        if (digit == std::string_view::npos) {
            throw Error(ErrorCode::Input, where + ": its mask is not base64");
        }
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        count += 6;
        if (count < 8) continue;
        count -= 8;
        bytes.push_back(static_cast<std::uint8_t>(bits >> static_cast<unsigned>(count)));
    }
    return bytes;
}

std::string fileOf(FrameIndex frame, const char* extension) {
    return fs::path(davisFileName(frame)).replace_extension(extension).string();
}

Json shapeJson(const SetObject& object, const CocoRle& rle) {
    const BoxPx box = factsOf(rle).box;
    const Raster<std::uint8_t> inside = decodeCocoRle(rle);
    PngImage png;
    png.values8 = Raster<std::uint8_t>(box.size(), 1);
    for (int y = box.y0; y < box.y1; ++y) {
        std::copy_n(inside.row(y) + box.x0, box.x1 - box.x0, png.values8.row(y - box.y0));
    }
    const bool classed = !object.category.empty();
    return {{"label", classed ? object.category : object.name},
            {"points",
             Json::array({Json::array({box.x0, box.y0}), Json::array({box.x1 - 1, box.y1 - 1})})},
            {"group_id", object.id},
            {"description", classed ? object.name : std::string()},
            {"shape_type", "mask"},
            {"flags", Json::object()},
            {"mask", base64(encodePng(png))}};
}

using Corners = std::vector<PolygonCorner>;

Corners pointsOf(const nlohmann::json& shape, const std::string& where) {
    Corners corners;
    for (const nlohmann::json& point : jsonArray(shape, "points", where)) {
        if (!point.is_array() || point.size() != 2) {
            throw Error(ErrorCode::Input, where + ": a point is not an x, y pair");
        }
        corners.push_back({jsonNumber(point[0], where), jsonNumber(point[1], where)});
    }
    return corners;
}

CocoRle maskShape(const nlohmann::json& shape, const Corners& corners, SizePx size,
                  const std::string& where) {
    const nlohmann::json& mask = jsonMember(shape, "mask", where);
    if (!mask.is_string() || corners.size() != 2) {
        throw Error(ErrorCode::Input, where + ": a mask needs two points and a PNG");
    }
    PngImage png = decodePng(bytesOfBase64(mask.get_ref<const std::string&>(), where), where);
    if (pngChannels(png.kind) != 1 || png.bitDepth == 16) {
        throw Error(ErrorCode::Input, where + ": its mask is not a grey image");
    }
    const double left = std::floor(corners[0].x);
    const double top = std::floor(corners[0].y);
    const bool fits = left >= 0 && top >= 0 && left + png.size().width <= size.width &&
                      top + png.size().height <= size.height;
    const bool boxed = std::floor(corners[1].x) - left + 1 == png.size().width &&
                       std::floor(corners[1].y) - top + 1 == png.size().height;
    if (!fits || !boxed) {
        throw Error(ErrorCode::Input,
                    where + ": its mask of " + sizeText(png.size()) +
                        " does not fill the box of its points, or extends beyond the image of " +
                        sizeText(size));
    }
    Raster<std::uint8_t> inside(size, 1);
    for (int y = 0; y < png.size().height; ++y) {
        for (int x = 0; x < png.size().width; ++x) {
            if (png.values8.at(y, x) == 0) continue;
            inside.at(y + static_cast<int>(top), x + static_cast<int>(left)) = 1;
        }
    }
    return cocoRleOf(inside);
}

CocoRle shapeOf(const nlohmann::json& shape, SizePx size, const std::string& where) {
    const std::string type = jsonText(shape, "shape_type", where, "polygon");
    Corners corners = pointsOf(shape, where);
    if (type == "mask") return maskShape(shape, corners, size, where);
    if (type == "rectangle" && corners.size() == 2) {
        const auto [a, b] = std::pair(corners[0], corners[1]);
        return rleOfPolygon(Corners{{a.x, a.y}, {b.x, a.y}, {b.x, b.y}, {a.x, b.y}}, size);
    }
    if (type == "polygon" && corners.size() >= 3) return rleOfPolygon(corners, size);
    throw Error(ErrorCode::Input,
                where + ": a shape of type \"" + type + "\" with " +
                    std::to_string(corners.size()) +
                    " points has no area; masks, polygons and rectangles are read");
}

std::vector<fs::path> jsonFilesIn(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        const fs::path& path = at->path();
        if (lowerExtension(path) == ".json" && path.filename() != "manifest.json" && isFile(path)) {
            files.push_back(path);
        }
    }
    std::ranges::sort(files, [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return files;
}

/// Reads the files of a folder one after the other.
class LabelmeReader {
public:
    FrameMasks add(const fs::path& file) {
        const nlohmann::json all = readJsonFile(file);
        const std::string name = file.string();
        const SizePx size{static_cast<int>(jsonInteger(all, "imageWidth", 1, kLongestSide, name)),
                          static_cast<int>(jsonInteger(all, "imageHeight", 1, kLongestSide, name))};
        if (size_.empty()) size_ = size;
        if (size != size_ || size.area() > kRleMaxPixels) {
            throw Error(ErrorCode::Input, name + " is for images of " + sizeText(size) +
                                              ", the first file for " + sizeText(size_));
        }
        std::map<int, CocoRle> shapes;
        const nlohmann::json& list = jsonArray(all, "shapes", name);
        for (std::size_t i = 0; i < list.size(); ++i) {
            const std::string where = name + ": shape " + std::to_string(i);
            const int id = objectOf(list[i], where);
            CocoRle rle = shapeOf(list[i], size, where);
            const auto found = shapes.find(id);
            if (found == shapes.end()) {
                shapes.emplace(id, std::move(rle));
            } else {
                found->second = unionOf(found->second, rle);
            }
        }
        std::vector<ObjectShape> masks;
        for (auto& [id, rle] : shapes) masks.push_back({id, std::move(rle)});
        return FrameMasks(size, std::move(masks));
    }

    /// Reserves the group ids before labels without one get theirs.
    void noteGroups(const nlohmann::json& all, const std::string& name) {
        for (const nlohmann::json& shape : jsonArray(all, "shapes", name)) {
            if (jsonOptional(shape, "group_id") == nullptr) continue;
            const auto group =
                jsonInteger(shape, "group_id", 0, kHighestSetObject - 1, name + ": a shape");
            groups_.insert(static_cast<int>(group));
        }
    }
    [[nodiscard]] SizePx size() const noexcept { return size_; }
    [[nodiscard]] std::vector<SetObject> objects() const {
        std::vector<SetObject> objects;
        for (const auto& [id, object] : objects_) objects.push_back(object);
        return objects;
    }

private:
    int objectOf(const nlohmann::json& shape, const std::string& where) {
        const std::string label = jsonText(shape, "label", where);
        const std::string description = jsonText(shape, "description", where);
        int id = 0;
        if (jsonOptional(shape, "group_id") != nullptr) {
            id = static_cast<int>(jsonInteger(shape, "group_id", 0, kHighestSetObject - 1, where));
            if (groups_.contains(0)) ++id;
        } else {
            const auto [place, isNew] = byLabel_.emplace(label, 0);
            if (isNew) place->second = freeId();
            id = place->second;
        }
        SetObject object{id, description.empty() ? label : description,
                         description.empty() ? std::string() : label};
        if (object.name.empty()) object.name = defaultObjectName(id);
        objects_.try_emplace(id, std::move(object));
        return id;
    }
    int freeId() {
        const int shift = groups_.contains(0) ? 1 : 0;
        while (groups_.contains(nextFree_ - shift)) ++nextFree_;
        return nextFree_++;
    }

    SizePx size_;
    std::set<int> groups_;
    std::map<std::string, int> byLabel_;
    int nextFree_ = 1;
    std::map<int, SetObject> objects_;
};

}  // namespace

std::vector<std::string> writeLabelmeSet(const MaskSet& set, const fs::path& folder,
                                         const Progress& progress) {
    std::vector<std::string> files;
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, files.size(), set);
        Json shapes = Json::array();
        for (const ObjectShape& shape : set.read(frame).shapes()) {
            shapes.push_back(shapeJson(*set.find(shape.object), shape.rle));
        }
        const Json all{{"version", kVersion},         {"flags", Json::object()},
                       {"shapes", std::move(shapes)}, {"imagePath", fileOf(frame, ".jpg")},
                       {"imageData", nullptr},        {"imageHeight", set.size.height},
                       {"imageWidth", set.size.width}};
        files.push_back(fileOf(frame, ".json"));
        writeFormatText(folder / files.back(), all.dump(2) + "\n");
    }
    return files;
}

MaskSet readLabelmeSet(const MaskReadRequest& request) {
    std::vector<fs::path> files =
        isFolder(request.path) ? jsonFilesIn(request.path) : std::vector<fs::path>{request.path};
    if (files.empty()) {
        throw Error(ErrorCode::Input, "there are no JSON files in " + request.path.string());
    }
    const auto places = placeFrames(files, request, request.path.string());
    LabelmeReader reader;
    for (const fs::path& file : files) reader.noteGroups(readJsonFile(file), file.string());
    // Run lengths are small enough to be kept.
    const auto masks = std::make_shared<std::map<FrameIndex, FrameMasks>>();
    for (std::size_t i = 0; i < files.size(); ++i) masks->emplace(places[i], reader.add(files[i]));
    MaskSet set;
    set.name = fs::weakly_canonical(request.path).filename().string();
    setFrames(set, places);
    set.size = reader.size();
    set.objects = reader.objects();
    set.read = [masks](FrameIndex frame) { return masks->at(frame); };
    return set;
}

bool looksLikeLabelme(const fs::path& path) {
    const std::vector<fs::path> files =
        isFolder(path) ? jsonFilesIn(path) : std::vector<fs::path>{path};
    if (files.empty() || lowerExtension(files.front()) != ".json") return false;
    const nlohmann::json first = readJsonFile(files.front());
    return first.is_object() && first.contains("shapes");
}

}  // namespace mcj
