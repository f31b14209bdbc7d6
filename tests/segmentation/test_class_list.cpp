#include <QTemporaryDir>
#include <QTest>

#include <fstream>

#include "media/base/error.h"
#include "segmentation/class_list.h"

namespace mcj {
namespace {

std::string problemOf(std::string_view text) {
    try {
        (void)parseClassList(text, "list.txt");
    } catch (const Error& error) {
        return error.code() == ErrorCode::Input ? error.what() : "not an input error";
    }
    return {};
}

bool says(const std::string& problem, const char* words) {
    return problem.find("list.txt") != std::string::npos &&
           problem.find(words) != std::string::npos;
}

class TestClassList : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void textHasANameInEachLine() {
        const ClassList classes = parseClassList(
            "\xEF\xBB\xBF__ignore__\r\n_background_\ncar\n\n  street light, #FF8000 \r\n"
            "B\xC3\xA4r #00ff01\n#1 of 2\nno#colour",
            "list.txt");
        QVERIFY(classes == (ClassList{{"car", {}},
                                      {"street light", Rgb8{255, 128, 0}},
                                      {"B\xC3\xA4r", Rgb8{0, 255, 1}},
                                      {"#1 of 2", {}},
                                      {"no#colour", {}}}));
    }

    void jsonIsThatOfOtherTools() {
        QVERIFY(parseClassList(R"(["car", "tree"])", "list.txt") ==
                (ClassList{{"car", {}}, {"tree", {}}}));
        // CVAT's raw labels.
        QVERIFY(parseClassList(R"([{"name": "car", "color": "#102030", "attributes": []},
                                   {"name": "tree", "id": 7, "color": ""}])",
                               "list.txt") == (ClassList{{"car", Rgb8{16, 32, 48}}, {"tree", {}}}));
        QVERIFY(parseClassList(R"({"categories": [{"id": 1, "name": "car"}]})", "list.txt") ==
                (ClassList{{"car", {}}}));
    }

    void whatIsWrittenIsReadBack() {
        const ClassList classes{{"a \"b\"", Rgb8{1, 2, 3}}, {"B\xC3\xA4r", {}}};
        QVERIFY(parseClassList(classListToJson(classes), "list.txt") == classes);
    }

    void whatIsNoListIsNamed() {
        QVERIFY(says(problemOf(""), "has no class"));
        QVERIFY(says(problemOf("\n \n"), "has no class"));
        QVERIFY(says(problemOf("car\ntree\ncar\n"), "line 3"));
        QVERIFY(says(problemOf("ok\n\xFF\xFE\n"), "line 2"));
        QVERIFY(says(problemOf(std::string(300, 'x')), "too long"));
        QVERIFY(says(problemOf("[1]"), "entry 1"));
        QVERIFY(says(problemOf(R"([{"color": "#102030"}])"), "no name"));
        QVERIFY(says(problemOf(R"([{"name": "car", "color": "red"}])"), "#rrggbb"));
        QVERIFY(says(problemOf("{\"a\": 1}"), "no array"));
        QVERIFY(says(problemOf("[\"car\""), "damaged JSON"));
        std::string many;
        for (std::size_t i = 0; i <= kMostClasses; ++i) many += "c" + std::to_string(i) + "\n";
        QVERIFY(says(problemOf(many), "one too many"));
    }

    void filesAreRead() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.filePath("classes.txt").toStdString();
        QVERIFY_EXCEPTION_THROWN((void)readClassList(path), Error);
        std::ofstream(path) << "car\ntree\n";
        QCOMPARE(readClassList(path).size(), std::size_t{2});
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestClassList)
#include "test_class_list.moc"
