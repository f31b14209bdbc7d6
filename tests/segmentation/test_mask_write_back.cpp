#include <QTemporaryDir>
#include <QTest>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "media/base/error.h"
#include "media/io/atomic_file.h"
#include "media/io/image_file.h"
#include "media/io/png_file.h"
#include "segmentation/mask_formats/clip_masks.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_write_back.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
constexpr SizePx kSize{31, 23};

using Files = std::map<fs::path, std::vector<std::uint8_t>>;

/// The contents of all files below `folder`.
Files filesIn(const fs::path& folder) {
    Files files;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        files[fs::relative(entry.path(), folder)] = readFileBytes(entry.path());
    }
    return files;
}

/// The files whose contents differ, or that only one has.
std::vector<std::string> differing(const Files& a, const Files& b) {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : a) {
        const auto other = b.find(name);
        if (other == b.end() || other->second != bytes) names.push_back(name.string());
    }
    for (const auto& [name, bytes] : b) {
        if (!a.contains(name)) names.push_back(name.string());
    }
    std::ranges::sort(names);
    return names;
}

ino_t inodeOf(const fs::path& file) {
    struct stat facts{};
    return ::stat(file.c_str(), &facts) == 0 ? facts.st_ino : ino_t{0};
}

/// Things directly in a folder, hidden ones included.
std::ptrdiff_t entriesIn(const fs::path& folder) {
    return std::distance(fs::directory_iterator(folder), fs::directory_iterator());
}

void writeMask(const fs::path& path, const Mask& mask) {
    fs::create_directories(path.parent_path());
    writeDavisMask(path, mask);
}

/// What is in the folder, as another program's results.
MaskTrack trackIn(const fs::path& folder, const MaskReadRequest& like = {}) {
    MaskReadRequest request = like;
    request.path = folder;
    const MaskSet set = readMaskSet(detectMaskFormat(folder), request);
    return importedTrack(set, set.size, set.end, {}, ImportedAs::Results);
}

MaskPlaces placesIn(const fs::path& folder, const MaskReadRequest& like = {}) {
    MaskReadRequest request = like;
    request.path = folder;
    return placesOf(detectMaskFormat(folder), request);
}

void put(MaskTrack& track, FrameIndex frame, const Mask& mask) {
    track.set(frame, makeEntry(mask, {}));
}

/// The message of the refusal; empty where the masks were written.
std::string refusal(const MaskTrack& track, const fs::path& folder) {
    const auto outcome = runGuarded([&] { return writeMasksBack(track, placesIn(folder)); });
    return outcome.ok() ? std::string() : std::string(outcome.error().what());
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

PngImage png(PngKind kind, int bitDepth, const Mask& mask,
             const std::function<std::vector<int>(ObjectId)>& channels) {
    PngImage image;
    image.kind = kind;
    image.bitDepth = bitDepth;
    image.values8 = Raster<std::uint8_t>(mask.size(), pngChannels(kind));
    for (int y = 0; y < mask.size().height; ++y) {
        for (int x = 0; x < mask.size().width; ++x) {
            const std::vector<int> pixel = channels(mask.labels.at(y, x));
            for (int c = 0; c < pngChannels(kind); ++c) {
                image.values8.at(y, x, c) =
                    static_cast<std::uint8_t>(pixel[static_cast<std::size_t>(c)]);
            }
        }
    }
    return image;
}

PngImage readBack(const fs::path& path) { return decodePng(readFileBytes(path), path.string()); }

class TestMaskWriteBack : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        dir_ = std::make_unique<QTemporaryDir>();
        root_ = dir_->path().toStdString();
    }

    void onlyChangedPicturesAreRewritten() {
        // A workspace of Cutie, with a file that is none of ours.
        const fs::path masks = root_ / "workspace" / "masks";
        for (int i = 0; i < 4; ++i) {
            writeMask(masks / ("000000" + std::to_string(i) + ".png"),
                      randomMask(kSize, 4, static_cast<std::uint32_t>(i)));
        }
        writeTextAtomically(masks / "notes.txt", "mine");
        fs::create_symlink("notes.txt", masks / "link");
        MaskTrack track = trackIn(root_ / "workspace");
        const Files before = filesIn(root_ / "workspace");
        const ino_t kept = inodeOf(masks / "0000000.png");

        // Nothing differs: nothing is touched.
        const MaskPlaces places = placesIn(root_ / "workspace");
        const std::string digest = digestOf(places);
        QCOMPARE(writeMasksBack(track, places).frames, std::int64_t{0});
        QVERIFY(filesIn(root_ / "workspace") == before);

        const Mask corrected = diskMask(kSize, {12, 11}, 6, 3);
        put(track, 2, corrected);
        const MaskWriteBackReport dry = writeMasksBack(track, places, WriteBackMode::DryRun);
        QCOMPARE(dry.rewritten, std::int64_t{1});
        QVERIFY(filesIn(root_ / "workspace") == before);
        QCOMPARE(digestOf(places), digest);

        const MaskWriteBackReport report = writeMasksBack(track, places);
        QCOMPARE(report.frames, std::int64_t{1});
        QCOMPARE(report.rewritten, std::int64_t{1});
        QCOMPARE(report.added, std::int64_t{0});
        QCOMPARE(report.kept, std::int64_t{3});
        const Files after = filesIn(root_ / "workspace");
        QCOMPARE(differing(before, after), std::vector<std::string>{"masks/0000002.png"});
        QCOMPARE(inodeOf(masks / "0000000.png"), kept);
        QVERIFY(fs::is_symlink(masks / "link"));
        QCOMPARE(entriesIn(root_ / "workspace"), std::ptrdiff_t{1});
        QVERIFY(readDavisMask(masks / "0000002.png") == corrected);
        QVERIFY(readBack(masks / "0000002.png").palette == davisPalette());
        QVERIFY(digestOf(placesIn(root_ / "workspace")) != digest);
        // A mask that was cleared is background; its picture stays.
        track.erase(1);
        QCOMPARE(writeMasksBack(track, places).rewritten, std::int64_t{1});
        QVERIFY(readDavisMask(masks / "0000001.png") == Mask(kSize));
    }

    void aStopLeavesTheFolderAsItWas() {
        for (int i = 0; i < 3; ++i) {
            writeMask(root_ / "m" / davisFileName(i), randomMask(kSize, 4, 7));
        }
        MaskTrack track = trackIn(root_ / "m");
        put(track, 1, diskMask(kSize, {12, 11}, 6, 2));
        const Files before = filesIn(root_);
        for (int steps = 0; steps < 7; ++steps) {
            int left = steps;
            QVERIFY_EXCEPTION_THROWN(
                (void)writeMasksBack(track, placesIn(root_ / "m"), WriteBackMode::Write,
                                     [&left](std::int64_t, std::int64_t) { return left-- > 0; }),
                Error);
            QVERIFY(filesIn(root_) == before);
            QCOMPARE(entriesIn(root_), std::ptrdiff_t{1});
        }
    }

    void theKindOfPicturesStays_data() {
        QTest::addColumn<QString>("kind");
        for (const char* kind : {"2 bits", "8 bits, few colors", "grey", "grey, 1 bit",
                                 "white is the object", "DAVIS colors", "grey as RGB"}) {
            QTest::newRow(kind) << kind;
        }
    }
    void theKindOfPicturesStays() {
        QFETCH(const QString, kind);
        const bool one = kind == "grey, 1 bit" || kind == "white is the object";
        const std::vector<Rgb8> few{{0, 0, 0}, {9, 200, 30}, {250, 1, 2}, {7, 7, 90}};
        const auto pictureOf = [&](const Mask& mask) {
            const auto raw = [](ObjectId label) { return std::vector<int>{label}; };
            if (kind == "2 bits" || kind == "8 bits, few colors") {
                PngImage image = png(PngKind::Palette, kind == "2 bits" ? 2 : 8, mask, raw);
                image.palette = few;
                image.paletteAlpha = {0, 128};
                return image;
            }
            if (kind == "grey") return png(PngKind::Grey, 8, mask, raw);
            if (kind == "grey, 1 bit") return png(PngKind::Grey, 1, mask, raw);
            if (kind == "white is the object") {
                return png(PngKind::Grey, 8, mask,
                           [](ObjectId label) { return std::vector<int>{label == 0 ? 0 : 255}; });
            }
            if (kind == "grey as RGB") {
                return png(PngKind::Rgb, 8, mask,
                           [](ObjectId label) { return std::vector<int>{label, label, label}; });
            }
            return png(PngKind::Rgb, 8, mask, [](ObjectId label) {
                const Rgb8& color = davisPalette()[label];
                return std::vector<int>{color[0], color[1], color[2]};
            });
        };
        const fs::path folder = root_ / "m";
        fs::create_directories(folder);
        // The second picture is background: what the object looks like is only in others.
        const std::vector<Mask> masks{diskMask(kSize, {9, 9}, 5, 1), Mask(kSize),
                                      diskMask(kSize, {20, 12}, 6, one ? 1 : 3)};
        for (std::size_t i = 0; i < masks.size(); ++i) {
            writePng(folder / davisFileName(static_cast<FrameIndex>(i)), pictureOf(masks[i]));
        }
        MaskTrack track = trackIn(folder);
        for (std::size_t i = 0; i < masks.size(); ++i) {
            QVERIFY(*track.mask(static_cast<FrameIndex>(i)) == masks[i]);
        }
        Mask wanted = diskMask(kSize, {15, 10}, 4, 1);
        if (!one) wanted.labels.at(2, 2) = 2;
        put(track, 1, wanted);
        const Files before = filesIn(folder);
        (void)writeMasksBack(track, placesIn(folder));
        QCOMPARE(differing(before, filesIn(folder)), std::vector<std::string>{"00001.png"});
        QVERIFY(*trackIn(folder).mask(1) == wanted);
        const PngImage written = readBack(folder / "00001.png");
        const PngImage like = readBack(folder / "00000.png");
        QVERIFY(written.kind == like.kind);
        QCOMPARE(written.bitDepth, like.bitDepth);
        QVERIFY(written.palette == like.palette);
        QVERIFY(written.paletteAlpha == like.paletteAlpha);
        QVERIFY(written.values8 == pictureOf(wanted).values8);
    }

    void framesWithoutAPictureStayWithoutOne() {
        const fs::path folder = root_ / "m";
        writeMask(folder / "frame_0007.png", diskMask(kSize, {9, 9}, 5));
        writeMask(folder / "frame_0012.png", diskMask(kSize, {9, 9}, 6));
        MaskTrack track = trackIn(folder);
        put(track, 8, Mask(kSize));
        QCOMPARE(writeMasksBack(track, placesIn(folder)).frames, std::int64_t{0});
        const Mask painted = diskMask(kSize, {20, 12}, 4);
        put(track, 11, painted);
        const MaskWriteBackReport report = writeMasksBack(track, placesIn(folder));
        QCOMPARE(report.added, std::int64_t{1});
        QCOMPARE(report.kept, std::int64_t{2});
        QVERIFY(readDavisMask(folder / "frame_0011.png") == painted);
        QCOMPARE(entriesIn(folder), std::ptrdiff_t{3});
    }

    void namesAreThoseOfTheClip() {
        // Pictures of a clip with names that are no frame numbers.
        for (const char* name : {"a10", "b20", "c30"}) {
            fs::create_directories(root_ / "clip");
            writeRgbPng(root_ / "clip" / (std::string(name) + ".png"),
                        Raster<std::uint8_t>(kSize, 3));
        }
        writeMask(root_ / "m" / "a10.png", diskMask(kSize, {9, 9}, 5));
        writeMask(root_ / "m" / "c30.png", diskMask(kSize, {9, 9}, 6));
        const MaskReadRequest request = requestFor({(root_ / "clip").string(), 3}, root_ / "m");
        MaskTrack track = trackIn(root_ / "m", request);
        QVERIFY(track.find(2) != nullptr && track.find(1) == nullptr);
        const Mask painted = diskMask(kSize, {20, 12}, 4);
        put(track, 1, painted);
        (void)writeMasksBack(track, placesIn(root_ / "m", request));
        QVERIFY(readDavisMask(root_ / "m" / "b20.png") == painted);
        // As many masks as frames belong to them in order, whatever they are called.
        for (const int number : {5, 6, 7}) {
            writeMask(root_ / "n" / davisFileName(number), diskMask(kSize, {9, 9}, 5));
        }
        const MaskReadRequest inOrder = requestFor({"clip.mkv", 3}, root_ / "n");
        MaskTrack ordered = trackIn(root_ / "n", inOrder);
        put(ordered, 2, painted);
        (void)writeMasksBack(ordered, placesIn(root_ / "n", inOrder));
        QVERIFY(readDavisMask(root_ / "n" / "00007.png") == painted);
    }

    void objectFoldersKeepWhatLiesBelow() {
        const fs::path folder = root_ / "sav";
        Mask all(kSize);
        std::ranges::fill(all.labels.values(), ObjectId{1});
        const Mask disk = diskMask(kSize, {12, 11}, 6);
        // Counted from 0; in frame 0 the second object lies over the first one.
        for (int frame = 0; frame < 3; ++frame) {
            writeMask(folder / "000" / davisFileName(frame), all);
            writeMask(folder / "001" / davisFileName(frame), frame == 0 ? disk : Mask(kSize));
        }
        const Files before = filesIn(folder);
        MaskTrack track = trackIn(folder);
        QVERIFY(writeMasksBack(track, placesIn(folder)).frames == 0);
        // One pixel outside of the disk becomes background, one pixel of it the first object.
        Mask changed = *track.mask(0);
        QCOMPARE(int{changed.labels.at(11, 12)}, 2);
        changed.labels.at(0, 0) = 0;
        changed.labels.at(11, 12) = 1;
        put(track, 0, changed);
        const MaskWriteBackReport report = writeMasksBack(track, placesIn(folder));
        QCOMPARE(report.rewritten, std::int64_t{2});
        QCOMPARE(differing(before, filesIn(folder)),
                 (std::vector<std::string>{"000/00000.png", "001/00000.png"}));
        Mask below = all;
        below.labels.at(0, 0) = 0;
        QVERIFY(readDavisMask(folder / "000" / "00000.png") == below);
        Mask above = disk;
        above.labels.at(11, 12) = 0;
        QVERIFY(readDavisMask(folder / "001" / "00000.png") == above);
        QVERIFY(*trackIn(folder).mask(0) == changed);

        // A new object gets a folder with a picture for every frame.
        changed.labels.at(5, 5) = 3;
        put(track, 0, changed);
        QCOMPARE(writeMasksBack(track, placesIn(folder)).added, std::int64_t{3});
        QCOMPARE(entriesIn(folder / "002"), std::ptrdiff_t{3});
        QVERIFY(*trackIn(folder).mask(0) == changed);
        QVERIFY(readDavisMask(folder / "002" / "00002.png") == Mask(kSize));
    }

    void coveredPartsAreWritten() {
        const fs::path folder = root_ / "sav";
        Mask all(kSize);
        std::ranges::fill(all.labels.values(), ObjectId{1});
        const Mask disk = diskMask(kSize, {12, 11}, 6);
        for (int frame = 0; frame < 2; ++frame) {
            writeMask(folder / "001" / davisFileName(frame), all);
            writeMask(folder / "002" / davisFileName(frame), disk);
        }
        const Files before = filesIn(folder);
        // The first object lies on top in the project: the folders do not hold an order.
        ObjectOrder order;
        order.setDepth(2, 1);
        const MaskSet set = readMaskSet(detectMaskFormat(folder), placesIn(folder).reading);
        MaskTrack track = importedTrack(set, set.size, set.end, {}, ImportedAs::Results, order);
        QVERIFY(*track.mask(0) == all);
        const auto write = [&] {
            return writeMasksBack(track, placesIn(folder), WriteBackMode::Write, {}, order);
        };
        QCOMPARE(write().frames, std::int64_t{0});
        // So it is where a propagation has carried only what is on top.
        track.set(1, makeEntry(all, {.origin = MaskOrigin::Propagated}));
        QCOMPARE(write().frames, std::int64_t{0});
        QVERIFY(filesIn(folder) == before);

        // A change of what is covered, and of nothing else.
        LayeredMask layers = track.find(0)->packed->unpackLayers();
        Region hole(kSize, 1);
        hole.at(11, 12) = 1;
        layers.take(hole, 2, order);
        QVERIFY(layers.top() == all);
        track.set(0, {PackedMask::pack(layers), {}});
        QCOMPARE(write().rewritten, std::int64_t{1});
        Mask holed = disk;
        holed.labels.at(11, 12) = 0;
        QVERIFY(readDavisMask(folder / "002" / "00000.png") == holed);
        QVERIFY(readDavisMask(folder / "001" / "00000.png") == all);
        // A person may as well erase all that is covered in a frame.
        put(track, 1, all);
        QCOMPARE(write().rewritten, std::int64_t{1});
        QVERIFY(readDavisMask(folder / "002" / "00001.png") == Mask(kSize));

        // A new object that is covered as a whole has its pixels.
        order.setDepth(3, 2);
        Region corner(kSize, 1);
        corner.at(0, 0) = 1;
        layers.give(corner, 3, {.overlaps = Overlaps::Keep, .order = order});
        QVERIFY(layers.top() == all);
        track.set(0, {PackedMask::pack(layers), {}});
        QCOMPARE(write().added, std::int64_t{2});
        QCOMPARE(int{readDavisMask(folder / "003" / "00000.png").labels.at(0, 0)}, 1);
        QVERIFY(readDavisMask(folder / "001" / "00000.png") == all);

        // An object that was removed from the project does not stay below.
        for (const FrameIndex frame : {0, 1}) {
            track.set(frame, {track.find(frame)->packed->without(2, order), {}});
        }
        (void)write();
        QVERIFY(readDavisMask(folder / "002" / "00000.png") == Mask(kSize));
        QVERIFY(readDavisMask(folder / "002" / "00001.png") == Mask(kSize));
        QVERIFY(readDavisMask(folder / "001" / "00001.png") == all);
        // A cleared frame is background, whatever the order is.
        track.erase(1);
        (void)write();
        QVERIFY(readDavisMask(folder / "001" / "00001.png") == Mask(kSize));
    }

    void labelsGetWhatIsOnTopAndSaySo() {
        const Mask top = diskMask(kSize, {9, 9}, 5, 2);
        writeMask(root_ / "m" / "00000.png", top);
        MaskTrack track;
        LayeredMask layers(top);
        Region below(kSize, 1);
        below.at(9, 9) = 1;
        layers.give(below, 1, {.overlaps = Overlaps::Keep});
        QVERIFY(layers.top() == top);
        track.set(0, {PackedMask::pack(layers), {}});
        const MaskWriteBackReport report = writeMasksBack(track, placesIn(root_ / "m"));
        QCOMPARE(report.frames, std::int64_t{0});
        QCOMPARE(report.flattened, std::int64_t{1});
    }

    void foldersThatAreLinksAreNotWrittenThrough() {
        const fs::path folder = root_ / "sav";
        writeMask(folder / "001" / "00000.png", diskMask(kSize, {9, 9}, 5));
        writeMask(root_ / "elsewhere" / "00000.png", Mask(kSize));
        fs::create_directory_symlink(root_ / "elsewhere", folder / "002");
        MaskTrack track = trackIn(folder);
        const Files before = filesIn(root_);
        put(track, 0, diskMask(kSize, {9, 9}, 5, 2));
        const std::string linked = refusal(track, folder);
        QVERIFY2(has(linked, "002 is a link"), linked.c_str());
        QVERIFY(filesIn(root_) == before);
        QVERIFY(fs::is_symlink(folder / "002"));
    }

    void othersKeepTheirAccess() {
        const fs::path folder = root_ / "m";
        writeMask(folder / "00000.png", diskMask(kSize, {9, 9}, 5));
        MaskTrack track = trackIn(folder);
        put(track, 0, diskMask(kSize, {9, 9}, 6));
        // A folder of a group, and a picture that others do not see.
        const fs::perms shared = fs::perms::owner_all | fs::perms::group_all | fs::perms::set_gid;
        const fs::perms secret = fs::perms::owner_read | fs::perms::owner_write;
        // Only root can give them to another user.
        const bool given = ::chown(folder.c_str(), 4321, 4322) == 0 &&
                           ::chown((folder / "00000.png").c_str(), 4321, 4322) == 0;
        fs::permissions(folder, shared);
        fs::permissions(folder / "00000.png", secret);
        QCOMPARE(writeMasksBack(track, placesIn(folder)).rewritten, std::int64_t{1});
        QVERIFY(fs::status(folder).permissions() == shared);
        QVERIFY(fs::status(folder / "00000.png").permissions() == secret);
        for (const fs::path& path : {folder, folder / "00000.png"}) {
            struct stat facts{};
            QCOMPARE(::stat(path.c_str(), &facts), 0);
            QVERIFY(!given || (facts.st_uid == 4321 && facts.st_gid == 4322));
        }
    }

    void objectsAbove254AreRefused() {
        const fs::path folder = root_ / "sav";
        const Mask disk = diskMask(kSize, {9, 9}, 5);
        writeMask(folder / "001" / "00000.png", disk);
        writeMask(folder / "300" / "00000.png", disk);
        MaskTrack track;
        // As a byte, 300 is 44.
        put(track, 0, diskMask(kSize, {9, 9}, 4, 44));
        const Files before = filesIn(folder);
        const std::string many = refusal(track, folder);
        QVERIFY2(has(many, "above 254"), many.c_str());
        QVERIFY(filesIn(folder) == before);
    }

    void whatIsWrittenMeanwhileIsNotLost_data() {
        QTest::addColumn<QString>("name");
        QTest::newRow("a new picture") << "00007.png";
        QTest::newRow("another mask in a picture") << "00001.png";
    }
    void whatIsWrittenMeanwhileIsNotLost() {
        QFETCH(const QString, name);
        const fs::path folder = root_ / "m";
        for (int i = 0; i < 2; ++i) writeMask(folder / davisFileName(i), randomMask(kSize, 4, 7));
        MaskTrack track = trackIn(folder);
        put(track, 0, diskMask(kSize, {12, 11}, 6, 2));
        const fs::path file = folder / name.toStdString();
        const Mask others = diskMask(kSize, {5, 5}, 3, 1);
        Files written;
        int calls = 0;
        // Two frames are compared, one is made; the last call is in the check of the new folder.
        const auto progress = [&](std::int64_t, std::int64_t) {
            if (++calls == 5) {
                writeMask(file, others);
                written = filesIn(folder);
            }
            return true;
        };
        QVERIFY_EXCEPTION_THROWN(
            (void)writeMasksBack(track, placesIn(folder), WriteBackMode::Write, progress), Error);
        QCOMPARE(calls, 5);
        QVERIFY(filesIn(folder) == written);
        QVERIFY(readDavisMask(file) == others);
        QCOMPARE(entriesIn(root_), std::ptrdiff_t{1});
    }

    void whatTheLayoutCannotHoldIsRefused() {
        const fs::path palette = root_ / "palette";
        fs::create_directories(palette);
        PngImage image = png(PngKind::Palette, 2, diskMask(kSize, {9, 9}, 5),
                             [](ObjectId label) { return std::vector<int>{label}; });
        image.palette = {{0, 0, 0}, {250, 0, 0}, {0, 250, 0}};
        writePng(palette / "00000.png", image);
        MaskTrack track = trackIn(palette);
        put(track, 0, diskMask(kSize, {9, 9}, 5, 3));
        const Files before = filesIn(root_);
        const std::string colors = refusal(track, palette);
        QVERIFY2(has(colors, "cannot hold object 3") && has(colors, "3 colors"), colors.c_str());

        const fs::path white = root_ / "white";
        fs::create_directories(white);
        writePng(white / "00000.png",
                 png(PngKind::Grey, 8, diskMask(kSize, {9, 9}, 5),
                     [](ObjectId label) { return std::vector<int>{label == 0 ? 0 : 255}; }));
        track = trackIn(white);
        put(track, 0, diskMask(kSize, {9, 9}, 5, 2));
        const std::string second = refusal(track, white);
        QVERIFY2(has(second, "stores one object as white"), second.c_str());

        writeMask(root_ / "sav" / "001" / "00000.png", diskMask(kSize, {9, 9}, 5));
        track = trackIn(root_ / "sav");
        put(track, 0, diskMask(kSize, {9, 9}, 5, kVoid));
        const std::string unknown = refusal(track, root_ / "sav");
        QVERIFY2(has(unknown, "void pixels"), unknown.c_str());
        put(track, 0, Mask({4, 4}));
        QVERIFY(has(refusal(track, root_ / "sav"), "4 x 4"));

        // The list of objects of YouTube-VOS.
        const fs::path tube = root_ / "tube";
        writeMask(tube / "Annotations" / "v" / "00000.png", diskMask(kSize, {9, 9}, 5));
        writeTextAtomically(tube / "meta.json",
                            R"({"videos": {"v": {"objects": {"1": {"category": "dog"}}}}})");
        track = trackIn(tube);
        put(track, 0, diskMask(kSize, {9, 9}, 4));
        QCOMPARE(writeMasksBack(track, placesIn(tube)).rewritten, std::int64_t{1});
        put(track, 0, diskMask(kSize, {9, 9}, 4, 2));
        const std::string listed = refusal(track, tube);
        QVERIFY2(has(listed, "object 2 cannot be added"), listed.c_str());

        const std::string pictures =
            R"({"images": [{"id": 1, "file_name": "0.png", "width": 8, "height": 6}], )";
        writeTextAtomically(
            root_ / "a.json",
            pictures + R"("annotations": [{"image_id": 1, "segmentation": [[1,1,5,1,5,4]]}]})");
        const auto coco = runGuarded([&] { return placesIn(root_ / "a.json"); });
        QVERIFY(!coco.ok() && has(coco.error().what(), "not written back"));
        QVERIFY(filesIn(palette) == [&] {
            Files files;
            for (const auto& [name, bytes] : before) {
                if (name.begin()->string() == "palette") files[name.filename()] = bytes;
            }
            return files;
        }());
        for (const auto& entry : fs::directory_iterator(root_)) {
            QVERIFY(!entry.path().filename().string().starts_with('.'));
        }
    }

private:
    std::unique_ptr<QTemporaryDir> dir_;
    fs::path root_;
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskWriteBack)
#include "test_mask_write_back.moc"
