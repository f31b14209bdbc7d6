#include "ui/export_dialog.h"

#include <QCheckBox>
#include <QDir>
#include <QLabel>
#include <QPushButton>
#include <array>

#include "media/io/flow_file.h"
#include "tests/viewer/session_fixture.h"

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
