#include <QImage>
#include <QTest>
#include <cmath>

#include "media/figure/legends.h"
#include "tests/viewer/offscreen_gl.h"
#include "viewer/canvas/imgui_overlay.h"
#include "viewer/canvas/overlay_text.h"

Q_DECLARE_METATYPE(mcj::FlowWheel)

namespace mcj {
namespace {

constexpr std::array<std::uint8_t, 3> kBehind{90, 140, 60};
constexpr SizePx kLogical{640, 400};

OverlayData fullOverlay() {
    OverlayData data;
    data.status = {"Frame 12 of 300", "0:00.480  75 %"};
    data.working = "Computing flow";
    data.flow = FlowLegend{FlowWheel::Middlebury, 10.0F, PointF{3.0F, -4.0F}};
    data.colorBar = ColorBar{Colormap::Viridis, 0.0F, 64.0F, "Warp error", "levels of 255", 20.0F};
    return data;
}

SizePx deviceSize(double ratio) {
    return {static_cast<int>(std::lround(kLogical.width * ratio)),
            static_cast<int>(std::lround(kLogical.height * ratio))};
}

/// Pixels of `box` (logical) that are not the background.
int touched(const Raster<std::uint8_t>& picture, BoxPx box, double ratio) {
    int count = 0;
    const auto device = [ratio](int logical) { return static_cast<int>(logical * ratio); };
    for (int y = device(box.y0); y < device(box.y1); ++y) {
        for (int x = device(box.x0); x < device(box.x1); ++x) {
            for (int c = 0; c < 3; ++c) {
                if (picture.at(y, x, c) == kBehind[static_cast<std::size_t>(c)]) continue;
                ++count;
                break;
            }
        }
    }
    return count;
}

}  // namespace

class TestCanvasOverlay : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void panelsStayInTheCorners_data() { addRatios(); }
    void panelsStayInTheCorners();
    void nothingIsDrawnForNothing();
    void textIsRasterisedAtTheScreensDensity();
    void probeStaysInside();
    void brushHasItsTrueSize();
    void outlinesAreClosed();
    void scribblesAreOpen();
    void twoOverlaysDoNotMix();
    void aPartHasItsOwnCorners();
    void discShowsTheColoursOfMotion_data();
    void discShowsTheColoursOfMotion();
    void numbersForPeople();

private:
    static void addRatios() {
        QTest::addColumn<double>("ratio");
        for (const double ratio : {1.0, 1.25, 1.5, 2.0}) {
            QTest::newRow(qPrintable(QString::number(ratio))) << ratio;
        }
    }
    Raster<std::uint8_t> draw(ImguiOverlay& overlay, const OverlayData& data, double ratio) {
        gl_.begin(deviceSize(ratio), kBehind);
        const SizePx size = deviceSize(ratio);
        overlay.draw(data, {0, 0, size.width, size.height}, size, ratio);
        Raster<std::uint8_t> picture = gl_.read();
        if (!qEnvironmentVariableIsEmpty("MCJ_SAVE_SCREENSHOTS")) save(picture);
        return picture;
    }
    void save(const Raster<std::uint8_t>& picture) {
        const QImage image(picture.data(), picture.width(), picture.height(),
                           QImage::Format_RGBA8888);
        image.save(qEnvironmentVariable("MCJ_SAVE_SCREENSHOTS") +
                   QStringLiteral("/overlay-%1-%2.png")
                       .arg(QString::fromUtf8(QTest::currentTestFunction()))
                       .arg(++saved_));
    }

    OffscreenGl gl_;
    int saved_ = 0;
};

void TestCanvasOverlay::initTestCase() {
    if (!gl_.start()) QSKIP("no OpenGL 3.3 here");
}

void TestCanvasOverlay::panelsStayInTheCorners() {
    QFETCH(double, ratio);
    ImguiOverlay overlay(gl_.gl());
    const Raster<std::uint8_t> picture = draw(overlay, fullOverlay(), ratio);
    QVERIFY(touched(picture, {12, 12, 160, 60}, ratio) > 2000 * ratio * ratio);     // status
    QVERIFY(touched(picture, {12, 290, 100, 388}, ratio) > 4000 * ratio * ratio);   // wheel
    QVERIFY(touched(picture, {420, 330, 628, 388}, ratio) > 6000 * ratio * ratio);  // colours
    QCOMPARE(touched(picture, {160, 100, 480, 270}, ratio), 0);
    QCOMPARE(touched(picture, {0, 0, 640, 11}, ratio), 0);
    // The first frame is complete: the second is the same.
    QVERIFY(draw(overlay, fullOverlay(), ratio) == picture);
}

void TestCanvasOverlay::nothingIsDrawnForNothing() {
    ImguiOverlay overlay(gl_.gl());
    QCOMPARE(touched(draw(overlay, {}, 1.0), {0, 0, 640, 400}, 1.0), 0);
    // In a canvas too small for legends only the status is left.
    gl_.begin({200, 150}, kBehind);
    overlay.draw(fullOverlay(), {0, 0, 200, 150}, {200, 150}, 1.0);
    const Raster<std::uint8_t> small = gl_.read();
    QVERIFY(touched(small, {12, 12, 120, 40}, 1.0) > 1000);
    QCOMPARE(touched(small, {0, 90, 200, 150}, 1.0), 0);
}

void TestCanvasOverlay::aPartHasItsOwnCorners() {
    ImguiOverlay overlay(gl_.gl());
    gl_.begin({320, 200}, kBehind);
    overlay.draw(fullOverlay(), {0, 0, 320, 200}, {320, 200}, 1.0);
    const Raster<std::uint8_t> alone = gl_.read();
    const SizePx whole = deviceSize(1.0);
    gl_.begin(whole, kBehind);
    overlay.draw(fullOverlay(), {200, 150, 520, 350}, whole, 1.0);
    const Raster<std::uint8_t> part = gl_.read();
    for (int y = 0; y < 200; ++y) {
        for (int x = 0; x < 320; ++x) {
            for (int c = 0; c < 3; ++c) QCOMPARE(part.at(y + 150, x + 200, c), alone.at(y, x, c));
        }
    }
    QCOMPARE(touched(part, {0, 0, 640, 149}, 1.0), 0);
    QCOMPARE(touched(part, {0, 0, 199, 400}, 1.0), 0);
}

void TestCanvasOverlay::textIsRasterisedAtTheScreensDensity() {
    // Enlarging the picture of 1x would give blocks of 2 x 2 equal pixels; text made for 2x has
    // detail inside them. And going back to 1x gives what was there before.
    ImguiOverlay overlay(gl_.gl());
    OverlayData data;
    data.status = {"Frame 12 of 300"};
    const Raster<std::uint8_t> once = draw(overlay, data, 1.0);
    const Raster<std::uint8_t> twice = draw(overlay, data, 2.0);
    int detailed = 0;
    for (int y = 20; y < 100; y += 2) {
        for (int x = 20; x < 300; x += 2) {
            const int corner = twice.at(y, x, 0);
            if (std::abs(twice.at(y + 1, x + 1, 0) - corner) > 32) ++detailed;
        }
    }
    QVERIFY(detailed > 100);
    QVERIFY(draw(overlay, data, 1.0) == once);
}

void TestCanvasOverlay::probeStaysInside() {
    ImguiOverlay overlay(gl_.gl());
    OverlayData data;
    data.probe = Probe{{0, 0},
                       "x 12   y 34",
                       {{"u", "+3.42", "px"},
                        {"v", "-1.10", "px"},
                        {"|f|", "3.59", "px"},
                        {"angle", "17.8", "\xC2\xB0"},
                        {"Warp error", "12.25", ""}}};
    int area = 0;
    for (const DevicePos at : {DevicePos{320, 200}, DevicePos{2, 2}, DevicePos{637, 2},
                               DevicePos{637, 397}, DevicePos{2, 397}}) {
        data.probe->at = at;
        const Raster<std::uint8_t> picture = draw(overlay, data, 1.0);
        // The same panel everywhere: none of it is cut off.
        const int count = touched(picture, {0, 0, 640, 400}, 1.0);
        if (area == 0) area = count;
        QVERIFY(std::abs(count - area) <= area / 50);
        // And the pointer's place itself stays in sight.
        const int x = static_cast<int>(at.x);
        const int y = static_cast<int>(at.y);
        QCOMPARE(touched(picture, {x - 2, y - 2, x + 3, y + 3}, 1.0), 0);
    }
    QVERIFY(area > 5000);
}

void TestCanvasOverlay::outlinesAreClosed() {
    ImguiOverlay overlay(gl_.gl());
    OverlayData data;
    data.outline = OutlineMark{.points = {{200.0, 100.0}, {400.0, 100.0}, {400.0, 300.0}},
                               .pointer = DevicePos{200.0, 300.0},
                               .color = {200, 0, 0}};
    const Raster<std::uint8_t> lines = draw(overlay, data, 1.0);
    QVERIFY(touched(lines, {290, 95, 310, 105}, 1.0) > 20);
    QVERIFY(touched(lines, {290, 295, 310, 305}, 1.0) > 20);
    // The side that closes it.
    QVERIFY(touched(lines, {195, 190, 205, 210}, 1.0) > 20);
    QCOMPARE(touched(lines, {250, 150, 350, 250}, 1.0), 0);
    data.outline->marksPoints = true;
    const Raster<std::uint8_t> marked = draw(overlay, data, 1.0);
    const BoxPx corner{394, 94, 406, 106};
    QVERIFY(touched(marked, corner, 1.0) > touched(lines, corner, 1.0));
}

void TestCanvasOverlay::scribblesAreOpen() {
    ImguiOverlay overlay(gl_.gl());
    OverlayData data;
    data.scribbles = {{{{200.0, 100.0}, {400.0, 100.0}, {400.0, 300.0}}, {200, 0, 0}},
                      {{{100.0, 300.0}}, {255, 255, 255}}};
    const Raster<std::uint8_t> lines = draw(overlay, data, 1.0);
    QVERIFY(touched(lines, {290, 95, 310, 105}, 1.0) > 20);
    QVERIFY(touched(lines, {395, 190, 405, 210}, 1.0) > 20);
    QCOMPARE(touched(lines, {250, 150, 350, 250}, 1.0), 0);
    // One point is a dot.
    QVERIFY(touched(lines, {97, 297, 104, 304}, 1.0) > 10);
}

void TestCanvasOverlay::brushHasItsTrueSize() {
    ImguiOverlay overlay(gl_.gl());
    OverlayData data;
    data.brush = BrushOutline{{300.0, 200.0}, 80.0F, {255, 255, 255}};
    const Raster<std::uint8_t> picture = draw(overlay, data, 1.0);
    for (const double angle : {0.0, 0.7, 1.9, 3.0, 4.4, 5.5}) {
        const auto bright = [&](double radius) {
            const int y = static_cast<int>(std::floor(200 + radius * std::sin(angle)));
            const int x = static_cast<int>(std::floor(300 + radius * std::cos(angle)));
            return picture.at(y, x, 2) > 150;
        };
        QVERIFY(bright(79.5) || bright(80.0) || bright(80.5) || bright(79.0));
        QVERIFY(!bright(70.0) && !bright(90.0));
    }
    QCOMPARE(touched(picture, {250, 170, 350, 230}, 1.0), 0);
}

void TestCanvasOverlay::twoOverlaysDoNotMix() {
    ImguiOverlay left(gl_.gl());
    auto right = std::make_unique<ImguiOverlay>(gl_.gl());
    const Raster<std::uint8_t> first = draw(left, fullOverlay(), 1.0);
    QVERIFY(draw(*right, fullOverlay(), 1.0) == first);
    QVERIFY(draw(*right, fullOverlay(), 2.0).size() != first.size());
    QVERIFY(draw(left, fullOverlay(), 1.0) == first);
    right.reset();
    QVERIFY(draw(left, fullOverlay(), 1.0) == first);
}

void TestCanvasOverlay::discShowsTheColoursOfMotion_data() {
    QTest::addColumn<FlowWheel>("wheel");
    QTest::newRow("Middlebury") << FlowWheel::Middlebury;
    QTest::newRow("vision safe") << FlowWheel::VisionSafe;
}

void TestCanvasOverlay::discShowsTheColoursOfMotion() {
    QFETCH(FlowWheel, wheel);
    const Raster<std::uint8_t> disc = flowDisc(wheel, 101);
    for (const PointF motion : {PointF{0.9F, 0.0F}, PointF{-0.9F, 0.0F}, PointF{0.0F, 0.9F},
                                PointF{0.0F, -0.9F}, PointF{0.5F, -0.5F}, PointF{0.0F, 0.0F}}) {
        const int x = static_cast<int>(50.5F + motion.x * 50.5F);
        const int y = static_cast<int>(50.5F + motion.y * 50.5F);
        const PointF there{(static_cast<float>(x) - 50.0F) / 50.5F,
                           (static_cast<float>(y) - 50.0F) / 50.5F};
        const auto wanted = flowColor(there, wheel);
        for (int c = 0; c < 3; ++c) {
            QVERIFY(std::abs(disc.at(y, x, c) - wanted[static_cast<std::size_t>(c)]) <= 1);
        }
        QCOMPARE(disc.at(y, x, 3), std::uint8_t{255});
    }
    QCOMPARE(disc.at(0, 0, 3), std::uint8_t{0});
    QCOMPARE(disc.at(100, 100, 3), std::uint8_t{0});
}

void TestCanvasOverlay::numbersForPeople() {
    QCOMPARE(legendNumber(10.0F), std::string("10"));
    QCOMPARE(legendNumber(0.5F), std::string("0.5"));
    QCOMPARE(legendNumber(-0.0F), std::string("0"));
    QCOMPARE(signedNumber(3.416F), std::string("+3.42"));
    QCOMPARE(signedNumber(-0.001F), std::string("+0.00"));
    QCOMPARE(plainNumber(std::nanf("")), std::string("unknown"));
    QCOMPARE(clockTime(0.48), std::string("0:00.480"));
    QCOMPARE(clockTime(62.3456), std::string("1:02.346"));
    QCOMPARE(clockTime(3723.5), std::string("1:02:03.500"));
    QCOMPARE(zoomPercent(0.125), std::string("12.5 %"));
    QCOMPARE(zoomPercent(12.34), std::string("1234 %"));
    QCOMPARE(flowAngleDeg({1.0F, 0.0F}), 0.0F);
    QCOMPARE(flowAngleDeg({0.0F, -1.0F}), 90.0F);
    QCOMPARE(flowAngleDeg({-1.0F, 0.0F}), 180.0F);
    QCOMPARE(flowAngleDeg({0.0F, 2.0F}), 270.0F);
    QCOMPARE(flowAngleDeg({1.0F, -0.0F}), 0.0F);
    QCOMPARE(flowAngleDeg({0.0F, 0.0F}), 0.0F);
}

}  // namespace mcj

QTEST_MAIN(mcj::TestCanvasOverlay)
#include "test_canvas_overlay.moc"
