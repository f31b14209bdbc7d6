// The ways by which a file gets into the window.
#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QDragEnterEvent>
#include <QDragLeaveEvent>
#include <QDropEvent>
#include <QFile>
#include <QFileDialog>
#include <QFileInfo>
#include <QInputDialog>
#include <QLineEdit>
#include <QMimeData>
#include <QSettings>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QTimer>
#include <QToolButton>
#include <QUrl>
#include <QWindow>

#include <algorithm>
#include <filesystem>

#include "app/settings.h"
#include "media/io/image_file.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"
#include "ui/message_bar.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 6;

class TestWaysIn : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        // The program's own names, in a place that is not the user's.
        QCoreApplication::setOrganizationName("mcjepa");
        QCoreApplication::setApplicationName("mcjepa-studio");
        QSettings::setPath(QSettings::NativeFormat, QSettings::UserScope, home_.path());
        QVERIFY2(settingsFile().startsWith(home_.path()), qPrintable(settingsFile()));
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->show());
    }

    void cleanup() {
        studio_.reset();
        fixture_.reset();
    }

    void aDroppedVideoOpens() {
        QVERIFY(drop(QUrl::fromLocalFile(fixture_->video())));
        QVERIFY(studio_->shows("clip.mkv"));
        QCOMPARE(studio_->session().frames().frameCount(), FrameIndex(kFrames));
        QVERIFY(studio_->session().playhead().shown()->rgb == smallScene().picture(0));
    }

    // Masks of another program: opened by dropping their folder, corrected, and written back.
    void droppedMasksAreOpenedAndWrittenBack() {
        QVERIFY(studio_->showVideo(*fixture_));
        const QString folder = fixture_->path("theirs");
        QDir().mkpath(folder);
        for (int frame = 0; frame < fixture_->frames(); ++frame) {
            const std::filesystem::path place = folder.toStdString();
            writeDavisMask(place / davisFileName(frame), Mask(smallScene().mask(frame)));
        }
        Session& session = studio_->session();
        CommandRegistry& commands = studio_->window().commands();
        QVERIFY(!commands["write_masks_back"].isEnabled());
        QVERIFY(drop(QUrl::fromLocalFile(folder)));
        QTRY_VERIFY_WITH_TIMEOUT(!session.projectTools().foreignMasks.path().isEmpty(),
                                 kPatienceMs);
        QVERIFY(studio_->window().windowTitle().contains("clip.mkv"));
        QCOMPARE(session.masks().track().size(), static_cast<std::size_t>(fixture_->frames()));
        QTRY_VERIFY_WITH_TIMEOUT(session.runs().run() == nullptr, kPatienceMs);
        session.masks().clearFrame(1);
        QTRY_VERIFY_WITH_TIMEOUT(commands["write_masks_back"].isEnabled(), kPatienceMs);
        commands["write_masks_back"].trigger();
        QTRY_VERIFY_WITH_TIMEOUT(session.runs().run() == nullptr, kPatienceMs);
        const std::filesystem::path place = folder.toStdString();
        QVERIFY(highestObject(readDavisMask(place / davisFileName(1))) == 0);
        QVERIFY(readDavisMask(place / davisFileName(0)) == Mask(smallScene().mask(0)));
        // Compared with what is in the folder, every frame is the same.
        session.projectTools().agreement.compareWith(folder);
        QTRY_VERIFY_WITH_TIMEOUT(!session.projectTools().agreement.other().isEmpty(), kPatienceMs);
        QVERIFY(!commands["next_difference"].isEnabled());
        QTRY_VERIFY_WITH_TIMEOUT(commands["masks_side_by_side"].isEnabled(), kPatienceMs);
        commands["masks_side_by_side"].trigger();
        QCOMPARE(session.views().shown().size(), std::size_t{2});
        QTRY_VERIFY_WITH_TIMEOUT(commands["stop_comparing_project"].isEnabled(), kPatienceMs);
        commands["stop_comparing_project"].trigger();
        QVERIFY(session.projectTools().agreement.other().isEmpty());
    }

    void aDroppedAddressIsNotTaken() {
        QVERIFY(!drop(QUrl("https://example.org/clip.mkv")));
        QVERIFY(!studio_->session().frames().isOpening());
        // The next file is.
        QVERIFY(drop(QUrl::fromLocalFile(fixture_->video())));
        QVERIFY(studio_->shows("clip.mkv"));
    }

    void aDroppedTextLeavesTheOpenVideoInPlace() {
        Session& session = studio_->session();
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(SessionFixture::settle(session));
        QFile text(fixture_->path("notes.txt"));
        QVERIFY(text.open(QIODevice::WriteOnly));
        text.write(QByteArray("Nothing moves here.\n").repeated(50));
        text.close();
        QSignalSpy closings(&session, &Session::closed);
        QSignalSpy openings(&session, &Session::opened);

        QVERIFY(drop(QUrl::fromLocalFile(text.fileName())));
        auto* bar = studio_->find<MessageBar>("messageBar");
        QTRY_VERIFY_WITH_TIMEOUT(bar->isVisible() && bar->text().contains("notes.txt"),
                                 kPatienceMs);
        QVERIFY(!QApplication::activeModalWidget());
        QVERIFY(SessionFixture::settle(session));
        QCOMPARE(closings.size(), 0);
        QCOMPARE(openings.size(), 0);
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(session.playhead().shown()->rgb == smallScene().picture(0));
        const QStringList opened{fixture_->video()};
        QCOMPARE(studio_->window().recentFiles(), opened);
        // It can be worked on as before.
        studio_->press(Qt::Key_End);
        QTRY_COMPARE_WITH_TIMEOUT(session.playhead().shown()->index, FrameIndex(kFrames - 1),
                                  kPatienceMs);
        QVERIFY(session.playhead().shown()->rgb == smallScene().picture(kFrames - 1));
    }

    void aPathTypedIntoTheDialogOpens() {
        bool typed = false;
        // The dialog's loop runs inside the key that brings it up.
        QTimer poll;
        poll.setInterval(10);
        connect(&poll, &QTimer::timeout, &poll, [this, &poll, &typed] {
            auto* dialog = qobject_cast<QFileDialog*>(QApplication::activeModalWidget());
            if (dialog == nullptr || !dialog->isVisible()) return;
            poll.stop();
            if (auto* name = dialog->findChild<QLineEdit*>("fileNameEdit")) {
                // Whole: letter by letter, completion writes as well.
                name->setText(fixture_->video());
                typed = true;
                QTest::keyClick(name, Qt::Key_Return);
            }
            // A dialog that stays would be waited for until the end of time.
            if (dialog->isVisible()) dialog->reject();
        });
        poll.start();
        studio_->press(Qt::Key_O, Qt::ControlModifier);
        QVERIFY(typed);
        QVERIFY(studio_->shows("clip.mkv"));
        QCOMPARE(studio_->session().frames().frameCount(), FrameIndex(kFrames));
    }

    void aSoftPictureIsAskedAboutBeforeItBecomesAMask() {
        // A square with edges that rise over four pixels.
        const SizePx size = smallScene().size();
        Raster<std::uint8_t> soft(size, 1);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                const int edge = std::min({x - 8, y - 8, size.width - 9 - x, size.height - 9 - y});
                soft.at(y, x) = static_cast<std::uint8_t>(std::clamp(50 * edge + y % 7, 0, 255));
            }
        }
        const QString file = fixture_->path("soft.png");
        writeIndexedPng(file.toStdString(), {soft, {}});
        studio_->window().open(fixture_->video());
        QVERIFY(studio_->shows("clip.mkv"));
        QVERIFY(SessionFixture::settle(studio_->session()));
        const MaskTrack& track = studio_->session().masks().track();

        QString question = importMask(file, Answer::No);
        QVERIFY2(question.contains("soft.png") && question.contains("not a label map"),
                 qPrintable(question));
        QVERIFY(track.find(0) == nullptr);
        question = importMask(file, Answer::Yes);
        QVERIFY(!question.isEmpty());
        QVERIFY(track.find(0) != nullptr);
        const MaskPtr mask = track.mask(0);
        QCOMPARE(objectsIn(*mask).count(), std::size_t{1});
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                QCOMPARE(mask->labels.at(y, x) != 0, soft.at(y, x) >= 128);
            }
        }
        // A label map is not asked about.
        const QString labels = fixture_->path("labels.png");
        writeDavisMask(labels.toStdString(), Mask(smallScene().mask(0)));
        QVERIFY(importMask(labels, Answer::No).isEmpty());
        QVERIFY(track.mask(0)->labels == smallScene().mask(0));
    }

    void theRecentListIsThereAtTheNextStart() {
        const QStringList opened{fixture_->video()};
        {
            Settings settings;
            settings.attach(studio_->window());
            QVERIFY(studio_->window().recentFiles().isEmpty());
            studio_->window().open(fixture_->video());
            QVERIFY(studio_->shows("clip.mkv"));
            QCOMPARE(studio_->window().recentFiles(), opened);
        }
        // The first program is gone before the second begins.
        studio_.reset();
        QVERIFY(QFileInfo::exists(settingsFile()));
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        Settings settings;
        settings.attach(studio_->window());
        QCOMPARE(studio_->window().recentFiles(), opened);
        QCOMPARE(studio_->window().folder(), QFileInfo(fixture_->video()).absolutePath());
        QVERIFY(studio_->show());
        auto* recent = studio_->find<QToolButton>("recentFile");
        QTRY_VERIFY(recent->isVisible());
        QCOMPARE(recent->toolTip(), fixture_->video());
        QTest::mouseClick(recent, Qt::LeftButton);
        QVERIFY(studio_->shows("clip.mkv"));
    }

    void theChosenMethodsAreKept() {
        studio_->session().view().setFlowProvider(kModelFlow);
        PropagatorOptions options = studio_->session().propagation().options();
        options.method = PropagationMethod::Both;
        studio_->session().propagation().setOptions(options);
        studio_->session().timeline().thumbnails.setReading(ThumbnailReading::On);
        Settings::saveMethods(studio_->session());
        auto session = fixture_->makeSession();
        QVERIFY(session->view().flowProvider() != kModelFlow);
        Settings::restoreMethods(*session);
        QCOMPARE(session->view().flowProvider(), std::string(kModelFlow));
        QCOMPARE(session->propagation().options().method, PropagationMethod::Both);
        QVERIFY(session->timeline().thumbnails.reading() == ThumbnailReading::On);
        // The window shows them.
        StudioWindow next(std::move(session));
        QCOMPARE(next.find<QComboBox>("flowMethod")->currentData().toString(), kModelFlow);
        QCOMPARE(next.find<QComboBox>("propagationMethod")->currentData().toInt(),
                 static_cast<int>(PropagationMethod::Both));
        // Names of another version are passed over.
        QSettings().setValue("flow", "no such method");
        QSettings().setValue("propagation", 7);
        Settings::restoreMethods(studio_->session());
        QCOMPARE(studio_->session().view().flowProvider(), std::string(kModelFlow));
    }

private:
    enum class Answer { Yes, No };

    /// Imports `file` through the dialog of files. Returns what was asked about it, and answers.
    [[nodiscard]] QString importMask(const QString& file, Answer answer) {
        QString asked;
        bool typed = false;
        QTimer poll;
        poll.setInterval(10);
        connect(&poll, &QTimer::timeout, &poll, [&] {
            QWidget* modal = QApplication::activeModalWidget();
            if (modal == nullptr || !modal->isVisible()) return;
            if (auto* files = qobject_cast<QFileDialog*>(modal); files != nullptr && !typed) {
                typed = true;
                auto* name = files->findChild<QLineEdit*>("fileNameEdit");
                name->setText(file);
                QTest::keyClick(name, Qt::Key_Return);
                if (files->isVisible()) files->reject();
            } else if (auto* input = qobject_cast<QInputDialog*>(modal); input != nullptr) {
                asked = input->labelText();
                answer == Answer::Yes ? input->accept() : input->reject();
            }
        });
        poll.start();
        studio_->press(Qt::Key_I, Qt::ControlModifier);
        return typed ? asked : QString("the dialog of files did not come up");
    }

    [[nodiscard]] static QString settingsFile() {
        const QSettings settings;
        return settings.fileName();
    }

    /// What the window system sends while something is dragged over the middle of the window and
    /// let go. Returns whether the window takes it.
    [[nodiscard]] bool drop(const QUrl& url) {
        QMimeData data;
        data.setUrls({url});
        QWindow* place = studio_->window().windowHandle();
        const QPoint middle(place->width() / 2, place->height() / 2);
        QDragEnterEvent enter(middle, Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(place, &enter);
        if (!enter.isAccepted()) {
            QDragLeaveEvent leave;
            QCoreApplication::sendEvent(place, &leave);
            return false;
        }
        QDropEvent dropped(QPointF(middle), Qt::CopyAction, &data, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(place, &dropped);
        return dropped.isAccepted();
    }

    QTemporaryDir home_;
    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestWaysIn>(argc, argv); }

#include "test_ways_in.moc"
