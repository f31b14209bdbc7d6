#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QImage>
#include <QTemporaryDir>
#include <QTest>

#include "segmentation/mask_formats/davis.h"
#include "segmentation/project_file.h"
#include "tests/app/cli_run.h"
#include "tests/support/test_video.h"

using namespace mcj;
using test::CliRun;

namespace {

constexpr int kFrames = 4;

}  // namespace

/// The window's program from outside: its words, its exit codes and its pictures.
class TestStudio : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (!test::haveFfmpeg()) QSKIP("ffmpeg is not installed");
        video_ = path("clip.mkv");
        const QString failed = test::writeLossless(scene_, kFrames, video_);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void versionAndHelpNameTheProgram() {
        const CliRun version = runStudio({"--version"});
        MCJ_VERIFY_EXIT(version, 0);
        QVERIFY(version.out.startsWith("mcjepa-studio "));
        const CliRun help = runStudio({"--help"});
        MCJ_VERIFY_EXIT(help, 0);
        QVERIFY2(help.out.contains("mcjepa-studio [options]"), qPrintable(help.out));
        QVERIFY2(!help.out.contains("executable_name"), qPrintable(help.out));
    }

    void linesThatMakeNoSenseAreRefused_data() {
        QTest::addColumn<QStringList>("line");
        QTest::addColumn<QString>("named");
        QTest::newRow("unknown option") << QStringList{"--nonsense"} << "nonsense";
        QTest::newRow("two videos") << QStringList{"a.mp4", "b.mp4"} << "one video";
        QTest::newRow("device") << QStringList{"--device", "tpu"} << "tpu";
        QTest::newRow("small side") << QStringList{"--max-side", "3"} << "--max-side";
        QTest::newRow("large side") << QStringList{"--max-side", "65537"} << "--max-side";
        QTest::newRow("threads") << QStringList{"--threads", "1025"} << "--threads";
        QTest::newRow("frame") << QStringList{"--frame=-1"} << "--frame";
        QTest::newRow("layer") << QStringList{"--show-layer", "depth"} << "warp-error";
    }
    void linesThatMakeNoSenseAreRefused() {
        QFETCH(const QStringList, line);
        QFETCH(const QString, named);
        const CliRun run = runStudio(line);
        MCJ_VERIFY_EXIT(run, 2);
        QVERIFY2(run.err.startsWith("mcjepa-studio: ") && run.err.contains(named),
                 qPrintable(run.err));
    }

    void aDisplayThatCannotBeOpenedIsOneSentence() {
        const CliRun run = test::runProgram("mcjepa-studio", {}, {{"DISPLAY", ":987"}});
        MCJ_VERIFY_EXIT(run, 4);
        QVERIFY2(run.err.startsWith("mcjepa-studio: ") && run.err.contains(":987"),
                 qPrintable(run.err));
        QVERIFY2(!run.err.contains("plugin"), qPrintable(run.err));
    }

    void aScreenshotShowsTheVideo() {
        const QString picture = path("window.png");
        const CliRun run = runStudio({video_, "--screenshot", picture, "--show-layer", "flow",
                                      "--frame", "1", "--size", "1280x800"});
        MCJ_VERIFY_EXIT(run, 0);
        const QImage window(picture);
        QCOMPARE(window.size(), QSize(1280, 800));
    }

    void aScreenshotShowsTheMasksOfAProject() {
        QVERIFY(QDir().mkpath(path("masks")));
        for (int frame = 0; frame < kFrames; ++frame) {
            writeDavisMask(
                path("masks/" + QString::fromStdString(davisFileName(frame))).toStdString(),
                Mask(scene_.mask(frame)));
        }
        const QString project = path("masks.mcjepa");
        MCJ_VERIFY_EXIT(test::runProgram("../tests/make_project", {video_, path("masks"), project}),
                        0);
        const auto picture = [this](const QString& document, const QString& name) {
            const CliRun run = runStudio({document, "--screenshot", path(name), "--show-layer",
                                          "mask", "--frame", "2", "--size", "1280x800"});
            return run.exitCode == 0 ? QImage(path(name)) : QImage();
        };
        const QImage bare = picture(video_, "bare.png");
        const QImage masked = picture(project, "masked.png");
        QCOMPARE(bare.size(), masked.size());
        QVERIFY(!bare.isNull());
        // The disc takes a twelfth of the picture, and that the middle of the window.
        int changed = 0;
        for (int y = 100; y < 560; ++y) {
            for (int x = 320; x < 1000; ++x) {
                changed += bare.pixel(x, y) != masked.pixel(x, y) ? 1 : 0;
            }
        }
        QVERIFY2(changed > 5000, qPrintable(QString::number(changed)));
    }

    void masksOfAnotherProgramAreOpenedWithTheVideo() {
        QVERIFY(QDir().mkpath(path("theirs/masks")));
        for (int frame = 0; frame < kFrames; ++frame) {
            const QString name = QString("theirs/masks/000000%1.png").arg(frame);
            writeDavisMask(path(name).toStdString(), Mask(scene_.mask(frame)));
        }
        QVERIFY(QFile::copy(video_, path("foreign.mkv")));
        const CliRun run = runStudio(
            {path("foreign.mkv"), "--masks", path("theirs"), "--screenshot", path("foreign.png")});
        MCJ_VERIFY_EXIT(run, 0);
        const ProjectContent project = ProjectFile::read(path("foreign.mkv.mcjepa").toStdString());
        QCOMPARE(project.state.track().size(), std::size_t{kFrames});
        QVERIFY(project.state.track().find(1)->facts.foreign());
        QVERIFY(*project.state.track().mask(1) == Mask(scene_.mask(1)));
        MCJ_VERIFY_EXIT(runStudio({"--masks", path("theirs")}), 2);
    }

    void aScreenshotOfAMissingVideoIsAnInputError() {
        const QString picture = path("nothing.png");
        const CliRun run = runStudio({path("missing.mp4"), "--screenshot", picture});
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains("missing.mp4"), qPrintable(run.err));
        QVERIFY(!QFileInfo::exists(picture));
    }

    void aScreenshotWithoutItsMapsFails() {
        // The model is asked for a moment after the picture is there: at once nothing is complete.
        const QString picture = path("early.png");
        const CliRun run =
            runStudio({video_, "--screenshot", picture, "--after", "0", "--give-up", "0"});
        MCJ_VERIFY_EXIT(run, 1);
        QVERIFY2(run.err.contains("without the maps"), qPrintable(run.err));
        QVERIFY(QFileInfo::exists(picture));
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    /// Without a network, which these tests need not wait for: flow comes from DIS.
    [[nodiscard]] static CliRun runStudio(const QStringList& arguments) {
        return test::runProgram("mcjepa-studio", arguments,
                                {{"MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so"},
                                 {"MCJ_MODEL", "/nowhere/model.safetensors"}});
    }

    QTemporaryDir folder_;
    QString video_;
    test::MovingScene scene_{{96, 64}, {0.0F, 0.0F}, {{{30, 32}, {1.0F, 0.5F}, 13}}};
};

QTEST_GUILESS_MAIN(TestStudio)
#include "test_studio.moc"
