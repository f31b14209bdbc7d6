#pragma once

#include <cstdint>
#include <optional>

namespace mcj {

/// The mean of the known values; none if no value is known.
class MeanOfKnown {
public:
    void add(const std::optional<double>& value) {
        if (!value) return;
        sum_ += *value;
        ++count_;
    }
    [[nodiscard]] std::optional<double> mean() const {
        if (count_ == 0) return std::nullopt;
        return sum_ / static_cast<double>(count_);
    }

private:
    double sum_ = 0.0;
    std::int64_t count_ = 0;
};

}  // namespace mcj
