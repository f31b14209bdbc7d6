// A whole training run in miniature: it learns, resumes exactly, refuses other recipes, exports.

#include <atomic>
#include <filesystem>

#include <QTemporaryDir>
#include <QtTest>

#include <torch/torch.h>

#include "inference/model/checkpoint.h"
#include "media/base/error.h"
#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "training/sample_rng.h"
#include "training/trainer.h"

namespace fs = std::filesystem;

namespace {

/// Patches of random grey on a smooth ground: something for features to hold on to.
mcj::Raster<std::uint8_t> texturedPicture(std::uint64_t number) {
    mcj::SampleRng rng(7, 0, number);
    mcj::Raster<std::uint8_t> rgb({160, 128}, 3, 90);
    for (int patch = 0; patch < 160; ++patch) {
        const int x0 = rng.integer(0, 150);
        const int y0 = rng.integer(0, 118);
        const int side = rng.integer(3, 9);
        for (int c = 0; c < 3; ++c) {
            const auto value = static_cast<std::uint8_t>(rng.integer(0, 255));
            for (int y = y0; y < y0 + side; ++y) {
                for (int x = x0; x < x0 + side; ++x) rgb.at(y, x, c) = value;
            }
        }
    }
    return rgb;
}

mcj::Recipe tinyRecipe() {
    mcj::Recipe recipe;
    recipe.model = mcj::presetConfig("small");
    recipe.model.mode = "m-jepa";
    recipe.model.encoder.widths = {8, 12, 12, 12, 12, 12};
    recipe.model.encoder.depths = {1, 1, 0, 0, 0, 0};
    recipe.model.estimator.projection = 16;
    recipe.model.estimator.widths = {24, 16};
    recipe.model.estimator.context = mcj::ContextPlace::None;
    recipe.model.estimator.coarsestLevel = 3;
    recipe.height = 64;
    recipe.width = 64;
    recipe.steps = 6;
    recipe.syntheticBatch = 1;
    recipe.realEvery = 0;
    recipe.warmup = 2;
    recipe.shiftMaxPx = 4;
    recipe.emaDecay = 0.9;
    recipe.checkpointEvery = 100;
    recipe.validateEvery = 100;
    return recipe;
}

}  // namespace

class TestTrainer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void resumedRunEqualsTheUninterruptedOne();
    void realPairsBringTheirLosses();
    void otherRecipesAreRefused();
    void stopKeepsWhatIsDone();
    void exportRunsWithoutTheTrainer();
    void newRunsStartFromAModelFile();
    void unknownRecipeKeysAreNamed();
    void lossThatIsNoNumberStopsTheRun();

private:
    QTemporaryDir folder_;
    [[nodiscard]] fs::path at(const std::string& name) const {
        return fs::path(folder_.path().toStdString()) / name;
    }
    [[nodiscard]] mcj::TrainOptions options(const std::string& run) const {
        mcj::TrainOptions made;
        made.pictures = {at("pictures.shard")};
        made.clips = {at("pictures.shard")};
        made.runFolder = at(run);
        made.device = "cpu";
        made.threads = 2;
        return made;
    }
    std::vector<mcj::MetricLine> train(const mcj::Recipe& recipe, const std::string& run) const {
        std::vector<mcj::MetricLine> lines;
        const std::atomic<bool> never{false};
        mcj::Trainer(recipe, options(run)).fit(never, [&](const mcj::MetricLine& line) {
            lines.push_back(line);
        });
        return lines;
    }
};

void TestTrainer::initTestCase() {
    fs::create_directories(at("pictures"));
    for (std::uint64_t i = 0; i < 4; ++i) {
        mcj::writeRgbPng(at("pictures/p" + std::to_string(i) + ".png"), texturedPicture(i));
    }
    const auto report = mcj::packImages(at("pictures"), at("pictures.shard"), {}, nullptr);
    QCOMPARE(report.entries, std::int64_t{4});
}

void TestTrainer::resumedRunEqualsTheUninterruptedOne() {
    auto recipe = tinyRecipe();
    const auto whole = train(recipe, "whole");
    QCOMPARE(whole.size(), std::size_t{6});
    auto options3 = options("parts");
    std::vector<mcj::MetricLine> parts;
    {
        std::atomic<bool> stop{false};
        mcj::Trainer(recipe, options3).fit(stop, [&](const mcj::MetricLine& line) {
            parts.push_back(line);
            if (parts.size() == 3) stop = true;
        });
    }
    for (const auto& line : train(recipe, "parts")) parts.push_back(line);
    QCOMPARE(parts.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        QCOMPARE(parts[i].at("step"), whole[i].at("step"));
        QVERIFY(parts[i].at("loss") == whole[i].at("loss"));  // bit for bit
        QVERIFY(parts[i].at("gradient_norm") == whole[i].at("gradient_norm"));
    }
    const auto a = mcj::readTensors(at("whole/last.safetensors"));
    const auto b = mcj::readTensors(at("parts/last.safetensors"));
    QCOMPARE(a.tensors.size(), b.tensors.size());
    for (const auto& [name, tensor] : a.tensors) {
        QVERIFY2(at::equal(tensor, b.tensors.at(name)), name.c_str());
    }
}

void TestTrainer::realPairsBringTheirLosses() {
    // Clips are runs of frames; still pictures are none, and the message says so.
    auto recipe = tinyRecipe();
    recipe.realEvery = 2;
    QVERIFY_EXCEPTION_THROWN((void)train(recipe, "no-clips"), mcj::Error);
}

void TestTrainer::otherRecipesAreRefused() {
    auto recipe = tinyRecipe();
    recipe.steps = 1;
    (void)train(recipe, "mine");
    recipe.steps = 2;  // longer is the same run
    QCOMPARE(train(recipe, "mine").size(), std::size_t{1});
    recipe.seed = 99;
    QVERIFY_EXCEPTION_THROWN((void)train(recipe, "mine"), mcj::Error);
}

void TestTrainer::stopKeepsWhatIsDone() {
    auto recipe = tinyRecipe();
    std::atomic<bool> stop{false};
    const auto done = mcj::Trainer(recipe, options("stopped"))
                          .fit(stop, [&](const mcj::MetricLine&) { stop = true; });
    QCOMPARE(done, std::int64_t{1});
    QVERIFY(fs::exists(at("stopped/last.safetensors")));
}

void TestTrainer::exportRunsWithoutTheTrainer() {
    auto recipe = tinyRecipe();
    recipe.steps = 2;
    (void)train(recipe, "exported");
    mcj::exportModel(at("exported/last.safetensors"), at("model.safetensors"), {{"note", "tiny"}});
    const auto loaded = mcj::loadModel(at("model.safetensors"));
    QCOMPARE(loaded.metadata.at("note"), std::string("tiny"));
    QVERIFY(loaded.metadata.contains("recipe"));
    // What is shipped is the mean of the weights, in half precision.
    const auto run = mcj::readTensors(at("exported/last.safetensors"));
    const auto weights = mcj::weightsOf(*loaded.model);
    for (const auto& [name, weight] : weights) {
        const auto expected = run.tensors.at("mean." + name).to(at::kHalf).to(at::kFloat);
        QVERIFY2(at::equal(weight, expected), name.c_str());
    }
}

void TestTrainer::newRunsStartFromAModelFile() {
    auto recipe = tinyRecipe();
    recipe.steps = 1;
    (void)train(recipe, "source");
    mcj::exportModel(at("source/last.safetensors"), at("source.safetensors"), {});
    auto offered = mcj::readTensors(at("source.safetensors"));
    const std::string absent = "estimator.decoder.0.flow.bias";
    QVERIFY(offered.tensors.erase(absent) == 1);
    offered.tensors["encoder.unknown"] = at::zeros({2});
    mcj::writeTensors(at("source.safetensors"), offered);

    // No step is done: what is written is what the run started from.
    auto from = options("from");
    from.init = at("source.safetensors");
    recipe.seed = 8;
    const std::atomic<bool> stop{true};
    mcj::Trainer trainer(recipe, from);
    QVERIFY(trainer.initialWeights().find("source.safetensors") == 0);
    QVERIFY(trainer.initialWeights().find(absent) != std::string::npos);
    QVERIFY(trainer.initialWeights().find("encoder.unknown") != std::string::npos);
    QCOMPARE(trainer.fit(stop, [](const mcj::MetricLine&) {}), std::int64_t{0});
    const auto begun = mcj::readTensors(at("from/last.safetensors"));
    QCOMPARE(begun.metadata.at("init"), trainer.initialWeights());
    for (const auto& [name, tensor] : offered.tensors) {
        if (name == "encoder.unknown") continue;
        for (const std::string prefix : {"model.", "mean."}) {
            QVERIFY2(at::equal(begun.tensors.at(prefix + name), tensor.to(at::kFloat)), name.c_str());
        }
    }
    // A checkpoint serves as well as what is shipped; a file of something else is refused.
    from.runFolder = at("from-checkpoint");
    from.init = at("source/last.safetensors");
    QVERIFY(mcj::Trainer(recipe, from).initialWeights().find("without a place") ==
            std::string::npos);
    mcj::writeTensors(at("other.safetensors"), {{{"x", at::zeros({1})}}, {}});
    from.runFolder = at("from-other");
    from.init = at("other.safetensors");
    QVERIFY_EXCEPTION_THROWN(mcj::Trainer(recipe, from), mcj::Error);
}

void TestTrainer::unknownRecipeKeysAreNamed() {
    try {
        (void)mcj::parseRecipe(R"({"model": "small", "stepps": 3})");
        QFAIL("a misspelt key was accepted");
    } catch (const mcj::Error& error) {
        QVERIFY(std::string(error.what()).find("stepps") != std::string::npos);
    }
    const auto recipe = tinyRecipe();
    QCOMPARE(mcj::toJson(mcj::parseRecipe(mcj::toJson(recipe))), mcj::toJson(recipe));
}

void TestTrainer::lossThatIsNoNumberStopsTheRun() {
    auto recipe = tinyRecipe();
    recipe.steps = 1;
    (void)train(recipe, "broken");
    auto file = mcj::readTensors(at("broken/last.safetensors"));
    file.tensors.at("model.estimator.decoder.0.flow.bias").fill_(std::nan(""));
    mcj::writeTensors(at("broken/last.safetensors"), file);
    recipe.steps = 2;
    try {
        (void)train(recipe, "broken");
        QFAIL("training went on after a loss that is no number");
    } catch (const mcj::Error& error) {
        QVERIFY2(std::string(error.what()).find("motion.") != std::string::npos, error.what());
    }
}

QTEST_GUILESS_MAIN(TestTrainer)
#include "test_trainer.moc"
