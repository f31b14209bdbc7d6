#include "segmentation/mask_formats/xml_tree.h"

#include <expat.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <new>
#include <utility>

#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

/// Files of annotations have about six levels; deeper ones would exhaust the stack when freed.
constexpr std::size_t kDeepest = 64;
/// Bytes that are passed to the parser at once.
constexpr std::size_t kChunk = std::size_t{1} << 20;

using Parser = std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)>;

/// The state of a parse. Exceptions must not unwind the parser, so they are stored.
struct Reading {
    XML_Parser parser = nullptr;
    XmlElement root;  ///< has the file's root as its only child
    std::vector<XmlElement> open;
    std::string refused;
    std::exception_ptr failure;

    template <typename Work>
    void guarded(Work&& work) noexcept {
        try {
            work();
        } catch (...) {
            failure = std::current_exception();
            XML_StopParser(parser, XML_FALSE);
        }
    }
    void refuse(const char* why) {
        refused = why;
        XML_StopParser(parser, XML_FALSE);
    }
};

void onStart(void* data, const XML_Char* name, const XML_Char** attributes) {
    auto& reading = *static_cast<Reading*>(data);
    reading.guarded([&] {
        if (reading.open.size() == kDeepest) {
            reading.refuse("its elements are nested too deeply");
            return;
        }
        XmlElement element;
        element.name = name;
        element.line = XML_GetCurrentLineNumber(reading.parser);
        for (; *attributes != nullptr; attributes += 2) {
            element.attributes[attributes[0]] = attributes[1];
        }
        reading.open.push_back(std::move(element));
    });
}

void onEnd(void* data, const XML_Char*) {
    auto& reading = *static_cast<Reading*>(data);
    reading.guarded([&] {
        if (reading.open.empty()) return;  // the start was refused
        XmlElement done = std::move(reading.open.back());
        reading.open.pop_back();
        XmlElement& parent = reading.open.empty() ? reading.root : reading.open.back();
        parent.children.push_back(std::move(done));
    });
}

void onText(void* data, const XML_Char* text, int length) {
    auto& reading = *static_cast<Reading*>(data);
    reading.guarded([&] {
        if (reading.open.empty()) return;
        reading.open.back().text.append(text, static_cast<std::size_t>(length));
    });
}

void onDoctype(void* data, const XML_Char*, const XML_Char*, const XML_Char*, int) {
    static_cast<Reading*>(data)->refuse("it has a document type declaration");
}

}  // namespace

const XmlElement* XmlElement::child(const std::string& wanted) const noexcept {
    const auto found = std::ranges::find(children, wanted, &XmlElement::name);
    return found == children.end() ? nullptr : &*found;
}

XmlElement readXmlFile(const std::filesystem::path& path) {
    const auto bytes = readFileBytes(path);
    const Parser parser(XML_ParserCreate(nullptr), &XML_ParserFree);
    if (!parser) throw std::bad_alloc();
    Reading reading;
    reading.parser = parser.get();
    XML_SetUserData(parser.get(), &reading);
    XML_SetElementHandler(parser.get(), onStart, onEnd);
    XML_SetCharacterDataHandler(parser.get(), onText);
    XML_SetStartDoctypeDeclHandler(parser.get(), onDoctype);
    for (std::size_t at = 0; at == 0 || at < bytes.size(); at += kChunk) {
        const std::size_t count = std::min(kChunk, bytes.size() - at);
        const bool last = at + count == bytes.size();
        const auto status =
            XML_Parse(parser.get(), reinterpret_cast<const char*>(bytes.data()) + at,
                      static_cast<int>(count), last ? XML_TRUE : XML_FALSE);
        if (status != XML_STATUS_ERROR) continue;
        if (reading.failure) std::rethrow_exception(reading.failure);
        const std::string why = reading.refused.empty()
                                    ? XML_ErrorString(XML_GetErrorCode(parser.get()))
                                    : reading.refused;
        throw Error(ErrorCode::Input, path.string() + ": it cannot be read as XML: " + why +
                                          ", line " +
                                          std::to_string(XML_GetCurrentLineNumber(parser.get())));
    }
    return std::move(reading.root.children.at(0));
}

std::string xmlEscaped(const std::string& text) {
    std::string escaped;
    for (const char c : text) {
        switch (c) {
        case '&': escaped += "&amp;"; break;
        case '<': escaped += "&lt;"; break;
        case '>': escaped += "&gt;"; break;
        case '"': escaped += "&quot;"; break;
        default: escaped += static_cast<unsigned char>(c) < 0x20 ? ' ' : c; break;
        }
    }
    return escaped;
}

}  // namespace mcj
