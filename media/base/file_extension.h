#pragma once

#include <cctype>
#include <filesystem>
#include <string>

namespace mcj {

/// The extension with its dot, ASCII letters in lower case: ".png" of "A.PNG"; empty where there is
/// none.
[[nodiscard]] inline std::string lowerExtension(const std::filesystem::path& path) {
    std::string extension = path.extension().string();
    for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return extension;
}

}  // namespace mcj
