#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace mcj {

/// An element of an XML file with what is inside it.
struct XmlElement {
    std::string name;
    std::map<std::string, std::string> attributes;
    std::string text;  ///< of this element, not of those inside it
    std::vector<XmlElement> children;
    unsigned long line = 0;  ///< of the file, from 1

    /// The first child of that name; null if there is none.
    [[nodiscard]] const XmlElement* child(const std::string& wanted) const noexcept;
};

/// Reads a whole file and returns its root. Document type declarations are refused, and with them
/// entities of the file's own. Throws `Error{Input}` that names the file and the line.
[[nodiscard]] XmlElement readXmlFile(const std::filesystem::path& path);

/// The text with the characters escaped that have a meaning in XML. Control characters, which XML
/// cannot hold, become spaces.
[[nodiscard]] std::string xmlEscaped(const std::string& text);

}  // namespace mcj
