#include "media/io/natural_order.h"

#include <cstddef>

namespace mcj {
namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }

std::size_t digitsFrom(std::string_view text, std::size_t start) {
    std::size_t end = start;
    while (end < text.size() && isDigit(text[end])) ++end;
    return end;
}

}  // namespace

bool naturalLess(std::string_view left, std::string_view right) {
    std::size_t i = 0;
    std::size_t j = 0;
    while (i < left.size() && j < right.size()) {
        if (!isDigit(left[i]) || !isDigit(right[j])) {
            if (left[i] != right[j]) {
                return static_cast<unsigned char>(left[i]) < static_cast<unsigned char>(right[j]);
            }
            ++i;
            ++j;
            continue;
        }
        const std::size_t iEnd = digitsFrom(left, i);
        const std::size_t jEnd = digitsFrom(right, j);
        while (i < iEnd - 1 && left[i] == '0') ++i;
        while (j < jEnd - 1 && right[j] == '0') ++j;
        if (iEnd - i != jEnd - j) return iEnd - i < jEnd - j;
        const int order = left.substr(i, iEnd - i).compare(right.substr(j, jEnd - j));
        if (order != 0) return order < 0;
        i = iEnd;
        j = jEnd;
    }
    if (left.size() - i != right.size() - j) return left.size() - i < right.size() - j;
    // Equal as numbers ("01" and "1"): any fixed order will do.
    return left < right;
}

}  // namespace mcj
