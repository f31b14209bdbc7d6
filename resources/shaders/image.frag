#version 330 core
// A frame. Filtering is set in the texture: nearest when enlarged, smooth when reduced.

uniform sampler2D u_image;
uniform float u_opacity;

in vec2 v_unit;
out vec4 o_color;

void main() { o_color = vec4(texture(u_image, v_unit).rgb, u_opacity); }
