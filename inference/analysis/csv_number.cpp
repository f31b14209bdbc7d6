#include "inference/analysis/csv_number.h"

#include <array>
#include <charconv>
#include <cmath>

namespace mcj {
namespace {

template <typename Number>
void append(std::string& line, Number value) {
    if (std::isnan(value)) return;
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    line.append(text.data(), end);
}

}  // namespace

void appendCsvNumber(std::string& line, double value) { append(line, value); }
void appendCsvNumber(std::string& line, float value) { append(line, value); }

}  // namespace mcj
