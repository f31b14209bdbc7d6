#include "training/initial_weights.h"

#include <ATen/ATen.h>
#include <ATen/core/grad_mode.h>

#include "media/base/error.h"

namespace mcj {
namespace {

std::string listed(const std::vector<std::string>& names) {
    std::string text;
    for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
    return text;
}

}  // namespace

std::string InitialWeights::describe() const {
    std::string text = file + ": " + std::to_string(taken.size()) + " tensors taken";
    if (!fresh.empty()) text += "; not in the file and left as initialised: " + listed(fresh);
    if (!unused.empty()) text += "; in the file but not used by the model: " + listed(unused);
    return text;
}

InitialWeights takeInitialWeights(McJepa model, const std::filesystem::path& path) {
    const at::NoGradGuard noGrad;
    const auto offered = modelWeights(readTensors(path));
    auto wanted = weightsOf(*model);
    InitialWeights result;
    result.file = path.filename().string();
    for (auto& [name, target] : wanted) {
        const auto found = offered.find(name);
        if (found != offered.end() && found->second.sizes() == target.sizes()) {
            target.copy_(found->second);
            result.taken.push_back(name);
        } else {
            result.fresh.push_back(name);
        }
    }
    for (const auto& [name, tensor] : offered) {
        const auto found = wanted.find(name);
        if (found == wanted.end()) {
            result.unused.push_back(name);
        } else if (found->second.sizes() != tensor.sizes()) {
            result.unused.push_back(name + " (another shape)");
        }
    }
    if (result.taken.empty()) {
        throw Error(ErrorCode::Input, path.string() + ": none of its weights fit the model",
                    "Give --init a model of the recipe's architecture, or omit it.");
    }
    return result;
}

}  // namespace mcj
