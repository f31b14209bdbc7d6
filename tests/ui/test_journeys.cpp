// What a person does from the start of the program to a result, each by mouse and keys in the real
// window, with the shipped model where it is built. A picture of each state is kept in the folder
// MCJ_SAVE_SCREENSHOTS, or in screenshots/ of the build.
#include <QAbstractButton>
#include <QComboBox>
#include <QDialog>
#include <QDockWidget>
#include <QFileInfo>
#include <QHash>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QSpinBox>
#include <QTableWidget>
#include <QToolButton>
#include <array>
#include <cstring>
#include <filesystem>

#include "inference/engine/inference_engine.h"
#include "media/io/array_file.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "tests/support/live_stream.h"
#include "tests/ui/hands.h"
#include "ui/presenter.h"
#include "ui/timeline_widget.h"
#include "viewer/canvas/live_canvas.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kSceneFrames = 10;
constexpr int kTruths = 6;
/// LibTorch comes from a disk that may be slow; sanitizers slow it down again.
constexpr int kLoadingMs = 180'000;
/// A picture is sampled between its pixels, so the screen is not exactly the frame.
constexpr double kSamePicture = 15.0;
/// The share of values of a map with jumps that the last bit of its inputs may change.
constexpr double kFewPixels = 0.002;

/// Moves by less than a pixel a frame, and its disc by more, so that nothing is zero.
MovingScene scene() {
    return MovingScene({320, 192}, {0.6F, 0.2F}, {{{90.0F, 96.0F}, {4.0F, 1.5F}, 38.0F}});
}

QString screenshotFolder() {
    const QString asked = qEnvironmentVariable("MCJ_SAVE_SCREENSHOTS");
    return asked.isEmpty() ? QString(MCJ_BIN_DIR "/../screenshots") : asked;
}

bool haveModel() {
    return runGuarded([] { return shippedModelPath(); }).ok() &&
           std::filesystem::exists(MCJ_BIN_DIR "/../lib/libmcj_torch.so");
}

/// The shipped model with another constant in its last flow layer: all motion gets longer. Returns
/// whether the tensor was found.
bool writeOtherModel(const QString& path) {
    QFile shipped(QString::fromStdString(shippedModelPath().string()));
    if (!shipped.open(QIODevice::ReadOnly)) return false;
    QByteArray bytes = shipped.readAll();
    quint64 headBytes = 0;
    std::memcpy(&headBytes, bytes.constData(), sizeof headBytes);
    const QByteArray head = bytes.mid(sizeof headBytes, static_cast<qsizetype>(headBytes));
    const QJsonObject tensors = QJsonDocument::fromJson(head).object();
    const QJsonObject bias = tensors["estimator.fine_decoder.flow.bias"].toObject();
    if (bias["dtype"].toString() != "F16") return false;
    const auto begin = static_cast<qsizetype>(sizeof headBytes + headBytes) +
                       static_cast<qsizetype>(bias["data_offsets"].toArray()[0].toInteger());
    constexpr std::array<quint16, 2> kFourPx{0x4400, 0x4400};  // 4.0 as half precision
    std::memcpy(bytes.data() + begin, kFourPx.data(), sizeof kFourPx);
    QFile other(path);
    return other.open(QIODevice::WriteOnly) && other.write(bytes) == bytes.size();
}

/// The columns of a CSV table by name, one text per row.
QHash<QString, QStringList> readTable(const QString& path) {
    QHash<QString, QStringList> columns;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly | QIODevice::Text)) return columns;
    const QStringList names = QString::fromUtf8(file.readLine()).trimmed().split(',');
    while (!file.atEnd()) {
        const QStringList cells = QString::fromUtf8(file.readLine()).trimmed().split(',');
        for (qsizetype i = 0; i < names.size(); ++i) columns[names[i]] << cells.value(i);
    }
    return columns;
}

bool near(double a, double b) { return std::abs(a - b) <= 1e-3 * std::max(1.0, std::abs(b)); }

class TestJourneys : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const QString shipped = MCJ_SOURCE_DIR "/resources/samples/sample.mp4";
        // Copies: a project is written beside its clip.
        QVERIFY(QFile::copy(shipped, path("sample.mp4")));
        // A quarter of its pixels, so that all maps of a frame take about a second. The space in
        // its name has to survive the copied commands.
        const QString error = runFfmpeg({"-i", shipped, "-vf", "scale=320:180", "-frames:v", "16",
                                         "-an", "-c:v", "ffv1", path("street scene.mkv")});
        QVERIFY2(error.isEmpty(), qPrintable(error));
        const QString failed = writeLossless(scene(), kSceneFrames, path("moving disc.mkv"));
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        QVERIFY(QDir().mkpath(path("truth")));
        for (int frame = 0; frame < kTruths; ++frame) {
            writeFlow(path(QStringLiteral("truth/%1.flo").arg(frame)).toStdString(),
                      scene().flow(frame), FlowFormat::Flo);
        }
        QVERIFY(QDir().mkpath(screenshotFolder()));
    }

    void init() {
        SessionOptions options;
        // In bfloat16, values would depend on how many pictures are computed at once.
        options.engine.precision = "float32";
        studio_ = std::make_unique<StudioWindow>(std::make_unique<Session>(options));
        hands_ = std::make_unique<Hands>(*studio_);
        studio_->window().setSample(path("sample.mp4"));
        QVERIFY(studio_->show());
    }

    void cleanup() {
        hands_.reset();
        studio_.reset();
        for (const QFileInfo& project : QDir(folder_.path()).entryInfoList({"*.mcjepa"})) {
            QFile::remove(project.filePath());
        }
    }

    void openAndScrub() {
        save("00-welcome");
        auto* sample = studio_->find<QAbstractButton>("welcomeSample");
        QTRY_VERIFY(sample->isEnabled());
        QTest::mouseClick(sample, Qt::LeftButton);
        QVERIFY(studio_->shows("sample.mp4"));
        QVERIFY(settles());
        save("01-open");
        clickEye(kFlowLayer);
        QVERIFY(settles());
        QTRY_VERIFY(hands_->distanceToFrame() < kSamePicture);
        const QImage first = hands_->canvas().grabFramebuffer();

        auto* bar = studio_->find<TimelineBar>("timelineBar");
        std::vector<QPoint> along;
        for (FrameIndex frame = 5; frame <= 40; ++frame) {
            along.emplace_back(static_cast<int>(bar->xOf(frame)), 20);
        }
        hands_->dragOn(bar, along);
        const Playhead& playhead = session().playhead();
        QTRY_VERIFY_WITH_TIMEOUT(playhead.shown() && playhead.shown()->index == 40, kPatienceMs);
        QTRY_COMPARE(studio_->find<QSpinBox>("frameNumber")->value(), 40);
        QTRY_VERIFY(studio_->find<QLabel>("frameTime")->text().contains("01.600"));
        QTRY_VERIFY(hands_->distanceToFrame() < kSamePicture);
        QVERIFY(Hands::changedShare(first, hands_->canvas().grabFramebuffer()) > 0.02);
        save("02-scrub");
        studio_->press(Qt::Key_Home);
        QTRY_VERIFY_WITH_TIMEOUT(playhead.shown()->index == 0, kPatienceMs);
        studio_->press(Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(playhead.current() >= 3, kPatienceMs);
        studio_->press(Qt::Key_Space);
        QVERIFY(!playhead.playing());
    }

    void everyLayer() {
        if (!haveModel()) QSKIP("the shipped model or libmcj_torch is not here");
        openClip("street scene.mkv");
        clickEye(kFlowLayer);
        const QImage plain = hands_->canvas().grabFramebuffer();
        const std::vector<std::pair<Qt::Key, const char*>> keys{
            {Qt::Key_F1, kFlowLayer},         {Qt::Key_F2, kWarpErrorLayer},
            {Qt::Key_F3, kConsistencyLayer},  {Qt::Key_F4, kOcclusionLayer},
            {Qt::Key_F5, kFeatureErrorLayer}, {Qt::Key_F7, kFeaturesLayer},
            {Qt::Key_F8, kArrowsLayer},       {Qt::Key_F9, kStreamlinesLayer}};
        for (const auto& [key, layer] : keys) {
            studio_->press(key, Qt::ControlModifier);
            QVERIFY2(session().view().layers().visible(layer), layer);
            QVERIFY2(settles(), layer);
            const double changed = Hands::changedShare(plain, hands_->canvas().grabFramebuffer());
            // Lines cover little of the picture.
            const bool lines = session().view().layers().layer(layer).isLines();
            QVERIFY2(changed > (lines ? 0.001 : 0.1),
                     qPrintable(QString("%1: %2").arg(layer).arg(changed)));
            QVERIFY(!studio_->find<QLabel>("layerExplanation")->text().isEmpty());
            save(qPrintable(QStringLiteral("03-layer-") + layer));
        }
        paintAMask(plain);
        // All maps at once, as numbers of the command that is copied.
        studio_->press(Qt::Key_F1, Qt::ControlModifier);
        for (const char* layer : {kWarpErrorLayer, kConsistencyLayer, kOcclusionLayer,
                                  kFeatureErrorLayer, kFeaturesLayer}) {
            clickEye(layer);
        }
        QVERIFY(settles());
        compareMaps();
    }

    void clickForSimilarity() {
        if (!haveModel()) QSKIP("the shipped model or libmcj_torch is not here");
        openClip("street scene.mkv");
        studio_->press(Qt::Key_S);
        QCOMPARE(hands_->canvas().tool(), ToolKind::Similarity);
        const QImage before = hands_->canvas().grabFramebuffer();
        hands_->clickPicture({120, 100});
        QVERIFY(session().view().query());
        QVERIFY(settles());
        QVERIFY(Hands::changedShare(before, hands_->canvas().grabFramebuffer()) > 0.1);
        // On the frame that was clicked nothing is more alike than the point itself: the best match
        // is the cell of the features that it lies in.
        const auto best = session().view().bestMatch();
        QVERIFY(best);
        // Half the diagonal of a cell.
        const float reach = 0.71F * static_cast<float>(1 << session().view().level());
        QVERIFY2(std::hypot(best->where.x - 120.0F, best->where.y - 100.0F) <= reach + 1.0F,
                 qPrintable(QString("%1, %2").arg(best->where.x).arg(best->where.y)));
        QVERIFY(best->score > 0.8F);
        QCOMPARE(studio_->find<QListWidget>("pinsList")->count(), 1);
        save("04-click");
        // The same point, searched in another frame.
        for (int i = 0; i < 5; ++i) studio_->press(Qt::Key_Right);
        QVERIFY(settles());
        QCOMPARE(session().view().frame()->index, FrameIndex(5));
        save("05-click-later-frame");
        const QString failure = hands_->runCopied(path("similarity"), " --format npy");
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        const ScalarMapPtr map = session().view().map(kSimilarityLayer, View::Stage::Final);
        QVERIFY(map);
        compare(map->values.values(), "similarity/street scene-maps/similarity/000005.npy");
        const auto table = readTable(path("similarity/street scene-maps/matches.csv"));
        const auto match = session().view().bestMatch();
        QVERIFY(match);
        QCOMPARE(table["frame"], QStringList("5"));
        QVERIFY(near(table["cosine"][0].toDouble(), double{match->score}));
        QVERIFY(near(table["x"][0].toDouble(), double{match->where.x}));
        QVERIFY(near(table["y"][0].toDouble(), double{match->where.y}));
    }

    void compareWithTruth() {
        openClip("moving disc.mkv");
        chooseDis();
        const QImage before = hands_->canvas().grabFramebuffer();
        const auto load = [this] { QVERIFY(hands_->choose("load_truth")); };
        QVERIFY(hands_->answerFile(path("truth/0.flo"), load));
        QTRY_VERIFY_WITH_TIMEOUT(session().view().truth(), kPatienceMs);
        QTRY_VERIFY(studio_->find<QDockWidget>("accuracyDock")->isVisible());
        // The error is what ground truth is loaded for.
        QTRY_VERIFY(session().view().layers().visible(kFlowErrorLayer));
        QVERIFY(settles());
        QVERIFY(Hands::changedShare(before, hands_->canvas().grabFramebuffer()) > 0.1);
        QTRY_VERIFY(studio_->window().commands()["measure_accuracy"].isEnabled());
        QVERIFY(hands_->choose("measure_accuracy"));
        auto* table = studio_->find<QTableWidget>("accuracyTable");
        QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), kTruths, kPatienceMs);
        QVERIFY(settles());
        QVERIFY(studio_->find<QLabel>("accuracyWords")->text().contains("EPE"));
        const QRect cell = table->visualItemRect(table->item(3, 0));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, cell.center());
        const FrameIndex frame = table->item(3, 0)->data(Qt::UserRole).toLongLong();
        QTRY_COMPARE(session().playhead().current(), frame);
        QVERIFY(settles());
        save("06-truth");
        const QString failure = hands_->runCopied(path("truth-command"), " --format npy");
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        const QString made = "truth-command/moving disc-maps/";
        const ScalarMapPtr error = session().view().map(kFlowErrorLayer, View::Stage::Final);
        QVERIFY(error);
        compare(error->values.values(), made + "flow_error/" + numbered(frame));
        const auto rows = readTable(path(made + "accuracy.csv"));
        const auto epe = session().accuracy().rows().at(frame).all.epe();
        QVERIFY(epe && rows["frame"].contains(QString::number(frame)));
        QVERIFY(near(rows["epe"][0].toDouble(), *epe));
    }

    void wipeAndSecondCheckpoint() {
        if (!haveModel()) QSKIP("the shipped model or libmcj_torch is not here");
        QVERIFY(writeOtherModel(path("other model.safetensors")));
        openClip("street scene.mkv");
        studio_->press(Qt::Key_F3, Qt::ShiftModifier);
        QCOMPARE(session().views().arrangement(), Arrangement::Wipe);
        QTest::mouseClick(studio_->find<QToolButton>("view_B"), Qt::LeftButton);
        QCOMPARE(session().views().activeIndex(), std::size_t{1});
        const auto choose = [this] { QVERIFY(hands_->choose("view_checkpoint")); };
        QVERIFY(hands_->answerFile(path("other model.safetensors"), choose));
        QVERIFY(settles());
        ViewSet& views = session().views();
        const FlowPtr mine = views.at(0).flow(kFlowLayer, View::Stage::Final);
        const FlowPtr others = views.at(1).flow(kFlowLayer, View::Stage::Final);
        QVERIFY(mine && others);
        QVERIFY(!Hands::differs(mine->vectors.values(), others->vectors.values()).isEmpty());
        save("07-wipe");
        const QImage middle = hands_->canvas().grabFramebuffer();
        const QPoint handle(hands_->canvas().width() / 2, hands_->canvas().height() / 2);
        const int reach = hands_->canvas().width() / 4;
        hands_->dragOn(&hands_->canvas(),
                       {handle, handle - QPoint(reach / 2, 0), handle - QPoint(reach, 0)});
        QVERIFY(std::abs(views.wipe() - 0.25) < 0.02);
        const QImage left = hands_->canvas().grabFramebuffer();
        // The part that now belongs to the other view.
        const QRect between(left.width() * 3 / 10, left.height() * 4 / 10, left.width() / 10,
                            left.height() / 5);
        QVERIFY(Hands::changedShare(middle, left, between) > 0.1);
        save("08-wipe-dragged");
        // A drag of the line leaves the active view as it is.
        QCOMPARE(views.activeIndex(), std::size_t{1});
        const QString failure = hands_->runCopied(path("second"), " --format npy");
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        compare(others->vectors.values(), "second/street scene-maps/flow/000000.npy");
        // The error of one checkpoint minus that of the other.
        clickEye(kDifferenceLayer);
        QVERIFY(settles());
        QVERIFY(session().view().map(kDifferenceLayer));
        QVERIFY(Hands::changedShare(left, hands_->canvas().grabFramebuffer()) > 0.1);
        save("09-checkpoints-difference");
    }

    void present() {
        openClip("moving disc.mkv");
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        QTRY_VERIFY(studio_->find<QDockWidget>("bookmarksDock")->isVisible());
        for (int i = 0; i < 4; ++i) studio_->press(Qt::Key_Right);
        QVERIFY(settles());
        studio_->press(Qt::Key_D, Qt::ControlModifier);
        QCOMPARE(session().timeline().bookmarks.all().size(), std::size_t{2});
        save("10-bookmarks");
        studio_->press(Qt::Key_F5);
        QVERIFY(studio_->window().presenter().presenting());
        // The picture has the whole window.
        constexpr int kFrame = 8;
        QTRY_VERIFY(hands_->canvas().height() > studio_->window().height() - kFrame);
        QVERIFY(hands_->canvas().width() > studio_->window().width() - kFrame);
        const QImage second = hands_->canvas().grabFramebuffer();
        studio_->press(Qt::Key_Left);
        QTRY_COMPARE(session().playhead().current(), FrameIndex{0});
        QVERIFY(settles());
        QVERIFY(Hands::changedShare(second, hands_->canvas().grabFramebuffer()) > 0.01);
        save("11-present");
        studio_->press(Qt::Key_Escape);
        QVERIFY(!studio_->window().presenter().presenting());
        QTRY_VERIFY(studio_->window().menuBar()->isVisible());
    }

    void figureExport() {
        openClip("moving disc.mkv");
        chooseDis();
        QVERIFY(settles());
        const SizePx size = session().frames().info().size;
        for (const char* ending : {"png", "svg", "pdf"}) {
            const QString file = path(QStringLiteral("figure.") + ending);
            QTRY_VERIFY(!studio_->window().findChild<QDialog*>("exportDialog"));
            QVERIFY(hands_->choose("export_frame"));
            QTRY_VERIFY(studio_->window().findChild<QDialog*>("exportDialog"));
            auto* target = studio_->find<QLineEdit>("exportTarget");
            target->selectAll();
            QTest::keyClicks(target, file);
            if (file.endsWith("png")) {
                saveOf(*studio_->find<QDialog>("exportDialog"), "12-figure-dialog");
            }
            auto* write = studio_->find<QAbstractButton>("exportOk");
            QVERIFY(write->isEnabled());
            QTest::mouseClick(write, Qt::LeftButton);
            QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(file), kPatienceMs);
            QTRY_VERIFY_WITH_TIMEOUT(session().runs().run() == nullptr, kPatienceMs);
        }
        const QImage picture(path("figure.png"));
        // The legend is below the picture.
        QVERIFY(picture.width() >= size.width && picture.height() > size.height);
        QVERIFY(picture.save(screenshotFolder() + "/13-figure.png"));
        QFile drawing(path("figure.svg"));
        QVERIFY(drawing.open(QIODevice::ReadOnly));
        const QByteArray words = drawing.readAll();
        QVERIFY(words.contains("<svg") && words.contains("px"));
        QFile page(path("figure.pdf"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        QVERIFY(page.readAll().startsWith("%PDF"));
    }

    void curvesOfTheClip() {
        openClip("moving disc.mkv");
        chooseDis();
        QVERIFY(settles());
        studio_->press(Qt::Key_A, Qt::ControlModifier | Qt::ShiftModifier);
        auto* field = studio_->find<QLineEdit>("paletteField");
        QTest::keyClicks(field, "Compute curves");
        QTest::keyClick(field, Qt::Key_Return);
        const Curves& curves = session().timeline().curves;
        QTRY_COMPARE_WITH_TIMEOUT(curves.numbers().size(), std::size_t{kSceneFrames - 1},
                                  kPatienceMs);
        QVERIFY(settles());
        // A click on the lowest curve goes to its frame.
        auto* bar = studio_->find<TimelineBar>("timelineBar");
        QTRY_VERIFY(bar->height() > 100);
        QTest::mouseClick(bar, Qt::LeftButton, {},
                          {static_cast<int>(bar->xOf(7)), bar->height() - 12});
        QTRY_COMPARE(session().playhead().current(), FrameIndex(7));
        QVERIFY(settles());
        save("14-curves");
        const QString failure = hands_->runCopied(path("curves"), " --format npy");
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        const FlowPtr flow = session().view().flow(kFlowLayer, View::Stage::Final);
        QVERIFY(flow);
        compare(flow->vectors.values(), "curves/moving disc-maps/flow/000007.npy");
        const auto table = readTable(path("curves/moving disc-curves.csv"));
        QCOMPARE(table["frame"].size(), qsizetype{kSceneFrames - 1});
        for (qsizetype row = 0; row < table["frame"].size(); ++row) {
            const PairSummary& numbers = curves.numbers().at(table["frame"][row].toLongLong());
            const std::vector<std::pair<PairNumber, const char*>> columns{
                {PairNumber::WarpError, "warp_error"},
                {PairNumber::Inconsistency, "inconsistency_px"},
                {PairNumber::Motion, "motion_px"},
                {PairNumber::Motion99, "motion_p99_px"}};
            for (const auto& [number, column] : columns) {
                QVERIFY2(near(table[column][row].toDouble(), numbers.at(number)), column);
            }
        }
    }

    void liveFromAFifo() {
        LiveStream stream;
        QVERIFY(stream.make().isEmpty());
        QVERIFY(stream.feed(path("street scene.mkv")));
        QVERIFY(hands_->choose("open_live"));
        auto* dialog = studio_->find<QDialog>("liveDialog");
        auto* source = dialog->findChild<QComboBox*>("liveSource")->lineEdit();
        QTest::keyClicks(source, stream.fifo());
        QTest::mouseClick(dialog->findChild<QAbstractButton*>("liveOk"), Qt::LeftButton);
        auto* canvas = studio_->find<LiveCanvas>("liveCanvas");
        QTRY_VERIFY_WITH_TIMEOUT(canvas->isVisible(), kPatienceMs);
        LiveView& live = session().live();
        QTRY_VERIFY_WITH_TIMEOUT(live.shown() && live.shown()->index > 2, kPatienceMs);
        const auto engine = [this] { return session().view().engine().state; };
        QTRY_VERIFY_WITH_TIMEOUT(engine() == EngineState::Ready || engine() == EngineState::Failed,
                                 kLoadingMs);
        QTest::keyClick(canvas, Qt::Key_Space);
        QTRY_VERIFY(live.frozen());
        QTRY_VERIFY_WITH_TIMEOUT(live.answer().frame == live.shown() && live.answer().motion,
                                 kPatienceMs);
        save("15-live-frozen");
        const QImage before = canvas->grabFramebuffer();
        QTest::mouseClick(canvas, Qt::LeftButton, {}, canvas->rect().center());
        QVERIFY(live.point());
        if (engine() == EngineState::Ready) {
            QTRY_VERIFY_WITH_TIMEOUT(live.answer().similarity, kPatienceMs);
            QTRY_VERIFY(Hands::changedShare(before, canvas->grabFramebuffer()) > 0.1);
        }
        save("16-live-click");
        // Frames of a stream come once: there is nothing that a command could compute again.
        QVERIFY(!studio_->window().commands()["copy_command"].isEnabled());
        const FramePtr frozen = live.shown();
        QTest::keyClick(canvas, Qt::Key_Space);
        QTRY_VERIFY_WITH_TIMEOUT(live.shown() != frozen, kPatienceMs);
        QVERIFY(hands_->choose("close"));
        QTRY_VERIFY(!canvas->isVisible());
    }

private:
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }
    [[nodiscard]] Session& session() { return studio_->session(); }
    [[nodiscard]] static QString numbered(FrameIndex frame) {
        return QStringLiteral("%1.npy").arg(frame, 6, 10, QLatin1Char('0'));
    }

    void save(const char* name) { saveOf(studio_->window(), name); }
    static void saveOf(QWidget& widget, const char* name) {
        const QString file = screenshotFolder() + '/' + name + ".png";
        QVERIFY2(widget.grab().save(file), qPrintable(file));
    }

    /// Waits until everything on screen is computed. Returns whether that was reached.
    [[nodiscard]] bool settles() {
        return QTest::qWaitFor(
            [this] {
                const EngineState engine = session().view().engine().state;
                return session().settled() && !session().frames().isOpening() &&
                       (engine == EngineState::Failed || engine == EngineState::Ready);
            },
            kLoadingMs);
    }

    void openClip(const QString& name) {
        const auto open = [this] { QVERIFY(hands_->choose("open")); };
        QVERIFY(hands_->answerFile(path(name), open));
        QVERIFY(studio_->shows(name));
        QVERIFY(settles());
    }

    void clickEye(const char* layer) {
        const QByteArray name = QByteArray("layer_visible_") + layer;
        auto* eye = studio_->find<QToolButton>(name.constData());
        const bool visible = session().view().layers().visible(layer);
        QTest::mouseClick(eye, Qt::LeftButton);
        QCOMPARE(session().view().layers().visible(layer), !visible);
    }

    /// By the keyboard, from the methods above it in the list.
    void chooseDis() {
        auto* box = studio_->find<QComboBox>("flowMethod");
        for (int i = 0; i < 4 && session().view().flowInUse() != kDisFlow; ++i) {
            QTest::keyClick(box, Qt::Key_Down);
        }
        QCOMPARE(session().view().flowInUse(), std::string(kDisFlow));
        hands_->canvas().setFocus();
        QVERIFY(settles());
    }

    void paintAMask(const QImage& plain) {
        studio_->press(Qt::Key_F1, Qt::ControlModifier);
        clickEye(kFlowLayer);
        studio_->press(Qt::Key_P);
        hands_->dragOn(&hands_->canvas(),
                       {hands_->placeOf({100, 90}), hands_->placeOf({160, 90}),
                        hands_->placeOf({160, 120}), hands_->placeOf({100, 120})});
        QTRY_VERIFY(session().mask());
        QVERIFY(settles());
        QVERIFY(Hands::changedShare(plain, hands_->canvas().grabFramebuffer()) > 0.005);
        save("03-layer-mask");
    }

    /// Of a map of the window and a file that a command has written.
    void compare(std::span<const float> ours, const QString& file, double mostOutside = 0.0) {
        const FloatArray theirs = readNpy(path(file).toStdString());
        const QString difference = Hands::differs(ours, theirs.values, mostOutside);
        QVERIFY2(difference.isEmpty(), qPrintable(file + ": " + difference));
    }

    void compareMaps() {
        const QString failure = hands_->runCopied(path("layers"), " --format npy,png");
        QVERIFY2(failure.isEmpty(), qPrintable(failure));
        const QString made = "layers/street scene-maps/";
        const View& view = session().view();
        const FlowPtr flow = view.flow(kFlowLayer, View::Stage::Final);
        QVERIFY(flow);
        compare(flow->vectors.values(), made + "flow/000000.npy");
        for (const auto& [layer, name] :
             {std::pair{kWarpErrorLayer, "warp_error"}, std::pair{kConsistencyLayer, "consistency"},
              std::pair{kOcclusionLayer, "occlusion"},
              std::pair{kFeatureErrorLayer, "feature_error"}}) {
            const ScalarMapPtr map = view.map(layer, View::Stage::Final);
            QVERIFY2(map, layer);
            compare(map->values.values(), made + name + "/000000.npy", kFewPixels);
        }
        const RgbPtr colors = view.colors(kFeaturesLayer);
        QVERIFY(colors);
        const QImage theirs =
            QImage(path(made + "feature_colors/000000.png")).convertToFormat(QImage::Format_RGB888);
        QCOMPARE(theirs.size(), QSize(colors->size().width, colors->size().height));
        int largest = 0;
        for (int y = 0; y < theirs.height(); ++y) {
            const uchar* row = theirs.constScanLine(y);
            for (int i = 0; i < 3 * theirs.width(); ++i) {
                largest = std::max(largest, std::abs(int{row[i]} - int{colors->row(y)[i]}));
            }
        }
        QVERIFY2(largest <= 1, qPrintable(QString::number(largest)));
    }

    QTemporaryDir folder_;
    std::unique_ptr<StudioWindow> studio_;
    std::unique_ptr<Hands> hands_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestJourneys>(argc, argv); }
#include "test_journeys.moc"
