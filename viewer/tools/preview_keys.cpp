#include "viewer/tools/preview_keys.h"

#include "viewer/session/session.h"

namespace mcj {
namespace {

bool showsPreview(const Session& session) {
    const MaskPreview* preview = session.masks().preview();
    const FramePtr& shown = session.playhead().shown();
    if (preview == nullptr || !shown) return false;
    return preview->frames.size() > 1 || preview->frames.front().frame == shown->index;
}

bool isEnter(int key) { return key == Qt::Key_Return || key == Qt::Key_Enter; }

}  // namespace

bool claimsPreviewKey(const Session& session, int key) {
    if (isEnter(key)) return showsPreview(session);
    return key == Qt::Key_Escape && (showsPreview(session) || session.maskTools().proposals.busy());
}

bool takePreviewKey(Session& session, int key) {
    if (!claimsPreviewKey(session, key)) return false;
    if (isEnter(key)) {
        session.masks().acceptPreview();
    } else {
        session.maskTools().proposals.reject();
    }
    return true;
}

}  // namespace mcj
