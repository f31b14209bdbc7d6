// The saved picture of the shown frame: what the screen has, taken when it was asked for.

#include <QFileInfo>
#include <QImage>
#include <QSignalSpy>
#include <algorithm>
#include <array>
#include <cmath>

#include "media/base/colormap.h"
#include "media/figure/figure_file.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/export_run.h"
#include "viewer/session/frame_picture.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// What the export writes of `picture`.
QImage pictureIn(const FramePicture& picture) {
    const Raster<std::uint8_t> rgb = drawSheet(sheetOf(picture));
    return QImage(rgb.data(), rgb.width(), rgb.height(), rgb.width() * 3, QImage::Format_RGB888)
        .copy();
}

class TestFramePicture : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    /// A fixture of its own: projects keep painted masks.
    void init() {
        fixture_ = std::make_unique<SessionFixture>(16);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void pictureOfTheShownFrameEqualsItsLayers() {
        const auto session = fixture_->openSession();
        for (const LayerTraits& traits : layerTraits()) {
            session->view().layers().setVisible(traits.kind,
                                                std::holds_alternative<ImageLook>(traits.look));
        }
        const QImage sheet = pictureIn(pictureOfShownFrame(*session));
        QCOMPARE(sheet.width(), 96);
        QVERIFY(sheet.height() > 64);  // the legend
        const auto picture = smallScene().picture(0);
        for (const PointPx at : {PointPx{0, 0}, PointPx{40, 20}, PointPx{95, 63}}) {
            const QRgb pixel = sheet.pixel(at.x, at.y);
            QCOMPARE(qRed(pixel), int(picture.at(at.y, at.x, 0)));
            QCOMPARE(qGreen(pixel), int(picture.at(at.y, at.x, 1)));
            QCOMPARE(qBlue(pixel), int(picture.at(at.y, at.x, 2)));
        }

        // A map as `colorizeScalar` colours it, so as the canvas does (test_layer_shaders).
        const QImage wide = sheetOfWarpError(*session, Colormap::Signed, -4.0F, 4.0F);
        QVERIFY(session->view().map(kWarpErrorLayer));
        ScalarMap map = *session->view().map(kWarpErrorLayer);
        map.rangeLow = -4.0F;
        map.rangeHigh = 1.0F;
        const auto colors = colorizeScalar(map, Colormap::Signed);
        const QImage narrow = sheetOfWarpError(*session, Colormap::Signed, -4.0F, 1.0F);
        for (int y = 0; y < map.size().height; ++y) {
            for (int x = 0; x < map.size().width; ++x) {
                const auto& wanted = std::isnan(map.values.at(y, x)) ? picture : colors;
                QCOMPARE(narrow.pixel(x, y),
                         qRgb(wanted.at(y, x, 0), wanted.at(y, x, 1), wanted.at(y, x, 2)));
            }
        }
        // Zero is in the middle: both ranges have one scale, and the legend's numbers say so.
        QCOMPARE(narrow, wide);
        QVERIFY(sheetOfWarpError(*session, Colormap::Turbo, -4.0F, 1.0F) !=
                sheetOfWarpError(*session, Colormap::Turbo, -4.0F, 4.0F));
    }

    void arrowsAreInThePicture() {
        const auto session = fixture_->openSession();
        session->view().layers().showOnly(kArrowsLayer);
        session->view().layers().setVisible(kMaskLayer, false);
        Layer layer = session->view().layers().layer(kArrowsLayer);
        layer.arrows() = {16, 3.0F, LineColors::Middlebury};
        layer.opacity = 0.75F;
        session->view().layers().set(layer);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(session->view().flow());
        Raster<std::uint8_t> wanted = session->playhead().shown()->rgb;
        drawMotionLines(wanted, flowArrows(*session->view().flow(), layer.arrows()), 0.75F);
        QVERIFY(wanted != session->playhead().shown()->rgb);
        const FigureSheet sheet = sheetOf(pictureOfShownFrame(*session));
        QCOMPARE(sheet.pictures.size(), std::size_t(1));
        QVERIFY(sheet.pictures[0].rgb == wanted);
        QVERIFY(std::any_of(sheet.texts.begin(), sheet.texts.end(), [](const SheetText& line) {
            return line.text == "Arrows: 3 x motion";
        }));
    }

    void streamlinesAreInThePicture() {
        const auto session = fixture_->openSession();
        session->view().layers().showOnly(kStreamlinesLayer);
        session->view().layers().setVisible(kMaskLayer, false);
        Layer layer = session->view().layers().layer(kStreamlinesLayer);
        layer.streams() = {16, 5, LineColors::White};
        layer.opacity = 0.75F;
        session->view().layers().set(layer);
        QVERIFY(SessionFixture::settle(*session));
        const StreamlinesPtr lines = session->view().streamlines(kStreamlinesLayer);
        QVERIFY(lines);
        Raster<std::uint8_t> wanted = session->playhead().shown()->rgb;
        drawMotionLines(wanted, streamLines(*lines, layer.streams()), 0.75F);
        QVERIFY(wanted != session->playhead().shown()->rgb);
        const FigureSheet sheet = sheetOf(pictureOfShownFrame(*session));
        QVERIFY(sheet.pictures[0].rgb == wanted);
        QVERIFY(std::any_of(sheet.texts.begin(), sheet.texts.end(), [](const SheetText& line) {
            return line.text == "Streamlines: 5 frames";
        }));
    }

    void theLegendHasRoomForEveryMap() {
        const auto session = fixture_->openSession();
        for (const LayerTraits& traits : layerTraits()) {
            session->view().layers().setVisible(traits.kind, true);
        }
        QVERIFY(SessionFixture::settle(*session));
        const FigureSheet sheet = sheetOf(pictureOfShownFrame(*session));
        QVERIFY(sheet.pictures.size() >= 5);  // the frame, the wheel and three bars at least
        for (const SheetPicture& picture : sheet.pictures) {
            const bool inside = picture.box.x0 >= 0 && picture.box.y1 <= sheet.size.height;
            // 96 pixels are less than one cell: bars are cut there, not carried over.
            QVERIFY(inside);
        }
        for (std::size_t i = 2; i < sheet.pictures.size(); ++i) {
            QVERIFY(sheet.pictures[i].box.y0 > sheet.pictures[i - 1].box.y0);
        }
        QCOMPARE(drawSheet(sheet).size(), sheet.size);
    }

    void pictureOfTheShownFrameIsWrittenOffTheGuiThread() {
        const auto session = fixture_->openSession();
        const FramePicture picture = pictureOfShownFrame(*session);
        const QString file = fixture_->path("shown.png");
        const int jobs = session->pump().lanes().inference.startedJobs();
        QVERIFY(
            session->runs().start(std::make_unique<PictureExportRun>(picture, file.toStdString())));
        QVERIFY(!QFileInfo::exists(file));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        QCOMPARE(session->pump().lanes().inference.startedJobs(), jobs + 1);
        QCOMPARE(QImage(file).convertToFormat(QImage::Format_RGB888), pictureIn(picture));
    }

    void aPictureThatCannotBeWrittenIsSaid() {
        const auto session = fixture_->openSession();
        QSignalSpy notices(session.get(), &Session::noticed);
        QVERIFY(session->runs().start(std::make_unique<PictureExportRun>(
            pictureOfShownFrame(*session), fixture_->path("nowhere/shown.png").toStdString())));
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        QCOMPARE(notices.size(), 1);
        const auto notice = notices.front().front().value<Notice>();
        QCOMPARE(notice.level, Notice::Level::Failure);
        QVERIFY2(notice.text.contains("shown.png"), qPrintable(notice.text));
    }

    void thePictureOfTheShownFrameHasContoursAndStripes() {
        const auto session = fixture_->openSession();
        Raster<std::uint8_t> labels({96, 64}, 1);
        for (int y = 20; y < 40; ++y) {
            for (int x = 20; x < 40; ++x) {
                labels.at(y, x) = 1;
                labels.at(y, x + 40) = kVoid;
            }
        }
        session->masks().importMask(0, Mask(labels));
        session->view().layers().showOnly(kMaskLayer);
        session->view().layers().setOpacity(kMaskLayer, 0.5F);
        const QImage sheet = pictureIn(pictureOfShownFrame(*session));
        const Raster<std::uint8_t>& behind = session->playhead().shown()->rgb;
        const auto object = session->masks().palette()[1];
        // Of `color` over `below`, both 0..255.
        const auto shows = [&](PointPx at, std::array<double, 3> color, double opacity) {
            const QRgb pixel = sheet.pixel(at.x, at.y);
            const std::array<int, 3> rgb{qRed(pixel), qGreen(pixel), qBlue(pixel)};
            for (std::size_t c = 0; c < 3; ++c) {
                const double below = behind.at(at.y, at.x, static_cast<int>(c));
                if (std::abs(rgb[c] - (below + (color[c] - below) * opacity)) > 1.0) return false;
            }
            return true;
        };
        const std::array<double, 3> fill{double(object[0]), double(object[1]), double(object[2])};
        std::array<double, 3> line = fill;
        for (double& value : line) value = 0.7 * value + 0.3 * 255.0;
        QVERIFY(shows({30, 30}, fill, 0.5));
        QVERIFY(shows({20, 30}, line, 1.0));
        QVERIFY(shows({30, 39}, line, 1.0));
        QVERIFY(shows({19, 30}, {0.0, 0.0, 0.0}, 0.55));
        QVERIFY(shows({30, 40}, {0.0, 0.0, 0.0}, 0.55));
        QVERIFY(shows({15, 30}, fill, 0.0));
        int full = 0;
        int faint = 0;
        for (int x = 64; x < 76; ++x) {
            full += shows({x, 30}, {128.0, 128.0, 128.0}, 0.5) ? 1 : 0;
            faint += shows({x, 30}, {128.0, 128.0, 128.0}, 0.125) ? 1 : 0;
        }
        // Twelve pixels are one and a half periods of the stripes.
        QVERIFY(full >= 4 && faint >= 4);
    }

    void outlinesAndStripesCanBeSwitched() {
        const auto session = fixture_->openSession();
        Raster<std::uint8_t> labels({96, 64}, 1);
        for (int y = 20; y < 40; ++y) {
            for (int x = 20; x < 40; ++x) labels.at(y, x) = 1;
        }
        session->masks().importMask(0, Mask(labels));
        LayerStack& layers = session->view().layers();
        layers.showOnly(kMaskLayer);
        Layer layer = layers.layer(kMaskLayer);
        layer.opacity = 1.0F;
        layer.masks() = {.outline = false, .hatched = false};
        layers.set(layer);
        const auto object = session->masks().palette()[1];
        const QRgb fill = qRgb(object[0], object[1], object[2]);
        const auto filled = [&] {
            const QImage sheet = pictureIn(pictureOfShownFrame(*session));
            int count = 0;
            for (int x = 20; x < 40; ++x) count += sheet.pixel(x, 30) == fill ? 1 : 0;
            return count;
        };
        QCOMPARE(filled(), 20);
        layer.masks().outline = true;
        layers.set(layer);
        QCOMPARE(filled(), 16);
        layer.masks() = {.outline = false, .hatched = true};
        layers.set(layer);
        QVERIFY(filled() >= 8 && filled() <= 12);
    }

    void whatIsCoveredIsStripedUnlessSwitchedOff() {
        const auto session = fixture_->openSession();
        MaskEditor& masks = session->masks();
        masks.setOverlaps(Overlaps::Keep);
        Raster<std::uint8_t> labels({96, 64}, 1);
        for (const ObjectId object : {ObjectId{1}, ObjectId{2}}) {
            for (int y = 20; y < 40; ++y) std::fill_n(labels.row(y) + 20, 20, object);
            masks.importMask(0, Mask(labels));
        }
        LayerStack& layers = session->view().layers();
        layers.showOnly(kMaskLayer);
        Layer layer = layers.layer(kMaskLayer);
        layer.opacity = 1.0F;
        layer.masks() = {.outline = false};
        layers.set(layer);
        const auto below = masks.palette()[1];
        const auto striped = [&] {
            const QImage sheet = pictureIn(pictureOfShownFrame(*session));
            int count = 0;
            for (int x = 20; x < 40; ++x) {
                count += sheet.pixel(x, 30) == qRgb(below[0], below[1], below[2]) ? 1 : 0;
            }
            return count;
        };
        // A quarter of 20 pixels.
        QVERIFY(striped() >= 4 && striped() <= 6);
        layer.masks().covered = false;
        layers.set(layer);
        QCOMPARE(striped(), 0);
    }

    void aPictureStaysWhatItWasWhenItWasAskedFor() {
        const auto session = fixture_->openSession();
        MaskEditor& masks = session->masks();
        session->view().layers().setVisible(kWarpErrorLayer, true);
        session->view().layers().setOpacity(kWarpErrorLayer, 0.5F);
        QVERIFY(SessionFixture::settle(*session));
        masks.importMask(0, Mask(smallScene().mask(0)));
        const FramePicture still = pictureOfShownFrame(*session);
        // Nothing is drawn or copied yet: the pixels are the session's own.
        QVERIFY(still.frame == session->playhead().shown());
        QCOMPARE(still.parts.size(), std::size_t(4));
        for (const FramePicture::Part& part : still.parts) {
            const std::string& kind = part.layer.kind;
            QVERIFY(part.flow == (kind == kFlowLayer ? session->view().flow() : nullptr));
            QVERIFY(part.mask == (kind == kMaskLayer ? session->mask() : nullptr));
            QVERIFY(part.map == session->view().map(part.layer.id));
            QCOMPARE(bool(part.flow || part.mask || part.map), kind != kImageLayer);
        }

        // During a stroke the mask changes in place.
        masks.beginStroke(0, StrokeMode::Paint, {70, 20});
        const FramePicture picture = pictureOfShownFrame(*session);
        const QImage sheet = pictureIn(picture);
        QVERIFY(sheet != pictureIn(still));
        const QString file = fixture_->path("shown.png");
        QVERIFY(
            session->runs().start(std::make_unique<PictureExportRun>(picture, file.toStdString())));
        masks.extendStroke({80, 50});
        QVERIFY(pictureIn(pictureOfShownFrame(*session)) != sheet);
        masks.endStroke();
        masks.setObjectColor(1, {1, 2, 3});
        session->view().layers().showOnly(kOcclusionLayer);
        session->playhead().seek(7);
        QTRY_VERIFY_WITH_TIMEOUT(session->runs().run() == nullptr, 30'000);
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->playhead().shown()->index, FrameIndex(7));
        QCOMPARE(QImage(file).convertToFormat(QImage::Format_RGB888), sheet);
    }

    void theLegendStatesOtherThresholds() {
        const auto session = fixture_->openSession();
        session->view().layers().showOnly(kOcclusionLayer);
        QVERIFY(SessionFixture::settle(*session));
        const auto titled = [&session](const char* words) {
            const FigureSheet sheet = sheetOf(pictureOfShownFrame(*session));
            return std::any_of(sheet.texts.begin(), sheet.texts.end(),
                               [words](const SheetText& text) { return text.text == words; });
        };
        QVERIFY(titled("Occlusion"));
        session->view().setOcclusionRule({0.05F, 2.0F});
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY(titled("Occlusion (alpha 0.05, beta 2)"));
    }

private:
    /// The shown frame below its warp error, which is computed first.
    [[nodiscard]] static QImage sheetOfWarpError(Session& session, Colormap colors, float low,
                                                 float high) {
        Layer layer = session.view().layers().layer(kWarpErrorLayer);
        layer.visible = true;
        layer.opacity = 1.0F;
        layer.scalar().colormap = colors;
        layer.scalar().low = low;
        layer.scalar().high = high;
        session.view().layers().set(layer);
        (void)SessionFixture::settle(session);
        return pictureIn(pictureOfShownFrame(session));
    }

    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_MAIN(TestFramePicture)
#include "test_frame_picture.moc"
