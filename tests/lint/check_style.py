#!/usr/bin/env python3
"""Checks the form of the sources: line and function length, and clang-format.

    check_style.py [ROOT] [--clang-format PROGRAM]

1. No line has more than 100 columns (LINES, and the shell scripts that users run).
2. No function has more than 80 lines, from its name to its closing brace.
3. C++ and CUDA files are as clang-format leaves them. Skipped with a message where PROGRAM is not
   there; `./start test` installs the pinned version.

Prints "file:line: message" for each breach and exits with 1 if there is one. Standard library only.
"""

import argparse
import ast
import os
import re
import subprocess
import sys

from check_floors import CODE, LINES, files, without_comments

MAX_COLUMNS = 100
MAX_FUNCTION_LINES = 80
SCRIPTS = ["start", ".ci/run", "packaging/install-dependencies", "packaging/make_pictures",
           "CMakeLists.txt"]
# Tables of numbers, and lists that are read by row.
FREE_LINES = {"media/base/colormap_tables.h"}

SCOPE = re.compile(r"\b(namespace|class|struct|enum|union)\b|\bextern\s*\"")


def long_lines(text):
    """Yields (line, message) for each line that is too long."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > MAX_COLUMNS:
            yield number, f"{len(line)} columns, more than {MAX_COLUMNS}"


def cpp_functions(text):
    """Yields (first line, name, lines) of each function that has a body."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  without_comments(text), flags=re.MULTILINE)
    stack = []  # of (kind, start offset, text before the brace)
    head = 0    # where the text before the next brace begins
    parens = 0
    for at, sign in enumerate(code):
        if sign in "()":
            parens += 1 if sign == "(" else -1
        elif sign == ";" and parens == 0:
            head = at + 1
        elif sign == "{":
            before = code[head:at]
            outside = parens == 0 and all(kind == "scope" for kind, _, _ in stack)
            # What follows the last parenthesis: a macro may stand before a class.
            if outside and SCOPE.search(before[before.rfind(")") + 1:]):
                kind = "scope"
            elif outside and "(" in before and not re.search(r"(?<![=!<>])=\s*$", before):
                kind = "function"
            else:
                kind = "block"
            stack.append((kind, head, before))
            head = at + 1 if kind == "scope" else head
        elif sign == "}" and stack:
            kind, start, before = stack.pop()
            if kind == "function":
                first = start + len(before) - len(before.lstrip())
                name = re.search(r"(?!__)\b([~\w:]+|operator[^\w\s]+)\s*\(", before)
                yield (code.count("\n", 0, first) + 1, name.group(1) if name else "a function",
                       code.count("\n", first, at) + 1)
            if all(kind == "scope" for kind, _, _ in stack):
                # A member initialised with braces is followed by the function's own body.
                follows = re.match(r"\s*[,{]", code[at + 1:at + 200])
                head = head if kind == "block" and follows else at + 1
                if kind == "function" and follows:
                    head = start


def python_functions(text):
    """The same of Python."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.name, node.end_lineno - node.lineno + 1


def long_functions(path, text):
    """Yields (line, message) for each function that is too long."""
    functions = python_functions if path.endswith(".py") else cpp_functions
    for line, name, count in functions(text):
        if count > MAX_FUNCTION_LINES:
            yield line, f"{name} has {count} lines, more than {MAX_FUNCTION_LINES}"


def check_file(path, text):
    """Yields (line, message) for one file."""
    if path not in FREE_LINES:
        yield from long_lines(text)
    if os.path.splitext(path)[1] in CODE | {".py"}:
        yield from long_functions(path, text)


def unformatted(root, program, paths):
    """Yields "file:line: message" where clang-format would change something."""
    for first in range(0, len(paths), 100):
        run = subprocess.run([program, "--dry-run", "--Werror", *paths[first:first + 100]],
                             cwd=root, capture_output=True, text=True, check=False)
        for match in re.finditer(r"^([^:\s]+):(\d+):\d+: error: .*clang-format", run.stderr,
                                 re.MULTILINE):
            yield f"{match.group(1)}:{match.group(2)}: is not as clang-format leaves it"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", default=os.path.dirname(os.path.dirname(here)))
    parser.add_argument("--clang-format", default="")
    options = parser.parse_args()

    paths = list(files(options.root))
    if not paths:
        sys.exit(f"no source files under {options.root}")
    found = []
    for path in paths + [script for script in SCRIPTS
                         if os.path.exists(os.path.join(options.root, script))]:
        with open(os.path.join(options.root, path), encoding="utf-8", errors="replace") as file:
            text = file.read()
        found += [f"{path}:{line}: {message}" for line, message in check_file(path, text)]
    if options.clang_format:
        sources = [path for path in paths if os.path.splitext(path)[1] in CODE]
        found += unformatted(options.root, options.clang_format, sources)
    else:
        print("clang-format was not found: the format of the C++ files is not checked")
    print("\n".join(found) if found else "no breach of style was found")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
