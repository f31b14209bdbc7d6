#include "inference/analysis/flow_files.h"

#include <glob.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <utility>

#include "inference/engine/flow_provider.h"
#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/base/size_text.h"
#include "media/io/flow_file.h"
#include "media/io/folder_walk.h"
#include "media/io/image_sequence_reader.h"
#include "media/io/manifest.h"
#include "media/io/natural_order.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kIdPrefix = "files:";
constexpr std::array<std::string_view, 5> kExtensions{".flo", ".png", ".pfm", ".npy", ".exr"};

Error inputError(const std::string& what, const std::string& hint) {
    return Error(ErrorCode::Input, what, hint);
}

std::vector<fs::path> expandedGlob(const std::string& pattern) {
    glob_t found = {};
    const std::unique_ptr<glob_t, void (*)(glob_t*)> guard(&found, globfree);
    std::vector<fs::path> files;
    if (::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found) == 0) {
        files.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
    }
    return files;
}

/// The files of flow that `path` names, in natural order.
std::vector<fs::path> flowFilesAt(const std::string& path) {
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return {path};
    std::vector<fs::path> files =
        fs::is_directory(path, ignored) ? filesIn(path) : expandedGlob(path);
    std::erase_if(files, [](const fs::path& file) {
        std::error_code failed;
        return std::find(kExtensions.begin(), kExtensions.end(), lowerExtension(file)) ==
                   kExtensions.end() ||
               file.filename().string().starts_with('.') || !fs::is_regular_file(file, failed);
    });
    if (files.empty()) {
        throw inputError("\"" + path + "\" contains no flow",
                         "Give a .flo, .png (KITTI), .pfm, .npy or .exr file, a folder of them, or "
                         "a glob such as \"flow/*.flo\" in quotes.");
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) {
        return naturalLess(a.filename().string(), b.filename().string());
    });
    return files;
}

/// The groups of digits in a name, as text without leading zeros.
std::vector<std::string> digitGroups(const std::string& name) {
    std::vector<std::string> groups;
    bool inGroup = false;
    for (const char c : name) {
        const bool digit = c >= '0' && c <= '9';
        if (digit && !inGroup) groups.emplace_back();
        if (digit && groups.back() == "0") groups.back().clear();
        if (digit) groups.back() += c;
        inGroup = digit;
    }
    return groups;
}

std::int64_t numberOf(const std::string& digits, const fs::path& file) {
    std::int64_t number = 0;
    const auto [end, failed] =
        std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (failed != std::errc{} || end != digits.data() + digits.size()) {
        throw inputError("the number in the name of " + file.string() + " is too large",
                         "Number the files by their frames.");
    }
    return number;
}

/// The number of each file: the last group of digits, counted from the right, that differs.
std::vector<std::int64_t> numbersOf(const std::vector<fs::path>& files) {
    std::vector<std::vector<std::string>> groups;
    std::size_t least = ~std::size_t{0};
    for (const fs::path& file : files) {
        groups.push_back(digitGroups(file.stem().string()));
        least = std::min(least, groups.back().size());
    }
    if (files.size() == 1 && least == 0) return {0};
    for (std::size_t i = 0; i < files.size(); ++i) {
        if (groups[i].empty()) {
            throw inputError("the name of " + files[i].string() + " has no number",
                             "Number the files by their frames.");
        }
    }
    std::size_t fromRight = 0;
    for (std::size_t at = 1; at <= least && fromRight == 0; ++at) {
        const auto differs = [&](const auto& each) {
            return each[each.size() - at] != groups[0][groups[0].size() - at];
        };
        if (std::any_of(groups.begin(), groups.end(), differs)) fromRight = at;
    }
    if (fromRight == 0) fromRight = 1;
    std::vector<std::int64_t> numbers;
    for (std::size_t i = 0; i < files.size(); ++i) {
        numbers.push_back(numberOf(groups[i][groups[i].size() - fromRight], files[i]));
    }
    return numbers;
}

/// Whether `mcjepa analyze` or the window's export wrote the folder of `file`: its numbers are
/// those of the frames, and a range may begin at 1.
bool exportedByUs(const fs::path& file) {
    const fs::path manifest = fs::absolute(file).parent_path().parent_path() / "manifest.json";
    std::error_code ignored;
    if (!fs::is_regular_file(manifest, ignored)) return false;
    const auto read = runGuarded([&] { return readManifest(manifest).program; });
    return read.ok() && read.value().starts_with("mcjepa");
}

std::int64_t numberOfFrame0(const std::vector<fs::path>& files, std::int64_t lowest,
                            std::optional<std::int64_t> firstPicture) {
    if (exportedByUs(files.front())) return 0;
    if (firstPicture && lowest >= *firstPicture) return *firstPicture;
    return lowest == 1 ? 1 : 0;
}

/// Of names, sizes, times and numbers, FNV-1a with 64 bits: it is stored in manifests, so it must
/// not depend on the standard library.
class Stamp {
public:
    void add(std::string_view text) {
        for (const char c : text) addByte(static_cast<unsigned char>(c));
        addByte(0);
    }
    void add(std::uint64_t value) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            addByte(static_cast<unsigned char>((value >> shift) & 0xFFU));
        }
    }
    [[nodiscard]] std::string text() const {
        std::array<char, 16> digits{};
        const auto [end, failed] =
            std::to_chars(digits.data(), digits.data() + digits.size(), hash_, 16);
        return failed == std::errc{} ? std::string(digits.data(), end) : std::string();
    }

private:
    void addByte(unsigned char byte) {
        hash_ ^= byte;
        hash_ *= 0x100000001b3ULL;
    }
    std::uint64_t hash_ = 0xcbf29ce484222325ULL;
};

std::string stampOf(const std::map<FrameIndex, fs::path>& files) {
    Stamp stamp;
    for (const auto& [frame, file] : files) {
        std::error_code ignored;
        stamp.add(static_cast<std::uint64_t>(frame));
        stamp.add(std::string_view(file.filename().string()));
        stamp.add(static_cast<std::uint64_t>(fs::file_size(file, ignored)));
        stamp.add(static_cast<std::uint64_t>(
            fs::last_write_time(file, ignored).time_since_epoch().count()));
    }
    return stamp.text();
}

}  // namespace

FlowFilesPtr FlowFiles::open(const std::string& path, std::optional<std::int64_t> firstPicture) {
    const std::vector<fs::path> files = flowFilesAt(path);
    const std::vector<std::int64_t> numbers = numbersOf(files);
    const std::int64_t first =
        numberOfFrame0(files, *std::min_element(numbers.begin(), numbers.end()), firstPicture);
    // The constructor is private, so that `make_shared` cannot be used.
    const std::shared_ptr<FlowFiles> opened(new FlowFiles);
    opened->path_ = path;
    for (std::size_t i = 0; i < files.size(); ++i) {
        const auto [place, added] = opened->files_.emplace(numbers[i] - first, files[i]);
        if (!added) {
            throw inputError(place->second.string() + " and " + files[i].filename().string() +
                                 " have the same number, " + std::to_string(numbers[i]),
                             "Give a folder or pattern with one flow per frame.");
        }
    }
    opened->id_ = std::string(kIdPrefix) + path + '#' + stampOf(opened->files_);
    return opened;
}

std::vector<fs::path> FlowFiles::files() const {
    std::vector<fs::path> all;
    for (const auto& [frame, file] : files_) all.push_back(file);
    return all;
}

std::vector<FrameIndex> FlowFiles::frames() const {
    std::vector<FrameIndex> frames;
    for (const auto& [frame, file] : files_) frames.push_back(frame);
    return frames;
}

FlowField FlowFiles::read(FrameIndex frame, SizePx size) const {
    const auto found = files_.find(frame);
    if (found == files_.end()) {
        throw inputError("\"" + path_ + "\" has no flow for frame " + std::to_string(frame),
                         "It has flow for frames " + std::to_string(files_.begin()->first) +
                             " to " + std::to_string(files_.rbegin()->first) + ".");
    }
    FlowField flow = readFlow(found->second);
    if (flow.size() != size) {
        throw inputError(found->second.string() + " is " + sizeText(flow.size()) +
                             ", but the frames are " + sizeText(size),
                         "Give flow of the size of the frames.");
    }
    return flow;
}

bool isFlowFiles(const std::string& flow) { return flow.starts_with(kIdPrefix); }

bool flowNeedsEngine(const std::string& flow) {
    return !isFlowFiles(flow) && flowProvider(flow).needsEngine;
}

FlowFilesPtr findFlowFiles(std::span<const FlowFilesPtr> files, const std::string& flow) {
    const auto found = std::find_if(files.begin(), files.end(), [&flow](const FlowFilesPtr& each) {
        return each && each->id() == flow;
    });
    return found == files.end() ? nullptr : *found;
}

std::optional<std::int64_t> firstPictureNumber(const std::string& path) {
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) return std::nullopt;
    const auto numbers = runGuarded([&] { return numbersOf(listImages(path)); });
    if (!numbers.ok()) return std::nullopt;
    return *std::min_element(numbers.value().begin(), numbers.value().end());
}

}  // namespace mcj
