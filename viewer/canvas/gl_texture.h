#pragma once

#include <cstddef>

#include "media/base/raster.h"

class QOpenGLFunctions_3_3_Core;

namespace mcj {

/// Format of one texel.
enum class TexelFormat {
    Rgb8,   ///< 3 bytes, 0..1 in the shader: frames, lookup tables
    Rgba8,  ///< 4 bytes
    Rg16f,  ///< uploaded as 2 floats, stored as halves: flow if memory is short
    Rg32f,  ///< 2 floats: flow
    R16f,   ///< uploaded as 1 float, stored as a half: scalars if memory is short
    R32f,   ///< 1 float: scalars
    R8ui,   ///< 1 byte, an integer in the shader: object ids
};

/// How the shader's `texture()` reads between texels; no effect on `texelFetch`.
enum class Sampling { Nearest, Linear, Mipmapped };

/// A 2D texture, clamped to its edge. Texels are passed as stored in `Raster`: rows from the top
/// without padding; floats for the float formats. Owns its GL object: every member, including the
/// destructor, needs the context of `gl` to be current. GUI thread.
class GlTexture {
public:
    explicit GlTexture(QOpenGLFunctions_3_3_Core& gl);
    ~GlTexture();
    GlTexture(const GlTexture&) = delete;
    GlTexture& operator=(const GlTexture&) = delete;

    /// Uploads all texels; storage is reallocated only if size or format differ. Throws
    /// `Error{Device}` if the size exceeds the limit of the graphics system.
    void upload(TexelFormat format, SizePx size, const void* texels);
    /// Uploads only `box` of `texels`, a whole raster with the size and format of the last
    /// `upload`. The part of `box` outside the texture is ignored.
    void uploadBox(BoxPx box, const void* texels);

    /// Binds to texture unit `unit`. Mipmaps are generated on the first bind after an upload that
    /// needs them. Integer textures are always read as `Nearest`.
    void bind(unsigned unit, Sampling sampling);

    [[nodiscard]] unsigned id() const noexcept { return id_; }
    [[nodiscard]] SizePx size() const noexcept { return size_; }
    [[nodiscard]] TexelFormat format() const noexcept { return format_; }
    /// Bytes of all uploads so far.
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
