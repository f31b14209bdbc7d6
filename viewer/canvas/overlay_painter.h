#pragma once

#include <cstdint>
#include <string>

#include "viewer/canvas/imgui_overlay.h"

struct ImDrawList;
struct ImFont;
struct ImVec2;

namespace mcj {

/// Textures of the legends as ImTextureID; null: none.
struct LegendTextures {
    void* disc = nullptr;
    float discPx = 0.0F;  ///< side of the disc's texture, device pixels
    void* strip = nullptr;
};

/// Adds one frame of the overlay to a draw list. Coordinates are device pixels; sizes given in
/// logical pixels are multiplied by the pixel ratio. Keeps no state beyond one frame.
class OverlayPainter {
public:
    OverlayPainter(ImDrawList& list, ImFont& font, SizePx device, float ratio);

    void paint(const OverlayData& data, const LegendTextures& textures);

private:
    enum class Tone { Normal, Dim, Bright };

    [[nodiscard]] float px(float logical) const { return logical * ratio_; }
    [[nodiscard]] ImVec2 textSize(const std::string& text) const;
    void text(ImVec2 at, const std::string& words, Tone tone = Tone::Normal);
    void panel(ImVec2 from, ImVec2 size, std::uint32_t fill);
    void lines(const OverlayData& data);
    void status(const OverlayData& data);
    void flowLegend(const FlowLegend& legend, const LegendTextures& textures);
    void colorBar(const ColorBar& bar, const LegendTextures& textures);
    void probe(const Probe& probe);
    void brush(const BrushOutline& outline);
    void outline(const OutlineMark& mark);
    void scribble(const ScribbleMark& mark);
    void pin(const PinMark& mark);
    void query(DevicePos at);
    void match(const MatchMark& mark);
    void message(const OverlayData& data);
    void caption(const std::string& words);
    void cross(DevicePos at);
    void wipe(const WipeMark& mark);
    void frame();

    ImDrawList& list_;
    ImFont& font_;
    float width_;  ///< of the framebuffer, device pixels
    float height_;
    float ratio_;
    float line_;  ///< height of a line of text
};

}  // namespace mcj
