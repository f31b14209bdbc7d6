#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inference/analysis/product.h"
#include "media/base/budget_cache.h"

namespace mcj {

/// Computed products by complete keys, within a byte budget: those farthest from the playhead are
/// dropped first. Also records failures. GUI thread.
class ProductCache {
public:
    explicit ProductCache(std::size_t budgetBytes);

    /// Null if it is not in the cache.
    [[nodiscard]] ProductPtr find(const ProductKey& key) const;
    void put(const ProductKey& key, ProductPtr product);

    /// Every key whose product is in memory, in the order of frames.
    void forEachKey(const std::function<void(const ProductKey&)>& visit) const {
        cache_.forEachKey(visit);
    }

    /// A failed product is not computed again until `forgive`.
    void fail(const ProductKey& key) { failed_.insert(key); }
    [[nodiscard]] bool failed(const ProductKey& key) const { return failed_.contains(key); }
    /// Allows failed products to be computed again, after a new request by the user.
    void forgive() { failed_.clear(); }

    /// Sets the products that are needed now. They, and the inputs of those that are not there yet,
    /// are kept regardless of the budget. `frame` is the playhead.
    void need(const std::vector<ProductKey>& wanted, FrameIndex frame);
    /// Drops products that will not be requested again, except those that are needed now.
    void drop(const std::function<bool(const ProductKey&)>& useless);
    void clear();
    [[nodiscard]] std::size_t bytes() const noexcept { return cache_.bytes(); }
    void setBudget(std::size_t bytes) { cache_.setBudget(bytes); }
    [[nodiscard]] std::size_t budgetBytes() const noexcept { return cache_.budgetBytes(); }

private:
    using Needed = std::unordered_map<ProductKey, ProductPtr, ProductKeyHash>;
    void addNeeded(const ProductKey& key, Needed& closure) const;

    BudgetCache<ProductKey, Product, ProductKeyHash> cache_;
    std::vector<ProductKey> wanted_;
    Needed needed_;  ///< null: not computed yet
    std::unordered_set<ProductKey, ProductKeyHash> failed_;
};

}  // namespace mcj
