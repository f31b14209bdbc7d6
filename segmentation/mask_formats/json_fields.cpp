#include "segmentation/mask_formats/json_fields.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

using Json = nlohmann::json;

[[noreturn]] void fail(const std::string& where, const std::string& why) {
    throw Error(ErrorCode::Input, where + ": " + why);
}

}  // namespace

Json readJsonFile(const std::filesystem::path& path) {
    const auto bytes = readFileBytes(path);
    try {
        return Json::parse(bytes.begin(), bytes.end());
    } catch (const Json::parse_error& error) {
        fail(path.string(),
             "it is not valid JSON: the error is at byte " + std::to_string(error.byte));
    }
}

const Json& jsonMember(const Json& object, const char* key, const std::string& where) {
    if (!object.is_object()) fail(where, "it is not an object");
    const auto found = object.find(key);
    if (found == object.end()) fail(where, std::string("it has no \"") + key + "\"");
    return *found;
}

const Json* jsonOptional(const Json& object, const char* key) {
    if (!object.is_object()) return nullptr;
    const auto found = object.find(key);
    return found == object.end() || found->is_null() ? nullptr : &*found;
}

const Json& jsonArray(const Json& object, const char* key, const std::string& where) {
    const Json& array = jsonMember(object, key, where);
    if (!array.is_array()) fail(where, std::string("\"") + key + "\" is not an array");
    return array;
}

std::int64_t jsonInteger(const Json& object, const char* key, std::int64_t low, std::int64_t high,
                         const std::string& where) {
    const Json& value = jsonMember(object, key, where);
    if (!value.is_number_integer()) fail(where, std::string("\"") + key + "\" is not an integer");
    // Above the signed range the conversion would wrap round to a negative number.
    const bool wraps = value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
    const std::int64_t number = wraps ? 0 : value.get<std::int64_t>();
    if (wraps || number < low || number > high) {
        fail(where, std::string("\"") + key + "\" is " + value.dump() + ", not " +
                        std::to_string(low) + " to " + std::to_string(high));
    }
    return number;
}

double jsonNumber(const Json& value, const std::string& where) {
    if (!value.is_number()) fail(where, "a coordinate is not a number");
    const double number = value.get<double>();
    if (!std::isfinite(number)) fail(where, "a coordinate is not finite");
    return number;
}

std::string jsonText(const Json& object, const char* key, const std::string& where,
                     const std::string& missing) {
    const Json* value = jsonOptional(object, key);
    if (value == nullptr) return missing;
    if (!value->is_string()) fail(where, std::string("\"") + key + "\" is not a text");
    return value->get<std::string>();
}

}  // namespace mcj
