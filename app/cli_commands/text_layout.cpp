#include "app/cli_commands/text_layout.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace mcj {
namespace {

template <typename... Values>
std::string formatted(const char* pattern, Values... values) {
    std::array<char, 64> buffer{};
    const int length = std::snprintf(buffer.data(), buffer.size(), pattern, values...);
    return {buffer.data(), static_cast<std::size_t>(std::clamp(length, 0, 63))};
}

/// Columns are counted in characters, of which some have several bytes in UTF-8.
std::size_t widthOf(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0U) != 0x80U; }));
}

}  // namespace

std::string durationText(double secs) {
    if (!std::isfinite(secs) || secs < 0.0) return "-";
    if (secs < 10.0) return formatted("%.1f s", secs);
    const long long whole = std::llround(secs);
    if (whole < 3600) return formatted("%lld:%02lld", whole / 60, whole % 60);
    return formatted("%lld:%02lld:%02lld", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string bytesText(std::uint64_t bytes) {
    constexpr std::array<const char*, 5> kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024.0 && unit + 1 < kUnits.size()) {
        value /= 1024.0;
        ++unit;
    }
    return formatted(unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
}

std::string numberText(double value, int decimals) {
    if (!std::isfinite(value)) return "-";
    return formatted("%.*f", decimals, value);
}

void TextTable::add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

std::string TextTable::text() const {
    std::vector<std::size_t> widths(columns_.size(), 0);
    for (const auto& row : rows_) {
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            widths[i] = std::max(widths[i], widthOf(row[i]));
        }
    }
    std::string all;
    for (const auto& row : rows_) {
        std::string line;
        for (std::size_t i = 0; i < row.size() && i < widths.size(); ++i) {
            const std::string padding(widths[i] - widthOf(row[i]), ' ');
            line += i == 0 ? "" : "  ";
            line += columns_[i] == Align::Left ? row[i] + padding : padding + row[i];
        }
        line.erase(line.find_last_not_of(' ') + 1);
        all += line + '\n';
    }
    return all;
}

}  // namespace mcj
