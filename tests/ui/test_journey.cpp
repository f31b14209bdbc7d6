#include <QAbstractButton>
#include <QApplication>
#include <QComboBox>
#include <QDialog>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QSet>
#include <QSlider>
#include <QSpinBox>
#include <QStatusBar>
#include <QSurfaceFormat>
#include <QTemporaryDir>
#include <QToolButton>
#include <QTreeWidget>
#include <QtTest>

#include "media/io/manifest.h"
#include "segmentation/mask_formats/davis.h"
#include "tests/support/test_video.h"
#include "ui/command_registry.h"
#include "ui/export_dialog.h"
#include "ui/layers_dock.h"
#include "ui/main_window.h"
#include "ui/message_bar.h"
#include "ui/theme.h"
#include "ui/timeline_widget.h"
#include "viewer/canvas/canvas_widget.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 30;
constexpr int kPatienceMs = 60'000;

MovingScene scene() {
    return MovingScene({192, 128}, {0.0F, 0.0F}, {{{60.0F, 60.0F}, {1.0F, 0.5F}, 22.0F}});
}

/// Drives the real window by mouse and keys, as a person does.
class TestJourney : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        applyTheme(*qApp);
        video_ = folder_.filePath("moving disc.mkv");
        const QString error = writeLossless(scene(), kFrames, video_);
        QVERIFY2(error.isEmpty(), qPrintable(error));
    }

    void init() {
        SessionOptions options;
        options.projectFolder = folder_.filePath("projects");
        session_ = std::make_unique<Session>(options);
        window_ = std::make_unique<MainWindow>(*session_);
        window_->resize(1280, 800);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
        window_->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(window_.get()));
    }

    void cleanup() {
        window_.reset();
        session_.reset();
        QFile::remove(video_ + ".mcjepa");
    }

    void fromOpeningToExport() {
        openFromTheWelcomePage();
        play();
        clickForSimilarity();
        paint();
        propagate();
        correctAndGoOn();
        undoAndRedo();
        exportAndReadBack();
    }

    void timelineScrubs() {
        openFromTheWelcomePage();
        auto* bar = find<TimelineBar>("timelineBar");
        const auto at = [bar](FrameIndex frame) {
            return QPoint(static_cast<int>(bar->xOf(frame)), 20);
        };
        QTest::mousePress(bar, Qt::LeftButton, {}, at(5));
        QCOMPARE(session_->playhead().current(), FrameIndex(5));
        for (FrameIndex frame = 6; frame <= 20; ++frame) QTest::mouseMove(bar, at(frame));
        QTest::mouseRelease(bar, Qt::LeftButton, {}, at(20));
        QCOMPARE(session_->playhead().current(), FrameIndex(20));
        QTRY_COMPARE_WITH_TIMEOUT(session_->playhead().shown()->index, FrameIndex(20), kPatienceMs);
        auto* number = find<QSpinBox>("frameNumber");
        QTRY_COMPARE(number->value(), 20);
        press(Qt::Key_Left, Qt::ShiftModifier);
        QCOMPARE(session_->playhead().current(), FrameIndex(10));
        press(Qt::Key_End);
        QCOMPARE(session_->playhead().current(), FrameIndex(kFrames - 1));
        press(Qt::Key_Home);
        QCOMPARE(session_->playhead().current(), FrameIndex(0));
    }

    void layersAnswerTheirControls() {
        openFromTheWelcomePage();
        auto* eye = find<QToolButton>("layer_visible_warp-error");
        QVERIFY(!session_->view().layers().visible(kWarpErrorLayer));
        QTest::mouseClick(eye, Qt::LeftButton);
        QVERIFY(session_->view().layers().visible(kWarpErrorLayer));
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().map(kWarpErrorLayer), kPatienceMs);
        find<QSlider>("layer_opacity_warp-error")->setValue(40);
        QCOMPARE(session_->view().layers().layer(kWarpErrorLayer).opacity, 0.4F);
        window_->layers().choose(kWarpErrorLayer);
        const auto top = session_->view().layers().layers().back().kind;
        QVERIFY(top != kWarpErrorLayer);
        while (find<QToolButton>("layer_up")->isEnabled()) {
            QTest::mouseClick(find<QToolButton>("layer_up"), Qt::LeftButton);
        }
        QCOMPARE(session_->view().layers().layers().back().kind, kWarpErrorLayer);
        QVERIFY(find<QLabel>("layerExplanation")->text().contains("I2"));
    }

    void strokesOverlapAndKeysDecideWhatIsOnTop() {
        openFromTheWelcomePage();
        LayerStack& layers = session_->view().layers();
        layers.showOnly(kMaskLayer);
        Layer layer = layers.layer(kMaskLayer);
        layer.opacity = 1.0F;
        layer.masks() = {.outline = false, .covered = false};
        layers.set(layer);
        press(Qt::Key_U, Qt::ShiftModifier);
        QVERIFY(session_->masks().overlaps() == Overlaps::Keep);
        press(Qt::Key_P);
        session_->masks().setBrushRadiusPx(9.0F);
        drag({{50, 60}, {110, 60}});
        press(Qt::Key_2);
        drag({{80, 30}, {80, 90}});
        const auto shows = [this](PointPx at, ObjectId object) {
            const QPointF where = QPointF(viewOf(at)) * canvas()->devicePixelRatioF();
            const auto color = session_->masks().palette()[object];
            return canvas()->grabFramebuffer().pixelColor(where.toPoint()).rgb() ==
                   qRgb(color[0], color[1], color[2]);
        };
        QTRY_VERIFY(shows({80, 60}, 2));
        QVERIFY(shows({60, 60}, 1) && shows({80, 40}, 2));
        const auto* list = find<QListWidget>("objectsList");
        QCOMPARE(list->item(0)->data(Qt::UserRole).toInt(), 1);
        press(Qt::Key_PageDown, Qt::ControlModifier);
        QTRY_VERIFY(shows({80, 60}, 1));
        QVERIFY(shows({60, 60}, 1) && shows({80, 40}, 2));
        QCOMPARE(list->item(0)->data(Qt::UserRole).toInt(), 2);
        QTest::mouseClick(find<QToolButton>("object_down"), Qt::LeftButton);
        QTRY_VERIFY(shows({80, 60}, 2));
        // What the eraser takes shows what is below.
        press(Qt::Key_E);
        drag({{80, 60}, {80, 61}});
        QTRY_VERIFY(shows({74, 56}, 1));
        press(Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY(shows({74, 56}, 2));
    }

    void hoverFillsTheInspector() {
        openFromTheWelcomePage();
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().flow(), kPatienceMs);
        QTest::mouseMove(canvas(), viewOf({60, 60}));
        QTRY_COMPARE(find<QLabel>("inspect_pixel")->text(), QString("60, 60"));
        QVERIFY(find<QLabel>("inspect_vector")->text().contains("px"));
    }

    void boxesOfTheModelComeWithIt() {
        window_->open(video_);
        QTRY_VERIFY_WITH_TIMEOUT(session_->isOpen() && session_->frames().scanned(), kPatienceMs);
        QTRY_VERIFY(canvas()->isVisible());
        openExport(ExportKind::Maps, folder_.filePath("never"));
        auto* box = find<QAbstractButton>("export_feature-error");
        const auto state = [this] { return session_->view().engine().state; };
        if (state() == EngineState::NotLoaded || state() == EngineState::Loading) {
            QVERIFY(!box->isEnabled());
            QVERIFY2(box->toolTip().contains("loaded"), qPrintable(box->toolTip()));
        }
        QTRY_VERIFY_WITH_TIMEOUT(state() == EngineState::Ready || state() == EngineState::Failed,
                                 kPatienceMs);
        QCOMPARE(box->isEnabled(), state() == EngineState::Ready);
        window_->findChild<QDialog*>("exportDialog")->reject();
    }

    void mapsReplaceAnExportOnlyWhenTold() {
        openFromTheWelcomePage();
        session_->view().setFlowProvider(kDisFlow);
        const QString folder = folder_.filePath("exported maps");
        chooseMaps(folder, 4);
        QVERIFY(!find<QAbstractButton>("exportReplace")->isVisible());
        finishExport();
        QVERIFY(QFileInfo::exists(folder + "/flow/000003.flo"));

        chooseMaps(folder, 2);
        finishExport();
        auto* bar = find<MessageBar>("messageBar");
        QTRY_VERIFY(bar->isVisible());
        QVERIFY2(bar->text().contains("another export"), qPrintable(bar->text()));
        QVERIFY(QFileInfo::exists(folder + "/flow/000003.flo"));

        chooseMaps(folder, 2);
        tickReplace();
        finishExport();
        QVERIFY(QFileInfo::exists(folder + "/flow/000001.flo"));
        QVERIFY(!QFileInfo::exists(folder + "/flow/000003.flo"));
    }

    void failuresAreSaidWithoutABox() {
        window_->open(folder_.filePath("missing.mp4"));
        auto* bar = find<MessageBar>("messageBar");
        QTRY_VERIFY_WITH_TIMEOUT(bar->isVisible(), kPatienceMs);
        QVERIFY2(bar->text().contains("missing.mp4"), qPrintable(bar->text()));
        QVERIFY(!QApplication::activeModalWidget());
        QTest::mouseClick(find<QToolButton>("messageClose"), Qt::LeftButton);
        QVERIFY(!bar->isVisible());
    }

    void shortcutsAreListedAndUnique() {
        QSet<QString> seen;
        for (const Command& command : window_->commands().commands()) {
            for (const QKeySequence& key : window_->commands()[command.id].shortcuts()) {
                QVERIFY2(!key.isEmpty(), command.id.c_str());
                QVERIFY2(!seen.contains(key.toString()), command.id.c_str());
                seen.insert(key.toString());
            }
        }
        press(Qt::Key_F1);
        auto* dialog = window_->findChild<QDialog*>("shortcutsDialog");
        QVERIFY(dialog);
        auto* list = dialog->findChild<QTreeWidget*>("shortcutsList");
        QVERIFY(!list->findItems("Propagate forward", Qt::MatchContains | Qt::MatchRecursive)
                     .isEmpty());
        dialog->close();
    }

    void everyControlHasANameToFindAndToSay() {
        openFromTheWelcomePage();
        for (QAbstractButton* button : window_->findChildren<QAbstractButton*>()) {
            // Qt's own buttons (of docks and lists) carry its names.
            if (!button->isVisible() || button->objectName().startsWith("qt_")) continue;
            QVERIFY2(!button->objectName().isEmpty(), qPrintable(button->text()));
            const bool said = !button->accessibleName().isEmpty() || !button->text().isEmpty();
            QVERIFY2(said, qPrintable(button->objectName()));
        }
        for (QComboBox* box : window_->findChildren<QComboBox*>()) {
            QVERIFY2(!box->accessibleName().isEmpty(), qPrintable(box->objectName()));
        }
    }

private:
    template <typename T>
    T* find(const char* name) {
        T* found = window_->findChild<T*>(QLatin1String(name));
        if (found == nullptr) qFatal("there is no %s", name);
        return found;
    }

    CanvasWidget* canvas() { return &window_->canvas(); }

    QPoint viewOf(PointPx pixel) {
        const ViewPos pos = canvas()->view().viewFromImage(
            {static_cast<double>(pixel.x), static_cast<double>(pixel.y)});
        return {static_cast<int>(pos.x), static_cast<int>(pos.y)};
    }

    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(canvas(), key, modifiers);
    }

    void drag(const std::vector<PointPx>& path) {
        QTest::mousePress(canvas(), Qt::LeftButton, {}, viewOf(path.front()));
        for (const PointPx& at : path) QTest::mouseMove(canvas(), viewOf(at));
        QTest::mouseRelease(canvas(), Qt::LeftButton, {}, viewOf(path.back()));
    }

    void openFromTheWelcomePage() {
        window_->setRecentFiles({video_});
        auto* recent = find<QToolButton>("recentFile");
        QTRY_VERIFY(recent->isVisible());
        QTest::mouseClick(recent, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(session_->isOpen() && session_->frames().scanned(), kPatienceMs);
        QTRY_VERIFY(canvas()->isVisible());
        QVERIFY(window_->windowTitle().contains("moving disc"));
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().engine().state == EngineState::Ready ||
                                     session_->view().engine().state == EngineState::Failed,
                                 kPatienceMs);
        QTRY_VERIFY(!canvas()->view().empty());
    }

    /// Opens the dialog on maps of frames 0 to `last`.
    void chooseMaps(const QString& folder, int last) {
        openExport(ExportKind::Maps, folder);
        find<QSpinBox>("exportLast")->setValue(last);
    }

    void openExport(ExportKind kind, const QString& folder) {
        // The last dialog goes when the event loop has its turn.
        QTRY_VERIFY(!window_->findChild<QDialog*>("exportDialog"));
        press(Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(window_->findChild<QDialog*>("exportDialog"));
        find<QComboBox>("exportKind")->setCurrentIndex(static_cast<int>(kind));
        auto* target = find<QLineEdit>("exportTarget");
        target->selectAll();
        QTest::keyClicks(target, folder);
    }

    void tickReplace() {
        auto* replace = find<QAbstractButton>("exportReplace");
        QVERIFY(replace->isVisible() && !replace->isChecked());
        QTest::mouseClick(replace, Qt::LeftButton, {}, {10, replace->height() / 2});
        QVERIFY(replace->isChecked());
    }

    void finishExport() {
        auto* ok = find<QAbstractButton>("exportOk");
        QVERIFY(ok->isEnabled());
        QTest::mouseClick(ok, Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, kPatienceMs);
    }

    void play() {
        press(Qt::Key_Space);
        QVERIFY(session_->playhead().playing());
        QTRY_VERIFY_WITH_TIMEOUT(session_->playhead().current() >= 3, kPatienceMs);
        press(Qt::Key_Space);
        QVERIFY(!session_->playhead().playing());
        press(Qt::Key_Home);
        QTRY_COMPARE_WITH_TIMEOUT(session_->playhead().shown()->index, FrameIndex(0), kPatienceMs);
    }

    void clickForSimilarity() {
        press(Qt::Key_S);
        QCOMPARE(canvas()->tool(), ToolKind::Similarity);
        QTest::mouseClick(canvas(), Qt::LeftButton, {}, viewOf({60, 60}));
        QVERIFY(session_->view().query());
        QVERIFY(std::abs(session_->view().query()->where.x - 60.0F) < 1.5F);
        if (session_->view().engine().state != EngineState::Ready) return;
        QTRY_VERIFY_WITH_TIMEOUT(session_->view().map(kSimilarityLayer), kPatienceMs);
        // On the frame that was clicked nothing is more alike than the point itself.
        const auto match = session_->view().bestMatch();
        QVERIFY(match && match->score > 0.9F);
    }

    void paint() {
        press(Qt::Key_P);
        QCOMPARE(canvas()->tool(), ToolKind::Brush);
        session_->masks().setBrushRadiusPx(7.0F);
        std::vector<PointPx> path;
        for (int y = 46; y <= 74; y += 7) {
            const int half = y == 60 ? 14 : 9;
            path.push_back({60 - half, y});
            path.push_back({60 + half, y});
        }
        drag(path);
        QTRY_VERIFY(session_->mask());
        QVERIFY(areaOf(*session_->mask(), 1) > 800);
        QTRY_COMPARE(find<QLabel>("saveState")->text(), QString("All changes saved"));
        QCOMPARE(session_->document().log().size(), std::size_t(1));
    }

    void propagate() {
        auto* method = find<QComboBox>("propagationMethod");
        method->setCurrentIndex(method->findData(static_cast<int>(PropagationMethod::DisFlow)));
        Q_EMIT method->activated(method->currentIndex());
        press(Qt::Key_F);
        QVERIFY(session_->runs().run());
        QVERIFY(find<QToolButton>("runStop")->isVisible());
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, kPatienceMs);
        QCOMPARE(session_->masks().track().size(), std::size_t(kFrames));
        QCOMPARE(session_->document().log().size(), std::size_t(2));
    }

    void correctAndGoOn() {
        press(Qt::Key_Home);
        press(Qt::Key_Right, Qt::ShiftModifier);
        QTRY_COMPARE_WITH_TIMEOUT(session_->playhead().shown()->index, FrameIndex(10), kPatienceMs);
        const MaskTrack before = session_->masks().track();
        drag({{150, 100}, {160, 100}});
        QVERIFY(session_->masks().track().find(10)->anchor());
        press(Qt::Key_F);
        QTRY_VERIFY_WITH_TIMEOUT(session_->runs().run() == nullptr, kPatienceMs);
        QCOMPARE(session_->document().log().size(), std::size_t(4));
        QVERIFY(*session_->masks().track().find(9) == *before.find(9));
        QVERIFY(!(*session_->masks().track().find(11) == *before.find(11)));
    }

    void undoAndRedo() {
        const MaskTrack done = session_->masks().track();
        for (int i = 0; i < 4; ++i) press(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(session_->masks().track().empty());
        press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        for (int i = 0; i < 3; ++i) press(Qt::Key_Y, Qt::ControlModifier);
        QVERIFY(session_->masks().track() == done);
    }

    void exportAndReadBack() {
        const QString folder = folder_.filePath("exported masks");
        openExport(ExportKind::Masks, folder);
        finishExport();
        QVERIFY(QFileInfo::exists(folder + "/00029.png"));
        for (int frame = 0; frame < kFrames; ++frame) {
            const QString file =
                QStringLiteral("%1/%2.png").arg(folder).arg(frame, 5, 10, QLatin1Char('0'));
            QVERIFY2(readDavisMask(file.toStdString()) == *session_->masks().track().mask(frame),
                     qPrintable(file));
        }
        const Manifest manifest = readManifest((folder + "/manifest.json").toStdString());
        QVERIFY(manifest.complete);
        QCOMPARE(manifest.files.size(), std::size_t(kFrames));
        QCOMPARE(manifest.sourceSha256, sha256OfFile(video_.toStdString()));
        QCOMPARE(manifest.options.at("painted"), std::string("0,10"));
        QCOMPARE(manifest.options.at("propagated-by-dis-flow"), std::string("1:10,11:30"));
        exportOverWhatIsThere(folder);
    }

    void exportOverWhatIsThere(const QString& folder) {
        // A folder of masks is replaced when that is wished, one with anything else in it never.
        QVERIFY(QFile::rename(folder + "/00029.png", folder + "/00030.png"));
        openExport(ExportKind::Masks, folder);
        QVERIFY(!find<QAbstractButton>("exportOk")->isEnabled());
        tickReplace();
        finishExport();
        QVERIFY(QFileInfo::exists(folder + "/00029.png"));
        QVERIFY(!QFileInfo::exists(folder + "/00030.png"));
        QVERIFY(QFile::copy(folder + "/00000.png", folder + "/notes.png"));
        openExport(ExportKind::Masks, folder);
        QVERIFY(!find<QAbstractButton>("exportReplace")->isVisible());
        QVERIFY(!find<QAbstractButton>("exportOk")->isEnabled());
        window_->findChild<QDialog*>("exportDialog")->reject();
        // Nor one whose manifest is of another kind.
        QVERIFY(QFile::remove(folder + "/notes.png"));
        QFile other(folder + "/manifest.json");
        QVERIFY(other.open(QIODevice::WriteOnly | QIODevice::Truncate));
        other.write("{\"name\": \"a web page\"}");
        other.close();
        openExport(ExportKind::Masks, folder);
        QVERIFY(!find<QAbstractButton>("exportReplace")->isVisible());
        window_->findChild<QDialog*>("exportDialog")->reject();
    }

    QTemporaryDir folder_;
    QString video_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<MainWindow> window_;
};

}  // namespace

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    QApplication app(argc, argv);
    TestJourney test;
    return QTest::qExec(&test, argc, argv);
}

#include "test_journey.moc"
