#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

namespace mcj {

/// Values by key within a budget of bytes, for data that belongs to frames of a video.
///
/// Every key has a position (its frame). The entry farthest from the playhead is dropped first; a
/// frame behind the playhead counts `kBehindFactor` times as far as one ahead, because playback and
/// read-ahead go forward. A value that would be dropped first is not kept at all. Pinned entries
/// are never dropped for room.
///
/// The values are shared: a value dropped here stays valid while another owner holds it. One owner
/// thread; no locks inside.
template <typename K, typename V, typename Hash = std::hash<K>>
class BudgetCache {
public:
    using Value = std::shared_ptr<const V>;
    using PositionOf = std::function<std::int64_t(const K&)>;

    static constexpr std::int64_t kBehindFactor = 3;

    /// For keys that are frame ordinals.
    explicit BudgetCache(std::size_t budgetBytes)
        : BudgetCache(budgetBytes, [](const K& key) { return static_cast<std::int64_t>(key); }) {}
    BudgetCache(std::size_t budgetBytes, PositionOf positionOf)
        : budgetBytes_(budgetBytes), positionOf_(std::move(positionOf)) {}

    /// The value, or null where it is not kept.
    [[nodiscard]] Value get(const K& key) const {
        const auto found = entries_.find(key);
        return found == entries_.end() ? nullptr : found->second.value;
    }
    [[nodiscard]] bool contains(const K& key) const { return entries_.count(key) != 0; }

    /// Stores `value` (replacing the key's former one) and drops the farthest entries until the
    /// budget holds. Returns whether the value is still in the cache.
    bool put(const K& key, Value value, std::size_t valueBytes) {
        const bool pinned = isPinned(key);
        erase(key);
        const auto place = order_.emplace(positionOf_(key), key);
        entries_.emplace(key, Entry{std::move(value), valueBytes, pinned, place});
        bytes_ += valueBytes;
        evict();
        return contains(key);
    }

    void erase(const K& key) {
        const auto found = entries_.find(key);
        if (found == entries_.end()) return;
        bytes_ -= found->second.bytes;
        order_.erase(found->second.place);
        entries_.erase(found);
    }
    /// Drops every entry, pinned or not, whose key `useless` accepts.
    template <typename Predicate>
    void eraseIf(const Predicate& useless) {
        for (auto place = order_.begin(); place != order_.end();) {
            const K key = (place++)->second;
            if (useless(key)) erase(key);
        }
    }
    /// Calls `visit(key)` for every entry, in the order of positions.
    template <typename Visit>
    void forEachKey(const Visit& visit) const {
        for (const auto& [position, key] : order_) visit(key);
    }
    void clear() {
        entries_.clear();
        order_.clear();
        bytes_ = 0;
    }

    /// Moves the playhead; nothing is dropped until the next `put`.
    void setPlayhead(std::int64_t position) noexcept { playhead_ = position; }
    [[nodiscard]] std::int64_t playhead() const noexcept { return playhead_; }

    /// A pinned entry is never dropped for room. Pinning a key without an entry does nothing.
    void pin(const K& key) { setPinned(key, true); }
    void unpin(const K& key) {
        setPinned(key, false);
        evict();
    }
    [[nodiscard]] bool isPinned(const K& key) const {
        const auto found = entries_.find(key);
        return found != entries_.end() && found->second.pinned;
    }

    void setBudget(std::size_t budgetBytes) {
        budgetBytes_ = budgetBytes;
        evict();
    }
    [[nodiscard]] std::size_t budgetBytes() const noexcept { return budgetBytes_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

    /// The distance of `position` from the playhead that decides which entry is dropped.
    [[nodiscard]] std::int64_t distance(std::int64_t position) const noexcept {
        const std::int64_t ahead = position - playhead_;
        return ahead >= 0 ? ahead : -ahead * kBehindFactor;
    }

private:
    using Order = std::multimap<std::int64_t, K>;
    struct Entry {
        Value value;
        std::size_t bytes = 0;
        bool pinned = false;
        typename Order::iterator place;
    };

    void setPinned(const K& key, bool pinned) {
        const auto found = entries_.find(key);
        if (found != entries_.end()) found->second.pinned = pinned;
    }

    // Entries are ordered by position, so the least useful one is at one of the two ends.
    void evict() {
        while (bytes_ > budgetBytes_) {
            auto first = order_.begin();
            while (first != order_.end() && entries_.at(first->second).pinned) ++first;
            if (first == order_.end()) return;
            auto last = std::prev(order_.end());
            while (entries_.at(last->second).pinned) --last;
            const bool dropFirst = distance(first->first) > distance(last->first);
            erase(K(dropFirst ? first->second : last->second));
        }
    }

    std::size_t budgetBytes_;
    PositionOf positionOf_;
    std::unordered_map<K, Entry, Hash> entries_;
    Order order_;
    std::int64_t playhead_ = 0;
    std::size_t bytes_ = 0;
};

}  // namespace mcj
