#pragma once

class QOpenGLContext;
class QOpenGLFunctions_3_3_Core;

namespace mcj {

/// The functions of OpenGL 3.3 in `context`, which is current and owns them. Throws
/// `Error{Device}` where the graphics system does not have them.
[[nodiscard]] QOpenGLFunctions_3_3_Core& openGlOf(QOpenGLContext& context);

}  // namespace mcj
