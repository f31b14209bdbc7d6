#pragma once

#include <string>

namespace mcj {

/// Text as XML holds it: marks escaped, control characters left out, and bytes that are no UTF-8
/// replaced, so that a folder's name of any kind leaves the document whole.
[[nodiscard]] std::string escapeXml(const std::string& text);

}  // namespace mcj
