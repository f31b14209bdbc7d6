#include "segmentation/mask_formats/object_folders.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "media/io/natural_order.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

std::vector<fs::path> sortedNaturally(std::vector<fs::path> paths) {
    std::ranges::sort(paths, [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return paths;
}

/// Entries of a folder that are not hidden; none where it cannot be read.
template <typename Wanted>
std::vector<fs::path> entriesOf(const fs::path& folder, Wanted&& wanted) {
    std::error_code error;
    std::vector<fs::path> entries;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().filename().string().front() != '.' && wanted(at->path())) {
            entries.push_back(at->path());
        }
    }
    return sortedNaturally(std::move(entries));
}

std::optional<int> numberOf(const fs::path& folder) {
    const std::string name = folder.filename().string();
    const bool digits = std::ranges::all_of(
        name, [](char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; });
    if (!digits || name.empty() || name.size() > 6) return std::nullopt;
    return std::stoi(name);
}

/// One picture per object and frame.
struct ObjectFiles {
    SizePx size;
    std::map<FrameIndex, std::map<int, fs::path>> byFrame;
    Raster<std::uint8_t> (*readPicture)(const fs::path& path) = nullptr;

    [[nodiscard]] FrameMasks read(FrameIndex frame) const {
        std::vector<ObjectShape> shapes;
        for (const auto& [object, file] : byFrame.at(frame)) {
            Raster<std::uint8_t> inside = readPicture(file);
            if (inside.size() != size) {
                throw Error(ErrorCode::Input, file.string() + " is " + sizeText(inside.size()) +
                                                  ", but the other masks are " + sizeText(size));
            }
            for (std::uint8_t& value : inside.values()) value = value != 0 ? 1 : 0;
            shapes.push_back({object, cocoRleOf(inside)});
        }
        return FrameMasks(size, std::move(shapes));
    }
};

/// The pictures of an object and the frame of each.
struct ObjectFolder {
    int id = 1;
    fs::path path;
    std::vector<fs::path> pictures;
    std::vector<FrameIndex> frames;
};

struct ObjectListing {
    std::vector<ObjectFolder> folders;
    int idsBefore = 0;  ///< 1 if the folders count from 0
};

/// Whether every object has pictures of the same names.
bool sameNames(const std::vector<ObjectFolder>& folders) {
    const auto namesOf = [](const ObjectFolder& folder) {
        std::vector<std::string> names;
        for (const fs::path& file : folder.pictures) names.push_back(file.filename().string());
        return names;
    };
    return std::ranges::all_of(folders, [&](const ObjectFolder& folder) {
        return namesOf(folder) == namesOf(folders.front());
    });
}

ObjectListing listObjectFolders(const MaskReadRequest& request, std::string_view extension) {
    ObjectListing listing;
    std::vector<std::pair<int, fs::path>> folders;
    for (const fs::path& folder : foldersIn(request.path)) {
        if (const auto object = numberOf(folder)) folders.emplace_back(*object, folder);
    }
    const bool fromZero = std::ranges::any_of(folders, [](const auto& f) { return f.first == 0; });
    listing.idsBefore = fromZero ? 1 : 0;
    std::set<int> ids;
    for (const auto& [number, folder] : folders) {
        ObjectFolder object{number + listing.idsBefore, folder, picturesIn(folder, extension), {}};
        if (object.id > kHighestSetObject || !ids.insert(object.id).second) {
            throw Error(ErrorCode::Input,
                        "the object of " + folder.string() + " is out of range or occurs twice");
        }
        if (object.pictures.empty()) {
            throw Error(ErrorCode::Input, "there are no masks (" + std::string(extension) +
                                              ") in " + folder.string());
        }
        listing.folders.push_back(std::move(object));
    }
    // An object with fewer pictures than others would count its frames differently.
    MaskReadRequest naming = request;
    if (!sameNames(listing.folders)) naming.clipLength.reset();
    for (ObjectFolder& object : listing.folders) {
        object.frames = placeFrames(object.pictures, naming, object.path.string());
    }
    return listing;
}

}  // namespace

std::string objectFileName(int object, FrameIndex frame, std::string_view extension) {
    char name[64];
    std::snprintf(name, sizeof name, "%03d/%05lld", object, static_cast<long long>(frame));
    return name + std::string(extension);
}

std::vector<fs::path> foldersIn(const fs::path& folder) {
    return entriesOf(folder, [](const fs::path& path) { return isFolder(path); });
}

std::vector<fs::path> picturesIn(const fs::path& folder, std::string_view extension) {
    return entriesOf(folder, [extension](const fs::path& path) {
        return lowerExtension(path) == extension && isFile(path);
    });
}

std::string folderName(const fs::path& folder) {
    const fs::path whole = fs::weakly_canonical(folder);
    return whole.filename().string();
}

std::vector<std::string> writeObjectFolders(const MaskSet& set, const fs::path& folder,
                                            const ObjectPictures& pictures,
                                            const Progress& progress) {
    for (const SetObject& object : set.objects) {
        const fs::path first = objectFileName(object.id, 0, pictures.extension);
        fs::create_directory(folder / first.parent_path());
    }
    std::vector<std::string> files;
    std::size_t done = 0;
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, done++, set);
        std::map<int, CocoRle> shapes;
        for (ObjectShape& shape : set.read(frame).shapes()) {
            shapes.emplace(shape.object, std::move(shape.rle));
        }
        for (const SetObject& object : set.objects) {
            const auto found = shapes.find(object.id);
            files.push_back(objectFileName(object.id, frame, pictures.extension));
            pictures.write(folder / files.back(), found == shapes.end()
                                                      ? Raster<std::uint8_t>(set.size, 1)
                                                      : decodeCocoRle(found->second));
        }
    }
    return files;
}

MaskSet readObjectFolders(const MaskReadRequest& request, const ObjectPictures& pictures) {
    const auto files = std::make_shared<ObjectFiles>();
    files->readPicture = pictures.read;
    const ObjectListing listing = listObjectFolders(request, pictures.extension);
    MaskSet set;
    set.name = folderName(request.path);
    std::vector<FrameIndex> frames;
    std::vector<int> ids;
    for (const ObjectFolder& folder : listing.folders) {
        ids.push_back(folder.id);
        if (files->size.empty()) files->size = pictures.read(folder.pictures.front()).size();
        for (std::size_t i = 0; i < folder.pictures.size(); ++i) {
            files->byFrame[folder.frames[i]][folder.id] = folder.pictures[i];
        }
    }
    for (const auto& [frame, masks] : files->byFrame) frames.push_back(frame);
    setFrames(set, std::move(frames));
    set.size = files->size;
    set.addObjects(ids);
    set.read = [files](FrameIndex frame) { return files->read(frame); };
    return set;
}

MaskPlaces objectPlaces(const MaskReadRequest& request, std::string_view extension) {
    const ObjectListing listing = listObjectFolders(request, extension);
    MaskPlaces places;
    places.kind = MaskPictureKind::Objects;
    places.folder = fs::canonical(request.path);
    places.reading = request;
    places.reading.path = places.folder;
    places.idsBefore = listing.idsBefore;
    for (const ObjectFolder& object : listing.folders) {
        for (std::size_t i = 0; i < object.pictures.size(); ++i) {
            const fs::path name = object.path.filename() / object.pictures[i].filename();
            places.pictures.push_back({object.frames[i], object.id, name});
        }
    }
    std::ranges::sort(places.pictures, [](const MaskPicture& a, const MaskPicture& b) {
        return std::pair(a.frame, a.object) < std::pair(b.frame, b.object);
    });
    return places;
}

bool looksLikeObjectFolders(const fs::path& path, std::string_view extension) {
    if (!isFolder(path)) return false;
    const auto folders = foldersIn(path);
    return !folders.empty() && std::ranges::all_of(folders, [extension](const fs::path& folder) {
        return numberOf(folder).has_value() && !picturesIn(folder, extension).empty();
    });
}

}  // namespace mcj
