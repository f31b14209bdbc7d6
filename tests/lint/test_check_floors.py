#!/usr/bin/env python3
"""The floors lint must see what it is there to see: each case is a small tree with one breach."""

import os
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import check_floors  # noqa: E402


def breaches(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            full = os.path.join(root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        return check_floors.check_tree(root)


def include(path):
    return f'#include "{path}"\n'


class Stairs(unittest.TestCase):
    def one(self, path, target, quoted=True):
        line = include(target) if quoted else f"#include <{target}>\n"
        files = {path: "\n" + line}
        if quoted:
            files[target] = "#pragma once\n"
        return breaches(files)

    def test_up_is_refused(self):
        for path, target in (
                ("media/base/frame.h", "media/io/flow_file.h"),
                ("media/io/video_reader.cpp", "inference/ops/warp.h"),
                ("inference/ops/warp.cpp", "inference/model/mc_jepa.h"),
                ("inference/model/mc_jepa.h", "inference/engine/inference_engine.h"),
                ("inference/engine/flow_maps.cpp", "segmentation/mask.h"),
                ("inference/engine/flow_maps.cpp", "inference/analysis/product.h"),
                ("inference/analysis/product.cpp", "segmentation/mask.h"),
                ("inference/analysis/product.cpp", "inference/ops/warp.h"),
                ("segmentation/brush.h", "viewer/session/session.h"),
                ("viewer/session/session.cpp", "ui/main_window.h"),
                ("viewer/session/session.cpp", "viewer/canvas/canvas_widget.h"),
                ("ui/actions.cpp", "app/settings.h"),
                ("training/trainer.cpp", "inference/engine/inference_engine.h"),
                ("training/trainer.cpp", "media/io/image_file.h"),
                ("segmentation/mask.cpp", "inference/ops/label_propagation.h"),
                ("ui/actions.cpp", "inference/model/mc_jepa.h"),
                ("segmentation/mask.cpp", "inference/engine/torch_engine.h"),
                ("inference/engine/engine_loader.cpp", "inference/engine/torch_engine.h"),
                ("media/base/frame.h", "tests/support/video.h")):
            found = self.one(path, target)
            self.assertEqual(len(found), 1, (path, target, found))
            self.assertTrue(found[0].startswith(f"{path}:2:"), found)

    def test_down_and_level_are_fine(self):
        for path, target in (
                ("app/cli_main.cpp", "media/base/frame.h"),
                ("ui/main_window.h", "viewer/session/session.h"),
                ("viewer/tools/brush_tool.cpp", "viewer/canvas/view_transform.h"),
                ("segmentation/mask_propagator.cpp", "inference/engine/inference_engine.h"),
                ("training/trainer.h", "inference/model/mc_jepa.h"),
                ("tests/ui/test_window.cpp", "app/settings.h")):
            self.assertEqual(self.one(path, target), [], (path, target))

    def test_include_by_full_path(self):
        found = breaches({"media/base/a.h": include("b.h"), "media/base/b.h": ""})
        self.assertEqual(len(found), 1)
        self.assertIn("from the root", found[0])

    def test_a_commented_include_is_none(self):
        text = "// " + include("viewer/session/session.h")
        self.assertEqual(breaches({"media/base/a.h": text, "viewer/session/session.h": ""}), [])


class Fences(unittest.TestCase):
    def count(self, path, header):
        return len(breaches({path: f"#include <{header}>\n"}))

    def test_heavy_headers(self):
        for path, header, want in (
                ("media/io/video_reader.cpp", "libavformat/avformat.h", 0),
                ("media/io/video_reader.h", "libavformat/avformat.h", 1),
                ("media/base/frame.h", "opencv2/core.hpp", 1),
                ("inference/engine/dis.cpp", "opencv2/video.hpp", 0),
                ("inference/model/mc_jepa.cpp", "torch/torch.h", 0),
                ("inference/model/mc_jepa.h", "torch/torch.h", 1),
                ("inference/model/mc_jepa.h", "ATen/core/Tensor.h", 0),
                ("inference/model/convnext.h", "torch/nn/modules/conv.h", 0),
                ("inference/ops/warp.h", "torch/nn/modules/conv.h", 1),
                ("inference/model/mc_jepa.h", "torch/optim/adamw.h", 1),
                ("inference/engine/torch_engine.h", "ATen/core/Tensor.h", 0),
                ("inference/engine/torch_engine.h", "torch/torch.h", 1),
                ("inference/engine/inference_engine.h", "ATen/core/Tensor.h", 1),
                ("inference/ops/warp_cuda.cu", "torch/torch.h", 1),
                ("segmentation/mask.cpp", "torch/torch.h", 1),
                ("viewer/canvas/gl_texture.cpp", "GL/gl.h", 0),
                ("viewer/canvas/gl_texture.h", "QOpenGLFunctions_3_3_Core", 1),
                ("viewer/canvas/canvas_widget.h", "QOpenGLWidget", 0),
                ("viewer/canvas/imgui_overlay.h", "imgui.h", 1),
                ("viewer/session/session.cpp", "QWidget", 1),
                ("viewer/session/session.h", "QObject", 0),
                ("segmentation/mask.cpp", "QString", 1),
                ("segmentation/mask_store.h", "sqlite3.h", 1),
                ("media/io/png_file.cpp", "png.h", 0),
                ("training/trainer.cpp", "QString", 1),
                ("ui/main_window.cpp", "QtWidgets", 1),
                ("tests/media/test_x.cpp", "QtTest", 0)):
            self.assertEqual(self.count(path, header), want, (path, header))


class Rooms(unittest.TestCase):
    def test_names(self):
        for path in ("media/io/utils.h", "viewer/session/common.cpp", "ui/string_helpers.h",
                     "training/shard_manager.h", "tests/support/utils.py"):
            self.assertEqual(len(breaches({path: ""})), 1, path)
        self.assertEqual(len(breaches({"ui/a.h": "class LayerManager {\n"})), 1)
        self.assertEqual(breaches({"ui/a.h": "// class LayerManager {\nclass Layers;\n"}), [])

    def test_long_files(self):
        self.assertEqual(len(breaches({"ui/a.cpp": "int a;\n" * 601})), 1)
        self.assertEqual(breaches({"ui/a.cpp": "int a;\n" * 600}), [])

    def test_one_type_a_name(self):
        def one(name, body="int x = 0;\n"):
            return f"namespace mcj {{\n\nstruct {name} {{\n    {body}}};\n\n}}  // namespace mcj\n"

        twice = {"ui/a.h": one("Match"), "viewer/session/b.h": one("Match")}
        self.assertEqual(len(breaches(twice)), 1)
        self.assertEqual(breaches({"ui/a.h": one("Match"), "ui/b.h": one("Other")}), [])
        nested = one("Other", "struct Match {\n    };\n")
        self.assertEqual(breaches({"ui/a.h": one("Match"), "ui/b.h": nested}), [])
        elsewhere = one("Match").replace("namespace mcj {", "namespace mcj::kernels {")
        self.assertEqual(breaches({"ui/a.h": one("Match"), "ui/b.h": elsewhere}), [])
        self.assertEqual(breaches({"ui/a.h": one("Match"), "ui/b.h": "struct Match;\n"}), [])
        self.assertEqual(breaches({"ui/a.h": one("Match"), "training/b.h": one("Match")}), [])
        self.assertEqual(
            len(breaches({"inference/ops/a.h": one("Match"), "training/b.h": one("Match")})), 1)

    def test_top_folders(self):
        self.assertEqual(len(breaches({"tools/a.cpp": ""})), 1)
        self.assertEqual(breaches({"build/release/utils.cpp": "", ".deps/a.cpp": ""}), [])


class Waiting(unittest.TestCase):
    def test_syncs(self):
        for text, want in (("auto a = t.cpu();\n", 1), ("float a = t.item<float>();\n", 1),
                           ("float a = t.item().toFloat();\n", 1),
                           ("cudaDeviceSynchronize();\n", 1), ("// t.cpu() waits\n", 0),
                           ('log("t.cpu()");\n', 0), ("int items = list.itemCount();\n", 0)):
            self.assertEqual(len(breaches({"inference/model/mc_jepa.cpp": text})), want, text)
        for path in ("inference/model/preprocess.cpp", "inference/engine/torch_engine_flow.cpp",
                     "training/trainer.cpp", "tests/inference/test_ops.cpp"):
            self.assertEqual(breaches({path: "auto a = t.cpu();\n"}), [], path)


if __name__ == "__main__":
    unittest.main()
