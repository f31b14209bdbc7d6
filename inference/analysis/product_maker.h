#pragma once

#include <unordered_map>
#include <vector>

#include "inference/analysis/product.h"

namespace mcj {

/// The id of the engine in keys where there is only one.
inline constexpr const char* kOnlyEngine = "engine";

/// Makes products of a few frames one after the other, each once: inputs that several products
/// share are kept. For work that has its frames at hand; the window's scheduler does the same over
/// time.
class ProductMaker {
public:
    /// `engine` may be null unless a product needs one.
    ProductMaker(std::vector<FramePtr> frames, InferenceEngine* engine, StopToken stop = {},
                 std::vector<FlowFilesPtr> files = {})
        : frames_(std::move(frames)), files_(std::move(files)), engine_(engine),
          stop_(std::move(stop)) {}

    /// Throws what `produce` throws; `Error{Internal}` where the key names a frame or files that
    /// are not here.
    [[nodiscard]] ProductPtr make(const ProductKey& key);

private:
    std::vector<FramePtr> frames_;
    std::vector<FlowFilesPtr> files_;
    InferenceEngine* engine_;
    StopToken stop_;
    std::unordered_map<ProductKey, ProductPtr, ProductKeyHash> made_;
};

}  // namespace mcj
