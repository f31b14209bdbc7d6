#include <QJsonArray>
#include <QJsonObject>
#include <QTemporaryDir>
#include <QTest>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "segmentation/mask_formats/davis.h"
#include "segmentation/project_file.h"
#include "tests/app/cli_run.h"
#include "tests/segmentation/made_masks.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

constexpr SizePx kSize{40, 30};

}  // namespace

/// `mcjepa compare-projects` and `mcjepa merge-projects`.
class TestProjects : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        a_ = write("a.mcjepa", 10, "aa");
        b_ = write("b.mcjepa", 14, "aa");
    }

    void comparisonsAreATableCsvAndJson() {
        const QString csv = folder_->filePath("c.csv");
        const CliRun run = runWithoutNetwork({"compare-projects", a_, b_, "-o", csv, "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 3);
        QCOMPARE(run.events("result")[0]["objects"].toArray().size(), 1);
        const double iou = run.lines().back()["mean_iou"].toDouble();
        QVERIFY(iou > 0.3 && iou < 0.9);
        std::ifstream file(csv.toStdString());
        std::string line;
        int lines = 0;
        while (std::getline(file, line)) ++lines;
        QCOMPARE(lines, 4);
        const CliRun table = runWithoutNetwork({"compare-projects", a_, b_});
        MCJ_VERIFY_EXIT(table, 0);
        QVERIFY2(table.out.contains("mean IoU"), qPrintable(table.out));
        // The CSV is not replaced.
        const CliRun kept = runWithoutNetwork({"compare-projects", a_, b_, "-o", csv});
        MCJ_VERIFY_EXIT(kept, 2);
    }

    void masksInFilesAreComparedAndWrittenBack() {
        const QString folder = path("masks");
        std::filesystem::create_directory(folder.toStdString());
        for (int frame = 0; frame < 3; ++frame) {
            const std::filesystem::path file = folder.toStdString();
            writeDavisMask(file / davisFileName(frame), diskMask(kSize, {14, 15}, 8));
        }
        // The files have the masks of B.
        const CliRun projects = runWithoutNetwork({"compare-projects", a_, b_, "--json"});
        const CliRun files = runWithoutNetwork({"compare-masks", a_, folder, "--json"});
        MCJ_VERIFY_EXIT(projects, 0);
        MCJ_VERIFY_EXIT(files, 0);
        QCOMPARE(files.lines().back()["mean_iou"], projects.lines().back()["mean_iou"]);
        QCOMPARE(files.events("result").size(), 3);

        const CliRun dry = runWithoutNetwork({"write-back", a_, folder, "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(dry, 0);
        QCOMPARE(dry.lines().back()["rewritten"].toInt(), 3);
        QVERIFY(!dry.lines().back()["written"].toBool());
        const CliRun run = runWithoutNetwork({"write-back", a_, folder, "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["frames"].toInt(), 3);
        QCOMPARE(run.lines().back()["format"].toString(), QString("davis"));
        const CliRun same = runWithoutNetwork({"compare-masks", a_, folder, "--json"});
        QCOMPARE(same.lines().back()["mean_iou"].toDouble(), 1.0);
        const CliRun again = runWithoutNetwork({"write-back", a_, folder, "--json"});
        QCOMPARE(again.lines().back()["frames"].toInt(), 0);
    }

    void otherClipsAreRefused() {
        const QString other = write("other.mcjepa", 14, "bb");
        const CliRun run = runWithoutNetwork({"compare-projects", a_, other});
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains("not of the same clip"), qPrintable(run.err));
        const CliRun any = runWithoutNetwork({"compare-projects", a_, other, "--any-clip"});
        MCJ_VERIFY_EXIT(any, 0);
        const CliRun refused =
            runWithoutNetwork({"merge-projects", a_, other, "-o", path("m.mcjepa")});
        MCJ_VERIFY_EXIT(refused, 3);
        QVERIFY(!std::filesystem::exists(path("m.mcjepa").toStdString()));
    }

    void aMergedProjectIsAProject() {
        const QString out = path("merged.mcjepa");
        const CliRun run =
            runWithoutNetwork({"merge-projects", a_, b_, "-o", out, "--prefer", "b", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.lines().back()["conflicts"].toInt(), 3);
        QCOMPARE(run.events("result").size(), 3);
        const ProjectContent merged = ProjectFile::open(out.toStdString()).load();
        QVERIFY(*merged.state.track().mask(0) == diskMask(kSize, {14, 15}, 8));
        QCOMPARE(merged.state.statuses.framesWith(WorkStatus::Doubtful).size(), std::size_t{3});
        QCOMPARE(merged.log.size(), std::size_t{1});
        // What exists is not replaced, and a wrong choice is named.
        const CliRun again = runWithoutNetwork({"merge-projects", a_, b_, "-o", out});
        MCJ_VERIFY_EXIT(again, 2);
        const CliRun wrong = runWithoutNetwork(
            {"merge-projects", a_, b_, "-o", path("w.mcjepa"), "--object", "1=c"});
        MCJ_VERIFY_EXIT(wrong, 2);
        QVERIFY2(wrong.err.contains("1=c"), qPrintable(wrong.err));
        for (const QStringList& rules :
             {QStringList{"--object", "1=b", "--object", "1=a"},
              QStringList{"--object", "1=b", "--object", "1=b"}, QStringList{"--object", "9=b"}}) {
            const CliRun refused = runWithoutNetwork(
                QStringList{"merge-projects", a_, b_, "-o", path("w.mcjepa")} + rules);
            MCJ_VERIFY_EXIT(refused, 2);
            QVERIFY2(refused.err.contains(rules.last().first(1)), qPrintable(refused.err));
        }
        QVERIFY(!std::filesystem::exists(path("w.mcjepa").toStdString()));
        const CliRun chosen = runWithoutNetwork(
            {"merge-projects", a_, b_, "-o", path("chosen.mcjepa"), "--object", "1=b", "--json"});
        MCJ_VERIFY_EXIT(chosen, 0);
        QCOMPARE(chosen.lines().back()["conflicts"].toInt(), 0);
    }

    void framesThatOneProjectHasAreCountedAsSuch() {
        const QString longer = write("longer.mcjepa", 10, "aa", 5);
        const CliRun run = runWithoutNetwork(
            {"merge-projects", a_, longer, "-o", path("longest.mcjepa"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const QJsonObject summary = run.lines().back();
        QCOMPARE(summary["equal"].toInt(), 3);
        QCOMPARE(summary["only_a"].toInt(-1), 0);
        QCOMPARE(summary["only_b"].toInt(), 2);
        QCOMPARE(summary["from_b"].toInt(-1), 0);
        const CliRun text =
            runWithoutNetwork({"merge-projects", longer, a_, "-o", path("longest-too.mcjepa")});
        MCJ_VERIFY_EXIT(text, 0);
        QVERIFY2(text.out.contains("2 only in A, 0 only in B"), qPrintable(text.out));
    }

    void aProjectThatIsOpenIsCompared() {
        const ProjectFile open = ProjectFile::open(a_.toStdString());
        const CliRun run = runWithoutNetwork({"compare-projects", a_, b_, "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), 3);
    }

private:
    [[nodiscard]] QString path(const char* name) const {
        return folder_->filePath(QString::fromLatin1(name));
    }

    /// A project with a disk at `x` on the first frames of the clip `sample`.
    QString write(const char* name, float x, const char* sample, FrameIndex frames = 3) const {
        ProjectContent content;
        content.video.path = "/videos/clip.mkv";
        content.video.sample = sample;
        content.video.size = kSize;
        for (FrameIndex frame = 0; frame < frames; ++frame) {
            content.state.tracks[kMainTrack].set(frame, makeEntry(diskMask(kSize, {x, 15}, 8), {}));
        }
        content.state.objects.set(defaultObject(1));
        (void)ProjectFile::create(path(name).toStdString(), content);
        return path(name);
    }

    std::unique_ptr<QTemporaryDir> folder_;
    QString a_;
    QString b_;
};

QTEST_GUILESS_MAIN(TestProjects)
#include "test_projects.moc"
