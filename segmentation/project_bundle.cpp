#include "segmentation/project_bundle.h"

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "inference/analysis/flow_files.h"
#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/frame_source.h"
#include "media/io/image_sequence_reader.h"
#include "media/io/source_identity.h"
#include "segmentation/project_paths.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kPartBytes = std::uint64_t{16} << 20;
constexpr std::size_t kBufferBytes = std::size_t{1} << 20;
constexpr const char* kModels = "models";
constexpr const char* kFlow = "flow";
/// Of one frame in a kept index.
constexpr std::uint64_t kIndexBytesPerFrame = 25;
/// Of a project without masks.
constexpr std::uint64_t kLeastProjectBytes = std::uint64_t{64} << 10;

Error inputError(const std::string& what, const std::string& hint) {
    return Error(ErrorCode::Input, what, hint);
}

std::uint64_t sizeOf(const fs::path& path) {
    std::error_code failed;
    const std::uintmax_t bytes = fs::file_size(path, failed);
    if (failed) {
        throw inputError(path.string() + " cannot be read: " + failed.message(),
                         "Check that the file exists and is readable.");
    }
    return bytes;
}

/// A name for the clip in the bundle, which must not be one of the bundle's own folders.
std::string freeName(std::string name) {
    if (name.empty() || name == kModels || name == kFlow || name == kIndexBesideVideo) {
        name.insert(0, "clip-");
    }
    return name;
}

/// Makes a plan: adds the files of one path after the other.
class Planner {
public:
    Planner(const ProjectContent& content, const fs::path& project, const BundleOptions& options)
        : content_(content), project_(project), folder_(fs::absolute(project).parent_path()),
          options_(options) {}

    [[nodiscard]] BundlePlan plan() {
        plan_.content = content_;
        addVideo();
        addIndex();
        ProjectSettings settings = content_.settings;
        if (!options_.model.empty()) {
            settings = withUsualModel(std::move(settings), fs::absolute(options_.model).string());
        }
        plan_.content.settings =
            withPaths(std::move(settings), [this](PathUse use, const std::string& path) {
                return placeOf(use, (folder_ / path).lexically_normal());
            });
        plan_.content.video.path = plan_.video.string();
        plan_.project = plan_.video.string() + ".mcjepa";
        std::error_code failed;
        const std::uintmax_t bytes = fs::file_size(project_, failed);
        plan_.projectBytes =
            failed ? kLeastProjectBytes : std::max<std::uint64_t>(bytes, kLeastProjectBytes);
        return std::move(plan_);
    }

private:
    void add(const fs::path& from, const fs::path& to) {
        if (!targets_.insert(to).second) return;
        plan_.files.push_back({from, to, sizeOf(from)});
    }

    void addVideo() {
        const std::string& recorded = content_.video.path;
        const std::optional<fs::path> video = recordedVideo(recorded, project_);
        if (!video) {
            throw inputError("the video of the project was not found at " + recorded,
                             "Move the video next to the project file.");
        }
        plan_.videoFrom = *video;
        std::error_code ignored;
        if (fs::is_regular_file(*video, ignored)) {
            plan_.video = freeName(video->filename().string());
            add(*video, plan_.video);
            return;
        }
        const std::vector<fs::path> pictures = listImages(video->string());
        const bool folder = fs::is_directory(*video, ignored);
        plan_.video = freeName(folder ? fs::canonical(*video).filename().string() : "frames");
        for (const fs::path& picture : pictures) {
            const fs::path to = plan_.video / picture.filename();
            if (targets_.contains(to)) {
                throw inputError("two images of " + recorded + " have the same name, " +
                                     picture.filename().string(),
                                 "Put the images into one folder and open that folder.");
            }
            add(picture, to);
        }
    }

    void addIndex() {
        std::error_code ignored;
        if (options_.indexFolder.empty() || !fs::is_regular_file(plan_.videoFrom, ignored)) return;
        plan_.index = FrameIndexFolder(options_.indexFolder).load(quickIdentityOf(plan_.videoFrom));
    }

    [[nodiscard]] std::string placeOf(PathUse use, const fs::path& path) {
        const auto known = places_.find(path);
        if (known != places_.end()) return known->second;
        const std::string place = use == PathUse::Model ? addModel(path) : addFlow(path);
        places_[path] = place;
        return place;
    }

    [[nodiscard]] std::string addModel(const fs::path& path) {
        std::error_code ignored;
        if (!fs::is_regular_file(path, ignored)) return leaveOut(path);
        fs::path to = fs::path(kModels) / path.filename();
        for (int number = 2; targets_.contains(to); ++number) {
            to = fs::path(kModels) / (std::to_string(number) + "-" + path.filename().string());
        }
        add(path, to);
        return to.string();
    }

    [[nodiscard]] std::string addFlow(const fs::path& path) {
        const auto found = runGuarded([&] { return FlowFiles::open(path.string())->files(); });
        if (!found.ok()) return leaveOut(path);
        const std::vector<fs::path>& files = found.value();
        const fs::path from = fs::absolute(files.front()).parent_path();
        const fs::path group = fs::path(kFlow) / std::to_string(++flows_);
        const fs::path to = group / from.filename();
        for (const fs::path& file : files) add(file, to / file.filename());
        // It tells by which frames the files are numbered.
        std::error_code ignored;
        const fs::path manifest = from.parent_path() / "manifest.json";
        if (fs::is_regular_file(manifest, ignored)) add(manifest, group / manifest.filename());
        const bool single = fs::is_regular_file(path, ignored);
        return (single ? to / path.filename() : to).string();
    }

    /// The project keeps the path: the file may be there on another machine.
    [[nodiscard]] std::string leaveOut(const fs::path& path) {
        plan_.missing.push_back(path.string());
        return path.string();
    }

    const ProjectContent& content_;
    fs::path project_;
    fs::path folder_;
    const BundleOptions& options_;
    BundlePlan plan_;
    std::set<fs::path> targets_;
    std::map<fs::path, std::string> places_;  ///< in the bundle, by the original path
    int flows_ = 0;
};

}  // namespace

std::uint64_t BundlePlan::bytes() const {
    std::uint64_t all = projectBytes;
    for (const BundleFile& file : files) all += file.bytes;
    if (index) all += index->table.marks().size() * kIndexBytesPerFrame;
    return all;
}

BundlePlan planBundle(const ProjectContent& content, const fs::path& project,
                      const BundleOptions& options) {
    return Planner(content, project, options).plan();
}

BundleWriter::BundleWriter(BundlePlan plan, fs::path folder)
    : plan_(std::move(plan)), folder_(fs::absolute(folder).lexically_normal()) {
    if (!folder_.has_filename()) folder_ = folder_.parent_path();
    std::error_code ignored;
    if (fs::exists(folder_, ignored)) {
        throw Error(ErrorCode::Usage, folder_.string() + " already exists",
                    "Choose a folder that does not exist yet.");
    }
    if (!fs::is_directory(folder_.parent_path(), ignored)) {
        throw inputError("the folder " + folder_.parent_path().string() + " does not exist",
                         "Choose a folder whose parent exists and is writable.");
    }
    std::uint64_t bytes = 0;
    for (const BundleFile& file : plan_.files) bytes += file.bytes;
    copies_ = static_cast<std::int64_t>((bytes + kPartBytes - 1) / kPartBytes);
}

BundleWriter::~BundleWriter() = default;

void BundleWriter::writePart(const StopToken& stop) {
    stop.throwIfStopped("making a bundle");
    if (!scratch_) {
        scratch_ = std::make_unique<ScratchFolder>(folder_.parent_path() /
                                                   ("." + folder_.filename().string() + ".part"));
        buffer_.resize(kBufferBytes);
    }
    if (written_ < copies_) {
        copySome(stop);
    } else {
        // Empty files need no part of their own.
        while (file_ < plan_.files.size()) {
            openNext();
            closeFile();
        }
        writeProject();
        check(stop);
        flushFolder(scratch_->path());
        std::error_code failed;
        fs::rename(scratch_->path(), folder_, failed);
        if (failed) {
            throw inputError(folder_.string() + " cannot be created: " + failed.message(),
                             "Choose a folder that does not exist yet.");
        }
    }
    ++written_;
}

void BundleWriter::openNext() {
    const BundleFile& file = plan_.files[file_];
    const fs::path to = scratch_->path() / file.to;
    std::error_code failed;
    fs::create_directories(to.parent_path(), failed);
    in_.open(file.from, std::ios::binary);
    out_.open(to, std::ios::binary | std::ios::trunc);
    if (failed || !in_ || !out_) {
        throw inputError(file.from.string() + " cannot be copied to " + to.string(),
                         "Check that the file is readable and the folder writable.");
    }
    copied_ = 0;
}

void BundleWriter::closeFile() {
    const BundleFile& file = plan_.files[file_];
    in_.close();
    out_.close();
    const fs::path to = scratch_->path() / file.to;
    if (!out_) {
        throw inputError(to.string() + " cannot be written", "The disk may be full.");
    }
    // The identity by which the index of a video is kept contains the time of the last change.
    std::error_code failed;
    const fs::file_time_type time = fs::last_write_time(file.from, failed);
    if (!failed) fs::last_write_time(to, time, failed);
    ++file_;
}

void BundleWriter::copySome(const StopToken& stop) {
    const std::uint64_t until = (static_cast<std::uint64_t>(written_) + 1) * kPartBytes;
    while (allCopied_ < until && file_ < plan_.files.size()) {
        stop.throwIfStopped("making a bundle");
        const BundleFile& file = plan_.files[file_];
        if (!out_.is_open()) openNext();
        const std::uint64_t left =
            std::min({file.bytes - copied_, until - allCopied_, std::uint64_t{kBufferBytes}});
        if (left > 0) {
            in_.read(buffer_.data(), static_cast<std::streamsize>(left));
            if (static_cast<std::uint64_t>(in_.gcount()) != left) {
                throw inputError(file.from.string() + " has changed or cannot be read",
                                 "Make the bundle again.");
            }
            if (!out_.write(buffer_.data(), static_cast<std::streamsize>(left))) {
                throw inputError((scratch_->path() / file.to).string() + " cannot be written",
                                 "The disk may be full.");
            }
        }
        copied_ += left;
        allCopied_ += left;
        if (copied_ == file.bytes) closeFile();
    }
}

void BundleWriter::writeProject() const {
    (void)ProjectFile::create(scratch_->path() / plan_.project, plan_.content);
    if (!plan_.index) return;
    const FrameIndexFolder indexes(scratch_->path() / kIndexBesideVideo);
    indexes.keep(quickIdentityOf(scratch_->path() / plan_.video), *plan_.index);
}

void BundleWriter::check(const StopToken& stop) const {
    const fs::path& folder = scratch_->path();
    const auto differs = [](const std::string& what) {
        return inputError("the bundle differs from the original: " + what,
                          "Make it again; the disk may be damaged or a file has changed.");
    };
    for (const BundleFile& file : plan_.files) {
        if (sizeOf(folder / file.to) != sizeOf(file.from)) throw differs(file.to.string());
    }
    const ProjectContent read = ProjectFile::open(folder / plan_.project).load();
    const bool same = read.video == plan_.content.video &&
                      read.settings == plan_.content.settings &&
                      read.state == plan_.content.state && read.log == plan_.content.log;
    if (!same) throw differs(plan_.project.string());
    stop.throwIfStopped("checking a bundle");
    const FramePtr original = openSource(plan_.videoFrom.string())->read(0, stop);
    const FramePtr copy = openSource((folder / plan_.video).string())->read(0, stop);
    const bool shown = original && copy && original->rgb == copy->rgb;
    if (!shown) throw differs("the first frame of " + plan_.video.string());
}

}  // namespace mcj
