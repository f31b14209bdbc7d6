#include "inference/model/encoder.h"

#include "inference/model/conv_pyramid.h"
#include "inference/model/convnext.h"

namespace mcj {

std::shared_ptr<Encoder> makeEncoder(const EncoderConfig& config) {
    if (config.kind == EncoderKind::Pyramid) return std::make_shared<ConvPyramid>(config);
    return std::make_shared<ConvNext>(config);
}

}  // namespace mcj
