#include "viewer/canvas/imgui_overlay.h"

#include <backends/imgui_impl_opengl3.h>
#include <imgui.h>

#include <QOpenGLFunctions_3_3_Core>
#include <cmath>

#include "media/base/error.h"
#include "media/figure/figure_font.h"
#include "media/figure/legends.h"
#include "viewer/canvas/gl_texture.h"
#include "viewer/canvas/overlay_painter.h"

namespace mcj {

namespace {

/// Line height as defined by Dear ImGui (ascent to descent); DejaVu Sans then has an em of 13 px.
constexpr float kFontPx = 15.0F;
/// Diameter of the flow wheel, logical pixels.
constexpr float kDiscPx = 84.0F;

/// Latin-1, general punctuation, arrows, the minus sign.
constexpr std::array<ImWchar, 9> kGlyphs{0x20,   0xff,   0x2010, 0x2027, 0x2190,
                                         0x2193, 0x2212, 0x2212, 0};

ImTextureID textureId(const GlTexture& texture) {
    return reinterpret_cast<ImTextureID>(static_cast<std::intptr_t>(texture.id()));
}

}  // namespace

struct ImguiOverlay::Impl {
    explicit Impl(QOpenGLFunctions_3_3_Core& functions)
        : gl(functions), disc(functions), strip(functions) {}

    void makeFont(float pixelRatio);
    void makeLegends(const OverlayData& data, float pixelRatio, LegendTextures& textures);

    QOpenGLFunctions_3_3_Core& gl;
    ImGuiContext* context = nullptr;
    GlTexture disc;
    GlTexture strip;
    std::optional<FlowWheel> discWheel;
    std::optional<Colormap> stripColors;
    float fontRatio = 0.0F;
};

void ImguiOverlay::Impl::makeFont(float pixelRatio) {
    if (pixelRatio == fontRatio) return;
    fontRatio = pixelRatio;
    ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    atlas.Clear();
    ImFontConfig config;
    config.FontDataOwnedByAtlas = false;
    config.PixelSnapH = true;
    config.OversampleH = 1;
    const auto file = fontFile(TextWeight::Regular);
    // Dear ImGui takes no const data; the atlas only reads it.
    atlas.AddFontFromMemoryTTF(const_cast<std::uint8_t*>(file.data()),
                               static_cast<int>(file.size()), std::round(kFontPx * pixelRatio),
                               &config, kGlyphs.data());
    ImGui_ImplOpenGL3_CreateFontsTexture();
}

void ImguiOverlay::Impl::makeLegends(const OverlayData& data, float pixelRatio,
                                     LegendTextures& textures) {
    if (data.flow) {
        const int diameter = static_cast<int>(std::lround(kDiscPx * pixelRatio));
        if (discWheel != data.flow->wheel || disc.size().width != diameter) {
            const Raster<std::uint8_t> picture = flowDisc(data.flow->wheel, diameter);
            disc.upload(TexelFormat::Rgba8, picture.size(), picture.data());
            discWheel = data.flow->wheel;
        }
        textures.disc = textureId(disc);
        textures.discPx = static_cast<float>(diameter);
    }
    if (data.colorBar) {
        if (stripColors != data.colorBar->colors) {
            const Raster<std::uint8_t> picture = colorStrip(data.colorBar->colors);
            strip.upload(TexelFormat::Rgb8, picture.size(), picture.data());
            strip.bind(0, Sampling::Linear);
            stripColors = data.colorBar->colors;
        }
        textures.strip = textureId(strip);
    }
}

ImguiOverlay::ImguiOverlay(QOpenGLFunctions_3_3_Core& gl) : impl_(std::make_unique<Impl>(gl)) {
    // Each overlay has its own atlas and context, because canvases are independent.
    impl_->context = ImGui::CreateContext();
    ImGui::SetCurrentContext(impl_->context);
    ImGuiIO& io = ImGui::GetIO();
    io.IniFilename = nullptr;
    io.LogFilename = nullptr;
    io.ConfigFlags |= ImGuiConfigFlags_NoMouse | ImGuiConfigFlags_NoMouseCursorChange;
    if (ImGui_ImplOpenGL3_Init("#version 330 core")) return;
    ImGui::DestroyContext(impl_->context);
    throw Error(ErrorCode::Device, "the overlay cannot use this system's OpenGL",
                "Update the graphics driver, or start with LIBGL_ALWAYS_SOFTWARE=1.");
}

ImguiOverlay::~ImguiOverlay() {
    ImGui::SetCurrentContext(impl_->context);
    ImGui_ImplOpenGL3_Shutdown();
    ImGui::DestroyContext(impl_->context);
}

void ImguiOverlay::draw(const OverlayData& data, BoxPx part, SizePx framebuffer,
                        double devicePixelRatio) {
    const SizePx device = part.size();
    if (part.empty()) return;
    ImGui::SetCurrentContext(impl_->context);
    const auto ratio = static_cast<float>(devicePixelRatio);
    impl_->makeFont(ratio);
    LegendTextures textures;
    impl_->makeLegends(data, ratio, textures);

    // Dear ImGui's unit is the device pixel here, so that rasterised text is not scaled.
    ImGuiIO& io = ImGui::GetIO();
    io.DisplaySize = {static_cast<float>(device.width), static_cast<float>(device.height)};
    io.DeltaTime = 1.0F / 60.0F;
    ImGui_ImplOpenGL3_NewFrame();
    ImGui::NewFrame();
    // Draw into a draw list: windows would get their size one frame late, and this canvas is
    // painted only when its content changes.
    OverlayPainter painter(*ImGui::GetForegroundDrawList(), *ImGui::GetFont(), device, ratio);
    painter.paint(data, textures);
    ImGui::Render();
    // The backend's viewport is the whole framebuffer: move the part to its place there.
    ImDrawData& drawn = *ImGui::GetDrawData();
    drawn.DisplayPos = {-static_cast<float>(part.x0), -static_cast<float>(part.y0)};
    drawn.DisplaySize = {static_cast<float>(framebuffer.width),
                         static_cast<float>(framebuffer.height)};
    ImGui_ImplOpenGL3_RenderDrawData(&drawn);
}

}  // namespace mcj
