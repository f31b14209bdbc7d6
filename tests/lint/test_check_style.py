#!/usr/bin/env python3
"""check_style.py sees what it is there for, and nothing else."""

import unittest

import check_style


def body(lines):
    return "".join(f"    step({i});\n" for i in range(lines))


class LongLines(unittest.TestCase):
    def test_line_at_the_limit_passes_and_one_past_it_does_not(self):
        self.assertEqual(list(check_style.long_lines("x" * 100 + "\n")), [])
        found = list(check_style.long_lines("\n" + "x" * 101))
        self.assertEqual([line for line, _ in found], [2])

    def test_columns_are_characters_not_bytes(self):
        self.assertEqual(list(check_style.long_lines("\u00e9" * 100)), [])


class LongFunctions(unittest.TestCase):
    def found(self, text, path="a.cpp"):
        return list(check_style.long_functions(path, text))

    def test_function_at_the_limit_passes(self):
        self.assertEqual(self.found("void f() {\n" + body(78) + "}\n"), [])

    def test_function_past_the_limit_is_named(self):
        (line, message), = self.found("namespace m {\nvoid f(int a) {\n" + body(79) + "}\n}\n")
        self.assertEqual(line, 2)
        self.assertIn("f has 81 lines", message)

    def test_method_in_a_class_after_a_macro_counts_by_itself(self):
        text = ("Q_DECLARE_METATYPE(T)\nclass A : public B {\n" +
                "".join(f"void m{i}() {{\n{body(30)}}}\n" for i in range(5)) +
                f"void longer() {{\n{body(90)}}}\n}};\n")
        (_, message), = self.found(text)
        self.assertIn("longer has 92 lines", message)

    def test_constructor_with_braces_in_its_initialisers_counts_whole(self):
        (_, message), = self.found("A::A() : a_{1}, b_(2), c_{3} {\n" + body(85) + "}\n")
        self.assertIn("A::A has 87 lines", message)

    def test_lambda_and_braces_in_strings_and_comments_belong_to_their_function(self):
        text = 'void f() {\n    auto g = [] {\n    };\n    s = "}"; // }\n' + body(80) + "}\n"
        (_, message), = self.found(text)
        self.assertIn("f has 85 lines", message)

    def test_tables_are_no_functions(self):
        self.assertEqual(self.found("const int kTable[] = {\n" + "1,\n" * 200 + "};\n"), [])
        self.assertEqual(self.found("const auto kOf = table({\n" + "{1},\n" * 200 + "});\n"), [])

    def test_python_counts_alike(self):
        (_, message), = self.found("def f():\n" + "    pass\n" * 80, "a.py")
        self.assertIn("f has 81 lines", message)


if __name__ == "__main__":
    unittest.main()
