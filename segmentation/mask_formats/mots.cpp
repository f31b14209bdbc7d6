#include "segmentation/mask_formats/mots.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <utility>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "media/io/png_file.h"
#include "segmentation/mask_formats/coco_shapes.h"
#include "segmentation/mask_formats/davis.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kInstances = "instances";
constexpr const char* kLabels = "labels.txt";
constexpr const char* kTextFile = "masks.txt";
constexpr int kPerCategory = 1000;
constexpr int kIgnoredNumber = 10000;
constexpr int kIgnoredCategory = 10;
constexpr const char* kNoCategory = "object";

/// The categories of a set, numbered from 1.
class Numbering {
public:
    explicit Numbering(const MaskSet& set) {
        std::set<std::string> all;
        for (const SetObject& object : set.objects) all.insert(nameOf(object));
        const bool joined = std::cmp_greater(all.size(), kMostMotsCategories);
        for (const SetObject& object : set.objects) {
            const std::string name = joined ? kNoCategory : nameOf(object);
            const auto found = std::ranges::find(names_, name);
            const auto at = static_cast<int>(found - names_.begin());
            if (found == names_.end()) names_.push_back(name);
            numbers_[object.id] = (at + 1) * kPerCategory + object.id;
        }
    }
    [[nodiscard]] int of(int object) const { return numbers_.at(object); }
    [[nodiscard]] std::string labels() const {
        std::string text;
        for (const std::string& name : names_) text += name + "\n";
        return text;
    }

private:
    static std::string nameOf(const SetObject& object) {
        return object.category.empty() ? kNoCategory : object.category;
    }
    std::vector<std::string> names_;
    std::map<int, int> numbers_;
};

std::vector<std::string> readLabels(const fs::path& file) {
    std::vector<std::string> names;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        if (!line.empty() && line.back() == '\r') line.pop_back();
        names.push_back(line);
    }
    return names;
}

/// Ids of objects by number: the instance where it is unique and not 0, else in the order of the
/// numbers.
std::map<int, int> idsOf(const std::set<int>& numbers) {
    std::set<int> instances;
    for (const int number : numbers) instances.insert(number % kPerCategory);
    const bool unique = instances.size() == numbers.size() && !instances.contains(0);
    std::map<int, int> ids;
    for (const int number : numbers) {
        ids[number] = unique ? number % kPerCategory : static_cast<int>(ids.size()) + 1;
    }
    return ids;
}

void addObjects(MaskSet& set, const std::map<int, int>& ids,
                const std::vector<std::string>& labels) {
    for (const auto& [number, id] : ids) {
        const auto category = static_cast<std::size_t>(number / kPerCategory);
        SetObject object{id, defaultObjectName(id), std::to_string(category)};
        if (category >= 1 && category <= labels.size()) object.category = labels[category - 1];
        if (object.category == kNoCategory) object.category.clear();
        if (id != number % kPerCategory) object.name += " (" + std::to_string(number) + ")";
        set.objects.push_back(std::move(object));
    }
    std::ranges::sort(set.objects, {}, &SetObject::id);
}

fs::path pictureFolder(const fs::path& path) {
    return isFolder(path / kInstances) ? path / kInstances : path;
}

Raster<std::uint16_t> readNumbers(const fs::path& file) {
    PngImage png = readMaskPng(file);
    if (png.kind == PngKind::Grey && png.bitDepth == 16) return std::move(png.values16);
    throw Error(ErrorCode::Input, file.string() + " is not a grey PNG of 16 bits");
}

/// MOTS pictures by frame.
struct NumberFiles {
    SizePx size;
    std::map<FrameIndex, fs::path> byFrame;
    std::map<int, int> ids;

    [[nodiscard]] Raster<std::uint16_t> numbers(FrameIndex frame) const {
        Raster<std::uint16_t> numbers = readNumbers(byFrame.at(frame));
        if (numbers.size() == size) return numbers;
        throw Error(ErrorCode::Input, byFrame.at(frame).string() + " is " +
                                          sizeText(numbers.size()) + ", but the first mask is " +
                                          sizeText(size));
    }
    [[nodiscard]] FrameMasks read(FrameIndex frame) const {
        Raster<std::uint16_t> labels = numbers(frame);
        for (std::uint16_t& value : labels.values()) {
            if (value == kIgnoredNumber) {
                value = kWideVoid;
            } else if (value != 0) {
                value = static_cast<std::uint16_t>(ids.at(value));
            }
        }
        return shapesOfLabels(labels);
    }
};

std::string instanceFile(FrameIndex frame) {
    char name[64];
    std::snprintf(name, sizeof name, "%s/%06lld.png", kInstances, static_cast<long long>(frame));
    return name;
}

/// One line of a text file.
struct MotsLine {
    FrameIndex frame = 0;
    int number = 0;
    int category = 0;
    CocoRle rle;
};

MotsLine lineOf(const std::string& text, const std::string& where) {
    std::istringstream words(text);
    MotsLine line;
    int height = 0;
    int width = 0;
    std::string rle;
    std::string more;
    if (!(words >> line.frame >> line.number >> line.category >> height >> width >> rle) ||
        (words >> more)) {
        throw Error(ErrorCode::Input,
                    where + ": it is not \"frame number category height width rle\"");
    }
    const SizePx size{width, height};
    if (line.frame < 0 || line.frame > kHighestFrame || line.number < 1 ||
        line.number > kIgnoredNumber || size.empty() || size.area() > kRleMaxPixels) {
        throw Error(ErrorCode::Input, where + ": a number is out of range");
    }
    line.rle = checkedRle(std::string_view(rle), size, where);
    return line;
}

std::vector<MotsLine> linesOf(const fs::path& file) {
    std::ifstream stream(file);
    if (!stream) throw Error(ErrorCode::Input, file.string() + " cannot be read");
    std::vector<MotsLine> lines;
    int number = 0;
    for (std::string text; std::getline(stream, text);) {
        ++number;
        if (!text.empty() && text.back() == '\r') text.pop_back();
        if (text.empty()) continue;
        const std::string where = file.string() + ": line " + std::to_string(number);
        lines.push_back(lineOf(text, where));
        if (lines.back().rle.size != lines.front().rle.size) {
            throw Error(ErrorCode::Input,
                        where + ": its size is " + sizeText(lines.back().rle.size) +
                            ", but the first one is " + sizeText(lines.front().rle.size));
        }
    }
    return lines;
}

struct TextMasks {
    SizePx size;
    std::map<FrameIndex, std::vector<ObjectShape>> shapes;
    std::map<FrameIndex, CocoRle> ignored;

    [[nodiscard]] FrameMasks read(FrameIndex frame) const {
        const auto found = shapes.find(frame);
        const auto none = ignored.find(frame);
        return FrameMasks(size, found == shapes.end() ? std::vector<ObjectShape>() : found->second,
                          none == ignored.end() ? std::nullopt : std::optional(none->second));
    }
};

fs::path textFileOf(const fs::path& path) { return isFolder(path) ? path / kTextFile : path; }

}  // namespace

std::vector<std::string> writeMotsPngSet(const MaskSet& set, const fs::path& folder,
                                         const Progress& progress) {
    const Numbering numbering(set);
    fs::create_directory(folder / kInstances);
    std::vector<std::string> files;
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, files.size(), set);
        PngImage png;
        png.bitDepth = 16;
        png.values16 = set.read(frame).wideLabels();
        for (std::uint16_t& value : png.values16.values()) {
            if (value == kWideVoid) {
                value = kIgnoredNumber;
            } else if (value != 0) {
                value = static_cast<std::uint16_t>(numbering.of(value));
            }
        }
        files.push_back(instanceFile(frame));
        writePng(folder / files.back(), png, Flush::WithFolder);
    }
    files.push_back(std::string(kInstances) + "/" + kLabels);
    writeFormatText(folder / files.back(), numbering.labels());
    return files;
}

MaskSet readMotsPngSet(const MaskReadRequest& request) {
    const fs::path folder = pictureFolder(request.path);
    const auto files = std::make_shared<NumberFiles>();
    const std::vector<fs::path> pictures = listMaskFiles(folder);
    const auto places = placeFrames(pictures, request, folder.string());
    files->size = readNumbers(pictures.front()).size();
    for (std::size_t i = 0; i < pictures.size(); ++i) files->byFrame[places[i]] = pictures[i];
    MaskSet set;
    setFrames(set, places);
    set.size = files->size;
    std::set<int> numbers;
    for (const FrameIndex frame : set.frames) {
        const Raster<std::uint16_t> values = files->numbers(frame);
        int last = 0;
        for (const std::uint16_t value : values.values()) {
            if (value != last && value != 0 && value != kIgnoredNumber) numbers.insert(value);
            last = value;
        }
    }
    files->ids = idsOf(numbers);
    addObjects(set, files->ids, readLabels(folder / kLabels));
    set.read = [files](FrameIndex frame) { return files->read(frame); };
    return set;
}

bool looksLikeMotsPng(const fs::path& path) {
    if (!isFolder(path)) return false;
    const auto outcome = runGuarded([&path] {
        const PngImage first = readMaskPng(listMaskFiles(pictureFolder(path)).front());
        return first.kind == PngKind::Grey && first.bitDepth == 16;
    });
    return outcome.ok() && outcome.value();
}

std::vector<std::string> writeMotsTextSet(const MaskSet& set, const fs::path& folder,
                                          const Progress& progress) {
    const Numbering numbering(set);
    std::string text;
    const auto add = [&](FrameIndex frame, int number, int category, const CocoRle& rle) {
        text += std::to_string(frame) + ' ' + std::to_string(number) + ' ' +
                std::to_string(category) + ' ' + std::to_string(set.size.height) + ' ' +
                std::to_string(set.size.width) + ' ' + cocoCountsToString(rle.counts) + '\n';
    };
    std::size_t done = 0;
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, done++, set);
        const FrameMasks masks = set.read(frame);
        for (const ObjectShape& shape : masks.shapes()) {
            const int number = numbering.of(shape.object);
            add(frame, number, number / kPerCategory, shape.rle);
        }
        if (const auto ignored = masks.ignored()) {
            add(frame, kIgnoredNumber, kIgnoredCategory, *ignored);
        }
    }
    writeFormatText(folder / kTextFile, text);
    writeFormatText(folder / kLabels, numbering.labels());
    return {kTextFile, kLabels};
}

MaskSet readMotsTextSet(const MaskReadRequest& request) {
    const fs::path file = textFileOf(request.path);
    const std::vector<MotsLine> lines = linesOf(file);
    const auto masks = std::make_shared<TextMasks>();
    std::set<int> numbers;
    FrameIndex end = 0;
    for (const MotsLine& line : lines) {
        if (line.number != kIgnoredNumber) numbers.insert(line.number);
        end = std::max(end, line.frame + 1);
        masks->size = line.rle.size;
    }
    const std::map<int, int> ids = idsOf(numbers);
    for (const MotsLine& line : lines) {
        if (line.number == kIgnoredNumber) {
            masks->ignored.emplace(line.frame, line.rle);
            continue;
        }
        auto& shapes = masks->shapes[line.frame];
        const int id = ids.at(line.number);
        if (std::ranges::find(shapes, id, &ObjectShape::object) != shapes.end()) {
            throw Error(ErrorCode::Input, file.string() + ": frame " + std::to_string(line.frame) +
                                              " has two masks of " + std::to_string(line.number));
        }
        shapes.push_back({id, line.rle});
    }
    MaskSet set;
    std::vector<FrameIndex> frames;
    for (FrameIndex frame = 0; frame < end; ++frame) frames.push_back(frame);
    setFrames(set, std::move(frames));
    set.size = masks->size;
    addObjects(set, ids, readLabels(file.parent_path() / kLabels));
    set.read = [masks](FrameIndex frame) { return masks->read(frame); };
    return set;
}

bool looksLikeMotsText(const fs::path& path) {
    const fs::path file = textFileOf(path);
    return lowerExtension(file) == ".txt" && isFile(file);
}

}  // namespace mcj
