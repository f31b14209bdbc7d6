#pragma once

#include <CLI/CLI.hpp>

#include "app/cli_commands/evaluate_masks.h"
#include "app/cli_commands/evaluation_split.h"
#include "segmentation/mask_formats/mask_picture.h"

namespace mcj {

/// Adds `--mask-threshold` to a command that takes masks.
inline void addMaskThreshold(CLI::App& command, MaskReading& reading) {
    command
        .add_option("--mask-threshold", reading.threshold,
                    "Read masks that are not label maps (images with soft edges, continuous shades "
                    "or colours) as one object: all pixels of at least this brightness, 1 to 255; "
                    "by default they are refused")
        ->check(CLI::Range(1, 255));
}

/// Adds the options that choose sequences with truth and say what their labels mean.
inline void addLabelOptions(CLI::App& command, MaskTruthOptions& options) {
    command
        .add_option("--classes", options.classSequences,
                    "Names of sequences whose labels are classes, of which 0 is one; * matches any "
                    "characters")
        ->delimiter(',')
        ->capture_default_str();
    command
        .add_option("--class-void", options.classVoid,
                    "Label of pixels without a class in these sequences")
        ->check(CLI::Range(0, 255))
        ->capture_default_str();
    command
        .add_option("--only", options.only,
                    "Only sequences with these names; * matches any characters")
        ->delimiter(',');
    addSplitOption(command, options.split);
    addMaskThreshold(command, options.reading);
}

}  // namespace mcj
