#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace mcj {

/// Names in the order in which they were added, in one block of memory. A list of strings that
/// grows with every frame of a clip would scatter small blocks over the memory that frames are
/// computed in, and fragment it.
class NameList {
public:
    class Iterator {
    public:
        Iterator(const NameList& list, std::size_t at) : list_(&list), at_(at) {}
        std::string operator*() const { return (*list_)[at_]; }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

    private:
        const NameList* list_;
        std::size_t at_;
    };

    NameList() = default;
    NameList(std::initializer_list<std::string_view> names) {
        for (const std::string_view name : names) push_back(name);
    }

    /// Room for `names` of `letters` each on average.
    void reserve(std::size_t names, std::size_t letters) {
        ends_.reserve(names);
        text_.reserve(names * letters);
    }
    void push_back(std::string_view name) {
        text_ += name;
        ends_.push_back(text_.size());
    }

    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
    [[nodiscard]] std::string operator[](std::size_t i) const {
        const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
        return text_.substr(begin, ends_[i] - begin);
    }
    [[nodiscard]] Iterator begin() const { return {*this, 0}; }
    [[nodiscard]] Iterator end() const { return {*this, size()}; }

    friend bool operator==(const NameList&, const NameList&) = default;

private:
    std::string text_;
    std::vector<std::size_t> ends_;  ///< of each name in `text_`
};

}  // namespace mcj
