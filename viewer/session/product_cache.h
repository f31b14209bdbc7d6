#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "inference/analysis/product.h"
#include "media/base/budget_cache.h"

namespace mcj {

/// What has been computed, by complete keys and within a byte budget: the products farthest from
/// the playhead go first. Also remembers what could not be computed. GUI thread.
class ProductCache {
public:
    explicit ProductCache(std::size_t budgetBytes);

    /// Null where it is not known.
    [[nodiscard]] ProductPtr find(const ProductKey& key) const;
    void put(const ProductKey& key, ProductPtr product);

    /// A failure is not tried again until it is forgiven.
    void fail(const ProductKey& key) { failed_.insert(key); }
    [[nodiscard]] bool failed(const ProductKey& key) const { return failed_.contains(key); }
    /// The user has asked for something else or anew: what failed may be tried again.
    void forgive() { failed_.clear(); }

    /// What is needed now, with its inputs: it stays whatever the budget says. `frame` is the
    /// playhead.
    void need(const std::vector<ProductKey>& wanted, FrameIndex frame);
    /// Drops products that nobody will ask for again, those that are needed now excepted.
    void drop(const std::function<bool(const ProductKey&)>& useless);
    void clear();
    [[nodiscard]] std::size_t bytes() const noexcept { return cache_.bytes(); }

private:
    BudgetCache<ProductKey, Product, ProductKeyHash> cache_;
    std::vector<ProductKey> wanted_;
    std::unordered_map<ProductKey, ProductPtr, ProductKeyHash> needed_;  ///< null: not known yet
    std::unordered_set<ProductKey, ProductKeyHash> failed_;
};

}  // namespace mcj
