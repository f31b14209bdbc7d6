#include <QTest>
#include <cmath>
#include <random>

#include "viewer/canvas/view_transform.h"

namespace mcj {
namespace {

constexpr double kTight = 1e-9;

bool near(double a, double b, double tolerance) { return std::abs(a - b) <= tolerance; }

ViewTransform makeView(SizePx image, SizePx logical, double ratio) {
    ViewTransform view;
    view.setViewport(logical, ratio);
    view.setImageSize(image);
    return view;
}

}  // namespace

class TestViewTransform : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void spacesRoundTrip_data() { addRatios(); }
    void spacesRoundTrip();
    void zoomFixesTheCursor_data() { addRatios(); }
    void zoomFixesTheCursor();
    void actualIsOneDevicePixel_data() { addRatios(); }
    void actualIsOneDevicePixel();
    void fitShowsEverything_data() { addRatios(); }
    void fitShowsEverything();
    void clipMatrixAgreesWithDeviceSpace_data() { addRatios(); }
    void clipMatrixAgreesWithDeviceSpace();
    void zoomHasLimits();
    void pictureStaysInSight();
    void fittedStaysFittedAndZoomedKeepsItsMiddle();
    void newPictureIsFitted();
    void pixelAtIsHalfOpen();
    void emptyIsHarmless();
    void otherDensityKeepsTheSizeForTheEye();

private:
    static void addRatios() {
        QTest::addColumn<double>("ratio");
        for (const double ratio : {1.0, 1.25, 1.5, 2.0}) {
            QTest::newRow(qPrintable(QString::number(ratio))) << ratio;
        }
    }
};

void TestViewTransform::spacesRoundTrip() {
    QFETCH(double, ratio);
    std::mt19937 random(1);
    std::uniform_real_distribution<double> anywhere(-200.0, 900.0);
    std::uniform_real_distribution<double> factor(0.3, 3.0);
    ViewTransform view = makeView({854, 481}, {613, 407}, ratio);
    for (int i = 0; i < 200; ++i) {
        view.zoomAt({anywhere(random), anywhere(random)}, factor(random));
        const ViewPos pos{anywhere(random), anywhere(random)};
        const ViewPos back = view.viewFromImage(view.imageFromView(pos));
        QVERIFY(near(back.x, pos.x, 1e-6) && near(back.y, pos.y, 1e-6));
        const ImagePos image = view.imageFromDevice(view.deviceFromView(pos));
        const ImagePos direct = view.imageFromView(pos);
        QVERIFY(near(image.x, direct.x, kTight) && near(image.y, direct.y, kTight));
    }
}

void TestViewTransform::zoomFixesTheCursor() {
    QFETCH(double, ratio);
    std::mt19937 random(2);
    std::uniform_real_distribution<double> across(0.0, 640.0);
    std::uniform_real_distribution<double> down(0.0, 400.0);
    std::uniform_real_distribution<double> factor(0.5, 2.0);
    for (int i = 0; i < 300; ++i) {
        ViewTransform view = makeView({1920, 1080}, {640, 400}, ratio);
        view.zoomBy(factor(random) * 3.0);
        const ViewPos cursor{across(random), down(random)};
        if (!view.pixelAt(cursor)) continue;
        const ImagePos before = view.imageFromView(cursor);
        view.zoomAt(cursor, factor(random));
        const ImagePos after = view.imageFromView(cursor);
        // Whole scales are aligned to device pixels: half a one is allowed there.
        const bool whole = view.deviceScale() == std::floor(view.deviceScale());
        const double allowed = whole ? 0.5 / view.deviceScale() + kTight : 1e-6;
        QVERIFY(near(before.x, after.x, allowed));
        QVERIFY(near(before.y, after.y, allowed));
    }
}

void TestViewTransform::actualIsOneDevicePixel() {
    QFETCH(double, ratio);
    ViewTransform view = makeView({1920, 1080}, {641, 399}, ratio);
    view.zoomAt({17.3, 200.1}, 1.7);
    view.actual();
    QCOMPARE(view.deviceScale(), 1.0);
    // Every pixel's edges lie on whole device pixels.
    const DevicePos edge = view.deviceFromImage({-0.5, -0.5});
    QCOMPARE(edge.x, std::round(edge.x));
    QCOMPARE(edge.y, std::round(edge.y));
    const DevicePos next = view.deviceFromImage({0.5, 0.5});
    QCOMPARE(next.x - edge.x, 1.0);
    QCOMPARE(next.y - edge.y, 1.0);
}

void TestViewTransform::fitShowsEverything() {
    QFETCH(double, ratio);
    for (const SizePx image : {SizePx{1920, 1080}, SizePx{64, 48}, SizePx{300, 4000}}) {
        const ViewTransform view = makeView(image, {640, 400}, ratio);
        QVERIFY(view.fitted());
        const ViewPos low = view.viewFromImage({-0.5, -0.5});
        const ViewPos high = view.viewFromImage({image.width - 0.5, image.height - 0.5});
        const double slack = 1.0 / ratio;  // the corner is on a whole device pixel
        QVERIFY(low.x >= -slack && low.y >= -slack);
        QVERIFY(high.x <= 640.0 + slack && high.y <= 400.0 + slack);
        // One axis is filled, and the picture is in the middle.
        QVERIFY(near(high.x - low.x, 640.0, 1e-6) || near(high.y - low.y, 400.0, 1e-6));
        QVERIFY(near(low.x + high.x, 640.0, 2 * slack) && near(low.y + high.y, 400.0, 2 * slack));
    }
}

void TestViewTransform::clipMatrixAgreesWithDeviceSpace() {
    QFETCH(double, ratio);
    ViewTransform view = makeView({320, 200}, {501, 333}, ratio);
    view.zoomAt({100.0, 50.0}, 2.3);
    const std::array<float, 9> clip = view.clipFromCorner();
    const SizePx device = view.deviceSize();
    for (const ImagePos pos :
         {ImagePos{-0.5, -0.5}, ImagePos{319.5, 199.5}, ImagePos{12.0, 77.0}}) {
        const double cornerX = pos.x + 0.5;
        const double cornerY = pos.y + 0.5;
        const double clipX = clip[0] * cornerX + clip[3] * cornerY + clip[6];
        const double clipY = clip[1] * cornerX + clip[4] * cornerY + clip[7];
        const DevicePos expected = view.deviceFromImage(pos);
        QVERIFY(near((clipX + 1.0) * 0.5 * device.width, expected.x, 1e-2));
        QVERIFY(near((1.0 - clipY) * 0.5 * device.height, expected.y, 1e-2));
    }
}

void TestViewTransform::zoomHasLimits() {
    ViewTransform view = makeView({1000, 500}, {640, 400}, 1.0);
    for (int i = 0; i < 100; ++i) view.zoomBy(1.9);
    QCOMPARE(view.deviceScale(), ViewTransform::kMaxScale);
    for (int i = 0; i < 200; ++i) view.zoomBy(0.5);
    QVERIFY(near(view.deviceScale() * 1000, ViewTransform::kMinSidePx, 1e-9));
    // Nonsense changes nothing.
    const double before = view.deviceScale();
    view.zoomBy(0.0);
    view.zoomBy(-2.0);
    view.zoomBy(std::nan(""));
    QCOMPARE(view.deviceScale(), before);
    // A picture of one pixel can be shown as it is.
    ViewTransform dot = makeView({1, 1}, {640, 400}, 1.0);
    dot.actual();
    QCOMPARE(dot.deviceScale(), 1.0);
}

void TestViewTransform::pictureStaysInSight() {
    ViewTransform view = makeView({1000, 500}, {640, 400}, 1.5);
    view.zoomBy(2.5);
    for (const ViewPos far :
         {ViewPos{1e6, 1e6}, ViewPos{-1e6, 1e6}, ViewPos{1e6, -1e6}, ViewPos{-1e6, -1e6}}) {
        view.moveTo({0.0, 0.0}, far);
        const DevicePos low = view.deviceFromImage({-0.5, -0.5});
        const DevicePos high = view.deviceFromImage({999.5, 499.5});
        QVERIFY(low.x < view.deviceSize().width - 10 && low.y < view.deviceSize().height - 10);
        QVERIFY(high.x > 10 && high.y > 10);
    }
}

void TestViewTransform::fittedStaysFittedAndZoomedKeepsItsMiddle() {
    ViewTransform view = makeView({1000, 500}, {640, 400}, 1.0);
    view.setViewport({320, 200}, 1.0);
    QVERIFY(view.fitted());
    QVERIFY(near(view.deviceScale(), 0.32, kTight));
    view.zoomAt({50.0, 90.0}, 3.1);
    QVERIFY(!view.fitted());
    const ImagePos middle = view.imageFromView({160.0, 100.0});
    view.setViewport({700, 300}, 1.0);
    const ImagePos after = view.imageFromView({350.0, 150.0});
    QVERIFY(near(middle.x, after.x, 1e-6) && near(middle.y, after.y, 1e-6));
}

void TestViewTransform::newPictureIsFitted() {
    ViewTransform view = makeView({1000, 500}, {640, 400}, 1.0);
    view.zoomBy(5.0);
    const double zoomed = view.deviceScale();
    view.setImageSize({1000, 500});
    QCOMPARE(view.deviceScale(), zoomed);
    view.setImageSize({500, 500});
    QVERIFY(view.fitted());
    QVERIFY(near(view.deviceScale(), 0.8, kTight));
}

void TestViewTransform::pixelAtIsHalfOpen() {
    ViewTransform view = makeView({10, 8}, {100, 80}, 1.0);
    QCOMPARE(view.deviceScale(), 10.0);
    QVERIFY((view.pixelAt({0.0, 0.0}) == PointPx{0, 0}));
    QVERIFY((view.pixelAt({9.99, 9.99}) == PointPx{0, 0}));
    QVERIFY((view.pixelAt({10.0, 9.99}) == PointPx{1, 0}));
    QVERIFY((view.pixelAt({99.99, 79.99}) == PointPx{9, 7}));
    QVERIFY(!view.pixelAt({100.0, 40.0}));
    QVERIFY(!view.pixelAt({-0.01, 40.0}));
}

void TestViewTransform::emptyIsHarmless() {
    ViewTransform view;
    view.fit();
    view.actual();
    view.zoomBy(2.0);
    view.moveTo({1.0, 1.0}, {2.0, 2.0});
    QVERIFY(view.empty());
    QVERIFY(!view.pixelAt({0.0, 0.0}));
    view.setViewport({640, 400}, 0.0);
    view.setImageSize({64, 40});
    QVERIFY(!view.empty());
    QVERIFY(near(view.deviceScale(), 10.0, kTight));
}

void TestViewTransform::otherDensityKeepsTheSizeForTheEye() {
    ViewTransform view = makeView({1000, 500}, {640, 400}, 1.0);
    view.zoomAt({100.0, 100.0}, 2.2);
    const ViewPos a = view.viewFromImage({300.0, 200.0});
    const ViewPos b = view.viewFromImage({340.0, 220.0});
    view.setViewport({640, 400}, 2.0);
    const ViewPos c = view.viewFromImage({300.0, 200.0});
    const ViewPos d = view.viewFromImage({340.0, 220.0});
    QVERIFY(near(b.x - a.x, d.x - c.x, 1e-6) && near(b.y - a.y, d.y - c.y, 1e-6));
    QCOMPARE(view.deviceSize().width, 1280);
}

}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestViewTransform)
#include "test_view_transform.moc"
