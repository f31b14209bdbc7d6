// Pairs for training out of real clips, packed as their users pack them.

#include <QTemporaryDir>
#include <QtTest>

#include <ATen/ATen.h>

#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
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

QTEST_GUILESS_MAIN(TestRealPairs)
#include "test_real_pairs.moc"
