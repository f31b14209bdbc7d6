#version 330 core
// One quad for the picture's rectangle without a vertex buffer: draw 4 vertices as a strip.

uniform mat3 u_clipFromCorner;  // from picture corners (0..size) to clip space
uniform vec2 u_imageSize;       // of the picture, pixels

out vec2 v_unit;  // (0, 0) top left corner of the picture, (1, 1) bottom right

void main() {
    v_unit = vec2(float(gl_VertexID & 1), float(gl_VertexID >> 1));
    vec3 clip = u_clipFromCorner * vec3(v_unit * u_imageSize, 1.0);
    gl_Position = vec4(clip.xy, 0.0, 1.0);
}
