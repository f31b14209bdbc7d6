#pragma once

#include <QOpenGLWidget>
#include <QSurfaceFormat>

#include "viewer/session/notice.h"

class QOpenGLFunctions_3_3_Core;

namespace mcj {

/// A widget that draws with OpenGL: what it draws with is made once its context is there, made anew
/// for another context, and released before the context is gone. GUI thread.
class GlCanvas : public QOpenGLWidget {
    Q_OBJECT
public:
    explicit GlCanvas(QWidget* parent);
    ~GlCanvas() override;

    /// OpenGL 3.3 core. A program with a canvas must set it as the default format before it creates
    /// its first window, so that window and canvas use the same format.
    [[nodiscard]] static QSurfaceFormat surfaceFormat();

Q_SIGNALS:
    /// The graphics system failed. Emitted once, until painting succeeds again.
    void noticed(const mcj::Notice& notice);

protected:
    void initializeGL() final;
    /// Both with the context current. What `makePainter` throws is said, and nothing is drawn.
    virtual void makePainter(QOpenGLFunctions_3_3_Core& gl) = 0;
    virtual void dropPainter() = 0;
    /// The destructor of every derived class calls it, while `dropPainter` is still there.
    void releaseGl();
    void say(const Error& error);
    /// Painting has succeeded: the next failure is said.
    void paintedWell() noexcept { failureSaid_ = false; }

private:
    bool made_ = false;
    bool failureSaid_ = false;
};

}  // namespace mcj
