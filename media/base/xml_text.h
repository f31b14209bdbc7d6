#pragma once

#include <string>

namespace mcj {

/// Text as XML holds it: marks escaped, control characters and U+FFFE and U+FFFF left out, and
/// bytes that are not UTF-8 replaced, so that a file name of any kind leaves the document
/// well-formed.
[[nodiscard]] std::string escapeXml(const std::string& text);

}  // namespace mcj
