#include "inference/analysis/export_folder.h"

#include <algorithm>
#include <cctype>
#include <system_error>

#include <malloc.h>

#include "media/base/error.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesBetweenTrims = 256;
constexpr const char* kManifestName = "manifest.json";

bool isNumbered(const fs::path& file) {
    const std::string stem = file.stem().string();
    return !stem.empty() && std::all_of(stem.begin(), stem.end(),
                                        [](unsigned char c) { return std::isdigit(c) != 0; });
}

bool isEmptyFolder(const fs::path& folder) {
    std::error_code failed;
    return fs::is_empty(folder, failed) || failed;
}

/// The first option whose value differs, as "--name: was X, is Y"; empty where all agree.
std::string firstDifference(const Manifest& planned, const Manifest& earlier) {
    if (planned.program != earlier.program) {
        return "it was written by " + earlier.program;
    }
    if (planned.sourceSha256 != earlier.sourceSha256 ||
        planned.sourceBytes != earlier.sourceBytes) {
        return "it was made from another video, " + earlier.sourcePath;
    }
    if (planned.modelSha256 != earlier.modelSha256) return "it was made with another model";
    if (planned.version != earlier.version) {
        return "it was made by version " + earlier.version + " of the program";
    }
    for (const auto& [key, value] : planned.options) {
        const auto found = earlier.options.find(key);
        const std::string before = found == earlier.options.end() ? "" : found->second;
        if (before != value) {
            return "option " + key + " was \"" + before + "\" and is \"" + value + "\"";
        }
    }
    return {};
}

}  // namespace

ExportFolder::ExportFolder(fs::path folder, Manifest planned, std::vector<std::string> subfolders,
                           ExistingFiles existing, FolderHints hints)
    : folder_(std::move(folder)), manifest_(std::move(planned)), subfolders_(std::move(subfolders)),
      hints_(std::move(hints)) {
    std::error_code failed;
    if (fs::exists(folder_, failed) && !fs::is_directory(folder_, failed)) {
        throw Error(ErrorCode::Usage, folder_.string() + " is a file, not a folder",
                    hints_.choose + ".");
    }
    if (fs::exists(folder_, failed) && !isEmptyFolder(folder_)) {
        if (existing == ExistingFiles::Replace) {
            removeEarlier();
        } else {
            resumeOrRefuse();
        }
    }
    fs::create_directories(folder_, failed);
    if (failed) {
        throw Error(ErrorCode::Input,
                    "cannot create the folder " + folder_.string() + ": " + failed.message(),
                    hints_.choose + ", one that is writable.");
    }
    manifest_.complete = false;
    writeManifest(folder_ / kManifestName, manifest_);
}

void ExportFolder::resumeOrRefuse() {
    if (!fs::exists(folder_ / kManifestName)) {
        throw Error(ErrorCode::Usage,
                    "the folder " + folder_.string() + " already contains other files",
                    hints_.choose + ", or " + hints_.replace + " to write into this one.");
    }
    const std::string wayOut =
        hints_.choose + ", or " + hints_.replace + " to replace that export.";
    const auto read = runGuarded([&] { return readManifest(folder_ / kManifestName); });
    if (!read.ok()) throw Error(read.error().code(), read.error().what(), wayOut);
    const Manifest& earlier = read.value();
    const std::string difference = firstDifference(manifest_, earlier);
    if (!difference.empty()) {
        throw Error(ErrorCode::Usage,
                    "the folder " + folder_.string() + " contains another export: " + difference,
                    wayOut);
    }
    for (const auto& [key, value] : earlier.options) {
        // Damage is not copied: the file may be readable now; otherwise this run reports it again.
        if (key != "damaged") manifest_.options.emplace(key, value);
    }
    resumed_ = true;
}

void ExportFolder::removeEarlier() {
    std::error_code ignored;
    const auto earlier = runGuarded([&] { return readManifest(folder_ / kManifestName); });
    if (earlier.ok() && earlier.value().program == manifest_.program) {
        removeListedFiles(folder_, earlier.value());
    }
    fs::remove(folder_ / kManifestName, ignored);
    // A stopped run has not listed its files.
    for (const std::string& name : subfolders_) {
        const fs::path subfolder = folder_ / name;
        if (!fs::is_directory(subfolder, ignored)) continue;
        std::vector<fs::path> numbered;
        for (const auto& entry : fs::directory_iterator(subfolder)) {
            if (entry.is_regular_file() && isNumbered(entry.path()))
                numbered.push_back(entry.path());
        }
        for (const fs::path& file : numbered) fs::remove(file, ignored);
        if (fs::is_empty(subfolder, ignored)) fs::remove(subfolder, ignored);
    }
}

bool ExportFolder::has(const std::string& relative) const {
    if (!resumed_) return false;
    std::error_code failed;
    const auto bytes = fs::file_size(folder_ / relative, failed);
    return !failed && bytes > 0;
}

fs::path ExportFolder::place(const std::string& relative) const {
    const fs::path path = folder_ / relative;
    std::error_code failed;
    fs::create_directories(path.parent_path(), failed);
    if (failed) {
        throw Error(
            ErrorCode::Input,
            "cannot create the folder " + path.parent_path().string() + ": " + failed.message(),
            "Free some space, or choose another folder.");
    }
    return path;
}

void ExportFolder::expect(std::size_t files) {
    constexpr std::size_t kUsualNameLength = 28;
    manifest_.files.reserve(files, kUsualNameLength);
}

void ExportFolder::add(const std::string& relative) {
    manifest_.files.push_back(relative);
    // The C library keeps free pages between used ones: return them to the system, so that a long
    // clip needs no more memory than a short one.
    if (manifest_.files.size() % kFilesBetweenTrims == 0) ::malloc_trim(0);
}

void ExportFolder::note(const std::string& key, const std::string& value) {
    manifest_.options[key] = value;
}

std::string ExportFolder::noted(const std::string& key) const {
    const auto found = manifest_.options.find(key);
    return found == manifest_.options.end() ? std::string{} : found->second;
}

void ExportFolder::finish(Ending ending) {
    manifest_.complete = ending == Ending::Complete;
    writeManifest(folder_ / kManifestName, manifest_);
}

void throwStoppedExport() {
    throw Error(ErrorCode::Interrupted, "stopped; the finished files are complete",
                "Run the same command again to resume.");
}

std::optional<Manifest> stoppedExport(const fs::path& folder, const std::string& program) {
    std::error_code failed;
    if (!fs::exists(folder / kManifestName, failed)) return std::nullopt;
    auto read = runGuarded([&] { return readManifest(folder / kManifestName); });
    if (!read.ok() || read.value().program != program || read.value().complete) return std::nullopt;
    return std::move(read).value();
}

}  // namespace mcj
