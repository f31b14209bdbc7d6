#include "media/base/xml_text.h"

#include <cstddef>

namespace mcj {
namespace {

/// Length of the UTF-8 sequence at `text[i]`, 0 where it is broken.
std::size_t sequenceLength(const std::string& text, std::size_t i) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead < 0x80                   ? 1
                               : lead >= 0xC2 && lead < 0xE0 ? 2
                               : lead >= 0xE0 && lead < 0xF0 ? 3
                               : lead >= 0xF0 && lead < 0xF5 ? 4
                                                             : 0;
    if (i + length > text.size()) return 0;
    for (std::size_t k = 1; k < length; ++k) {
        if ((static_cast<unsigned char>(text[i + k]) & 0xC0) != 0x80) return 0;
    }
    // Overlong forms, surrogates and values beyond Unicode are not XML characters.
    const auto second = length > 1 ? static_cast<unsigned char>(text[i + 1]) : 0;
    const bool wrong = (lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) ||
                       (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F);
    return wrong ? 0 : length;
}

}  // namespace

std::string escapeXml(const std::string& text) {
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t length = sequenceLength(text, i);
        const char c = text[i];
        if (length == 0) {
            out += "\xEF\xBF\xBD";  // the replacement character
            ++i;
            continue;
        }
        if (length > 1) {
            const std::string character = text.substr(i, length);
            if (character != "\xEF\xBF\xBE" && character != "\xEF\xBF\xBF") out += character;
        } else if (c == '&') {
            out += "&amp;";
        } else if (c == '<') {
            out += "&lt;";
        } else if (c == '>') {
            out += "&gt;";
        } else if (c == '"') {
            out += "&quot;";
        } else if (c == '\'') {
            out += "&#39;";
        } else if (static_cast<unsigned char>(c) >= 0x20 || c == '\t' || c == '\n') {
            out += c;
        }
        i += length;
    }
    return out;
}

}  // namespace mcj
