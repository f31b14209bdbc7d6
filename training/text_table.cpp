#include "training/text_table.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mcj {
namespace {

/// Width on a screen, counting one column per code point.
std::size_t widthOf(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
    }));
}

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
    return out;
}

}  // namespace

std::string TextTable::plain() const {
    std::vector<std::size_t> widths(head.size(), 0);
    const auto measure = [&](const std::vector<std::string>& row) {
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], widthOf(row[i]));
    };
    measure(head);
    for (const auto& row : rows) measure(row);
    std::string out;
    const auto write = [&](const std::vector<std::string>& row) {
        std::string line;
        for (std::size_t i = 0; i < row.size(); ++i) {
            const std::string air(widths[i] - widthOf(row[i]), ' ');
            line += (i == 0 ? "" : "  ") + (i == 0 ? row[i] + air : air + row[i]);
        }
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    };
    write(head);
    for (const auto& row : rows) write(row);
    return out;
}

std::string TextTable::markdown() const {
    std::string out;
    const auto write = [&](const std::vector<std::string>& row) {
        for (const auto& text : row) out += "| " + escaped(text) + " ";
        out += "|\n";
    };
    write(head);
    for (std::size_t i = 0; i < head.size(); ++i) out += i == 0 ? "| --- " : "| ---: ";
    out += "|\n";
    for (const auto& row : rows) write(row);
    return out;
}

std::string cell(std::optional<double> value, int digits) {
    if (!value || !std::isfinite(*value)) return "-";
    char text[32];
    std::snprintf(text, sizeof text, "%.*g", digits, *value);
    return text;
}

}  // namespace mcj
