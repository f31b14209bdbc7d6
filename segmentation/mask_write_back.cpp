#include "segmentation/mask_write_back.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstddef>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "media/base/error.h"
#include "media/base/partial_path.h"
#include "media/base/size_text.h"
#include "media/io/atomic_file.h"
#include "media/io/manifest.h"
#include "media/io/scratch_folder.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/picture_labels.h"
#include "segmentation/mask_set_export.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

constexpr const char* kExportInstead = "Export the masks to another folder instead.";

/// Gives `to`, which takes the place of `from`, its permissions and, as far as this user may, its
/// owner and group: others who work in the folder keep their access.
void keepAccess(const fs::path& from, const fs::path& to) {
    struct stat facts = {};
    if (::stat(from.c_str(), &facts) == 0 && ::chown(to.c_str(), facts.st_uid, facts.st_gid) != 0) {
        // Only root gives a file to another user; the group may still be one of this user's.
        const int refused = ::chown(to.c_str(), static_cast<uid_t>(-1), facts.st_gid);
        (void)refused;
    }
    fs::permissions(to, fs::status(from).permissions());
}

/// Puts everything of `from` into the empty folder `to`: files as links to the same content where
/// the file system has links.
void linkTree(const fs::path& from, const fs::path& to) {
    keepAccess(from, to);
    for (const auto& entry : fs::directory_iterator(from)) {
        const fs::path target = to / entry.path().filename();
        if (entry.is_symlink()) {
            fs::copy_symlink(entry.path(), target);
        } else if (entry.is_directory()) {
            fs::create_directory(target);
            linkTree(entry.path(), target);
        } else if (entry.is_regular_file()) {
            std::error_code unsupported;
            fs::create_hard_link(entry.path(), target, unsupported);
            if (unsupported) fs::copy_file(entry.path(), target);
        } else {
            throw Error(ErrorCode::Input, entry.path().string() + " is neither file nor folder",
                        "Move it out of the folder of masks.");
        }
    }
}

PngImage readPicture(const fs::path& path) { return decodePng(readFileBytes(path), path.string()); }

/// 1 where `shape` is, else 0; all 0 without a shape.
Mask insideOf(const std::vector<ObjectShape>& shapes, int object, SizePx size) {
    const auto found = std::ranges::find(shapes, object, &ObjectShape::object);
    return found == shapes.end() ? Mask(size) : Mask(decodeCocoRle(found->rle));
}

/// The pixels of object `id` after the labels have changed from `from` to `to`. What lies below an
/// unchanged pixel, or below an object that now covers it, stays.
Mask insideAfter(Mask inside, ObjectId id, const Mask& from, const Mask& to,
                 const ObjectOrder& order) {
    for (int y = 0; y < to.size().height; ++y) {
        for (int x = 0; x < to.size().width; ++x) {
            const ObjectId before = from.labels.at(y, x);
            const ObjectId after = to.labels.at(y, x);
            if (before == after) continue;
            std::uint8_t& here = inside.labels.at(y, x);
            if (id == after) {
                here = 1;
            } else if (after == kBackground || id == before || order.above(id, after)) {
                // It would be on top, or is what was painted over.
                here = 0;
            }
        }
    }
    return inside;
}

/// Throws where the folder of `file` in `tree` is a link: its pictures would be written elsewhere,
/// before all of them are checked.
void requireOwnFolder(const fs::path& tree, const fs::path& file) {
    const fs::path folder = (tree / file).parent_path();
    if (!file.has_parent_path() || !fs::is_symlink(folder)) return;
    throw Error(ErrorCode::Usage,
                file.parent_path().string() + " is a link to a folder, which is not changed",
                "Put the folder itself there, or export the masks to another folder.");
}

/// Throws where `folder` has something that its copy `tree` lacks.
void requireNothingNew(const fs::path& folder, const fs::path& tree) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        const fs::path copy = tree / entry.path().filename();
        if (!fs::exists(fs::symlink_status(copy))) {
            throw Error(ErrorCode::Input,
                        entry.path().string() + " was written by another program meanwhile",
                        "Write the masks back when the other program has finished.");
        }
        if (entry.is_directory() && !entry.is_symlink()) requireNothingNew(entry.path(), copy);
    }
}

/// Calls `take(file, picture)` for every picture that has to be written; files are relative.
using TakePicture = std::function<void(const fs::path& file, const PngImage& picture)>;

class WriteBack {
public:
    WriteBack(const MaskTrack& track, const MaskPlaces& places, const Progress& progress,
              const ObjectOrder& order)
        : track_(track), present_(track.objects()),
          overlaps_(std::ranges::any_of(
              track.entries(), [](const auto& row) { return row.second.packed->layered(); })),
          order_(order), places_(places), progress_(progress),
          set_(readPlacedMasks(places, places.folder)) {
        if (!set_.objects.empty() && set_.objects.back().id >= kVoid) {
            throw Error(ErrorCode::Usage,
                        places_.folder.string() + " has objects with ids above 254",
                        kExportInstead);
        }
        for (const MaskPicture& picture : places_.pictures) {
            files_[picture.frame][picture.object] = picture.file;
        }
        for (const SetObject& object : set_.objects) objects_.insert(object.id);
        std::set<FrameIndex> frames(set_.frames.begin(), set_.frames.end());
        for (const auto& [frame, entry] : track_.entries()) frames.insert(frame);
        frames_.assign(frames.begin(), frames.end());
        // Every frame is compared twice: before, and when it is written.
        total_ = 2 * std::ssize(frames_);
    }

    /// Finds the frames that differ. Throws where the layout cannot hold them.
    void compare() {
        for (const FrameIndex frame : frames_) {
            step(1);
            const MaskEntry* entry = track_.find(frame);
            if (entry != nullptr && entry->packed->size() != set_.size) {
                throw Error(ErrorCode::Usage, "the mask of frame " + std::to_string(frame) +
                                                  " is " + sizeText(entry->packed->size()) +
                                                  ", but the masks of " + places_.folder.string() +
                                                  " are " + sizeText(set_.size));
            }
            if (places_.kind == MaskPictureKind::Objects) {
                compareObjects(frame);
                continue;
            }
            if (entry != nullptr && entry->packed->layered()) ++flattened_;
            const Mask to = wanted(frame);
            if (before(frame) == to) continue;
            requireObjects(objectsIn(to));
            changed_.push_back(frame);
        }
    }

    [[nodiscard]] const std::vector<FrameIndex>& changed() const noexcept { return changed_; }
    /// Frames of which only what is on top can be written.
    [[nodiscard]] std::int64_t flattened() const noexcept { return flattened_; }

    /// Makes the changed pictures.
    void make(const TakePicture& take) {
        if (places_.kind == MaskPictureKind::Labels) {
            for (const FrameIndex frame : changed_) makeLabels(frame, take);
            return;
        }
        for (const FrameIndex frame : changed_) makeObjects(frame, take);
        for (const int object : added_) fillNewObject(object, take);
    }

    /// Throws where the pictures in `folder` are read as other masks than those of the track.
    void check(const fs::path& folder) {
        const MaskSet written = readPlacedMasks(places_, folder);
        for (const FrameIndex frame : written.frames) {
            if (!std::ranges::binary_search(frames_, frame)) refuseRead(frame);
        }
        for (const FrameIndex frame : frames_) {
            step(1);
            const bool same =
                places_.kind == MaskPictureKind::Objects
                    ? shapesIn(written, frame) == shapesAfter(frame, shapesIn(set_, frame))
                    : labelsIn(written, frame) == wanted(frame);
            if (!same) refuseRead(frame);
        }
    }

private:
    void step(std::int64_t by) {
        if (progress_ && !progress_(done_, total_)) {
            throw Error(ErrorCode::Interrupted, "writing the masks back was stopped",
                        "The folder is as it was.");
        }
        done_ += by;
    }

    [[noreturn]] void refuseRead(FrameIndex frame) const {
        throw Error(ErrorCode::Usage,
                    "the layout of " + places_.folder.string() + " cannot hold the mask of frame " +
                        std::to_string(frame) + ": it would be read as another one",
                    kExportInstead);
    }

    [[nodiscard]] Mask wanted(FrameIndex frame) const {
        const MaskPtr mask = track_.mask(frame);
        return mask ? *mask : Mask(set_.size);
    }
    [[nodiscard]] static Mask labelsIn(const MaskSet& set, FrameIndex frame) {
        return set.hasFrame(frame) ? set.read(frame).labels() : Mask(set.size);
    }
    [[nodiscard]] static std::vector<ObjectShape> shapesIn(const MaskSet& set, FrameIndex frame) {
        return set.hasFrame(frame) ? set.read(frame).shapes() : std::vector<ObjectShape>();
    }
    [[nodiscard]] Mask before(FrameIndex frame) const { return labelsIn(set_, frame); }

    /// Whether what lies below in a frame is all that lies there: a propagation does not carry it,
    /// and a track without any overlap may be from where there are none.
    [[nodiscard]] bool whole(const MaskEntry& entry) const {
        if (entry.packed->layered()) return true;
        return overlaps_ && entry.facts.origin != MaskOrigin::Propagated;
    }

    /// All pixels of every object that the frame, which has `shapes`, is to have, also where they
    /// are covered.
    [[nodiscard]] std::vector<ObjectShape> shapesAfter(
        FrameIndex frame, const std::vector<ObjectShape>& shapes) const {
        const MaskEntry* entry = track_.find(frame);
        if (entry != nullptr && whole(*entry)) {
            return FrameMasks(entry->packed->unpackLayers()).shapes();
        }
        LayeredMask layers = FrameMasks(set_.size, shapes).layers();
        layers.arrange(order_);
        const Mask& from = layers.top();
        const Mask to = wanted(frame);
        const bool all = std::ranges::all_of(shapes, [this](const ObjectShape& shape) {
            return present_.test(static_cast<std::size_t>(shape.object));
        });
        if (all && from == to) return shapes;
        ObjectSet objects = objectsIn(to);
        for (const ObjectShape& shape : shapes) objects.set(static_cast<std::size_t>(shape.object));
        // What the track has nowhere was removed from it.
        objects &= present_;
        std::vector<ObjectShape> after;
        for (int id = 1; id < kVoid; ++id) {
            if (!objects.test(static_cast<std::size_t>(id))) continue;
            const Mask inside = insideAfter(insideOf(shapes, id, set_.size),
                                            static_cast<ObjectId>(id), from, to, order_);
            CocoRle rle = cocoRleOf(inside.labels);
            if (hasPixels(rle)) after.push_back({id, std::move(rle)});
        }
        return after;
    }

    void compareObjects(FrameIndex frame) {
        requireNoVoid(frame);
        const std::vector<ObjectShape> shapes = shapesIn(set_, frame);
        const std::vector<ObjectShape> after = shapesAfter(frame, shapes);
        if (after == shapes) return;
        ObjectSet present;
        for (const ObjectShape& shape : after) present.set(static_cast<std::size_t>(shape.object));
        requireObjects(present);
        changed_.push_back(frame);
    }

    void requireObjects(const ObjectSet& present) {
        for (int id = 1; id < kVoid; ++id) {
            if (!present.test(static_cast<std::size_t>(id)) || objects_.contains(id)) continue;
            if (!places_.closed.empty()) {
                throw Error(ErrorCode::Usage,
                            "object " + std::to_string(id) + " cannot be added: " + places_.closed,
                            kExportInstead);
            }
            if (places_.kind == MaskPictureKind::Objects) added_.insert(id);
            objects_.insert(id);
        }
    }

    void requireNoVoid(FrameIndex frame) const {
        const Mask to = wanted(frame);
        const auto labels = to.labels.values();
        if (std::ranges::find(labels, kVoid) == labels.end()) return;
        throw Error(ErrorCode::Usage,
                    "the mask of frame " + std::to_string(frame) +
                        " has void pixels, which folders of objects cannot hold",
                    kExportInstead);
    }

    /// The picture of `object` nearest to `frame`; of any object if it has none.
    [[nodiscard]] const MaskPicture& nearest(FrameIndex frame, int object) const {
        const MaskPicture* best = nullptr;
        std::pair<bool, FrameIndex> least{true, 0};
        for (const MaskPicture& picture : places_.pictures) {
            const std::pair away{picture.object != object, std::abs(picture.frame - frame)};
            if (best != nullptr && least <= away) continue;
            best = &picture;
            least = away;
        }
        return *best;
    }

    /// The name of a picture of `frame`, in the way of `like`.
    [[nodiscard]] std::string nameOf(FrameIndex frame, const MaskPicture& like) const {
        const std::string stem = like.file.stem().string();
        const std::string extension = like.file.extension().string();
        const auto& clip = places_.reading.clipFrames;
        const auto at = static_cast<std::size_t>(frame);
        const auto from = static_cast<std::size_t>(like.frame);
        if (at < clip.size() && from < clip.size() && clip[from].stem() == stem) {
            return clip[at].stem().string() + extension;
        }
        const auto number = trailingNumber(stem);
        if (!number || *number + frame - like.frame < 0) {
            throw Error(ErrorCode::Usage,
                        "frame " + std::to_string(frame) + " has no picture in " +
                            places_.folder.string() + ", and the names there do not tell its name",
                        kExportInstead);
        }
        std::size_t digits = 0;
        while (digits < stem.size() &&
               std::isdigit(static_cast<unsigned char>(stem[stem.size() - 1 - digits])) != 0) {
            ++digits;
        }
        std::string text = std::to_string(*number + frame - like.frame);
        if (text.size() < digits) text.insert(0, digits - text.size(), '0');
        return stem.substr(0, stem.size() - digits) + text + extension;
    }

    /// What the pictures have taught until every object of the layout has a value.
    const PictureLabels& values() {
        if (values_) return *values_;
        values_.emplace();
        const bool labels = places_.kind == MaskPictureKind::Labels;
        for (const auto& [frame, files] : files_) {
            const std::vector<ObjectShape> shapes =
                labels ? std::vector<ObjectShape>() : set_.read(frame).shapes();
            for (const auto& [object, file] : files) {
                const PngImage picture = readPicture(places_.folder / file);
                values_->learn(picture,
                               labels ? before(frame) : insideOf(shapes, object, set_.size));
                const auto known = [&](int id) {
                    return values_->knows(picture.kind, static_cast<ObjectId>(id));
                };
                const bool all =
                    labels ? std::ranges::all_of(
                                 set_.objects, [&](const SetObject& one) { return known(one.id); })
                           : known(1);
                if (all) return *values_;
            }
        }
        return *values_;
    }

    /// The picture of `file`, or a new one like `like` where it does not exist.
    PngImage pictureAt(const std::optional<fs::path>& file, const MaskPicture& like) {
        if (file) return readPicture(places_.folder / *file);
        return blankLike(readPicture(places_.folder / like.file), values());
    }

    void makeLabels(FrameIndex frame, const TakePicture& take) {
        step(0);
        const auto there = files_.find(frame);
        std::optional<fs::path> file;
        if (there != files_.end()) file = there->second.at(0);
        const MaskPicture& like = nearest(frame, 0);
        const fs::path target = file ? *file : fs::path(nameOf(frame, like));
        take(target, relabeled(pictureAt(file, like), before(frame), wanted(frame), values(),
                               (places_.folder / target).string()));
    }

    /// "003": the folder of an object that is not there yet.
    [[nodiscard]] std::string newFolder(int object) const {
        const std::string like = places_.pictures.front().file.parent_path().string();
        std::string name = std::to_string(object - places_.idsBefore);
        if (name.size() < like.size()) name.insert(0, like.size() - name.size(), '0');
        return name;
    }

    /// Where the picture of an object in a frame is to be.
    [[nodiscard]] fs::path placeOf(FrameIndex frame, int object) const {
        const MaskPicture& like = nearest(frame, object);
        const fs::path folder =
            like.object == object ? like.file.parent_path() : fs::path(newFolder(object));
        const auto others = files_.find(frame);
        if (others != files_.end()) return folder / others->second.begin()->second.filename();
        return folder / nameOf(frame, like);
    }

    void makeObjects(FrameIndex frame, const TakePicture& take) {
        step(0);
        const std::vector<ObjectShape> shapes = shapesIn(set_, frame);
        const std::vector<ObjectShape> after = shapesAfter(frame, shapes);
        const auto files = files_.find(frame);
        for (const int object : objects_) {
            const Mask was = insideOf(shapes, object, set_.size);
            const Mask is = insideOf(after, object, set_.size);
            if (was == is) continue;
            std::optional<fs::path> file;
            if (files != files_.end() && files->second.contains(object)) {
                file = files->second.at(object);
            }
            const fs::path target = file ? *file : placeOf(frame, object);
            take(target, relabeled(pictureAt(file, nearest(frame, object)), was, is, values(),
                                   (places_.folder / target).string()));
        }
    }

    /// A new object has a picture in every frame, as the others have.
    void fillNewObject(int object, const TakePicture& take) {
        for (const FrameIndex frame : set_.frames) {
            const MaskEntry* entry = track_.find(frame);
            const auto id = static_cast<std::size_t>(object);
            if (entry != nullptr && entry->packed->allObjects().test(id)) continue;
            take(placeOf(frame, object), pictureAt(std::nullopt, nearest(frame, object)));
        }
    }

    const MaskTrack& track_;
    ObjectSet present_;  ///< in any frame of the track
    bool overlaps_;      ///< in any frame of the track
    const ObjectOrder& order_;
    const MaskPlaces& places_;
    const Progress& progress_;
    MaskSet set_;
    std::map<FrameIndex, std::map<int, fs::path>> files_;
    std::set<int> objects_;  ///< of the layout, and those that are added
    std::set<int> added_;    ///< that need a folder
    std::vector<FrameIndex> frames_;
    std::vector<FrameIndex> changed_;
    std::optional<PictureLabels> values_;
    std::int64_t flattened_ = 0;
    std::int64_t done_ = 0;
    std::int64_t total_ = 0;
};

}  // namespace

MaskPlaces placesOf(const MaskFormat& format, const MaskReadRequest& request) {
    if (format.places == nullptr) {
        throw Error(ErrorCode::Usage,
                    std::string("masks in the format ") + format.title + " are not written back",
                    "Export them instead. Written back are: " + restorableMaskFormatIds() + ".");
    }
    return format.places(request);
}

std::string digestOf(const MaskPlaces& places, const StopToken& stop) {
    std::uint64_t sum = 0xcbf29ce484222325U;  // FNV-1a over names and SHA-256 of the contents
    const auto add = [&sum](const std::string& text) {
        for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 0x100000001b3U;
    };
    for (const MaskPicture& picture : places.pictures) {
        add(picture.file.string());
        add(sha256OfFile(places.folder / picture.file, stop));
    }
    return std::to_string(places.pictures.size()) + "-" + std::to_string(sum);
}

MaskWriteBackReport writeMasksBack(const MaskTrack& track, const MaskPlaces& places,
                                   WriteBackMode mode, const Progress& progress,
                                   const ObjectOrder& order) {
    const std::string digest = mode == WriteBackMode::Write ? digestOf(places) : std::string();
    WriteBack work(track, places, progress, order);
    work.compare();
    MaskWriteBackReport report;
    report.flattened = work.flattened();
    report.frames = std::ssize(work.changed());
    report.kept = std::ssize(places.pictures);
    if (report.frames == 0) return report;
    std::set<fs::path> there;
    for (const MaskPicture& picture : places.pictures) there.insert(picture.file);
    const auto count = [&report, &there](const fs::path& file) {
        const bool old = there.contains(file);
        ++(old ? report.rewritten : report.added);
        if (old) --report.kept;
    };
    if (mode == WriteBackMode::DryRun) {
        work.make([&count](const fs::path& file, const PngImage&) { count(file); });
        return report;
    }
    const ScratchFolder scratch(
        partialPath(places.folder, ".", ".partial-" + std::to_string(::getpid())));
    try {
        linkTree(places.folder, scratch.path());
        work.make([&](const fs::path& file, const PngImage& picture) {
            const fs::path target = scratch.path() / file;
            requireOwnFolder(scratch.path(), file);
            if (file.has_parent_path()) fs::create_directories(target.parent_path());
            count(file);
            writePng(target, picture, Flush::WithFolder);
            if (there.contains(file)) keepAccess(places.folder / file, target);
        });
        work.check(scratch.path());
        flushFolder(scratch.path());
        // What another program writes during this time is not in the new folder.
        requireNothingNew(places.folder, scratch.path());
    } catch (const fs::filesystem_error& failure) {
        throw Error(ErrorCode::Input,
                    std::string("the masks cannot be written back: ") + failure.what());
    }
    if (digestOf(places) != digest) {
        throw Error(
            ErrorCode::Input,
            "the masks in " + places.folder.string() + " were changed by another program meanwhile",
            "Write the masks back when the other program has finished.");
    }
    moveIntoPlace(scratch.path(), places.folder);
    return report;
}

}  // namespace mcj
