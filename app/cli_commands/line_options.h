#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "inference/analysis/streamlines.h"
#include "media/figure/motion_lines.h"

namespace mcj {

/// How motion drawn as lines looks, as it was typed.
struct LineOptions {
    ArrowLook arrows;
    int streamFrames = StreamLook{}.frames;
    std::string colors = "white";

    [[nodiscard]] ArrowLook look() const {
        ArrowLook look = arrows;
        look.colors = parseLineColors(colors);
        return look;
    }
    [[nodiscard]] StreamLook streamLook() const {
        return {arrows.spacingPx, streamFrames, parseLineColors(colors)};
    }
};

/// Adds `--spacing`, `--arrow-length`, `--line-frames` and `--line-colors` to a command that draws
/// lines.
inline void addLineOptions(CLI::App& command, LineOptions& lines) {
    command
        .add_option("--spacing", lines.arrows.spacingPx,
                    "Distance between lines of motion, in pixels of the frame, 8 to 256")
        ->check(CLI::Range(kLeastSpacingPx, kMostSpacingPx))
        ->capture_default_str();
    command
        .add_option("--arrow-length", lines.arrows.length,
                    "Length of arrows in multiples of the motion, 0.1 to 50; at 1 the tip is where "
                    "the pixel is in the next frame")
        ->check(CLI::Range(kLeastArrowLength, kMostArrowLength))
        ->capture_default_str();
    command
        .add_option("--line-frames", lines.streamFrames,
                    "Length of streamlines in frames, 2 to 32; shorter at the end of a clip")
        ->check(CLI::Range(kLeastStreamFrames, kMostStreamFrames))
        ->capture_default_str();
    command
        .add_option("--line-colors", lines.colors,
                    "Colours of lines: white, or their direction by a colour wheel")
        ->check(CLI::IsMember({"white", "middlebury", "vision-safe"}))
        ->capture_default_str();
}

}  // namespace mcj
