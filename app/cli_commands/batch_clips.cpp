#include "app/cli_commands/batch_clips.h"

#include <algorithm>
#include <set>
#include <sstream>
#include <system_error>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostListBytes = std::uint64_t{64} << 20;

bool isGlob(const std::string& name) { return name.find_first_of("*?[") != std::string::npos; }

/// Of a folder such as "." the name that it has on disk.
fs::path namedPath(const fs::path& path) {
    std::error_code failed;
    const fs::path whole = fs::weakly_canonical(path, failed);
    return failed ? path.lexically_normal() : whole;
}

std::string nameOf(const std::string& video) {
    const fs::path path = namedPath(video);
    std::error_code failed;
    std::string name = path.filename().string();
    if (!fs::exists(path, failed) && isGlob(name)) {
        // The pictures of a glob have their folder's name.
        name = path.parent_path().filename().string();
        if (isGlob(name)) name.clear();
    } else if (!fs::is_directory(path, failed)) {
        name = path.stem().string();
    }
    return name.empty() ? "clip" : name;
}

/// The entry of a clip in a folder of flow: of its name, with or without an extension.
std::string entryOf(const std::string& root, const std::string& name) {
    if (root.empty()) return {};
    const fs::path plain = fs::path(root) / name;
    std::error_code failed;
    if (fs::exists(plain, failed)) return plain.string();
    for (const char* extension : {".flo", ".png", ".pfm", ".npy", ".exr"}) {
        const fs::path file = plain.string() + extension;
        if (fs::exists(file, failed)) return file.string();
    }
    return plain.string();
}

}  // namespace

std::vector<std::string> readClipList(const fs::path& file) {
    const std::vector<std::uint8_t> bytes = readFileBytes(file, kMostListBytes);
    std::istringstream lines(std::string(bytes.begin(), bytes.end()));
    std::vector<std::string> paths;
    std::string line;
    while (std::getline(lines, line)) {
        if (line.ends_with('\r')) line.pop_back();
        if (!line.empty() && line.front() != '#') paths.push_back(line);
    }
    if (paths.empty()) {
        throw Error(ErrorCode::Input, file.string() + " names no clip", "Write one path per line.");
    }
    return paths;
}

std::vector<std::string> clipNames(const std::vector<std::string>& videos,
                                   const std::string& reserved) {
    std::set<std::string> taken{reserved};
    std::vector<std::string> names;
    for (const std::string& video : videos) {
        const std::string plain = nameOf(video);
        std::string name = plain;
        for (int number = 2; !taken.insert(name).second; ++number) {
            name = plain + '-' + std::to_string(number);
        }
        names.push_back(std::move(name));
    }
    return names;
}

std::vector<BatchClip> batchClips(const AnalyzeLine& line, const std::string& reserved) {
    std::vector<std::string> videos = line.videos;
    if (!line.list.empty()) {
        const std::vector<std::string> listed = readClipList(line.list);
        videos.insert(videos.end(), listed.begin(), listed.end());
    }
    std::set<fs::path> known;
    for (const std::string& video : videos) {
        if (known.insert(namedPath(video)).second) continue;
        throw Error(ErrorCode::Usage, video + " is named twice", "Name each clip once.");
    }
    const std::vector<std::string> names = clipNames(videos, reserved);
    std::vector<BatchClip> clips;
    for (std::size_t i = 0; i < videos.size(); ++i) {
        BatchClip clip;
        clip.name = names[i];
        clip.files.video = videos[i];
        clip.files.folder = (fs::path(line.folder) / names[i]).string();
        if (!line.overlay.empty()) {
            clip.files.overlay = (fs::path(line.overlay) / (names[i] + ".mp4")).string();
        }
        clip.files.truth = entryOf(line.truth, names[i]);
        clip.files.flowFrom = entryOf(line.flowFrom, names[i]);
        clips.push_back(std::move(clip));
    }
    return clips;
}

}  // namespace mcj
