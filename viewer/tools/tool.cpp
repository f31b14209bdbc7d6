#include "viewer/tools/tool.h"

#include <cmath>

#include "viewer/tools/brush_tool.h"
#include "viewer/tools/cut_out_tool.h"
#include "viewer/tools/fill_tool.h"
#include "viewer/tools/lasso_tool.h"
#include "viewer/tools/pan_zoom_tool.h"
#include "viewer/tools/polygon_tool.h"
#include "viewer/tools/similarity_tool.h"
#include "viewer/tools/wand_tool.h"

namespace mcj {

std::unique_ptr<Tool> makeTool(ToolKind kind, Session& session, ViewTransform& view) {
    switch (kind) {
    case ToolKind::Pan: return std::make_unique<PanZoomTool>(view);
    case ToolKind::Brush: return std::make_unique<BrushTool>(session, StrokeMode::Paint);
    case ToolKind::Eraser: return std::make_unique<BrushTool>(session, StrokeMode::Erase);
    case ToolKind::Polygon: return std::make_unique<PolygonTool>(session, view);
    case ToolKind::Lasso: return std::make_unique<LassoTool>(session);
    case ToolKind::Fill: return std::make_unique<FillTool>(session);
    case ToolKind::CutOut: return std::make_unique<CutOutTool>(session);
    case ToolKind::Wand: return std::make_unique<WandTool>(session);
    case ToolKind::Similarity: return std::make_unique<SimilarityTool>(session, view);
    }
    return std::make_unique<PanZoomTool>(view);
}

PointF pointOf(ImagePos pos) noexcept {
    return {static_cast<float>(pos.x), static_cast<float>(pos.y)};
}

PointPx pixelOf(ImagePos pos) noexcept {
    return {static_cast<int>(std::lround(pos.x)), static_cast<int>(std::lround(pos.y))};
}

}  // namespace mcj
