#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "inference/analysis/product.h"
#include "media/base/colormap.h"
#include "media/base/flow_color.h"
#include "media/base/frame.h"
#include "segmentation/mask.h"
#include "viewer/session/layer.h"

class QOpenGLFunctions_3_3_Core;

namespace mcj {

enum class TexelFormat;
class GlTexture;
class ShaderProgram;
class ViewTransform;

struct ImageContent {
    FramePtr frame;
};
/// A computed picture on the grid of the frame.
struct ColorsContent {
    RgbPtr colors;
};
struct FlowContent {
    FlowPtr flow;
    float scalePx = 1.0F;  ///< motion at full saturation, > 0
    FlowWheel wheel = FlowWheel::Middlebury;
};
struct ScalarContent {
    ScalarMapPtr map;
    Colormap colors = Colormap::Viridis;
    float low = 0.0F;  ///< of the range; `scalarSpan` gives the values at the colours' ends
    float high = 1.0F;
};

/// Colours of labels 0..255, RGBA; alpha 0 is not drawn.
using LabelPalette = std::array<std::array<std::uint8_t, 4>, 256>;
struct MaskContent {
    MaskPtr mask;
    MaskPtr covered;  ///< the objects below those on top (`MaskEditor::covered`); null for none
    const LabelPalette* palette = nullptr;  ///< must be valid during `draw`
    std::uint64_t paletteRevision = 0;
    float contourPx = 1.5F;       ///< line along object edges, device pixels; 0: none
    float hatchPx = 8.0F;         ///< period of the stripes, device pixels
    bool hatchesObjects = false;  ///< stripes on objects as on void
    /// The region that differs from the given revision of the same frame's mask. `nullopt`: the
    /// whole mask may differ.
    std::optional<BoxPx> changed;
    std::uint64_t changedSince = 0;
    FrameIndex frame = 0;  ///< of the mask
};

/// One layer to draw. Frames, flow and maps are immutable: another pointer means other pixels. A
/// mask may be painted in place: its pixels differ only if `revision` or its frame differs.
/// Opacity, scale, colours and palette may change at any time without an upload.
struct LayerDrawData {
    std::string layer;  ///< its id
    float opacity = 1.0F;
    std::uint64_t revision = 0;
    std::variant<ImageContent, ColorsContent, FlowContent, ScalarContent, MaskContent> content;
};

/// Draws layers, the first one lowest, into the bound framebuffer. Keeps one texture per layer and
/// uploads only changed pixels. Owns GL objects: every member, including the destructor, needs the
/// context of `gl` (3.3 core or newer) to be current. GUI thread. Errors: `Error{Device}` if
/// shaders do not compile or a picture is too large for the graphics system.
class LayerRenderer {
public:
    explicit LayerRenderer(QOpenGLFunctions_3_3_Core& gl);
    ~LayerRenderer();
    LayerRenderer(const LayerRenderer&) = delete;
    LayerRenderer& operator=(const LayerRenderer&) = delete;

    /// `view` positions the picture in the viewport; a scissor test limits it further. Layers
    /// without content or with opacity 0 are skipped; textures of layers that are not drawn are
    /// released.
    void draw(std::span<const LayerDrawData> layers, const ViewTransform& view);

    /// The revision of the pixels in the texture of `layer`; `nullopt` without a texture.
    [[nodiscard]] std::optional<std::uint64_t> uploadedRevision(const std::string& layer) const;
    /// Bytes uploaded to the graphics card so far.
    [[nodiscard]] std::size_t uploadedBytes() const noexcept { return uploadedBytes_; }

private:
    struct Slot {
        std::unique_ptr<GlTexture> texture;
        std::uint64_t revision = 0;
        FrameIndex maskFrame = 0;            ///< of the mask in the texture
        std::shared_ptr<const void> source;  ///< of what lies in the texture; held, so that its
                                             ///< address names nothing else
    };

    void drawContent(const LayerDrawData& layer, const ImageContent& image);
    void drawContent(const LayerDrawData& layer, const ColorsContent& colors);
    void drawContent(const LayerDrawData& layer, const FlowContent& flow);
    void drawPicture(const LayerDrawData& layer, const std::shared_ptr<const void>& source,
                     const Raster<std::uint8_t>& rgb);
    void drawContent(const LayerDrawData& layer, const ScalarContent& scalar);
    void drawContent(const LayerDrawData& layer, const MaskContent& mask);
    /// Uses a program and sets the uniforms that all programs share.
    ShaderProgram& begin(ShaderProgram& program, float opacity);
    void drawQuad();
    /// The slot of the layer, with a texture that may be empty.
    Slot& slotOf(const std::string& layer);
    /// The layer's texture, containing the texels of `source`.
    GlTexture& uploaded(const LayerDrawData& layer, TexelFormat format,
                        const std::shared_ptr<const void>& source, SizePx size, const void* texels);
    GlTexture& colormapTexture(Colormap colors);
    GlTexture& paletteTexture(const MaskContent& mask);
    GlTexture& coveredTexture(const MaskPtr& covered);

    QOpenGLFunctions_3_3_Core& gl_;
    std::unique_ptr<ShaderProgram> imageProgram_;
    std::unique_ptr<ShaderProgram> flowProgram_;
    std::unique_ptr<ShaderProgram> scalarProgram_;
    std::unique_ptr<ShaderProgram> maskProgram_;
    unsigned vertexArray_ = 0;
    std::map<std::string, Slot> slots_;
    std::map<Colormap, std::unique_ptr<GlTexture>> colormaps_;
    std::unique_ptr<GlTexture> palette_;
    std::unique_ptr<GlTexture> covered_;
    MaskPtr coveredSource_;  ///< of what lies in the texture
    std::optional<std::uint64_t> paletteRevision_;
    const ViewTransform* view_ = nullptr;  ///< during `draw`
    std::size_t uploadedBytes_ = 0;
};

}  // namespace mcj
