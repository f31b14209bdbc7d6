#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/io/image_file.h"

namespace mcj {

/// A class of objects in a project.
struct ObjectClass {
    std::string name;           ///< UTF-8, not empty, at most `kMostClassBytes`
    std::optional<Rgb8> color;  ///< none: each object has a colour of its own
    friend bool operator==(const ObjectClass&, const ObjectClass&) = default;
};

/// In the order of the file. Names differ.
using ClassList = std::vector<ObjectClass>;

constexpr std::size_t kMostClasses = 1000;
constexpr std::size_t kMostClassBytes = 200;

/// Reads a list of classes. Text: a class in each line, with "#rrggbb" behind its name where it has
/// a colour; empty lines and labelme's "__ignore__" and "_background_" are left out. JSON: an array
/// of names or of objects with "name" and, optionally, "color" ("#rrggbb"), as CVAT exports its
/// labels, or an object with such an array under "categories", as in COCO. Throws `Error{Input}`
/// that names the file and the line or entry.
[[nodiscard]] ClassList readClassList(const std::filesystem::path& path);

/// The same for the content of a file; `name` is the file's in messages.
[[nodiscard]] ClassList parseClassList(std::string_view text, const std::string& name);

/// JSON that `parseClassList` reads back.
[[nodiscard]] std::string classListToJson(const ClassList& classes);

}  // namespace mcj
