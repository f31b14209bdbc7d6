#include "inference/model/checkpoint.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "inference/model/safetensors.h"
#include "media/base/error.h"

namespace mcj {
namespace {

at::ScalarType scalarType(const std::string& name) {
    if (name == "F64") return at::kDouble;
    if (name == "F16") return at::kHalf;
    if (name == "BF16") return at::kBFloat16;
    if (name == "I64") return at::kLong;
    if (name == "U8") return at::kByte;
    return at::kFloat;
}

std::string typeName(at::ScalarType type) {
    switch (type) {
    case at::kDouble: return "F64";
    case at::kHalf: return "F16";
    case at::kBFloat16: return "BF16";
    case at::kLong: return "I64";
    case at::kByte: return "U8";
    case at::kFloat: return "F32";
    default: break;
    }
    throw Error(ErrorCode::Internal, "safetensors: a tensor of this type cannot be written");
}

std::string shapeText(at::IntArrayRef sizes) {
    std::string text = "[";
    for (std::size_t i = 0; i < sizes.size(); ++i) {
        text += (i == 0 ? "" : ", ") + std::to_string(sizes[i]);
    }
    return text + "]";
}

/// Up to eight names, and the number of further ones.
std::string listed(const std::vector<std::string>& names) {
    constexpr std::size_t kShown = 8;
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kShown); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    if (names.size() > kShown) text += " and " + std::to_string(names.size() - kShown) + " more";
    return text;
}

}  // namespace

TensorFile readTensors(const std::filesystem::path& path) {
    const auto file = readSafetensorsFile(path);
    TensorFile result;
    result.metadata = file.metadata;
    for (const auto& entry : file.entries) {
        auto tensor = at::empty(entry.shape, at::TensorOptions(scalarType(entry.type)));
        std::memcpy(tensor.data_ptr(), file.data.data() + entry.begin, entry.end - entry.begin);
        result.tensors[entry.name] = tensor;
    }
    return result;
}

void writeTensors(const std::filesystem::path& path, const TensorFile& file) {
    SafetensorsFile out;
    out.metadata = file.metadata;
    for (const auto& [name, tensor] : file.tensors) {
        const auto plain = tensor.detach().to(at::kCPU).contiguous();
        SafetensorsEntry entry;
        entry.name = name;
        entry.type = typeName(plain.scalar_type());
        entry.shape = plain.sizes().vec();
        entry.begin = out.data.size();
        entry.end = entry.begin + static_cast<std::uint64_t>(plain.nbytes());
        const auto* bytes = static_cast<const std::uint8_t*>(plain.const_data_ptr());
        out.data.insert(out.data.end(), bytes, bytes + plain.nbytes());
        out.entries.push_back(std::move(entry));
    }
    writeSafetensorsFile(path, out);
}

std::map<std::string, at::Tensor> weightsOf(const torch::nn::Module& module) {
    std::map<std::string, at::Tensor> weights;
    for (const auto& item : module.named_parameters()) weights[item.key()] = item.value();
    for (const auto& item : module.named_buffers()) weights[item.key()] = item.value();
    return weights;
}

void loadWeights(torch::nn::Module& module, const std::map<std::string, at::Tensor>& tensors,
                 const std::string& fileName) {
    const at::NoGradGuard noGrad;
    std::vector<std::string> missing;
    std::vector<std::string> extra;
    std::vector<std::string> misshaped;
    auto weights = weightsOf(module);
    for (const auto& [name, target] : weights) {
        const auto found = tensors.find(name);
        if (found == tensors.end()) {
            missing.push_back(name);
        } else if (found->second.sizes() != target.sizes()) {
            misshaped.push_back(name + " " + shapeText(found->second.sizes()) + " instead of " +
                                shapeText(target.sizes()));
        }
    }
    for (const auto& [name, tensor] : tensors) {
        if (!weights.contains(name)) extra.push_back(name);
    }
    if (!missing.empty() || !extra.empty() || !misshaped.empty()) {
        std::string message = fileName + ": the weights do not match the model.";
        if (!missing.empty()) message += " Missing: " + listed(missing) + ".";
        if (!extra.empty()) message += " Extra: " + listed(extra) + ".";
        if (!misshaped.empty()) message += " Misshaped: " + listed(misshaped) + ".";
        throw Error(ErrorCode::Input, message,
                    "The file's configuration and its weights come from different models.");
    }
    for (auto& [name, target] : weights) target.copy_(tensors.at(name));
}

std::map<std::string, at::Tensor> modelWeights(const TensorFile& file) {
    std::map<std::string, at::Tensor> weights;
    for (const std::string prefix : {"model.", "mean."}) {
        for (const auto& [name, tensor] : file.tensors) {
            // The mean comes second and replaces the plain weights.
            if (name.starts_with(prefix)) weights[name.substr(prefix.size())] = tensor;
        }
    }
    return weights.empty() ? file.tensors : weights;
}

LoadedModel loadModel(const std::filesystem::path& path) {
    auto file = readTensors(path);
    const auto config = file.metadata.find("config");
    if (config == file.metadata.end()) {
        throw Error(ErrorCode::Input, path.string() + ": is not a model of MC-JEPA Studio",
                    "Its header has no \"config\"; give a file written by mcjepa-train.");
    }
    auto parsed = parseModelConfig(config->second);
    const auto weights = modelWeights(file);
    const auto has = [&](const std::string& prefix) {
        const auto found = weights.lower_bound(prefix);
        return found != weights.end() && found->first.starts_with(prefix);
    };
    if (!has("expander.")) parsed.expander.clear();
    if (!has("local.")) {
        parsed.localLevels.clear();
        parsed.localExpander.clear();
    }
    LoadedModel loaded;
    loaded.model = McJepa(parsed);
    loadWeights(*loaded.model, weights, path.string());
    loaded.model->eval();
    loaded.metadata = std::move(file.metadata);
    return loaded;
}

void saveModel(const std::filesystem::path& path, const McJepa& model,
               std::map<std::string, std::string> metadata, WeightType type) {
    TensorFile file;
    file.metadata = std::move(metadata);
    file.metadata["config"] = toJson(model->config());
    file.metadata["format"] = "pt";
    for (const auto& [name, tensor] : weightsOf(*model)) {
        file.tensors[name] = type == WeightType::Float16 ? tensor.detach().to(at::kHalf)
                                                         : tensor.detach().to(at::kFloat);
    }
    writeTensors(path, file);
}

}  // namespace mcj
