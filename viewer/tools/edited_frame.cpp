#include "viewer/tools/edited_frame.h"

#include "viewer/session/session.h"

namespace mcj {

std::optional<EditedFrame> shownFrame(const Session& session) {
    const FramePtr& shown = session.playhead().shown();
    if (!shown) return std::nullopt;
    return EditedFrame{shown->source, shown->index};
}

std::optional<EditedFrame> holdShownFrame(Session& session, const QString& what) {
    Playhead& playhead = session.playhead();
    if (playhead.waitsForExact(what) || !playhead.shown()) return std::nullopt;
    playhead.pause();
    const std::optional<EditedFrame> held = shownFrame(session);
    playhead.seek(held->frame);
    return held;
}

bool takesAway(const ToolPointer& pointer) noexcept {
    return pointer.modifiers.testFlag(Qt::AltModifier) ||
           pointer.modifiers.testFlag(Qt::ControlModifier);
}

}  // namespace mcj
