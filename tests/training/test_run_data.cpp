// A run knows the shards that it was trained on: it goes on with them alone, and a model says which
// they were.

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <QtTest>

#include "inference/model/checkpoint.h"
#include "media/base/error.h"
#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "tests/support/test_program.h"
#include "tests/training/shard_folder.h"
#include "tests/training/tiny_training.h"
#include "training/commands/arguments.h"
#include "training/data_facts.h"
#include "training/shards.h"
#include "training/trainer.h"

namespace fs = std::filesystem;

class TestRunData : public QObject, private tiny::ShardFolder {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void factsComeBackAsTheyAre();
    void otherDataIsRefused_data();
    void otherDataIsRefused();
    void shardsMayMoveAndBeRenamed();
    void checkpointsWithoutFactsGoOn();
    void recordsAndModelsNameTheirData();
    void keptPicturesChangeNothing();
    void cacheIsGivenInGibibytes();

private:
    [[nodiscard]] mcj::TrainOptions options(const std::string& run) const {
        auto made = ShardFolder::options(run);
        made.pictures = {at("pictures.shard"), at("others.shard")};
        return made;
    }
    [[nodiscard]] static mcj::Recipe recipe(int steps) {
        auto made = tiny::recipe("m-jepa");
        made.steps = steps;
        made.realEvery = 2;
        return made;
    }
    /// What the trainer says to going on with `changed`, empty where it does.
    [[nodiscard]] std::string refusal(const mcj::TrainOptions& changed) const {
        try {
            const mcj::Trainer trainer(recipe(2), changed);
        } catch (const mcj::Error& error) {
            return error.code() == mcj::ErrorCode::Usage ? error.what() : "not a usage error";
        }
        return {};
    }
};

void TestRunData::initTestCase() {
    writeShards();
    fs::create_directories(at("others"));
    for (std::uint64_t i = 0; i < 3; ++i) {
        mcj::writeRgbPng(at("others/q" + std::to_string(i) + ".png"),
                         tiny::texturedPicture(40 + i, {160, 128}));
    }
    mcj::packImages(at("others"), at("others.shard"), {}, nullptr);
    (void)tiny::train(recipe(1), options("run"));
}

void TestRunData::factsComeBackAsTheyAre() {
    const mcj::DataFacts data{{{"", "a.shard", 12, 0xFEDCBA98U}}, {{"film", "b.shard", 3, 7}}};
    const auto text = mcj::toJson(data);
    const auto back = mcj::parseDataFacts(text);
    QCOMPARE(mcj::toJson(back), text);
    QVERIFY(back.pictures.at(0).servesAs(data.pictures[0]));
    QVERIFY(back.clips.at(0).servesAs(data.clips[0]));
    QVERIFY(!back.clips[0].servesAs({"play", "b.shard", 3, 7}));
    QVERIFY_EXCEPTION_THROWN((void)mcj::parseDataFacts("{\"pictures\": 3}"), mcj::Error);
}

void TestRunData::otherDataIsRefused_data() {
    QTest::addColumn<QString>("change");
    QTest::addColumn<QString>("named");
    QTest::newRow("fewer pictures") << "fewer" << "others.shard (3 items";
    QTest::newRow("more pictures") << "more" << "film.shard (6 items";
    QTest::newRow("another order") << "order" << "number 1 was pictures.shard (4 items";
    QTest::newRow("no clips") << "no clips" << "film=film.shard (6 items";
    QTest::newRow("another set") << "set" << "play=film.shard";
}

void TestRunData::otherDataIsRefused() {
    QFETCH(const QString, change);
    QFETCH(const QString, named);
    auto changed = options("run");
    if (change == "fewer") changed.pictures.pop_back();
    if (change == "more") changed.pictures.push_back(at("film.shard"));
    if (change == "order") std::swap(changed.pictures[0], changed.pictures[1]);
    if (change == "no clips") changed.clips.clear();
    if (change == "set") changed.clips = {{"play", at("film.shard")}};
    const auto message = refusal(changed);
    for (const auto& part : {named.toStdString(), std::string("last.safetensors")}) {
        QVERIFY2(message.find(part) != std::string::npos, message.c_str());
    }
    QVERIFY(refusal(options("run")).empty());
}

void TestRunData::shardsMayMoveAndBeRenamed() {
    fs::create_directories(at("elsewhere"));
    fs::copy_file(at("others.shard"), at("elsewhere/same.shard"));
    auto moved = options("run");
    moved.pictures[1] = at("elsewhere/same.shard");
    QCOMPARE(refusal(moved), std::string());
}

void TestRunData::checkpointsWithoutFactsGoOn() {
    (void)tiny::train(recipe(1), options("early"));
    auto file = mcj::readTensors(at("early/last.safetensors"));
    QVERIFY(file.metadata.erase("data") == 1);
    mcj::writeTensors(at("early/last.safetensors"), file);
    auto fewer = options("early");
    fewer.pictures.pop_back();
    QCOMPARE(tiny::train(recipe(2), fewer).size(), std::size_t{1});
    // From here on it is known.
    QVERIFY(!refusal(options("early")).empty());
}

void TestRunData::recordsAndModelsNameTheirData() {
    const mcj::ShardReader others(at("others.shard"));
    mcj::exportModel(at("run/last.safetensors"), at("model.safetensors"), {});
    const auto data =
        mcj::parseDataFacts(mcj::loadModel(at("model.safetensors")).metadata.at("data"));
    QCOMPARE(data.pictures.size(), std::size_t{2});
    QCOMPARE(data.pictures[1].file, std::string("others.shard"));
    QCOMPARE(data.pictures[1].items, std::int64_t{3});
    QCOMPARE(data.pictures[1].indexCrc, others.indexCrc());
    QCOMPARE(data.clips.at(0).set, std::string("film"));
    std::ifstream log(at("run/metrics.jsonl"));
    std::string start;
    std::getline(log, start);
    QVERIFY2(start.find("\"data\":" + mcj::toJson(data)) != std::string::npos, start.c_str());
    // No folder is given away.
    QVERIFY(mcj::toJson(data).find(path().string()) == std::string::npos);
}

void TestRunData::keptPicturesChangeNothing() {
    const auto kept = tiny::train(recipe(3), options("kept"));
    for (const std::size_t bytes : {std::size_t{0}, std::size_t{200000}}) {
        auto narrow = options("kept " + std::to_string(bytes));
        narrow.cacheBytes = bytes;
        const auto lines = tiny::train(recipe(3), narrow);
        for (std::size_t i = 0; i < kept.size(); ++i) {
            QVERIFY(lines.at(i).at("loss") == kept[i].at("loss"));
        }
    }
}

void TestRunData::cacheIsGivenInGibibytes() {
    const auto bytesOf = [](std::string value) {
        std::string program = "mcjepa-train";
        std::string option = "--cache-gib";
        std::array<char*, 3> words{program.data(), option.data(), value.data()};
        return mcj::Arguments(3, words.data()).takeGibibytes("--cache-gib", 4.0);
    };
    QCOMPARE(bytesOf("0.5"), std::size_t{1} << 29);
    QCOMPARE(bytesOf("0"), std::size_t{0});
    for (const char* wrong : {"-1", "inf", "nan", "much"}) {
        QVERIFY_EXCEPTION_THROWN((void)bytesOf(wrong), mcj::Error);
    }
}

MCJ_TEST(TestRunData)
#include "test_run_data.moc"
