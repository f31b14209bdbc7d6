#include "segmentation/mask_formats/davis.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <fstream>
#include <optional>
#include <system_error>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/io/image_file.h"
#include "media/io/image_sequence_reader.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

bool isDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

/// Directory entries by natural order of their names, hidden ones left out.
std::vector<fs::path> listNaturally(const fs::path& folder) {
    std::error_code error;
    std::vector<fs::path> paths;
    for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
        if (at->path().filename().string().front() != '.') paths.push_back(at->path());
    }
    if (error) {
        throw Error(ErrorCode::Input,
                    "the folder " + folder.string() + " cannot be read: " + error.message());
    }
    std::ranges::sort(paths, [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return paths;
}

/// The regular files of a folder whose path `wanted` accepts.
std::vector<fs::path> filesThat(const fs::path& folder, bool (*wanted)(const fs::path&)) {
    std::vector<fs::path> files = listNaturally(folder);
    std::erase_if(files, [&](const fs::path& path) {
        std::error_code ignored;  // a link to itself is not a file
        return !wanted(path) || !fs::is_regular_file(path, ignored);
    });
    return files;
}

bool isPng(const fs::path& path) { return lowerExtension(path) == ".png"; }

std::vector<FrameMaskFile> matchMasks(const std::vector<fs::path>& frames,
                                      const std::vector<fs::path>& masks) {
    const FrameNames names(frames);
    std::vector<FrameMaskFile> matched;
    for (const fs::path& mask : masks) {
        const auto frame = names.find(mask);
        if (!frame) {
            throw Error(ErrorCode::Input, "no frame matches the name of the mask " + mask.string(),
                        "Name each mask like its frame.");
        }
        matched.push_back({static_cast<FrameIndex>(*frame), mask});
    }
    std::ranges::sort(matched, {}, &FrameMaskFile::frame);
    const auto twice = std::ranges::adjacent_find(matched, {}, &FrameMaskFile::frame);
    if (twice != matched.end()) {
        throw Error(ErrorCode::Input, "the masks " + twice->path.string() + " and " +
                                          std::next(twice)->path.string() +
                                          " belong to the same frame");
    }
    return matched;
}

SequenceLayout readLayout(const std::string& name, const fs::path& frames, const fs::path& masks) {
    SequenceLayout layout;
    layout.name = name;
    layout.framesFolder = frames;
    layout.masksFolder = masks;
    layout.frames = filesThat(frames, hasImageExtension);
    if (layout.frames.empty()) {
        throw Error(ErrorCode::Input, "there are no images in " + frames.string());
    }
    layout.masks = matchMasks(layout.frames, filesThat(masks, isPng));
    return layout;
}

bool isFolder(const fs::path& path) {
    std::error_code ignored;  // a link to itself is not a folder
    return fs::is_directory(path, ignored);
}

bool isSequence(const fs::path& folder) {
    return isFolder(folder / "frames") && isFolder(folder / "masks");
}

/// The folder of one resolution in JPEGImages and Annotations: 480p if it exists.
fs::path resolutionFolder(const fs::path& folder) {
    if (isFolder(folder / "480p")) return folder / "480p";
    for (const fs::path& path : listNaturally(folder)) {
        if (isFolder(path)) return path;
    }
    return folder;
}

/// The names in a list, one per line; none where the file does not exist.
std::optional<std::vector<std::string>> namesIn(const fs::path& file) {
    std::ifstream list(file);
    if (!list) return std::nullopt;
    std::vector<std::string> names;
    for (std::string name; list >> name;) names.push_back(name);
    return names;
}

/// Names of the chosen set, else of the official validation set; none where no list exists.
std::optional<std::vector<std::string>> officialNames(const fs::path& root,
                                                      const fs::path& setFile) {
    if (!setFile.empty()) {
        if (auto names = namesIn(setFile)) return names;
        throw Error(ErrorCode::Input,
                    "the list of sequences " + setFile.string() + " cannot be read");
    }
    for (const char* year : {"2017", "2016"}) {
        if (auto names = namesIn(root / "ImageSets" / year / "val.txt")) return names;
    }
    return std::nullopt;
}

std::vector<SequenceLayout> discoverOfficial(const fs::path& root, const fs::path& setFile) {
    const fs::path frames = resolutionFolder(root / "JPEGImages");
    const fs::path masks = root / "Annotations" / frames.filename();
    std::vector<SequenceLayout> sequences;
    if (const auto names = officialNames(root, setFile)) {
        for (const std::string& name : *names) {
            sequences.push_back(readLayout(name, frames / name, masks / name));
        }
        return sequences;
    }
    for (const fs::path& folder : listNaturally(frames)) {
        const std::string name = folder.filename().string();
        if (!isFolder(folder) || !isFolder(masks / name)) continue;
        sequences.push_back(readLayout(name, folder, masks / name));
    }
    return sequences;
}

}  // namespace

std::string davisFileName(FrameIndex frame) {
    char name[32];
    std::snprintf(name, sizeof name, "%05lld.png", static_cast<long long>(frame));
    return name;
}

void writeDavisMask(const fs::path& path, const Mask& mask, Flush flush) {
    writeIndexedPng(path, {mask.labels, davisPalette()}, flush);
}

std::optional<FrameIndex> trailingNumber(const std::string& stem) {
    std::size_t begin = stem.size();
    while (begin > 0 && isDigit(stem[begin - 1])) --begin;
    if (begin == stem.size() || stem.size() - begin > 15) return std::nullopt;
    return std::stoll(stem.substr(begin));
}

Mask readDavisMask(const fs::path& path) { return Mask(readIndexedPng(path).indices); }

FrameNames::FrameNames(const std::vector<fs::path>& files) {
    for (std::size_t i = 0; i < files.size(); ++i) {
        const std::string stem = files[i].stem().string();
        byStem_.emplace(stem, i);
        const auto number = trailingNumber(stem);
        if (!number) continue;
        const auto [place, isNew] = byNumber_.emplace(*number, i);
        if (!isNew) place->second.reset();
    }
}

std::optional<std::size_t> FrameNames::find(const fs::path& path) const {
    const std::string stem = path.stem().string();
    if (const auto found = byStem_.find(stem); found != byStem_.end()) return found->second;
    const auto number = trailingNumber(stem);
    if (!number) return std::nullopt;
    const auto at = byNumber_.find(*number);
    return at == byNumber_.end() ? std::nullopt : at->second;
}

std::vector<fs::path> listMaskFiles(const fs::path& folder) {
    if (!isFolder(folder)) {
        throw Error(ErrorCode::Input, "there is no folder " + folder.string(),
                    "Give a folder of indexed PNG masks.");
    }
    std::vector<fs::path> files = filesThat(folder, isPng);
    if (files.empty()) {
        throw Error(ErrorCode::Input, "there are no PNG masks in " + folder.string(),
                    "Give a folder of indexed PNG masks.");
    }
    return files;
}

std::vector<SequenceLayout> discoverSequences(const fs::path& root, const fs::path& setFile) {
    if (!isFolder(root)) {
        throw Error(ErrorCode::Input, "there is no folder " + root.string(),
                    "Give a sequence, a folder of sequences, or a copy of DAVIS.");
    }
    std::vector<SequenceLayout> sequences;
    if (isFolder(root / "JPEGImages") && isFolder(root / "Annotations")) {
        sequences = discoverOfficial(root, setFile);
    } else if (isSequence(root)) {
        const fs::path whole = fs::weakly_canonical(root);
        sequences.push_back(readLayout(whole.filename().string(), root / "frames", root / "masks"));
    } else {
        for (const fs::path& folder : listNaturally(root)) {
            if (!isSequence(folder)) continue;
            sequences.push_back(
                readLayout(folder.filename().string(), folder / "frames", folder / "masks"));
        }
    }
    if (!sequences.empty()) return sequences;
    throw Error(ErrorCode::Input, "there are no sequences in " + root.string(),
                "A sequence is a folder with frames/ and masks/; DAVIS has JPEGImages/ and "
                "Annotations/.");
}

}  // namespace mcj
