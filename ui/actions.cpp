#include "ui/actions.h"

#include <QActionGroup>
#include <QCoreApplication>
#include <array>

#include "ui/theme.h"

namespace mcj {
namespace {

using Id = ActionId;
using Spec = ActionSpec;

// One place for every key: FEATURES of neighbouring tools decide which (players, napari, Cutie).
constexpr std::array kTable{
    Spec{Id::Open, "action_open", "&File", "&Open video...", "Ctrl+O",
         "Open a video, an image of a sequence, or a project", "open"},
    Spec{Id::OpenFolder, "action_open_folder", "&File", "Open image &folder...", "Ctrl+Shift+O",
         "Open a folder of numbered images as a video", ""},
    Spec{Id::OpenSample, "action_open_sample", "&File", "Open the s&ample", "",
         "Open the clip that ships with the program", ""},
    Spec{Id::Save, "action_save", "&File", "&Save project", "Ctrl+S",
         "Write masks and settings now; edits are saved by themselves", "", Spec::Trigger, true},
    Spec{Id::ImportMask, "action_import_mask", "&File", "&Import mask for this frame...", "Ctrl+I",
         "Read a mask PNG (indexed, grey or DAVIS colours) for the frame on screen", ""},
    Spec{Id::Export, "action_export", "&File", "&Export...", "Ctrl+E",
         "Write masks, the shown frame, or maps of many frames", "export", Spec::Trigger, true},
    Spec{Id::ExportMasks, "action_export_masks", "&File", "Export &masks (DAVIS PNG)...",
         "Ctrl+Shift+E", "Write every mask as an indexed PNG with the DAVIS palette", ""},
    Spec{Id::ExportFrame, "action_export_frame", "&File", "Export shown f&rame...", "Ctrl+Shift+P",
         "Write the picture as it is shown, with the legend, as a PNG", ""},
    Spec{Id::CloseVideo, "action_close", "&File", "&Close video", "Ctrl+W", "Close the video", "",
         Spec::Trigger, true},
    Spec{Id::Quit, "action_quit", "&File", "&Quit", "Ctrl+Q", "Leave the program", ""},

    Spec{Id::Undo, "action_undo", "&Edit", "&Undo", "Ctrl+Z", "Take the last change back", "undo"},
    Spec{Id::Redo, "action_redo", "&Edit", "&Redo", "Ctrl+Shift+Z; Ctrl+Y",
         "Do the change again that was taken back", "redo"},
    Spec{Id::NewObject, "action_new_object", "&Edit", "&New object", "M",
         "Add an object and paint it next", "", Spec::Trigger, true},
    Spec{Id::RemoveObject, "action_remove_object", "&Edit", "Remove &object", "Ctrl+Backspace",
         "Remove the chosen object from every frame", ""},
    Spec{Id::ClearFrame, "action_clear_frame", "&Edit", "&Clear mask of this frame", "Ctrl+Delete",
         "Remove the mask of the frame on screen", ""},
    Spec{Id::LockFrame, "action_lock_frame", "&Edit", "&Lock this frame", "L",
         "Keep this frame's mask: propagation never changes a locked frame", "lock", Spec::Toggle},

    Spec{Id::ToolPan, "action_tool_pan", "&Tools", "&Pan", "V",
         "Drag moves the picture; the wheel zooms at the cursor", "pan", Spec::Tool},
    Spec{Id::ToolBrush, "action_tool_brush", "&Tools", "P&aint", "P",
         "Drag paints the chosen object", "brush", Spec::Tool},
    Spec{Id::ToolEraser, "action_tool_eraser", "&Tools", "&Erase", "E", "Drag erases objects",
         "eraser", Spec::Tool},
    Spec{Id::ToolSimilarity, "action_tool_similarity", "&Tools", "&Similarity", "S",
         "Click a point: the map shows what looks like it, in this and every other frame",
         "similarity", Spec::Tool},
    Spec{Id::BrushSmaller, "action_brush_smaller", "&Tools", "S&maller brush", "[",
         "Make the brush smaller", "", Spec::Trigger, true},
    Spec{Id::BrushLarger, "action_brush_larger", "&Tools", "&Larger brush", "]",
         "Make the brush larger", ""},
    Spec{Id::ClearQuery, "action_clear_query", "&Tools", "&Forget the clicked point", "Shift+S",
         "Remove the similarity point and its map", "", Spec::Trigger, true},

    Spec{Id::PlayPause, "action_play", "&Play", "&Play or pause", "Space; K",
         "Play at the video's own rate", "play"},
    Spec{Id::StepBack, "action_step_back", "&Play", "Frame &back", "Left; ,", "One frame back",
         "step-back"},
    Spec{Id::StepForward, "action_step_forward", "&Play", "Frame &forward", "Right; .",
         "One frame forward", "step-forward"},
    Spec{Id::JumpBack, "action_jump_back", "&Play", "10 frames back", "Shift+Left; J",
         "Ten frames back", ""},
    Spec{Id::JumpForward, "action_jump_forward", "&Play", "10 frames forward", "Shift+Right",
         "Ten frames forward", ""},
    Spec{Id::First, "action_first", "&Play", "F&irst frame", "Home", "To the first frame", "first"},
    Spec{Id::Last, "action_last", "&Play", "&Last frame", "End", "To the last frame", "last"},
    Spec{Id::Loop, "action_loop", "&Play", "L&oop", "Ctrl+L", "Begin again at the end", "loop",
         Spec::Toggle, true},

    Spec{Id::PropagateBackward, "action_propagate_backward", "P&ropagate", "Propagate &backward",
         "B", "Carry this frame's mask to the frames before it", "propagate-backward"},
    Spec{Id::PropagateForward, "action_propagate_forward", "P&ropagate", "Propagate &forward", "F",
         "Carry this frame's mask to the frames after it", "propagate-forward"},
    Spec{Id::Stop, "action_stop", "P&ropagate", "&Stop", "Esc",
         "Stop the running work; finished frames are kept", "stop"},

    Spec{Id::ZoomIn, "action_zoom_in", "&View", "Zoom &in", "+; =", "Larger", ""},
    Spec{Id::ZoomOut, "action_zoom_out", "&View", "Zoom &out", "-", "Smaller", ""},
    Spec{Id::ZoomFit, "action_zoom_fit", "&View", "&Fit to window", "0", "Show the whole picture",
         "fit"},
    Spec{Id::ZoomActual, "action_zoom_actual", "&View", "&Actual pixels", "Ctrl+1",
         "One pixel of the video on one pixel of the screen", "actual"},
    Spec{Id::ShowFlow, "action_show_flow", "&View", "Flow only", "Ctrl+F1",
         "Show the image and the flow", "", Spec::Trigger, true},
    Spec{Id::ShowWarpError, "action_show_warp_error", "&View", "Warp error only", "Ctrl+F2",
         "Show the image and the warp error", ""},
    Spec{Id::ShowConsistency, "action_show_consistency", "&View", "Consistency only", "Ctrl+F3",
         "Show the image and the forward-backward error", ""},
    Spec{Id::ShowOcclusion, "action_show_occlusion", "&View", "Occlusion only", "Ctrl+F4",
         "Show the image and the occlusion", ""},
    Spec{Id::ShowFeatureError, "action_show_feature_error", "&View", "Feature error only",
         "Ctrl+F5", "Show the image and the feature error", ""},
    Spec{Id::ShowSimilarity, "action_show_similarity", "&View", "Similarity only", "Ctrl+F6",
         "Show the image and the similarity to the clicked point", ""},
    Spec{Id::FullScreen, "action_full_screen", "&View", "F&ull screen", "F11",
         "Fill the screen, or leave it", "", Spec::Toggle, true},
    Spec{Id::HidePanels, "action_hide_panels", "&View", "&Hide panels", "Ctrl+B",
         "Leave only the picture and the timeline", "", Spec::Toggle},

    Spec{Id::Object1, "action_object_1", "", "Object 1", "1", "Paint object 1", ""},
    Spec{Id::Object2, "action_object_2", "", "Object 2", "2", "Paint object 2", ""},
    Spec{Id::Object3, "action_object_3", "", "Object 3", "3", "Paint object 3", ""},
    Spec{Id::Object4, "action_object_4", "", "Object 4", "4", "Paint object 4", ""},
    Spec{Id::Object5, "action_object_5", "", "Object 5", "5", "Paint object 5", ""},
    Spec{Id::Object6, "action_object_6", "", "Object 6", "6", "Paint object 6", ""},
    Spec{Id::Object7, "action_object_7", "", "Object 7", "7", "Paint object 7", ""},
    Spec{Id::Object8, "action_object_8", "", "Object 8", "8", "Paint object 8", ""},
    Spec{Id::Object9, "action_object_9", "", "Object 9", "9", "Paint object 9", ""},

    Spec{Id::Shortcuts, "action_shortcuts", "&Help", "&Keyboard and mouse", "F1; ?",
         "List every key", ""},
    Spec{Id::About, "action_about", "&Help", "&About", "", "Version, model and device", ""},
};

QList<QKeySequence> keysOf(const ActionSpec& spec) {
    QList<QKeySequence> keys;
    const QString text = QString::fromLatin1(spec.keys);
    for (const QString& part : text.split(QStringLiteral("; "), Qt::SkipEmptyParts)) {
        keys << QKeySequence(part, QKeySequence::PortableText);
    }
    return keys;
}

}  // namespace

std::span<const ActionSpec> actionTable() { return kTable; }

QString shortcutText(const ActionSpec& spec) {
    QStringList parts;
    for (const QKeySequence& key : keysOf(spec)) parts << key.toString(QKeySequence::NativeText);
    return parts.join(QStringLiteral(", "));
}

Actions::Actions(QObject* parent) : QObject(parent) {
    auto* tools = new QActionGroup(this);
    for (const ActionSpec& spec : kTable) {
        auto* action = new QAction(QCoreApplication::translate("Actions", spec.text), this);
        action->setObjectName(QLatin1String(spec.name));
        action->setShortcuts(keysOf(spec));
        const QString tip = QCoreApplication::translate("Actions", spec.tip);
        const QString keys = shortcutText(spec);
        action->setToolTip(keys.isEmpty()
                               ? tip
                               : QStringLiteral("%1  <span style='color:#98a0ac'>(%2)</span>")
                                     .arg(tip.toHtmlEscaped(), keys.toHtmlEscaped()));
        action->setStatusTip(tip);
        action->setIcon(themeIcon(QLatin1String(spec.icon)));
        action->setIconVisibleInMenu(false);
        action->setCheckable(spec.kind != ActionSpec::Trigger);
        if (spec.kind == ActionSpec::Tool) tools->addAction(action);
        actions_[spec.id] = action;
    }
    actions_.at(ActionId::ToolPan)->setChecked(true);
}

std::vector<QAction*> Actions::all() const {
    std::vector<QAction*> list;
    for (const ActionSpec& spec : kTable) list.push_back(actions_.at(spec.id));
    return list;
}

}  // namespace mcj
