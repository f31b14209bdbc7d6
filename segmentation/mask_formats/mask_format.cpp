#include "segmentation/mask_formats/mask_format.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/io/atomic_file.h"
#include "media/io/manifest.h"
#include "media/io/natural_order.h"
#include "segmentation/mask_formats/area_csv.h"
#include "segmentation/mask_formats/coco_json.h"
#include "segmentation/mask_formats/cvat_xml.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/label_png.h"
#include "segmentation/mask_formats/labelme_json.h"
#include "segmentation/mask_formats/mask_places.h"
#include "segmentation/mask_formats/mots.h"
#include "segmentation/mask_formats/sav_json.h"
#include "segmentation/mask_formats/soft_pictures.h"
#include "segmentation/mask_manifest.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr int kHighestLabel = 254;

constexpr std::array kFormats{
    MaskFormat{"davis",
               "DAVIS PNG",
               "one indexed PNG per frame with the DAVIS palette, 00000.png on",
               {.ignored = true, .highestId = kHighestLabel},
               writeDavisSet,
               readDavisSet,
               looksLikeDavis,
               davisPlaces},
    MaskFormat{"youtube-vos",
               "YouTube-VOS",
               "Annotations/VIDEO/00000.png of frames with a mask, and meta.json",
               {.categories = true, .ignored = true, .gaps = true, .highestId = kHighestLabel},
               writeYoutubeVosSet,
               readYoutubeVosSet,
               looksLikeYoutubeVos,
               youtubeVosPlaces},
    MaskFormat{"sa-v",
               "SA-V",
               "one folder of PNGs per object, 001/00000.png; objects may overlap",
               {.overlap = true, .gaps = true},
               writeSavSet,
               readSavSet,
               looksLikeSav,
               savPlaces},
    MaskFormat{"sa-v-json",
               "SA-V JSON",
               "VIDEO_manual.json of SA-V's training set, run lengths of every fourth frame",
               {.overlap = true, .gaps = true},
               nullptr,
               readSavJsonSet,
               looksLikeSavJson},
    MaskFormat{"coco",
               "COCO JSON",
               "annotations.json with run lengths per object and frame",
               {.overlap = true, .names = true, .categories = true, .gaps = true},
               writeCocoSet,
               readCocoSet,
               looksLikeCoco},
    MaskFormat{"youtube-vis",
               "YouTube-VIS JSON",
               "annotations.json with one list of run lengths per object",
               {.overlap = true, .names = true, .categories = true, .gaps = true},
               writeYoutubeVisSet,
               readYoutubeVisSet,
               looksLikeYoutubeVis},
    MaskFormat{"cvat",
               "CVAT for video 1.1",
               "annotations.xml with one track per object",
               {.overlap = true, .names = true, .categories = true},
               writeCvatSet,
               readCvatSet,
               looksLikeCvat},
    MaskFormat{"labelme",
               "LabelMe JSON",
               "one JSON file per frame, 00000.json on",
               {.overlap = true, .names = true, .categories = true, .gaps = true},
               writeLabelmeSet,
               readLabelmeSet,
               looksLikeLabelme},
    MaskFormat{"mots-png",
               "MOTS PNG",
               "instances/000000.png with 16 bits, category * 1000 + object, and labels.txt",
               {.categories = true,
                .ignored = true,
                .gaps = true,
                .highestId = kHighestMotsInstance,
                .mostCategories = kMostMotsCategories},
               writeMotsPngSet,
               readMotsPngSet,
               looksLikeMotsPng},
    MaskFormat{"mots-txt",
               "MOTS text",
               "masks.txt with a line of run lengths per object and frame",
               {.categories = true,
                .ignored = true,
                .highestId = kHighestMotsInstance,
                .mostCategories = kMostMotsCategories},
               writeMotsTextSet,
               readMotsTextSet,
               looksLikeMotsText},
    MaskFormat{"cutie",
               "Cutie or XMem workspace",
               "masks/0000000.png on, indexed PNGs",
               {.ignored = true, .highestId = kHighestLabel},
               writeCutieSet,
               readCutieSet,
               looksLikeCutie,
               cutiePlaces},
    MaskFormat{"soft-png",
               "Soft masks, 16-bit PNG",
               "one folder of PNGs per object, 001/00000.png: probability * 65535 (0 or 65535 for "
               "masks without probabilities)",
               {.overlap = true, .gaps = true, .soft = true},
               writeSoftPngSet,
               readSoftPngSet,
               looksLikeSoftPng},
    MaskFormat{"soft-exr",
               "Soft masks, OpenEXR",
               "one folder of EXRs per object, 001/00000.exr: probability in the channel Y (0 or 1 "
               "for masks without probabilities)",
               {.overlap = true, .gaps = true, .soft = true},
               writeSoftExrSet,
               readSoftExrSet,
               looksLikeSoftExr},
    MaskFormat{"csv",
               "Areas and boxes as CSV",
               "areas.csv: area and bounding box of each object in each frame, no pixels",
               {.overlap = true, .names = true, .categories = true, .gaps = true},
               writeAreaTable,
               nullptr,
               nullptr},
};

/// The order in which a path is tried: formats whose files could be taken for those of a later one
/// come first.
constexpr std::array kDetection{"youtube-vos", "mots-png",    "soft-png", "soft-exr",  "sa-v",
                                "cutie",       "youtube-vis", "coco",     "sa-v-json", "cvat",
                                "mots-txt",    "labelme",     "davis"};

/// The inverse of `frameListText`; none where the text is not of that form.
std::optional<std::vector<FrameIndex>> framesOfText(const std::string& text) {
    std::vector<FrameIndex> frames;
    const char* at = text.data();
    const char* const end = at + text.size();
    const auto number = [&at, end](FrameIndex& value) {
        const auto [next, failed] = std::from_chars(at, end, value);
        at = next;
        return failed == std::errc{} && value >= 0 && value <= kHighestFrame;
    };
    while (at != end) {
        FrameIndex first = 0;
        if (!number(first) || (!frames.empty() && first <= frames.back())) return std::nullopt;
        FrameIndex stop = first + 1;
        if (at != end && *at == ':') {
            ++at;
            if (!number(stop)) return std::nullopt;
        }
        for (FrameIndex frame = first; frame < stop; ++frame) frames.push_back(frame);
        if (at != end && *at++ != ',') return std::nullopt;
    }
    return frames;
}

/// Applies the range of the export and the frames that had no mask, where the files do not tell
/// them: some formats have no frames without objects, others fill such frames.
void applyRange(MaskSet& set, const MaskFormat& format,
                const std::map<std::string, std::string>& options) {
    const auto range = options.find("range");
    if (range == options.end() || range->second.size() < 3) return;
    // "2:7:1", in the syntax of the command line; exports of masks have no step.
    const auto covered = framesOfText(range->second.substr(0, range->second.rfind(':')));
    if (!covered || covered->empty()) return;
    set.begin = covered->front();
    set.end = covered->back() + 1;
    if (format.traits.gaps) return;
    std::vector<FrameIndex> without;
    if (const auto found = options.find("without-mask"); found != options.end()) {
        without = framesOfText(found->second).value_or(without);
    }
    std::vector<FrameIndex> frames;
    std::ranges::set_union(set.frames, *covered, std::back_inserter(frames));
    std::erase_if(frames, [&](FrameIndex frame) {
        const bool inside = std::ranges::binary_search(*covered, frame);
        if (inside && !std::ranges::binary_search(without, frame)) return false;
        if (!set.hasFrame(frame)) return true;
        // A mask may have been added to the folder since.
        const FrameMasks masks = set.read(frame);
        return masks.shapes().empty() && !masks.ignored();
    });
    set.read = [read = set.read, there = set.frames, size = set.size](FrameIndex frame) {
        return std::ranges::binary_search(there, frame) ? read(frame) : FrameMasks(Mask(size));
    };
    set.frames = std::move(frames);
}

/// Adds what is only in a manifest of this program.
void applyManifest(const fs::path& path, const MaskFormat& format, MaskSet& set) {
    const fs::path file = (isFolder(path) ? path : path.parent_path()) / "manifest.json";
    if (!isFile(file)) return;
    // Other programs have files of that name.
    const auto outcome = runGuarded([&file] { return readManifest(file); });
    if (!outcome.ok()) return;
    const Manifest& manifest = outcome.value();
    // Only exports of masks list the objects.
    if (!manifest.options.contains("objects")) return;
    set.source = manifest.source;
    set.source.path = manifest.sourcePath;
    if (set.size.empty()) set.size = manifest.source.size;  // a text without any line
    applyRange(set, format, manifest.options);
    if (!set.frames.empty()) {
        set.begin = std::min(set.begin, set.frames.front());
        set.end = std::max(set.end, set.frames.back() + 1);
    }
    for (SetObject& object : set.objects) {
        const std::string id = std::to_string(object.id);
        const auto name = manifest.options.find("object-" + id);
        const auto category = manifest.options.find("category-" + id);
        if (!format.traits.names && name != manifest.options.end()) object.name = name->second;
        if (!format.traits.categories && category != manifest.options.end()) {
            object.category = category->second;
        }
    }
}

/// The ids of the formats that `wanted` accepts, separated by ", ".
template <typename Wanted>
std::string idsOf(Wanted&& wanted) {
    std::string ids;
    for (const MaskFormat& format : kFormats) {
        if (!wanted(format)) continue;
        if (!ids.empty()) ids += ", ";
        ids += format.id;
    }
    return ids;
}

/// The frames that the names match, if every name has one of its own.
std::optional<std::vector<FrameIndex>> framesByName(const std::vector<fs::path>& names,
                                                    const std::vector<fs::path>& clip) {
    if (clip.empty()) return std::nullopt;
    const FrameNames pictures(clip);
    std::vector<FrameIndex> frames;
    std::set<std::size_t> taken;
    for (const fs::path& name : names) {
        const auto found = pictures.find(name);
        if (!found || !taken.insert(*found).second) return std::nullopt;
        frames.push_back(static_cast<FrameIndex>(*found));
    }
    return frames;
}

/// 0, 1, 2 and so on by the natural order of the names.
std::vector<FrameIndex> framesInOrder(const std::vector<fs::path>& names) {
    std::vector<std::size_t> order(names.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, [&names](std::size_t a, std::size_t b) {
        return naturalLess(names[a].filename().string(), names[b].filename().string());
    });
    std::vector<FrameIndex> frames(names.size());
    for (std::size_t i = 0; i < order.size(); ++i) frames[order[i]] = static_cast<FrameIndex>(i);
    return frames;
}

std::string framesText(std::size_t count) {
    return std::to_string(count) + (count == 1 ? " frame" : " frames");
}

/// The masks of a frame as `traits` allows them.
FrameMasks reduced(const FrameMasks& masks, const MaskFormatTraits& traits) {
    const bool flat = traits.overlap || !masks.overlapping();
    std::vector<ObjectShape> shapes =
        flat ? masks.shapes() : shapesOfLabels(masks.wideLabels()).shapes();
    std::erase_if(shapes,
                  [&traits](const ObjectShape& shape) { return shape.object > traits.highestId; });
    return FrameMasks(masks.size(), std::move(shapes),
                      traits.ignored ? masks.ignored() : std::nullopt);
}

}  // namespace

std::span<const MaskFormat> maskFormats() { return kFormats; }

std::string maskFormatIds() {
    return idsOf([](const MaskFormat& format) { return format.write != nullptr; });
}

std::string readableMaskFormatIds() {
    return idsOf([](const MaskFormat& format) { return format.read != nullptr; });
}

std::string restorableMaskFormatIds() {
    return idsOf([](const MaskFormat& format) { return format.places != nullptr; });
}

const MaskFormat& maskFormat(const std::string& id) {
    const auto found = std::ranges::find(kFormats, id, [](const auto& f) { return f.id; });
    if (found != kFormats.end()) return *found;
    throw Error(ErrorCode::Usage, "there is no mask format \"" + id + "\"",
                "Formats: " + maskFormatIds() + ".");
}

const MaskFormat& readableMaskFormat(const std::string& id) {
    const auto found = std::ranges::find(kFormats, id, [](const auto& f) { return f.id; });
    if (found != kFormats.end() && found->read != nullptr) return *found;
    throw Error(ErrorCode::Usage,
                found == kFormats.end() ? "there is no mask format \"" + id + "\""
                                        : "the format " + id + " can only be written",
                "Formats that can be read: " + readableMaskFormatIds() + ".");
}

std::vector<const MaskFormat*> parseWrittenFormats(const std::string& list) {
    std::vector<const MaskFormat*> formats;
    for (std::size_t begin = 0; begin <= list.size();) {
        const std::size_t end = std::min(list.find(',', begin), list.size());
        const MaskFormat* format = &maskFormat(list.substr(begin, end - begin));
        if (format->write == nullptr) {
            throw Error(ErrorCode::Usage,
                        std::string("the format ") + format->id + " can only be read");
        }
        if (std::ranges::find(formats, format) == formats.end()) formats.push_back(format);
        begin = end + 1;
    }
    return formats;
}

const MaskFormat& detectMaskFormat(const fs::path& path) {
    std::error_code error;
    if (!fs::exists(path, error)) {
        throw Error(ErrorCode::Input, "there is no file or folder " + path.string());
    }
    for (const char* id : kDetection) {
        const MaskFormat& format = maskFormat(id);
        if (format.detect(path)) return format;
    }
    throw Error(ErrorCode::Input, path.string() + " has no masks in a known format",
                "Formats that can be read: " + readableMaskFormatIds() + ".");
}

fs::path maskSetPath(const fs::path& file) {
    if (isFolder(file)) return file;
    const fs::path folder = file.parent_path();
    if (lowerExtension(file) == ".png") {
        return looksLikeSav(folder.parent_path()) ? folder.parent_path() : folder;
    }
    if (lowerExtension(file) == ".exr") {
        return looksLikeSoftExr(folder.parent_path()) ? folder.parent_path() : folder;
    }
    const bool perFrame = lowerExtension(file) == ".json" && looksLikeLabelme(file);
    // A folder that this program wrote has its manifest beside the file.
    return perFrame || isFile(folder / "manifest.json") ? folder : file;
}

MaskSet readMaskSet(const MaskFormat& format, const MaskReadRequest& request) {
    MaskSet set = readableMaskFormat(format.id).read(request);
    applyManifest(request.path, format, set);
    return set;
}

MaskFormatFit fitOf(const MaskSet& set, const MaskFormat& format) {
    const MaskFormatTraits& traits = format.traits;
    MaskFormatFit fit;
    std::size_t overlapping = 0;
    std::size_t ignored = 0;
    const bool look = format.read != nullptr && (!traits.overlap || !traits.ignored);
    for (const FrameIndex frame : set.frames) {
        if (!look) break;
        const FrameMasks masks = set.read(frame);
        if (!traits.overlap && masks.overlapping()) ++overlapping;
        if (!traits.ignored && masks.ignored()) ++ignored;
    }
    if (overlapping > 0) {
        fit.lost.push_back("the overlap of objects in " + framesText(overlapping) +
                           " (only what lies on top is kept)");
    }
    if (ignored > 0) fit.lost.push_back("void pixels in " + framesText(ignored));
    const auto tooHigh = std::ranges::count_if(
        set.objects, [&traits](const SetObject& object) { return object.id > traits.highestId; });
    if (tooHigh > 0) {
        fit.lost.push_back(std::to_string(tooHigh) + " objects with ids above " +
                           std::to_string(traits.highestId));
    }
    std::set<std::string> categories;
    for (const SetObject& object : set.objects) categories.insert(object.category);
    if (std::cmp_greater(categories.size(), traits.mostCategories)) {
        fit.lost.push_back("the categories of objects: there are " +
                           std::to_string(categories.size()) + ", more than " +
                           std::to_string(traits.mostCategories));
    }
    const bool named = std::ranges::any_of(set.objects, [](const SetObject& object) {
        return object.name != defaultObjectName(object.id);
    });
    const bool classed = std::ranges::any_of(
        set.objects, [](const SetObject& object) { return !object.category.empty(); });
    if (named && !traits.names) fit.manifestOnly.emplace_back("the names of objects");
    if (classed && !traits.categories) fit.manifestOnly.emplace_back("the categories of objects");
    const auto covered = static_cast<std::size_t>(set.end - set.begin);
    if (!traits.gaps && set.frames.size() < covered) {
        fit.manifestOnly.push_back("that " + framesText(covered - set.frames.size()) +
                                   " have no mask (they are written as empty masks)");
    }
    return fit;
}

MaskSet fitted(MaskSet set, const MaskFormat& format) {
    const MaskFormatTraits traits = format.traits;
    std::erase_if(set.objects,
                  [&traits](const SetObject& object) { return object.id > traits.highestId; });
    const bool whole = traits.overlap && traits.ignored && traits.highestId == kHighestSetObject;
    if (!whole) {
        set.read = [read = set.read, traits](FrameIndex frame) {
            FrameMasks masks = read(frame);
            const bool fits = masks.isLabels() && traits.ignored && traits.highestId >= kVoid - 1;
            return fits ? masks : reduced(masks, traits);
        };
    }
    if (!traits.gaps) {
        set.read = [read = set.read, there = set.frames, size = set.size](FrameIndex frame) {
            return std::ranges::binary_search(there, frame) ? read(frame) : FrameMasks(Mask(size));
        };
        set.frames.clear();
        for (FrameIndex frame = set.begin; frame < set.end; ++frame) set.frames.push_back(frame);
    }
    return set;
}

void tellFrame(const Progress& progress, std::size_t done, const MaskSet& set) {
    if (!progress) return;
    if (progress(static_cast<std::int64_t>(done), static_cast<std::int64_t>(set.frames.size()))) {
        return;
    }
    throw Error(ErrorCode::Interrupted, "the export of masks was stopped",
                "No files were left; start it again.");
}

std::vector<FrameIndex> placeFrames(const std::vector<fs::path>& names,
                                    const MaskReadRequest& request, const std::string& where) {
    const bool lenient = request.clipLength.has_value();
    if (lenient) {
        if (auto byName = framesByName(names, request.clipFrames)) return *std::move(byName);
        if (std::cmp_equal(names.size(), *request.clipLength)) return framesInOrder(names);
    }
    std::vector<FrameIndex> frames;
    const FrameNames clip(request.clipFrames);
    std::map<FrameIndex, fs::path> taken;
    bool numbered = true;
    for (const fs::path& name : names) {
        std::optional<FrameIndex> frame = trailingNumber(name.stem().string());
        if (!lenient && !request.clipFrames.empty()) {
            const auto found = clip.find(name);
            if (!found) {
                throw Error(ErrorCode::Input,
                            where + ": no frame of the clip matches the name " + name.string(),
                            "Name each mask like its frame.");
            }
            frame = static_cast<FrameIndex>(*found);
        }
        if (frame && *frame > kHighestFrame) {
            throw Error(ErrorCode::Input,
                        where + ": the frame number of " + name.string() + " is out of range");
        }
        numbered = numbered && frame;
        frames.push_back(frame.value_or(0));
    }
    if (!numbered) {
        // Names without numbers are in the order in which they are listed.
        for (std::size_t i = 0; i < frames.size(); ++i) frames[i] = static_cast<FrameIndex>(i);
        return frames;
    }
    for (std::size_t i = 0; i < frames.size(); ++i) {
        const auto [place, isNew] = taken.emplace(frames[i], names[i]);
        if (isNew) continue;
        throw Error(ErrorCode::Input, where + ": the masks " + place->second.string() + " and " +
                                          names[i].string() + " belong to the same frame");
    }
    return frames;
}

void setFrames(MaskSet& set, std::vector<FrameIndex> frames) {
    std::ranges::sort(frames);
    set.frames = std::move(frames);
    set.begin = set.frames.empty() ? 0 : set.frames.front();
    set.end = set.frames.empty() ? 0 : set.frames.back() + 1;
}

void writeFormatText(const fs::path& path, const std::string& text) {
    AtomicFile file(path, Flush::WithFolder);
    file.write(text.data(), text.size());
    file.commit();
}

bool isFolder(const fs::path& path) {
    std::error_code ignored;  // a link to itself is not a folder
    return fs::is_directory(path, ignored);
}

bool isFile(const fs::path& path) {
    std::error_code ignored;  // nor a file
    return fs::is_regular_file(path, ignored);
}

}  // namespace mcj
