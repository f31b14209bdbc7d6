// Studies as training runs: every point is a recipe, runs are kept, gone on with and measured.

#include <atomic>
#include <cmath>
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include <ATen/ATen.h>
#include <nlohmann/json.hpp>

#include "inference/model/checkpoint.h"
#include "media/base/error.h"
#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "tests/support/test_program.h"
#include "tests/training/tiny_training.h"
#include "training/ablation.h"
#include "training/ablation_results.h"
#include "training/commands/commands.h"
#include "training/feature_rank.h"
#include "training/run_log.h"
#include "training/sample_rng.h"
#include "training/whole_file.h"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

/// Blocks of random colours.
mcj::Raster<std::uint8_t> blocks(std::uint64_t number) {
    mcj::SampleRng rng(11, 0, number);
    mcj::Raster<std::uint8_t> rgb({160, 128}, 3, 0);
    for (int y = 0; y < 128; y += 8) {
        for (int x = 0; x < 160; x += 8) {
            for (int c = 0; c < 3; ++c) {
                const auto value = static_cast<std::uint8_t>(rng.integer(0, 255));
                for (int i = 0; i < 64; ++i) rgb.at(y + i / 8, x + i % 8, c) = value;
            }
        }
    }
    return rgb;
}

mcj::Recipe tinyRecipe() {
    auto recipe = tiny::recipe("m-jepa");
    recipe.steps = 2;
    recipe.warmup = 1;
    recipe.emaDecay = 0.0;
    return recipe;
}

/// Of mode mc-jepa, with content where this program trains it, as text.
json jointRecipe() {
    auto recipe = tinyRecipe();
    recipe.model.mode = "mc-jepa";
    recipe.flowLoss.vc = {{0.1, 0.1}, {0.1, 0.1}, {0.1, 0}, {0.1, 0}, {0.01, 0}, {0.01, 0}};
    json text = json::parse(mcj::toJson(recipe));
    if (text.contains("content")) {
        text["content"]["batch"] = 2;
        text["content"]["size"] = 64;
    }
    return text;
}

int command(const std::vector<std::string>& words) {
    std::vector<std::string> owned{"mcjepa-train"};
    owned.insert(owned.end(), words.begin(), words.end());
    std::vector<char*> raw;
    for (auto& word : owned) raw.push_back(word.data());
    mcj::Arguments arguments(static_cast<int>(raw.size()), raw.data());
    return mcj::ablateCommand(arguments);
}

}  // namespace

class TestAblation : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void everyPointIsARecipe();
    void plansNameSeedsAndFolders();
    void recipesThatLackWhatIsVariedAreRefused();
    void interruptedRunsGoOnAndFinishedOnesAreKept();
    void otherRecipesAreRefused();
    void runsThatBreakAreResults();
    void commandRunsAStudyAndKeepsIt();
    void rankCountsDirections();
    void rankOfAModelIsBoundedByItsPictures();

private:
    QTemporaryDir folder_;
    fs::path at(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    mcj::TrainOptions options() const {
        mcj::TrainOptions made;
        made.pictures = {at("pictures.shard")};
        made.device = "cpu";
        made.threads = 2;
        return made;
    }
    /// A point of the study of cycle weights over synthetic pairs alone, which it does not change.
    mcj::AblationRun runOf(const std::string& point, const mcj::Recipe& recipe) const {
        const auto& study = mcj::findStudy("cycle");
        const auto found = mcj::pointsOf(study, point).at(0);
        return {study.name, found, recipe.seed, at("cycle") / (point + "-seed1"),
                mcj::recipeAt(study, found, mcj::toJson(recipe))};
    }
};

void TestAblation::initTestCase() {
    fs::create_directories(at("pictures"));
    for (std::uint64_t i = 0; i < 4; ++i) {
        mcj::writeRgbPng(at("pictures/p" + std::to_string(i) + ".png"), blocks(i));
    }
    QCOMPARE(mcj::packImages(at("pictures"), at("pictures.shard"), {}, nullptr).entries,
             std::int64_t{4});
}

void TestAblation::everyPointIsARecipe() {
    json base = jointRecipe();
    base["real_every"] = 2;
    base["matching"]["weight"] = 0.5;
    int read = 0;
    for (const auto& study : mcj::studies()) {
        for (const auto& point : mcj::pointsOf(study, "")) {
            const auto text = mcj::recipeAt(study, point, base.dump());
            bool known = base.contains("content");  // a trainer of both tasks knows every key
            if (!known) {
                known = point.name != "vicreg";
                const json recipe = json::parse(text);
                for (const auto& item : recipe.items()) known &= base.contains(item.key());
            }
            if (!known) continue;
            try {
                const auto again = mcj::toJson(mcj::parseRecipe(text));
                QCOMPARE(json::parse(again).at("steps"), json::parse(text).at("steps"));
                ++read;
            } catch (const mcj::Error& error) {
                QFAIL((study.name + " " + point.name + ": " + error.what()).c_str());
            }
        }
    }
    QVERIFY(read >= 7);  // cycle and modes at least
}

void TestAblation::plansNameSeedsAndFolders() {
    json base = jointRecipe();
    base["real_every"] = 2;
    base["seed"] = 5;
    mcj::AblationPlanOptions plan;
    plan.folder = at("planned");
    plan.points = "0.5,0";
    plan.seeds = 2;
    plan.steps = 40;
    const auto planned = mcj::planAblation(mcj::findStudy("cycle"), base.dump(), plan);
    QCOMPARE(planned.studyFolder, at("planned") / "cycle");
    std::vector<std::string> names;
    for (const auto& run : planned.runs) {
        names.push_back(run.name());
        const auto recipe = mcj::parseRecipe(run.recipe);
        QCOMPARE(recipe.steps, std::int64_t{40});
        QCOMPARE(recipe.warmup, std::int64_t{20});  // half of the run, as in the base
        QCOMPARE(recipe.seed, run.seed);
        QCOMPARE(recipe.flowLoss.cycle, run.point.place);
    }
    QCOMPARE(names, (std::vector<std::string>{"0-seed5", "0.5-seed5", "0-seed6", "0.5-seed6"}));
    QVERIFY(!fs::exists(at("planned")));  // a plan writes nothing
}

void TestAblation::recipesThatLackWhatIsVariedAreRefused() {
    auto noTerms = tinyRecipe();
    noTerms.realEvery = 2;
    noTerms.flowLoss.vc.clear();
    const std::vector<std::pair<std::string, std::string>> wrong{
        {"cycle", mcj::toJson(tinyRecipe())},
        {"balance", mcj::toJson(tinyRecipe())},
        {"vc", mcj::toJson(noTerms)}};
    for (const auto& [study, recipe] : wrong) {
        try {
            (void)mcj::planAblation(mcj::findStudy(study), recipe, {at("none")});
            QFAIL(("planned " + study).c_str());
        } catch (const mcj::Error& error) {
            QCOMPARE(error.code(), mcj::ErrorCode::Usage);
            QVERIFY(std::string(error.what()).find("--recipe") != std::string::npos);
            QVERIFY(!error.hint().empty());
        }
    }
}

void TestAblation::interruptedRunsGoOnAndFinishedOnesAreKept() {
    const auto run = runOf("0.5", tinyRecipe());
    int steps = 0;
    std::atomic<bool> stop{false};
    const auto count = [&](const mcj::MetricLine&) {
        ++steps;
        stop = true;
    };
    QVERIFY(mcj::runPoint(run, options(), stop, count) == mcj::RunOutcome::Interrupted);
    QCOMPARE(steps, 1);
    QVERIFY(!fs::exists(run.folder / "measures.json"));
    stop = false;
    QVERIFY(mcj::runPoint(run, options(), stop, count) == mcj::RunOutcome::Finished);
    QCOMPARE(steps, 2);  // the first step was not done again
    stop = false;
    QVERIFY(mcj::runPoint(run, options(), stop, count) == mcj::RunOutcome::Kept);
    QCOMPARE(steps, 2);

    const auto log = mcj::readRunLog(run.folder);
    QCOMPARE(log.stepsDone, std::int64_t{2});
    QCOMPARE(log.find("loss")->step, (std::vector<double>{1, 2}));
    QCOMPARE(mcj::loadModel(run.folder / "model.safetensors").metadata.at("point"),
             std::string("0.5"));
    QVERIFY(mcj::runPoint(runOf("0", tinyRecipe()), options(), stop, count) ==
            mcj::RunOutcome::Interrupted);
    stop = false;
    QVERIFY(mcj::runPoint(runOf("0", tinyRecipe()), options(), stop, count) ==
            mcj::RunOutcome::Finished);
    const auto results = mcj::collectResults(at("cycle"), {});
    QCOMPARE(results.runs.size(), std::size_t{2});
    for (const auto& result : results.runs) {
        QCOMPARE(result.steps, std::int64_t{2});
        QVERIFY(result.values.at("validation EPE px") > 0.0);
        QVERIFY(result.values.at("rank, pooled") > 0.0);
    }
    // Synthetic pairs know no cycle loss: both points are one run, and exact.
    QCOMPARE(results.runs[0].values.at("validation EPE px"),
             results.runs[1].values.at("validation EPE px"));
}

void TestAblation::otherRecipesAreRefused() {
    auto recipe = tinyRecipe();
    const std::atomic<bool> stop{true};
    const auto ignore = [](const mcj::MetricLine&) {};
    (void)mcj::runPoint(runOf("0.25", recipe), options(), stop, ignore);
    recipe.steps = 4;  // the trainer would go on; the study's other points would not
    try {
        (void)mcj::runPoint(runOf("0.25", recipe), options(), stop, ignore);
        QFAIL("another recipe was trained in the same folder");
    } catch (const mcj::Error& error) {
        QCOMPARE(error.code(), mcj::ErrorCode::Usage);
    }
    const mcj::AblationPlan first{at("study"), mcj::toJson(tinyRecipe()), {}};
    mcj::beginStudy(first);
    mcj::beginStudy(first);
    const mcj::AblationPlan other{at("study"), mcj::toJson(recipe), {}};
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::beginStudy(other));
}

void TestAblation::runsThatBreakAreResults() {
    const auto run = runOf("0.75", tinyRecipe());
    std::atomic<bool> stop{false};
    int steps = 0;
    const auto count = [&](const mcj::MetricLine&) {
        ++steps;
        stop = true;
    };
    (void)mcj::runPoint(run, options(), stop, count);
    auto file = mcj::readTensors(run.folder / "last.safetensors");
    file.tensors.at("model.estimator.decoder.0.flow.bias").fill_(std::nan(""));
    mcj::writeTensors(run.folder / "last.safetensors", file);
    stop = false;
    QVERIFY(mcj::runPoint(run, options(), stop, count) == mcj::RunOutcome::Failed);
    QVERIFY(mcj::runPoint(run, options(), stop, count) == mcj::RunOutcome::Kept);
    QCOMPARE(steps, 1);
    const auto measures = json::parse(mcj::readWholeFile(run.folder / "measures.json", ""));
    QVERIFY(measures.at("failure").get<std::string>().find("became NaN or infinite") !=
            std::string::npos);
}

void TestAblation::commandRunsAStudyAndKeepsIt() {
    mcj::writeWholeFile(at("base.json"), jointRecipe().dump());
    const std::vector<std::string> words{"modes",
                                         "--recipe",
                                         at("base.json").string(),
                                         "-o",
                                         at("out").string(),
                                         "--pictures",
                                         at("pictures.shard").string(),
                                         "--points",
                                         "mc-jepa,m-jepa",
                                         "--seeds",
                                         "1",
                                         "--steps",
                                         "2",
                                         "--device",
                                         "cpu",
                                         "--threads",
                                         "2",
                                         "-q"};
    auto dry = words;
    dry.push_back("--dry-run");
    QCOMPARE(command(dry), 0);
    QVERIFY(!fs::exists(at("out")));
    QCOMPARE(command(words), 0);
    const auto log = at("out") / "modes" / "mc-jepa-seed1" / "metrics.jsonl";
    const auto told = mcj::readWholeFile(log, "");
    const auto table = mcj::readWholeFile(at("out") / "modes" / "table.md", "");
    QVERIFY(table.find("| mc-jepa | 1 |") != std::string::npos);
    QVERIFY(table.find("| m-jepa | 1 |") != std::string::npos);
    QCOMPARE(command(words), 0);
    QCOMPARE(mcj::readWholeFile(log, ""), told);  // nothing was trained again

    mcj::writeWholeFile(at("scores.jsonl"),
                        R"({"run":"m-jepa-seed1","event":"summary","method":"model","epe":4.25})"
                        "\n");
    QCOMPARE(command({"modes", "-o", at("out").string(), "--scores", at("scores.jsonl").string()}),
             0);
    QVERIFY(mcj::readWholeFile(at("out") / "modes" / "table.md", "").find("4.25") !=
            std::string::npos);

    QVERIFY_THROWS_EXCEPTION(mcj::Error, command({"modes", "-o", at("empty").string()}));
    QVERIFY_THROWS_EXCEPTION(mcj::Error, command({"moods", "-o", at("out").string()}));
    auto misspelt = words;
    misspelt.push_back("--seed");
    QVERIFY_THROWS_EXCEPTION(mcj::Error, command(misspelt));
}

void TestAblation::rankCountsDirections() {
    const auto eye = at::eye(5, at::kDouble);
    const auto axes = at::cat({eye, -eye}, 0);  // five directions alike, mean zero
    QVERIFY(std::abs(mcj::effectiveRank(axes) - 5.0) < 1e-9);
    // Neither scale nor place matters.
    QVERIFY(std::abs(mcj::effectiveRank(axes * 1e4 + 7.0) - 5.0) < 1e-6);
    at::manual_seed(3);
    const auto turn = std::get<0>(at::linalg_qr(at::randn({5, 5}, at::kDouble)));
    QVERIFY(std::abs(mcj::effectiveRank(at::matmul(axes, turn)) - 5.0) < 1e-9);
    const auto line = at::matmul(at::randn({20, 1}, at::kDouble), at::randn({1, 5}, at::kDouble));
    QVERIFY(std::abs(mcj::effectiveRank(line) - 1.0) < 1e-6);
    QCOMPARE(mcj::effectiveRank(at::full({9, 4}, 0.1)), 0.0);
    QCOMPARE(mcj::effectiveRank(at::zeros({9, 4})), 0.0);
    // One direction fading out: from two towards one.
    double before = 2.0 + 1e-9;
    for (const double share : {1.0, 0.5, 0.1, 0.01}) {
        const auto pair = at::eye(2, at::kDouble) * at::tensor({1.0, share}, at::kDouble);
        const double rank = mcj::effectiveRank(at::cat({pair, -pair}, 0));
        QVERIFY(rank < before && rank >= 1.0);
        before = rank;
    }
}

void TestAblation::rankOfAModelIsBoundedByItsPictures() {
    at::manual_seed(1);
    mcj::McJepa model(tinyRecipe().model);
    const std::vector<mcj::ShardPtr> shards{
        std::make_shared<mcj::ShardReader>(at("pictures.shard"))};
    mcj::FeatureRankOptions small;
    small.sidePx = 64;
    small.batch = 3;
    const auto ranks = mcj::measureFeatureRanks(model, shards, small);
    QVERIFY(ranks.pooled >= 1.0 && ranks.pooled <= 3.0);  // four pictures less their mean
    QVERIFY(ranks.positions >= 1.0 && ranks.positions <= 12.0);
    small.batch = 4;  // how pictures are batched is no matter
    QVERIFY(std::abs(mcj::measureFeatureRanks(model, shards, small).positions - ranks.positions) <
            1e-3);
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)mcj::measureFeatureRanks(model, {}, small));
}

MCJ_TEST(TestAblation)
#include "test_ablation.moc"
