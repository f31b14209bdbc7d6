#pragma once

#include <CLI/CLI.hpp>

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

}  // namespace mcj
