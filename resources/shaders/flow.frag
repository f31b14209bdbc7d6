#version 330 core
// Flow as colours of the Middlebury wheel (Baker et al. 2007, computeColor of colorcode.cpp) or of
// another circle of 55 hues. CPU version: colorizeFlow in media/base/flow_color.cpp, with the same
// steps in the same order, so that both agree within 1/255. Unknown flow (NaN) is black.

uniform sampler2D u_flow;   // RG32F: u right, v down, pixels
uniform vec3 u_wheel[55];   // hues, 0..255
uniform float u_scalePx;    // motion at full saturation
uniform float u_opacity;

in vec2 v_unit;
out vec4 o_color;

const int kWheelSize = 55;
const float kInvPi = 0.318309886;

// Compare bits: compilers may assume that isnan() is never true, and may drop the sign of zero.
bool unknown(float value) { return (floatBitsToUint(value) & 0x7fffffffu) > 0x7f800000u; }
bool negative(float value) { return (floatBitsToUint(value) & 0x80000000u) != 0u; }

// atan2(-v, -u) / pi; Abramowitz and Stegun 4.4.49.
float angleOverPi(vec2 flow) {
    vec2 size = abs(flow);
    float high = max(size.x, size.y);
    float ratio = min(size.x, size.y) / high;
    float q = ratio <= 1.0 ? ratio : (high > 0.0 ? 1.0 : 0.0);
    float s = q * q;
    float arc = 0.0028662257;
    arc = arc * s - 0.0161657367;
    arc = arc * s + 0.0429096138;
    arc = arc * s - 0.0752896400;
    arc = arc * s + 0.1065626393;
    arc = arc * s - 0.1420889944;
    arc = arc * s + 0.1999355085;
    arc = arc * s - 0.3333314528;
    arc = (arc * s + 1.0) * q * kInvPi;
    if (size.y > size.x) arc = 0.5 - arc;
    if (!negative(flow.x)) arc = 1.0 - arc;
    return negative(flow.y) ? arc : -arc;
}

void main() {
    ivec2 size = textureSize(u_flow, 0);
    ivec2 texel = clamp(ivec2(floor(v_unit * vec2(size))), ivec2(0), size - 1);
    vec2 flow = texelFetch(u_flow, texel, 0).rg;
    if (unknown(flow.x) || unknown(flow.y)) {
        o_color = vec4(0.0, 0.0, 0.0, u_opacity);
        return;
    }
    flow /= u_scalePx;
    float radius = sqrt(flow.x * flow.x + flow.y * flow.y);
    float place = (angleOverPi(flow) + 1.0) / 2.0 * float(kWheelSize - 1);
    int first = clamp(int(place), 0, kWheelSize - 1);
    int second = first + 1 == kWheelSize ? 0 : first + 1;
    vec3 hue = u_wheel[first] + (place - float(first)) * (u_wheel[second] - u_wheel[first]);
    // Blend from white to the hue up to full saturation; beyond it the hue is darkened.
    vec3 rgb = radius <= 1.0 ? 255.0 * (1.0 - radius) + radius * hue : 0.75 * hue;
    o_color = vec4(floor(rgb) / 255.0, u_opacity);
}
