#pragma once

namespace mcj {

/// What the left mouse button does on the canvas.
enum class ToolKind {
    Pan,         ///< drag moves the picture
    Brush,       ///< drag paints the active object
    Eraser,      ///< drag clears every object
    Polygon,     ///< clicks place the points of an outline
    Lasso,       ///< drag draws an outline
    Fill,        ///< click gives a connected area to the active object
    CutOut,      ///< drags mark object and background
    Wand,        ///< click proposes the region with similar features
    Similarity,  ///< click or drag sets the query point
};

}  // namespace mcj
