#include "viewer/session/propagation_log.h"

#include <functional>
#include <string_view>

namespace mcj {

PropagationLog::Key PropagationLog::keyOf(FrameIndex frame, const MaskEntry& entry) {
    const auto bytes = entry.packed->bytes();
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return Key(frame, entry.facts.origin, std::hash<std::string_view>{}(text));
}

void PropagationLog::add(FrameIndex frame, const MaskEntry& entry, PropagationMethod method) {
    methods_.insert_or_assign(keyOf(frame, entry), method);
}

std::optional<PropagationMethod> PropagationLog::methodOf(FrameIndex frame,
                                                          const MaskEntry& entry) const {
    const auto found = methods_.find(keyOf(frame, entry));
    if (found == methods_.end()) return std::nullopt;
    return found->second;
}

}  // namespace mcj
