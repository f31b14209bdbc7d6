#include "inference/model/half_precision.h"

#include <ATen/ATen.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include "inference/model/convnext.h"
#include "inference/model/flow_estimator.h"

namespace mcj {
namespace {

template <typename Layer>
void convert(Layer& layer) {
    for (auto& parameter : layer->parameters(false)) {
        parameter.set_data(parameter.to(at::kBFloat16));
    }
}

void convertAll(torch::nn::ModuleList& convolutions) {
    for (std::size_t k = 0; k < convolutions->size(); ++k) {
        convert(convolutions->at<ConvNormImpl>(k).conv);
    }
}

}  // namespace

bool hasFastBfloat16() noexcept {
#if defined(__x86_64__)
    // Leaf 7: AMX-BF16 is bit 22 of EDX, AMX-TILE bit 24. LibTorch asks the system for the tiles.
    constexpr unsigned kBoth = (1U << 22) | (1U << 24);
    unsigned a = 0;
    unsigned b = 0;
    unsigned c = 0;
    unsigned d = 0;
    return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kBoth) == kBoth;
#else
    return false;
#endif
}

void useBfloat16(McJepaImpl& model) {
    for (const auto& module : model.modules(false)) {
        if (auto* block = module->as<ConvNextBlockImpl>()) {
            convert(block->pw1);
            convert(block->pw2);
        } else if (auto* decoder = module->as<FlowDecoderImpl>()) {
            convertAll(decoder->conv);
        } else if (auto* context = module->as<FlowContextImpl>()) {
            convertAll(context->conv);
        } else if (auto* encoder = dynamic_cast<ConvNext*>(module.get())) {
            convert(encoder->stem->at<ConvNormImpl>(1).conv);
            convertAll(encoder->down);
        }
    }
}

}  // namespace mcj
