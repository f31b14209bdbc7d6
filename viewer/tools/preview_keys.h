#pragma once

namespace mcj {

class Session;

// Keys for the preview of the mask editor, whatever tool is in use: Enter accepts, Escape rejects.
// A preview of a single frame is meant only while that frame is on screen.

/// Whether `key`, pressed without Shift, Ctrl and Alt, means the preview or its computation.
[[nodiscard]] bool claimsPreviewKey(const Session& session, int key);

/// Accepts or rejects. Returns whether the key meant the preview.
bool takePreviewKey(Session& session, int key);

}  // namespace mcj
