#include <QJsonObject>
#include <QMap>
#include <QTemporaryDir>
#include <QTest>

#include "tests/app/cli_run.h"

using namespace mcj;
using test::CliRun;
using test::runWithoutNetwork;

/// `mcjepa doctor` where the network is missing, and where it looks.
class TestDoctor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void doctorSaysWhatIsMissing() {
        const CliRun run = runWithoutNetwork({"doctor", "--json"});
        MCJ_VERIFY_EXIT(run, 0);
        QStringList names;
        for (const QJsonObject& finding : run.events("result")) {
            names << finding["name"].toString();
            if (finding["state"].toString() == "missing") {
                QVERIFY2(!finding["advice"].toString().isEmpty(), qPrintable(names.back()));
            }
        }
        for (const char* name : {"cpu", "memory", "gpu", "model", "libtorch", "video decoders",
                                 "video encoder", "output folder", "display"}) {
            QVERIFY2(names.contains(name), name);
        }
        const QJsonObject summary = run.lines().back();
        QVERIFY(!summary["ready"].toBool());
        QCOMPARE(summary["missing"].toInt(), 2);
        QVERIFY(runWithoutNetwork({"doctor"}).out.contains("Not ready"));
    }

    void doctorLooksWhereTheWindowWrites() {
        const CliRun run =
            test::runCli({"doctor", "--json"}, {{"MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so"},
                                                {"XDG_CONFIG_HOME", path("config")},
                                                {"XDG_DATA_HOME", path("data")}});
        MCJ_VERIFY_EXIT(run, 0);
        QMap<QString, QString> places;
        for (const QJsonObject& finding : run.events("result")) {
            places[finding["name"].toString()] = finding["path"].toString();
        }
        // QSettings and QStandardPaths put the window's files there: organisation mcjepa, program
        // mcjepa-studio.
        QCOMPARE(places["settings folder"], path("config/mcjepa"));
        QCOMPARE(places["projects folder"], path("data/mcjepa/mcjepa-studio/projects"));
    }

    void doctorNamesTheInstructionSetOfTheKernels() {
        const auto cpu = [](const QString& asked) {
            const QMap<QString, QString> environment{
                {"MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so"}, {"MCJ_ISA", asked}};
            const CliRun run = test::runCli({"doctor", "--json"}, environment);
            for (const QJsonObject& finding : run.events("result")) {
                if (finding["name"].toString() == "cpu") return finding;
            }
            return QJsonObject{};
        };
        const QJsonObject lowered = cpu("baseline");
        QCOMPARE(lowered["instruction_set"].toString(), QString("baseline"));
        QVERIFY2(lowered["text"].toString().contains("kernels for baseline"),
                 qPrintable(lowered["text"].toString()));
        const QJsonObject slip = cpu("avx9");
        QCOMPARE(slip["instruction_set"].toString(), cpu("")["instruction_set"].toString());
        QVERIFY2(slip["advice"].toString().contains("MCJ_ISA=avx9"),
                 qPrintable(slip["advice"].toString()));
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    QTemporaryDir folder_;
};

QTEST_GUILESS_MAIN(TestDoctor)
#include "test_doctor.moc"
