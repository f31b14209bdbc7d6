#version 330 core
// Object ids as colours, with a line along the edges of objects, stripes on void (255) and, if that
// is asked for, on objects, and thin stripes of the object below the one on top. A colour with
// alpha 0 is not drawn, and its object counts as background. CPU version, in whole pixels:
// blendObjects in viewer/session/frame_picture.cpp.

uniform usampler2D u_labels;      // R8UI
uniform sampler2D u_palette;      // 256 x 1, RGBA
uniform float u_opacity;
uniform vec2 u_texelsPerPixel;    // texels per device pixel
uniform float u_contourPx;        // width of the line in device pixels; 0: none
uniform float u_hatchPx;          // period of the stripes in device pixels
uniform int u_hatchesObjects;     // 1: stripes on objects, too
uniform usampler2D u_covered;     // R8UI: the objects below those on top, 0 for none
uniform int u_showsCovered;       // 0: u_covered is not used

in vec2 v_unit;
out vec4 o_color;

const uint kVoid = 255u;

ivec2 g_size;

uint labelAt(vec2 texel) {
    return texelFetch(u_labels, clamp(ivec2(floor(texel)), ivec2(0), g_size - 1), 0).r;
}

vec4 colorOf(uint label) {
    return label == 0u ? vec4(0.0) : texelFetch(u_palette, ivec2(int(label), 0), 0);
}

// Whether an edge of a drawn object lies between this pixel and the one at `texel`.
bool edgeTo(vec2 texel, uint label, bool drawn) {
    uint other = labelAt(texel);
    if (other == label) return false;
    return drawn || colorOf(other).a > 0.0;
}

void main() {
    g_size = textureSize(u_labels, 0);
    vec2 texel = v_unit * vec2(g_size);
    uint label = labelAt(texel);
    vec4 color = colorOf(label);
    bool drawn = color.a > 0.0;

    bool edge = false;
    if (u_contourPx > 0.0) {
        vec2 reach = u_contourPx * u_texelsPerPixel;
        edge = edgeTo(texel + vec2(reach.x, 0.0), label, drawn) ||
               edgeTo(texel - vec2(reach.x, 0.0), label, drawn) ||
               edgeTo(texel + vec2(0.0, reach.y), label, drawn) ||
               edgeTo(texel - vec2(0.0, reach.y), label, drawn);
    }
    // Keep the line visible at low opacity; it fades out only in the last third.
    float lineOpacity = min(u_opacity * 3.0, 1.0);
    if (edge) {
        // Bright inside and dark outside, to be visible on any picture.
        o_color = drawn ? vec4(mix(color.rgb, vec3(1.0), 0.3), lineOpacity)
                        : vec4(0.0, 0.0, 0.0, 0.55 * lineOpacity);
        return;
    }
    if (u_showsCovered == 1) {
        uint below = texelFetch(u_covered, clamp(ivec2(floor(texel)), ivec2(0), g_size - 1), 0).r;
        vec4 under = colorOf(below);
        // While it is painted, the mask may have on top what was below.
        bool shown = below != label && under.a > 0.0;
        if (shown && fract((gl_FragCoord.x - gl_FragCoord.y) / u_hatchPx) < 0.25) {
            o_color = vec4(under.rgb, u_opacity * under.a);
            return;
        }
    }
    if (!drawn) discard;
    float opacity = u_opacity * color.a;
    if (label == kVoid || u_hatchesObjects == 1) {
        float stripe = fract((gl_FragCoord.x + gl_FragCoord.y) / u_hatchPx);
        opacity *= stripe < 0.5 ? 1.0 : 0.25;
    }
    o_color = vec4(color.rgb, opacity);
}
