#include "tests/training/tiny_training.h"

#include <atomic>
#include <vector>

#include "media/io/image_file.h"
#include "media/io/shard_packing.h"
#include "training/sample_rng.h"

namespace fs = std::filesystem;

namespace {

void writePictureShard(const fs::path& shard, const fs::path& scratch) {
    fs::create_directories(scratch);
    for (std::uint64_t i = 0; i < 4; ++i) {
        mcj::writeRgbPng(scratch / ("p" + std::to_string(i) + ".png"),
                         tiny::texturedPicture(i, {160, 128}));
    }
    mcj::packImages(scratch, shard, {}, nullptr);
}

void writeClipShard(const fs::path& shard, const fs::path& scratch) {
    constexpr int kFrames = 6;
    constexpr int kShift = 2;
    const mcj::SizePx size{96, 80};
    const auto scene = tiny::texturedPicture(99, {size.width + kFrames * kShift, size.height});
    fs::create_directories(scratch);
    for (int i = 0; i < kFrames; ++i) {
        mcj::Raster<std::uint8_t> frame(size, 3);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                for (int c = 0; c < 3; ++c) frame.at(y, x, c) = scene.at(y, x + kShift * i, c);
            }
        }
        mcj::writeRgbPng(scratch / ("f" + std::to_string(i) + ".png"), frame);
    }
    mcj::packFrames(scratch, shard, {}, nullptr);
}

}  // namespace

namespace tiny {

mcj::Raster<std::uint8_t> texturedPicture(std::uint64_t number, mcj::SizePx size) {
    mcj::SampleRng rng(7, 0, number);
    mcj::Raster<std::uint8_t> rgb(size, 3, 90);
    for (int patch = 0; patch < 160; ++patch) {
        const int x0 = rng.integer(0, size.width - 10);
        const int y0 = rng.integer(0, size.height - 10);
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

void writeShards(const fs::path& folder) {
    writePictureShard(folder / "pictures.shard", folder / "pictures");
    writeClipShard(folder / "film.shard", folder / "film");
}

mcj::Recipe recipe(const std::string& mode) {
    mcj::Recipe recipe;
    recipe.model = mcj::presetConfig("small");
    recipe.model.mode = mode;
    recipe.model.encoder.widths = {8, 12, 12, 12, 12, 12};
    recipe.model.encoder.depths = {1, 1, 0, 0, 0, 0};
    recipe.model.estimator.projection = 16;
    recipe.model.estimator.widths = {24, 16};
    recipe.model.estimator.context = mcj::ContextPlace::None;
    recipe.model.estimator.coarsestLevel = 3;
    recipe.model.expander = {16, 16};
    recipe.height = 64;
    recipe.width = 64;
    recipe.steps = 6;
    recipe.syntheticBatch = mode == "m-jepa" || mode == "mc-jepa" ? 1 : 0;
    recipe.realBatch = 2;
    recipe.realEvery = mode == "mc-jepa" ? 2 : mode == "arflow" ? 1 : 0;
    recipe.content.batch = mode == "mc-jepa" || mode == "vicreg" ? 4 : 0;
    recipe.content.size = 64;
    recipe.warmup = 2;
    recipe.shiftMaxPx = 4;
    recipe.emaDecay = 0.9;
    recipe.checkpointEvery = 100;
    recipe.validateEvery = 100;
    return recipe;
}

mcj::TrainOptions options(const fs::path& folder, const std::string& run) {
    mcj::TrainOptions made;
    made.pictures = {folder / "pictures.shard"};
    made.clips = {folder / "film.shard"};
    made.runFolder = folder / run;
    made.device = "cpu";
    made.threads = 2;
    return made;
}

std::vector<mcj::MetricLine> train(const mcj::Recipe& recipe, const mcj::TrainOptions& options) {
    std::vector<mcj::MetricLine> lines;
    const std::atomic<bool> never{false};
    mcj::Trainer(recipe, options).fit(never, [&](const mcj::MetricLine& line) {
        lines.push_back(line);
    });
    return lines;
}

}  // namespace tiny
