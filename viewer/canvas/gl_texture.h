#pragma once

#include <cstddef>

#include "media/base/raster.h"

class QOpenGLFunctions_3_3_Core;

namespace mcj {

/// What one texel holds.
enum class TexelFormat {
    Rgb8,   ///< 3 bytes, 0..1 in the shader: frames, lookup tables
    Rgba8,  ///< 4 bytes
    Rg16f,  ///< 2 floats given, kept as halves: flow where memory is short
    Rg32f,  ///< 2 floats: flow
    R16f,   ///< 1 float given, kept as a half: scalars where memory is short
    R32f,   ///< 1 float: scalars
    R8ui,   ///< 1 byte, an integer in the shader: object ids
};

/// How the shader's `texture()` reads between texels; `texelFetch` does not care.
enum class Sampling { Nearest, Linear, Mipmapped };

/// A 2D texture, clamped to its edge. Texels are given as `Raster` keeps them: rows from the top
/// without padding; floats for the float formats. Owns its GL object: every member, the destructor
/// too, needs the context of `gl` to be current. GUI thread.
class GlTexture {
public:
    explicit GlTexture(QOpenGLFunctions_3_3_Core& gl);
    ~GlTexture();
    GlTexture(const GlTexture&) = delete;
    GlTexture& operator=(const GlTexture&) = delete;

    /// Takes all texels; storage is made anew only where size or format differ. Throws
    /// `Error{Device}` where the size is beyond what the graphics system can hold.
    void upload(TexelFormat format, SizePx size, const void* texels);
    /// Takes only `box` of `texels`, which are the whole raster of the last `upload`'s size and
    /// format; what lies outside the texture is left out.
    void uploadBox(BoxPx box, const void* texels);

    /// Binds to texture unit `unit`. Mipmaps are made on the first bind that asks for them after an
    /// upload. Integer textures are always read as `Nearest`.
    void bind(unsigned unit, Sampling sampling);

    [[nodiscard]] unsigned id() const noexcept { return id_; }
    [[nodiscard]] SizePx size() const noexcept { return size_; }
    [[nodiscard]] TexelFormat format() const noexcept { return format_; }
    /// Bytes handed over by all uploads so far.
    [[nodiscard]] std::size_t uploadedBytes() const noexcept { return uploadedBytes_; }

private:
    void checkSize(SizePx size);

    QOpenGLFunctions_3_3_Core& gl_;
    unsigned id_ = 0;
    SizePx size_;
    TexelFormat format_ = TexelFormat::Rgb8;
    Sampling sampling_ = Sampling::Nearest;
    bool mipmapsFresh_ = false;
    std::size_t uploadedBytes_ = 0;
};

}  // namespace mcj
