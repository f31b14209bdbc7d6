#include "inference/model/safetensors.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include <nlohmann/json.hpp>

#include "media/base/error.h"
#include "media/base/partial_path.h"

namespace mcj {
namespace {

using nlohmann::json;

// The format's own limit on the header.
constexpr std::uint64_t kMaxHeaderBytes = 100'000'000;

[[noreturn]] void fail(const std::string& name, const std::string& what) {
    throw Error(ErrorCode::Input, name + ": not a readable safetensors file: " + what,
                "The file is damaged or of another format; copy or download it again.");
}

SafetensorsEntry parseEntry(const std::string& key, const json& value, std::uint64_t dataBytes,
                            const std::string& name) {
    SafetensorsEntry entry;
    entry.name = key;
    entry.type = value.at("dtype").get<std::string>();
    const std::uint64_t size = safetensorsTypeBytes(entry.type);
    if (size == 0) fail(name, "tensor " + key + " has the unknown type " + entry.type);
    std::uint64_t count = 1;
    for (const json& side : value.at("shape")) {
        if (!side.is_number_unsigned()) fail(name, "tensor " + key + " has an invalid shape");
        const auto length = side.get<std::uint64_t>();
        if (length != 0 && count > dataBytes / length) {
            fail(name, "tensor " + key + " is larger than the file");
        }
        count *= length;
        entry.shape.push_back(static_cast<std::int64_t>(length));
    }
    const json& offsets = value.at("data_offsets");
    if (!offsets.is_array() || offsets.size() != 2 || !offsets[0].is_number_unsigned() ||
        !offsets[1].is_number_unsigned()) {
        fail(name, "tensor " + key + " has no offsets");
    }
    entry.begin = offsets[0].get<std::uint64_t>();
    entry.end = offsets[1].get<std::uint64_t>();
    if (entry.begin > entry.end || entry.end > dataBytes ||
        entry.end - entry.begin != count * size) {
        fail(name, "tensor " + key + " is not within the file");
    }
    return entry;
}

}  // namespace

std::uint64_t safetensorsTypeBytes(const std::string& type) {
    if (type == "F64" || type == "I64") return 8;
    if (type == "F32") return 4;
    if (type == "F16" || type == "BF16") return 2;
    if (type == "U8") return 1;
    return 0;
}

SafetensorsFile parseSafetensors(const std::vector<std::uint8_t>& bytes, const std::string& name) {
    if (bytes.size() < 8) fail(name, "it has only " + std::to_string(bytes.size()) + " bytes");
    std::uint64_t headerBytes = 0;
    for (int i = 7; i >= 0; --i)
        headerBytes = headerBytes << 8 | bytes[static_cast<std::size_t>(i)];
    if (headerBytes > kMaxHeaderBytes || headerBytes > bytes.size() - 8) {
        fail(name, "its header is longer than the file");
    }
    SafetensorsFile file;
    const std::uint64_t dataBytes = bytes.size() - 8 - headerBytes;
    try {
        const char* text = reinterpret_cast<const char*>(bytes.data()) + 8;
        const json header = json::parse(text, text + headerBytes);
        if (!header.is_object()) fail(name, "its header is not an object");
        for (const auto& [key, value] : header.items()) {
            if (key == "__metadata__") {
                file.metadata = value.get<std::map<std::string, std::string>>();
            } else {
                file.entries.push_back(parseEntry(key, value, dataBytes, name));
            }
        }
    } catch (const json::exception& error) {
        fail(name, error.what());
    }
    file.data.assign(bytes.end() - static_cast<std::ptrdiff_t>(dataBytes), bytes.end());
    return file;
}

SafetensorsFile readSafetensorsFile(const std::filesystem::path& path) {
    std::error_code failure;
    const auto status = std::filesystem::status(path, failure);
    // Checked before opening, because opening a pipe would wait for a writer.
    if (!failure && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status)) {
        throw Error(ErrorCode::Input, path.string() + ": is not a regular file",
                    "Check the path; --model takes a model file.");
    }
    std::ifstream stream(path, std::ios::binary | std::ios::ate);
    const std::streamoff size = stream ? static_cast<std::streamoff>(stream.tellg()) : -1;
    if (size < 0) {
        throw Error(ErrorCode::Input, path.string() + ": cannot be opened",
                    "Check the path; --model takes a model file.");
    }
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
    stream.seekg(0);
    stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!stream) fail(path.string(), "it could not be read to its end");
    return parseSafetensors(bytes, path.string());
}

void writeSafetensorsFile(const std::filesystem::path& path, const SafetensorsFile& file) {
    json header = json::object();
    if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
    for (const auto& entry : file.entries) {
        header[entry.name] = {{"dtype", entry.type},
                              {"shape", entry.shape},
                              {"data_offsets", {entry.begin, entry.end}}};
    }
    // Metadata contain file names, which need not be UTF-8.
    std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
    text.resize((text.size() + 7) / 8 * 8, ' ');  // tensors start aligned

    std::string bytes(8, '\0');
    for (std::size_t i = 0; i < 8; ++i) {
        bytes[i] = static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * i) & 0xFF);
    }
    bytes += text;
    const std::string temporary = partialPath(path, "", ".partial").string();
    const int descriptor =
        ::open(temporary.c_str(), O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0644);
    bool good = descriptor >= 0;
    const auto put = [&](const void* data, std::size_t size) {
        const char* at = static_cast<const char*>(data);
        while (good && size > 0) {
            const ssize_t written = ::write(descriptor, at, size);
            if (written < 0 && errno == EINTR) continue;
            good = written > 0;
            if (good) {
                at += written;
                size -= static_cast<std::size_t>(written);
            }
        }
    };
    put(bytes.data(), bytes.size());
    put(file.data.data(), file.data.size());
    good = good && ::fsync(descriptor) == 0;
    int reason = errno;
    if (descriptor >= 0) good = ::close(descriptor) == 0 && good;
    if (good && ::rename(temporary.c_str(), path.c_str()) != 0) {
        good = false;
        reason = errno;
    }
    if (!good) {
        ::unlink(temporary.c_str());
        throw Error(ErrorCode::Input,
                    path.string() + ": cannot be written: " + std::strerror(reason),
                    "Check that the folder exists and the disk has space.");
    }
}

}  // namespace mcj
