#include <QFile>
#include <QJsonObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QTest>

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <utility>

#include "segmentation/mask_formats/davis.h"
#include "segmentation/project_file.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace fs = std::filesystem;

/// What holds for every command of `mcjepa`: its help, usage and input errors, its start. None of
/// it needs the network.
class TestCli : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void sayingWhatItIs() {
        const CliRun version = runWithoutNetwork({"--version"});
        MCJ_VERIFY_EXIT(version, 0);
        QCOMPARE(version.out.trimmed(), QString("mcjepa " MCJ_VERSION));
        const CliRun help = runWithoutNetwork({"--help"});
        MCJ_VERIFY_EXIT(help, 0);
        for (const char* command : {"info", "analyze", "curves", "similarity", "propagate",
                                    "bundle", "review", "evaluate", "bench", "figure", "doctor"}) {
            QVERIFY2(help.out.contains(command), command);
        }
        MCJ_VERIFY_EXIT(runWithoutNetwork({"analyze", "--help"}), 0);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"evaluate", "flow", "--help"}), 0);
    }

    void usageErrors_data() {
        QTest::addColumn<QStringList>("arguments");
        const QString video = clip_.video();
        const QString mask = clip_.mask();
        const QString out = clip_.path("never");
        QTest::newRow("no command") << QStringList{};
        QTest::newRow("unknown command") << QStringList{"explode"};
        QTest::newRow("unknown option") << QStringList{"info", video, "--nonsense"};
        QTest::newRow("no video") << QStringList{"info"};
        QTest::newRow("no output") << QStringList{"analyze", video, "--method", "dis"};
        QTest::newRow("bad device") << QStringList{"info", video, "--device", "tpu"};
        QTest::newRow("bad map") << QStringList{"analyze",  video, "-o",     out,
                                                "--method", "dis", "--maps", "depth"};
        QTest::newRow("bad format")
            << QStringList{"analyze", video, "-o", out, "--method", "dis", "--format", "tiff"};
        QTest::newRow("bad method") << QStringList{"analyze", video, "-o", out, "--method", "raft"};
        QTest::newRow("bad scale")
            << QStringList{"analyze", video, "-o", out, "--method", "dis", "--flow-scale", "0"};
        QTest::newRow("bad range")
            << QStringList{"analyze", video, "-o", out, "--method", "dis", "--range", "5"};
        QTest::newRow("range behind the end")
            << QStringList{"analyze", video, "-o", out, "--method", "dis", "--range", "100:200"};
        QTest::newRow("one frame")
            << QStringList{"analyze", video, "-o", out, "--method", "dis", "--range", "2:3"};
        QTest::newRow("maps without a comma") << QStringList{
            "analyze", video, "-o", out, "--method", "dis", "--maps", "flow", "warp-error"};
        QTest::newRow("pixels that are no runs")
            << QStringList{"similarity", video, "-o", out, "--frame", "0", "--pixels", "!"};
        QTest::newRow("pixels of another size")
            << QStringList{"similarity", video, "-o", out, "--frame", "0", "--pixels", "42"};
        QTest::newRow("no pairs named") << QStringList{"evaluate", "flow", "--method", "zero"};
        QTest::newRow("two kinds of pairs")
            << QStringList{"evaluate", "flow", "--pairs", "a", "--kitti", "b", "--method", "zero"};
        QTest::newRow("no mask") << QStringList{"propagate", video, "-o", out};
        QTest::newRow("two masks at once")
            << QStringList{"propagate", video,       "-o",        out,        "--mask",
                           mask,        "--mask-at", "0=" + mask, "--method", "identity"};
        QTest::newRow("mask behind the end") << QStringList{
            "propagate", video, "-o", out, "--mask-at", "99=" + mask, "--method", "identity"};
        QTest::newRow("bad mask-at") << QStringList{
            "propagate", video, "-o", out, "--mask-at", "x=" + mask, "--method", "identity"};
    }

    void usageErrors() {
        QFETCH(QStringList, arguments);
        const CliRun run = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(run, 2);
        QVERIFY2(run.out.isEmpty(), qPrintable(run.out));
        QVERIFY(!run.err.trimmed().isEmpty());
        QVERIFY(!fs::exists(clip_.path("never").toStdString()));
    }

    void inputErrorsSayOneThing_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QString>("named");
        const QString junk = clip_.path("junk.mp4");
        QFile file(junk);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(QByteArray(5000, 'j'));
        file.close();
        const QString small = clip_.path("small.png");
        writeDavisMask(small.toStdString(), Mask(SizePx{10, 10}));
        const QString video = clip_.video();
        const QString out = clip_.path("never");
        QTest::newRow("no such video") << QStringList{"info", clip_.path("gone.mp4")} << "gone.mp4";
        QTest::newRow("no video at all") << QStringList{"info", junk} << "junk.mp4";
        QTest::newRow("no model") << QStringList{"analyze", video, "-o", out}
                                  << "model.safetensors";
        QTest::newRow("no such mask")
            << QStringList{"propagate", video,     "-o", out, "--mask", clip_.path("gone.png"),
                           "--method",  "identity"}
            << "gone.png";
        QTest::newRow("mask of another size")
            << QStringList{"propagate", video, "-o", out, "--mask", small, "--method", "identity"}
            << "small.png";
        QTest::newRow("no pairs") << QStringList{"evaluate",         "flow",     "--pairs",
                                                 clip_.path("gone"), "--method", "zero"}
                                  << "gone";
        QTest::newRow("no truth") << QStringList{"evaluate",         "masks",   "--results",
                                                 clip_.path("gone"), "--truth", clip_.path("gone")}
                                  << "gone";
    }

    void inputErrorsSayOneThing() {
        QFETCH(QStringList, arguments);
        QFETCH(QString, named);
        const CliRun run = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(run, 3);
        QVERIFY2(run.err.contains(named), qPrintable(run.err));
        QCOMPARE(run.err.count("mcjepa:"), 1);
        const CliRun json = runWithoutNetwork(arguments + QStringList{"--json"});
        MCJ_VERIFY_EXIT(json, 3);
        QCOMPARE(json.events("error").size(), 1);
        QCOMPARE(json.events("error")[0]["code"].toInt(), 3);
    }

    void aMissingNetworkLibraryIsADeviceError() {
        const QString model = clip_.path("some.safetensors");
        QFile file(model);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("x");
        file.close();
        const CliRun run = runWithoutNetwork(
            {"analyze", clip_.video(), "-o", clip_.path("never"), "--model", model});
        MCJ_VERIFY_EXIT(run, 4);
        QVERIFY(run.err.contains("libmcj_torch.so"));
    }

    void idleThreadsDoNotSpin() {
        // OpenMP itself says how long its threads spin, as it read it when its library came in.
        for (const auto& [given, passive] : {std::pair("", true), std::pair("ACTIVE", false)}) {
            QProcess process;
            auto environment = QProcessEnvironment::systemEnvironment();
            environment.insert("OMP_DISPLAY_ENV", "VERBOSE");
            environment.remove("OMP_WAIT_POLICY");
            if (*given != '\0') environment.insert("OMP_WAIT_POLICY", given);
            process.setProcessEnvironment(environment);
            process.start(MCJ_BIN_DIR "/mcjepa", {"--version"});
            QVERIFY(process.waitForFinished(60000));
            const QByteArray said = process.readAllStandardError();
            if (said.isEmpty()) QSKIP("no library brings OpenMP in at the start");
            QVERIFY2(said.contains("GOMP_SPINCOUNT = '0'") == passive, said.constData());
        }
    }

    void aBundleHasAllThatAProjectNeeds() {
        ProjectContent content;
        content.video.path = clip_.video().toStdString();
        content.video.bytes = fs::file_size(clip_.video().toStdString());
        content.video.size = {160, 120};
        const QString project = clip_.path("scene.mkv.mcjepa");
        (void)ProjectFile::create(project.toStdString(), content);
        const QString model = clip_.path("own.safetensors");
        QFile file(model);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("a model");
        file.close();
        const QString folder = clip_.path("bundle");
        const CliRun dry =
            runWithoutNetwork({"bundle", project, "-o", folder, "--dry-run", "--json"});
        MCJ_VERIFY_EXIT(dry, 0);
        QCOMPARE(dry.events("summary").size(), 1);
        QVERIFY(dry.events("summary")[0]["bytes"].toInteger() >= QFile(clip_.video()).size());
        QVERIFY(!fs::exists(folder.toStdString()));
        const CliRun made = runWithoutNetwork({"bundle", project, "-o", folder, "--json"});
        MCJ_VERIFY_EXIT(made, 0);
        QCOMPARE(made.events("summary")[0]["files"].toInt(), 1);
        QVERIFY(fs::exists((folder + "/scene.mkv").toStdString()));
        const ProjectContent read =
            ProjectFile::open((folder + "/scene.mkv.mcjepa").toStdString()).load();
        QCOMPARE(read.video.path, std::string("scene.mkv"));
        // Never over what is there, and never from what is no project.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"bundle", project, "-o", folder}), 2);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"bundle", clip_.video(), "-o", clip_.path("other")}), 3);
        fs::remove_all(folder.toStdString());
        QVERIFY(QFile::remove(project));
    }

    // A project of an older format, which opening would bring to the current one.
    void aBundleLeavesTheProjectAsItIs() {
        const fs::path home = clip_.path("old").toStdString();
        fs::create_directories(home);
        fs::copy_file(clip_.video().toStdString(), home / "clip.mkv");
        const fs::path project = home / "clip.mkv.mcjepa";
        fs::copy_file(fs::path(MCJ_SOURCE_DIR) / "tests/data/format-1.mcjepa", project);
        const auto bytes = [&project] {
            QFile file(QString::fromStdString(project.string()));
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray{};
        };
        const auto entries = [&home] {
            return std::distance(fs::directory_iterator(home), fs::directory_iterator());
        };
        const QByteArray before = bytes();
        QVERIFY(!before.isEmpty());
        const QString name = QString::fromStdString(project.string());
        const QString folder = clip_.path("bundle-of-old");
        MCJ_VERIFY_EXIT(runWithoutNetwork({"bundle", name, "-o", folder, "--dry-run"}), 0);
        QVERIFY(bytes() == before);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"bundle", name, "-o", folder}), 0);
        QVERIFY(bytes() == before);
        QCOMPARE(entries(), std::ptrdiff_t{2});
        const fs::path bundled = fs::path(folder.toStdString()) / "clip.mkv.mcjepa";
        QCOMPARE(ProjectFile::read(bundled).state.track().size(), std::size_t{16});
    }

private:
    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestCli)
#include "test_cli.moc"
