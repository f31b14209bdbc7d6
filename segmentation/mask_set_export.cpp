#include "segmentation/mask_set_export.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "media/base/error.h"
#include "media/base/partial_path.h"
#include "media/io/atomic_file.h"
#include "media/io/scratch_folder.h"
#include "segmentation/mask_manifest.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

fs::path normalized(const fs::path& folder) {
    fs::path path = fs::absolute(folder).lexically_normal();
    // A slash at the end makes an empty file name.
    return path.has_filename() ? path : path.parent_path();
}

void checkTarget(const MaskSet& set, const MaskSetExport& request, const fs::path& target) {
    if (request.format->write == nullptr) {
        throw Error(ErrorCode::Usage,
                    std::string("masks are not written in the format ") + request.format->title);
    }
    if (set.begin < 0 || set.begin >= set.end) {
        throw Error(ErrorCode::Usage, "the range of frames to export is empty",
                    "Give a range whose end is after its beginning.");
    }
    if (request.existing == ExistingFolder::Refuse && fs::exists(target)) {
        throw Error(ErrorCode::Usage, "the folder " + target.string() + " exists already",
                    "Choose another folder, or allow it to be replaced.");
    }
    if (fs::exists(target) && !fs::is_directory(target)) {
        throw Error(ErrorCode::Usage, target.string() + " is a file, not a folder",
                    "Choose another folder.");
    }
}

bool blank(const FrameMasks& masks) { return masks.shapes().empty() && !masks.ignored(); }

bool equal(const FrameMasks& a, const FrameMasks& b) {
    if (a.size() != b.size()) return false;
    if (a.isLabels() && b.isLabels()) return a.labels() == b.labels();
    return a.shapes() == b.shapes() && a.ignored() == b.ignored();
}

/// Compares what was written with `set`, frame by frame. A frame that is missing on one side counts
/// as empty: some formats have no frames without objects.
void compareWithFiles(const MaskSet& set, const MaskFormat& format, const fs::path& written,
                      const fs::path& target, const Progress& progress) {
    const auto fail = [&target](FrameIndex frame) {
        throw Error(ErrorCode::Input,
                    "the mask of frame " + std::to_string(frame) +
                        " differs from the file read back in " + target.string(),
                    "The disk may be full or failing.");
    };
    // A format that keeps only objects has nothing to read without any.
    if (set.objects.empty() && format.detect != nullptr && !format.detect(written)) return;
    MaskReadRequest request;
    request.path = written;
    request.pixels = LabelPixels::AsStored;
    const MaskSet back = format.read(request);
    for (const FrameIndex frame : set.frames) {
        tellFrame(progress, set.frames.size(), set);
        const FrameMasks wanted = set.read(frame);
        const bool same = back.hasFrame(frame) ? equal(wanted, back.read(frame)) : blank(wanted);
        if (!same) fail(frame);
    }
    for (const FrameIndex frame : back.frames) {
        if (!set.hasFrame(frame) && !blank(back.read(frame))) fail(frame);
    }
}

/// Adds the frames and objects of the set, where the caller has not described them.
void describeSet(const MaskSet& set, const MaskFormat& format, Manifest& manifest) {
    if (manifest.source.size.empty() && manifest.sourcePath.empty()) {
        manifest.source = set.source;
        manifest.sourcePath = set.source.path;
    }
    auto& options = manifest.options;
    options["format"] = format.id;
    if (format.traits.soft) options["probabilities"] = "none: every pixel is 0 or 1";
    options.try_emplace("range", std::to_string(set.begin) + ":" + std::to_string(set.end) + ":1");
    std::vector<FrameIndex> without;
    for (FrameIndex frame = set.begin; frame < set.end; ++frame) {
        if (!set.hasFrame(frame)) without.push_back(frame);
    }
    if (!without.empty()) options.try_emplace("without-mask", frameListText(without));
    std::string ids;
    for (const SetObject& object : set.objects) {
        const std::string id = std::to_string(object.id);
        ids += (ids.empty() ? "" : ",") + id;
        if (object.name != defaultObjectName(object.id)) {
            options.try_emplace("object-" + id, object.name);
        }
        if (!object.category.empty()) options.try_emplace("category-" + id, object.category);
    }
    options.try_emplace("objects", ids);
}

constexpr const char* kManifestName = "manifest.json";

/// Of an export in `format` that `program` wrote to FOLDER/FORMAT; none where there is none.
std::optional<Manifest> formatExportIn(const fs::path& folder, const MaskFormat& format,
                                       const std::string& program) {
    const fs::path place = folder / format.id;
    // A link was made by the user.
    if (!isFile(place / kManifestName) || fs::is_symlink(place)) return std::nullopt;
    auto read = runGuarded([&] { return readManifest(place / kManifestName); });
    if (!read.ok() || read.value().program != program) return std::nullopt;
    const auto& options = read.value().options;
    const auto written = options.find("format");
    if (written == options.end() || written->second != format.id) return std::nullopt;
    return std::move(read).value();
}

}  // namespace

void moveIntoPlace(const fs::path& from, const fs::path& to) {
    if (::rename(from.c_str(), to.c_str()) == 0) return;
    int problem = errno;
    if (problem == ENOTEMPTY || problem == EEXIST) {
        if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_EXCHANGE) == 0) return;
        problem = errno;
    }
    throw Error(ErrorCode::Input,
                "the folder " + to.string() + " cannot be replaced: " + std::strerror(problem),
                "Choose another folder.");
}

void removeFormatFolders(const fs::path& folder, const std::string& program) {
    for (const MaskFormat& format : maskFormats()) {
        const std::optional<Manifest> earlier = formatExportIn(folder, format, program);
        if (!earlier) continue;
        const fs::path place = folder / format.id;
        removeListedFiles(place, *earlier);
        std::error_code ignored;
        fs::remove(place / kManifestName, ignored);
        fs::remove(place, ignored);  // only if nothing is left in it
    }
}

void requireOwnFormatFolder(const fs::path& folder, const MaskFormat& format,
                            const std::string& program) {
    const fs::path place = folder / format.id;
    std::error_code unknown;
    if (!fs::exists(place, unknown)) return;
    std::set<fs::path> own;
    if (const auto earlier = formatExportIn(folder, format, program)) {
        own.insert(place / kManifestName);
        for (const std::string& file : earlier->files) own.insert(place / file);
    }
    const auto refuse = [&place](const fs::path& file) {
        throw Error(ErrorCode::Usage,
                    file.string() + " was not made by an earlier run and would be deleted",
                    "Move it, or choose another folder than " + place.string() + ".");
    };
    if (!isFolder(place)) refuse(place);
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
        if (!entry.is_directory() && !own.contains(entry.path())) refuse(entry.path());
    }
}

void requireFit(const MaskFormatFit& fit, const MaskFormat& format, const std::string& hint) {
    if (fit.lost.empty()) return;
    std::string list;
    for (const std::string& one : fit.lost) list += (list.empty() ? "" : "; ") + one;
    throw Error(ErrorCode::Usage, std::string(format.title) + " cannot hold " + list, hint);
}

MaskExportReport exportMaskSet(const MaskSet& given, const MaskSetExport& request,
                               const Progress& progress) {
    const fs::path target = normalized(request.folder);
    const MaskFormat& format = *request.format;
    checkTarget(given, request, target);
    if (request.loss == MaskLoss::Refuse) {
        requireFit(fitOf(given, format), format, "Choose another format, or allow the loss.");
    }
    const MaskSet set = fitted(given, format);
    const ScratchFolder scratch(partialPath(target, ".", ".partial-" + std::to_string(::getpid())));
    Manifest manifest = request.manifest;
    for (const std::string& file : format.write(set, scratch.path(), progress)) {
        manifest.files.push_back(file);
    }
    if (format.read != nullptr) {
        compareWithFiles(set, format, scratch.path(), target, progress);
    }
    describeSet(given, format, manifest);
    manifest.complete = true;
    // Before the folder is renamed, so that masks never appear without their manifest.
    writeManifest(scratch.path() / "manifest.json", manifest);
    flushFolder(scratch.path());
    moveIntoPlace(scratch.path(), target);
    MaskExportReport report;
    report.files = static_cast<std::int64_t>(manifest.files.size());
    report.emptyFrames = static_cast<std::int64_t>(set.frames.size()) -
                         static_cast<std::int64_t>(given.frames.size());
    const auto frames = static_cast<std::int64_t>(set.frames.size());
    if (progress) progress(frames, frames);
    return report;
}

}  // namespace mcj
