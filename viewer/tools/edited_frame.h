#pragma once

#include <QString>
#include <optional>

#include "media/base/frame.h"
#include "viewer/tools/tool.h"

namespace mcj {

/// The frame of a video that a tool draws on.
struct EditedFrame {
    SourceId source = 0;
    FrameIndex frame = 0;
    friend bool operator==(const EditedFrame&, const EditedFrame&) = default;
};

/// Of the frame on screen; none if there is none.
[[nodiscard]] std::optional<EditedFrame> shownFrame(const Session& session);

/// Stops playback and keeps the frame on screen, even if another one is being decoded. None, and a
/// notice with `what` ("Painting"), while the number of the frame is not known.
[[nodiscard]] std::optional<EditedFrame> holdShownFrame(Session& session, const QString& what);

/// Alt or Ctrl: for the time of a drag the tool takes away what it otherwise adds.
[[nodiscard]] bool takesAway(const ToolPointer& pointer) noexcept;

}  // namespace mcj
