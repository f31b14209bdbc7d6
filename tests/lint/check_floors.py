#!/usr/bin/env python3
"""Checks the rules of the project that a compiler does not check: see ARCHITECTURE.md, "Layers".

    check_floors.py [ROOT]

1. An include never points up, and a floor sees only what it may (SEES).
2. Heavy headers are included only by floors that own them, and only in .cpp files (KITS).
3. Own headers are included by full path from the root.
4. Rooms have names: no utils, common, helpers or *Manager; no file above 600 lines.
5. A tensor's values are waited for only where that is meant (SYNC_FILES).
6. Top-level folders are those that ARCHITECTURE.md lists.
7. A name stands for one type: no two headers define a class of the same qualified name.

Prints "file:line: message" for each breach and exits with 1 if there is one. Standard library only.
"""

import os
import re
import sys

MAX_LINES = 600

# Which folders a folder's files may include, beside itself. The longest matching folder counts.
SEES = {
    "media/base": [],
    "media/io": ["media/base"],
    "media/figure": ["media/io", "media/base"],
    "inference/ops": ["media/base"],
    "inference/model": ["inference/ops", "media/base"],
    "inference/engine": ["inference/model", "inference/ops", "media/io", "media/base"],
    "inference/analysis": ["inference/engine", "media/figure", "media/io", "media/base"],
    "segmentation": ["inference/analysis", "inference/engine", "media/io", "media/base"],
    "viewer/session": ["segmentation", "inference/analysis", "inference/engine", "media/figure",
                       "media/io", "media/base"],
    "viewer/canvas": ["viewer/tools", "viewer/session", "segmentation", "inference/analysis",
                      "inference/engine", "media/figure", "media/io", "media/base"],
    "viewer/tools": ["viewer/canvas", "viewer/session", "segmentation", "inference/analysis",
                     "inference/engine", "media/io", "media/base"],
    "ui": ["viewer", "segmentation", "inference/analysis", "inference/engine", "media"],
    # mcjepa-train runs on machines that have LibTorch and nothing else.
    "training": ["inference/model", "inference/ops", "media/base"],
    "app": ["ui", "viewer", "segmentation", "inference", "media"],
}
# The shared library that LibTorch hides behind: its headers know tensors, so nobody else sees them.
BEHIND_THE_DOOR = "inference/engine/torch_"
TOP_FOLDERS = {"app", "ui", "viewer", "inference", "segmentation", "media", "training", "resources",
               "tests", "packaging", "docs"}
CODE = {".h", ".cpp", ".cu", ".cuh"}
LINES = CODE | {".py", ".cmake", ".frag", ".vert", ".glsl"}

TORCH_FLOORS = ["inference/ops", "inference/model", "inference/engine", "training"]
# Kit -> (pattern of its headers, folders whose .cpp files may include it, folders whose headers
# may)
KITS = {
    "FFmpeg": (r"lib(av\w+|sw\w+|postproc)/", ["media/io", "app"], []),
    "OpenCV": (r"opencv2/|opencv\.hpp",
               ["media/io", "media/figure", "inference/engine", "inference/analysis",
                "segmentation", "app"], []),
    "LibTorch": (r"torch/|ATen/|c10/", TORCH_FLOORS, []),
    # What headers of networks need to declare their members; torch/torch.h itself costs 20 s.
    "LibTorch's threads": (r"ATen/Parallel\.h$", TORCH_FLOORS, ["inference/ops"]),
    "a tensor's declaration": (r"ATen/core/Tensor\.h$|c10/core/Device\.h$", TORCH_FLOORS,
                               ["inference/ops", "inference/model", "training"]),
    "a module's declaration": (r"torch/nn/module\.h$|torch/nn/modules/\w+/?\w*\.h$"
                               r"|torch/nn/pimpl\.h$",
                               TORCH_FLOORS, ["inference/model", "training"]),
    "an optimiser's declaration": (r"torch/optim/\w+\.h$", ["training"], ["training"]),
    "the CUDA runtime": (r"cuda_runtime|cuda_fp16|cuda\.h|cublas|nccl",
                         ["inference/ops", "inference/engine", "training", "app"],
                         ["inference/ops"]),
    "OpenGL": (r"GL/|GLES\d*/|QOpenGL(Functions|ExtraFunctions|Context|Shader|Texture|Buffer|Vertex"
               r"|Framebuffer)", ["viewer/canvas", "viewer/tools", "ui", "app"], []),
    "Dear ImGui": (r"imgui|backends/imgui", ["viewer/canvas", "viewer/tools"], []),
    "SQLite": (r"sqlite3|SQLiteCpp/", ["segmentation", "viewer/session"], []),
    "Expat": (r"expat\.h$", ["segmentation"], []),
    "MPI": (r"mpi\.h$", ["training/collectives"], []),
    "xxHash": (r"xxh", ["media/io"], []),
    "libpng": (r"png\.h$", ["media/io"], []),
    "OpenEXR": (r"OpenEXR/|Imf\w+\.h|Imath", ["media/io"], []),
    "libjpeg": (r"turbojpeg|jpeglib", ["media/io", "training"], []),
    "Qt widgets": (r"QtWidgets"
                   r"|Q(Widget|MainWindow|Dialog|Application|Action|MessageBox|FileDialog)$",
                   ["viewer/canvas", "viewer/tools", "ui", "app"],
                   ["viewer/canvas", "viewer/tools", "ui", "app"]),
    "Qt": (r"Q[A-Z]|Qt[A-Z]", ["viewer", "ui", "app"], ["viewer", "ui", "app"]),
}
# A header matches the first kit in this order.
KIT_ORDER = ["LibTorch's threads", "a tensor's declaration", "a module's declaration",
             "an optimiser's declaration", "LibTorch", "FFmpeg", "OpenCV", "the CUDA runtime",
             "OpenGL", "Dear ImGui", "SQLite", "Expat", "MPI", "libpng", "OpenEXR", "libjpeg",
             "Qt widgets", "Qt"]

# Qt's umbrella headers cost seconds in every unit.
UMBRELLAS = re.compile(r"Qt(Core|Gui|Widgets|Network|Concurrent|Test|OpenGL)(/Qt\w+)?$")

BAD_NAME = re.compile(r"^(\w*_)?(util|utils|common|helper|helpers|misc|manager)$")
BAD_CLASS = re.compile(r"^\s*(?:class|struct)\s+(?:\w+\s+)?(\w*(?:Manager|Utils?|Helpers?))\b")

SYNC = re.compile(r"\.cpu\(\)|\.item\s*(<|\()|\bcudaDeviceSynchronize\b")
SYNC_FILES = re.compile(r"inference/model/preprocess\.cpp$|inference/engine/torch_engine\w*\.cpp$"
                        r"|training/trainer\w*\.cpp$"
                        # MPI reads host memory: a GPU's tensors have to be waited for.
                        r"|training/distributed_mpi\.cpp$"
                        r"|training/feature_rank\.cpp$"  # a measure after training, not in it
                        # A probe counts on the CPU, after training or once a report of its own.
                        r"|training/linear_probe\.cpp$"
                        r"|^tests/")

NAMESPACE = re.compile(r"^(?:inline )?namespace ([\w:]+) \{|^(\})\s*$")
# Our namespaces do not indent, so a type that starts a line belongs to a namespace.
DEFINITION = re.compile(r"^(?:struct|class|enum class|enum) (\w+)[^;()]*\{")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def under(path, folders):
    """The longest of `folders` that holds `path`, or None."""
    found = [folder for folder in folders if path == folder or path.startswith(folder + "/")]
    return max(found, key=len) if found else None


def without_comments(text):
    """The text with comments and the insides of string literals blanked, line for line."""
    def blank(match):
        whole = match.group(0)
        if whole.startswith("/"):
            return re.sub(r"[^\n]", " ", whole)
        return whole[0] + " " * (len(whole) - 2) + whole[-1]
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'', blank, text,
                  flags=re.DOTALL)


def includes(text):
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match:
            yield number, match.group(1) == '"', match.group(2)


def check_own_include(root, path, target):
    """Messages about `#include "target"`."""
    if target.endswith(".moc") or os.path.basename(target).startswith(("moc_", "ui_")):
        return
    if not os.path.exists(os.path.join(root, target)):
        if os.path.exists(os.path.join(root, os.path.dirname(path), target)):
            yield f'"{target}" is not a path from the root of the project'
        return
    if path.startswith("tests/"):
        return
    floor, other = under(path, SEES), under(target, SEES)
    if target.startswith("tests/"):
        yield f'"{target}": the program does not include its tests'
    elif floor and other and floor != other and not under(target, SEES[floor]):
        yield f'"{target}" points up or past a fence: {floor}/ does not see {other}/'
    elif target.startswith(BEHIND_THE_DOOR) and not path.startswith(BEHIND_THE_DOOR):
        yield f'"{target}" lies behind the door: include inference/engine/inference_engine.h'


def check_kit(path, target):
    """Messages about a header of a library that a fence keeps in."""
    if path.startswith("tests/"):
        return
    for name in KIT_ORDER:
        pattern, sources, headers = KITS[name]
        if not re.match(pattern, target):
            continue
        is_header = path.endswith((".h", ".cuh"))
        if path.startswith(BEHIND_THE_DOOR):
            headers = headers + ["inference/engine"] if "inference/ops" in headers else headers
        if path.endswith(".cu") and re.match("torch/|ATen/|c10/", target):
            yield f"<{target}>: CUDA kernels are free of LibTorch"
        elif not under(path, headers if is_header else sources):
            place = "a header here" if is_header and under(path, sources) else "this folder"
            yield f"<{target}>: {name} does not belong in {place}"
        return


def check_file(root, path, text):
    """Yields (line, message) for one file."""
    name = os.path.basename(path)
    stem, extension = os.path.splitext(name)
    if BAD_NAME.match(stem):
        yield 1, f"{name} says nothing about what is inside: name the file by its subject"
    count = text.count("\n") + (not text.endswith("\n") and bool(text))
    if count > MAX_LINES:
        yield MAX_LINES + 1, f"{count} lines, more than {MAX_LINES}: make two rooms of it"
    if extension not in CODE:
        return
    code = without_comments(text)
    for number, quoted, target in includes(text):
        if quoted:
            for message in check_own_include(root, path, target):
                yield number, message
        if not quoted or not os.path.exists(os.path.join(root, target)):
            for message in check_kit(path, target):
                yield number, message
            if UMBRELLAS.match(target) and not path.startswith("tests/"):
                yield number, f"<{target}>: include the classes that are used"
    for number, line in enumerate(code.splitlines(), 1):
        match = BAD_CLASS.match(line)
        if match:
            yield number, f"{match.group(1)} says nothing about what it does"
        if SYNC.search(line) and not SYNC_FILES.search(path):
            yield number, "waits for the device here, where nobody would look for it"


def definitions(text):
    """(line, qualified name) of the types that a header defines at namespace level."""
    spaces = []
    for number, line in enumerate(without_comments(text).splitlines(), 1):
        match = NAMESPACE.match(line)
        if match and match.group(1):
            spaces.append(match.group(1))
        elif match and spaces:
            spaces.pop()
        match = DEFINITION.match(line)
        if match:
            yield number, "::".join([*spaces, match.group(1)])


def in_one_program(path, other):
    """mcjepa-train holds the floors that training/ sees, the other programs all but training/."""
    def apart(one, two):
        return one.startswith("training/") and not two.startswith("training/") \
            and not under(two, SEES["training"])
    return not apart(path, other) and not apart(other, path)


def files(root):
    """Paths of the project's own files, relative to the root."""
    for folder in sorted(TOP_FOLDERS):
        for where, folders, names in os.walk(os.path.join(root, folder)):
            folders[:] = sorted(f for f in folders if f != "__pycache__" and not f.startswith("."))
            for name in sorted(names):
                if os.path.splitext(name)[1] in LINES:
                    yield os.path.relpath(os.path.join(where, name), root).replace(os.sep, "/")


def check_tree(root):
    """All breaches, as "file:line: message"."""
    found = []
    ignored = {"build", "out", "runs", "data"}  # as .gitignore has them
    for name in sorted(os.listdir(root)):
        if os.path.isdir(os.path.join(root, name)) and not name.startswith(".") \
                and name not in TOP_FOLDERS | ignored:
            found.append(f"{name}:1: is no folder of the house")
    defined = {}
    for path in files(root):
        with open(os.path.join(root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        found += [f"{path}:{line}: {message}" for line, message in check_file(root, path, text)]
        if not path.endswith(".h") or path.startswith("tests/"):
            continue
        for line, name in definitions(text):
            for first in defined.setdefault(name, []):
                if first != path and in_one_program(first, path):
                    found.append(f"{path}:{line}: {name} is defined in {first} as well: "
                                 "the linker would take one for the other")
            defined[name].append(path)
    return found


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(here))
    found = check_tree(root)
    if not any(True for _ in files(root)):
        sys.exit(f"no source files under {root}")
    print("\n".join(found) if found else "no forbidden include was found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
