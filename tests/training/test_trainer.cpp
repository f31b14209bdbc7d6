// A whole training run in miniature: it resumes exactly, refuses other recipes, keeps its records
// straight, trains every mode, exports.

#include <algorithm>
#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <QtTest>

#include <ATen/ATen.h>

#include "inference/model/checkpoint.h"
#include "inference/ops/device.h"
#include "media/base/error.h"
#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "tests/support/test_program.h"
#include "tests/training/shard_folder.h"
#include "tests/training/tiny_training.h"
#include "training/run_log.h"
#include "training/trainer.h"

namespace fs = std::filesystem;

namespace {

std::vector<std::string> linesOf(const fs::path& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

bool hasLoss(const mcj::MetricLine& line, const std::string& prefix) {
    return std::any_of(line.begin(), line.end(),
                       [&](const auto& item) { return item.first.starts_with("loss." + prefix); });
}

}  // namespace

class TestTrainer : public QObject, private tiny::ShardFolder {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void resumedRunEqualsTheUninterruptedOne_data();
    void resumedRunEqualsTheUninterruptedOne();
    void everyModeTrainsItsTasks_data();
    void everyModeTrainsItsTasks();
    void encoderGradientsAreToldByTask();
    void bestCountsBothTasks();
    void heldOutClipsAreJudged();
    void deviationsAreOfFixedPictures();
    void localContentIsLeftOutOfWhatShips();
    void flowStartsWhereTheRecipeSays();
    void stepsStandInTheMetricsOnce();
    void validatingByTheMeanLeavesNoTrace();
    void doublePrecisionTrainsTheSame();
    void aGpuTrainsTheSame();
    void clipSetsAreRepeatedByName();
    void realPairsBringTheirLosses();
    void consistencyIsTold();
    void stagesChangeTheLosses();
    void firstWeightsAreJudged();
    void vicregSpreadsItsEmbeddings();
    void matchingCountsByItsWeight();
    void otherRecipesAreRefused();
    void stopKeepsWhatIsDone();
    void exportRunsWithoutTheTrainer();
    void newRunsStartFromAModelFile();
    void lossThatIsNoNumberStopsTheRun();

private:
    std::vector<mcj::MetricLine> train(const mcj::Recipe& recipe, const std::string& run) const {
        return tiny::train(recipe, options(run));
    }
};

void TestTrainer::initTestCase() { writeShards(); }

void TestTrainer::resumedRunEqualsTheUninterruptedOne_data() {
    QTest::addColumn<QString>("mode");
    QTest::addColumn<int>("sampling");
    QTest::newRow("m-jepa") << "m-jepa" << 0;
    QTest::newRow("mc-jepa") << "mc-jepa" << 0;
    QTest::newRow("mc-jepa, batches take turns") << "mc-jepa" << 1;
}

void TestTrainer::resumedRunEqualsTheUninterruptedOne() {
    QFETCH(const QString, mode);
    QFETCH(const int, sampling);
    const std::string name = QTest::currentDataTag();
    auto recipe = tiny::recipe(mode.toStdString());
    recipe.sampling = static_cast<mcj::Sampling>(sampling);
    // The estimator's moments are younger than the encoder's, and the mean is on its way.
    if (mode == "mc-jepa") recipe.flowStart = 1;
    const auto whole = train(recipe, name + " whole");
    QCOMPARE(whole.size(), std::size_t{6});
    auto options3 = options(name + " parts");
    std::vector<mcj::MetricLine> parts;
    {
        std::atomic<bool> stop{false};
        mcj::Trainer(recipe, options3).fit(stop, [&](const mcj::MetricLine& line) {
            parts.push_back(line);
            if (parts.size() == 3) stop = true;
        });
    }
    for (const auto& line : train(recipe, name + " parts")) parts.push_back(line);
    QCOMPARE(parts.size(), whole.size());
    for (std::size_t i = 0; i < whole.size(); ++i) {
        QCOMPARE(parts[i].at("step"), whole[i].at("step"));
        QVERIFY(parts[i].at("loss") == whole[i].at("loss"));  // bit for bit
        QVERIFY(parts[i].at("gradient_norm") == whole[i].at("gradient_norm"));
    }
    const auto a = mcj::readTensors(at(name + " whole/last.safetensors"));
    const auto b = mcj::readTensors(at(name + " parts/last.safetensors"));
    QCOMPARE(a.tensors.size(), b.tensors.size());
    for (const auto& [name, tensor] : a.tensors) {
        QVERIFY2(at::equal(tensor, b.tensors.at(name)), name.c_str());
    }
}

void TestTrainer::everyModeTrainsItsTasks_data() {
    QTest::addColumn<bool>("motion");
    QTest::addColumn<bool>("real");
    QTest::addColumn<bool>("content");
    QTest::newRow("mc-jepa") << true << true << true;
    QTest::newRow("m-jepa") << true << false << false;
    QTest::newRow("arflow") << false << true << false;
    QTest::newRow("vicreg") << false << false << true;
}

void TestTrainer::everyModeTrainsItsTasks() {
    QFETCH(const bool, motion);
    QFETCH(const bool, real);
    QFETCH(const bool, content);
    const std::string mode = QTest::currentDataTag();
    auto recipe = tiny::recipe(mode);
    recipe.steps = 2;
    const auto lines = train(recipe, mode);
    QCOMPARE(hasLoss(lines[0], "motion."), motion);
    QCOMPARE(hasLoss(lines[0], "real."), real);
    QCOMPARE(hasLoss(lines[0], "content."), content);
    QCOMPARE(lines[0].contains("gradient_norm.estimator"), motion || real);
    QCOMPARE(lines[0].contains("gradient_norm.expander"), content);
    const double all = lines[0].at("gradient_norm");
    double squares = 0.0;
    double parts = 0.0;
    for (const auto& [name, value] : lines[0]) {
        if (name.starts_with("gradient_norm.")) squares += value * value;
        if (name.starts_with("loss.")) parts += value;
    }
    QVERIFY(std::abs(std::sqrt(squares) - all) < 1e-9 * all);
    QVERIFY(std::abs(parts - lines[0].at("loss")) < 1e-4 * std::abs(parts));
    // The last step is validated: by motion where there is flow, by content where there is that.
    QCOMPARE(lines[1].contains("validation_epe_px"), motion || real);
    QCOMPARE(lines[1].contains("validation_content"), content);
    QVERIFY(fs::exists(at(mode + "/best.safetensors")));
    // What is shipped has no expander, and flow where the mode has it.
    mcj::exportModel(at(mode + "/last.safetensors"), at(mode + ".safetensors"), {});
    const auto shipped = mcj::loadModel(at(mode + ".safetensors"));
    QCOMPARE(shipped.model->config().mode, mode);
    QCOMPARE(shipped.model->config().hasFlow(), mode != "vicreg");
    QVERIFY(!shipped.model->expander);
    // A collapse would be seen in the first and the validated line.
    for (int level = 1; level <= shipped.model->config().encoder.levels(); ++level) {
        const auto name = "deviation." + std::to_string(level);
        QVERIFY2(lines[0].at(name) > 0.0, name.c_str());
        QVERIFY2(lines[1].at(name) > 0.0, name.c_str());
    }
}

void TestTrainer::deviationsAreOfFixedPictures() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.steps = 2;
    recipe.encoder.learningRate = recipe.estimator.learningRate = 0.0;
    const auto lines = train(recipe, "deviations");
    QCOMPARE(lines[1].at("deviation.2"), lines[0].at("deviation.2"));
    recipe.encoder.learningRate = 0.01;
    recipe.warmup = 0;
    const auto moved = train(recipe, "moved deviations");
    QVERIFY(moved[1].at("deviation.2") != moved[0].at("deviation.2"));
}

void TestTrainer::encoderGradientsAreToldByTask() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.steps = 2;
    const auto lines = train(recipe, "tasks");
    for (const char* task : {"motion", "content"}) {
        QVERIFY2(lines[1].at(std::string("encoder_gradient_norm.") + task) > 0.0, task);
    }
    // Every other step has real pairs.
    QVERIFY(lines[0].contains("encoder_gradient_norm.real"));
    QVERIFY(!lines[1].contains("encoder_gradient_norm.real"));
    // A task alone is all of the gradient.
    auto alone = tiny::recipe("vicreg");
    alone.steps = 1;
    const auto line = train(alone, "one task").front();
    QCOMPARE(line.at("encoder_gradient_norm.content"), line.at("gradient_norm.encoder"));
}

void TestTrainer::bestCountsBothTasks() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.steps = 1;
    const auto line = train(recipe, "both judged").back();
    const auto best = mcj::readTensors(at("both judged/best.safetensors"));
    const double expected = std::sqrt(line.at("validation_epe_px") * line.at("validation_content"));
    QVERIFY(std::abs(std::stod(best.metadata.at("best_error_px")) - expected) < 1e-9 * expected);
}

void TestTrainer::heldOutClipsAreJudged() {
    for (int i = 0; i < 5; ++i) {
        const auto clip = at("films") / std::to_string(i);
        fs::create_directories(clip);
        for (int frame = 0; frame < 2; ++frame) {
            mcj::writeRgbPng(clip / ("f" + std::to_string(frame) + ".png"),
                             tiny::texturedPicture(static_cast<std::uint64_t>(20 + i), {96, 80}));
        }
    }
    mcj::packFrames(at("films"), at("films.shard"), {}, nullptr);
    auto recipe = tiny::recipe("arflow");
    recipe.steps = 1;
    recipe.encoder.learningRate = recipe.estimator.learningRate = 0.0;
    auto settings = options("judged clips");
    settings.clips = {at("films.shard")};
    const auto line = tiny::train(recipe, settings).back();
    // Still clips, and a model that keeps to no flow: all that census cannot tell from zero.
    QVERIFY(std::abs(line.at("validation_census") - std::pow(0.01, 0.4)) < 1e-3);
    QCOMPARE(line.at("validation_consistent"), 1.0);
    // The only film of the other runs is trained on.
    QVERIFY(!train(recipe, "no clips to judge").back().contains("validation_census"));
}

void TestTrainer::localContentIsLeftOutOfWhatShips() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.steps = 2;
    recipe.content.loss.local.weight = 0.5;
    recipe.content.loss.local.widths = {8, 8};
    const auto lines = train(recipe, "local");
    QVERIFY(lines[0].at("loss.content.local_invariance.3") > 0.0);
    QVERIFY(lines[0].at("loss.content.local_covariance.4") > 0.0);
    const auto run = mcj::readTensors(at("local/last.safetensors"));
    QVERIFY(run.tensors.contains("model.local.0.layers.0.linear.weight"));
    QCOMPARE(mcj::loadModel(at("local/last.safetensors")).model->config().localLevels,
             (std::vector<int>{3, 4}));
    mcj::exportModel(at("local/last.safetensors"), at("local.safetensors"), {});
    QVERIFY(mcj::loadModel(at("local.safetensors")).model->config().localLevels.empty());
}

void TestTrainer::flowStartsWhereTheRecipeSays() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.steps = 4;
    recipe.flowStart = 2;
    const auto lines = train(recipe, "late-flow");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        QCOMPARE(hasLoss(lines[i], "motion."), i >= 2);
        QCOMPARE(lines[i].contains("gradient_norm.estimator"), i >= 2);
        QVERIFY(hasLoss(lines[i], "content."));
    }
}

void TestTrainer::stepsStandInTheMetricsOnce() {
    auto recipe = tiny::recipe("m-jepa");
    recipe.steps = 5;
    recipe.checkpointEvery = 2;
    const fs::path log = at("records/metrics.jsonl");
    const fs::path last = at("records/last.safetensors");
    const std::atomic<bool> never{false};
    // As if killed at step 3: the checkpoint is that of step 2, a line is only half there.
    mcj::Trainer(recipe, options("records")).fit(never, [&](const mcj::MetricLine& line) {
        if (line.at("step") == 2.0) fs::copy_file(last, at("kept"));
    });
    const auto whole = linesOf(log);
    QCOMPARE(whole.size(), std::size_t{6});
    QVERIFY(whole[0].find("\"event\":\"start\"") != std::string::npos);
    QVERIFY(whole[0].find("\"recipe\"") != std::string::npos);
    QVERIFY(whole[0].find("\"held_out\":{\"pictures\":1,\"videos\":0}") != std::string::npos);
    fs::rename(at("kept"), last);
    std::ofstream(log, std::ios::app) << "{\"event\":\"step\",\"lo";
    (void)train(recipe, "records");
    const auto again = linesOf(log);
    QCOMPARE(again.size(), std::size_t{7});
    QVERIFY(again[3].find("\"event\":\"resume\"") != std::string::npos);
    const auto lossOf = [](const std::string& line) {
        const auto begin = line.find("\"loss\":");
        return line.substr(begin, line.find(',', begin) - begin);
    };
    for (std::size_t step = 0; step < 5; ++step) {
        QCOMPARE(lossOf(again[step < 2 ? step + 1 : step + 2]), lossOf(whole[step + 1]));
    }
}

void TestTrainer::validatingByTheMeanLeavesNoTrace() {
    auto recipe = tiny::recipe("m-jepa");
    const auto rarely = train(recipe, "rarely");
    recipe.validateEvery = 1;
    const auto often = train(recipe, "often");
    for (std::size_t i = 0; i < rarely.size(); ++i) {
        QVERIFY(often[i].contains("validation_epe_px"));
        QVERIFY(rarely[i].at("loss") == often[i].at("loss"));
    }
    // What was judged is the mean: the same weights without one give another error.
    recipe.emaDecay = 0.0;
    const auto plain = train(recipe, "without-mean");
    QVERIFY(plain.back().at("loss") == often.back().at("loss"));
    QVERIFY(plain.back().at("validation_epe_px") != often.back().at("validation_epe_px"));
}

void TestTrainer::doublePrecisionTrainsTheSame() {
    auto recipe = tiny::recipe("mc-jepa");
    recipe.steps = 2;
    const auto single = train(recipe, "single");
    recipe.precision = mcj::Precision::Float64;
    const auto twice = train(recipe, "double");
    for (std::size_t i = 0; i < single.size(); ++i) {
        const double loss = twice[i].at("loss");
        QVERIFY(single[i].at("loss") != loss);
        QVERIFY(std::abs(single[i].at("loss") - loss) < 1e-3 * std::abs(loss));
    }
    recipe.precision = mcj::Precision::Mixed;  // which is for GPUs
    QVERIFY_EXCEPTION_THROWN((void)train(recipe, "mixed"), mcj::Error);
    const auto file = mcj::readTensors(at("double/last.safetensors"));
    QVERIFY(file.tensors.at("model.encoder.stem.0.conv.weight").scalar_type() == at::kDouble);
}

void TestTrainer::aGpuTrainsTheSame() {
    if (const auto gpus = mcj::findGpus(); gpus.count == 0) QSKIP(gpus.reason.c_str());
    const auto recipe = tiny::recipe("mc-jepa");
    auto there = options("gpu");
    there.device = "cuda";
    const auto expected = train(recipe, "no gpu");
    const auto got = tiny::train(recipe, there);
    QCOMPARE(got.size(), expected.size());
    // The same batches; later steps drift, for a GPU's convolutions round to ten bits.
    for (const char* loss : {"loss", "loss.motion.full", "loss.content.variance"}) {
        const double share = got[0].at(loss) / expected[0].at(loss);
        QVERIFY2(std::abs(share - 1.0) < 0.01, loss);
    }
}

void TestTrainer::clipSetsAreRepeatedByName() {
    auto recipe = tiny::recipe("arflow");
    recipe.steps = 1;
    recipe.flowSets = {{"film", 2.0}};
    QVERIFY(hasLoss(train(recipe, "sets").front(), "real."));
    recipe.flowSets = {{"theatre", 2.0}};
    try {
        (void)train(recipe, "no-such-set");
        QFAIL("a set that is not there was repeated");
    } catch (const mcj::Error& error) {
        QVERIFY(std::string(error.what()).find("theatre") != std::string::npos);
    }
}

void TestTrainer::realPairsBringTheirLosses() {
    auto recipe = tiny::recipe("m-jepa");
    recipe.realEvery = 2;
    const auto lines = train(recipe, "real");
    for (std::size_t i = 0; i < lines.size(); ++i) QCOMPARE(hasLoss(lines[i], "real."), i % 2 == 0);
    // How pairs are taken is the recipe's.
    const auto plain = lines.front();
    recipe.steps = 1;
    recipe.realPairs.maxGap = 1;
    recipe.realPairs.minZoom = 1.0;
    const auto nearer = train(recipe, "neighbours").front();
    QVERIFY(nearer.at("loss.real.l1") != plain.at("loss.real.l1"));
    // Clips are runs of frames; still pictures are none, and the message says so.
    auto stills = options("no-clips");
    stills.clips = {at("pictures.shard")};
    QVERIFY_EXCEPTION_THROWN(mcj::Trainer(recipe, stills), mcj::Error);
}

void TestTrainer::consistencyIsTold() {
    auto recipe = tiny::recipe("arflow");
    recipe.steps = 2;
    recipe.occlusionStart = 1;
    recipe.flowLoss.occlusionFloor = 0.25;
    // Still zero flow, which is consistent everywhere.
    recipe.encoder.learningRate = recipe.estimator.learningRate = 0.0;
    const auto lines = train(recipe, "consistency");
    QVERIFY(!lines[0].contains("real_consistent"));
    QCOMPARE(lines[1].at("real_consistent"), 1.0);
    QCOMPARE(lines[1].at("real_unmasked"), 0.0);
}

void TestTrainer::stagesChangeTheLosses() {
    auto recipe = tiny::recipe("arflow");
    recipe.steps = 4;
    recipe.occlusionStart = 0;
    recipe.flowLoss.l1 = recipe.flowLoss.l2 = recipe.flowLoss.ssim = 0.0;
    recipe.flowLoss.census = 1.0;
    recipe.flowStages.resize(1);
    recipe.flowStages[0].until = 0.5;
    recipe.flowStages[0].l1 = 0.15;
    recipe.flowStages[0].ssim = 0.85;
    recipe.flowStages[0].census = 0.0;
    recipe.flowStages[0].occlusion = mcj::OcclusionUse::RangeMap;
    const auto lines = train(recipe, "stages");
    for (std::size_t i = 0; i < lines.size(); ++i) {
        const bool first = i < 2;
        QCOMPARE(lines[i].contains("loss.real.l1"), first);
        QCOMPARE(lines[i].contains("loss.real.ssim"), first);
        QCOMPARE(lines[i].contains("loss.real.census"), !first);
        QVERIFY(lines[i].contains("real_consistent"));
    }
}

void TestTrainer::firstWeightsAreJudged() {
    auto recipe = tiny::recipe("m-jepa");
    recipe.steps = 1;
    // Then the last weights are the first.
    recipe.encoder.learningRate = recipe.estimator.learningRate = 0.0;
    recipe.encoder.weightDecay = recipe.estimator.weightDecay = 0.0;
    const auto line = train(recipe, "first weights").back();
    const auto log = mcj::readRunLog(at("first weights"));
    QVERIFY(log.initial.contains("validation_epe_px"));
    for (const auto& [name, value] : log.initial) QCOMPARE(value, line.at(name));
    // A run that is resumed does not start again.
    recipe.steps = 2;
    (void)train(recipe, "first weights");
    QVERIFY(mcj::readRunLog(at("first weights")).initial == log.initial);
}

void TestTrainer::vicregSpreadsItsEmbeddings() {
    auto recipe = tiny::recipe("vicreg");
    recipe.model.expander = {32, 32};
    recipe.content.batch = 8;
    // Both views alike: what remains is to tell the pictures apart.
    auto& views = recipe.content.views;
    views.minScale = 1.0;
    views.flipShare = views.jitterShare = views.greyShare = 0.0;
    views.blurShare = views.solarizeShare = {0.0, 0.0};
    recipe.encoder.learningRate = 3e-3;
    recipe.steps = 60;
    recipe.emaDecay = 0.0;
    const auto lines = train(recipe, "spread");
    const auto meanOf = [&](const std::string& name, std::size_t from, std::size_t count) {
        double sum = 0.0;
        for (std::size_t i = from; i < from + count; ++i) sum += lines[i].at(name);
        return sum / static_cast<double>(count);
    };
    for (const std::string name : {"loss.content.variance", "loss"}) {
        const double before = meanOf(name, 0, 5);
        const double after = meanOf(name, 55, 5);
        const auto told = name + ": " + std::to_string(before) + " to " + std::to_string(after);
        QVERIFY2(after < 0.9 * before, told.c_str());
    }
    for (const auto& [name, value] : lines.front()) {
        if (!name.starts_with("deviation.")) continue;
        QVERIFY2(lines.back().at(name) > 0.1 * value, name.c_str());
    }
}

void TestTrainer::matchingCountsByItsWeight() {
    auto recipe = tiny::recipe("m-jepa");
    recipe.steps = 1;
    recipe.balance = 0.5;
    const auto without = train(recipe, "no matching").front();
    QVERIFY(!hasLoss(without, "match."));
    recipe.matching.weight = 1.0;
    const auto light = train(recipe, "light matching").front();
    recipe.matching.weight = 4.0;
    const auto heavy = train(recipe, "heavy matching").front();
    const double part = light.at("loss.match.3");
    QVERIFY(part > 0.0);
    QVERIFY(std::abs(heavy.at("loss.match.3") - 4.0 * part) < 1e-5 * part);
    QVERIFY(std::abs(light.at("loss") - without.at("loss") - part) < 1e-5 * light.at("loss"));
    // Within the flow losses: the balance weighs it as well.
    recipe.matching.weight = 1.0;
    recipe.balance = 1.0;
    const auto unbalanced = train(recipe, "matching, no balance").front();
    QVERIFY(std::abs(unbalanced.at("loss.match.3") - 2.0 * part) < 1e-5 * part);
}

void TestTrainer::otherRecipesAreRefused() {
    auto recipe = tiny::recipe("m-jepa");
    recipe.steps = 1;
    (void)train(recipe, "mine");
    recipe.steps = 2;  // longer is the same run
    QCOMPARE(train(recipe, "mine").size(), std::size_t{1});
    recipe.seed = 99;
    QVERIFY_EXCEPTION_THROWN((void)train(recipe, "mine"), mcj::Error);
}

void TestTrainer::stopKeepsWhatIsDone() {
    auto recipe = tiny::recipe("m-jepa");
    std::atomic<bool> stop{false};
    const auto done =
        mcj::Trainer(recipe, options("stopped")).fit(stop, [&](const mcj::MetricLine&) {
            stop = true;
        });
    QCOMPARE(done, std::int64_t{1});
    QVERIFY(fs::exists(at("stopped/last.safetensors")));
}

void TestTrainer::exportRunsWithoutTheTrainer() {
    auto recipe = tiny::recipe("m-jepa");
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
    // The checkpoint itself opens as a model too, with the same mean in full precision.
    const auto whole = mcj::loadModel(at("exported/last.safetensors"));
    for (const auto& [name, weight] : mcj::weightsOf(*whole.model)) {
        QVERIFY2(at::equal(weight, run.tensors.at("mean." + name)), name.c_str());
    }
}

void TestTrainer::newRunsStartFromAModelFile() {
    auto recipe = tiny::recipe("m-jepa");
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
            QVERIFY2(at::equal(begun.tensors.at(prefix + name), tensor.to(at::kFloat)),
                     name.c_str());
        }
    }
    // A checkpoint serves as well as what is shipped; a file of something else is refused.
    from.runFolder = at("from-checkpoint");
    from.init = at("source/last.safetensors");
    QVERIFY(mcj::Trainer(recipe, from).initialWeights().find("not used by the model") ==
            std::string::npos);
    mcj::writeTensors(at("other.safetensors"), {{{"x", at::zeros({1})}}, {}});
    from.runFolder = at("from-other");
    from.init = at("other.safetensors");
    QVERIFY_EXCEPTION_THROWN(mcj::Trainer(recipe, from), mcj::Error);
}

void TestTrainer::lossThatIsNoNumberStopsTheRun() {
    auto recipe = tiny::recipe("m-jepa");
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

MCJ_TEST(TestTrainer)
#include "test_trainer.moc"
