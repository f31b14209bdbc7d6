// Recipes are read as they are written, refuse slips by name, and decide what every step trains.

#include <filesystem>
#include <fstream>
#include <string>

#include <QtTest>

#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "tests/training/tiny_training.h"
#include "training/recipe.h"
#include "training/step_plan.h"

namespace {

std::string messageOf(const std::string& json) {
    try {
        (void)mcj::parseRecipe(json);
    } catch (const mcj::Error& error) {
        return std::string(error.what()) + " " + error.hint();
    }
    return {};
}

/// The keys of `whole` that `part` lacks, at any depth.
std::string missingKeys(const nlohmann::json& part, const nlohmann::json& whole) {
    std::string missing;
    for (const auto& item : whole.items()) {
        if (!part.contains(item.key())) {
            missing += " " + item.key();
        } else if (item.value().is_object()) {
            missing += missingKeys(part.at(item.key()), item.value());
        }
    }
    return missing;
}

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

}  // namespace

class TestRecipe : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void shippedRecipesComeBackAsTheyAre();
    void oneRecipeHasEveryKey();
    void everyKeyComesBack();
    void unknownKeysAreNamed();
    void modesNeedTheirTasks();
    void matchingNeedsKnownMotion();
    void presetsTakeAMode();
    void smallBatchesAreWarnedOf();
    void combinedStepsTrainEverything();
    void alternationTakesTurns_data();
    void alternationTakesTurns();
    void sharesRise();
    void stagesChangeTheLossInTheirTurn();
    void arflowBeginsAsItsPaperDoes();
    void slipsInStagesAreNamed();
};

void TestRecipe::shippedRecipesComeBackAsTheyAre() {
    int seen = 0;
    const std::filesystem::path folder = std::filesystem::path(MCJ_SOURCE_DIR) / "training/recipes";
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        if (file.path().extension() != ".json") continue;
        const auto recipe = mcj::readRecipe(file.path());
        const auto text = mcj::toJson(recipe);
        QCOMPARE(mcj::toJson(mcj::parseRecipe(text)), text);
        // A first pass that is still zero flow has nothing to teach.
        const bool teaches = mcj::flowLossAt(recipe, 0).selfSupervision > 0 ||
                             mcj::flowLossAt(recipe, 0).augmentation > 0;
        QVERIFY2(!teaches || recipe.selfSupervisionStart > 0, file.path().c_str());
        ++seen;
    }
    QVERIFY(seen >= 5);
    // Neighbours, every pair alike, as in the papers.
    for (const std::string name : {"mc-jepa", "m-jepa", "arflow"}) {
        const auto recipe = mcj::readRecipe(folder / (name + ".json"));
        QCOMPARE(recipe.realPairs.maxGap, 1);
        QVERIFY(recipe.realPairs.weigh == mcj::ClipWeight::Pairs);
        // From random weights, flow may be inconsistent everywhere when occlusion begins.
        QCOMPARE(recipe.flowLoss.occlusionFloor, 0.25);
    }
    QCOMPARE(mcj::readRecipe(folder / "arflow.json").flowLoss.levelWeights,
             (std::vector<double>{1, 1, 1, 1, 0}));
    QVERIFY(mcj::readRecipe(folder / "mc-jepa.json").estimatorWarmup > 0);
    for (const std::string mode : {"mc-jepa", "m-jepa", "vicreg", "arflow"}) {
        QCOMPARE(mcj::readRecipe(folder / (mode + ".json")).model.mode, mode);
    }
}

void TestRecipe::oneRecipeHasEveryKey() {
    const auto path = std::filesystem::path(MCJ_SOURCE_DIR) / "training/recipes/mc-jepa.json";
    std::ifstream file(path);
    const auto written = nlohmann::json::parse(file);
    auto whole = nlohmann::json::parse(mcj::toJson(mcj::readRecipe(path)));
    whole.erase("model");  // a preset
    const auto missing = missingKeys(written, whole);
    QVERIFY2(missing.empty(), missing.c_str());
}

void TestRecipe::everyKeyComesBack() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.precision = mcj::Precision::Float64;
    recipe.sampling = mcj::Sampling::EpochAlternation;
    recipe.epochSteps = 17;
    recipe.flowSets = {{"driving", 3.0}, {"film", 0.5}};
    recipe.realPairs.maxGap = 2;
    recipe.realPairs.minZoom = 0.75;
    recipe.realPairs.swapShare = 0.0;
    recipe.realPairs.weigh = mcj::ClipWeight::Pairs;
    recipe.estimatorWarmup = 3;
    recipe.flowLoss.levelWeights = {1.0, 0.5};
    recipe.flowLoss.occlusionFloor = 0.5;
    recipe.flowLoss.occlusion = mcj::OcclusionUse::RangeMap;
    recipe.flowStages.resize(2);
    recipe.flowStages[0].until = 0.25;
    recipe.flowStages[0].l1 = 0.15;
    recipe.flowStages[0].occlusion = mcj::OcclusionUse::OutsideOnly;
    recipe.flowStages[1].until = 0.5;
    recipe.flowStages[1].augmentation = 0.0;
    recipe.headShare = 0.25;
    recipe.realPairs.looks.blurShare = 0.3;
    recipe.flowStart = 4;
    recipe.vcWarmup = 9;
    recipe.balance = 0.1;
    recipe.syntheticWeight = 0.7;
    recipe.flowLoss.census = 0.25;
    recipe.flowLoss.vc = {{0.01, 0.04}, {0.02, 0.0}};
    recipe.content.loss.pooled = {0.01, 0.04};
    recipe.content.views.blurShare = {0.3, 0.6};
    recipe.content.weight = 2.5;
    recipe.content.loss.local = {0.5, {2, 3}, {32, 16}};
    const auto back = mcj::parseRecipe(mcj::toJson(recipe));
    QCOMPARE(mcj::toJson(back), mcj::toJson(recipe));
    QVERIFY(back.precision == mcj::Precision::Float64);
    QVERIFY(back.sampling == mcj::Sampling::EpochAlternation);
    QCOMPARE(back.flowSets.at("driving"), 3.0);
    QCOMPARE(back.realPairs.maxGap, 2);
    QCOMPARE(back.realPairs.minZoom, 0.75);
    QCOMPARE(back.realPairs.swapShare, 0.0);
    QCOMPARE(back.realPairs.looks.blurShare, 0.3);
    QVERIFY(back.realPairs.weigh == mcj::ClipWeight::Pairs);
    QCOMPARE(back.estimatorWarmup, std::int64_t{3});
    QCOMPARE(back.flowLoss.levelWeights, (std::vector<double>{1.0, 0.5}));
    QCOMPARE(back.flowLoss.occlusionFloor, 0.5);
    QVERIFY(back.flowLoss.occlusion == mcj::OcclusionUse::RangeMap);
    QCOMPARE(back.headShare, 0.25);
    QCOMPARE(back.flowStages.size(), std::size_t{2});
    QCOMPARE(back.flowStages[0].until, 0.25);
    QVERIFY(back.flowStages[0].l1 == 0.15 && !back.flowStages[0].ssim);
    QVERIFY(back.flowStages[0].occlusion == mcj::OcclusionUse::OutsideOnly);
    QVERIFY(back.flowStages[1].augmentation == 0.0 && !back.flowStages[1].occlusion);
    QCOMPARE(back.flowLoss.vc.at(1).variance, 0.02);
    QCOMPARE(back.content.loss.pooled.covariance, 0.04);
    QCOMPARE(back.content.loss.local.levels, (std::vector<int>{2, 3}));
    QCOMPARE(back.content.loss.local.widths, (std::vector<int>{32, 16}));
    QCOMPARE(back.content.views.blurShare[1], 0.6);
}

void TestRecipe::unknownKeysAreNamed() {
    QVERIFY(has(messageOf(R"({"model": "small", "stepps": 3})"), "stepps"));
    QVERIFY(has(messageOf(R"({"model": "small", "flow_loss": {"zensus": 1}})"), "zensus"));
    const auto views = messageOf(R"({"model": "small", "content": {"views": {"blurr": 1}}})");
    QVERIFY(has(views, "blurr") && has(views, "views"));
    const auto gap = messageOf(R"({"model": "small", "real_pairs": {"max_gap": 0}})");
    QVERIFY2(has(gap, "real_pairs.max_gap"), gap.c_str());
    const auto levels = messageOf(R"({"model": "small", "flow_loss": {"level_weights": []}})");
    QVERIFY2(has(levels, "flow_loss.level_weights"), levels.c_str());
    const auto share = messageOf(R"({"model": "small", "flow_loss": {"occlusion_floor": 2}})");
    QVERIFY2(has(share, "flow_loss.occlusion_floor"), share.c_str());
    const auto match = messageOf(R"({"model": "small", "matching": {"levels": [6]}})");
    QVERIFY2(has(match, "matching.levels") && has(match, "1 to 5"), match.c_str());
    const auto word = messageOf(R"({"model": "small", "sampling": "both"})");
    QVERIFY(has(word, "sampling") && has(word, "batch-alternation"));
    auto model = mcj::toJson(mcj::presetConfig("small"));
    model.replace(model.find("detach_levels"), 13, "detach_level");
    const auto slip = messageOf(R"({"model": )" + model + "}");
    QVERIFY2(has(slip, "\"detach_level\"") && has(slip, "estimator"), slip.c_str());
    QVERIFY(has(messageOf(R"({"steps": 3})"), "model"));
    QVERIFY(messageOf(R"({"model": "small", "steps": 3})").empty());
}

void TestRecipe::modesNeedTheirTasks() {
    const auto refused = [](const char* json) { return has(messageOf(json), "recipe: "); };
    QVERIFY(refused(R"({"model": {"preset": "small", "mode": "mc-jepa"}})"));
    QVERIFY(refused(R"({"model": "small", "content": {"batch": 8}})"));
    QVERIFY(refused(R"({"model": "small", "flow_start": 10})"));
    QVERIFY(refused(R"({"model": "small", "synthetic_batch": 0, "real_every": 4})"));
    QVERIFY(refused(R"({"model": {"preset": "small", "mode": "vicreg"}, "content": {"batch": 8},
                        "synthetic_batch": 2})"));
    QVERIFY(messageOf(R"({"model": {"preset": "small", "mode": "vicreg"},
                          "content": {"batch": 8}})")
                .empty());
    QVERIFY(messageOf(R"({"model": {"preset": "small", "mode": "mc-jepa"}, "flow_start": 10,
                          "content": {"batch": 8}, "synthetic_batch": 0, "real_every": 4})")
                .empty());
}

void TestRecipe::matchingNeedsKnownMotion() {
    QVERIFY(messageOf(R"({"model": "small", "matching": {"weight": 0.5}})").empty());
    const auto message = messageOf(R"({"model": "small", "synthetic_batch": 0, "real_every": 1,
                                       "matching": {"weight": 0.5}})");
    QVERIFY2(has(message, "matching.weight") && has(message, "synthetic_batch"), message.c_str());
}

void TestRecipe::presetsTakeAMode() {
    const auto recipe = mcj::parseRecipe(
        R"({"model": {"preset": "small", "mode": "arflow"},
            "synthetic_batch": 0, "real_every": 1})");
    QCOMPARE(recipe.model.mode, std::string("arflow"));
    QCOMPARE(recipe.model.encoder.widths, mcj::presetConfig("small").encoder.widths);
    QVERIFY(has(messageOf(R"({"model": {"preset": "small", "mode": "jepa"}})"), "mode"));
    // Small batches need a narrower expander than the preset's.
    const auto narrow = mcj::parseRecipe(
        R"({"model": {"preset": "convnext-t", "mode": "vicreg", "expander": {"widths": [64, 32]}},
            "content": {"batch": 16}})");
    QCOMPARE(narrow.model.expander, (std::vector<int>{64, 32}));
    QCOMPARE(narrow.model.encoder.widths, mcj::presetConfig("convnext-t").encoder.widths);
    const auto slip = messageOf(R"({"model": {"preset": "small", "expander": {"width": 64}}})");
    QVERIFY2(has(slip, "\"width\"") && has(slip, "expander"), slip.c_str());
    // The baseline has an encoder of its own.
    const auto baseline =
        mcj::parseRecipe(R"({"model": "arflow", "synthetic_batch": 0, "real_every": 1})");
    QCOMPARE(baseline.model.mode, std::string("arflow"));
    QVERIFY(baseline.model.encoder.kind == mcj::EncoderKind::Pyramid);
}

void TestRecipe::smallBatchesAreWarnedOf() {
    const std::filesystem::path folder = std::filesystem::path(MCJ_SOURCE_DIR) / "training/recipes";
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        if (file.path().extension() != ".json") continue;
        const auto warning = mcj::smallBatchWarning(mcj::readRecipe(file.path()));
        QVERIFY2(warning.empty(), (file.path().string() + ": " + warning).c_str());
    }
    auto recipe = mcj::readRecipe(folder / "vicreg.json");
    recipe.content.batch = 16;
    const auto warning = mcj::smallBatchWarning(recipe);
    QVERIFY2(has(warning, "16") && has(warning, "8192") && has(warning, "0.18"), warning.c_str());
    recipe.model.expander = {64, 64, 64};
    QVERIFY(mcj::smallBatchWarning(recipe).empty());
    QVERIFY(!mcj::attainableDeviation(tiny::recipe("arflow")));
}

void TestRecipe::combinedStepsTrainEverything() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.flowStart = 5;
    recipe.realStart = 9;
    recipe.realEvery = 3;
    for (std::int64_t step = 0; step < 30; ++step) {
        const auto plan = mcj::planStep(recipe, step);
        QVERIFY(plan.content);
        QCOMPARE(plan.synthetic, step >= 5);
        QCOMPARE(plan.real, step >= 9 && (step - 5) % 3 == 0);
    }
}

void TestRecipe::alternationTakesTurns_data() {
    QTest::addColumn<int>("length");
    QTest::newRow("batches") << 1;
    QTest::newRow("epochs") << 4;
}

void TestRecipe::alternationTakesTurns() {
    QFETCH(const int, length);
    auto recipe = tiny::recipe("mc-jepa");
    recipe.sampling =
        length == 1 ? mcj::Sampling::BatchAlternation : mcj::Sampling::EpochAlternation;
    recipe.epochSteps = length;
    recipe.flowStart = 6;
    recipe.realEvery = 2;
    int flowSteps = 0;
    mcj::BatchCounts counted;
    for (std::int64_t step = 0; step < 40; ++step) {
        // A run that is resumed here finds its data where the uninterrupted run has it.
        const auto before = mcj::batchesBefore(recipe, step);
        QCOMPARE(before.synthetic, counted.synthetic);
        QCOMPARE(before.real, counted.real);
        QCOMPARE(before.content, counted.content);
        const auto plan = mcj::planStep(recipe, step);
        const bool isFlow = step >= 6 && (step - 6) / length % 2 == 0;
        QCOMPARE(plan.synthetic, isFlow);
        QCOMPARE(plan.content, !isFlow);
        QCOMPARE(plan.real, isFlow && flowSteps % 2 == 0);
        flowSteps += isFlow ? 1 : 0;
        counted.synthetic += plan.synthetic ? 1 : 0;
        counted.real += plan.real ? 1 : 0;
        counted.content += plan.content ? 1 : 0;
    }
}

void TestRecipe::sharesRise() {
    QCOMPARE(mcj::risenShare(9, 10, 4), 0.0);
    QCOMPARE(mcj::risenShare(10, 10, 4), 0.25);
    QCOMPARE(mcj::risenShare(13, 10, 4), 1.0);
    QCOMPARE(mcj::risenShare(99, 10, 4), 1.0);
    QCOMPARE(mcj::risenShare(10, 10, 0), 1.0);
}

void TestRecipe::stagesChangeTheLossInTheirTurn() {
    auto recipe = tiny::recipe("arflow");
    recipe.steps = 300;
    recipe.flowLoss.census = 1.0;
    recipe.flowLoss.ssim = 0.0;
    recipe.flowLoss.smooth = 50.0;
    recipe.flowLoss.augmentation = 0.01;
    recipe.flowStages.resize(2);
    recipe.flowStages[0].until = 1.0 / 3.0;
    recipe.flowStages[0].ssim = 0.85;
    recipe.flowStages[0].census = 0.0;
    recipe.flowStages[0].smooth = 0.0;
    recipe.flowStages[0].occlusion = mcj::OcclusionUse::RangeMap;
    recipe.flowStages[0].augmentation = 0.0;
    recipe.flowStages[1].until = 0.5;
    recipe.flowStages[1].augmentation = 0.0;
    for (std::int64_t step = 0; step < recipe.steps; ++step) {
        const auto now = mcj::flowLossAt(recipe, step);
        const bool first = step < 100;
        QCOMPARE(now.ssim, first ? 0.85 : 0.0);
        QCOMPARE(now.census, first ? 0.0 : 1.0);
        QCOMPARE(now.smooth, first ? 0.0 : 50.0);
        QCOMPARE(now.augmentation, step < 150 ? 0.0 : 0.01);
        QVERIFY(now.occlusion ==
                (first ? mcj::OcclusionUse::RangeMap : mcj::OcclusionUse::ForwardBackward));
    }
    // A longer run has longer stages.
    recipe.steps = 3000;
    QCOMPARE(mcj::flowLossAt(recipe, 999).ssim, 0.85);
    QCOMPARE(mcj::flowLossAt(recipe, 1001).ssim, 0.0);
}

void TestRecipe::arflowBeginsAsItsPaperDoes() {
    const auto recipe =
        mcj::readRecipe(std::filesystem::path(MCJ_SOURCE_DIR) / "training/recipes/arflow.json");
    const auto begin = mcj::flowLossAt(recipe, 0);
    QCOMPARE(begin.l1, 0.15);
    QCOMPARE(begin.ssim, 0.85);
    QCOMPARE(begin.census, 0.0);
    QCOMPARE(begin.augmentation, 0.0);
    QVERIFY(begin.occlusion == mcj::OcclusionUse::RangeMap);
    QCOMPARE(recipe.occlusionStart, std::int64_t{0});
    // Its first 50 epochs of 1,000 steps.
    QCOMPARE(mcj::flowLossAt(recipe, 49'900).ssim, 0.85);
    const auto middle = mcj::flowLossAt(recipe, 50'000);
    QCOMPARE(middle.census, 1.0);
    QCOMPARE(middle.ssim, 0.0);
    QCOMPARE(middle.l1, 0.0);
    QCOMPARE(middle.augmentation, 0.0);
    QVERIFY(middle.occlusion == mcj::OcclusionUse::ForwardBackward);
    const auto last = mcj::flowLossAt(recipe, recipe.steps - 1);
    QCOMPARE(last.census, 1.0);
    QVERIFY(last.augmentation > 0.0);
    // Its first pass sees the pictures as they are.
    QCOMPARE(recipe.realPairs.looks.noiseMax, 0.0);
    QCOMPARE(recipe.realPairs.looks.asymmetry, 0.0);
}

void TestRecipe::slipsInStagesAreNamed() {
    const auto message = [](const std::string& stages) {
        return messageOf(R"({"model": "small", "flow_stages": )" + stages + "}");
    };
    QVERIFY(message(R"([{"until": 0.5, "ssim": 0.85}])").empty());
    QVERIFY(has(message(R"([{"until": 0.5, "census_radius": 1}])"), "census_radius"));
    QVERIFY(has(message(R"([{"until": 0.5}, {"until": 0.25}])"), "until"));
    QVERIFY(has(message(R"([{"until": 1.5}])"), "until"));
    QVERIFY(has(message(R"([{"until": 0.5, "l1": -1}])"), "weights"));
    QVERIFY(has(message(R"([{"until": 0.5, "occlusion": "wang"}])"), "range-map"));
    QVERIFY(has(messageOf(R"({"model": "small", "real_every": 0,
                              "flow_stages": [{"until": 0.5, "l1": 1}]})"),
                "real_every"));
    QVERIFY(has(messageOf(R"({"model": "small", "head_share": 0})"), "head_share"));
}

MCJ_TEST(TestRecipe)
#include "test_recipe.moc"
