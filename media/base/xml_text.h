#pragma once

#include <string>

namespace mcj {

/// Text escaped for XML. Control characters, U+FFFE and U+FFFF are left out and bytes that are not
/// UTF-8 are replaced, so that the document stays well-formed with any file name.
[[nodiscard]] std::string escapeXml(const std::string& text);

}  // namespace mcj
