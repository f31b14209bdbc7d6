#pragma once

#include <QtTest>

/// Several test classes in one program, which saves the compile and link time of each alone. A file
/// ends with MCJ_TEST(Class) in place of QTEST_GUILESS_MAIN(Class); the program, made by
/// `mcj_test_program` (packaging/cmake/McjBuild.cmake), runs the class that its first argument
/// names: `PROGRAM Class [options of QtTest]`.
namespace mcj::test {

using RunTest = int (*)(int argc, char** argv);

/// Makes a class one of the program's tests. Before main.
struct ProgramTest {
    ProgramTest(const char* name, RunTest run);
};

}  // namespace mcj::test

#define MCJ_TEST(Class)                                                                        \
    static const mcj::test::ProgramTest programTest##Class(#Class, [](int argc, char** argv) { \
        Class test;                                                                            \
        return QTest::qExec(&test, argc, argv);                                                \
    });
