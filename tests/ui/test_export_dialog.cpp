#include "ui/export_dialog.h"

#include <QCheckBox>

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

private:
    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_MAIN(TestExportDialog)
#include "test_export_dialog.moc"
