#include "tests/support/test_program.h"

#include <cstdio>
#include <map>
#include <string>

#include <QCoreApplication>

namespace mcj::test {
namespace {

std::map<std::string, RunTest>& programTests() {
    static std::map<std::string, RunTest> tests;
    return tests;
}

}  // namespace

ProgramTest::ProgramTest(const char* name, RunTest run) { programTests()[name] = run; }

}  // namespace mcj::test

int main(int argc, char** argv) {
    const QCoreApplication app(argc, argv);
    const auto& tests = mcj::test::programTests();
    const auto chosen = argc > 1 ? tests.find(argv[1]) : tests.end();
    if (chosen == tests.end()) {
        std::fprintf(stderr, "Give one of the tests of this program first:\n");
        for (const auto& [name, run] : tests) std::fprintf(stderr, "  %s\n", name.c_str());
        return 2;
    }
    argv[1] = argv[0];
    return chosen->second(argc - 1, argv + 1);
}
