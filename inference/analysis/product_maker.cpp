#include "inference/analysis/product_maker.h"

#include <algorithm>

namespace mcj {

ProductPtr ProductMaker::make(const ProductKey& key) {
    if (const auto found = made_.find(key); found != made_.end()) return found->second;
    const ProductInputs wanted = inputsOf(key);
    BoundInputs inputs;
    for (const FrameIndex index : wanted.frames) {
        const auto frame =
            std::find_if(frames_.begin(), frames_.end(),
                         [index](const FramePtr& known) { return known->index == index; });
        inputs.frames.push_back(frame == frames_.end() ? nullptr : *frame);
    }
    for (const ProductKey& input : wanted.products) inputs.products.push_back(make(input));
    for (const std::string& id : wanted.files) inputs.files.push_back(findFlowFiles(files_, id));
    inputs.engine = engine_;
    auto product = std::make_shared<const Product>(produce(key, inputs, stop_));
    made_[key] = product;
    return product;
}

}  // namespace mcj
