#include <QApplication>
#include <QFocusEvent>
#include <QImage>
#include <QMouseEvent>
#include <QVBoxLayout>
#include <QWheelEvent>
#include <cmath>

#include "tests/viewer/session_fixture.h"
#include "viewer/canvas/canvas_widget.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kWaitMs = 15'000;

/// Several views on the real canvas: where they are, what the mouse does in each, and their pixels.
class TestCanvasViews : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(6);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void init() {
        // Each test begins without the views and masks of the one before.
        QFile::remove(fixture_->path("clip.mkv.mcjepa"));
        session_ = fixture_->openSession();
        for (const LayerTraits& traits : layerTraits()) {
            session_->view().layers().setVisible(traits.kind,
                                                 traits.kind == std::string(kImageLayer));
        }
        window_ = std::make_unique<QWidget>();
        auto* layout = new QVBoxLayout(window_.get());
        layout->setContentsMargins(0, 0, 0, 0);
        canvas_ = new CanvasWidget(*session_);
        layout->addWidget(canvas_);
        window_->resize(642, 300);
        window_->show();
        QVERIFY(QTest::qWaitForWindowExposed(window_.get()));
        if (!canvas_->isValid()) QSKIP("no OpenGL here");
        canvas_->setHudMode(HudMode::Hidden);
        QTRY_VERIFY_WITH_TIMEOUT(canvas_->uploadedBytes() > 0, kWaitMs);
    }

    void cleanup() {
        window_.reset();
        session_.reset();
    }

    void tilesHaveOneSizeAndDoNotOverlap() {
        ViewSet& views = session_->views();
        for (const Arrangement arrangement : {Arrangement::SideBySide, Arrangement::Grid}) {
            views.arrange(arrangement);
            for (const SizePx size : {SizePx{801, 403}, SizePx{300, 900}, SizePx{3, 2}}) {
                const std::vector<CanvasTile> tiles = tilesOf(views, size);
                QCOMPARE(tiles.size(), views.shown().size());
                for (const CanvasTile& tile : tiles) {
                    QVERIFY(tile.box.size() == tiles.front().box.size() && !tile.box.empty());
                    for (const CanvasTile& other : tiles) {
                        const bool apart = tile.view == other.view || tile.box.x1 <= other.box.x0 ||
                                           other.box.x1 <= tile.box.x0 ||
                                           tile.box.y1 <= other.box.y0 ||
                                           other.box.y1 <= tile.box.y0;
                        QVERIFY(apart);
                    }
                }
            }
        }
        // Pictures are larger one above the other in a tall window.
        views.arrange(Arrangement::SideBySide);
        QCOMPARE(tilesOf(views, {900, 300})[1].box.y0, 0);
        QCOMPARE(tilesOf(views, {300, 900})[1].box.x0, 0);
    }

    void eachViewDrawsItsOwnPicture() {
        session_->views().arrange(Arrangement::SideBySide);
        const QImage twice = grab();
        const std::vector<CanvasTile> tiles = canvas_->tiles();
        QVERIFY(part(twice, tiles[0].box) == part(twice, tiles[1].box));
        session_->views().at(1).setOffset(3);
        QTRY_VERIFY_WITH_TIMEOUT(
            session_->views().at(1).frame() && session_->views().at(1).frame()->index == 3,
            kWaitMs);
        const QImage apart = grab();
        QVERIFY(part(apart, tiles[0].box) == part(twice, tiles[0].box));
        QVERIFY(part(apart, tiles[1].box) != part(twice, tiles[1].box));
        // The same picture as in a view of its own.
        session_->views().arrange(Arrangement::Single);
        QCOMPARE(canvas_->tiles().size(), std::size_t{1});
    }

    void aFlipUploadsNothingAgain() {
        (void)grab();
        session_->views().flip();
        (void)grab();
        const std::size_t bytes = canvas_->uploadedBytes();
        for (int i = 0; i < 3; ++i) {
            session_->views().flip();
            QVERIFY(!isBlank(grab()));
            QCOMPARE(canvas_->uploadedBytes(), bytes);
        }
    }

    void aWipeShowsOneViewOnEitherSide() {
        const QImage first = grab();
        session_->views().arrange(Arrangement::Wipe);
        session_->views().at(1).layers().setVisible(kImageLayer, false);
        session_->views().setWipe(0.5);
        QImage wiped = grab();
        const int middle = canvas_->width() / 2;
        QVERIFY(part(wiped, {0, 0, middle - 1, 300}) == part(first, {0, 0, middle - 1, 300}));
        QVERIFY(isBlank(part(wiped, {middle + 1, 0, 642, 300})));
        // The line can be dragged; the picture stays where it is and the view the active one.
        const ImagePos before = canvas_->view().imageFromView({100.0, 100.0});
        send(QEvent::MouseButtonPress, {middle, 80}, Qt::LeftButton, Qt::LeftButton);
        send(QEvent::MouseMove, {500, 90}, Qt::NoButton, Qt::LeftButton);
        send(QEvent::MouseButtonRelease, {500, 90}, Qt::LeftButton, Qt::NoButton);
        QVERIFY(std::abs(session_->views().wipe() * 642.0 - 500.0) < 1.0);
        QCOMPARE(session_->views().activeIndex(), std::size_t{0});
        QCOMPARE(canvas_->view().imageFromView({100.0, 100.0}).x, before.x);
        wiped = grab();
        QVERIFY(part(wiped, {0, 0, 499, 300}) == part(first, {0, 0, 499, 300}));
    }

    void theDragOfAWipeEndsWithoutARelease() {
        ViewSet& views = session_->views();
        views.arrange(Arrangement::Wipe);
        views.setWipe(0.5);
        const QPoint line(canvas_->width() / 2, 80);
        send(QEvent::MouseButtonPress, line, Qt::LeftButton, Qt::LeftButton);
        send(QEvent::MouseMove, {500, 80}, Qt::NoButton, Qt::NoButton);
        QCOMPARE(views.wipe(), 0.5);
        // The window lost focus, and the pointer comes back with another press.
        send(QEvent::MouseButtonPress, line, Qt::LeftButton, Qt::LeftButton);
        QFocusEvent away(QEvent::FocusOut, Qt::ActiveWindowFocusReason);
        QCoreApplication::sendEvent(canvas_, &away);
        send(QEvent::MouseMove, {500, 80}, Qt::NoButton, Qt::LeftButton);
        QCOMPARE(views.wipe(), 0.5);
    }

    void differenceIsBlackWhereBothAreEqual() {
        const QImage alone = grab();
        session_->views().arrange(Arrangement::Difference);
        QVERIFY(isBlack(grab()));
        session_->views().at(1).layers().setVisible(kImageLayer, false);
        const QImage image = grab();
        // Behind the picture both are the background; inside it is the picture minus that.
        const QPoint inside(image.width() / 2, image.height() / 2);
        const QColor background(0x17, 0x19, 0x1d);
        const QColor shown = alone.pixelColor(inside);
        const QColor difference = image.pixelColor(inside);
        QVERIFY(std::abs(difference.red() - std::abs(shown.red() - background.red())) <= 1);
        QVERIFY(std::abs(difference.blue() - std::abs(shown.blue() - background.blue())) <= 1);
    }

    void aPressActivatesTheViewUnderIt() {
        session_->views().arrange(Arrangement::Grid);
        canvas_->setTool(ToolKind::Brush);
        session_->masks().setBrushRadiusPx(3.0F);
        const CanvasTile tile = canvas_->tiles()[3];
        const ViewPos inside = canvas_->view().viewFromImage({40.0, 30.0});
        const QPoint at(tile.box.x0 + static_cast<int>(inside.x),
                        tile.box.y0 + static_cast<int>(inside.y));
        send(QEvent::MouseButtonPress, at, Qt::LeftButton, Qt::LeftButton);
        send(QEvent::MouseButtonRelease, at, Qt::LeftButton, Qt::NoButton);
        QCOMPARE(session_->views().activeIndex(), std::size_t{3});
        QVERIFY(session_->mask());
        QCOMPARE(int{session_->mask()->labels.at(30, 40)}, 1);
        QCOMPARE(canvas_->hoveredPixel()->x, 40);
    }

    void inADifferenceThePressedViewIsTheActiveOne() {
        session_->views().arrange(Arrangement::Difference);
        session_->views().activate(1);
        click({300, 150});
        QCOMPARE(session_->views().activeIndex(), std::size_t{1});
        session_->views().activate(0);
        click({300, 150});
        QCOMPARE(session_->views().activeIndex(), std::size_t{0});
        // In a wipe only one of them is under the pointer.
        session_->views().arrange(Arrangement::Wipe);
        session_->views().setWipe(0.5);
        click({500, 150});
        QCOMPARE(session_->views().activeIndex(), std::size_t{1});
        click({100, 150});
        QCOMPARE(session_->views().activeIndex(), std::size_t{0});
    }

    void aStrokeKeepsToTheViewItBeganIn() {
        session_->views().arrange(Arrangement::SideBySide);
        canvas_->setTool(ToolKind::Pan);
        const ImagePos grabbed = canvas_->view().imageFromView({300.0, 100.0});
        // Across the border of the first view.
        send(QEvent::MouseButtonPress, {300, 100}, Qt::LeftButton, Qt::LeftButton);
        send(QEvent::MouseMove, {350, 100}, Qt::NoButton, Qt::LeftButton);
        send(QEvent::MouseButtonRelease, {350, 100}, Qt::LeftButton, Qt::NoButton);
        QCOMPARE(session_->views().activeIndex(), std::size_t{0});
        QVERIFY(std::abs(canvas_->view().imageFromView({350.0, 100.0}).x - grabbed.x) < 0.5);
    }

    void viewsMayHaveAZoomOfTheirOwn() {
        ViewSet& views = session_->views();
        views.arrange(Arrangement::SideBySide);
        const std::vector<CanvasTile> tiles = canvas_->tiles();
        const QImage before = grab();
        views.setPlaceLinking(PlaceLinking::Separate);
        // They begin where they were.
        QVERIFY(grab() == before);
        canvas_->zoomBy(3.0);
        const double zoom = canvas_->zoom();
        QImage image = grab();
        QVERIFY(part(image, tiles[0].box) != part(before, tiles[0].box));
        QVERIFY(part(image, tiles[1].box) == part(before, tiles[1].box));

        // The pixel is that of the view under the pointer.
        const QPoint inSecond(tiles[1].box.x0 + 200, tiles[1].box.y0 + 100);
        send(QEvent::MouseMove, inSecond, Qt::NoButton, Qt::NoButton);
        const auto pixel = canvas_->places().of(1).pixelAt({200.0, 100.0});
        QVERIFY(pixel && canvas_->hoveredPixel() == pixel);
        QVERIFY(canvas_->places().of(0).pixelAt({200.0, 100.0}) != pixel);
        QWheelEvent wheel(inSecond, canvas_->mapToGlobal(inSecond), {}, {0, 360}, Qt::NoButton,
                          Qt::NoModifier, Qt::NoScrollPhase, false);
        QCoreApplication::sendEvent(canvas_, &wheel);
        QCOMPARE(views.activeIndex(), std::size_t{1});
        QVERIFY(canvas_->view().pixelAt({200.0, 100.0}) == pixel);
        QVERIFY(std::abs(canvas_->zoom() - zoom) > 0.5);
        views.activate(0);
        QCOMPARE(canvas_->zoom(), zoom);

        // In the same place there is one zoom, and joined views show the same.
        views.arrange(Arrangement::Wipe);
        QCOMPARE(canvas_->places().of(1).deviceScale(), zoom);
        views.arrange(Arrangement::SideBySide);
        canvas_->zoomBy(2.0);
        views.setPlaceLinking(PlaceLinking::Linked);
        image = grab();
        // Pixels at the edges of others are rounded differently at another place.
        QVERIFY(shareOfDifferences(part(image, tiles[0].box), part(image, tiles[1].box)) < 0.01);
    }

    void theMaskIsThatOfTheShownFrame() {
        session_->masks().importMask(0, Mask(smallScene().mask(0)));
        session_->masks().importMask(3, Mask(smallScene().mask(20)));
        session_->view().layers().showOnly(kMaskLayer);
        session_->view().layers().setVisible(kImageLayer, false);
        session_->view().layers().setVisible(kMaskLayer, true);
        session_->views().arrange(Arrangement::SideBySide);
        QVERIFY(SessionFixture::settle(*session_));
        const std::vector<CanvasTile> tiles = canvas_->tiles();
        QImage image = grab();
        QVERIFY(!isBlank(part(image, tiles[0].box)));
        // A few pixels of outlines are rounded differently at another place of the framebuffer.
        QVERIFY(shareOfDifferences(part(image, tiles[0].box), part(image, tiles[1].box)) < 0.01);
        // Another frame in one view is not a change of any mask.
        const std::uint64_t revision = session_->masks().revision();
        session_->views().at(1).setOffset(3);
        QTRY_VERIFY_WITH_TIMEOUT(
            session_->views().at(1).frame() && session_->views().at(1).frame()->index == 3,
            kWaitMs);
        QCOMPARE(session_->masks().revision(), revision);
        image = grab();
        QVERIFY(shareOfDifferences(part(image, tiles[0].box), part(image, tiles[1].box)) > 0.02);
        const QImage apart = part(image, tiles[1].box);
        session_->views().at(1).setOffset(0);
        session_->playhead().seek(3);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(part(grab(), tiles[1].box) == apart);
    }

    void linesStayInTheirPartOfAWipe() {
        session_->views().arrange(Arrangement::Wipe);
        ViewSet& views = session_->views();
        QVERIFY(SessionFixture::settle(*session_));
        const QImage before = grab();
        // In the second view only: right of the line.
        Layer arrows = views.at(1).layers().layer(kArrowsLayer);
        arrows.visible = true;
        arrows.arrows() = {24, 1.0F, LineColors::White};
        views.at(1).layers().set(arrows);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(views.at(1).flow());
        const QImage after = grab();
        const std::vector<CanvasTile> tiles = canvas_->tiles();
        const double left =
            shareOfDifferences(part(before, tiles[0].clip), part(after, tiles[0].clip));
        const double right =
            shareOfDifferences(part(before, tiles[1].clip), part(after, tiles[1].clip));
        QCOMPARE(left, 0.0);
        QVERIFY2(right > 0.005, qPrintable(QString::number(right)));
        // The width of the lines does not grow with the picture.
        canvas_->zoomBy(4.0);
        const QImage zoomed = grab();
        arrows.visible = false;
        views.at(1).layers().set(arrows);
        const QImage plain = grab();
        const double share =
            shareOfDifferences(part(plain, tiles[1].clip), part(zoomed, tiles[1].clip));
        QVERIFY2(share > 0.002 && share < 0.6, qPrintable(QString::number(share)));
    }

    void streamlinesAreDrawn() {
        QVERIFY(SessionFixture::settle(*session_));
        const QImage before = grab();
        session_->view().layers().setVisible(kStreamlinesLayer, true);
        QVERIFY(SessionFixture::settle(*session_));
        QVERIFY(session_->view().streamlines(kStreamlinesLayer));
        const double share = shareOfDifferences(before, grab());
        QVERIFY2(share > 0.01 && share < 0.7, qPrintable(QString::number(share)));
    }

    void paintingAnotherFrameIsRefused() {
        session_->views().arrange(Arrangement::SideBySide);
        session_->views().at(1).setOffset(2);
        canvas_->setTool(ToolKind::Brush);
        QSignalSpy notices(canvas_, &CanvasWidget::noticed);
        const std::uint64_t masks = session_->masks().revision();
        const CanvasTile tile = canvas_->tiles()[1];
        send(QEvent::MouseButtonPress, {tile.box.x0 + 150, 150}, Qt::LeftButton, Qt::LeftButton);
        send(QEvent::MouseButtonRelease, {tile.box.x0 + 150, 150}, Qt::LeftButton, Qt::NoButton);
        QCOMPARE(notices.size(), 1);
        QCOMPARE(session_->masks().revision(), masks);
    }

private:
    QImage grab() {
        const QImage image = canvas_->grabFramebuffer();
        const QString folder = qEnvironmentVariable("MCJ_SAVE_SCREENSHOTS");
        if (!folder.isEmpty()) {
            image.save(folder + QStringLiteral("/views-%1-%2.png")
                                    .arg(QString::fromUtf8(QTest::currentTestFunction()))
                                    .arg(++saved_));
        }
        return image;
    }
    [[nodiscard]] QImage part(const QImage& image, BoxPx box) const {
        const double ratio = canvas_->devicePixelRatioF();
        return image.copy(static_cast<int>(box.x0 * ratio), static_cast<int>(box.y0 * ratio),
                          static_cast<int>(box.size().width * ratio),
                          static_cast<int>(box.size().height * ratio));
    }
    [[nodiscard]] static double shareOfDifferences(const QImage& a, const QImage& b) {
        int differ = 0;
        for (int y = 0; y < a.height(); ++y) {
            for (int x = 0; x < a.width(); ++x) differ += a.pixel(x, y) != b.pixel(x, y) ? 1 : 0;
        }
        return static_cast<double>(differ) / (a.width() * a.height());
    }
    [[nodiscard]] static bool isOf(const QImage& image, QRgb color) {
        for (int y = 0; y < image.height(); ++y) {
            for (int x = 0; x < image.width(); ++x) {
                if ((image.pixel(x, y) & 0xffffffU) != (color & 0xffffffU)) return false;
            }
        }
        return true;
    }
    [[nodiscard]] static bool isBlank(const QImage& image) {
        return isOf(image, qRgb(0x17, 0x19, 0x1d));
    }
    [[nodiscard]] static bool isBlack(const QImage& image) { return isOf(image, qRgb(0, 0, 0)); }
    void click(QPoint pos) {
        send(QEvent::MouseButtonPress, pos, Qt::LeftButton, Qt::LeftButton);
        send(QEvent::MouseButtonRelease, pos, Qt::LeftButton, Qt::NoButton);
    }
    void send(QEvent::Type type, QPoint pos, Qt::MouseButton button, Qt::MouseButtons buttons) {
        QMouseEvent event(type, pos, canvas_->mapToGlobal(pos), button, buttons, Qt::NoModifier);
        QCoreApplication::sendEvent(canvas_, &event);
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
    std::unique_ptr<QWidget> window_;
    CanvasWidget* canvas_ = nullptr;
    int saved_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
    QSurfaceFormat::setDefaultFormat(CanvasWidget::surfaceFormat());
    QApplication app(argc, argv);
    TestCanvasViews test;
    return QTest::qExec(&test, argc, argv);
}
#include "test_canvas_views.moc"
