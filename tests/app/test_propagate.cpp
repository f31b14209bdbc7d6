#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <vector>

#include "media/io/image_file.h"
#include "media/io/manifest.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_formats/soft_pictures.h"
#include "segmentation/mask_metrics.h"
#include "tests/app/cli_run.h"
#include "tests/support/disc_clip.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

namespace {

namespace fs = std::filesystem;

constexpr int kFrames = test::DiscClip::kFrames;

}  // namespace

/// `mcjepa propagate` by methods that need no network.
class TestPropagate : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        const QString failed = clip_.write();
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
    }

    void masksArePropagatedAndScored() {
        const QString out = clip_.path("carried");
        const CliRun run = runWithoutNetwork({"propagate", clip_.video(), "-o", out, "--mask",
                                              clip_.mask(), "--method", "dis-flow", "--overlay",
                                              clip_.path("carried.mp4"), "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QCOMPARE(run.events("result").size(), kFrames);
        QCOMPARE(run.lines().back()["frames"].toInt(), kFrames);
        const fs::path masks = fs::path(out.toStdString()) / "masks";
        QVERIFY(readDavisMask(masks / "00000.png").labels == clip_.scene().mask(0));
        const IndexedImage last = readIndexedPng(masks / "00007.png");
        QVERIFY(last.palette.size() >= 3);
        QCOMPARE(last.palette[1], davisPalette()[1]);
        QVERIFY(fs::exists(clip_.path("carried.mp4").toStdString()));

        const fs::path truth = clip_.path("truth").toStdString();
        fs::create_directories(truth);
        for (int t = 0; t < kFrames; ++t) {
            writeDavisMask(truth / davisFileName(t), Mask(clip_.scene().mask(t)));
        }
        const CliRun good = runWithoutNetwork(
            {"evaluate", "masks", "--results", out, "--truth", clip_.path("truth"), "--json"});
        MCJ_VERIFY_EXIT(good, 0);
        const QJsonObject summary = good.lines().back();
        QCOMPARE(summary["event"].toString(), QString("summary"));
        QCOMPARE(summary["objects"].toInt(), 1);
        const double carried = summary["jf_mean"].toDouble();

        const CliRun still =
            runWithoutNetwork({"propagate", clip_.video(), "-o", clip_.path("still"), "--mask",
                               clip_.mask(), "--method", "identity"});
        MCJ_VERIFY_EXIT(still, 0);
        const CliRun bad = runWithoutNetwork({"evaluate", "masks", "--results", clip_.path("still"),
                                              "--truth", clip_.path("truth"), "--json"});
        MCJ_VERIFY_EXIT(bad, 0);
        // How good DIS is at the object's edges is OpenCV's affair; carrying must beat
        // standing still.
        const double stood = bad.lines().back()["jf_mean"].toDouble();
        QVERIFY2(carried > stood + 0.1,
                 qPrintable(QString("%1 carried, %2 standing still").arg(carried).arg(stood)));
        const CliRun perfect =
            runWithoutNetwork({"evaluate", "masks", "--results", clip_.path("truth"), "--truth",
                               clip_.path("truth"), "--json"});
        MCJ_VERIFY_EXIT(perfect, 0);
        QCOMPARE(perfect.lines().back()["jf_mean"].toDouble(), 1.0);
    }

    void anUnfinishedSpanBecomesWhatAWholeRunMakes() {
        const QStringList arguments{"propagate",        clip_.video(), "-o",
                                    clip_.path("hole"), "--mask",      clip_.mask(),
                                    "--method",         "dis-flow",    "--json"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments), 0);
        const fs::path masks = fs::path(clip_.path("hole").toStdString()) / "masks";
        std::vector<Mask> whole;
        for (int t = 0; t < kFrames; ++t) whole.push_back(readDavisMask(masks / davisFileName(t)));
        // As a run that was stopped after frame 3 leaves it.
        for (int t = 4; t < kFrames; ++t) fs::remove(masks / davisFileName(t));
        const CliRun again = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), 4);
        for (int t = 0; t < kFrames; ++t) {
            QVERIFY(readDavisMask(masks / davisFileName(t)) == whole[static_cast<std::size_t>(t)]);
        }
    }

    void aStoppedRunGoesOnWithItsOwnMethod() {
        const QString folder = clip_.path("begun");
        const QStringList arguments{"propagate", clip_.video(), "-o",    folder,
                                    "--mask",    clip_.mask(),  "--json"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments + QStringList{"--method", "identity"}), 0);
        // As a run that was stopped after frame 3 leaves it.
        QFile manifest(folder + "/manifest.json");
        QVERIFY(manifest.open(QIODevice::ReadOnly));
        QByteArray text = manifest.readAll();
        manifest.close();
        QVERIFY(text.contains("\"complete\": true"));
        text.replace("\"complete\": true", "\"complete\": false");
        QVERIFY(manifest.open(QIODevice::WriteOnly));
        manifest.write(text);
        manifest.close();
        const fs::path masks = fs::path(folder.toStdString()) / "masks";
        for (int t = 4; t < kFrames; ++t) fs::remove(masks / davisFileName(t));
        // The method of today's default is not named, so the run's own is used.
        const CliRun again = runWithoutNetwork(arguments);
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), 4);
        QVERIFY(readDavisMask(masks / davisFileName(kFrames - 1)).labels == clip_.scene().mask(0));
        // Another method that is named is refused, as always.
        QVERIFY(manifest.open(QIODevice::WriteOnly));
        manifest.write(text);
        manifest.close();
        MCJ_VERIFY_EXIT(runWithoutNetwork(arguments + QStringList{"--method", "dis-flow"}), 2);
    }

    void aSecondMaskCorrectsFromItsFrameOn() {
        const QString second = clip_.path("second.png");
        writeDavisMask(second.toStdString(), Mask(clip_.scene().mask(5)));
        const CliRun run = runWithoutNetwork({"propagate", clip_.video(), "-o", clip_.path("two"),
                                              "--mask", clip_.mask(), "--mask-at", "5=" + second,
                                              "--method", "identity", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        const fs::path masks = fs::path(clip_.path("two").toStdString()) / "masks";
        QVERIFY(readDavisMask(masks / "00004.png").labels == clip_.scene().mask(0));
        QVERIFY(readDavisMask(masks / "00005.png").labels == clip_.scene().mask(5));
        QVERIFY(readDavisMask(masks / "00007.png").labels == clip_.scene().mask(5));
        const CliRun again = runWithoutNetwork({"propagate", clip_.video(), "-o", clip_.path("two"),
                                                "--mask", clip_.mask(), "--mask-at", "5=" + second,
                                                "--method", "identity", "--json"});
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), kFrames);
        // The second mask alone, from the middle: what lies before it has no object.
        const CliRun late =
            runWithoutNetwork({"propagate", clip_.video(), "-o", clip_.path("late"), "--mask-at",
                               "5=" + second, "--method", "identity", "--json"});
        MCJ_VERIFY_EXIT(late, 0);
        QCOMPARE(late.lines().back()["without_mask"].toInt(), 5);
        const CliRun both = runWithoutNetwork({"propagate", clip_.video(), "-o", clip_.path("both"),
                                               "--mask-at", "5=" + second, "--method", "identity",
                                               "--direction", "both", "--json"});
        MCJ_VERIFY_EXIT(both, 0);
        QCOMPARE(both.lines().back()["without_mask"].toInt(), 0);
    }

    void framesBetweenTwoMasksAreBlended() {
        const int last = kFrames - 1;
        const QString second = clip_.path("last.png");
        writeDavisMask(second.toStdString(), Mask(clip_.scene().mask(last)));
        const auto linesTo = [&](const QString& folder) {
            return QStringList{"propagate", clip_.video(),
                               "-o",        clip_.path(folder),
                               "--mask",    clip_.mask(),
                               "--mask-at", QStringLiteral("%1=%2").arg(last).arg(second),
                               "--method",  "dis-flow",
                               "--json"};
        };
        const CliRun blended = runWithoutNetwork(linesTo("blended"));
        MCJ_VERIFY_EXIT(blended, 0);
        QCOMPARE(blended.events("result").size(), kFrames);
        const CliRun single =
            runWithoutNetwork(linesTo("single") + QStringList{"--between", "single"});
        MCJ_VERIFY_EXIT(single, 0);
        const auto score = [&](const QString& folder, int frame) {
            const fs::path masks = fs::path(clip_.path(folder).toStdString()) / "masks";
            return regionSimilarity(readDavisMask(masks / davisFileName(frame)).labels,
                                    clip_.scene().mask(frame));
        };
        // One frame from the second mask, and many from the first one.
        QVERIFY(score("blended", last - 1) >= score("single", last - 1));
        const auto between = [&](const QString& folder) {
            return readManifest(clip_.path(folder).toStdString() + "/manifest.json")
                .options.at("between");
        };
        QCOMPARE(between("blended"), std::string("blend"));
        QCOMPARE(between("single"), std::string("single"));
        const CliRun again = runWithoutNetwork(linesTo("blended"));
        MCJ_VERIFY_EXIT(again, 0);
        QCOMPARE(again.lines().back()["kept"].toInt(), kFrames);
        // The same folder is not continued by the other rule.
        MCJ_VERIFY_EXIT(runWithoutNetwork(linesTo("blended") + QStringList{"--between", "single"}),
                        2);
    }

    void masksAreWrittenInOtherFormatsAndConverted() {
        const QString out = clip_.path("formats");
        const CliRun run =
            runWithoutNetwork({"propagate", clip_.video(), "-o", out, "--mask", clip_.mask(),
                               "--method", "identity", "--format", "coco,cvat,csv"});
        MCJ_VERIFY_EXIT(run, 0);
        QVERIFY(QFile::exists(out + "/coco/annotations.json"));
        QVERIFY(QFile::exists(out + "/cvat/annotations.xml"));
        QVERIFY(QFile::exists(out + "/csv/areas.csv"));
        const QStringList convert{"convert",     out + "/coco", out + "_vis",  "--format",
                                  "youtube-vis", "--clip",      clip_.video(), "--json"};
        const CliRun converted = runWithoutNetwork(convert);
        MCJ_VERIFY_EXIT(converted, 0);
        QCOMPARE(converted.events("fit").at(0)["from"].toString(), QString("coco"));
        QCOMPARE(converted.lines().back()["frames"].toInt(), kFrames);
        // Not a second time into the same folder, unless that is asked for.
        const CliRun twice = runWithoutNetwork(convert);
        MCJ_VERIFY_EXIT(twice, 2);
        QVERIFY2(twice.err.contains("--overwrite"), qPrintable(twice.err));
        MCJ_VERIFY_EXIT(runWithoutNetwork(convert + QStringList{"--overwrite"}), 0);
        const CliRun back =
            runWithoutNetwork({"convert", out + "_vis", out + "_davis", "--format", "davis"});
        MCJ_VERIFY_EXIT(back, 0);
        for (int t = 0; t < kFrames; ++t) {
            const fs::path file = davisFileName(t);
            QVERIFY(readDavisMask(fs::path((out + "_davis").toStdString()) / file) ==
                    readDavisMask(fs::path((out + "/masks").toStdString()) / file));
        }
        // Only an earlier export is replaced, and never the masks that are read.
        MCJ_VERIFY_EXIT(runWithoutNetwork({"convert", out + "_vis", out + "_davis", "--format",
                                           "davis", "--overwrite"}),
                        0);
        const QString foreign = clip_.path("foreign");
        QVERIFY(QDir().mkpath(foreign + "/kept"));
        for (const QString& target : {foreign, out, out + "_vis"}) {
            MCJ_VERIFY_EXIT(runWithoutNetwork({"convert",
                                               target == foreign ? out + "_vis"
                                               : target == out   ? out + "/coco"
                                                                 : out + "_vis",
                                               target, "--format", "davis", "--overwrite"}),
                            2);
        }
        QVERIFY(QFile::exists(foreign + "/kept") && QFile::exists(out + "/coco"));
        MCJ_VERIFY_EXIT(runWithoutNetwork({"convert", out + "_gone", out + "_davis", "--format",
                                           "davis", "--overwrite"}),
                        3);
        MCJ_VERIFY_EXIT(runWithoutNetwork({"convert", out + "_vis", out + "_x", "--format", "gif"}),
                        2);
        // Tables of areas have no pixels: they are not named where masks are to be read.
        for (const QStringList& from :
             {QStringList{out + "/csv"}, QStringList{out + "/csv", "--from", "csv"},
              QStringList{out + "/csv", "--from", "gif"}}) {
            const CliRun table = runWithoutNetwork(QStringList{"convert"} + from +
                                                   QStringList{out + "_x", "--format", "coco"});
            MCJ_VERIFY_EXIT(table, from.size() == 1 ? 3 : 2);
            QVERIFY2(table.err.contains("can be read: davis") && !table.err.contains(", csv"),
                     qPrintable(table.err));
        }
    }

    void overwritingRemovesWhatAnEarlierRunMadeAndNothingElse() {
        const QString out = clip_.path("again");
        const QStringList line{"propagate",  clip_.video(), "-o",       out,           "--mask",
                               clip_.mask(), "--method",    "identity", "--overwrite", "--format"};
        MCJ_VERIFY_EXIT(runWithoutNetwork(line + QStringList{"coco,cvat,sa-v"}), 0);
        const QStringList foreign{out + "/notes.txt", out + "/cvat/notes.txt",
                                  out + "/labelme/00000.json", out + "/masks/notes.txt"};
        for (const QString& name : foreign) {
            QVERIFY(QDir().mkpath(QFileInfo(name).path()));
            QFile file(name);
            QVERIFY(file.open(QIODevice::WriteOnly) && file.write("mine") == 4);
        }
        MCJ_VERIFY_EXIT(runWithoutNetwork(line + QStringList{"csv", "--range", "0:4"}), 0);
        QVERIFY(QFile::exists(out + "/csv/areas.csv"));
        for (const char* name : {"/coco", "/sa-v", "/cvat/annotations.xml", "/cvat/manifest.json",
                                 "/masks/00004.png"}) {
            QVERIFY2(!QFile::exists(out + name), name);
        }
        for (const QString& name : foreign) QVERIFY2(QFile::exists(name), qPrintable(name));
        // What would be deleted is named before anything is.
        for (const char* format : {"labelme", "cvat"}) {
            const CliRun refused = runWithoutNetwork(line + QStringList{format});
            MCJ_VERIFY_EXIT(refused, 2);
            QVERIFY2(refused.err.contains(QString(format) + '/'), qPrintable(refused.err));
            QVERIFY(QFile::exists(out + "/csv/areas.csv"));
            QVERIFY(QFile::exists(out + "/masks/00003.png"));
        }
        QStringList own = line + QStringList{"csv"};
        own[own.indexOf(clip_.mask())] = out + "/masks/00003.png";
        MCJ_VERIFY_EXIT(runWithoutNetwork(own), 2);
        QVERIFY(QFile::exists(out + "/masks/00003.png"));
        // A finished run is continued with another format; its own export is replaced.
        QStringList more = line + QStringList{"csv,coco", "--range", "0:4"};
        more.removeAll(QString("--overwrite"));
        MCJ_VERIFY_EXIT(runWithoutNetwork(more), 0);
        MCJ_VERIFY_EXIT(runWithoutNetwork(more), 0);
        QVERIFY(QFile::exists(out + "/coco/annotations.json"));
    }

    void softMasksAreWrittenWithTheRun() {
        const QString out = clip_.path("soft");
        const QStringList line{"propagate", clip_.video(),      "-o",       out,
                               "--mask",    clip_.mask(),       "--method", "dis-flow",
                               "--format",  "soft-png,soft-exr"};
        const CliRun run = runWithoutNetwork(line);
        MCJ_VERIFY_EXIT(run, 0);
        // The given mask has no probabilities, and that is said.
        QVERIFY2(run.out.contains("1 of the frames without probabilities"), qPrintable(run.out));
        const fs::path folder = out.toStdString();
        const Manifest manifest = readManifest(folder / "manifest.json");
        QCOMPARE(manifest.options.at("hard-frames"), std::string("0"));
        QCOMPARE(manifest.options.at("soft"), std::string("soft-png,soft-exr"));
        QCOMPARE(manifest.files.size(), std::size_t(3 * kFrames));
        for (int t = 0; t < kFrames; ++t) {
            const std::string stem = "001/" + davisFileName(t).substr(0, 5);
            const Raster<float> png =
                readSoftPicture(folder / "soft-png" / (stem + ".png"), SoftFormat::Png16);
            const Raster<float> exr =
                readSoftPicture(folder / "soft-exr" / (stem + ".exr"), SoftFormat::Exr);
            const Mask mask = readDavisMask(folder / "masks" / davisFileName(t));
            int between = 0;
            for (std::size_t i = 0; i < mask.labels.values().size(); ++i) {
                const float value = png.values()[i];
                QVERIFY(std::abs(value - exr.values()[i]) <= 0.5F / 65535.0F + 1e-6F);
                between += value > 0.0F && value < 1.0F ? 1 : 0;
                if (value > 0.501F) QCOMPARE(int{mask.labels.values()[i]}, 1);
                if (value < 0.499F) QCOMPARE(int{mask.labels.values()[i]}, 0);
            }
            QCOMPARE(between > 0, t > 0);
        }

        // A file that is missing belongs to an unfinished span, which is computed again.
        const fs::path lost = folder / "soft-png" / "001" / "00005.png";
        const Raster<float> before = readSoftPicture(lost, SoftFormat::Png16);
        fs::remove(lost);
        MCJ_VERIFY_EXIT(runWithoutNetwork(line), 0);
        QVERIFY(readSoftPicture(lost, SoftFormat::Png16) == before);

        // Read as masks; masks that become soft ones are 0 and 1.
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"convert", out + "/soft-png", out + "_hard", "--format", "davis"}),
            0);
        MCJ_VERIFY_EXIT(
            runWithoutNetwork({"convert", out + "_hard", out + "_again", "--format", "soft-png"}),
            0);
        const fs::path again = (out + "_again").toStdString();
        const Raster<float> ones = readSoftPicture(again / "001" / "00005.png", SoftFormat::Png16);
        for (const float value : ones.values()) QVERIFY(value == 0.0F || value == 1.0F);
        QVERIFY(readManifest(again / "manifest.json").options.contains("probabilities"));
    }

    void framesAreWrittenWithMasksAsAlpha() {
        const QString out = clip_.path("alpha");
        const QString video = clip_.path("alpha.mkv");
        const QStringList line{"propagate", clip_.video(),    "-o",
                               out,         "--mask",         clip_.mask(),
                               "--method",  "identity",       "--alpha-video",
                               video,       "--alpha-object", "1"};
        const CliRun run = runWithoutNetwork(line);
        MCJ_VERIFY_EXIT(run, 0);
        QProcess ffmpeg;
        ffmpeg.start("ffmpeg", {"-v", "error", "-i", video, "-vf", "alphaextract", "-fps_mode",
                                "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"});
        QVERIFY(ffmpeg.waitForFinished(60'000));
        const QByteArray alpha = ffmpeg.readAllStandardOutput();
        const Mask mask(clip_.scene().mask(0));
        const auto labels = mask.labels.values();
        QCOMPARE(alpha.size(), static_cast<qsizetype>(labels.size()) * kFrames);
        for (std::size_t i = 0; i < labels.size(); ++i) {
            const auto value = static_cast<std::uint8_t>(alpha[static_cast<qsizetype>(i)]);
            QCOMPARE(int{value}, labels[i] == 1 ? 255 : 0);
        }
        // It is not replaced, and other containers are refused before anything is written.
        MCJ_VERIFY_EXIT(runWithoutNetwork(line), 2);
        const CliRun refused = runWithoutNetwork({"propagate", clip_.video(), "-o", out + "_mp4",
                                                  "--mask", clip_.mask(), "--method", "identity",
                                                  "--alpha-video", clip_.path("alpha.mp4")});
        MCJ_VERIFY_EXIT(refused, 2);
        QVERIFY2(refused.err.contains(".mov"), qPrintable(refused.err));
        QVERIFY(!fs::exists((out + "_mp4").toStdString()));
    }

    void whatAFormatCannotHoldIsNamedBeforeAnythingIsWritten() {
        Mask mask(clip_.scene().mask(0));
        mask.labels.at(0, 0) = kVoid;
        const fs::path masks = clip_.path("void").toStdString();
        fs::create_directories(masks);
        writeDavisMask(masks / "00000.png", mask);
        QStringList line{"convert", clip_.path("void"), clip_.path("void_coco"), "--format",
                         "coco"};
        const CliRun refused = runWithoutNetwork(line);
        MCJ_VERIFY_EXIT(refused, 2);
        QVERIFY2(refused.err.contains("void pixels in 1 frame"), qPrintable(refused.err));
        QVERIFY(!QFile::exists(clip_.path("void_coco")));
        const CliRun planned = runWithoutNetwork(line + QStringList{"--dry-run"});
        MCJ_VERIFY_EXIT(planned, 0);
        QVERIFY(planned.err.contains("void pixels in 1 frame"));
        QVERIFY(!QFile::exists(clip_.path("void_coco")));
        MCJ_VERIFY_EXIT(runWithoutNetwork(line + QStringList{"--allow-loss"}), 0);
        QVERIFY(QFile::exists(clip_.path("void_coco") + "/annotations.json"));
    }

private:
    test::DiscClip clip_;
};

QTEST_GUILESS_MAIN(TestPropagate)
#include "test_propagate.moc"
