#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <nlohmann/json_fwd.hpp>

namespace mcj {

// Access to values of JSON files whose errors name the file and the entry: `where` is a text such
// as "a.json: annotation 3".

/// The whole file. Throws `Error{Input}` that names the file and the place of a syntax error.
[[nodiscard]] nlohmann::json readJsonFile(const std::filesystem::path& path);

/// The member `key` of an object. Throws `Error{Input}` where it is missing.
[[nodiscard]] const nlohmann::json& jsonMember(const nlohmann::json& object, const char* key,
                                               const std::string& where);
/// Null where the member is missing or null, or `object` is not an object.
[[nodiscard]] const nlohmann::json* jsonOptional(const nlohmann::json& object, const char* key);
/// An array member.
[[nodiscard]] const nlohmann::json& jsonArray(const nlohmann::json& object, const char* key,
                                              const std::string& where);
/// An integer member in low..high.
[[nodiscard]] std::int64_t jsonInteger(const nlohmann::json& object, const char* key,
                                       std::int64_t low, std::int64_t high,
                                       const std::string& where);
/// A number that is finite.
[[nodiscard]] double jsonNumber(const nlohmann::json& value, const std::string& where);
/// A text member; `missing` where it is missing or null.
[[nodiscard]] std::string jsonText(const nlohmann::json& object, const char* key,
                                   const std::string& where, const std::string& missing = {});

}  // namespace mcj
