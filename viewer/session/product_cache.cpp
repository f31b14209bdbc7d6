#include "viewer/session/product_cache.h"

#include <utility>

namespace mcj {
ProductCache::ProductCache(std::size_t budgetBytes)
    : cache_(budgetBytes, [](const ProductKey& key) { return key.frame; }) {}

ProductPtr ProductCache::find(const ProductKey& key) const {
    const auto needed = needed_.find(key);
    if (needed != needed_.end() && needed->second) return needed->second;
    return cache_.get(key);
}

void ProductCache::addNeeded(const ProductKey& key, Needed& closure) const {
    const auto [place, isNew] = closure.emplace(key, find(key));
    // What is there needs its inputs no more: the flows of a long chain would fill the memory.
    if (!isNew || place->second) return;
    for (const ProductKey& input : inputsOf(key).products) addNeeded(input, closure);
}

void ProductCache::put(const ProductKey& key, ProductPtr product) {
    const auto needed = needed_.find(key);
    if (needed != needed_.end()) needed->second = product;
    const std::size_t bytes = product->bytes();
    cache_.put(key, std::move(product), bytes);
}

void ProductCache::need(const std::vector<ProductKey>& wanted, FrameIndex frame) {
    cache_.setPlayhead(frame);
    if (wanted == wanted_) return;
    wanted_ = wanted;
    Needed closure;
    for (const ProductKey& key : wanted_) addNeeded(key, closure);
    needed_ = std::move(closure);
}

void ProductCache::drop(const std::function<bool(const ProductKey&)>& useless) {
    cache_.eraseIf(useless);
}

void ProductCache::clear() {
    cache_.clear();
    wanted_.clear();
    needed_.clear();
    failed_.clear();
}

}  // namespace mcj
