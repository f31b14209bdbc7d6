#include "segmentation/mask_formats/cvat_xml.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "segmentation/mask_formats/coco_shapes.h"
#include "segmentation/mask_formats/xml_tree.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFile = "annotations.xml";
constexpr std::int64_t kLongestSide = 1 << 20;

fs::path xmlOf(const fs::path& path) { return isFolder(path) ? path / kFile : path; }

// Writing ----------------------------------------------------------------------------------------

std::string labelOf(const SetObject& object) {
    return object.category.empty() ? object.name : object.category;
}

/// The attributes of a mask element that describe its pixels.
std::string pixelsText(const CocoRle& rle) {
    const BoxPx box = factsOf(rle).box;
    const Raster<std::uint8_t> inside = decodeCocoRle(rle);
    std::string runs;
    std::uint8_t value = 0;
    std::int64_t run = 0;
    const auto end = [&runs, &run] {
        if (!runs.empty()) runs += ", ";
        runs += std::to_string(run);
        run = 0;
    };
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) {
            if (inside.at(y, x) != value) {
                end();
                value ^= 1U;
            }
            ++run;
        }
    }
    end();
    return " rle=\"" + runs + "\" left=\"" + std::to_string(box.x0) + "\" top=\"" +
           std::to_string(box.y0) + "\" width=\"" + std::to_string(box.size().width) +
           "\" height=\"" + std::to_string(box.size().height) + "\" z_order=\"0\"";
}

std::string maskText(FrameIndex frame, const SetObject& object, const std::string& pixels,
                     const char* outside) {
    std::string text = "    <mask frame=\"" + std::to_string(frame) +
                       "\" keyframe=\"1\" outside=\"" + outside + "\" occluded=\"0\"" + pixels +
                       ">\n";
    if (!object.category.empty()) {
        text += "      <attribute name=\"name\">" + xmlEscaped(object.name) + "</attribute>\n";
    }
    return text + "    </mask>\n";
}

std::string metaText(const MaskSet& set) {
    std::string text = "  <version>1.1</version>\n  <meta>\n    <task>\n      <name>" +
                       xmlEscaped(set.name) + "</name>\n      <size>" + std::to_string(set.end) +
                       "</size>\n      <mode>interpolation</mode>\n      <start_frame>0"
                       "</start_frame>\n      <stop_frame>" +
                       std::to_string(set.end - 1) + "</stop_frame>\n      <labels>\n";
    std::map<std::string, bool> labels;  // whether its objects have names besides
    for (const SetObject& object : set.objects) {
        labels[labelOf(object)] = labels[labelOf(object)] || !object.category.empty();
    }
    for (const auto& [label, named] : labels) {
        text += "        <label>\n          <name>" + xmlEscaped(label) + "</name>\n";
        text += named ? "          <attributes>\n            <attribute>\n              <name>name"
                        "</name>\n              <mutable>False</mutable>\n              "
                        "<input_type>text</input_type>\n              <default_value></default_"
                        "value>\n              <values></values>\n            </attribute>\n"
                        "          </attributes>\n"
                      : "          <attributes></attributes>\n";
        text += "        </label>\n";
    }
    return text + "      </labels>\n      <original_size>\n        <width>" +
           std::to_string(set.size.width) + "</width>\n        <height>" +
           std::to_string(set.size.height) +
           "</height>\n      </original_size>\n    </task>\n  </meta>\n";
}

// Reading ----------------------------------------------------------------------------------------

std::int64_t integerIn(const std::string& text, std::int64_t low, std::int64_t high,
                       const std::string& where) {
    std::int64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [at, failed] = std::from_chars(text.data(), end, number);
    if (failed == std::errc{} && at == end && number >= low && number <= high) return number;
    throw Error(ErrorCode::Input, where + " is \"" + text + "\", not a number of " +
                                      std::to_string(low) + " to " + std::to_string(high));
}

const std::string& attribute(const XmlElement& element, const char* name,
                             const std::string& where) {
    const auto found = element.attributes.find(name);
    if (found != element.attributes.end()) return found->second;
    throw Error(ErrorCode::Input, where + " has no attribute \"" + name + "\"");
}

bool isSet(const XmlElement& element, const char* name) {
    const auto found = element.attributes.find(name);
    return found != element.attributes.end() && found->second == "1";
}

/// Numbers that are separated by `separators`.
std::vector<double> numbersIn(const std::string& text, const char* separators,
                              const std::string& where) {
    std::vector<double> numbers;
    for (std::size_t at = text.find_first_not_of(separators); at != std::string::npos;
         at = text.find_first_not_of(separators, at)) {
        const std::size_t end = std::min(text.find_first_of(separators, at), text.size());
        double number = 0.0;
        const auto [stop, failed] = std::from_chars(text.data() + at, text.data() + end, number);
        if (failed != std::errc{} || stop != text.data() + end) {
            throw Error(ErrorCode::Input,
                        where + ": \"" + text.substr(at, end - at) + "\" is not a number");
        }
        numbers.push_back(number);
        at = end;
    }
    return numbers;
}

CocoRle maskOf(const XmlElement& element, SizePx size, const std::string& where) {
    const auto side = [&](const char* name, std::int64_t low, std::int64_t high) {
        return static_cast<int>(
            integerIn(attribute(element, name, where), low, high, where + ": " + name));
    };
    const int left = side("left", 0, size.width - 1);
    const int top = side("top", 0, size.height - 1);
    const int width = side("width", 1, size.width - left);
    const int height = side("height", 1, size.height - top);
    const std::size_t area = SizePx{width, height}.area();
    Raster<std::uint8_t> inside(size, 1);
    std::size_t at = 0;
    std::uint8_t value = 0;
    for (const double run : numbersIn(attribute(element, "rle", where), ", ", where + ": rle")) {
        if (run < 0.0 || run > static_cast<double>(area - at)) {
            throw Error(ErrorCode::Input,
                        where + ": its run lengths exceed its box of " + sizeText({width, height}));
        }
        const std::size_t end = at + static_cast<std::size_t>(run);
        for (; at < end; ++at) {
            const auto x = static_cast<int>(at % static_cast<std::size_t>(width));
            const auto y = static_cast<int>(at / static_cast<std::size_t>(width));
            inside.at(top + y, left + x) = value;
        }
        value ^= 1U;
    }
    if (at == area) return cocoRleOf(inside);
    throw Error(ErrorCode::Input, where + ": its run lengths are " + std::to_string(at) +
                                      " pixels, but its box has " + std::to_string(area));
}

CocoRle shapeOf(const XmlElement& element, SizePx size, const std::string& where) {
    if (element.name == "mask") return maskOf(element, size, where);
    std::vector<PolygonCorner> corners;
    if (element.name == "polygon") {
        const auto numbers = numbersIn(attribute(element, "points", where), ",;", where);
        if (numbers.size() < 6 || numbers.size() % 2 != 0) {
            throw Error(ErrorCode::Input, where + ": its points are not at least three x,y pairs");
        }
        for (std::size_t i = 0; i < numbers.size(); i += 2) {
            corners.push_back({numbers[i], numbers[i + 1]});
        }
        return rleOfPolygon(corners, size);
    }
    if (element.name == "box") {
        const auto side = [&](const char* name) {
            const auto numbers = numbersIn(attribute(element, name, where), " ", where);
            if (numbers.size() == 1) return numbers.front();
            throw Error(ErrorCode::Input, where + ": \"" + name + "\" is not a number");
        };
        const double x0 = side("xtl");
        const double y0 = side("ytl");
        const double x1 = side("xbr");
        const double y1 = side("ybr");
        return rleOfPolygon(std::vector<PolygonCorner>{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}},
                            size);
    }
    throw Error(ErrorCode::Input,
                where + ": a " + element.name + " has no area; masks, polygons and boxes are read");
}

const XmlElement& taskOf(const XmlElement& root, const std::string& file) {
    if (const XmlElement* meta = root.child("meta")) {
        for (const char* name : {"task", "job"}) {
            if (const XmlElement* task = meta->child(name)) return *task;
        }
    }
    throw Error(ErrorCode::Input, file + ": it has no meta element with a task",
                "Export the task from CVAT as \"CVAT for video 1.1\".");
}

std::int64_t numberBelow(const XmlElement& element, const char* name, std::int64_t low,
                         std::int64_t high, const std::string& where) {
    const XmlElement* child = element.child(name);
    if (child == nullptr) throw Error(ErrorCode::Input, where + " has no element " + name);
    return integerIn(child->text, low, high, where + ": " + name);
}

struct CvatShapes {
    SizePx size;
    std::map<FrameIndex, std::vector<ObjectShape>> byFrame;
};

/// Adds the masks of a track; returns its name attribute.
std::string readTrack(const XmlElement& track, int id, FrameIndex frames, CvatShapes& shapes,
                      const std::string& file) {
    std::string name;
    for (const XmlElement& element : track.children) {
        const std::string where = file + ": line " + std::to_string(element.line);
        const FrameIndex frame =
            integerIn(attribute(element, "frame", where), 0, frames - 1, where + ": frame");
        for (const XmlElement& fact : element.children) {
            const auto key = fact.attributes.find("name");
            if (key != fact.attributes.end() && key->second == "name") name = fact.text;
        }
        if (isSet(element, "outside")) continue;
        auto& list = shapes.byFrame[frame];
        if (std::ranges::find(list, id, &ObjectShape::object) != list.end()) {
            throw Error(ErrorCode::Input,
                        where + ": the track has two masks in frame " + std::to_string(frame));
        }
        list.push_back({id, shapeOf(element, shapes.size, where)});
    }
    return name;
}

/// Ids of tracks as they are; counted from 1 where they are counted from 0.
std::vector<int> trackIds(const std::vector<const XmlElement*>& tracks, const std::string& file) {
    std::vector<int> ids;
    std::set<int> seen;
    for (const XmlElement* track : tracks) {
        const std::string where = file + ": line " + std::to_string(track->line);
        ids.push_back(static_cast<int>(
            integerIn(attribute(*track, "id", where), 0, kHighestSetObject - 1, where + ": id")));
        if (seen.insert(ids.back()).second) continue;
        throw Error(ErrorCode::Input,
                    where + ": the id " + std::to_string(ids.back()) + " occurs twice");
    }
    if (seen.contains(0)) {
        for (int& id : ids) ++id;
    }
    return ids;
}

}  // namespace

std::vector<std::string> writeCvatSet(const MaskSet& set, const fs::path& folder,
                                      const Progress& progress) {
    std::map<int, std::string> tracks;
    std::map<int, std::string> present;  // pixels of the last frame, of objects that are there
    std::size_t done = 0;
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, done++, set);
        std::map<int, std::string> now;
        for (const ObjectShape& shape : set.read(frame).shapes()) {
            now[shape.object] = pixelsText(shape.rle);
            tracks[shape.object] +=
                maskText(frame, *set.find(shape.object), now[shape.object], "0");
        }
        for (const auto& [id, pixels] : present) {
            if (!now.contains(id)) tracks[id] += maskText(frame, *set.find(id), pixels, "1");
        }
        present = std::move(now);
    }
    std::string text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<annotations>\n";
    text += metaText(set);
    for (const SetObject& object : set.objects) {
        text += "  <track id=\"" + std::to_string(object.id) + "\" label=\"" +
                xmlEscaped(labelOf(object)) + "\" source=\"manual\">\n" + tracks[object.id] +
                "  </track>\n";
    }
    writeFormatText(folder / kFile, text + "</annotations>\n");
    return {kFile};
}

MaskSet readCvatSet(const MaskReadRequest& request) {
    const std::string file = xmlOf(request.path).string();
    const XmlElement root = readXmlFile(xmlOf(request.path));
    if (root.child("image") != nullptr) {
        throw Error(ErrorCode::Input, file + " is \"CVAT for images\", which has no tracks",
                    "Export the task from CVAT as \"CVAT for video 1.1\".");
    }
    const XmlElement& task = taskOf(root, file);
    const XmlElement* original = task.child("original_size");
    if (original == nullptr) {
        throw Error(ErrorCode::Input, file + ": it does not state the size of the frames");
    }
    const auto shapes = std::make_shared<CvatShapes>();
    shapes->size.width = static_cast<int>(numberBelow(*original, "width", 1, kLongestSide, file));
    shapes->size.height = static_cast<int>(numberBelow(*original, "height", 1, kLongestSide, file));
    if (shapes->size.area() > kRleMaxPixels) {
        throw Error(ErrorCode::Input,
                    file + ": frames of " + sizeText(shapes->size) + " are too large");
    }
    const FrameIndex count = numberBelow(task, "size", 1, kHighestFrame + 1, file);
    MaskSet set;
    if (const XmlElement* name = task.child("name")) set.name = name->text;
    std::vector<FrameIndex> frames;
    for (FrameIndex frame = 0; frame < count; ++frame) frames.push_back(frame);
    setFrames(set, std::move(frames));
    set.size = shapes->size;
    std::vector<const XmlElement*> tracks;
    for (const XmlElement& element : root.children) {
        if (element.name == "track") tracks.push_back(&element);
    }
    const std::vector<int> ids = trackIds(tracks, file);
    for (std::size_t i = 0; i < tracks.size(); ++i) {
        const std::string name = readTrack(*tracks[i], ids[i], count, *shapes, file);
        const std::string label =
            attribute(*tracks[i], "label", file + ": line " + std::to_string(tracks[i]->line));
        SetObject object{ids[i], name.empty() ? label : name, name.empty() ? "" : label};
        if (object.name.empty()) object.name = defaultObjectName(object.id);
        set.objects.push_back(std::move(object));
    }
    std::ranges::sort(set.objects, {}, &SetObject::id);
    set.read = [shapes](FrameIndex frame) {
        const auto found = shapes->byFrame.find(frame);
        return FrameMasks(shapes->size, found == shapes->byFrame.end() ? std::vector<ObjectShape>()
                                                                       : found->second);
    };
    return set;
}

bool looksLikeCvat(const fs::path& path) {
    const fs::path file = xmlOf(path);
    return lowerExtension(file) == ".xml" && isFile(file);
}

}  // namespace mcj
