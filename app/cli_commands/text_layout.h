#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mcj {

// How the command line writes numbers and tables for people.

/// "0.8 s", "0:42", "1:02:03"
[[nodiscard]] std::string durationText(double secs);
/// "512 B", "3.2 MiB"
[[nodiscard]] std::string bytesText(std::uint64_t bytes);
/// With `decimals` digits behind the point; "-" for not-a-number.
[[nodiscard]] std::string numberText(double value, int decimals);

enum class Align { Left, Right };

/// Rows of cells in aligned columns, two spaces between them.
class TextTable {
public:
    explicit TextTable(std::vector<Align> columns) : columns_(std::move(columns)) {}
    void add(std::vector<std::string> cells);
    /// Every row ends with a newline.
    [[nodiscard]] std::string text() const;

private:
    std::vector<Align> columns_;
    std::vector<std::vector<std::string>> rows_;
};

}  // namespace mcj
