#pragma once

#include <QAction>
#include <QKeySequence>
#include <QList>
#include <QObject>
#include <map>
#include <span>
#include <string_view>
#include <vector>

namespace mcj {

/// Everything the user can do by menu, button or key.
enum class ActionId {
    Open,
    OpenFolder,
    OpenSample,
    Save,
    Export,
    ExportMasks,
    ExportFrame,
    ImportMask,
    CloseVideo,
    Quit,
    Undo,
    Redo,
    NewObject,
    RemoveObject,
    ClearFrame,
    LockFrame,
    ToolPan,
    ToolBrush,
    ToolEraser,
    ToolSimilarity,
    BrushSmaller,
    BrushLarger,
    ClearQuery,
    PlayPause,
    StepBack,
    StepForward,
    JumpBack,
    JumpForward,
    First,
    Last,
    Loop,
    PropagateForward,
    PropagateBackward,
    Stop,
    ZoomIn,
    ZoomOut,
    ZoomFit,
    ZoomActual,
    FullScreen,
    HidePanels,
    ShowFlow,
    ShowWarpError,
    ShowConsistency,
    ShowOcclusion,
    ShowFeatureError,
    ShowSimilarity,
    Object1,
    Object2,
    Object3,
    Object4,
    Object5,
    Object6,
    Object7,
    Object8,
    Object9,
    Shortcuts,
    About,
};

/// One row of the table that menus, toolbar, tooltips and the list of shortcuts are made from.
struct ActionSpec {
    ActionId id;
    const char* name;  ///< objectName: "action_play"
    const char* menu;  ///< menu it stands in; empty: none
    const char* text;  ///< "&Play or pause"
    const char* keys;  ///< "Space; K": the first is shown, the others work too
    const char* tip;   ///< one sentence
    const char* icon;  ///< ":/icons/ICON.svg"; may be empty
    enum Kind { Trigger, Toggle, Tool } kind = Trigger;
    bool separatorBefore = false;
};

[[nodiscard]] std::span<const ActionSpec> actionTable();

/// "Space, K"
[[nodiscard]] QString shortcutText(const ActionSpec& spec);

/// The QActions of one window, made from the table.
class Actions : public QObject {
    Q_OBJECT
public:
    explicit Actions(QObject* parent);
    [[nodiscard]] QAction& operator[](ActionId id) const { return *actions_.at(id); }
    [[nodiscard]] std::vector<QAction*> all() const;

private:
    std::map<ActionId, QAction*> actions_;
};

}  // namespace mcj
