#include "viewer/canvas/layer_renderer.h"

#include <QOpenGLFunctions_3_3_Core>
#include <QString>
#include <QtGlobal>
#include <algorithm>

#include "viewer/canvas/gl_texture.h"
#include "viewer/canvas/shader_program.h"
#include "viewer/canvas/view_transform.h"

// The linker drops a resource of a static library unless it is referenced. The macro must be
// outside of namespaces.
static void initShaderResources() { Q_INIT_RESOURCE(shaders); }

namespace mcj {

namespace {

/// Below this scale bilinear reading skips pixels, so mipmaps are used.
constexpr double kMipmapScale = 0.5;

Sampling imageSampling(double deviceScale) {
    if (deviceScale >= 1.0) return Sampling::Nearest;
    return deviceScale >= kMipmapScale ? Sampling::Linear : Sampling::Mipmapped;
}

bool hasContent(const LayerDrawData& layer) {
    struct Visitor {
        bool operator()(const ImageContent& c) const { return c.frame && !c.frame->rgb.empty(); }
        bool operator()(const ColorsContent& c) const { return c.colors && !c.colors->empty(); }
        bool operator()(const FlowContent& c) const { return c.flow && !c.flow->vectors.empty(); }
        bool operator()(const ScalarContent& c) const { return c.map && !c.map->values.empty(); }
        bool operator()(const MaskContent& c) const {
            return c.mask && !c.mask->labels.empty() && c.palette != nullptr;
        }
    };
    return layer.opacity > 0.0F && std::visit(Visitor{}, layer.content);
}

std::unique_ptr<ShaderProgram> makeProgram(QOpenGLFunctions_3_3_Core& gl, const char* fragment) {
    return std::make_unique<ShaderProgram>(
        gl, QStringLiteral(":/shaders/layer.vert"),
        QStringLiteral(":/shaders/") + QString::fromLatin1(fragment));
}

}  // namespace

LayerRenderer::LayerRenderer(QOpenGLFunctions_3_3_Core& gl) : gl_(gl) {
    initShaderResources();
    imageProgram_ = makeProgram(gl, "image.frag");
    flowProgram_ = makeProgram(gl, "flow.frag");
    scalarProgram_ = makeProgram(gl, "scalar.frag");
    maskProgram_ = makeProgram(gl, "mask.frag");
    gl_.glGenVertexArrays(1, &vertexArray_);
}

LayerRenderer::~LayerRenderer() { gl_.glDeleteVertexArrays(1, &vertexArray_); }

void LayerRenderer::draw(std::span<const LayerDrawData> layers, const ViewTransform& view) {
    std::erase_if(slots_, [&](const auto& entry) {
        return std::none_of(layers.begin(), layers.end(), [&](const LayerDrawData& layer) {
            return layer.layer == entry.first && hasContent(layer);
        });
    });
    if (view.empty()) return;
    view_ = &view;
    gl_.glDisable(GL_DEPTH_TEST);
    gl_.glDisable(GL_CULL_FACE);
    gl_.glEnable(GL_BLEND);
    gl_.glBlendEquation(GL_FUNC_ADD);
    // Keep the framebuffer opaque: on some platforms the desktop shows through its alpha.
    gl_.glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
    gl_.glBindVertexArray(vertexArray_);
    for (const LayerDrawData& layer : layers) {
        if (!hasContent(layer)) continue;
        std::visit([&](const auto& content) { drawContent(layer, content); }, layer.content);
    }
    gl_.glBindVertexArray(0);
    gl_.glUseProgram(0);
    gl_.glDisable(GL_BLEND);
    gl_.glActiveTexture(GL_TEXTURE0);
    gl_.glBindTexture(GL_TEXTURE_2D, 0);
    view_ = nullptr;
}

std::optional<std::uint64_t> LayerRenderer::uploadedRevision(const std::string& layer) const {
    const auto entry = slots_.find(layer);
    if (entry == slots_.end()) return std::nullopt;
    return entry->second.revision;
}

LayerRenderer::Slot& LayerRenderer::slotOf(const std::string& layer) {
    Slot& slot = slots_[layer];
    if (!slot.texture) slot.texture = std::make_unique<GlTexture>(gl_);
    return slot;
}

GlTexture& LayerRenderer::uploaded(const LayerDrawData& layer, TexelFormat format,
                                   const std::shared_ptr<const void>& source, SizePx size,
                                   const void* texels) {
    Slot& slot = slotOf(layer.layer);
    if (slot.source != source) {
        const std::size_t before = slot.texture->uploadedBytes();
        slot.texture->upload(format, size, texels);
        slot.source = source;
        uploadedBytes_ += slot.texture->uploadedBytes() - before;
    }
    slot.revision = layer.revision;
    return *slot.texture;
}

ShaderProgram& LayerRenderer::begin(ShaderProgram& program, float opacity) {
    program.use();
    program.set("u_clipFromCorner", view_->clipFromCorner());
    program.set("u_imageSize", static_cast<float>(view_->imageSize().width),
                static_cast<float>(view_->imageSize().height));
    program.set("u_opacity", std::min(opacity, 1.0F));
    return program;
}

void LayerRenderer::drawQuad() { gl_.glDrawArrays(GL_TRIANGLE_STRIP, 0, 4); }

void LayerRenderer::drawContent(const LayerDrawData& layer, const ImageContent& image) {
    drawPicture(layer, image.frame, image.frame->rgb);
}

void LayerRenderer::drawContent(const LayerDrawData& layer, const ColorsContent& colors) {
    drawPicture(layer, colors.colors, *colors.colors);
}

void LayerRenderer::drawPicture(const LayerDrawData& layer,
                                const std::shared_ptr<const void>& source,
                                const Raster<std::uint8_t>& rgb) {
    GlTexture& texture = uploaded(layer, TexelFormat::Rgb8, source, rgb.size(), rgb.data());
    ShaderProgram& program = begin(*imageProgram_, layer.opacity);
    program.set("u_image", 0);
    texture.bind(0, imageSampling(view_->deviceScale()));
    drawQuad();
}

void LayerRenderer::drawContent(const LayerDrawData& layer, const FlowContent& flow) {
    GlTexture& texture = uploaded(layer, TexelFormat::Rg32f, flow.flow, flow.flow->size(),
                                  flow.flow->vectors.data());
    ShaderProgram& program = begin(*flowProgram_, layer.opacity);
    program.set("u_flow", 0);
    program.set("u_scalePx", flow.scalePx > 0.0F ? flow.scalePx : 1.0F);
    program.set("u_wheel", std::span(flowWheelRgb(flow.wheel)));
    texture.bind(0, Sampling::Nearest);
    drawQuad();
}

void LayerRenderer::drawContent(const LayerDrawData& layer, const ScalarContent& scalar) {
    GlTexture& texture = uploaded(layer, TexelFormat::R32f, scalar.map, scalar.map->size(),
                                  scalar.map->values.data());
    GlTexture& colors = colormapTexture(scalar.colors);
    ShaderProgram& program = begin(*scalarProgram_, layer.opacity);
    program.set("u_values", 0);
    program.set("u_colors", 1);
    const ScalarSpan span = scalarSpan(scalar.colors, scalar.low, scalar.high);
    program.set("u_low", span.low);
    program.set("u_width", span.width());
    program.set("u_gain", span.width() > 0.0F ? 255.0F / span.width() : 0.0F);
    texture.bind(0, Sampling::Nearest);
    colors.bind(1, Sampling::Nearest);
    drawQuad();
}

void LayerRenderer::drawContent(const LayerDrawData& layer, const MaskContent& mask) {
    // Compare revision and frame, not the pointer: a mask changes in place while it is painted, and
    // may be unpacked again for every picture.
    Slot& slot = slotOf(layer.layer);
    const bool sameFrame = slot.maskFrame == mask.frame;
    const bool fresh =
        !slot.texture->size().empty() && sameFrame && slot.revision == layer.revision;
    const Raster<std::uint8_t>& labels = mask.mask->labels;
    if (!fresh) {
        const bool partly = sameFrame && mask.changed && slot.texture->size() == labels.size() &&
                            slot.revision == mask.changedSince;
        const std::size_t before = slot.texture->uploadedBytes();
        if (partly) {
            slot.texture->uploadBox(*mask.changed, labels.data());
        } else {
            slot.texture->upload(TexelFormat::R8ui, labels.size(), labels.data());
        }
        slot.revision = layer.revision;
        slot.maskFrame = mask.frame;
        uploadedBytes_ += slot.texture->uploadedBytes() - before;
    }
    GlTexture& palette = paletteTexture(mask);
    // Uploaded before any texture is bound for drawing.
    const bool below = mask.covered && mask.covered->size() == labels.size();
    GlTexture* covered = below ? &coveredTexture(mask.covered) : nullptr;
    ShaderProgram& program = begin(*maskProgram_, layer.opacity);
    program.set("u_labels", 0);
    program.set("u_palette", 1);
    const double scale = view_->deviceScale();
    program.set("u_texelsPerPixel",
                static_cast<float>(labels.width() / (view_->imageSize().width * scale)),
                static_cast<float>(labels.height() / (view_->imageSize().height * scale)));
    program.set("u_contourPx", mask.contourPx);
    program.set("u_hatchPx", mask.hatchPx);
    program.set("u_hatchesObjects", mask.hatchesObjects ? 1 : 0);
    program.set("u_covered", 2);
    program.set("u_showsCovered", covered != nullptr ? 1 : 0);
    slot.texture->bind(0, Sampling::Nearest);
    palette.bind(1, Sampling::Nearest);
    if (covered != nullptr) covered->bind(2, Sampling::Nearest);
    drawQuad();
}

GlTexture& LayerRenderer::coveredTexture(const MaskPtr& covered) {
    if (!covered_) covered_ = std::make_unique<GlTexture>(gl_);
    if (coveredSource_ != covered) {
        const std::size_t before = covered_->uploadedBytes();
        covered_->upload(TexelFormat::R8ui, covered->size(), covered->labels.data());
        coveredSource_ = covered;
        uploadedBytes_ += covered_->uploadedBytes() - before;
    }
    return *covered_;
}

GlTexture& LayerRenderer::colormapTexture(Colormap colors) {
    std::unique_ptr<GlTexture>& texture = colormaps_[colors];
    if (!texture) {
        const auto& table = colormapTable(colors);
        texture = std::make_unique<GlTexture>(gl_);
        texture->upload(TexelFormat::Rgb8, {static_cast<int>(table.size()), 1}, table.data());
    }
    return *texture;
}

GlTexture& LayerRenderer::paletteTexture(const MaskContent& mask) {
    if (!palette_) palette_ = std::make_unique<GlTexture>(gl_);
    if (paletteRevision_ != mask.paletteRevision) {
        palette_->upload(TexelFormat::Rgba8, {static_cast<int>(mask.palette->size()), 1},
                         mask.palette->data());
        paletteRevision_ = mask.paletteRevision;
    }
    return *palette_;
}

}  // namespace mcj
