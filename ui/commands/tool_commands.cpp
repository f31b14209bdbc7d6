#include "ui/command_registry.h"
#include "ui/commands/commands.h"
#include "ui/layers_dock.h"
#include "ui/main_window.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/canvas/key_pointer.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

constexpr float kBrushStep = 1.25F;

QString toolsMenu() { return tr("&Tools"); }

void chooseTool(Session& session, MainWindow& window, ToolKind kind) {
    window.canvas().setTool(kind);
    if (kind != ToolKind::Similarity && kind != ToolKind::Wand) return;
    if (kind == ToolKind::Similarity) window.layers().choose(kSimilarityLayer);
    if (session.view().engine().state == EngineState::Failed) {
        window.say(warningNotice(kind == ToolKind::Wand ? tr("The feature wand requires a model")
                                                        : tr("Similarity requires a model"),
                                 tr("Start the program with --model FILE to load a model.")));
    }
}

void pickObject(Session& session, MainWindow& window) {
    const std::optional<PointPx> at = window.canvas().hoveredPixel();
    const FramePtr& shown = session.view().frame();
    if (!at || !shown || session.masks().pickObject(shown->index, *at)) return;
    window.say(warningNotice(tr("There is no object under the pointer")));
}

void swapPaintAndErase(MainWindow& window) {
    CanvasWidget& canvas = window.canvas();
    canvas.setTool(canvas.tool() == ToolKind::Brush ? ToolKind::Eraser : ToolKind::Brush);
}

/// Whether the mask of the shown frame has the active object.
bool showsActiveObject(const Session& session) {
    const FramePtr& frame = session.view().frame();
    const MaskPtr mask = frame ? session.mask() : nullptr;
    return mask && mask->size() == frame->size() && !session.masks().stroking() &&
           areaOf(*mask, session.masks().activeObject()) > 0;
}

void searchObject(Session& session, MainWindow& window) {
    // Not left to the command being disabled: the mask may have changed since then.
    if (!showsActiveObject(session)) return;
    session.view().setQuery(objectRegion(session.mask()->labels, session.masks().activeObject()));
    window.layers().choose(kSimilarityLayer);
}

void scaleBrush(Session& session, float factor) {
    MaskEditor& masks = session.masks();
    masks.setBrushRadiusPx(masks.brushRadiusPx() * factor);
}

void addModes(CommandRegistry& registry, Session& session, MainWindow& window) {
    struct Row {
        ToolKind kind;
        const char* id;
        QString text;
        QString keys;
        QString tip;
        const char* icon;
    };
    const QString menu = toolsMenu();
    for (const Row& row :
         {Row{ToolKind::Pan, "tool_pan", tr("&Pan"), "V",
              tr("Drag moves the picture; the wheel zooms at the pointer"), "pan"},
          Row{ToolKind::Brush, "tool_brush", tr("P&aint"), "P",
              tr("Drag paints the selected object; with Ctrl or Alt it erases"), "brush"},
          Row{ToolKind::Eraser, "tool_eraser", tr("&Erase"), "E", tr("Drag erases objects"),
              "eraser"},
          Row{ToolKind::Polygon, "tool_polygon", tr("Poly&gon"), "G",
              tr("Click to place points; double click or Enter closes the outline; begin with Alt "
                 "or Ctrl to remove pixels from the object"),
              "polygon"},
          Row{ToolKind::Lasso, "tool_lasso", tr("Lass&o"), "Shift+G",
              tr("Drag an outline around the selected object; with Alt or Ctrl, pixels are removed "
                 "from it"),
              "lasso"},
          Row{ToolKind::Fill, "tool_fill", tr("&Fill"), "U",
              tr("Click fills the connected area with the selected object; with Alt or Ctrl it "
                 "becomes background"),
              "fill"},
          Row{ToolKind::CutOut, "tool_cut_out", tr("Cut ou&t"), "T",
              tr("Drag over the object, and with Alt or Ctrl over the background; Enter keeps the "
                 "proposal, Esc drops it, Backspace removes the last line"),
              "cut-out"},
          Row{ToolKind::Wand, "tool_wand", tr("Feature wa&nd"), "W",
              tr("Click proposes the region with similar features; drag right for more, left for "
                 "less; Enter keeps it, Esc drops it"),
              "wand"},
          Row{ToolKind::Similarity, "tool_similarity", tr("&Similarity"), "S",
              tr("Click a point to find similar content in this and all other frames; Shift+click "
                 "adds another pin"),
              "similarity"}}) {
        registry.add(
            {.id = row.id,
             .menu = menu,
             .text = row.text,
             .tip = row.tip,
             .keys = row.keys,
             .icon = row.icon,
             .kind = Command::Kind::Tool,
             .run = [&session, &window, kind = row.kind] { chooseTool(session, window, kind); },
             .checked = [&window, kind = row.kind] { return window.canvas().tool() == kind; }});
    }
}

void addChoiceCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = toolsMenu();
    registry.add({.id = "pick_object",
                  .menu = menu,
                  .text = tr("Pi&ck object"),
                  .tip = tr("Select the object under the pointer"),
                  .keys = "A",
                  .separatorBefore = true,
                  .run = [&session, &window] { pickObject(session, window); },
                  .enabled = [&session] { return session.view().frame() != nullptr; }});
    registry.add({.id = "swap_paint_erase",
                  .menu = menu,
                  .text = tr("S&wap paint and erase"),
                  .tip = tr("Switch from painting to erasing, or back"),
                  .keys = "Q",
                  .run = [&window] { swapPaintAndErase(window); }});
}

void addBrushCommands(CommandRegistry& registry, Session& session) {
    const QString menu = toolsMenu();
    registry.add({.id = "brush_smaller",
                  .menu = menu,
                  .text = tr("S&maller brush"),
                  .tip = tr("Make the brush smaller"),
                  .keys = "[",
                  .separatorBefore = true,
                  .run = [&session] { scaleBrush(session, 1.0F / kBrushStep); }});
    registry.add({.id = "brush_larger",
                  .menu = menu,
                  .text = tr("&Larger brush"),
                  .tip = tr("Make the brush larger"),
                  .keys = "]",
                  .run = [&session] { scaleBrush(session, kBrushStep); }});
    registry.add(
        {.id = "pen_pressure",
         .menu = menu,
         .text = tr("Pen pressure si&zes the brush"),
         .tip = tr("Less pressure of a pen paints with a smaller radius"),
         .kind = Command::Kind::Toggle,
         .toggle =
             [&session](bool on) {
                 session.masks().setPenPressure(on ? PenPressure::SizesBrush
                                                   : PenPressure::Ignored);
             },
         .checked =
             [&session] { return session.masks().penPressure() == PenPressure::SizesBrush; }});
    registry.add({.id = "smart_edge",
                  .menu = menu,
                  .text = tr("Strokes snap to ed&ges"),
                  .tip = tr("When a stroke ends, pixels are left out whose colour is closer to the "
                            "colour beside the stroke than to that along its centre line"),
                  .keys = "Shift+E",
                  .kind = Command::Kind::Toggle,
                  .toggle =
                      [&session](bool on) {
                          session.masks().setSmartEdge(on ? SmartEdge::On : SmartEdge::Off);
                      },
                  .checked = [&session] { return session.masks().smartEdge() == SmartEdge::On; }});
}

void addOverlapCommands(CommandRegistry& registry, Session& session) {
    registry.add({.id = "keep_below",
                  .menu = toolsMenu(),
                  .text = tr("Keep what lies &below"),
                  .tip = tr("Objects may overlap: one that is painted over keeps its pixels under "
                            "the other, and erasing shows them again"),
                  .keys = "Shift+U",
                  .kind = Command::Kind::Toggle,
                  .toggle =
                      [&session](bool on) {
                          session.masks().setOverlaps(on ? Overlaps::Keep : Overlaps::Replace);
                      },
                  .enabled = [&session] { return session.document().ready(); },
                  .checked = [&session] { return session.masks().overlaps() == Overlaps::Keep; }});
}

void addWandCommands(CommandRegistry& registry, Session& session) {
    registry.add(
        {.id = "wand_connected",
         .menu = toolsMenu(),
         .text = tr("Wand selects connec&ted areas only"),
         .tip = tr("The feature wand leaves out similar areas that are not connected to the "
                   "clicked pixel"),
         .kind = Command::Kind::Toggle,
         .toggle =
             [&session](bool on) {
                 session.maskTools().wand.setReach(on ? RegionReach::Connected
                                                      : RegionReach::Everywhere);
             },
         .checked =
             [&session] { return session.maskTools().wand.reach() == RegionReach::Connected; }});
}

void addPinCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    const QString menu = toolsMenu();
    registry.add(
        {.id = "similarity_of_object",
         .menu = menu,
         .text = tr("Similarity of the &object"),
         .tip = tr("Find content similar to the selected object in this and all other frames, by "
                   "the mean of the features inside its current mask on this frame"),
         .keys = "Ctrl+Alt+S",
         .separatorBefore = true,
         .run = [&session, &window] { searchObject(session, window); },
         .enabled = [&session] { return showsActiveObject(session); }});
    registry.add({.id = "clear_query",
                  .menu = menu,
                  .text = tr("&Remove pin"),
                  .tip = tr("Remove the selected pin of the similarity tool"),
                  .keys = "Shift+S",
                  .separatorBefore = true,
                  .run = [&session] { session.view().clearQuery(); },
                  .enabled = [&session] { return !session.view().pins().empty(); }});
    registry.add({.id = "clear_pins",
                  .menu = menu,
                  .text = tr("Remove all p&ins"),
                  .tip = tr("Remove all pins of the similarity tool"),
                  .run = [&session] { session.view().clearPins(); },
                  .enabled = [&session] { return !session.view().pins().empty(); }});
    registry.add({.id = "pointer_keys",
                  .menu = menu,
                  .text = tr("Move the pointer by &keys"),
                  .tip = tr("Arrow keys move a cross-hair by 1 pixel, with Shift by 10; Enter "
                            "clicks with the tool, Escape ends it"),
                  .keys = "Shift+Q",
                  .kind = Command::Kind::Toggle,
                  .separatorBefore = true,
                  .toggle = [&window](bool on) { window.keyPointer().setActive(on); },
                  .enabled = [&session] { return showsPicture(session); },
                  .checked = [&window] { return window.keyPointer().active(); }});
}

}  // namespace

void addToolCommands(CommandRegistry& registry, Session& session, MainWindow& window) {
    addModes(registry, session, window);
    addChoiceCommands(registry, session, window);
    addBrushCommands(registry, session);
    addOverlapCommands(registry, session);
    addWandCommands(registry, session);
    addPinCommands(registry, session, window);
}

}  // namespace mcj
