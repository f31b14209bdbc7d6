#include "viewer/canvas/shader_program.h"

#include <QFile>
#include <QOpenGLFunctions_3_3_Core>

#include "media/base/error.h"

namespace mcj {

namespace {

constexpr GLsizei kLogChars = 2048;

Error driverError(const QString& what, const std::string& log) {
    return {ErrorCode::Device,
            "the graphics driver cannot use the shader " + what.toStdString() + ": " + log,
            "Update the graphics driver, or start with LIBGL_ALWAYS_SOFTWARE=1."};
}

}  // namespace

ShaderProgram::ShaderProgram(QOpenGLFunctions_3_3_Core& gl, const QString& vertexPath,
                             const QString& fragmentPath)
    : gl_(gl) {
    const GLuint vertex = compile(GL_VERTEX_SHADER, vertexPath);
    GLuint fragment = 0;
    try {
        fragment = compile(GL_FRAGMENT_SHADER, fragmentPath);
    } catch (const Error&) {
        gl_.glDeleteShader(vertex);
        throw;
    }
    id_ = gl_.glCreateProgram();
    gl_.glAttachShader(id_, vertex);
    gl_.glAttachShader(id_, fragment);
    gl_.glLinkProgram(id_);
    gl_.glDeleteShader(vertex);
    gl_.glDeleteShader(fragment);
    GLint linked = GL_FALSE;
    gl_.glGetProgramiv(id_, GL_LINK_STATUS, &linked);
    if (linked == GL_TRUE) return;
    std::array<char, kLogChars> log{};
    gl_.glGetProgramInfoLog(id_, kLogChars, nullptr, log.data());
    gl_.glDeleteProgram(id_);
    throw driverError(vertexPath + " with " + fragmentPath, log.data());
}

ShaderProgram::~ShaderProgram() { gl_.glDeleteProgram(id_); }

unsigned ShaderProgram::compile(unsigned stage, const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        throw Error(ErrorCode::Internal, "the shader " + path.toStdString() + " is missing");
    }
    const QByteArray source = file.readAll();
    const char* text = source.constData();
    const GLint length = static_cast<GLint>(source.size());
    const GLuint shader = gl_.glCreateShader(stage);
    gl_.glShaderSource(shader, 1, &text, &length);
    gl_.glCompileShader(shader);
    GLint compiled = GL_FALSE;
    gl_.glGetShaderiv(shader, GL_COMPILE_STATUS, &compiled);
    if (compiled == GL_TRUE) return shader;
    std::array<char, kLogChars> log{};
    gl_.glGetShaderInfoLog(shader, kLogChars, nullptr, log.data());
    gl_.glDeleteShader(shader);
    throw driverError(path, log.data());
}

int ShaderProgram::locationOf(const char* uniform) {
    const auto [entry, isNew] = locations_.try_emplace(uniform, -1);
    if (isNew) entry->second = gl_.glGetUniformLocation(id_, uniform);
    return entry->second;
}

void ShaderProgram::use() { gl_.glUseProgram(id_); }

void ShaderProgram::set(const char* uniform, int value) {
    gl_.glUniform1i(locationOf(uniform), value);
}

void ShaderProgram::set(const char* uniform, float value) {
    gl_.glUniform1f(locationOf(uniform), value);
}

void ShaderProgram::set(const char* uniform, float x, float y) {
    gl_.glUniform2f(locationOf(uniform), x, y);
}

void ShaderProgram::set(const char* uniform, const std::array<float, 9>& matrix) {
    gl_.glUniformMatrix3fv(locationOf(uniform), 1, GL_FALSE, matrix.data());
}

void ShaderProgram::set(const char* uniform, std::span<const std::array<float, 3>> vectors) {
    gl_.glUniform3fv(locationOf(uniform), static_cast<GLsizei>(vectors.size()),
                     vectors.front().data());
}

}  // namespace mcj
