#version 330 core
// A scalar map coloured by a table of 256 colours; NaN is not drawn.
// CPU version: colorizeScalar in media/base/colormap.cpp, same steps in the same order.

uniform sampler2D u_values;   // R32F
uniform sampler2D u_colors;   // 256 x 1
uniform float u_low;          // value of the first colour
uniform float u_width;        // from there to the value of the last colour
uniform float u_gain;         // 255 / width, 0 if the width is 0
uniform float u_opacity;

in vec2 v_unit;
out vec4 o_color;

// Compare bits: compilers may assume that isnan() is never true.
bool unknown(float value) { return (floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u; }

void main() {
    ivec2 size = textureSize(u_values, 0);
    ivec2 texel = clamp(ivec2(floor(v_unit * vec2(size))), ivec2(0), size - 1);
    float value = texelFetch(u_values, texel, 0).r;
    if (unknown(value)) discard;
    float inside = clamp(value, u_low, u_low + u_width);
    int index = clamp(int((inside - u_low) * u_gain + 0.5), 0, 255);
    o_color = vec4(texelFetch(u_colors, ivec2(index, 0), 0).rgb, u_opacity);
}
