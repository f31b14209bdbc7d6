#pragma once

#include <QString>
#include <array>
#include <span>
#include <string>
#include <unordered_map>

class QOpenGLFunctions_3_3_Core;

namespace mcj {

/// A linked vertex and fragment shader. Owns its GL object: every member, including the destructor,
/// needs the context of `gl` to be current. GUI thread.
class ShaderProgram {
public:
    /// Compiles two files, usually resources (":/shaders/layer.vert"). Throws `Error{Internal}` if
    /// a file is missing, `Error{Device}` with the driver's message if one does not compile.
    ShaderProgram(QOpenGLFunctions_3_3_Core& gl, const QString& vertexPath,
                  const QString& fragmentPath);
    ~ShaderProgram();
    ShaderProgram(const ShaderProgram&) = delete;
    ShaderProgram& operator=(const ShaderProgram&) = delete;

    /// Makes this the current program, as the setters below require. A uniform removed by the
    /// compiler is ignored.
    void use();
    void set(const char* uniform, int value);
    void set(const char* uniform, float value);
    void set(const char* uniform, float x, float y);
    /// Column-major.
    void set(const char* uniform, const std::array<float, 9>& matrix);
    /// An array of vec3.
    void set(const char* uniform, std::span<const std::array<float, 3>> vectors);

private:
    [[nodiscard]] unsigned compile(unsigned stage, const QString& path);
    [[nodiscard]] int locationOf(const char* uniform);

    QOpenGLFunctions_3_3_Core& gl_;
    unsigned id_ = 0;
    std::unordered_map<std::string, int> locations_;
};

}  // namespace mcj
