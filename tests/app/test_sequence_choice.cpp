#include <QTemporaryDir>
#include <QTest>

#include "app/cli_commands/sequence_choice.h"
#include "media/base/error.h"
#include "segmentation/mask_formats/davis.h"

using namespace mcj;

namespace {

namespace fs = std::filesystem;

void writeMasks(const fs::path& folder, int count) {
    fs::create_directories(folder);
    for (int t = 0; t < count; ++t) writeDavisMask(folder / davisFileName(t), Mask(SizePx{4, 3}));
}

}  // namespace

class TestSequenceChoice : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void starsStandForAnything() {
        QVERIFY(matchesName("camvid*", "camvid_street"));
        QVERIFY(matchesName("*", ""));
        QVERIFY(matchesName("*street", "camvid_street"));
        QVERIFY(matchesName("c*d*s*t", "camvid_street"));
        QVERIFY(matchesName("dog", "dog"));
        QVERIFY(!matchesName("dog", "dogs"));
        QVERIFY(!matchesName("dogs", "dog"));
        QVERIFY(!matchesName("c*x", "camvid_street"));
        QVERIFY(!matchesName("", "dog"));
    }

    void classesAreScoredAsClasses() {
        const MaskTruthOptions options;
        QVERIFY(isChosen(options, "anything"));
        QVERIFY(hasClasses(options, "camvid_street"));
        QCOMPARE(scoreOptionsOf(options, "camvid_street").meaning, LabelMeaning::Classes);
        QCOMPARE(scoreOptionsOf(options, "camvid_street").voidLabel, std::uint8_t{11});
        QCOMPARE(scoreOptionsOf(options, "dog").meaning, LabelMeaning::Objects);
        MaskTruthOptions chosen;
        chosen.only = {"d*"};
        QVERIFY(isChosen(chosen, "dog"));
        QVERIFY(!isChosen(chosen, "cat"));
    }

    void truthIsFoundInEveryLayout() {
        const QTemporaryDir root;
        const fs::path folder = root.path().toStdString();
        writeMasks(folder / "plain" / "b10", 2);
        writeMasks(folder / "plain" / "b9" / "masks", 3);
        const auto plain = findTruth(folder / "plain");
        QCOMPARE(plain.size(), std::size_t{2});
        QCOMPARE(plain[0].name, std::string("b9"));
        QCOMPARE(plain[0].masks.size(), std::size_t{3});
        QVERIFY(plain[0].everyFrame);
        const auto alone = findTruth(folder / "plain" / "b10");
        QCOMPARE(alone.size(), std::size_t{1});
        QCOMPARE(alone[0].name, std::string("b10"));

        // With the frames beside the masks it is known which frames have no truth.
        writeMasks(folder / "davis" / "s" / "frames", 4);
        writeMasks(folder / "davis" / "s" / "masks", 2);
        const auto partial = findTruth(folder / "davis");
        QCOMPARE(partial.size(), std::size_t{1});
        QVERIFY(!partial[0].everyFrame);

        QCOMPARE(findResults(folder / "plain", "b9", Company::OneOfSeveral).size(), std::size_t{3});
        QCOMPARE(findResults(folder / "plain" / "b10", "x", Company::Alone).size(), std::size_t{2});
        QVERIFY(findResults(folder / "plain" / "b10", "x", Company::OneOfSeveral).empty());
        QVERIFY_EXCEPTION_THROWN((void)findTruth(folder / "nowhere"), Error);
        fs::create_directories(folder / "empty");
        QVERIFY_EXCEPTION_THROWN((void)findTruth(folder / "empty"), Error);
    }
};

QTEST_GUILESS_MAIN(TestSequenceChoice)
#include "test_sequence_choice.moc"
