#include "viewer/tools/cut_out_tool.h"

#include <utility>

#include "segmentation/cut_out.h"
#include "viewer/session/session.h"

namespace mcj {

CutOutTool::CutOutTool(Session& session) : session_(session) {
    QObject::connect(&session.masks(), &MaskEditor::editStarting, &listener_, [this] { forget(); });
    QObject::connect(&session.maskTools().proposals, &MaskProposals::rejected, &listener_,
                     [this] { forget(); });
    QObject::connect(&session.document(), &Document::reset, &listener_, [this] { forget(); });
}

void CutOutTool::press(const ToolPointer& pointer) {
    dragging_ = false;
    const auto on = holdShownFrame(session_, Session::tr("Cutting out"));
    if (!on || !session_.masks().changeable(on->frame)) return;
    if (!open()) forget();
    frame_ = session_.playhead().shown();
    scribbles_.push_back({{}, takesAway(pointer) ? StrokeMode::Erase : StrokeMode::Paint});
    dragging_ = true;
    drag(pointer);
}

void CutOutTool::drag(const ToolPointer& pointer) {
    if (dragging_ && open()) scribbles_.back().points.push_back(pointer.at);
}

void CutOutTool::release(const ToolPointer& pointer) {
    if (!dragging_) return;
    drag(pointer);
    dragging_ = false;
    if (open()) propose();
}

void CutOutTool::cancel() {
    if (std::exchange(dragging_, false)) scribbles_.pop_back();
}

bool CutOutTool::claims(int key) const {
    return open() && (key == Qt::Key_Escape || key == Qt::Key_Backspace);
}

bool CutOutTool::key(int key, Qt::KeyboardModifiers) {
    if (!claims(key)) return false;
    dragging_ = false;
    if (key == Qt::Key_Backspace) scribbles_.pop_back();
    if (key == Qt::Key_Escape || scribbles_.empty()) {
        session_.maskTools().proposals.reject();
    } else {
        propose();
    }
    return true;
}

ToolOverlay CutOutTool::overlay() const {
    ToolOverlay shown{.hidesValues = true};
    if (open()) shown.scribbles = scribbles_;
    return shown;
}

void CutOutTool::forget() {
    scribbles_.clear();
    dragging_ = false;
}

bool CutOutTool::open() const {
    const FramePtr& shown = session_.playhead().shown();
    return !scribbles_.empty() && shown && shown->source == frame_->source &&
           shown->index == frame_->index;
}

void CutOutTool::propose() {
    std::vector<Scribble> scribbles;
    for (const ToolScribble& drawn : scribbles_) {
        Scribble scribble;
        scribble.marks =
            drawn.mode == StrokeMode::Paint ? Scribble::Marks::Object : Scribble::Marks::Background;
        for (const ImagePos& point : drawn.points) scribble.points.push_back(pointOf(point));
        scribbles.push_back(std::move(scribble));
    }
    const MaskEntry* entry = session_.masks().track().find(frame_->index);
    const PackedMaskPtr before = entry != nullptr ? entry->packed : nullptr;
    const ObjectId object = session_.masks().activeObject();
    session_.maskTools().proposals.propose(
        MaskProposals::tr("Cutting out"),
        [frame = frame_, before, object, rules = session_.masks().rules(),
         scribbles = std::move(scribbles)](const StopToken& stop) {
            MaskPreview preview;
            preview.text = MaskProposals::tr("Cut out object %1").arg(object);
            preview.object = object;
            const Region region = cutOut(frame->rgb, scribbles, {}, stop);
            const PackedMaskPtr after =
                packRegion(before, region, BrushAction::Paint, object, rules);
            if (after) preview.frames.push_back({frame->index, before, after});
            return preview;
        });
}

}  // namespace mcj
