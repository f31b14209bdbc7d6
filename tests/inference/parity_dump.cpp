// Runs the C++ model on a parity case and writes what tests/reference/compare.py compares:
//   parity_dump MODEL CASE OUT fp64|fp32 [cpu|cuda]

#include <cstdio>
#include <string>

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/checkpoint.h"
#include "inference/model/preprocess.h"
#include "inference/ops/device.h"
#include "media/base/error.h"

namespace {

void dump(const std::string& modelPath, const std::string& casePath, const std::string& outPath,
          at::ScalarType type, at::Device device) {
    auto model = mcj::loadModel(modelPath).model;
    model->to(device, type);
    auto given = mcj::readTensors(casePath).tensors;
    for (auto& [name, tensor] : given) tensor = tensor.to(device, type);
    const auto encode = [&](const at::Tensor& image) {
        return model->encode(mcj::padToMultiple(mcj::normalizeImages(image)));
    };
    const auto& image = given.at("image1");
    const auto first = encode(image);
    const auto second = encode(given.at("image2"));
    const auto flow = model->estimateFlow(first, second);
    const auto full = flow.full.narrow(2, 0, image.size(2)).narrow(3, 0, image.size(3));

    mcj::TensorFile out;
    at::Tensor loss = (full * given.at("w.flow")).sum();
    for (int level = 1; level <= model->config().encoder.levels(); ++level) {
        const std::string name = "level." + std::to_string(level);
        out.tensors[name] = first.level(level).contiguous();
        loss = loss + (first.level(level) * given.at("w." + name)).sum();
    }
    for (const auto& [level, map] : flow.levels) {
        out.tensors["flow." + std::to_string(level)] = map.contiguous();
    }
    out.tensors["flow"] = full.contiguous();
    {
        const at::NoGradGuard noGrad;
        const auto doubled = [&](const at::Tensor& picture) {
            return model->encodeDoubled(mcj::normalizeImages(picture));
        };
        out.tensors["flow.refined"] =
            model->refineFlow(doubled(image), doubled(given.at("image2")), flow)
                .narrow(2, 0, image.size(2))
                .narrow(3, 0, image.size(3))
                .contiguous();
    }
    loss.backward();
    for (const auto& item : model->named_parameters()) {
        if (item.value().grad().defined()) {
            out.tensors["grad." + item.key()] = item.value().grad().contiguous();
        }
    }
    for (auto& [name, tensor] : out.tensors) tensor = tensor.cpu();
    mcj::writeTensors(outPath, out);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 5 && argc != 6) {
        std::fprintf(stderr, "usage: parity_dump MODEL CASE OUT fp64|fp32 [cpu|cuda]\n");
        return 2;
    }
    try {
        dump(argv[1], argv[2], argv[3], std::string(argv[4]) == "fp64" ? at::kDouble : at::kFloat,
             mcj::chooseDevice(argc == 6 ? argv[5] : "cpu"));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "error: %s\n", error.what());
        return 1;
    }
    return 0;
}
