"""Configurations by name, and from files. `small`, `convnext-t` and `arflow` are those of
inference/model/model_config.cpp; `convnext-t` without its expander, which alone has 140 million
parameters."""

import json
import os

from . import safetensors_io

PRESETS = {
    # Small enough to run in a second under test, with every branch of the architecture in it.
    "tiny": {
        "name": "tiny", "mode": "mc-jepa",
        "encoder": {"widths": [8, 8, 12, 16, 24, 32], "depths": [1, 1, 1, 1, 2, 1],
                    "stem_kernels": [4, 3], "layer_scale": 0.1},
        "estimator": {"radius": 4, "projection": 8, "shared": True, "widths": [24, 16, 12, 8],
                      "context_widths": [16, 12, 8], "context_dilations": [1, 2, 1],
                      "context": "every", "finest_level": 2, "coarsest_level": 6,
                      "fine_widths": [12, 8, 8], "fine_projection": 6, "clamp": 128.0},
        "expander": {"widths": [32, 48, 48]},
        "local_expander": {"levels": [3, 4], "widths": [16, 24]},
    },
    "small": {
        "name": "small", "mode": "mc-jepa",
        "encoder": {"widths": [24, 40, 80, 128, 192], "depths": [1, 2, 2, 3, 2],
                    "stem_kernels": [4, 3], "layer_scale": 0.1},
        "estimator": {"radius": 4, "projection": 32, "shared": True, "widths": [96, 64, 48, 32],
                      "context_widths": [48, 48, 48, 32], "context_dilations": [1, 2, 4, 8],
                      "context": "every", "finest_level": 2, "coarsest_level": 5,
                      "fine_widths": [32, 32, 24], "fine_projection": 16,
                      "detach_levels": True, "clamp": 128.0},
        "expander": {"widths": [512, 512, 512]},
    },
    # The paper's: ConvNeXt-T, PWC-style estimator at twice the width, context at the finest level.
    "convnext-t": {
        "name": "convnext-t", "mode": "mc-jepa",
        "encoder": {"widths": [48, 48, 96, 192, 384, 768], "depths": [0, 0, 3, 3, 9, 3],
                    "stem_kernels": [4, 3], "layer_scale": 1e-6},
        "estimator": {"radius": 4, "projection": 0, "shared": False,
                      "widths": [256, 256, 192, 128, 64],
                      "context_widths": [128, 128, 128, 96, 64, 32],
                      "context_dilations": [1, 2, 4, 8, 16, 1], "context": "finest",
                      "finest_level": 2, "coarsest_level": 6, "clamp": 128.0},
    },
    # The paper's baseline.
    "arflow": {
        "name": "arflow", "mode": "arflow",
        "encoder": {"kind": "pyramid", "widths": [16, 32, 64, 96, 128, 192],
                    "depths": [1, 1, 1, 1, 1, 1]},
        "estimator": {"radius": 4, "projection": 32, "shared": True,
                      "widths": [128, 128, 96, 64, 32],
                      "context_widths": [128, 128, 128, 96, 64, 32],
                      "context_dilations": [1, 2, 4, 8, 16, 1], "context": "every",
                      "finest_level": 2, "coarsest_level": 6, "clamp": 128.0},
    },
}


def load_config(name_or_file):
    """A preset's name, a .json file, or a .safetensors file with a "config" in its metadata."""
    if name_or_file in PRESETS:
        return json.loads(json.dumps(PRESETS[name_or_file]))
    if not os.path.exists(name_or_file):
        raise ValueError(f"no preset and no file is called {name_or_file}; "
                         f"presets: {', '.join(PRESETS)}")
    if name_or_file.endswith(".safetensors"):
        return json.loads(safetensors_io.load(name_or_file)[1]["config"])
    with open(name_or_file, encoding="utf-8") as file:
        return json.load(file)
