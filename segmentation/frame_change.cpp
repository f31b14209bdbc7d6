#include "segmentation/frame_change.h"

#include "media/base/error.h"
#include "segmentation/byte_codec.h"

namespace mcj {
namespace {

/// The labels of an entry; background of the patch's size if it is missing.
Mask labelsOf(const std::optional<MaskEntry>& entry, SizePx size) {
    return entry ? *entry->mask() : Mask(size);
}

void checkPresence(const std::optional<MaskEntry>& entry, const std::optional<MaskFacts>& expected,
                   FrameIndex frame) {
    if (entry.has_value() == expected.has_value()) return;
    throw Error(ErrorCode::Input, "a stored change of frame " + std::to_string(frame) +
                                      " does not match the frame's mask");
}

std::optional<MaskEntry> moved(const std::optional<MaskEntry>& entry, const MaskPatch& patch,
                               const std::optional<MaskFacts>& facts,
                               Mask (*change)(Mask, const MaskPatch&)) {
    if (!facts) return std::nullopt;
    if (entry && entry->packed->size() == patch.maskSize && patch.empty()) {
        return MaskEntry{entry->packed, *facts};
    }
    return makeEntry(change(labelsOf(entry, patch.maskSize), patch), *facts);
}

std::optional<MaskFacts> decodeFacts(ByteReader& reader) {
    const std::uint8_t present = reader.byte();
    if (present > 1) reader.fail("has an unknown flag");
    if (present == 0) return std::nullopt;
    MaskFacts facts;
    const std::uint8_t origin = reader.byte();
    if (origin > static_cast<std::uint8_t>(MaskOrigin::Imported))
        reader.fail("has an unknown origin");
    facts.origin = static_cast<MaskOrigin>(origin);
    const std::uint8_t flags = reader.byte();
    if (flags > 3) reader.fail("has an unknown flag");
    facts.locked = (flags & 1) != 0;
    facts.partial = (flags & 2) != 0;
    facts.confidence = reader.real();
    return facts;
}

}  // namespace

std::optional<MaskEntry> applyChange(const std::optional<MaskEntry>& entry,
                                     const FrameChange& change) {
    checkPresence(entry, change.before, change.frame);
    return moved(entry, change.patch, change.after, applyPatch);
}

std::optional<MaskEntry> revertChange(const std::optional<MaskEntry>& entry,
                                      const FrameChange& change) {
    checkPresence(entry, change.after, change.frame);
    return moved(entry, change.patch, change.before, revertPatch);
}

FrameChange decodeChange(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, "a stored change");
    FrameChange change;
    change.frame = static_cast<FrameIndex>(reader.number(std::uint64_t{1} << 62));
    change.before = decodeFacts(reader);
    change.after = decodeFacts(reader);
    change.patch = decodePatch(reader.block());
    if (!reader.atEnd()) reader.fail("has extra bytes at its end");
    return change;
}

}  // namespace mcj
