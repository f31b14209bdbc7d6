#pragma once

// Included by .cpp files only: it needs Dear ImGui.
#include <imgui.h>

#include <string>
#include <vector>

#include "viewer/canvas/imgui_overlay.h"

namespace mcj {

/// Textures that legends show, as Dear ImGui names them.
struct LegendTextures {
    ImTextureID disc = nullptr;
    float discPx = 0.0F;  ///< side of the disc's texture, device pixels
    ImTextureID strip = nullptr;
};

/// Puts one frame of overlay into a draw list. Coordinates are device pixels; sizes that are meant
/// for the eye are multiplied by the pixel ratio. Holds no state beyond one frame.
class OverlayPainter {
public:
    OverlayPainter(ImDrawList& list, ImFont& font, SizePx device, float ratio);

    void paint(const OverlayData& data, const LegendTextures& textures);

private:
    enum class Tone { Normal, Dim, Bright };

    [[nodiscard]] float px(float logical) const { return logical * ratio_; }
    [[nodiscard]] ImVec2 textSize(const std::string& text) const;
    void text(ImVec2 at, const std::string& words, Tone tone = Tone::Normal);
    void panel(ImVec2 from, ImVec2 size, ImU32 fill);
    void status(const OverlayData& data);
    void flowLegend(const FlowLegend& legend, const LegendTextures& textures);
    void colorBar(const ColorBar& bar, const LegendTextures& textures);
    void probe(const Probe& probe);
    void brush(const BrushOutline& outline);
    void query(DevicePos at);
    void match(const MatchMark& mark);
    void message(const OverlayData& data);

    ImDrawList& list_;
    ImFont& font_;
    ImVec2 device_;
    float ratio_;
    float line_;  ///< height of a line of text
};

}  // namespace mcj
