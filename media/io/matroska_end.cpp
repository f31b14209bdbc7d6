#include "media/io/matroska_end.h"

#include <bit>

namespace mcj {

namespace {

constexpr std::uint64_t kSegment = 0x18538067;
constexpr std::uint64_t kCluster = 0x1F43B675;
constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

struct Element {
    std::uint64_t id = 0;
    std::uint64_t bytes = 0;  ///< of the content; kUnknown: until something ends it
    std::uint64_t content = 0;
};

enum class Look { Whole, CutHead, NotAnElement };

// EBML (RFC 8794): id and length are numbers whose leading zero bits say how many bytes they have;
// a length of all ones is unknown.
Look readElement(const FileBytes& file, std::uint64_t at, Element& element) {
    const auto head = file.read(at, 12);
    const int idBytes = head.empty() ? 0 : std::countl_zero(head[0]) + 1;
    if (head.empty()) return Look::CutHead;
    if (idBytes > 4) return Look::NotAnElement;
    const auto idEnd = static_cast<std::size_t>(idBytes);
    if (head.size() <= idEnd) return Look::CutHead;
    const int lengthBytes = std::countl_zero(head[idEnd]) + 1;
    if (lengthBytes > 8) return Look::NotAnElement;
    const std::size_t end = idEnd + static_cast<std::size_t>(lengthBytes);
    if (head.size() < end) return Look::CutHead;
    element.id = 0;
    for (std::size_t i = 0; i < idEnd; ++i) element.id = element.id << 8 | head[i];
    std::uint64_t bytes = head[idEnd] & ((1U << (8 - lengthBytes)) - 1U);
    for (std::size_t i = idEnd + 1; i < end; ++i) bytes = bytes << 8 | head[i];
    const std::uint64_t allOnes = (std::uint64_t{1} << (7 * lengthBytes)) - 1;
    element.bytes = bytes == allOnes ? kUnknown : bytes;
    element.content = at + end;
    return Look::Whole;
}

}  // namespace

FileEnd endOfMatroska(const FileBytes& file) {
    // Segments and clusters of unknown length (live recordings) are entered, all others skipped.
    std::uint64_t at = 0;
    while (at < file.size()) {
        Element element;
        switch (readElement(file, at, element)) {
        case Look::CutHead: return {true, std::nullopt};
        case Look::NotAnElement: return {};  // something was appended
        case Look::Whole: break;
        }
        if (element.bytes == kUnknown) {
            if (element.id != kSegment && element.id != kCluster) return {};
            at = element.content;
            continue;
        }
        if (element.bytes > file.size() - element.content) {
            return {true, element.content + element.bytes};
        }
        at = element.content + element.bytes;
    }
    return {};
}

}  // namespace mcj
