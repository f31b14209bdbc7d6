// The model's files and shapes: safetensors, configurations, padding, sizes from 16 x 16.

#include <sys/stat.h>

#include <QTemporaryDir>
#include <QtTest>

#include <array>
#include <filesystem>
#include <fstream>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/checkpoint.h"
#include "inference/model/preprocess.h"
#include "inference/model/row_bands.h"
#include "media/base/error.h"

namespace {

mcj::ModelConfig tinyConfig() {
    auto config = mcj::presetConfig("small");
    config.encoder.widths = {4, 6, 8, 10, 12, 14};
    config.encoder.depths = {1, 0, 1, 0, 1, 0};
    config.estimator.projection = 8;
    config.estimator.widths = {12, 10, 8};
    config.estimator.contextWidths = {8, 6};
    config.estimator.contextDilations = {1, 2};
    config.expander = {16, 16};
    return config;
}

std::string messageOf(const std::function<void()>& work) {
    try {
        work();
    } catch (const mcj::Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class TestModel : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void configurationSurvivesJson_data();
    void configurationSurvivesJson();
    void badConfigurationsNameTheKey();
    void unknownKeysAreNamed();
    void headersOfEarlierVersionsOpen();
    void savedModelLoadsTheSame();
    void shippedModelSaysHowItWasMade();
    void misfitsAreListedByName();
    void damagedFilesAreInputErrors();
    void whatIsNotAFileIsAnInputError();
    void metadataOfAnyBytesAreWritten();
    void anySizeIsPadded_data();
    void anySizeIsPadded();
    void levelsOfAViewAreRoundedDown();
    void encodersMayHaveFewerLevels();
    void contentModelHasNoFlow();
    void zeroHeadsGiveZeroFlow();
    void refiningGoesOnFromTheFlowBefore();
    void largePicturesAreDoneInParts_data();
    void largePicturesAreDoneInParts();
    void blocksOfLargeMapsAreDoneInParts();
    void bandsOfRowsGiveTheWholeConvolution();

private:
    QTemporaryDir folder_;
    [[nodiscard]] std::filesystem::path file(const char* name) const {
        return std::filesystem::path(folder_.path().toStdString()) / name;
    }
};

void TestModel::configurationSurvivesJson_data() {
    QTest::addColumn<QString>("preset");
    QTest::newRow("small") << "small";
    QTest::newRow("convnext-t") << "convnext-t";
    QTest::newRow("arflow") << "arflow";
}

void TestModel::configurationSurvivesJson() {
    QFETCH(QString, preset);
    const auto config = mcj::presetConfig(preset.toStdString());
    QCOMPARE(mcj::toJson(mcj::parseModelConfig(mcj::toJson(config))), mcj::toJson(config));
}

void TestModel::badConfigurationsNameTheKey() {
    auto config = mcj::presetConfig("small");
    config.encoder.depths.pop_back();
    auto message = messageOf([&] { (void)mcj::parseModelConfig(mcj::toJson(config)); });
    QVERIFY2(message.find("encoder.depths") != std::string::npos, message.c_str());
    message = messageOf([] { (void)mcj::parseModelConfig("{\"encoder\": 3}"); });
    QVERIFY(!message.empty());
    // A pyramid of convolutions has no stem and no layer scale.
    auto pyramid = mcj::toJson(mcj::presetConfig("arflow"));
    const auto at = pyramid.find("\"kind\"");
    message = messageOf([&] {
        (void)mcj::parseModelConfig(std::string(pyramid).insert(at, "\"layer_scale\":0.1,"));
    });
    QVERIFY2(message.find("layer_scale") != std::string::npos, message.c_str());
    pyramid.replace(pyramid.find("pyramid"), 7, "tower");
    message = messageOf([&] { (void)mcj::parseModelConfig(pyramid); });
    QVERIFY2(message.find("encoder.kind") != std::string::npos, message.c_str());
    message = messageOf([] { (void)mcj::presetConfig("huge"); });
    QVERIFY2(message.find("huge") != std::string::npos, message.c_str());
}

void TestModel::unknownKeysAreNamed() {
    const auto text = mcj::toJson(mcj::presetConfig("small"));
    const auto changed = [&](const std::string& old, const std::string& replacement) {
        auto copy = text;
        return copy.replace(copy.find(old), old.size(), replacement);
    };
    const auto refusal = [](const std::string& json) {
        return messageOf([&] { (void)mcj::parseModelConfig(json); });
    };
    for (const auto& [old, slip, where] :
         {std::array{"detach_levels", "detach_level", "estimator"},
          {"stem_kernels", "stem_kernel", "encoder"},
          {"\"expander\":{", "\"expander\":{\"depth\":3,", "expander"},
          {"\"name\"", "\"nam\"", "nam"}}) {
        const auto message = refusal(changed(old, slip));
        QVERIFY2(message.find("unknown key") != std::string::npos, message.c_str());
        QVERIFY2(message.find(where) != std::string::npos, message.c_str());
    }
    for (const char* radius : {"3", "4.5"}) {
        const auto message = refusal(changed("\"radius\":4", std::string("\"radius\":") + radius));
        QVERIFY2(message.find("estimator.radius") != std::string::npos, message.c_str());
    }
    QVERIFY(refusal(changed("\"radius\":4,", "")).empty());
}

void TestModel::headersOfEarlierVersionsOpen() {
    // As the first version wrote it, before detach_levels and fine_widths were there.
    const std::string first =
        R"({"encoder":{"depths":[1,2,2,3,2,2],"layer_scale":0.1,"stem_kernels":[4,3],
                       "widths":[24,40,80,128,192,256]},
            "estimator":{"clamp":128.0,"coarsest_level":6,"context":"every",
                         "context_dilations":[1,2,4,8],"context_widths":[48,48,48,32],
                         "finest_level":2,"projection":32,"radius":4,"shared":true,
                         "widths":[96,64,48,32]},
            "expander":{"widths":[512,512,512]},"mode":"m-jepa","name":"small"})";
    const auto config = mcj::parseModelConfig(first);
    QVERIFY(!config.estimator.detachLevels);
    QVERIFY(config.estimator.fineWidths.empty());
    // A model that was made content's alone may still describe the flow that it had.
    auto content = first;
    content.replace(content.find("m-jepa"), 6, "vicreg");
    QVERIFY(!mcj::parseModelConfig(content).hasFlow());
}

void TestModel::savedModelLoadsTheSame() {
    at::manual_seed(3);
    mcj::McJepa model(tinyConfig());
    mcj::saveModel(file("m.safetensors"), model, {{"note", "a \"quoted\" note"}},
                   mcj::WeightType::Float32);
    const auto loaded = mcj::loadModel(file("m.safetensors"));
    QCOMPARE(loaded.metadata.at("note"), std::string("a \"quoted\" note"));
    const auto before = mcj::weightsOf(*model);
    const auto after = mcj::weightsOf(*loaded.model);
    QCOMPARE(before.size(), after.size());
    for (const auto& [name, weight] : before) QVERIFY(at::equal(weight, after.at(name)));
    // Half precision keeps three digits in half the bytes.
    mcj::saveModel(file("h.safetensors"), model, {}, mcj::WeightType::Float16);
    QVERIFY(std::filesystem::file_size(file("h.safetensors")) <
            std::filesystem::file_size(file("m.safetensors")) * 3 / 4);
    QVERIFY(!std::filesystem::exists(file("m.safetensors.partial")));
}

void TestModel::shippedModelSaysHowItWasMade() {
    const std::string path = MCJ_SOURCE_DIR "/resources/models/mcjepa-small.safetensors";
    QVERIFY(std::filesystem::file_size(path) <= 24'000'000);
    const auto metadata = mcj::loadModel(path).metadata;
    for (const char* key : {"config", "recipe", "figures", "license"}) {
        QVERIFY2(metadata.contains(key) && !metadata.at(key).empty(), key);
    }
    QCOMPARE(metadata.at("license"), std::string("Apache-2.0"));
}

void TestModel::misfitsAreListedByName() {
    mcj::McJepa model(tinyConfig());
    mcj::saveModel(file("m.safetensors"), model, {}, mcj::WeightType::Float32);
    auto tensors = mcj::readTensors(file("m.safetensors"));
    tensors.tensors["stranger"] = at::zeros({2});
    tensors.tensors["encoder.stem.0.conv.bias"] = at::zeros({5});
    tensors.tensors.erase("encoder.stem.1.conv.bias");
    mcj::writeTensors(file("bad.safetensors"), tensors);
    const auto message = messageOf([&] { (void)mcj::loadModel(file("bad.safetensors")); });
    for (const char* part : {"bad.safetensors", "Missing: encoder.stem.1.conv.bias",
                             "Extra: stranger", "encoder.stem.0.conv.bias [5] instead of [4]"}) {
        QVERIFY2(message.find(part) != std::string::npos, message.c_str());
    }
}

void TestModel::damagedFilesAreInputErrors() {
    mcj::McJepa model(tinyConfig());
    mcj::saveModel(file("m.safetensors"), model, {}, mcj::WeightType::Float32);
    const auto whole = std::filesystem::file_size(file("m.safetensors"));
    for (const std::uintmax_t size :
         {std::uintmax_t{0}, std::uintmax_t{5}, std::uintmax_t{100}, whole / 2, whole - 1}) {
        std::filesystem::copy_file(file("m.safetensors"), file("cut.safetensors"),
                                   std::filesystem::copy_options::overwrite_existing);
        std::filesystem::resize_file(file("cut.safetensors"), size);
        QVERIFY_EXCEPTION_THROWN((void)mcj::loadModel(file("cut.safetensors")), mcj::Error);
    }
    QVERIFY_EXCEPTION_THROWN((void)mcj::loadModel(file("nowhere.safetensors")), mcj::Error);
}

void TestModel::whatIsNotAFileIsAnInputError() {
    QCOMPARE(::mkfifo(file("pipe.safetensors").c_str(), 0600), 0);
    std::filesystem::create_directory(file("folder.safetensors"));
    std::filesystem::create_symlink("loop.safetensors", file("loop.safetensors"));
    for (const auto& path : {file("pipe.safetensors"), file("folder.safetensors"),
                             std::filesystem::path("/dev/null"), file("loop.safetensors")}) {
        try {
            (void)mcj::readTensors(path);
            QFAIL(path.c_str());
        } catch (const mcj::Error& error) {
            QCOMPARE(error.code(), mcj::ErrorCode::Input);
            QVERIFY2(std::string(error.what()).find(path.string()) == 0, error.what());
        }
    }
}

void TestModel::metadataOfAnyBytesAreWritten() {
    mcj::McJepa model(tinyConfig());
    mcj::saveModel(file("bytes.safetensors"), model, {{"init", "latin\xe9.safetensors"}},
                   mcj::WeightType::Float32);
    const auto loaded = mcj::loadModel(file("bytes.safetensors"));
    QCOMPARE(loaded.metadata.at("init"), std::string("latin\xef\xbf\xbd.safetensors"));
    const std::string longName(255 - std::string(".safetensors").size(), 'm');
    mcj::saveModel(file((longName + ".safetensors").c_str()), model, {}, mcj::WeightType::Float32);
    (void)mcj::loadModel(file((longName + ".safetensors").c_str()));
}

void TestModel::anySizeIsPadded_data() {
    QTest::addColumn<int>("height");
    QTest::addColumn<int>("width");
    QTest::newRow("16 x 16") << 16 << 16;
    QTest::newRow("odd") << 75 << 101;
    QTest::newRow("exact") << 64 << 128;
}

void TestModel::anySizeIsPadded() {
    QFETCH(int, height);
    QFETCH(int, width);
    const at::NoGradGuard noGrad;
    mcj::McJepa model(tinyConfig());
    const auto image = at::rand({1, 3, height, width});
    const auto padded = mcj::padToMultiple(mcj::normalizeImages(image));
    QCOMPARE(padded.size(2) % 64, 0);
    QCOMPARE(padded.size(3) % 64, 0);
    const auto pyramid = model->encode(padded);
    for (int level = 1; level <= mcj::kLevels; ++level) {
        QCOMPARE(pyramid.level(level).size(2), padded.size(2) >> level);
        QCOMPARE(pyramid.level(level).size(3), padded.size(3) >> level);
    }
    const auto flow = model->estimateFlow(pyramid, pyramid);
    QCOMPARE(flow.full.size(2), padded.size(2));
    const auto& estimator = model->config().estimator;
    QCOMPARE(static_cast<int>(flow.levels.size()), estimator.coarsestLevel - estimator.finestLevel +
                                                       1 + (estimator.fineWidths.empty() ? 0 : 1));
}

void TestModel::levelsOfAViewAreRoundedDown() {
    const at::NoGradGuard noGrad;
    mcj::McJepa model(tinyConfig());
    for (const auto& [side, deepest] : {std::pair{224, 3}, {96, 1}, {80, 1}}) {
        const auto pyramid = model->encode(at::rand({1, 3, side, side}));
        for (int level = 1; level <= mcj::kLevels; ++level) {
            QCOMPARE(pyramid.level(level).size(2), std::int64_t{side} >> level);
            QCOMPARE(pyramid.level(level).size(3), std::int64_t{side} >> level);
        }
        QCOMPARE(pyramid.level(mcj::kLevels).size(2), std::int64_t{deepest});
    }
}

void TestModel::encodersMayHaveFewerLevels() {
    const at::NoGradGuard noGrad;
    auto config = tinyConfig();
    config.encoder.widths.pop_back();
    config.encoder.depths.pop_back();
    QCOMPARE(mcj::parseModelConfig(mcj::toJson(config)).encoder.levels(), 5);
    mcj::McJepa model(config);
    const auto pyramid = model->encode(at::rand({2, 3, 64, 64}));
    QVERIFY(pyramid.level(5).defined() && !pyramid.level(6).defined());
    QVERIFY(!pyramid.slice(0, 1).level(6).defined());
    QCOMPARE(model->estimateFlow(pyramid, pyramid).full.size(3), std::int64_t{64});
    QCOMPARE(model->expand(pyramid).size(0), std::int64_t{2});
    // The estimator cannot read what is not there.
    config.estimator.coarsestLevel = 6;
    const auto message = messageOf([&] { (void)mcj::parseModelConfig(mcj::toJson(config)); });
    QVERIFY2(message.find("coarsest_level") != std::string::npos, message.c_str());
    // Six levels of which flow trains five, as in files of before.
    auto sixth = tinyConfig();
    sixth.mode = "m-jepa";
    QCOMPARE(sixth.encoder.levels(), 6);
    QCOMPARE(sixth.coarsestTrainedLevel(), 5);
    sixth.mode = "mc-jepa";
    QCOMPARE(sixth.coarsestTrainedLevel(), 6);
}

void TestModel::contentModelHasNoFlow() {
    auto config = tinyConfig();
    config.mode = "vicreg";
    mcj::McJepa model(config);
    const auto pyramid = model->encode(at::rand({1, 3, 64, 64}));
    const auto message = messageOf([&] { (void)model->estimateFlow(pyramid, pyramid); });
    QVERIFY2(message.find("no flow") != std::string::npos, message.c_str());
    QCOMPARE(model->expand(pyramid).size(1), std::int64_t{16});
}

void TestModel::zeroHeadsGiveZeroFlow() {
    const at::NoGradGuard noGrad;
    mcj::McJepa model(tinyConfig());
    const auto a = model->encode(at::rand({1, 3, 64, 64}));
    const auto b = model->encode(at::rand({1, 3, 64, 64}));
    QVERIFY(model->estimateFlow(a, b).full.abs().max().item<double>() == 0.0);
}

void TestModel::refiningGoesOnFromTheFlowBefore() {
    const at::NoGradGuard noGrad;
    mcj::McJepa model(tinyConfig());
    const auto image = at::rand({1, 3, 64, 128});
    auto coarse = model->estimateFlow(model->encode(image), model->encode(image));
    // Residuals are zero at first: what comes out is what went in, at the pictures' size.
    // As far as the first look can say: 128 px of its finest level, 256 of the picture.
    constexpr double kMotionPx = 240.0;
    for (auto& [level, flow] : coarse.levels) flow.fill_(kMotionPx / (1 << level));
    const auto doubled = model->encodeDoubled(image);
    const int coarsest = model->estimator->coarsestRefinedLevel();
    for (int level = 1; level <= mcj::kLevels; ++level) {
        QCOMPARE(doubled.level(level).defined(), level <= coarsest);
        if (level > coarsest) continue;
        QCOMPARE(doubled.level(level).size(3), std::int64_t{256} >> level);
    }
    const auto refined = model->refineFlow(doubled, doubled, coarse);
    QCOMPARE(refined.size(2), std::int64_t{64});
    QCOMPARE(refined.size(3), std::int64_t{128});
    QVERIFY((refined - kMotionPx).abs().max().item<double>() < 1e-3);
}

void TestModel::largePicturesAreDoneInParts_data() {
    QTest::addColumn<int>("finest");
    QTest::addColumn<int>("width");
    QTest::addColumn<int>("height");
    QTest::newRow("fine level") << 1 << 4096 << 512;
    QTest::newRow("level with context") << 2 << 2048 << 1280;
}

void TestModel::largePicturesAreDoneInParts() {
    QFETCH(int, finest);
    QFETCH(int, width);
    QFETCH(int, height);
    auto config = tinyConfig();
    config.estimator.coarsestLevel = 3;
    if (finest == 2) config.estimator.fineWidths.clear();
    mcj::McJepa model(config);
    model->to(at::kDouble);
    {
        const at::NoGradGuard noGrad;
        // Heads are zero in a new model and would hide whatever comes before them.
        for (auto& weight : model->parameters()) weight.add_(0.05 * at::randn_like(weight));
    }
    const auto pyramid = [&] {
        mcj::FeaturePyramid made;
        for (int level = finest; level <= 3; ++level) {
            const int channels = config.encoder.widths[static_cast<std::size_t>(level - 1)];
            made.level(level) =
                at::randn({1, channels, height >> level, width >> level}, at::kDouble);
        }
        return made;
    };
    const auto first = pyramid();
    const auto second = pyramid();
    // With gradients everything is done at once.
    const auto whole = model->estimateFlow(first, second).full.detach();
    const at::NoGradGuard noGrad;
    const auto parts = model->estimateFlow(first, second).full;
    QVERIFY(whole.std().item<double>() > 0.01);
    QVERIFY((parts - whole).abs().max().item<double>() < 1e-9);
}

void TestModel::blocksOfLargeMapsAreDoneInParts() {
    mcj::ConvNextBlock block(6, 0.1);
    block->to(at::kDouble);
    const auto map = at::randn({1, 6, 100, 200}, at::kDouble);
    const auto whole = block->forward(map, {}).detach();
    const at::NoGradGuard noGrad;
    QVERIFY((whole - map).std().item<double>() > 1e-6);
    QVERIFY((block->forward(map, {}) - whole).abs().max().item<double>() < 1e-12);
}

void TestModel::bandsOfRowsGiveTheWholeConvolution() {
    struct Case {
        std::int64_t kernel;
        std::int64_t stride;
        std::int64_t padding;
        std::int64_t dilation;
        std::int64_t groups;
    };
    // 1920 columns of 32 channels: a few dozen rows are a band.
    const auto map = at::randn({1, 32, 203, 1921});
    for (const Case& c : {Case{7, 1, 3, 1, 32}, Case{4, 2, 1, 1, 1}, Case{3, 2, 1, 1, 1},
                          Case{2, 2, 0, 1, 1}, Case{3, 1, 8, 8, 1}, Case{1, 1, 0, 1, 1}}) {
        torch::nn::Conv2d conv(torch::nn::Conv2dOptions(32, 32, c.kernel)
                                   .stride(c.stride)
                                   .padding(c.padding)
                                   .dilation(c.dilation)
                                   .groups(c.groups));
        const at::NoGradGuard noGrad;
        const auto last = map.contiguous(at::MemoryFormat::ChannelsLast);
        const auto whole = conv->forward(last);
        const auto banded = mcj::convolveInBands(*conv, last, {});
        QCOMPARE(banded.sizes(), whole.sizes());
        QVERIFY((banded - whole).abs().max().item<double>() < 1e-4);
    }
    const mcj::StopSource stop;
    stop.requestStop();
    torch::nn::Conv2d conv(torch::nn::Conv2dOptions(32, 32, 3).padding(1));
    QVERIFY_EXCEPTION_THROWN((void)mcj::convolveInBands(*conv, map, stop.token()), mcj::Error);
}

QTEST_GUILESS_MAIN(TestModel)
#include "test_model.moc"
