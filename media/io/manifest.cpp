#include "media/io/manifest.h"

#include <charconv>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <system_error>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

using Json = nlohmann::ordered_json;

[[noreturn]] void fail(const std::string& name, const std::string& why) {
    throw Error(ErrorCode::Input, "cannot read the manifest '" + name + "': " + why,
                "Delete the folder and export again.");
}

/// One object of the manifest, read key by key; a wrong type is an error that names the key.
class Fields {
public:
    Fields(const Json& object, std::string prefix, const std::string& name)
        : object_(object), prefix_(std::move(prefix)), name_(name) {
        if (!object_.is_object()) {
            fail(name_,
                 prefix_.empty() ? "it is not a JSON object" : prefix_ + " is not an object");
        }
    }

    /// Null where the key is missing or null.
    [[nodiscard]] const Json* find(const char* key) const {
        const auto found = object_.find(key);
        return found == object_.end() || found->is_null() ? nullptr : &*found;
    }
    [[nodiscard]] const Json& require(const char* key) const {
        const Json* value = find(key);
        if (value == nullptr) fail(name_, "it has no " + path(key));
        return *value;
    }
    [[nodiscard]] std::string path(const char* key) const {
        return prefix_.empty() ? key : prefix_ + "." + key;
    }

    [[nodiscard]] std::string text(const char* key) const {
        const Json* value = find(key);
        if (value == nullptr) return {};
        if (!value->is_string()) fail(name_, path(key) + " is not a string");
        return value->get<std::string>();
    }
    [[nodiscard]] std::int64_t integer(const char* key, std::int64_t low, std::int64_t high) const {
        return integerOf(require(key), key, low, high);
    }
    [[nodiscard]] std::int64_t integerOf(const Json& value, const char* key, std::int64_t low,
                                         std::int64_t high) const {
        if (!value.is_number_integer()) fail(name_, path(key) + " is not an integer");
        // Past the signed range get<> would wrap round.
        const bool fits = !value.is_number_unsigned() ||
                          value.get<std::uint64_t>() <=
                              static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
        const std::int64_t number = fits ? value.get<std::int64_t>() : 0;
        if (!fits || number < low || number > high) fail(name_, path(key) + " is out of range");
        return number;
    }

private:
    const Json& object_;
    std::string prefix_;
    const std::string& name_;
};

std::string textOf(Rational value) {
    return std::to_string(value.num) + "/" + std::to_string(value.den);
}

Rational rationalOf(const std::string& text, const std::string& name) {
    Rational value;
    const char* const end = text.data() + text.size();
    const auto num = std::from_chars(text.data(), end, value.num);
    if (num.ec == std::errc{} && num.ptr != end && *num.ptr == '/') {
        const auto den = std::from_chars(num.ptr + 1, end, value.den);
        if (den.ec == std::errc{} && den.ptr == end && value.den > 0) return value;
    }
    fail(name, "source.time_base is not of the form 1/25");
}

Json sourceToJson(const Manifest& manifest) {
    const VideoInfo& source = manifest.source;
    Json pts = Json::array();
    for (const auto& time : source.pts) pts.push_back(time ? Json(*time) : Json(nullptr));
    return {{"path", manifest.sourcePath},
            {"size_bytes", manifest.sourceBytes},
            {"sha256", manifest.sourceSha256},
            {"width", source.size.width},
            {"height", source.size.height},
            {"frames", source.frames ? Json(*source.frames) : Json(nullptr)},
            {"time_base", textOf(source.timeBase)},
            {"pts", std::move(pts)}};
}

void sourceFromJson(const Json& object, const std::string& name, Manifest& manifest) {
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    constexpr std::int64_t kLongestSide = 1 << 20;
    const Fields fields(object, "source", name);
    VideoInfo& source = manifest.source;
    manifest.sourcePath = fields.text("path");
    manifest.sourceSha256 = fields.text("sha256");
    manifest.sourceBytes = static_cast<std::uint64_t>(fields.integer("size_bytes", 0, kMost));
    source.path = manifest.sourcePath;
    source.size.width = static_cast<int>(fields.integer("width", 0, kLongestSide));
    source.size.height = static_cast<int>(fields.integer("height", 0, kLongestSide));
    if (const Json* frames = fields.find("frames")) {
        source.frames = fields.integerOf(*frames, "frames", 0, kMost);
    }
    source.timeBase = rationalOf(fields.text("time_base"), name);
    if (const Json* pts = fields.find("pts")) {
        if (!pts->is_array()) fail(name, "source.pts is not an array");
        for (const Json& time : *pts) {
            if (time.is_null()) {
                source.pts.emplace_back(std::nullopt);
            } else {
                source.pts.emplace_back(
                    fields.integerOf(time, "pts", std::numeric_limits<std::int64_t>::min(), kMost));
            }
        }
    }
}

/// File names are bytes on Linux: what is not UTF-8 is replaced rather than refused.
std::string dumped(const Json& value, int indent) {
    return value.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

void writeManifest(const std::filesystem::path& path, const Manifest& manifest) {
    Json options = Json::object();
    for (const auto& [key, value] : manifest.options) options[key] = value;
    const Json root = {{"program", manifest.program},
                       {"version", manifest.version},
                       {"complete", manifest.complete},
                       {"source", sourceToJson(manifest)},
                       {"model",
                        {{"name", manifest.modelName},
                         {"sha256", manifest.modelSha256},
                         {"precision", manifest.precision}}},
                       {"options", std::move(options)}};
    std::string text = dumped(root, 1);
    // The list is inserted as text: as JSON values it would take as much memory as everything else
    // at the end of a long export.
    text.erase(text.rfind("\n}"));
    text += ",\n \"files\": [";
    for (std::size_t i = 0; i < manifest.files.size(); ++i) {
        text += (i == 0 ? "\n  " : ",\n  ") + dumped(Json(manifest.files[i]), -1);
    }
    text += manifest.files.empty() ? "]\n}\n" : "\n ]\n}\n";
    writeTextAtomically(path, text);
}

Manifest readManifest(const std::filesystem::path& path) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 30;
    const std::vector<std::uint8_t> bytes = readFileBytes(path, kMostBytes);
    return parseManifest({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                         path.string());
}

Manifest parseManifest(std::string_view text, const std::string& name) {
    Json root;
    try {
        root = Json::parse(text);
    } catch (const Json::parse_error& error) {
        fail(name, "it is not valid JSON (byte " + std::to_string(error.byte) + ")");
    } catch (const Json::exception& error) {  // a number too large for any type
        fail(name, error.what());
    }
    const Fields fields(root, "", name);
    Manifest manifest;
    manifest.program = fields.text("program");
    manifest.version = fields.text("version");
    if (const Json* complete = fields.find("complete")) {
        if (!complete->is_boolean()) fail(name, "complete is neither true nor false");
        manifest.complete = complete->get<bool>();
    }
    sourceFromJson(fields.require("source"), name, manifest);
    if (const Json* model = fields.find("model")) {
        const Fields modelFields(*model, "model", name);
        manifest.modelName = modelFields.text("name");
        manifest.modelSha256 = modelFields.text("sha256");
        manifest.precision = modelFields.text("precision");
    }
    if (const Json* options = fields.find("options")) {
        const Fields optionFields(*options, "options", name);
        for (const auto& [key, value] : options->items()) {
            manifest.options[key] = optionFields.text(key.c_str());
        }
    }
    if (const Json* files = fields.find("files")) {
        if (!files->is_array()) fail(name, "files is not an array");
        for (const Json& file : *files) {
            if (!file.is_string()) fail(name, "files contains a value that is not a string");
            manifest.files.push_back(file.get<std::string>());
        }
    }
    return manifest;
}

void removeListedFiles(const std::filesystem::path& folder, const Manifest& manifest) {
    namespace fs = std::filesystem;
    std::error_code ignored;
    for (const std::string& name : manifest.files) {
        const fs::path file = fs::path(name).lexically_normal();
        if (file.empty() || file.is_absolute() || *file.begin() == "..") continue;
        fs::remove(folder / file, ignored);
        for (fs::path parent = file.parent_path(); !parent.empty(); parent = parent.parent_path()) {
            // A link to a folder was made by the user.
            if (fs::is_symlink(folder / parent, ignored)) break;
            if (!fs::remove(folder / parent, ignored)) break;
        }
    }
}

}  // namespace mcj
