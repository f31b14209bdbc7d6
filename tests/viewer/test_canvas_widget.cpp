#include <QApplication>
#include <QDir>
#include <QImage>
#include <QMouseEvent>
#include <QPointingDevice>
#include <QSignalSpy>
#include <QTabletEvent>
#include <QTemporaryDir>
#include <QTest>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <cmath>
#include <optional>

#include "media/base/flow_color.h"
#include "tests/support/test_video.h"
#include "viewer/canvas/canvas_widget.h"
#include "viewer/session/session.h"
#include "viewer/tools/similarity_tool.h"

Q_DECLARE_METATYPE(std::optional<mcj::PointPx>)

namespace mcj {
namespace {

constexpr SizePx kPicture{96, 64};
constexpr int kFrames = 4;
constexpr int kPatienceMs = 15000;

std::array<int, 3> rgbAt(const QImage& image, QPoint device) {
    const QRgb color = image.pixel(device);
    return {qRed(color), qGreen(color), qBlue(color)};
}

}  // namespace

/// The real widget with a real session on a folder of pictures. Runs at the screen's pixel ratio;
/// QT_SCALE_FACTOR makes it another one.
class TestCanvasWidget : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void cleanup();
    void showsTheFrame();
    void saysWhatToDoWithoutAVideo();
    void wheelZoomsAtTheCursor();
    void wheelStopsAtActualPixels();
    void dragsMoveThePicture_data();
    void dragsMoveThePicture();
    void spaceTurnsAStrokeIntoPanning();
    void hoverTellsThePixel();
    void brushPaintsAndUploadsLittle();
    void aStrokeStaysOnThePictureItBeganOn();
    void eraserAndEscape();
    void aPenPassesItsPressure();
    void aPolygonIsClosedByADoubleClickOrForgottenByEscape();
    void controlWheelSizesTheBrush();
    void similarityClickAndDragReplaceTheQuery();
    void outerHalvesOfBorderPixelsAskForTheirCentres();
    void scrubbingUploadsEachFrameOnce();
    void flowIsOnScreenWithItsLegend();
    void survivesAnotherWindow();

private:
    [[nodiscard]] QPoint viewOf(PointPx pixel) const {
        const ViewPos pos = canvas_->view().viewFromImage(
            {static_cast<double>(pixel.x), static_cast<double>(pixel.y)});
        return {static_cast<int>(std::lround(pos.x)), static_cast<int>(std::lround(pos.y))};
    }
    void send(QEvent::Type type, QPoint pos, Qt::MouseButton button, Qt::MouseButtons buttons) {
        QMouseEvent event(type, pos, canvas_->mapToGlobal(pos), button, buttons, Qt::NoModifier);
        QCoreApplication::sendEvent(canvas_, &event);
    }
    void drag(Qt::MouseButton button, const std::vector<QPoint>& path) {
        send(QEvent::MouseButtonPress, path.front(), button, button);
        for (const QPoint& pos : path) send(QEvent::MouseMove, pos, Qt::NoButton, button);
        send(QEvent::MouseButtonRelease, path.back(), button, Qt::NoButton);
    }
    void wheel(QPoint pos, int eighths, Qt::KeyboardModifiers modifiers = Qt::NoModifier) {
        QWheelEvent event(pos, canvas_->mapToGlobal(pos), {}, {0, eighths}, Qt::NoButton, modifiers,
                          Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(canvas_, &event);
    }
    QImage grab() { return canvas_->grabFramebuffer(); }
    void writeFrames();
    void showOnlyImage() {
        for (const LayerTraits& traits : layerTraits()) {
            const bool shown = std::holds_alternative<ImageLook>(traits.look) ||
                               std::holds_alternative<MaskLook>(traits.look);
            session_->view().layers().setVisible(traits.kind, shown);
        }
    }

    void save(const QImage& image) {
        const QString folder = qEnvironmentVariable("MCJ_SAVE_SCREENSHOTS");
        if (folder.isEmpty()) return;
        image.save(folder + QStringLiteral("/canvas-%1-%2x.png")
                                .arg(QString::fromUtf8(QTest::currentTestFunction()))
                                .arg(canvas_->devicePixelRatioF()));
    }

    std::unique_ptr<QTemporaryDir> folder_;
    test::MovingScene scene_{kPicture, {1.0F, 0.5F}, {{{40.0F, 30.0F}, {2.0F, -1.0F}, 12.0F}}};
    std::unique_ptr<Session> session_;
    std::unique_ptr<QWidget> window_;
    CanvasWidget* canvas_ = nullptr;
};

void TestCanvasWidget::writeFrames() {
    // A folder a test: masks are stored beside the video and would come back in the next one.
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(QDir(folder_->path()).mkdir(QStringLiteral("frames")));
    for (int t = 0; t < kFrames; ++t) {
        const Raster<std::uint8_t> rgb = scene_.picture(t);
        const QImage image(rgb.data(), rgb.width(), rgb.height(), rgb.width() * 3,
                           QImage::Format_RGB888);
        QVERIFY(image.save(folder_->filePath(QStringLiteral("frames/00%1.png").arg(t))));
    }
}

void TestCanvasWidget::init() {
    writeFrames();
    SessionOptions options;
    // No model: what is tested here needs none.
    options.engine.model = folder_->filePath(QStringLiteral("none.safetensors")).toStdString();
    options.projectFolder = folder_->filePath(QStringLiteral("projects"));
    session_ = std::make_unique<Session>(options);
    window_ = std::make_unique<QWidget>();
    auto* layout = new QVBoxLayout(window_.get());
    layout->setContentsMargins(0, 0, 0, 0);
    canvas_ = new CanvasWidget(*session_);
    layout->addWidget(canvas_);
    window_->resize(480, 360);
    window_->show();
    QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
    if (!canvas_->isValid()) QSKIP("no OpenGL here");
    if (qstrcmp(QTest::currentTestFunction(), "saysWhatToDoWithoutAVideo") == 0) return;
    showOnlyImage();
    session_->open(folder_->filePath(QStringLiteral("frames")));
    QTRY_VERIFY_WITH_TIMEOUT(session_->playhead().shown() != nullptr, kPatienceMs);
    QTRY_VERIFY_WITH_TIMEOUT(canvas_->uploadedBytes() > 0, kPatienceMs);
}

void TestCanvasWidget::cleanup() {
    window_.reset();
    canvas_ = nullptr;
    session_.reset();
}

void TestCanvasWidget::showsTheFrame() {
    canvas_->zoomToActual();
    canvas_->setHudMode(HudMode::Hidden);
    QCOMPARE(canvas_->zoom(), 1.0);
    const QImage image = grab();
    const Raster<std::uint8_t> wanted = scene_.picture(0);
    const DevicePos corner = canvas_->view().deviceFromImage({-0.5, -0.5});
    for (int y = 0; y < kPicture.height; ++y) {
        for (int x = 0; x < kPicture.width; ++x) {
            const auto rgb =
                rgbAt(image, {static_cast<int>(corner.x) + x, static_cast<int>(corner.y) + y});
            for (int c = 0; c < 3; ++c) {
                QCOMPARE(rgb[static_cast<std::size_t>(c)], int{wanted.at(y, x, c)});
            }
        }
    }
}

void TestCanvasWidget::saysWhatToDoWithoutAVideo() {
    const QImage empty = grab();
    // Words in the middle, nothing in the corners.
    int bright = 0;
    for (int x = empty.width() / 4; x < empty.width() * 3 / 4; ++x) {
        for (int y = empty.height() / 3; y < empty.height() * 2 / 3; ++y) {
            bright += rgbAt(empty, {x, y})[0] > 120 ? 1 : 0;
        }
    }
    QVERIFY(bright > 100);
    canvas_->zoomToFit();
    canvas_->zoomBy(2.0);
    drag(Qt::LeftButton, {{10, 10}, {50, 50}});
    canvas_->setTool(ToolKind::Brush);
    drag(Qt::LeftButton, {{10, 10}, {50, 50}});
    canvas_->setTool(ToolKind::Similarity);
    drag(Qt::LeftButton, {{10, 10}, {50, 50}});
    QVERIFY(!session_->view().query());
    QVERIFY(!canvas_->hoveredPixel());
}

void TestCanvasWidget::wheelZoomsAtTheCursor() {
    const QPoint cursor(210, 190);
    const double before = canvas_->zoom();
    const ImagePos under = canvas_->view().imageFromView({210.0, 190.0});
    QSignalSpy changes(canvas_, &CanvasWidget::viewChanged);
    wheel(cursor, 120);
    QVERIFY(canvas_->zoom() > before);
    wheel(cursor, 120);
    const ImagePos after = canvas_->view().imageFromView({210.0, 190.0});
    QVERIFY(std::abs(after.x - under.x) < 0.5 && std::abs(after.y - under.y) < 0.5);
    QCOMPARE(changes.count(), 2);
    wheel(cursor, -240);
    QVERIFY(std::abs(canvas_->zoom() - before) < 0.01 * before);
}

void TestCanvasWidget::wheelStopsAtActualPixels() {
    while (canvas_->zoom() > 1.5) wheel({200, 200}, -120);
    canvas_->zoomBy(1.3 / canvas_->zoom());
    QVERIFY(canvas_->zoom() != 1.0);
    wheel({200, 200}, -240);
    QCOMPARE(canvas_->zoom(), 1.0);
    wheel({200, 200}, -120);
    QVERIFY(canvas_->zoom() < 1.0);
}

void TestCanvasWidget::dragsMoveThePicture_data() {
    QTest::addColumn<int>("tool");
    QTest::addColumn<int>("button");
    QTest::newRow("hand, left") << int(ToolKind::Pan) << int(Qt::LeftButton);
    QTest::newRow("hand, middle") << int(ToolKind::Pan) << int(Qt::MiddleButton);
    QTest::newRow("brush, middle") << int(ToolKind::Brush) << int(Qt::MiddleButton);
    QTest::newRow("similarity, middle") << int(ToolKind::Similarity) << int(Qt::MiddleButton);
}

void TestCanvasWidget::dragsMoveThePicture() {
    QFETCH(int, tool);
    QFETCH(int, button);
    canvas_->setTool(static_cast<ToolKind>(tool));
    const ImagePos grabbed = canvas_->view().imageFromView({240.0, 180.0});
    drag(static_cast<Qt::MouseButton>(button), {{240, 180}, {251, 170}, {290, 150}});
    const ImagePos under = canvas_->view().imageFromView({290.0, 150.0});
    QVERIFY(std::abs(under.x - grabbed.x) < 0.5 && std::abs(under.y - grabbed.y) < 0.5);
    QVERIFY(!session_->mask());
    QVERIFY(!session_->view().query());
}

void TestCanvasWidget::spaceTurnsAStrokeIntoPanning() {
    canvas_->setTool(ToolKind::Brush);
    session_->masks().setBrushRadiusPx(3.0F);
    const QPoint start = viewOf({30, 30});
    send(QEvent::MouseButtonPress, start, Qt::LeftButton, Qt::LeftButton);
    QVERIFY(session_->masks().stroking());
    const ImagePos grabbed = canvas_->view().imageFromView({double(start.x()), double(start.y())});
    QKeyEvent over(QEvent::ShortcutOverride, Qt::Key_Space, Qt::NoModifier);
    over.ignore();
    QCoreApplication::sendEvent(canvas_, &over);
    QVERIFY(over.isAccepted());
    QKeyEvent space(QEvent::KeyPress, Qt::Key_Space, Qt::NoModifier);
    QCoreApplication::sendEvent(canvas_, &space);
    QVERIFY(!session_->masks().stroking());
    const QPoint end = start + QPoint(40, 20);
    send(QEvent::MouseMove, end, Qt::NoButton, Qt::LeftButton);
    send(QEvent::MouseButtonRelease, end, Qt::LeftButton, Qt::NoButton);
    const ImagePos under = canvas_->view().imageFromView({double(end.x()), double(end.y())});
    QVERIFY(std::abs(under.x - grabbed.x) < 0.5 && std::abs(under.y - grabbed.y) < 0.5);
    // The dab is kept, as one step.
    QVERIFY(session_->mask() && session_->mask()->labels.at(30, 30) != kBackground);
    QCOMPARE(session_->document().log().size(), std::size_t(1));
    // Without a drag, Space is the window's.
    QKeyEvent later(QEvent::ShortcutOverride, Qt::Key_Space, Qt::NoModifier);
    later.ignore();
    QCoreApplication::sendEvent(canvas_, &later);
    QVERIFY(!later.isAccepted());
}

void TestCanvasWidget::hoverTellsThePixel() {
    QSignalSpy spy(canvas_, &CanvasWidget::hovered);
    const PointPx wanted{17, 42};
    const QPoint pos = viewOf(wanted);
    send(QEvent::MouseMove, pos, Qt::NoButton, Qt::NoButton);
    QCOMPARE(spy.count(), 1);
    QVERIFY(canvas_->hoveredPixel() == wanted);
    QVERIFY(spy.last().at(0).value<std::optional<PointPx>>() == wanted);
    send(QEvent::MouseMove, pos, Qt::NoButton, Qt::NoButton);
    QCOMPARE(spy.count(), 1);
    // Zooming out under a still mouse moves the picture away from it.
    canvas_->zoomBy(0.05);
    QVERIFY(!canvas_->hoveredPixel());
    QEvent leave(QEvent::Leave);
    canvas_->zoomToFit();
    QVERIFY(canvas_->hoveredPixel() == wanted);
    QCoreApplication::sendEvent(canvas_, &leave);
    QVERIFY(!canvas_->hoveredPixel());
    QVERIFY(!spy.last().at(0).value<std::optional<PointPx>>());
}

void TestCanvasWidget::brushPaintsAndUploadsLittle() {
    canvas_->setTool(ToolKind::Brush);
    session_->masks().setBrushRadiusPx(4.0F);
    drag(Qt::LeftButton, {viewOf({20, 20}), viewOf({40, 20})});
    QVERIFY(session_->mask());
    const ObjectId object = session_->masks().activeObject();
    QCOMPARE(session_->mask()->labels.at(20, 20), object);
    QCOMPARE(session_->mask()->labels.at(20, 30), object);
    QCOMPARE(session_->mask()->labels.at(20, 40), object);
    QCOMPARE(session_->mask()->labels.at(30, 30), kBackground);
    QCOMPARE(session_->document().log().size(), std::size_t(1));

    // The mask is on screen: a pixel inside differs from the frame, one outside does not.
    canvas_->setHudMode(HudMode::Hidden);
    const auto colorAt = [&](PointPx pixel) {
        const DevicePos device = canvas_->view().deviceFromImage(
            {static_cast<double>(pixel.x), static_cast<double>(pixel.y)});
        return rgbAt(grab(), {static_cast<int>(device.x), static_cast<int>(device.y)});
    };
    const auto frameAt = [&](PointPx pixel) {
        const auto& rgb = session_->playhead().shown()->rgb;
        return std::array<int, 3>{rgb.at(pixel.y, pixel.x, 0), rgb.at(pixel.y, pixel.x, 1),
                                  rgb.at(pixel.y, pixel.x, 2)};
    };
    QVERIFY(colorAt({30, 20}) != frameAt({30, 20}));
    QCOMPARE(colorAt({60, 50}), frameAt({60, 50}));

    // A second dab uploads its box, not the picture.
    const std::size_t before = canvas_->uploadedBytes();
    drag(Qt::LeftButton, {viewOf({70, 40})});
    grab();
    const std::size_t dab = canvas_->uploadedBytes() - before;
    QVERIFY(dab > 0);
    QVERIFY2(dab < kPicture.area() / 4, qPrintable(QString::number(dab)));
    QVERIFY(colorAt({70, 40}) != frameAt({70, 40}));
    session_->masks().undo();
    QCOMPARE(colorAt({70, 40}), frameAt({70, 40}));
    QVERIFY(colorAt({30, 20}) != frameAt({30, 20}));
}

void TestCanvasWidget::aStrokeStaysOnThePictureItBeganOn() {
    canvas_->setTool(ToolKind::Brush);
    session_->masks().setBrushRadiusPx(4.0F);
    session_->playhead().seek(3);
    // Not decoded yet: the first picture is still on screen.
    QCOMPARE(session_->playhead().shown()->index, FrameIndex(0));
    send(QEvent::MouseButtonPress, viewOf({20, 20}), Qt::LeftButton, Qt::LeftButton);
    QVERIFY(session_->masks().stroking());
    QTRY_VERIFY_WITH_TIMEOUT(session_->settled(), kPatienceMs);
    QVERIFY(session_->masks().stroking());
    send(QEvent::MouseMove, viewOf({60, 20}), Qt::NoButton, Qt::LeftButton);
    send(QEvent::MouseButtonRelease, viewOf({60, 20}), Qt::LeftButton, Qt::NoButton);
    QCOMPARE(session_->playhead().current(), FrameIndex(0));
    QCOMPARE(session_->masks().track().size(), std::size_t(1));
    QCOMPARE(session_->mask()->labels.at(20, 58), session_->masks().activeObject());
}

void TestCanvasWidget::eraserAndEscape() {
    canvas_->setTool(ToolKind::Brush);
    session_->masks().setBrushRadiusPx(6.0F);
    drag(Qt::LeftButton, {viewOf({48, 32})});
    const MaskPtr painted = session_->mask();
    QVERIFY(painted);
    const Mask before = *painted;
    canvas_->setTool(ToolKind::Eraser);
    // Escape while erasing: as if it had not begun.
    send(QEvent::MouseButtonPress, viewOf({48, 32}), Qt::LeftButton, Qt::LeftButton);
    QVERIFY(session_->masks().stroking());
    QKeyEvent escape(QEvent::KeyPress, Qt::Key_Escape, Qt::NoModifier);
    QCoreApplication::sendEvent(canvas_, &escape);
    send(QEvent::MouseButtonRelease, viewOf({48, 32}), Qt::LeftButton, Qt::NoButton);
    QVERIFY(!session_->masks().stroking());
    QVERIFY(*session_->mask() == before);
    QCOMPARE(session_->document().log().size(), std::size_t(1));
    drag(Qt::LeftButton, {viewOf({48, 32})});
    QCOMPARE(session_->mask()->labels.at(32, 48), kBackground);
    QCOMPARE(session_->document().log().size(), std::size_t(2));
}

void TestCanvasWidget::aPenPassesItsPressure() {
    canvas_->setTool(ToolKind::Brush);
    session_->masks().setBrushRadiusPx(10.0F);
    const auto pen = [&](QEvent::Type type, QPoint pos, double pressure, Qt::MouseButtons buttons) {
        QTabletEvent event(type, QPointingDevice::primaryPointingDevice(), pos,
                           canvas_->mapToGlobal(pos), pressure, 0.0F, 0.0F, 0.0F, 0.0, 0.0F,
                           Qt::NoModifier, Qt::LeftButton, buttons);
        QCoreApplication::sendEvent(canvas_, &event);
        // Qt makes a mouse event of it then.
        QVERIFY(!event.isAccepted());
    };
    const QPoint at = viewOf({30, 30});
    pen(QEvent::TabletPress, at, 0.2, Qt::LeftButton);
    send(QEvent::MouseButtonPress, at, Qt::LeftButton, Qt::LeftButton);
    pen(QEvent::TabletRelease, at, 0.0, Qt::NoButton);
    send(QEvent::MouseButtonRelease, at, Qt::LeftButton, Qt::NoButton);
    const ObjectId object = session_->masks().activeObject();
    const std::int64_t thin = areaOf(*session_->mask(), object);
    QVERIFY2(thin > 4 && thin < 30, qPrintable(QString::number(thin)));
    // A mouse has no pressure.
    drag(Qt::LeftButton, {viewOf({70, 30})});
    QVERIFY(areaOf(*session_->mask(), object) > thin + 250);
}

void TestCanvasWidget::aPolygonIsClosedByADoubleClickOrForgottenByEscape() {
    canvas_->setTool(ToolKind::Polygon);
    QKeyEvent over(QEvent::ShortcutOverride, Qt::Key_Escape, Qt::NoModifier);
    over.ignore();
    QCoreApplication::sendEvent(canvas_, &over);
    QVERIFY(!over.isAccepted());
    for (const PointPx at : {PointPx{20, 20}, {60, 20}, {60, 50}}) {
        drag(Qt::LeftButton, {viewOf(at)});
    }
    over.ignore();
    QCoreApplication::sendEvent(canvas_, &over);
    QVERIFY(over.isAccepted());
    QKeyEvent escape(QEvent::KeyPress, Qt::Key_Escape, Qt::NoModifier);
    QCoreApplication::sendEvent(canvas_, &escape);
    over.ignore();
    QCoreApplication::sendEvent(canvas_, &over);
    QVERIFY(!over.isAccepted());
    for (const PointPx at : {PointPx{20, 20}, {60, 20}, {60, 50}}) {
        drag(Qt::LeftButton, {viewOf(at)});
    }
    QVERIFY(!session_->mask());
    send(QEvent::MouseButtonDblClick, viewOf({60, 50}), Qt::LeftButton, Qt::LeftButton);
    send(QEvent::MouseButtonRelease, viewOf({60, 50}), Qt::LeftButton, Qt::NoButton);
    QVERIFY(session_->mask());
    QCOMPARE(session_->mask()->labels.at(30, 50), session_->masks().activeObject());
    QCOMPARE(session_->mask()->labels.at(45, 25), kBackground);
    QCOMPARE(session_->document().log().size(), std::size_t(1));
}

void TestCanvasWidget::controlWheelSizesTheBrush() {
    canvas_->setTool(ToolKind::Brush);
    session_->masks().setBrushRadiusPx(10.0F);
    const double zoom = canvas_->zoom();
    wheel({200, 200}, 120, Qt::ControlModifier);
    QVERIFY(session_->masks().brushRadiusPx() > 10.0F);
    wheel({200, 200}, -360, Qt::ControlModifier);
    QVERIFY(session_->masks().brushRadiusPx() < 10.0F);
    QCOMPARE(canvas_->zoom(), zoom);
}

void TestCanvasWidget::similarityClickAndDragReplaceTheQuery() {
    canvas_->setTool(ToolKind::Similarity);
    drag(Qt::LeftButton, {viewOf({10, 12})});
    QVERIFY(session_->view().query());
    QVERIFY(std::abs(session_->view().query()->where.x - 10.0F) < 0.5F);
    QVERIFY(std::abs(session_->view().query()->where.y - 12.0F) < 0.5F);
    drag(Qt::LeftButton, {viewOf({20, 20}), viewOf({50, 33})});
    QVERIFY(std::abs(session_->view().query()->where.x - 50.0F) < 0.5F);
    const PointF last = session_->view().query()->where;
    // Beside the picture there is nothing to ask for.
    canvas_->zoomBy(0.3);
    drag(Qt::LeftButton, {QPoint(3, 3)});
    QVERIFY(session_->view().query()->where == last);
    grab();  // the crosshair is drawn
}

void TestCanvasWidget::outerHalvesOfBorderPixelsAskForTheirCentres() {
    // Features lie between pixel centres; the engine refuses a place beyond them.
    SimilarityTool tool(*session_, canvas_->view());
    const auto askedAt = [&](ImagePos at) {
        tool.press({at, {}});
        tool.release({at, {}});
        return session_->view().query() ? session_->view().query()->where : PointF{-1.0F, -1.0F};
    };
    QVERIFY((askedAt({-0.4, -0.4}) == PointF{0.0F, 0.0F}));
    QVERIFY((askedAt({kPicture.width - 0.6, kPicture.height - 0.6}) ==
             PointF{kPicture.width - 1.0F, kPicture.height - 1.0F}));
    QVERIFY((askedAt({10.25, 63.4}) == PointF{10.25F, 63.0F}));
}

void TestCanvasWidget::scrubbingUploadsEachFrameOnce() {
    const std::size_t frameBytes = kPicture.area() * 3;
    for (int t = 1; t < kFrames; ++t) {
        const std::size_t before = canvas_->uploadedBytes();
        session_->playhead().seek(t);
        QTRY_VERIFY_WITH_TIMEOUT(session_->playhead().shown()->index == t, kPatienceMs);
        for (int i = 0; i < 3; ++i) grab();
        QCOMPARE(canvas_->uploadedBytes() - before, frameBytes);
    }
}

void TestCanvasWidget::flowIsOnScreenWithItsLegend() {
    session_->view().setFlowProvider(kDisFlow);
    Layer flow = session_->view().layers().layer(kFlowLayer);
    flow.visible = true;
    flow.opacity = 1.0F;
    session_->view().layers().set(flow);
    QTRY_VERIFY_WITH_TIMEOUT(session_->view().flow() != nullptr && session_->settled(),
                             kPatienceMs);
    canvas_->setHudMode(HudMode::Hidden);
    flow = session_->view().layers().layer(kFlowLayer);  // its scale followed the motion
    const Raster<std::uint8_t> wanted =
        colorizeFlow(*session_->view().flow(), flow.flow().scalePx, flow.flow().wheel);
    const QImage plain = grab();
    for (int y = 0; y < kPicture.height; y += 3) {
        for (int x = 0; x < kPicture.width; x += 3) {
            const DevicePos device =
                canvas_->view().deviceFromImage({static_cast<double>(x), static_cast<double>(y)});
            const auto rgb = rgbAt(plain, {static_cast<int>(device.x), static_cast<int>(device.y)});
            for (int c = 0; c < 3; ++c) {
                QVERIFY(std::abs(rgb[static_cast<std::size_t>(c)] - wanted.at(y, x, c)) <= 1);
            }
        }
    }
    // The overlay adds to the corners and, at the pointer, the probe; the middle stays.
    canvas_->setHudMode(HudMode::Shown);
    session_->view().layers().setVisible(kWarpErrorLayer, true);
    session_->view().layers().setOpacity(kWarpErrorLayer, 0.3F);
    session_->view().layers().setOpacity(kFlowLayer, 0.6F);
    QTRY_VERIFY_WITH_TIMEOUT(session_->settled(), kPatienceMs);
    canvas_->setTool(ToolKind::Brush);
    session_->masks().setBrushRadiusPx(8.0F);
    drag(Qt::LeftButton, {viewOf({70, 14}), viewOf({80, 20})});
    canvas_->setTool(ToolKind::Pan);
    send(QEvent::MouseMove, viewOf({40, 26}), Qt::NoButton, Qt::NoButton);
    const QImage full = grab();
    save(full);
    canvas_->setHudMode(HudMode::Hidden);
    const QImage bare = grab();
    const auto differ = [&](QRect logical) {
        const double ratio = canvas_->devicePixelRatioF();
        int count = 0;
        for (int y = int(logical.top() * ratio); y <= int(logical.bottom() * ratio); ++y) {
            for (int x = int(logical.left() * ratio); x <= int(logical.right() * ratio); ++x) {
                count += full.pixel(x, y) != bare.pixel(x, y) ? 1 : 0;
            }
        }
        return count;
    };
    QVERIFY(differ({12, 12, 90, 30}) > 1000);
    QVERIFY(differ({12, 260, 90, 88}) > 3000);
    QVERIFY(differ({250, 290, 210, 58}) > 3000);
    const QPoint pointer = viewOf({40, 26});
    QVERIFY(differ({pointer.x() + 20, pointer.y() + 20, 60, 60}) > 1000);
}

void TestCanvasWidget::survivesAnotherWindow() {
    canvas_->setHudMode(HudMode::Hidden);
    const QImage before = grab();
    QWidget other;
    auto* layout = new QVBoxLayout(&other);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->addWidget(canvas_);
    other.resize(480, 360);
    other.show();
    QVERIFY(QTest::qWaitForWindowExposed(&other));
    QTRY_VERIFY_WITH_TIMEOUT(canvas_->uploadedBytes() > 0, kPatienceMs);
    const QImage after = grab();
    QCOMPARE(after.size(), before.size());
    QVERIFY(after == before);
    window_->layout()->addWidget(canvas_);
}

}  // namespace mcj

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(mcj::CanvasWidget::surfaceFormat());
    QApplication app(argc, argv);
    mcj::TestCanvasWidget test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_canvas_widget.moc"
