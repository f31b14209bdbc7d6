#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "inference/model/mc_jepa.h"

namespace mcj {

/// Named tensors and text, as a safetensors file holds them.
struct TensorFile {
    std::map<std::string, at::Tensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// Throws `Error{Input}` that names the file.
[[nodiscard]] TensorFile readTensors(const std::filesystem::path& path);
/// Whole or not there; float, half, double, int64 and byte tensors.
void writeTensors(const std::filesystem::path& path, const TensorFile& file);

/// Copies `tensors` into the module's parameters and buffers of the same name (types are converted).
/// Throws `Error{Input}` that lists every missing, extra and misshaped tensor by name.
void loadWeights(torch::nn::Module& module, const std::map<std::string, at::Tensor>& tensors,
                 const std::string& fileName);

/// All parameters and buffers by name.
[[nodiscard]] std::map<std::string, at::Tensor> weightsOf(const torch::nn::Module& module);

struct LoadedModel {
    McJepa model{nullptr};
    std::map<std::string, std::string> metadata;
};

/// A model file: weights, and the configuration under the metadata key "config".
/// The expander is left out unless the file has it.
[[nodiscard]] LoadedModel loadModel(const std::filesystem::path& path);

enum class WeightType { Float32, Float16 };

/// Writes weights with `metadata` and the configuration. Float16 halves the file; running it is
/// always done in float32 on the CPU.
void saveModel(const std::filesystem::path& path, const McJepa& model,
               std::map<std::string, std::string> metadata, WeightType type);

}  // namespace mcj
