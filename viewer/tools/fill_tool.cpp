#include "viewer/tools/fill_tool.h"

#include "viewer/session/session.h"
#include "viewer/tools/edited_frame.h"

namespace mcj {

void FillTool::press(const ToolPointer& pointer) {
    const auto on = holdShownFrame(session_, Session::tr("Filling"));
    if (!on) return;
    session_.masks().fill(on->frame, takesAway(pointer) ? StrokeMode::Erase : StrokeMode::Paint,
                          pixelOf(pointer.at));
}

}  // namespace mcj
