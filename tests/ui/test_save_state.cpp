// What the window says and asks while changes cannot be saved or files are away, and what is in the
// project after that.
#include <sys/stat.h>
#include <QDir>
#include <QFileInfo>
#include <QLabel>
#include <QMessageBox>
#include <QPushButton>
#include <QSignalSpy>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>

#include "media/io/image_file.h"
#include "tests/support/database_disk.h"
#include "tests/support/full_disk.h"
#include "tests/support/read_only_folder.h"
#include "tests/ui/window_fixture.h"
#include "ui/message_bar.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// What keeps the window from saving for a while.
struct Trouble {
    std::function<void()> begin;
    std::function<void()> end;
    QString words;         ///< of the notice
    bool atFirst = false;  ///< it begins before anything is painted
};

class TestSaveState : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(8);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void aFullDisk() {
        std::optional<FullDisk> full;
        saysOnceAndSavesAll(fixture_->video(), {.begin = [&] { full.emplace(rlim_t{4096}); },
                                                .end = [&] { full.reset(); },
                                                .words = "its disk reports an error"});
    }

    void aDiskWithoutRoomForTheDatabase() {
        DatabaseDisk disk;
        saysOnceAndSavesAll(fixture_->video(),
                            {.begin = [&] { disk.set(DatabaseDisk::State::Full); },
                             .end = [&] { disk.set(DatabaseDisk::State::Working); },
                             .words = "the disk is full"});
    }

    void aFolderThatIsReadOnly() {
        std::optional<ReadOnlyFolder> folder;
        folder.emplace(fixture_->path({}).toStdString());
        const bool works = folder->works();
        folder.reset();
        if (!works) QSKIP("this user can write to a folder without permission");
        saysOnceAndSavesAll(fixture_->video(),
                            {.begin = [&] { folder.emplace(fixture_->path({}).toStdString()); },
                             .end = [&] { folder.reset(); },
                             .words = "cannot be opened for writing",
                             .atFirst = true});
    }

    void aProjectFileThatVanishes() {
        const QString project = projectBeside(fixture_->video());
        // A folder in its place, so that it cannot be written again at once.
        saysOnceAndSavesAll(fixture_->video(), {.begin =
                                                    [&] {
                                                        QVERIFY(QFile::remove(project));
                                                        QVERIFY(QDir().mkdir(project));
                                                    },
                                                .end = [&] { QVERIFY(QDir().rmdir(project)); },
                                                .words = "has taken the place of"});
    }

    void aDeletedProjectIsWrittenAgain() {
        StudioWindow studio(fixture_->makeSession());
        QVERIFY(opens(studio, fixture_->video()));
        paint(studio, 0);
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        QSignalSpy notices(&studio.session(), &Session::noticed);
        QVERIFY(QFile::remove(studio.session().document().path()));
        paint(studio, 1);
        paint(studio, 2);
        QTRY_VERIFY_WITH_TIMEOUT(said(notices, "Changes are saved again"), 20'000);
        QCOMPARE(troubles(notices), 1);
        QVERIFY(said(notices, "no longer exists"));
        QCOMPARE(saveState(studio), QString("All changes saved"));
        QCOMPARE(bar(studio).waiting(), 0);
        reopensWithAll(studio, fixture_->video());
    }

    void aShareThatIsAwayForAWhile() {
        const QString share = fixture_->path("share");
        const QString video = share + "/clip.mkv";
        QVERIFY(QDir().mkdir(share));
        QVERIFY(QFile::copy(fixture_->video(), video));
        saysOnceAndSavesAll(video, {.begin = [&] { QVERIFY(QDir().rename(share, share + "-")); },
                                    .end = [&] { QVERIFY(QDir().rename(share + "-", share)); },
                                    .words = "cannot be reached"});
        // Nothing was written in its place.
        QCOMPARE(QDir(share).entryList(QDir::Files), QStringList({"clip.mkv", "clip.mkv.mcjepa"}));
    }

    void aSlowShareKeepsNothingWaiting() {
        DatabaseDisk disk;
        StudioWindow studio(fixture_->makeSession());
        QVERIFY(opens(studio, fixture_->video()));
        paint(studio, 0);
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        disk.set(DatabaseDisk::State::Slow);
        paint(studio, 1);
        QTRY_COMPARE(saveState(studio), QString("Saving..."));
        studio.press(Qt::Key_Right);
        QTRY_COMPARE(studio.session().playhead().shown()->index, FrameIndex(1));
        paint(studio, 2);
        QCOMPARE(studio.session().document().log().size(), std::size_t(3));
        QCOMPARE(saveState(studio), QString("Saving..."));
        QCOMPARE(bar(studio).waiting(), 0);
        disk.set(DatabaseDisk::State::Working);
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        reopensWithAll(studio, fixture_->video());
    }

    void aVideoThatVanishes() {
        const QString video = fixture_->video();
        const QString away = fixture_->path("elsewhere/clip.mkv");
        const QString project = projectBeside(video);
        QVERIFY(QDir().mkdir(QFileInfo(away).path()));
        StudioWindow studio(fixture_->makeSession());
        QVERIFY(opens(studio, video));
        QVERIFY(QFile::rename(video, away));
        studio.press(Qt::Key_End);
        QTRY_COMPARE_WITH_TIMEOUT(bar(studio).waiting(), 1, 20'000);
        QVERIFY2(bar(studio).text().contains("clip.mkv"), qPrintable(bar(studio).text()));
        // What is in memory can be painted and is saved.
        studio.press(Qt::Key_Home);
        QTRY_COMPARE(studio.session().playhead().shown()->index, FrameIndex(0));
        paint(studio, 0);
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        QCOMPARE(bar(studio).waiting(), 1);
        QVERIFY(QFile::rename(away, video));
        studio.press(Qt::Key_End);
        QTRY_COMPARE_WITH_TIMEOUT(studio.session().playhead().shown()->index, FrameIndex(7),
                                  20'000);
        QTRY_COMPARE_WITH_TIMEOUT(bar(studio).waiting(), 0, 20'000);
        paint(studio, 1);
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        QVERIFY(QFile::rename(video, away));
        const ProjectState painted = studio.session().document().state();
        QVERIFY(studio.window().close());

        StudioWindow again(fixture_->makeSession());
        QVERIFY(again.show());
        again.window().open(project);
        again.window().open(project);
        QTRY_COMPARE(bar(again).waiting(), 1);
        QVERIFY2(bar(again).text().contains("was not found"), qPrintable(bar(again).text()));
        QVERIFY(QFile::rename(away, video));
        again.window().open(project);
        QVERIFY(again.shows("clip.mkv"));
        QVERIFY(SessionFixture::settle(again.session()));
        QVERIFY(!bar(again).text().contains("was not found"));
        QVERIFY(again.session().document().state() == painted);
        QVERIFY(again.window().close());
    }

    void aPictureThatVanishes_data() {
        QTest::addColumn<bool>("pipe");
        QTest::newRow("nothing in its place") << false;
        QTest::newRow("a pipe that nobody writes into") << true;
    }

    void aPictureThatVanishes() {
        QFETCH(const bool, pipe);
        constexpr int kPictures = 12;
        const QString folder = fixture_->path("pictures");
        QVERIFY(QDir().mkdir(folder));
        const auto name = [&](int t) {
            return folder + QString("/%1.png").arg(t, 2, 10, QLatin1Char('0'));
        };
        for (int t = 0; t < kPictures; ++t) {
            writeRgbPng(name(t).toStdString(), smallScene().picture(t));
        }
        const QString last = name(kPictures - 1);
        StudioWindow studio(fixture_->makeSession());
        QVERIFY(opens(studio, folder));
        QSignalSpy notices(&studio.session(), &Session::noticed);
        QVERIFY(QFile::rename(last, last + ".away"));
        if (pipe) QCOMPARE(::mkfifo(last.toLocal8Bit().constData(), 0600), 0);
        studio.press(Qt::Key_End);
        QTRY_COMPARE_WITH_TIMEOUT(bar(studio).waiting(), 1, 20'000);
        QVERIFY2(bar(studio).text().contains(QFileInfo(last).fileName()),
                 qPrintable(bar(studio).text()));
        // Work goes on where there are pictures, and the notice is not repeated.
        studio.press(Qt::Key_Home);
        QTRY_COMPARE(studio.session().playhead().shown()->index, FrameIndex(0));
        paint(studio, 0);
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        studio.press(Qt::Key_End);
        QTRY_VERIFY_WITH_TIMEOUT(studio.session().frames().whyUnread(kPictures - 1), 20'000);
        QCOMPARE(bar(studio).waiting(), 1);
        QCOMPARE(troubles(notices), 1);
        if (pipe) QVERIFY(QFile::remove(last));
        QVERIFY(QFile::rename(last + ".away", last));
        QTRY_COMPARE_WITH_TIMEOUT(bar(studio).waiting(), 0, 20'000);
        QTRY_COMPARE(studio.session().playhead().shown()->index, FrameIndex(kPictures - 1));
        paint(studio, 1);
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        QCOMPARE(studio.session().masks().track().size(), std::size_t(2));
        // At the last frame, where the next one is asked for before the frames are counted.
        reopensWithAll(studio, folder);
    }

    void aProjectThatCannotBeWrittenIsSaidOnce() {
        const QString video = fixture_->video();
        {
            const auto session = fixture_->openSession();
            drag(*session, StrokeMode::Paint, {20, 20}, {40, 30});
            QVERIFY(SessionFixture::settle(*session));
        }
        const ReadOnlyFolder folder(fixture_->path({}).toStdString());
        if (!folder.works()) QSKIP("this user can write to a folder without permission");
        StudioWindow studio(fixture_->makeSession());
        QVERIFY(studio.showVideo(*fixture_));
        QCOMPARE(saveState(studio), QString("Read-only"));
        QCOMPARE(studio.session().masks().track().size(), std::size_t(1));
        // The fixture has no model, which is said as well.
        QTRY_COMPARE(bar(studio).waiting(), 2);
        paint(studio, 1);
        paint(studio, 2);
        QCOMPARE(bar(studio).waiting(), 2);
        QCOMPARE(studio.session().document().log().size(), std::size_t(1));
        QTemporaryDir elsewhere;
        QVERIFY(elsewhere.isValid());
        studio.session().saveAs(elsewhere.filePath("copy.mcjepa"));
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        QCOMPARE(bar(studio).waiting(), 1);
        paint(studio, 1);
        QCOMPARE(studio.session().document().log().size(), std::size_t(2));
        QTRY_COMPARE(saveState(studio), QString("All changes saved"));
        QVERIFY(studio.window().close());
    }

    void theSecondWindowOfAProjectSaysThatItIsReadOnly() {
        const SessionFixture& fixture = *fixture_;
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
        const SessionFixture& fixture = *fixture_;
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

private:
    static MessageBar& bar(StudioWindow& studio) { return *studio.find<MessageBar>("messageBar"); }

    static QString saveState(StudioWindow& studio) {
        return studio.find<QLabel>("saveState")->text();
    }

    static bool said(const QSignalSpy& notices, const QString& words) {
        return std::any_of(notices.begin(), notices.end(), [&](const auto& arguments) {
            return arguments.front().template value<Notice>().text.contains(words);
        });
    }

    /// How often something was said that is not good news.
    static int troubles(const QSignalSpy& notices) {
        const auto bad = [](const auto& arguments) {
            return arguments.front().template value<Notice>().level != Notice::Level::Info;
        };
        return static_cast<int>(std::count_if(notices.begin(), notices.end(), bad));
    }

    /// Shows `path` with nothing to say: that the fixture has no model is dismissed.
    static bool opens(StudioWindow& studio, const QString& path) {
        if (!studio.show()) return false;
        studio.window().open(path);
        if (!studio.shows(QFileInfo(path).fileName())) return false;
        if (!SessionFixture::settle(studio.session())) return false;
        if (!QTest::qWaitFor([&] { return bar(studio).waiting() == 1; }, kPatienceMs)) return false;
        QTest::mouseClick(studio.find<QToolButton>("messageClose"), Qt::LeftButton);
        return bar(studio).waiting() == 0 &&
               QTest::qWaitFor([&] { return !studio.window().canvas().view().empty(); },
                               kPatienceMs);
    }

    /// One line across the picture with the brush, by the mouse. `row`: 0 to 3, from the top.
    static void paint(StudioWindow& studio, int row) {
        studio.press(Qt::Key_P);
        CanvasWidget& canvas = studio.window().canvas();
        const auto at = [&](double x) {
            const ViewPos place = canvas.view().viewFromImage({x, 8.0 + 14.0 * row});
            return QPoint(static_cast<int>(place.x), static_cast<int>(place.y));
        };
        QTest::mousePress(&canvas, Qt::LeftButton, {}, at(20.0));
        QTest::mouseMove(&canvas, at(50.0));
        QTest::mouseMove(&canvas, at(70.0));
        QTest::mouseRelease(&canvas, Qt::LeftButton, {}, at(70.0));
    }

    /// Closes the window and opens another one, which has all that was painted and can undo it.
    void reopensWithAll(StudioWindow& studio, const QString& path) const {
        const ProjectState painted = studio.session().document().state();
        const std::size_t steps = studio.session().document().log().size();
        QVERIFY(studio.window().close());
        StudioWindow again(fixture_->makeSession());
        QVERIFY(opens(again, path));
        QVERIFY(again.session().document().state() == painted);
        QCOMPARE(again.session().document().log().size(), steps);
        QVERIFY(again.window().close());
    }

    /// Paints before, during and after `trouble` in a window on `video`: it is said once, not for
    /// every stroke, and everything is in the project at the end.
    void saysOnceAndSavesAll(const QString& video, const Trouble& trouble) const {
        StudioWindow studio(fixture_->makeSession());
        if (trouble.atFirst) trouble.begin();
        QVERIFY(opens(studio, video));
        if (!trouble.atFirst) {
            paint(studio, 0);
            QTRY_COMPARE(saveState(studio), QString("All changes saved"));
            trouble.begin();
        }
        QSignalSpy notices(&studio.session(), &Session::noticed);
        paint(studio, 1);
        QTRY_COMPARE_WITH_TIMEOUT(bar(studio).waiting(), 1, 20'000);
        const QString text = bar(studio).text();
        QVERIFY2(text.contains("not being saved") && text.contains(trouble.words),
                 qPrintable(text));
        QVERIFY(bar(studio).isVisible());
        QCOMPARE(saveState(studio), QString("1 change not saved"));
        paint(studio, 2);
        paint(studio, 3);
        QTRY_COMPARE(saveState(studio), QString("3 changes not saved"));
        QCOMPARE(troubles(notices), 1);
        QCOMPARE(bar(studio).waiting(), 1);
        QCOMPARE(bar(studio).text(), text);

        trouble.end();
        // Without another stroke: it is tried again by itself.
        QTRY_COMPARE_WITH_TIMEOUT(saveState(studio), QString("All changes saved"), 20'000);
        QCOMPARE(bar(studio).waiting(), 0);
        QVERIFY(!bar(studio).isVisible());
        QCOMPARE(troubles(notices), 1);
        QVERIFY(said(notices, "Changes are saved again to"));
        QCOMPARE(studio.session().document().log().size(), std::size_t(trouble.atFirst ? 3 : 4));
        reopensWithAll(studio, video);
    }

    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestSaveState>(argc, argv); }

#include "test_save_state.moc"
