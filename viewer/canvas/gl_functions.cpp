#include "viewer/canvas/gl_functions.h"

#include <QOpenGLContext>
#include <QOpenGLFunctions_3_3_Core>
#include <QOpenGLVersionFunctionsFactory>

#include "media/base/error.h"

namespace mcj {

QOpenGLFunctions_3_3_Core& openGlOf(QOpenGLContext& context) {
    auto* functions = QOpenGLVersionFunctionsFactory::get<QOpenGLFunctions_3_3_Core>(&context);
    if (functions == nullptr || !functions->initializeOpenGLFunctions()) {
        throw Error(ErrorCode::Device, "the graphics system does not support OpenGL 3.3",
                    "Update the graphics driver, or start with LIBGL_ALWAYS_SOFTWARE=1.");
    }
    return *functions;
}

}  // namespace mcj
