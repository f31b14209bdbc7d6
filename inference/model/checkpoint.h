#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "inference/model/mc_jepa.h"

namespace mcj {

/// The named tensors and texts of a safetensors file.
struct TensorFile {
    std::map<std::string, at::Tensor> tensors;
    std::map<std::string, std::string> metadata;
};

/// Throws `Error{Input}` that names the file.
[[nodiscard]] TensorFile readTensors(const std::filesystem::path& path);
/// Writes atomically; float, half, double, int64 and byte tensors.
void writeTensors(const std::filesystem::path& path, const TensorFile& file);

/// Copies `tensors` into the module's parameters and buffers of the same name (types are
/// converted). Throws `Error{Input}` that lists every missing, extra and misshaped tensor by name.
void loadWeights(torch::nn::Module& module, const std::map<std::string, at::Tensor>& tensors,
                 const std::string& fileName);

/// All parameters and buffers by name.
[[nodiscard]] std::map<std::string, at::Tensor> weightsOf(const torch::nn::Module& module);

/// The model's weights by their plain names, from a shipped model or a checkpoint of a run. From a
/// checkpoint, the mean of the weights if the run kept one.
[[nodiscard]] std::map<std::string, at::Tensor> modelWeights(const TensorFile& file);

struct LoadedModel {
    McJepa model{nullptr};
    std::map<std::string, std::string> metadata;
};

/// Loads a model file (weights, and the configuration under the metadata key "config") or a
/// checkpoint of a training run. Expanders are left out unless the file has them.
[[nodiscard]] LoadedModel loadModel(const std::filesystem::path& path);

enum class WeightType { Float32, Float16 };

/// Writes weights with `metadata` and the configuration. Float16 halves the size of the file; the
/// values are converted when the file is loaded.
void saveModel(const std::filesystem::path& path, const McJepa& model,
               std::map<std::string, std::string> metadata, WeightType type);

}  // namespace mcj
