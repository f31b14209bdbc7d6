#include "segmentation/edit.h"

#include <algorithm>

#include "media/base/error.h"
#include "segmentation/byte_codec.h"

namespace mcj {
namespace {

/// The last value of `MaskOrigin`.
constexpr auto kLastOrigin = static_cast<std::uint8_t>(MaskOrigin::Imported);

[[noreturn]] void refuse(const std::string& what) {
    throw Error(ErrorCode::Internal, "an edit does not match " + what);
}

std::string nameOf(FrameIndex frame) { return "the mask of frame " + std::to_string(frame); }

void apply(ProjectState& state, const MaskEdit& edit) {
    MaskTrack& track = state.tracks[edit.track];
    const MaskEntry* found = track.find(edit.frame);
    const bool fits = found == nullptr ? !edit.before : edit.before && *edit.before == *found;
    if (!fits) refuse(nameOf(edit.frame));
    if (edit.after) {
        track.set(edit.frame, *edit.after);
    } else {
        track.erase(edit.frame);
    }
}

void apply(ProjectState& state, const FactsEdit& edit) {
    MaskTrack& track = state.tracks[edit.track];
    const MaskEntry* found = track.find(edit.frame);
    if (found == nullptr || !(found->facts == edit.before)) refuse(nameOf(edit.frame));
    track.set(edit.frame, {found->packed, edit.after});
}

void apply(ProjectState& state, const ObjectEdit& edit) {
    if (!edit.before && !edit.after) refuse("any object");
    const MaskObject* found = state.objects.find(edit.id());
    const bool fits = found == nullptr ? !edit.before : edit.before && *edit.before == *found;
    if (!fits) refuse("object " + std::to_string(edit.id()));
    if (edit.after) {
        state.objects.set(*edit.after);
    } else {
        state.objects.erase(edit.id());
    }
}

void apply(ProjectState& state, const StatusEdit& edit) {
    if (!(state.statuses.of(edit.subject) == edit.before)) {
        refuse("the status of " + edit.subject.name());
    }
    state.statuses.set(edit.subject, edit.after);
}

EditPart reverseOf(EditPart part) {
    std::visit([](auto& edit) { std::swap(edit.before, edit.after); }, part);
    return part;
}

void applyPart(ProjectState& state, const EditPart& part) {
    std::visit([&state](const auto& edit) { apply(state, edit); }, part);
}

}  // namespace

void applyParts(ProjectState& state, std::span<const EditPart> parts) {
    std::size_t done = 0;
    try {
        for (; done < parts.size(); ++done) applyPart(state, parts[done]);
    } catch (...) {
        // A part that throws has changed nothing; the parts before it are reverted.
        while (done > 0) applyPart(state, reverseOf(parts[--done]));
        throw;
    }
}

void applyEdit(ProjectState& state, const Edit& edit) { applyParts(state, edit.parts); }

void revertEdit(ProjectState& state, const Edit& edit) {
    std::vector<EditPart> reversed;
    reversed.reserve(edit.parts.size());
    std::transform(edit.parts.rbegin(), edit.parts.rend(), std::back_inserter(reversed), reverseOf);
    applyParts(state, reversed);
}

std::size_t bytesBefore(const Edit& edit) noexcept {
    std::size_t bytes = 0;
    for (const EditPart& part : edit.parts) {
        const auto* mask = std::get_if<MaskEdit>(&part);
        if (mask != nullptr && mask->before) bytes += mask->before->packed->bytes().size();
    }
    return bytes;
}

std::vector<std::uint8_t> encodeFacts(const MaskFacts& facts) {
    ByteWriter writer;
    writer.byte(static_cast<std::uint8_t>(facts.origin));
    writer.byte(static_cast<std::uint8_t>((facts.locked ? 1 : 0) | (facts.partial ? 2 : 0)));
    writer.real(facts.confidence);
    return writer.take();
}

MaskFacts decodeFacts(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, "a stored mask");
    MaskFacts facts;
    const std::uint8_t origin = reader.byte();
    if (origin > kLastOrigin) reader.fail("has an unknown origin");
    facts.origin = static_cast<MaskOrigin>(origin);
    const std::uint8_t flags = reader.byte();
    if (flags > 3) reader.fail("has an unknown flag");
    facts.locked = (flags & 1) != 0;
    facts.partial = (flags & 2) != 0;
    facts.confidence = reader.real();
    if (!reader.atEnd()) reader.fail("has extra bytes at its end");
    return facts;
}

std::vector<std::uint8_t> encodeObject(const MaskObject& object) {
    ByteWriter writer;
    writer.byte(object.id);
    for (const std::uint8_t channel : object.color) writer.byte(channel);
    writer.block({reinterpret_cast<const std::uint8_t*>(object.name.data()), object.name.size()});
    // Left out where it is 0, as before there were depths.
    if (object.depth != 0) writer.byte(object.depth);
    return writer.take();
}

MaskObject decodeObject(std::span<const std::uint8_t> bytes) {
    ByteReader reader(bytes, "a stored object");
    MaskObject object;
    object.id = reader.byte();
    if (object.id == kBackground || object.id == kVoid) reader.fail("has no valid id");
    for (std::uint8_t& channel : object.color) channel = reader.byte();
    const auto name = reader.block();
    object.name.assign(name.begin(), name.end());
    if (!reader.atEnd()) {
        object.depth = reader.byte();
        if (object.depth == 0) reader.fail("has an empty depth");
    }
    if (!reader.atEnd()) reader.fail("has extra bytes at its end");
    return object;
}

}  // namespace mcj
