#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mcj {

/// Rows of words under a head; the first column is words, the others are numbers.
struct TextTable {
    std::vector<std::string> head;
    std::vector<std::vector<std::string>> rows;  ///< as many cells as the head

    /// In columns for a terminal, two spaces apart.
    [[nodiscard]] std::string plain() const;
    /// As Markdown; bars in cells are escaped.
    [[nodiscard]] std::string markdown() const;
};

/// A number with `digits` significant digits; "-" for none and for NaN and infinity.
[[nodiscard]] std::string cell(std::optional<double> value, int digits = 4);

}  // namespace mcj
