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
                    "Treat masks that are not label maps (soft edges, grey or colour pictures) as "
                    "one object where they are at least this bright, 1 to 255; by default they "
                    "are refused")
        ->check(CLI::Range(1, 255));
}

/// Adds the options that choose sequences with truth and say what their labels mean.
inline void addLabelOptions(CLI::App& command, MaskTruthOptions& options) {
    command
        .add_option("--classes", options.classSequences,
                    "Sequences (names, * allowed) whose labels are classes; 0 is a class, too")
        ->delimiter(',')
        ->capture_default_str();
    command
        .add_option("--class-void", options.classVoid,
                    "The label of unlabelled pixels among classes")
        ->check(CLI::Range(0, 255))
        ->capture_default_str();
    command.add_option("--only", options.only, "Only these sequences")->delimiter(',');
    addSplitOption(command, options.split);
    addMaskThreshold(command, options.reading);
}

}  // namespace mcj
