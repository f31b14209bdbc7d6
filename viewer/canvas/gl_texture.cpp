#include "viewer/canvas/gl_texture.h"

#include <QOpenGLFunctions_3_3_Core>
#include <algorithm>
#include <array>
#include <string>

#include "media/base/error.h"
#include "media/base/size_text.h"

namespace mcj {

namespace {

struct FormatRow {
    GLint internalFormat;
    GLenum format;
    GLenum type;
    std::size_t texelBytes;
};

const FormatRow& rowOf(TexelFormat format) {
    // In the order of TexelFormat.
    static const std::array<FormatRow, 7> kRows{{{GL_RGB8, GL_RGB, GL_UNSIGNED_BYTE, 3},
                                                 {GL_RGBA8, GL_RGBA, GL_UNSIGNED_BYTE, 4},
                                                 {GL_RG16F, GL_RG, GL_FLOAT, 8},
                                                 {GL_RG32F, GL_RG, GL_FLOAT, 8},
                                                 {GL_R16F, GL_RED, GL_FLOAT, 4},
                                                 {GL_R32F, GL_RED, GL_FLOAT, 4},
                                                 {GL_R8UI, GL_RED_INTEGER, GL_UNSIGNED_BYTE, 1}}};
    return kRows[static_cast<std::size_t>(format)];
}

GLint minFilter(Sampling sampling) {
    if (sampling == Sampling::Nearest) return GL_NEAREST;
    return sampling == Sampling::Linear ? GL_LINEAR : GL_LINEAR_MIPMAP_LINEAR;
}

}  // namespace

GlTexture::GlTexture(QOpenGLFunctions_3_3_Core& gl) : gl_(gl) {
    gl_.glGenTextures(1, &id_);
    gl_.glBindTexture(GL_TEXTURE_2D, id_);
    gl_.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
    gl_.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    gl_.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
    gl_.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
}

GlTexture::~GlTexture() { gl_.glDeleteTextures(1, &id_); }

void GlTexture::checkSize(SizePx size) {
    GLint largest = 0;
    gl_.glGetIntegerv(GL_MAX_TEXTURE_SIZE, &largest);
    if (size.width <= largest && size.height <= largest) return;
    throw Error(ErrorCode::Device,
                "a frame of " + sizeText(size) + " pixels is larger than the " +
                    std::to_string(largest) + " supported by the graphics system",
                "Open a smaller copy of the video, or use the command line, which does not have "
                "this limit.");
}

void GlTexture::upload(TexelFormat format, SizePx size, const void* texels) {
    if (size.empty()) return;
    const FormatRow& row = rowOf(format);
    gl_.glActiveTexture(GL_TEXTURE0);
    gl_.glBindTexture(GL_TEXTURE_2D, id_);
    gl_.glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    if (size != size_ || format != format_) {
        checkSize(size);
        gl_.glTexImage2D(GL_TEXTURE_2D, 0, row.internalFormat, size.width, size.height, 0,
                         row.format, row.type, texels);
        size_ = size;
        format_ = format;
    } else {
        gl_.glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, size.width, size.height, row.format, row.type,
                            texels);
    }
    mipmapsFresh_ = false;
    uploadedBytes_ += size.area() * row.texelBytes;
}

void GlTexture::uploadBox(BoxPx box, const void* texels) {
    box = {std::max(box.x0, 0), std::max(box.y0, 0), std::min(box.x1, size_.width),
           std::min(box.y1, size_.height)};
    if (box.empty()) return;
    const FormatRow& row = rowOf(format_);
    gl_.glActiveTexture(GL_TEXTURE0);
    gl_.glBindTexture(GL_TEXTURE_2D, id_);
    gl_.glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
    gl_.glPixelStorei(GL_UNPACK_ROW_LENGTH, size_.width);
    gl_.glPixelStorei(GL_UNPACK_SKIP_PIXELS, box.x0);
    gl_.glPixelStorei(GL_UNPACK_SKIP_ROWS, box.y0);
    gl_.glTexSubImage2D(GL_TEXTURE_2D, 0, box.x0, box.y0, box.x1 - box.x0, box.y1 - box.y0,
                        row.format, row.type, texels);
    gl_.glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
    gl_.glPixelStorei(GL_UNPACK_SKIP_PIXELS, 0);
    gl_.glPixelStorei(GL_UNPACK_SKIP_ROWS, 0);
    mipmapsFresh_ = false;
    uploadedBytes_ += box.size().area() * row.texelBytes;
}

void GlTexture::bind(unsigned unit, Sampling sampling) {
    if (format_ == TexelFormat::R8ui) sampling = Sampling::Nearest;
    gl_.glActiveTexture(GL_TEXTURE0 + unit);
    gl_.glBindTexture(GL_TEXTURE_2D, id_);
    if (sampling == Sampling::Mipmapped && !mipmapsFresh_) {
        gl_.glGenerateMipmap(GL_TEXTURE_2D);
        mipmapsFresh_ = true;
    }
    if (sampling == sampling_) return;
    sampling_ = sampling;
    gl_.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, minFilter(sampling));
    gl_.glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER,
                        sampling == Sampling::Nearest ? GL_NEAREST : GL_LINEAR);
}

}  // namespace mcj
