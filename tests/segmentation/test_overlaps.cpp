#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "media/base/error.h"
#include "segmentation/byte_codec.h"
#include "segmentation/layered_stroke.h"
#include "segmentation/mask_export.h"
#include "segmentation/mask_formats/mask_format.h"
#include "segmentation/project_comparison.h"
#include "segmentation/project_file.h"
#include "segmentation/project_match.h"
#include "segmentation/project_merge.h"
#include "segmentation/rle.h"
#include "segmentation/run_changes.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;
constexpr SizePx kSize{23, 17};
constexpr int kObjects = 4;

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}
    int below(int end) { return std::uniform_int_distribution<int>(0, end - 1)(engine_); }
    ObjectId object() { return static_cast<ObjectId>(1 + below(kObjects)); }
    Region box() {
        Region region(kSize, 1);
        const int x0 = below(kSize.width);
        const int y0 = below(kSize.height);
        const int x1 = x0 + 1 + below(kSize.width - x0);
        const int y1 = y0 + 1 + below(kSize.height - y0);
        for (int y = y0; y < y1; ++y) {
            for (int x = x0; x < x1; ++x) region.at(y, x) = 1;
        }
        return region;
    }

private:
    std::mt19937 engine_;
};

Region boxRegion(BoxPx box) {
    Region region(kSize, 1);
    for (int y = box.y0; y < box.y1; ++y) {
        for (int x = box.x0; x < box.x1; ++x) region.at(y, x) = 1;
    }
    return region;
}

/// The slow truth: the set of objects of every pixel, and a list of objects from back to front.
struct Naive {
    std::vector<std::set<int>> pixels = std::vector<std::set<int>>(kSize.area());
    std::vector<int> stack{1, 2, 3, 4};

    [[nodiscard]] int topAt(std::size_t at) const {
        for (auto id = stack.rbegin(); id != stack.rend(); ++id) {
            if (pixels[at].contains(*id)) return *id;
        }
        return 0;
    }
    void give(std::size_t at, int object, Overlaps overlaps) {
        if (topAt(at) == object) return;
        if (overlaps == Overlaps::Replace) pixels[at].clear();
        pixels[at].insert(object);
    }
    void move(int object, StackMove move) {
        const auto at = std::ranges::find(stack, object);
        if (move == StackMove::Forward && at + 1 != stack.end()) std::iter_swap(at, at + 1);
        if (move == StackMove::Backward && at != stack.begin()) std::iter_swap(at, at - 1);
        if (move != StackMove::ToFront && move != StackMove::ToBack) return;
        stack.erase(at);
        stack.insert(move == StackMove::ToFront ? stack.end() : stack.begin(), object);
    }
};

template <typename Visit>
void visit(const Region& region, Visit&& change) {
    for (std::size_t i = 0; i < region.values().size(); ++i) {
        if (region.values()[i] != 0) change(i);
    }
}

/// A mask and its naive counterpart, changed alike.
struct Pair {
    LayeredMask mask{Mask(kSize)};
    ObjectTable objects;
    Naive naive;

    Pair() {
        for (int id = 1; id <= kObjects; ++id)
            objects.set(defaultObject(static_cast<ObjectId>(id)));
    }

    void step(Random& random) {
        const Region region = random.box();
        const ObjectId object = random.object();
        const DrawingRules rules{random.below(4) == 0 ? Overlaps::Replace : Overlaps::Keep,
                                 objects.order()};
        const int what = random.below(11);
        if (what < 5) {
            mask.give(region, object, rules);
            visit(region, [&](std::size_t at) { naive.give(at, object, rules.overlaps); });
        } else if (what < 7) {
            mask.takeTop(region, rules.order);
            visit(region, [&](std::size_t at) { naive.pixels[at].erase(naive.topAt(at)); });
        } else if (what == 7) {
            mask.take(region, object, rules.order);
            visit(region, [&](std::size_t at) { naive.pixels[at].erase(object); });
        } else if (what == 8) {
            draw(region, object, rules);
        } else if (what == 9) {
            mask.layOver(maskOf(region, object), rules.order);
            for (auto& pixel : naive.pixels) pixel.erase(object);
            visit(region, [&](std::size_t at) { naive.pixels[at].insert(object); });
        } else {
            move(random, object);
        }
    }

    static Mask maskOf(const Region& region, ObjectId object) {
        Mask given(kSize);
        visit(region, [&](std::size_t at) { given.labels.values()[at] = object; });
        return given;
    }

    /// What a tool does that knows of no overlaps.
    void draw(const Region& region, ObjectId object, const DrawingRules& rules) {
        Mask after = mask.top();
        const bool erases = object == 1;
        (void)paintRegion(after, region, erases ? BrushAction::EraseAll : BrushAction::Paint,
                          object);
        mask.draw(after, rules);
        visit(region, [&](std::size_t at) {
            if (erases) {
                naive.pixels[at].erase(naive.topAt(at));
            } else {
                naive.give(at, object, rules.overlaps);
            }
        });
    }

    void move(Random& random, ObjectId object) {
        const auto how = static_cast<StackMove>(random.below(4));
        for (const MaskObject& row : objects.moved(object, how)) objects.set(row);
        naive.move(object, how);
        mask.arrange(objects.order());
    }

    [[nodiscard]] bool equal() const {
        for (std::size_t id = 1; id <= kObjects; ++id) {
            const Region pixels = mask.pixelsOf(static_cast<ObjectId>(id));
            for (std::size_t at = 0; at < pixels.values().size(); ++at) {
                const bool inside = naive.pixels[at].contains(static_cast<int>(id));
                if ((pixels.values()[at] != 0) != inside) return false;
            }
        }
        for (std::size_t at = 0; at < kSize.area(); ++at) {
            if (mask.top().labels.values()[at] != naive.topAt(at)) return false;
        }
        const Mask below = mask.below(objects.order());
        for (std::size_t at = 0; at < kSize.area(); ++at) {
            Naive without = {{naive.pixels[at]}, naive.stack};
            without.pixels[0].erase(naive.topAt(at));
            if (below.labels.values()[at] != without.topAt(0)) return false;
        }
        return true;
    }
};

/// Object 1 left and in the middle, under object 2 in the middle and right.
LayeredMask overlappingMask() {
    LayeredMask mask(Mask{kSize});
    const DrawingRules keep{Overlaps::Keep, {}};
    mask.give(boxRegion({2, 3, 12, 13}), 1, keep);
    mask.give(boxRegion({8, 5, 20, 15}), 2, keep);
    return mask;
}

MaskEntry entryOf(const LayeredMask& mask) { return {PackedMask::pack(mask), {}}; }

ProjectContent emptyProject() {
    ProjectContent content;
    content.video = {.path = "clip.mp4", .frames = 50, .size = kSize};
    return content;
}

void write(ProjectFile& file, const ProjectStep& step) { file.write({&step, 1}); }

std::string bytesOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// SQLite's user_version, at its place in the header of a closed file.
int formatOf(const fs::path& path) {
    const std::string bytes = bytesOf(path);
    return static_cast<unsigned char>(bytes.at(63));
}

std::int64_t areaIn(const Region& region) {
    return std::ranges::count(region.values(), std::uint8_t{1});
}

class TestOverlaps : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void randomEditsEqualTheNaiveModel_data() {
        QTest::addColumn<int>("seed");
        for (int seed = 0; seed < 12; ++seed) QTest::addRow("%d", seed) << seed;
    }
    void randomEditsEqualTheNaiveModel() {
        QFETCH(int, seed);
        Random random(static_cast<std::uint32_t>(seed));
        Pair pair;
        for (int step = 0; step < 120; ++step) {
            pair.step(random);
            QVERIFY2(pair.equal(), qPrintable(QString("step %1").arg(step)));
            const PackedMaskPtr packed = PackedMask::pack(pair.mask);
            QVERIFY(packed->unpackLayers() == pair.mask);
            QVERIFY(*packed->unpack() == pair.mask.top());
            const std::vector<std::uint8_t> bytes(packed->bytes().begin(), packed->bytes().end());
            QVERIFY(*PackedMask::fromBytes(bytes) == *packed);
            LayeredMask without = pair.mask;
            without.take(2, pair.objects.order());
            QVERIFY(*packed->without(2, pair.objects.order()) == *PackedMask::pack(without));
        }
    }

    // Every pass of the brush over a pixel counts once.
    void strokesEqualTheirRegion_data() {
        QTest::addColumn<int>("seed");
        for (int seed = 0; seed < 20; ++seed) QTest::addRow("%d", seed) << seed;
    }
    void strokesEqualTheirRegion() {
        QFETCH(int, seed);
        Random random(static_cast<std::uint32_t>(seed));
        Pair pair;
        for (int step = 0; step < 12; ++step) pair.step(random);
        const bool paints = seed % 2 == 0;
        const DrawingRules rules{seed % 4 < 2 ? Overlaps::Keep : Overlaps::Replace,
                                 pair.objects.order()};
        LayeredStroke stroke(pair.mask, paints ? BrushAction::Paint : BrushAction::EraseAll, 3,
                             rules);
        Mask shown = pair.mask.top();
        Mask touched(kSize);
        PointF last{5.0F, 5.0F};
        for (int point = 0; point < 6; ++point) {
            const PointF next{static_cast<float>(random.below(kSize.width)),
                              static_cast<float>(random.below(kSize.height))};
            const Mask before = shown;
            const BoxPx box = stroke.extend(shown, last, next, 2.5F);
            (void)paintSegment(touched, last, next, {.radiusPx = 2.5F});
            for (int y = 0; y < kSize.height; ++y) {
                for (int x = 0; x < kSize.width; ++x) {
                    const bool inside = x >= box.x0 && x < box.x1 && y >= box.y0 && y < box.y1;
                    QVERIFY(inside || shown.labels.at(y, x) == before.labels.at(y, x));
                }
            }
            last = next;
        }
        LayeredMask whole = pair.mask;
        if (paints) {
            whole.give(touched.labels, 3, rules);
        } else {
            whole.takeTop(touched.labels, rules.order);
        }
        QVERIFY(stroke.drawn() == whole);
        QVERIFY(shown == whole.top());
    }

    void withoutOverlapsTheBytesAreThoseOfBefore() {
        const Mask mask = randomMask(kSize, 5, 3);
        const std::vector<std::uint8_t> runs = encodeRle(mask.labels);
        const PackedMaskPtr packed = PackedMask::pack(LayeredMask(mask));
        QVERIFY(std::ranges::equal(packed->bytes(), runs));
        QVERIFY(!packed->layered());
        QVERIFY(*packed == *PackedMask::pack(mask));
        QVERIFY(*packDrawn(nullptr, mask, {Overlaps::Keep, {}}) == *packed);
        // Ids, colour, length of the name, name: nothing more while the depth is 0.
        const MaskObject object{7, "ab", {1, 2, 3}};
        QVERIFY(encodeObject(object) == (std::vector<std::uint8_t>{7, 1, 2, 3, 2, 'a', 'b'}));
        MaskObject deep = object;
        deep.depth = 9;
        QVERIFY(decodeObject(encodeObject(deep)) == deep);
    }

    void damagedCoveredPartsAreRefused() {
        const PackedMaskPtr packed = PackedMask::pack(overlappingMask());
        QVERIFY(packed->layered() && packed->coveredObjects().test(1));
        const std::vector<std::uint8_t> good(packed->bytes().begin(), packed->bytes().end());
        const std::size_t plain = encodeRle(packed->unpack()->labels).size();
        for (std::size_t length = 0; length < good.size(); ++length) {
            if (length == plain) continue;
            QVERIFY_EXCEPTION_THROWN(
                (void)PackedMask::fromBytes(
                    {good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length)}),
                Error);
        }
        const auto with = [&good](const Raster<std::uint8_t>& part) {
            ByteWriter writer;
            writer.block(encodeRle(part));
            std::vector<std::uint8_t> bytes = good;
            const auto more = writer.take();
            bytes.insert(bytes.end(), more.begin(), more.end());
            return bytes;
        };
        Raster<std::uint8_t> part(kSize, 1);
        QVERIFY_EXCEPTION_THROWN((void)PackedMask::fromBytes(with(part)), Error);
        part.at(6, 9) = 3;
        (void)PackedMask::fromBytes(with(part));
        part.at(6, 9) = 1;  // a second part of the object
        QVERIFY_EXCEPTION_THROWN((void)PackedMask::fromBytes(with(part)), Error);
        part.at(6, 9) = 2;  // on top there already
        QVERIFY_EXCEPTION_THROWN((void)PackedMask::fromBytes(with(part)), Error);
        part.at(6, 9) = 0;
        part.at(0, 0) = 3;  // under background
        QVERIFY_EXCEPTION_THROWN((void)PackedMask::fromBytes(with(part)), Error);
        part.at(0, 0) = kVoid;
        QVERIFY_EXCEPTION_THROWN((void)PackedMask::fromBytes(with(part)), Error);
        QVERIFY_EXCEPTION_THROWN((void)PackedMask::fromBytes(with({{4, 4}, 1, 3})), Error);
    }

    void movesGiveTheLeastDepths() {
        ObjectTable table;
        for (const ObjectId id : {ObjectId{1}, ObjectId{2}, ObjectId{3}})
            table.set(defaultObject(id));
        const auto move = [&table](ObjectId id, StackMove how) {
            for (const MaskObject& row : table.moved(id, how)) table.set(row);
            return table.backToFront();
        };
        QVERIFY(table.backToFront() == (std::vector<ObjectId>{1, 2, 3}));
        QVERIFY(table.moved(3, StackMove::Forward).empty());
        QVERIFY(table.moved(1, StackMove::ToBack).empty());
        QVERIFY(table.moved(9, StackMove::Forward).empty());
        QVERIFY(move(1, StackMove::Forward) == (std::vector<ObjectId>{2, 1, 3}));
        QVERIFY(move(1, StackMove::ToFront) == (std::vector<ObjectId>{2, 3, 1}));
        // A new object lies on top.
        table.set(defaultObject(4));
        QVERIFY(table.backToFront() == (std::vector<ObjectId>{2, 3, 1, 4}));
        QVERIFY(move(1, StackMove::ToBack) == (std::vector<ObjectId>{1, 2, 3, 4}));
        for (const MaskObject& row : table.rows()) QCOMPARE(int{row.depth}, 0);
    }

    void aProjectIsOfTheOldFormatUntilSomethingOverlaps() {
        QTemporaryDir dir;
        const fs::path path = fs::path(dir.path().toStdString()) / "p.mcjepa";
        const auto commit = [&path](const Edit& edit) {
            ProjectFile file = ProjectFile::open(path);
            write(file, CommitStep{std::make_shared<const Edit>(edit)});
        };
        (void)ProjectFile::create(path, emptyProject());
        QCOMPARE(formatOf(path), 3);
        const MaskEntry plain = makeEntry(randomMask(kSize, 4, 1), {});
        commit(
            {1, "Paint", {ObjectEdit{{}, defaultObject(1)}, MaskEdit{kMainTrack, 3, {}, plain}}});
        QCOMPARE(formatOf(path), 3);
        const std::string before = bytesOf(path);
        (void)ProjectFile::open(path).load();
        QVERIFY(bytesOf(path) == before);
        const MaskEntry layered = entryOf(overlappingMask());
        commit({2, "Paint", {MaskEdit{kMainTrack, 3, plain, layered}}});
        QCOMPARE(formatOf(path), 4);
        QVERIFY(*ProjectFile::open(path).load().state.track().find(3) == layered);
        {
            ProjectFile file = ProjectFile::open(path);
            write(file, UndoStep{});
            QVERIFY(*file.load().state.track().find(3) == plain);
        }
        // What can be redone still overlaps.
        QCOMPARE(formatOf(path), 4);
        ProjectFile file = ProjectFile::open(path);
        write(file, RedoStep{});
        QVERIFY(*file.load().state.track().find(3) == layered);
    }

    void anOrderOfObjectsRaisesTheFormat() {
        QTemporaryDir dir;
        const fs::path path = fs::path(dir.path().toStdString()) / "p.mcjepa";
        ProjectContent content = emptyProject();
        content.state.objects.set(defaultObject(1));
        (void)ProjectFile::create(path, content);
        QCOMPARE(formatOf(path), 3);
        MaskObject sent = defaultObject(1);
        sent.depth = 1;
        {
            ProjectFile file = ProjectFile::open(path);
            const Edit edit{1, "Send backward", {ObjectEdit{defaultObject(1), sent}}};
            write(file, CommitStep{std::make_shared<const Edit>(edit)});
            QVERIFY(file.load().state.objects.find(1)->depth == 1);
        }
        QCOMPARE(formatOf(path), 4);
        content.state.objects.set(sent);
        const fs::path other = fs::path(dir.path().toStdString()) / "q.mcjepa";
        (void)ProjectFile::create(other, content);
        QCOMPARE(formatOf(other), 4);
    }

    // Random edits of three frames and of the order, undone and redone across reopening.
    void undoAndRedoAreExactAcrossReopening() {
        QTemporaryDir dir;
        const fs::path path = fs::path(dir.path().toStdString()) / "p.mcjepa";
        Random random(5);
        ProjectState state;
        for (int id = 1; id <= kObjects; ++id) {
            state.objects.set(defaultObject(static_cast<ObjectId>(id)));
        }
        ProjectContent content = emptyProject();
        content.state = state;
        (void)ProjectFile::create(path, content);
        std::vector<ProjectState> states{state};
        std::array<Pair, 3> frames;
        for (int number = 1; number <= 30; ++number) {
            Edit edit{number, "Edit " + std::to_string(number), {}};
            const auto frame = static_cast<FrameIndex>(random.below(3));
            Pair& pair = frames[static_cast<std::size_t>(frame)];
            pair.step(random);
            edit.parts.emplace_back(
                MaskEdit{kMainTrack, frame, state.track().entryAt(frame), entryOf(pair.mask)});
            for (const MaskObject& row :
                 state.objects.moved(random.object(), static_cast<StackMove>(random.below(4)))) {
                edit.parts.emplace_back(ObjectEdit{*state.objects.find(row.id), row});
            }
            applyEdit(state, edit);
            states.push_back(state);
            ProjectFile file = ProjectFile::open(path);
            write(file, CommitStep{std::make_shared<const Edit>(edit)});
        }
        std::size_t at = states.size() - 1;
        for (int step = 0; step < 60; ++step) {
            const bool back = at > 0 && (at + 1 == states.size() || random.below(3) > 0);
            ProjectFile file = ProjectFile::open(path);
            if (back) {
                write(file, UndoStep{});
                --at;
            } else {
                write(file, RedoStep{});
                ++at;
            }
            QVERIFY(file.load().state == states[at]);
        }
    }

    void comparingCountsWhatIsCovered() {
        const LayeredMask a = overlappingMask();
        for (const ObjectAgreement& row : agreementOf(a, a)) {
            QCOMPARE(row.iou(), 1.0);
            QCOMPARE(row.areaA, areaIn(a.pixelsOf(row.object)));
        }
        // Only what is on top differs.
        LayeredMask b = a;
        ObjectOrder order;
        order.setDepth(2, 1);
        b.arrange(order);
        QVERIFY(b.top() != a.top());
        for (const ObjectAgreement& row : agreementOf(a, b)) QCOMPARE(row.iou(), 1.0);
        const auto rows = agreementOf(a, LayeredMask(a.top()));
        QCOMPARE(rows.at(0).areaA, std::int64_t{100});
        QCOMPARE(rows.at(0).areaB, std::int64_t{100 - 4 * 8});
        QCOMPARE(rows.at(0).both, rows.at(0).areaB);
    }

    void mergingAndRenumberingKeepWhatIsCovered() {
        ProjectContent a = emptyProject();
        ProjectState b;
        for (const ObjectId id : {ObjectId{1}, ObjectId{2}}) {
            a.state.objects.set(defaultObject(id));
            b.objects.set(defaultObject(id));
        }
        const LayeredMask mask = overlappingMask();
        b.tracks[kMainTrack].set(4, entryOf(mask));
        a.state.tracks[kMainTrack].set(5, makeEntry(mask.top(), {}));
        b.tracks[kMainTrack].set(5, entryOf(mask));
        const MergeResult merged = mergeProjects(a, b, {.objects = {{1, MergeSide::B}}}, {});
        QVERIFY(merged.content.state.track().find(4)->packed->unpackLayers() == mask);
        // The choice of one object brings its covered pixels along.
        QVERIFY(merged.content.state.track().find(5)->packed->unpackLayers() == mask);
        QVERIFY(merged.conflicts.empty());
        const MergeResult other = mergeProjects(a, b, {}, {});
        QCOMPARE(other.conflicts.size(), std::size_t{1});
        ObjectNumbers numbers{};
        for (std::size_t id = 0; id < numbers.size(); ++id) numbers[id] = static_cast<ObjectId>(id);
        std::swap(numbers[1], numbers[9]);
        const ProjectState moved = renumbered(b, numbers, {});
        const LayeredMask renamed = moved.track().find(4)->packed->unpackLayers();
        QVERIFY(renamed.pixelsOf(9) == mask.pixelsOf(1));
        QVERIFY(renamed.pixelsOf(2) == mask.pixelsOf(2));
    }

    void oneObjectOfARunIsRestoredWithWhatItCovered() {
        const MaskEntry before = entryOf(overlappingMask());
        const MaskEntry now = makeEntry(randomMask(kSize, 4, 8), {});
        std::optional<MaskEntry> restored = now;
        for (ObjectId id = 1; id <= 3 && restored; ++id) {
            restored = withObjectFrom(before, *restored, id);
        }
        QVERIFY(restored && *restored->packed == *before.packed);
    }

    void formatsKeepOverlapsOrNameTheLoss_data() {
        QTest::addColumn<QString>("id");
        for (const MaskFormat& format : maskFormats()) {
            const bool both = format.read != nullptr && format.write != nullptr;
            if (both) QTest::newRow(format.id) << QString(format.id);
        }
    }
    void formatsKeepOverlapsOrNameTheLoss() {
        QFETCH(QString, id);
        const MaskFormat& format = maskFormat(id.toStdString());
        QTemporaryDir dir;
        ObjectTable objects;
        for (const ObjectId one : {ObjectId{1}, ObjectId{2}}) objects.set(defaultObject(one));
        MaskTrack track;
        LayeredMask turned = overlappingMask();
        ObjectOrder order;
        order.setDepth(2, 1);
        turned.arrange(order);
        track.set(0, entryOf(overlappingMask()));
        track.set(1, entryOf(turned));
        track.set(2, makeEntry(overlappingMask().top(), {}));
        MaskExportRequest request;
        request.folder = fs::path(dir.path().toStdString()) / "out";
        request.end = 3;
        request.size = kSize;
        request.format = format.id;
        request.objects = objects;
        MaskReadRequest reading;
        reading.path = request.folder;
        if (!format.traits.overlap) {
            const auto refused = runGuarded([&] { return exportMasks(track, request); });
            QVERIFY(!refused.ok());
            QVERIFY(std::string(refused.error().what()).find("overlap of objects in 2 frames") !=
                    std::string::npos);
            request.loss = MaskLoss::Allow;
            (void)exportMasks(track, request);
            const MaskTrack flat = importedTrack(readMaskSet(format, reading), kSize, 3, {});
            // What was on top, not the higher id.
            for (const auto& [frame, entry] : track.entries()) {
                QVERIFY(*flat.mask(frame) == *entry.mask());
            }
            return;
        }
        (void)exportMasks(track, request);
        const MaskSet set = readMaskSet(format, reading);
        const MaskTrack back = importedTrack(set, kSize, 3, {});
        QVERIFY(*back.find(0)->packed == *track.find(0)->packed);
        QVERIFY(*back.find(2)->packed == *track.find(2)->packed);
        // The order is that of the reading project.
        QVERIFY(*back.find(1)->packed == *track.find(0)->packed);
        QVERIFY(*importedTrack(set, kSize, 3, {}, ImportedAs::Anchors, order).find(0)->packed ==
                *track.find(1)->packed);
    }

    void areasAndBoxesCountWhatIsCovered() {
        QTemporaryDir dir;
        MaskTrack track;
        LayeredMask hidden = overlappingMask();
        hidden.give(boxRegion({0, 0, kSize.width, kSize.height}), 2, {Overlaps::Keep, {}});
        track.set(0, entryOf(hidden));
        QVERIFY(!objectsIn(hidden.top()).test(1));
        ObjectTable objects;
        objects.set({1, "below", {}});
        objects.set({2, "above", {}});
        MaskExportRequest request;
        request.folder = fs::path(dir.path().toStdString()) / "out";
        request.end = 1;
        request.size = kSize;
        request.format = "csv";
        request.objects = objects;
        (void)exportMasks(track, request);
        const std::string text = bytesOf(request.folder / "areas.csv");
        QVERIFY2(text.find("below") != std::string::npos, text.c_str());
        QVERIFY2(text.find("100") != std::string::npos, text.c_str());
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestOverlaps)
#include "test_overlaps.moc"
