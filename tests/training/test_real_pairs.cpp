// Pairs for training out of real clips, packed as their users pack them.

#include <map>
#include <set>

#include <QTemporaryDir>
#include <QtTest>

#include <ATen/ATen.h>

#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "tests/support/test_program.h"
#include "training/held_out.h"
#include "training/real_pairs.h"

namespace fs = std::filesystem;

namespace {

constexpr int kFrames = 6;  // of a clip

}  // namespace

class TestRealPairs : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void pairsComeFromOneShot();
    void setsAreDrawnAsOftenAsTheyAreRepeated();
    void clipsWeighByFramesOrByPairs();
    void plainFramesKeepTheirLooks();
    void heldOutVideosAreNotDrawn();
    void everyTenthPictureIsHeldOut();

private:
    /// Clips of frames that each have one grey level of their own, 20 times its number: frames
    /// [first, first + kFrames * clips).
    [[nodiscard]] mcj::ShardPtr shardOf(const std::string& name, int first, int clips) const {
        const fs::path root = folder_.path().toStdString();
        for (int i = first; i < first + kFrames * clips; ++i) {
            const fs::path clip = root / name / std::to_string(i / kFrames);
            fs::create_directories(clip);
            mcj::writeRgbPng(
                clip / ("f_" + std::to_string(i) + ".png"),
                mcj::Raster<std::uint8_t>({96, 64}, 3, static_cast<std::uint8_t>(20 * i)));
        }
        const fs::path shard = root / (name + ".shard");
        mcj::packFrames(root / name, shard, {}, nullptr);
        return std::make_shared<const mcj::ShardReader>(shard);
    }
    static mcj::RealPairConfig config() {
        mcj::RealPairConfig config;
        config.height = 32;
        config.width = 48;
        config.maxGap = 2;
        config.looks = mcj::PhotometricConfig::off();
        return config;
    }
    static mcj::FramePairs make(const mcj::RealPairs& pairs, std::uint64_t count) {
        std::vector<mcj::SampleRng> generators;
        for (std::uint64_t i = 0; i < count; ++i) generators.emplace_back(1, 0, i);
        return pairs.make(generators);
    }
    /// The frame that a picture was cut from.
    static int ordinal(const at::Tensor& picture) {
        return static_cast<int>(std::lround(picture.mean().item<double>() * 255.0 / 20.0));
    }

    QTemporaryDir folder_;
};

void TestRealPairs::pairsComeFromOneShot() {
    const mcj::RealPairs pairs({shardOf("both", 0, 2)}, config(), at::kCPU);
    QCOMPARE(pairs.clips(), std::size_t{2});
    const mcj::FramePairs batch = make(pairs, 64);
    QCOMPARE(batch.frame1.sizes(), at::IntArrayRef({64, 3, 32, 48}));
    QVERIFY(!batch.flow.defined() && !batch.valid.defined());
    int backwards = 0;
    for (std::int64_t i = 0; i < 64; ++i) {
        const int a = ordinal(batch.frame1[i]);
        const int b = ordinal(batch.frame2[i]);
        QCOMPARE(a / kFrames, b / kFrames);
        QVERIFY(std::abs(a - b) == 1 || std::abs(a - b) == 2);
        backwards += a > b ? 1 : 0;
    }
    QVERIFY(backwards > 15 && backwards < 49);
}

void TestRealPairs::setsAreDrawnAsOftenAsTheyAreRepeated() {
    auto settings = config();
    settings.repeats = {1.0, 3.0};
    const mcj::RealPairs pairs({shardOf("once", 0, 1), shardOf("thrice", kFrames, 1)}, settings,
                               at::kCPU);
    constexpr std::uint64_t kPairs = 400;
    const mcj::FramePairs batch = make(pairs, kPairs);
    int ofSecond = 0;
    for (std::uint64_t i = 0; i < kPairs; ++i) {
        ofSecond += ordinal(batch.frame1[static_cast<std::int64_t>(i)]) >= kFrames ? 1 : 0;
    }
    // Three quarters, give or take four deviations of a coin that falls so.
    QVERIFY2(ofSecond > 265 && ofSecond < 335, qPrintable(QString::number(ofSecond)));
}

void TestRealPairs::clipsWeighByFramesOrByPairs() {
    // One clip of two frames, one of ten: 1 to 9 by pairs, 1 to 2.24 by the root of their frames.
    const fs::path root = folder_.path().toStdString();
    for (int i = 0; i < 12; ++i) {
        const fs::path clip = root / "lengths" / (i < 2 ? "short" : "long");
        fs::create_directories(clip);
        mcj::writeRgbPng(clip / ("f_" + std::to_string(10 + i) + ".png"),
                         mcj::Raster<std::uint8_t>({96, 64}, 3, static_cast<std::uint8_t>(20 * i)));
    }
    mcj::packFrames(root / "lengths", root / "lengths.shard", {}, nullptr);
    const auto shard = std::make_shared<const mcj::ShardReader>(root / "lengths.shard");
    const auto shareOfShort = [&](mcj::ClipWeight weigh) {
        auto settings = config();
        settings.weigh = weigh;
        settings.maxGap = 1;
        const mcj::FramePairs batch = make(mcj::RealPairs({shard}, settings, at::kCPU), 400);
        int ofShort = 0;
        for (std::int64_t i = 0; i < 400; ++i) ofShort += ordinal(batch.frame1[i]) < 2 ? 1 : 0;
        return ofShort / 400.0;
    };
    const double byPairs = shareOfShort(mcj::ClipWeight::Pairs);
    const double byRoot = shareOfShort(mcj::ClipWeight::RootOfLength);
    QVERIFY2(std::abs(byPairs - 0.1) < 0.06, qPrintable(QString::number(byPairs)));
    QVERIFY2(std::abs(byRoot - 0.309) < 0.09, qPrintable(QString::number(byRoot)));
}

void TestRealPairs::plainFramesKeepTheirLooks() {
    const auto shard = shardOf("looks", 0, 2);
    auto settings = config();
    const mcj::FramePairs plain = make(mcj::RealPairs({shard}, settings, at::kCPU), 16);
    settings.looks = {};
    settings.looks.asymmetry = 1.0;
    settings.looks.noiseMax = 0.2;
    const mcj::FramePairs changed = make(mcj::RealPairs({shard}, settings, at::kCPU), 16);
    QVERIFY(at::equal(changed.plain1, plain.frame1) && at::equal(changed.plain2, plain.frame2));
    QVERIFY(!at::equal(changed.frame1, changed.plain1));
    QVERIFY(!at::equal(changed.frame2, changed.plain2));
}

void TestRealPairs::heldOutVideosAreNotDrawn() {
    // Videos of two frames each, which no two share.
    const fs::path root = folder_.path().toStdString();
    constexpr int kVideos = 12;
    for (int i = 0; i < 2 * kVideos; ++i) {
        const fs::path clip = root / "many" / std::to_string(10 + i / 2);
        fs::create_directories(clip);
        mcj::writeRgbPng(clip / ("f_" + std::to_string(i % 2) + ".png"),
                         mcj::Raster<std::uint8_t>({96, 64}, 3, static_cast<std::uint8_t>(10 * i)));
    }
    mcj::packFrames(root / "many", root / "many.shard", {}, nullptr);
    const auto shard = std::make_shared<const mcj::ShardReader>(root / "many.shard");
    const mcj::HeldOut heldOut({shard, shard});
    QCOMPARE(heldOut.videos(), std::size_t{2});  // every fifth, five at most
    const auto drawn = [&](mcj::DataPart part) {
        const mcj::RealPairs pairs({shard}, config(), at::kCPU, heldOut.choice(part));
        const auto batch = make(pairs, 300);
        std::set<int> levels;
        for (std::int64_t i = 0; i < 300; ++i) {
            levels.insert(static_cast<int>(
                std::lround(batch.frame1[i].mean().item<double>() * 255.0 / 20.0 - 0.25)));
        }
        return levels;
    };
    const auto training = drawn(mcj::DataPart::Training);
    const auto validation = drawn(mcj::DataPart::HeldOut);
    QCOMPARE(training.size(), std::size_t{10});
    QCOMPARE(validation.size(), std::size_t{2});
    for (const int level : validation) QVERIFY(!training.contains(level));
}

void TestRealPairs::everyTenthPictureIsHeldOut() {
    const fs::path root = folder_.path().toStdString();
    const auto shardOfPictures = [&](const std::string& name, int first, int second) {
        for (int i = 0; i < first + second; ++i) {
            const fs::path group = root / name / (i < first ? "a" : "b");
            fs::create_directories(group);
            mcj::writeRgbPng(group / (std::to_string(100 + i) + ".png"),
                             mcj::Raster<std::uint8_t>({48, 48}, 3, static_cast<std::uint8_t>(i)));
        }
        const fs::path shard = root / (name + ".shard");
        mcj::packImages(root / name, shard, {}, nullptr);
        return std::make_shared<const mcj::ShardReader>(shard);
    };
    const auto shard = shardOfPictures("groups", 40, 20);
    const mcj::HeldOut heldOut({shard});
    QCOMPARE(heldOut.pictures(), std::size_t{6});
    std::map<std::string, int> ofGroup;
    for (const std::size_t entry : shard->pictures()) {
        if (heldOut.contains(*shard, entry)) ++ofGroup[shard->groupOf(entry)];
    }
    QCOMPARE(ofGroup.size(), std::size_t{2});
    QCOMPARE(ofGroup.begin()->second, 4);
    QCOMPARE(mcj::PictureDraw({shard}, 0.0, heldOut.choice(mcj::DataPart::Training)).size(),
             std::size_t{54});
    QCOMPARE(mcj::PictureDraw({shard}, 0.0, heldOut.choice(mcj::DataPart::HeldOut)).size(),
             std::size_t{6});
    QCOMPARE(mcj::HeldOut({shardOfPictures("few", 3, 0)}).pictures(), std::size_t{1});
    QCOMPARE(mcj::HeldOut({shardOfPictures("one", 1, 0)}).pictures(), std::size_t{0});
}

MCJ_TEST(TestRealPairs)
#include "test_real_pairs.moc"
