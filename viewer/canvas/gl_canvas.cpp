#include "viewer/canvas/gl_canvas.h"

#include <QOpenGLContext>
#include <QOpenGLFunctions_3_3_Core>
#include <utility>

#include "viewer/canvas/gl_functions.h"

namespace mcj {

QSurfaceFormat GlCanvas::surfaceFormat() {
    QSurfaceFormat format;
    format.setRenderableType(QSurfaceFormat::OpenGL);
    format.setVersion(3, 3);
    format.setProfile(QSurfaceFormat::CoreProfile);
    format.setSwapInterval(1);
    return format;
}

GlCanvas::GlCanvas(QWidget* parent) : QOpenGLWidget(parent) { setFormat(surfaceFormat()); }

GlCanvas::~GlCanvas() {
    // The base class destroys the context after this object's slots are gone.
    if (context() != nullptr) disconnect(context(), nullptr, this, nullptr);
}

void GlCanvas::releaseGl() {
    if (!std::exchange(made_, false)) return;
    makeCurrent();
    dropPainter();
    doneCurrent();
}

void GlCanvas::initializeGL() {
    // Moving to another window creates a new context; release the objects of the old one.
    connect(context(), &QOpenGLContext::aboutToBeDestroyed, this, &GlCanvas::releaseGl,
            Qt::UniqueConnection);
    try {
        makePainter(openGlOf(*context()));
        made_ = true;
    } catch (const Error& error) {
        say(error);
    }
}

void GlCanvas::say(const Error& error) {
    if (std::exchange(failureSaid_, true)) return;
    // Not from inside paintGL: a listener may open a dialog, which repaints.
    const Notice notice = noticeOf(error);
    QMetaObject::invokeMethod(
        this, [this, notice] { Q_EMIT noticed(notice); }, Qt::QueuedConnection);
}

}  // namespace mcj
