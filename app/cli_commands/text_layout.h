#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mcj {

// Formats numbers and tables for the command line.

/// "0.8 s", "0:42", "1:02:03"
[[nodiscard]] std::string durationText(double secs);
/// "512 B", "3.2 MiB"
[[nodiscard]] std::string bytesText(std::uint64_t bytes);
/// With `decimals` digits after the point; "-" for NaN and infinity.
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
