#version 330 core
// Absolute difference of two pictures, channel by channel.

uniform sampler2D u_first;
uniform sampler2D u_second;

in vec2 v_unit;
out vec4 o_color;

void main() {
    // The rows of a framebuffer begin at the bottom.
    vec2 at = vec2(v_unit.x, 1.0 - v_unit.y);
    o_color = vec4(abs(texture(u_first, at).rgb - texture(u_second, at).rgb), 1.0);
}
