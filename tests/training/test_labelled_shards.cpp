// Label maps on their way into a shard and out of it: by index, by size, by name.

#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <ATen/ATen.h>
#include <QTemporaryDir>
#include <QtTest>

#include "media/base/error.h"
#include "media/base/label_runs.h"
#include "media/base/shard_format.h"
#include "media/io/image_file.h"
#include "media/io/label_map.h"
#include "media/io/shard_packing.h"
#include "tests/support/test_program.h"
#include "training/sample_rng.h"
#include "training/shards.h"

namespace fs = std::filesystem;

namespace {

using mcj::Raster;
using mcj::ShardReader;
using Labels = Raster<std::uint8_t>;

/// Rectangles of classes 0 to 4 on class 0.
Labels someLabels(mcj::SizePx size, std::uint64_t number) {
    mcj::SampleRng rng(3, 0, number);
    Labels labels(size, 1);
    for (int box = 0; box < 6; ++box) {
        const int x0 = rng.integer(0, size.width - 1);
        const int y0 = rng.integer(0, size.height - 1);
        const auto label = static_cast<std::uint8_t>(rng.integer(0, 4));
        for (int y = y0; y < std::min(size.height, y0 + 20); ++y) {
            for (int x = x0; x < std::min(size.width, x0 + 20); ++x) labels.at(y, x) = label;
        }
    }
    return labels;
}

bool same(const at::Tensor& decoded, const Labels& expected) {
    return decoded.sizes() == at::IntArrayRef({expected.height(), expected.width()}) &&
           std::memcmp(decoded.const_data_ptr(), expected.data(), expected.bytes()) == 0;
}

template <typename Job>
std::string refusalOf(Job&& job) {
    try {
        job();
    } catch (const mcj::Error& error) {
        return error.code() == mcj::ErrorCode::Input ? error.what() + (" / " + error.hint())
                                                     : "wrong code";
    }
    return "nothing was refused";
}

}  // namespace

#define VERIFY_REFUSAL(job, words)                                           \
    do {                                                                     \
        const std::string refusal = refusalOf([&] { job; });                 \
        QVERIFY2(refusal.find(words) != std::string::npos, refusal.c_str()); \
    } while (false)

class TestLabelledShards : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void labelsComeBack();
    void indicesCountAndNotColours();
    void voidsBecomeOneLabel();
    void labelsShrinkWithTheirPicture();
    void picturesWithoutLabelsAreLeftOut();
    void whatDoesNotFitIsRefused();
    void runsAreLossless();
    void damagedRunsAreRefused();
    void versionOneIsStillRead();
    void labelMapsNeedTheirPicture();
    void damagedLabelsAreNamed();

private:
    void addPicture(const std::string& stem, mcj::SizePx size) {
        mcj::writeRgbPng(root_ / "in" / (stem + ".png"), Raster<std::uint8_t>(size, 3, 120));
    }
    void addLabels(const std::string& stem, const Labels& labels,
                   const std::vector<mcj::Rgb8>& palette = {}) {
        mcj::writeIndexedPng(root_ / "labels" / (stem + ".png"), {labels, palette});
    }
    mcj::PackReport pack(const mcj::PackOptions& options = {}) {
        return mcj::packLabelledImages(root_ / "in", root_ / "labels", shard(), options, nullptr);
    }
    [[nodiscard]] fs::path shard() const { return root_ / "a.shard"; }
    [[nodiscard]] std::vector<char> shardBytes() const {
        std::ifstream file(shard(), std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    fs::path written(const std::vector<char>& bytes) const {
        std::ofstream(root_ / "b.shard", std::ios::binary)
            .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        return root_ / "b.shard";
    }

    std::unique_ptr<QTemporaryDir> folder_;
    fs::path root_;
};

void TestLabelledShards::init() {
    folder_ = std::make_unique<QTemporaryDir>();
    root_ = folder_->path().toStdString();
    fs::create_directories(root_ / "in" / "deep");
    fs::create_directories(root_ / "labels" / "deep");
}

void TestLabelledShards::labelsComeBack() {
    const mcj::SizePx size{90, 60};
    addPicture("a_1", size);
    addPicture("a_2", size);
    addPicture("deep/a_3", size);
    Labels withVoid = someLabels(size, 2);
    withVoid.at(7, 8) = 255;
    addLabels("a_1", someLabels(size, 1), mcj::davisPalette());  // as PASCAL VOC
    addLabels("a_2", withVoid);                                  // as CamVid
    addLabels("deep/a_3", someLabels(size, 3));
    const auto report = pack();
    QCOMPARE(report.labelMaps, 3);
    QCOMPARE(report.entries, 6);
    QVERIFY(report.warnings.empty());
    const ShardReader reader(shard());
    QCOMPARE(reader.pictures().size(), std::size_t{3});
    QVERIFY(reader.clips().empty());
    for (const std::size_t entry : reader.pictures()) {
        const auto labels = reader.labelsOf(entry);
        QVERIFY(labels.has_value());
        QVERIFY(!reader.labelsOf(*labels).has_value());
        QCOMPARE(reader.nameOf(*labels), reader.nameOf(entry));
        const std::string name = reader.nameOf(entry);
        const Labels expected =
            name == "a_2.png" ? withVoid : someLabels(size, name == "a_1.png" ? 1 : 3);
        QVERIFY2(same(reader.decodeLabels(*labels), expected), name.c_str());
        QCOMPARE(reader.decode(entry).sizes(), at::IntArrayRef({3, 60, 90}));
    }
    // Nobody who draws pictures to train on gets a label map.
    const auto shared = std::make_shared<const ShardReader>(shard());
    QCOMPARE(mcj::PictureDraw({shared}, 0.5).size(), std::size_t{3});
    VERIFY_REFUSAL(static_cast<void>(reader.decodeLabels(reader.pictures()[0])), "not a label map");
}

void TestLabelledShards::indicesCountAndNotColours() {
    const mcj::SizePx size{40, 30};
    addPicture("p", size);
    const Labels labels = someLabels(size, 5);
    // All classes look alike, and like another class of the DAVIS palette.
    addLabels("p", labels, std::vector<mcj::Rgb8>(8, mcj::davisPalette()[3]));
    pack();
    QVERIFY(same(ShardReader(shard()).decodeLabels(1), labels));
    mcj::writeRgbPng(root_ / "labels" / "p.png", Raster<std::uint8_t>(size, 3, 0));
    VERIFY_REFUSAL(pack(), "its pixels are colours");
}

void TestLabelledShards::voidsBecomeOneLabel() {
    const mcj::SizePx size{20, 10};
    addPicture("p", size);
    Labels labels(size, 1);
    labels.at(0, 0) = 11;
    labels.at(9, 19) = 255;
    addLabels("p", labels);
    pack({.voidLabels = {11, 255}});
    labels.at(0, 0) = mcj::kVoidLabel;
    QVERIFY(same(ShardReader(shard()).decodeLabels(1), labels));
    VERIFY_REFUSAL(pack({.voidLabels = {11}}), "--void");  // 255 is no class
}

void TestLabelledShards::labelsShrinkWithTheirPicture() {
    const mcj::SizePx size{150, 100};
    addPicture("p", size);
    const Labels labels = someLabels(size, 9);
    addLabels("p", labels);
    pack({.maxSidePx = 60});
    const ShardReader reader(shard());
    QCOMPARE(reader.decode(0).sizes(), at::IntArrayRef({3, 40, 60}));
    Labels expected({60, 40}, 1);
    for (int y = 0; y < 40; ++y) {
        for (int x = 0; x < 60; ++x) {
            // 2.5 pixels stand under one; its centre lies in this one.
            expected.at(y, x) =
                labels.at(static_cast<int>((y + 0.5) * 2.5), static_cast<int>((x + 0.5) * 2.5));
        }
    }
    QVERIFY(same(reader.decodeLabels(1), expected));
    QVERIFY(mcj::resizeLabels(labels, size) == labels);
}

void TestLabelledShards::picturesWithoutLabelsAreLeftOut() {
    const mcj::SizePx size{40, 30};
    for (const char* stem : {"p1", "p2", "p3"}) addPicture(stem, size);
    VERIFY_REFUSAL(pack(), "3 images have no label map");
    QVERIFY(!fs::exists(shard()));
    addLabels("p2", someLabels(size, 1));
    const auto report = pack();
    QCOMPARE(report.sources, 1);
    QCOMPARE(report.warnings.size(), std::size_t{1});
    QVERIFY(report.warnings[0].find("2 images have no label map") != std::string::npos);
    QVERIFY(report.warnings[0].find("p1.png") != std::string::npos);
    QCOMPARE(ShardReader(shard()).nameOf(0), std::string("p2.png"));
    fs::remove_all(root_ / "labels");
    VERIFY_REFUSAL(pack(), "the label folder");
}

void TestLabelledShards::whatDoesNotFitIsRefused() {
    addPicture("p", {40, 30});
    addLabels("p", someLabels({30, 40}, 1));
    VERIFY_REFUSAL(pack(), "p.png are 30 x 40 but their image is 40 x 30");
    QVERIFY(!fs::exists(shard()));
    std::ofstream(root_ / "labels" / "p.png") << "no PNG";
    VERIFY_REFUSAL(pack(), "p.png");
}

void TestLabelledShards::runsAreLossless() {
    const auto roundTrip = [](const std::vector<std::uint8_t>& labels) {
        std::vector<std::uint8_t> back(labels.size(), 77);
        mcj::decodeLabelRuns(mcj::encodeLabelRuns(labels), back);
        return back == labels;
    };
    QVERIFY(roundTrip({}));
    for (const std::size_t length : {1, 2, 127, 128, 129, 16383, 16384, 300000}) {
        QVERIFY2(roundTrip(std::vector<std::uint8_t>(length, 200)),
                 qPrintable(QString::number(length)));
    }
    mcj::SampleRng rng(1, 1, 1);
    std::vector<std::uint8_t> noise(5000);
    for (auto& label : noise) label = static_cast<std::uint8_t>(rng.integer(0, 255));
    QVERIFY(roundTrip(noise));
    QCOMPARE(mcj::encodeLabelRuns(std::vector<std::uint8_t>(300000, 3)).size(), std::size_t{4});
}

void TestLabelledShards::damagedRunsAreRefused() {
    const auto decode = [](const std::vector<std::uint8_t>& runs) {
        std::vector<std::uint8_t> labels(10);
        mcj::decodeLabelRuns(runs, labels);
    };
    decode({4, 1, 6, 2});
    for (const std::vector<std::uint8_t>& runs :
         std::vector<std::vector<std::uint8_t>>{
             {},                                     // nothing
             {4, 1},                                 // too little
             {4, 1, 7, 2},                           // too much
             {4, 1, 6},                              // no label
             {4, 1, 0, 3, 6, 2},                     // an empty run
             {0x8A},                                 // a length without its end
             {0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1, 2}})  // a length without bounds
    {
        VERIFY_REFUSAL(decode(runs), "runs do not match");
    }
}

void TestLabelledShards::versionOneIsStillRead() {
    addPicture("p", {40, 30});
    mcj::packImages(root_ / "in", shard(), {}, nullptr);
    auto bytes = shardBytes();
    QCOMPARE(bytes[8], char{2});
    bytes[8] = 1;
    const ShardReader old(written(bytes));
    QCOMPARE(old.decode(0).sizes(), at::IntArrayRef({3, 30, 40}));
    QVERIFY(!old.labelsOf(0).has_value());
    for (const char version : {0, 3}) {
        bytes[8] = version;
        VERIFY_REFUSAL(ShardReader{written(bytes)}, "is not supported");
    }
    // There were no label maps in version 1.
    addLabels("p", someLabels({40, 30}, 1));
    pack();
    bytes = shardBytes();
    bytes[8] = 1;
    VERIFY_REFUSAL(ShardReader{written(bytes)}, "out of range");
}

void TestLabelledShards::labelMapsNeedTheirPicture() {
    mcj::ShardEntry picture{mcj::ShardEntryKind::Picture, 5, 0, 40, 30, mcj::kShardHeaderBytes, 9};
    mcj::ShardEntry labels = picture;
    labels.kind = mcj::ShardEntryKind::LabelMap;
    const auto decode = [](std::vector<mcj::ShardEntry> entries) {
        const auto bytes = mcj::encodeShardIndex({{"name", "other"}, std::move(entries)});
        return mcj::decodeShardIndex(bytes, 1000, mcj::kShardVersion).entries.size();
    };
    QCOMPARE(decode({picture, labels}), std::size_t{2});
    const auto refused = [&](const std::vector<mcj::ShardEntry>& entries) {
        return refusalOf([&] { decode(entries); }).find("does not follow its picture") !=
               std::string::npos;
    };
    QVERIFY(refused({labels}));
    QVERIFY(refused({labels, picture}));
    QVERIFY(refused({picture, labels, labels}));
    for (const auto change : {0, 1, 2}) {
        mcj::ShardEntry other = labels;
        if (change == 0) other.clip = 6;
        if (change == 1) other.width = 41;
        if (change == 2) other.name = 1;
        QVERIFY(refused({picture, other}));
    }
}

void TestLabelledShards::damagedLabelsAreNamed() {
    addPicture("p", {40, 30});
    addLabels("p", someLabels({40, 30}, 1));
    pack();
    auto bytes = shardBytes();
    const auto entry = ShardReader(shard()).entries()[1];
    bytes[entry.offset] = static_cast<char>(bytes[entry.offset] ^ 1);
    const ShardReader reader(written(bytes));
    QCOMPARE(reader.decode(0).size(2), 40);
    VERIFY_REFUSAL(static_cast<void>(reader.decodeLabels(1)), "the label map of p.png is damaged");
}

MCJ_TEST(TestLabelledShards)
#include "test_labelled_shards.moc"
