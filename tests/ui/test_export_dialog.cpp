#include "ui/export_dialog.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QPushButton>
#include <array>

#include "media/io/flow_file.h"
#include "tests/viewer/session_fixture.h"
#include "ui/export_start.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestExportDialog : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(4);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void everyFormatOfTheCommandLineCanBeChosen() {
        const auto session = fixture_->openSession();
        ExportDialog dialog(*session, ExportKind::Maps, fixture_->path("exports"));
        for (const char* name : {"png", "flo", "pfm", "kitti", "npy", "exr"}) {
            const MapFormat format = parseMapFormat(name);
            auto* box = dialog.findChild<QCheckBox*>(QStringLiteral("export_as_") + name);
            QVERIFY2(box, name);
            box->setChecked(true);
            QVERIFY2(dialog.choice().formats.contains(format), name);
            box->setChecked(false);
            QVERIFY2(!dialog.choice().formats.contains(format), name);
        }
    }

    void boxesAreThoseOfWhatIsExported() {
        const auto session = fixture_->openSession();
        ExportDialog dialog(*session, ExportKind::Masks, fixture_->path("exports"));
        const auto* flow = dialog.findChild<QCheckBox*>("export_flow");
        const auto* format = dialog.findChild<QComboBox*>("exportMaskFormat");
        QVERIFY(flow && format);
        // Not ticked and grey, which looks as if they were exported as well.
        QVERIFY(!flow->isVisibleTo(&dialog));
        QVERIFY(format->isVisibleTo(&dialog));
        auto* kind = dialog.findChild<QComboBox*>("exportKind");
        kind->setCurrentIndex(static_cast<int>(ExportKind::Maps));
        QVERIFY(flow->isVisibleTo(&dialog));
        QVERIFY(!format->isVisibleTo(&dialog));
    }

    void whatFlowFromFilesLacksCannotBeChosen() {
        const auto session = fixture_->openSession();
        QVERIFY(QDir().mkpath(fixture_->path("other")));
        writeFlow(fixture_->path("other/000000.flo").toStdString(), smallScene().flow(0),
                  FlowFormat::Flo);
        ExportDialog dialog(*session, ExportKind::Maps, fixture_->path("exports"));
        const std::array maps{AnalysisMap::Backward, AnalysisMap::Consistency,
                              AnalysisMap::Occlusion};
        const auto boxOf = [&dialog](AnalysisMap map) {
            return dialog.findChild<QCheckBox*>(QStringLiteral("export_") +
                                                QString::fromStdString(analysisMapName(map)));
        };
        for (const AnalysisMap map : maps) {
            boxOf(map)->setChecked(true);
            QVERIFY(boxOf(map)->isEnabled() && dialog.choice().maps.contains(map));
        }
        QVERIFY(loadFlow(*session, FlowRole::Method, fixture_->path("other")));
        for (const AnalysisMap map : maps) {
            QVERIFY(!boxOf(map)->isEnabled() && !dialog.choice().maps.contains(map));
        }
        QVERIFY(dialog.choice().maps.contains(AnalysisMap::Flow));
    }

    void errorsAgainstTruthNeedTruth() {
        const auto session = fixture_->openSession();
        session->view().setFlowProvider(kDisFlow);
        QVERIFY(QDir().mkpath(fixture_->path("truth")));
        writeFlow(fixture_->path("truth/000000.flo").toStdString(), smallScene().flow(0),
                  FlowFormat::Flo);
        const std::array errors{AnalysisMap::FlowError, AnalysisMap::AngleError};
        const auto choose = [](ExportDialog& dialog, AnalysisMap map) {
            auto* box = dialog.findChild<QCheckBox*>("export_" +
                                                     QString::fromStdString(analysisMapName(map)));
            box->setChecked(true);
            return box->isEnabled() && dialog.choice().maps.contains(map);
        };
        ExportDialog without(*session, ExportKind::Maps, fixture_->path("exports"));
        for (const AnalysisMap map : errors) QVERIFY(!choose(without, map));
        // The fixture has no model.
        QVERIFY(!choose(without, AnalysisMap::FeatureColors));
        QVERIFY(loadFlow(*session, FlowRole::Truth, fixture_->path("truth")));
        ExportDialog with(*session, ExportKind::Maps, fixture_->path("exports"));
        for (const AnalysisMap map : errors) QVERIFY(choose(with, map));
        ExportChoice choice = with.choice();
        choice.formats = {MapFormat::Png, MapFormat::Pfm};
        choice.target = fixture_->path("errors");
        QVERIFY(startExport(*session, choice));
        QTRY_VERIFY(session->runs().run() == nullptr);
        for (const char* file : {"flow_error/000000.pfm", "flow_angle_error/000000.png"}) {
            QVERIFY2(QFile::exists(choice.target + '/' + file), file);
        }
        // Only the first pair has truth.
        QVERIFY(!QFile::exists(choice.target + "/flow_error/000001.pfm"));
        QVERIFY(QFile::exists(choice.target + "/flow_color/000001.png"));
    }

    void aPairNeedsMoreFramesThanItsGap() {
        const auto session = fixture_->openSession();
        ExportDialog dialog(*session, ExportKind::Maps, fixture_->path("exports"));
        auto* ok = dialog.findChild<QPushButton*>("exportOk");
        QVERIFY(ok->isEnabled());
        session->view().setGap(3);
        QVERIFY(ok->isEnabled());
        session->view().setGap(4);
        QVERIFY(!ok->isEnabled());
        QVERIFY(dialog.findChild<QLabel*>("exportProblem")->text().contains("5 frames"));
    }

private:
    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_MAIN(TestExportDialog)
#include "test_export_dialog.moc"
