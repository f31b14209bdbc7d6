// What the window says and asks while changes cannot be saved.
#include <QDir>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QTimer>

#include "tests/ui/window_fixture.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestSaveState : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theSecondWindowOfAProjectSaysThatItIsReadOnly() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const SessionFixture fixture(4);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto first = fixture.openSession();
        drag(*first, StrokeMode::Paint, {20, 20}, {40, 30});
        QVERIFY(SessionFixture::settle(*first));
        StudioWindow studio(fixture.makeSession());
        QVERIFY(studio.showVideo(fixture));
        QVERIFY2(studio.window().windowTitle().contains("read-only"),
                 qPrintable(studio.window().windowTitle()));
        QCOMPARE(studio.find<QLabel>("saveState")->text(), QString("Read-only"));
        studio.session().saveAs(fixture.path("copy.mcjepa"));
        QTRY_COMPARE(studio.find<QLabel>("saveState")->text(), QString("All changes saved"));
        QVERIFY(!studio.window().windowTitle().contains("read-only"));
        QVERIFY(studio.window().close());
    }

    void closingAsksWhereChangesWouldBeLost() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const SessionFixture fixture(4);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        // A folder where the project file should be.
        QVERIFY(QDir().mkdir(fixture.video() + ".mcjepa"));
        StudioWindow studio(fixture.makeSession());
        QVERIFY(studio.show());
        studio.window().open(fixture.video());
        QVERIFY(studio.shows("clip.mkv"));
        QVERIFY(SessionFixture::settle(studio.session()));
        const auto* words = studio.find<QLabel>("saveState");
        QCOMPARE(words->text(), QString());
        drag(studio.session(), StrokeMode::Paint, {20, 20}, {40, 30});
        QTRY_VERIFY2(words->text().contains("not saved"), qPrintable(words->text()));

        QString asked;
        QTimer::singleShot(0, &studio.window(), [&] {
            auto* box = studio.window().findChild<QMessageBox*>("unsavedChanges");
            if (box == nullptr) return;
            asked = box->text();
            box->defaultButton()->click();
        });
        QVERIFY(!studio.window().close());
        QVERIFY2(asked.contains("clip.mkv.mcjepa"), qPrintable(asked));
        QVERIFY(studio.session().isOpen());
        QCOMPARE(studio.session().masks().track().size(), std::size_t(1));

        QVERIFY(QDir().rmdir(fixture.video() + ".mcjepa"));
        QTRY_COMPARE_WITH_TIMEOUT(words->text(), QString("All changes saved"), 10'000);
        QVERIFY(studio.window().close());
    }
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestSaveState>(argc, argv); }

#include "test_save_state.moc"
