#include <filesystem>
#include <fstream>
#include <thread>

#include <ATen/ATen.h>
#include <QTemporaryDir>
#include <QtTest>

#include "media/base/error.h"
#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "media/io/shard_writer.h"
#include "tests/support/test_program.h"
#include "training/pair_loader.h"
#include "training/shards.h"

namespace fs = std::filesystem;

namespace {

using mcj::Raster;
using mcj::SampleRng;
using mcj::ShardReader;

/// A smooth picture that differs much between numbers.
Raster<std::uint8_t> picture(int number, mcj::SizePx size) {
    SampleRng rng(42, 0, static_cast<std::uint64_t>(number));
    const double fx = rng.uniform(0.01, 0.05);
    const double fy = rng.uniform(0.01, 0.05);
    const double phase = rng.angle();
    Raster<std::uint8_t> rgb(size, 3);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            for (int c = 0; c < 3; ++c) {
                const double wave =
                    std::sin(fx * x * (c + 1) + phase) * std::cos(fy * y + c + phase);
                rgb.at(y, x, c) = static_cast<std::uint8_t>(127.5 + 110.0 * wave);
            }
        }
    }
    return rgb;
}

std::vector<char> bytesOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void writeBytes(const fs::path& path, const std::vector<char>& bytes) {
    std::ofstream(path, std::ios::binary)
        .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

/// A JPEG of one colour 20 x 10, as the packer makes them, taken from a packed picture.
std::vector<std::uint8_t> someJpeg(const fs::path& folder) {
    const fs::path pictures = folder / "one";
    fs::create_directories(pictures);
    mcj::writeRgbPng(pictures / "a.png", picture(0, {64, 48}));
    mcj::packImages(pictures, folder / "one.shard", {}, nullptr);
    const ShardReader reader(folder / "one.shard");
    const auto& entry = reader.entries().front();
    const auto bytes = bytesOf(folder / "one.shard");
    const auto* begin = reinterpret_cast<const std::uint8_t*>(bytes.data()) + entry.offset;
    return {begin, begin + entry.length};
}

}  // namespace

class TestShards : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void packedPicturesComeBack();
    void largePicturesAreMadeSmaller();
    void groupsComeFromNamesAndFolders();
    void evaluationPicturesAreRefused();
    void unreadablePicturesAreNamed();
    void stoppingLeavesNothing();
    void clipsAreRunsOfFrames();
    void cutFilesAreRefused();
    void everyFlippedBitOfTheIndexIsFound();
    void damagedPicturesAreNamed();
    void threadsMayShareIt();
    void smallGroupsAreNotDrowned();
    void loaderResumesWithTheSameData();
    void loaderReportsDamage();

private:
    fs::path writeVideoShard(int clips, int frames);

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path root_;
};

void TestShards::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    root_ = folder_->path().toStdString();
    fs::create_directories(root_ / "in");
}

void TestShards::packedPicturesComeBack() {
    for (int i = 0; i < 3; ++i) {
        mcj::writeRgbPng(root_ / "in" / ("p_" + std::to_string(i) + ".png"), picture(i, {90, 60}));
    }
    const auto report =
        mcj::packImages(root_ / "in", root_ / "a.shard", {.jpegQuality = 95}, nullptr);
    QCOMPARE(report.entries, 3);
    QCOMPARE(report.bytes, fs::file_size(root_ / "a.shard"));
    const ShardReader reader(root_ / "a.shard");
    QCOMPARE(reader.pictures().size(), std::size_t{3});
    QVERIFY(reader.clips().empty());
    for (int i = 0; i < 3; ++i) {
        QCOMPARE(reader.nameOf(static_cast<std::size_t>(i)), "p_" + std::to_string(i) + ".png");
        const at::Tensor decoded = reader.decode(static_cast<std::size_t>(i));
        QCOMPARE(decoded.sizes(), at::IntArrayRef({3, 60, 90}));
        Raster<std::uint8_t> original = picture(i, {90, 60});
        const at::Tensor expected =
            at::from_blob(original.data(), {60, 90, 3}, at::kByte).permute({2, 0, 1});
        const double difference =
            (decoded.to(at::kFloat) - expected.to(at::kFloat)).abs().mean().item<double>();
        QVERIFY2(difference < 3.0, qPrintable(QString::number(difference)));
    }
}

void TestShards::largePicturesAreMadeSmaller() {
    mcj::writeRgbPng(root_ / "in" / "wide.png", picture(1, {300, 100}));
    mcj::writeRgbPng(root_ / "in" / "small.png", picture(2, {50, 40}));
    mcj::packImages(root_ / "in", root_ / "a.shard", {.maxSidePx = 120}, nullptr);
    const ShardReader reader(root_ / "a.shard");
    QCOMPARE(reader.decode(0).sizes(), at::IntArrayRef({3, 40, 50}));
    QCOMPARE(reader.decode(1).sizes(), at::IntArrayRef({3, 40, 120}));
}

void TestShards::groupsComeFromNamesAndFolders() {
    fs::create_directories(root_ / "in" / "birds");
    mcj::writeRgbPng(root_ / "in" / "birds" / "x1.png", picture(1, {64, 48}));
    mcj::writeRgbPng(root_ / "in" / "cats_a_0001.png", picture(2, {64, 48}));
    mcj::writeRgbPng(root_ / "in" / "mdn_gecko.png", picture(3, {64, 48}));
    mcj::writeRgbPng(root_ / "in" / "img007.png", picture(4, {64, 48}));
    mcj::packImages(root_ / "in", root_ / "a.shard", {}, nullptr);
    const ShardReader reader(root_ / "a.shard");
    std::map<std::string, std::string> groups;
    for (std::size_t i = 0; i < reader.size(); ++i) groups[reader.nameOf(i)] = reader.groupOf(i);
    QCOMPARE(groups["birds/x1.png"], std::string("birds"));
    QCOMPARE(groups["cats_a_0001.png"], std::string("cats_a"));
    QCOMPARE(groups["mdn_gecko.png"], std::string("mdn"));
    QCOMPARE(groups["img007.png"], std::string("img"));
}

void TestShards::evaluationPicturesAreRefused() {
    fs::create_directories(root_ / "eval");
    mcj::writeRgbPng(root_ / "eval" / "held_out.png", picture(1, {320, 240}));
    mcj::writeRgbPng(root_ / "in" / "copy.png", picture(1, {320, 240}));
    mcj::writeRgbPng(root_ / "in" / "other.png", picture(2, {320, 240}));
    const auto report = mcj::packImages(root_ / "in", root_ / "a.shard",
                                        {.maxSidePx = 100, .avoid = {root_ / "eval"}}, nullptr);
    QCOMPARE(report.avoidedCount, 1);
    QCOMPARE(report.entries, 1);
    QCOMPARE(report.warnings.size(), std::size_t{1});
    QVERIFY(report.warnings[0].find("copy.png") != std::string::npos);
    QVERIFY(report.warnings[0].find("held_out.png") != std::string::npos);
    QCOMPARE(ShardReader(root_ / "a.shard").nameOf(0), std::string("other.png"));
}

void TestShards::unreadablePicturesAreNamed() {
    mcj::writeRgbPng(root_ / "in" / "good.png", picture(1, {64, 48}));
    writeBytes(root_ / "in" / "bad.jpg", {'n', 'o', 't', ' ', 'j', 'p', 'g'});
    const auto report = mcj::packImages(root_ / "in", root_ / "a.shard", {}, nullptr);
    QCOMPARE(report.entries, 1);
    QVERIFY(report.warnings.at(0).find("bad.jpg") != std::string::npos);
    QVERIFY_THROWS_EXCEPTION(mcj::Error,
                             mcj::packImages(root_ / "none", root_ / "b.shard", {}, nullptr));
    fs::create_directories(root_ / "empty");
    QVERIFY_THROWS_EXCEPTION(mcj::Error,
                             mcj::packImages(root_ / "empty", root_ / "b.shard", {}, nullptr));
    QVERIFY(!fs::exists(root_ / "b.shard"));
}

void TestShards::stoppingLeavesNothing() {
    for (int i = 0; i < 4; ++i) {
        mcj::writeRgbPng(root_ / "in" / ("p_" + std::to_string(i) + ".png"), picture(i, {64, 48}));
    }
    const auto stopAtTwo = [](std::int64_t done, std::int64_t) { return done < 2; };
    try {
        mcj::packImages(root_ / "in", root_ / "out" / "a.shard", {}, stopAtTwo);
        QFAIL("was not stopped");
    } catch (const mcj::Error& error) {
        QCOMPARE(error.code(), mcj::ErrorCode::Interrupted);
    }
    QVERIFY(fs::is_empty(root_ / "out"));
}

fs::path TestShards::writeVideoShard(int clips, int frames) {
    const auto jpeg = someJpeg(root_);
    const fs::path path = root_ / "video.shard";
    mcj::ShardWriter writer(path);
    for (int clip = 0; clip < clips; ++clip) {
        for (int frame = 0; frame < frames; ++frame) {
            mcj::ShardEntry entry{mcj::ShardEntryKind::VideoFrame, static_cast<std::uint32_t>(clip),
                                  frame, 64, 48};
            entry.name = writer.intern("clip" + std::to_string(clip) + ".mp4");
            entry.group = writer.intern("clips");
            writer.append(entry, jpeg);
        }
    }
    writer.finish();
    return path;
}

void TestShards::clipsAreRunsOfFrames() {
    const auto jpeg = someJpeg(root_);
    {
        mcj::ShardWriter writer(root_ / "v.shard");
        const auto add = [&](std::uint32_t clip, std::int64_t frame) {
            mcj::ShardEntry entry{mcj::ShardEntryKind::VideoFrame, clip, frame, 64, 48};
            entry.name = writer.intern("a.mp4");
            entry.group = writer.intern("a");
            writer.append(entry, jpeg);
        };
        for (const std::int64_t frame : {0, 1, 2}) add(0, frame);
        for (const std::int64_t frame : {3, 4}) add(1, frame);
        for (const std::int64_t frame : {6, 7, 8}) add(1, frame);  // frame 5 is missing
        add(2, 9);                                                 // alone: no pair in it
        QCOMPARE(writer.entries(), std::size_t{9});
        writer.finish();
    }
    const ShardReader reader(root_ / "v.shard");
    QCOMPARE(reader.clips().size(), std::size_t{3});
    QCOMPARE(reader.clips()[0].count, std::size_t{3});
    QCOMPARE(reader.clips()[1].count, std::size_t{2});
    QCOMPARE(reader.clips()[2].first, std::size_t{5});
    QVERIFY(reader.pictures().empty());
}

void TestShards::cutFilesAreRefused() {
    const fs::path path = writeVideoShard(2, 3);
    const auto bytes = bytesOf(path);
    for (const std::size_t length :
         {std::size_t{0}, std::size_t{7}, std::size_t{16}, std::size_t{47}, bytes.size() / 2,
          bytes.size() - 33, bytes.size() - 1}) {
        writeBytes(root_ / "cut.shard",
                   {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)});
        try {
            const ShardReader reader(root_ / "cut.shard");
            QFAIL(qPrintable(QString("a file of %1 bytes was read").arg(length)));
        } catch (const mcj::Error& error) {
            QCOMPARE(error.code(), mcj::ErrorCode::Input);
            QVERIFY(std::string(error.what()).find("cut.shard") != std::string::npos);
        }
    }
    QVERIFY_THROWS_EXCEPTION(mcj::Error, ShardReader(root_ / "absent.shard"));
}

void TestShards::everyFlippedBitOfTheIndexIsFound() {
    const fs::path path = writeVideoShard(1, 2);
    const auto bytes = bytesOf(path);
    const ShardReader whole(path);
    const std::size_t indexStart = whole.entries().back().offset + whole.entries().back().length;
    for (std::size_t i = indexStart; i + mcj::kShardTrailerBytes < bytes.size(); ++i) {
        auto damaged = bytes;
        damaged[i] = static_cast<char>(damaged[i] ^ 0x10);
        writeBytes(root_ / "bit.shard", damaged);
        QVERIFY_THROWS_EXCEPTION(mcj::Error, ShardReader(root_ / "bit.shard"));
    }
}

void TestShards::damagedPicturesAreNamed() {
    const fs::path path = writeVideoShard(1, 2);
    auto bytes = bytesOf(path);
    const auto offset = ShardReader(path).entries()[1].offset;
    bytes[offset + 40] = static_cast<char>(bytes[offset + 40] ^ 1);
    writeBytes(root_ / "bad.shard", bytes);
    const ShardReader reader(root_ / "bad.shard");
    QCOMPARE(reader.decode(0).size(2), 64);
    try {
        static_cast<void>(reader.decode(1));
        QFAIL("damage was not noticed");
    } catch (const mcj::Error& error) {
        QVERIFY(std::string(error.what()).find("clip0.mp4") != std::string::npos);
    }
}

void TestShards::threadsMayShareIt() {
    for (int i = 0; i < 12; ++i) {
        mcj::writeRgbPng(root_ / "in" / ("p_" + std::to_string(i) + ".png"), picture(i, {80, 60}));
    }
    mcj::packImages(root_ / "in", root_ / "a.shard", {}, nullptr);
    const ShardReader plenty(root_ / "a.shard");
    const ShardReader tight(root_ / "a.shard", {.cacheBytes = 3 * 80 * 60 * 4});
    std::atomic<int> differing = 0;
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
            for (std::size_t i = 0; i < 60; ++i) {
                const std::size_t entry = (i * 7 + static_cast<std::size_t>(t)) % 12;
                if (!at::equal(plenty.decode(entry), tight.decode(entry))) ++differing;
            }
        });
    }
    threads.clear();
    QCOMPARE(differing.load(), 0);
}

void TestShards::smallGroupsAreNotDrowned() {
    for (int i = 0; i < 64; ++i) {
        mcj::writeRgbPng(root_ / "in" / ("big_" + std::to_string(i) + ".png"),
                         picture(i, {32, 32}));
    }
    for (int i = 0; i < 4; ++i) {
        mcj::writeRgbPng(root_ / "in" / ("few_" + std::to_string(i) + ".png"),
                         picture(99 + i, {40, 40}));
    }
    mcj::packImages(root_ / "in", root_ / "a.shard", {}, nullptr);
    const mcj::PictureDraw draw({std::make_shared<const ShardReader>(root_ / "a.shard")}, 0.5);
    QCOMPARE(draw.size(), std::size_t{68});
    SampleRng rng(1, 2, 3);
    int few = 0;
    constexpr int kDraws = 2000;
    for (int i = 0; i < kDraws; ++i) few += draw.draw(rng).size(2) == 40 ? 1 : 0;
    // sqrt(4) / (sqrt(4) + sqrt(64)) = 0.2; by files it would be 0.06.
    QVERIFY2(std::abs(few / double{kDraws} - 0.2) < 0.04, qPrintable(QString::number(few)));
}

void TestShards::loaderResumesWithTheSameData() {
    for (int i = 0; i < 5; ++i) {
        mcj::writeRgbPng(root_ / "in" / ("p_" + std::to_string(i) + ".png"), picture(i, {120, 90}));
    }
    mcj::packImages(root_ / "in", root_ / "a.shard", {}, nullptr);
    const auto shard = std::make_shared<const ShardReader>(root_ / "a.shard");
    mcj::PairLoaderConfig config;
    config.batch = 2;
    config.synthetic.height = 48;
    config.synthetic.width = 64;
    config.workers = 3;
    mcj::PairLoader whole({shard}, config);
    std::vector<mcj::FramePairs> batches;
    for (int i = 0; i < 6; ++i) batches.push_back(whole.next());
    QVERIFY(!at::equal(batches[0].flow, batches[1].flow));
    config.firstStep = 3;
    config.workers = 1;
    mcj::PairLoader resumed({shard}, config);
    for (std::size_t i = 3; i < 6; ++i) {
        const mcj::FramePairs batch = resumed.next();
        QCOMPARE(batch.step, static_cast<std::int64_t>(i));
        QCOMPARE(batches[i].step, batch.step);
        QVERIFY(at::equal(batch.frame1, batches[i].frame1));
        QVERIFY(at::equal(batch.frame2, batches[i].frame2));
        QVERIFY(at::equal(batch.flow, batches[i].flow));
        QVERIFY(at::equal(batch.valid, batches[i].valid));
    }
}

void TestShards::loaderReportsDamage() {
    const fs::path path = writeVideoShard(1, 2);
    auto bytes = bytesOf(path);
    const ShardReader written(path);
    for (const auto& entry : written.entries()) {
        bytes[entry.offset + 50] = static_cast<char>(bytes[entry.offset + 50] ^ 1);
    }
    writeBytes(path, bytes);
    mcj::PairLoaderConfig config;
    config.kind = mcj::PairKind::Real;
    config.batch = 1;
    config.real.height = 32;
    config.real.width = 32;
    mcj::PairLoader loader({std::make_shared<const ShardReader>(path)}, config);
    QVERIFY_THROWS_EXCEPTION(mcj::Error, static_cast<void>(loader.next()));
}

MCJ_TEST(TestShards)
#include "test_shards.moc"
