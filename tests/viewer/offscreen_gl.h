#pragma once

#include <QOffscreenSurface>
#include <QOpenGLContext>
#include <QOpenGLFramebufferObject>
#include <QOpenGLFunctions_3_3_Core>
#include <QOpenGLVersionFunctionsFactory>
#include <array>
#include <memory>

#include "media/base/raster.h"

namespace mcj {

/// An OpenGL 3.3 context and a framebuffer of 8-bit RGBA to draw into without a window.
class OffscreenGl {
public:
    /// False where the system has no OpenGL 3.3.
    bool start() {
        QSurfaceFormat format;
        format.setVersion(3, 3);
        format.setProfile(QSurfaceFormat::CoreProfile);
        context_.setFormat(format);
        if (!context_.create()) return false;
        surface_.setFormat(context_.format());
        surface_.create();
        if (!context_.makeCurrent(&surface_)) return false;
        gl_ = QOpenGLVersionFunctionsFactory::get<QOpenGLFunctions_3_3_Core>(&context_);
        return gl_ != nullptr && gl_->initializeOpenGLFunctions();
    }

    [[nodiscard]] QOpenGLFunctions_3_3_Core& gl() { return *gl_; }

    /// A new framebuffer, filled with one colour.
    void begin(SizePx size, std::array<std::uint8_t, 3> background) {
        target_ = std::make_unique<QOpenGLFramebufferObject>(size.width, size.height);
        target_->bind();
        gl_->glViewport(0, 0, size.width, size.height);
        gl_->glClearColor(background[0] / 255.0F, background[1] / 255.0F, background[2] / 255.0F,
                          1.0F);
        gl_->glClear(GL_COLOR_BUFFER_BIT);
    }

    /// What was drawn, H x W x 4, first row on top.
    [[nodiscard]] Raster<std::uint8_t> read() {
        const SizePx size{target_->width(), target_->height()};
        Raster<std::uint8_t> lowestFirst(size, 4);
        gl_->glPixelStorei(GL_PACK_ALIGNMENT, 1);
        gl_->glReadPixels(0, 0, size.width, size.height, GL_RGBA, GL_UNSIGNED_BYTE,
                          lowestFirst.data());
        Raster<std::uint8_t> out(size, 4);
        for (int y = 0; y < size.height; ++y) {
            const std::uint8_t* row = lowestFirst.row(size.height - 1 - y);
            std::copy(row, row + size.width * 4, out.row(y));
        }
        return out;
    }

private:
    QOpenGLContext context_;
    QOffscreenSurface surface_;
    QOpenGLFunctions_3_3_Core* gl_ = nullptr;
    std::unique_ptr<QOpenGLFramebufferObject> target_;
};

}  // namespace mcj
