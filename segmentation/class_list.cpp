#include "segmentation/class_list.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostFileBytes = std::size_t{4} << 20;
constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

/// "#rrggbb"; none for anything else.
std::optional<Rgb8> colorFrom(std::string_view text) {
    if (text.size() != 7 || text.front() != '#') return std::nullopt;
    std::uint32_t value = 0;
    const auto [end, failed] =
        std::from_chars(text.data() + 1, text.data() + text.size(), value, 16);
    if (failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return Rgb8{static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 8),
                static_cast<std::uint8_t>(value)};
}

/// Collects classes and refuses what is not one.
class Collector {
public:
    explicit Collector(std::string file) : file_(std::move(file)) {}

    /// `place`: "line 3"
    void add(ObjectClass added, const std::string& place) {
        if (added.name.empty()) fail(place, "has no name");
        if (added.name.size() > kMostClassBytes) fail(place, "has a name that is too long");
        // Strict: throws for what is not UTF-8.
        try {
            (void)Json(added.name).dump();
        } catch (const Json::exception&) {
            fail(place, "is not UTF-8 text");
        }
        const bool known = std::any_of(classes_.begin(), classes_.end(),
                                       [&](const auto& row) { return row.name == added.name; });
        if (known) fail(place, "has the name of an earlier class, \"" + added.name + "\"");
        if (classes_.size() == kMostClasses) {
            fail(place, "is one too many: a list has at most " + std::to_string(kMostClasses));
        }
        classes_.push_back(std::move(added));
    }

    [[noreturn]] void fail(const std::string& place, const std::string& why) const {
        throw Error(ErrorCode::Input, file_ + " is not a list of classes: " + place + " " + why,
                    "Write one name in each line, or a JSON array of names.");
    }

    [[nodiscard]] ClassList take() {
        if (classes_.empty()) fail("it", "has no class");
        return std::move(classes_);
    }

private:
    std::string file_;
    ClassList classes_;
};

void readText(std::string_view text, Collector& collector) {
    for (int number = 1; !text.empty(); ++number) {
        const auto end = text.find('\n');
        std::string_view line = trimmed(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        if (line.empty() || line == "__ignore__" || line == "_background_") continue;
        ObjectClass row;
        const auto hash = line.rfind('#');
        if (hash != std::string_view::npos && hash > 0) {
            row.color = colorFrom(line.substr(hash));
            if (row.color) {
                line = trimmed(line.substr(0, hash));
                if (!line.empty() && line.back() == ',') {
                    line = trimmed(line.substr(0, line.size() - 1));
                }
            }
        }
        row.name = std::string(line);
        collector.add(std::move(row), "line " + std::to_string(number));
    }
}

void readJson(const Json& root, Collector& collector) {
    const Json& rows =
        root.is_object() && root.contains("categories") ? root.at("categories") : root;
    if (!rows.is_array()) collector.fail("it", "has no array of classes");
    int number = 0;
    for (const Json& row : rows) {
        const std::string place = "entry " + std::to_string(++number);
        ObjectClass added;
        const Json* name = &row;
        if (row.is_object()) {
            const auto found = row.find("name");
            if (found == row.end()) collector.fail(place, "has no name");
            name = &*found;
            const auto color = row.find("color");
            if (color != row.end() && color->is_string() && !color->get<std::string>().empty()) {
                added.color = colorFrom(color->get<std::string>());
                if (!added.color) collector.fail(place, "has a colour that is not #rrggbb");
            }
        }
        if (!name->is_string()) collector.fail(place, "has no name");
        added.name = std::string(trimmed(name->get_ref<const std::string&>()));
        collector.add(std::move(added), place);
    }
}

}  // namespace

ClassList parseClassList(std::string_view text, const std::string& name) {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (text.substr(0, kByteOrderMark.size()) == kByteOrderMark) {
        text.remove_prefix(kByteOrderMark.size());
    }
    Collector collector(name);
    const std::string_view content = trimmed(text);
    if (!content.empty() && (content.front() == '[' || content.front() == '{')) {
        const Json root = Json::parse(content, nullptr, false);
        if (root.is_discarded()) collector.fail("it", "is damaged JSON");
        readJson(root, collector);
    } else {
        readText(text, collector);
    }
    return collector.take();
}

ClassList readClassList(const std::filesystem::path& path) {
    const std::vector<std::uint8_t> bytes = readFileBytes(path, kMostFileBytes);
    return parseClassList({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                          path.string());
}

std::string classListToJson(const ClassList& classes) {
    Json rows = Json::array();
    for (const ObjectClass& row : classes) {
        Json entry{{"name", row.name}};
        if (row.color) {
            std::array<char, 8> text{};
            const auto& color = *row.color;
            std::snprintf(text.data(), text.size(), "#%02x%02x%02x", unsigned{color[0]},
                          unsigned{color[1]}, unsigned{color[2]});
            entry["color"] = text.data();
        }
        rows.push_back(std::move(entry));
    }
    return rows.dump();
}

}  // namespace mcj
