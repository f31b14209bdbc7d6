#include <QTemporaryDir>
#include <QTest>
#include <algorithm>
#include <cmath>
#include <random>

#include "media/base/error.h"
#include "tests/viewer/offscreen_gl.h"
#include "viewer/canvas/gl_texture.h"
#include "viewer/canvas/layer_renderer.h"
#include "viewer/canvas/shader_program.h"
#include "viewer/canvas/view_transform.h"

Q_DECLARE_METATYPE(mcj::FlowWheel)
Q_DECLARE_METATYPE(mcj::Colormap)

namespace mcj {
namespace {

constexpr std::array<std::uint8_t, 3> kBehind{10, 200, 90};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

ViewTransform actualView(SizePx size) {
    ViewTransform view;
    view.setViewport(size, 1.0);
    view.setImageSize(size);
    view.actual();
    return view;
}

FlowPtr randomFlow(SizePx size, float reachPx) {
    std::mt19937 random(7);
    std::normal_distribution<float> some(0.0F, reachPx);
    auto flow = std::make_shared<FlowField>(size);
    for (float& value : flow->vectors.values()) value = some(random);
    // Where formulas break: nothing, axes with either zero, full saturation, unknown.
    const std::vector<PointF> special{
        {0.0F, 0.0F},   {-0.0F, -0.0F},  {1.0F, 0.0F},  {1.0F, -0.0F},    {-1.0F, 0.0F},
        {-1.0F, -0.0F}, {0.0F, 1.0F},    {0.0F, -1.0F}, {2.0F, 2.0F},     {-2.0F, 2.0F},
        {kNan, 1.0F},   {1.0F, kNan},    {kNan, kNan},  {1e-12F, 1e-12F}, {1e6F, -1e6F},
        {kInf, 0.0F},   {1e-3F, -1e-9F}, {1.0F, 1e-8F}, {1.0F, -1e-8F}};
    for (std::size_t i = 0; i < special.size(); ++i) {
        flow->set(static_cast<int>(i) / size.width, static_cast<int>(i) % size.width, special[i]);
    }
    return flow;
}

std::shared_ptr<ScalarMap> randomMap(SizePx size, float low, float high) {
    std::mt19937 random(8);
    const float margin = 0.3F * (high - low) + 0.1F;
    std::uniform_real_distribution<float> some(low - margin, high + margin);
    auto map = std::make_shared<ScalarMap>(size, "quantity", "px", low, high);
    for (float& value : map->values.values()) value = some(random);
    const std::vector<float> special{kNan, low, high, kInf, -kInf, 0.0F, -0.0F};
    std::copy(special.begin(), special.end(), map->values.data());
    return map;
}

std::shared_ptr<Frame> randomFrame(SizePx size) {
    std::mt19937 random(9);
    auto frame = std::make_shared<Frame>();
    frame->rgb = Raster<std::uint8_t>(size, 3);
    for (std::uint8_t& value : frame->rgb.values()) value = static_cast<std::uint8_t>(random());
    return frame;
}

LabelPalette distinctPalette() {
    LabelPalette palette{};
    for (std::size_t i = 1; i < palette.size(); ++i) {
        palette[i] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(255 - i),
                      static_cast<std::uint8_t>(i * 37), 255};
    }
    return palette;
}

std::array<int, 3> rgbAt(const Raster<std::uint8_t>& picture, int y, int x) {
    return {picture.at(y, x, 0), picture.at(y, x, 1), picture.at(y, x, 2)};
}

std::array<int, 3> ints(const std::array<std::uint8_t, 3>& rgb) { return {rgb[0], rgb[1], rgb[2]}; }

int distance(const std::array<int, 3>& a, const std::array<int, 3>& b) {
    int worst = 0;
    for (std::size_t c = 0; c < 3; ++c) worst = std::max(worst, std::abs(a[c] - b[c]));
    return worst;
}

}  // namespace

class TestLayerShaders : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void flowEqualsItsTwin_data();
    void flowEqualsItsTwin();
    void scalarEqualsItsTwin_data();
    void scalarEqualsItsTwin();
    void maskShowsEveryLabel();
    void voidIsHatched();
    void objectsAreHatchedIfAsked();
    void whatIsCoveredIsStriped();
    void contourRunsAlongTheEdge();
    void imageIsNearestWhenEnlarged();
    void imageIsAveragedWhenSmall();
    void opacityAndOrder();
    void pixelsLieWhereTheViewSays_data();
    void pixelsLieWhereTheViewSays();
    void textureTakesBoxes();
    void textureFollowsSizeAndFormat();
    void rendererUploadsOnlyWhatDiffers();
    void brokenShadersAreSaid();

private:
    Raster<std::uint8_t> draw(std::span<const LayerDrawData> layers, const ViewTransform& view) {
        gl_.begin(view.deviceSize(), kBehind);
        renderer_->draw(layers, view);
        return gl_.read();
    }
    Raster<std::uint8_t> drawOne(LayerDrawData layer, SizePx size) {
        layer.revision = ++revision_;
        return draw(std::span(&layer, 1), actualView(size));
    }

    OffscreenGl gl_;
    std::unique_ptr<LayerRenderer> renderer_;
    std::uint64_t revision_ = 0;
};

void TestLayerShaders::initTestCase() {
    if (!gl_.start()) QSKIP("no OpenGL 3.3 here");
    renderer_ = std::make_unique<LayerRenderer>(gl_.gl());
}

void TestLayerShaders::flowEqualsItsTwin_data() {
    QTest::addColumn<FlowWheel>("wheel");
    QTest::addColumn<float>("scale");
    for (const float scale : {0.1F, 1.0F, 7.5F, 20.0F}) {
        QTest::addRow("Middlebury %g px", static_cast<double>(scale))
            << FlowWheel::Middlebury << scale;
        QTest::addRow("vision safe %g px", static_cast<double>(scale))
            << FlowWheel::VisionSafe << scale;
    }
}

void TestLayerShaders::flowEqualsItsTwin() {
    QFETCH(FlowWheel, wheel);
    QFETCH(float, scale);
    const SizePx size{123, 71};
    const FlowPtr flow = randomFlow(size, 0.8F * scale);
    const Raster<std::uint8_t> expected = colorizeFlow(*flow, scale, wheel);
    const Raster<std::uint8_t> drawn =
        drawOne({kFlowLayer, 1.0F, 0, FlowContent{flow, scale, wheel}}, size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const int off = distance(rgbAt(drawn, y, x), rgbAt(expected, y, x));
            QVERIFY2(off <= 1, qPrintable(QStringLiteral("(%1, %2): flow %3, %4 differs by %5")
                                              .arg(x)
                                              .arg(y)
                                              .arg(static_cast<double>(flow->at(y, x).x))
                                              .arg(static_cast<double>(flow->at(y, x).y))
                                              .arg(off)));
            QCOMPARE(drawn.at(y, x, 3), std::uint8_t{255});
        }
    }
}

void TestLayerShaders::scalarEqualsItsTwin_data() {
    QTest::addColumn<Colormap>("colors");
    QTest::addColumn<float>("low");
    QTest::addColumn<float>("high");
    for (const Colormap colors :
         {Colormap::Viridis, Colormap::Cividis, Colormap::Turbo, Colormap::Signed}) {
        const std::string name(colormapName(colors));
        QTest::addRow("%s 0..64", name.c_str()) << colors << 0.0F << 64.0F;
        QTest::addRow("%s -1..1", name.c_str()) << colors << -1.0F << 1.0F;
        QTest::addRow("%s -0.2..3", name.c_str()) << colors << -0.2F << 3.0F;
        QTest::addRow("%s empty range", name.c_str()) << colors << 2.0F << 2.0F;
    }
}

void TestLayerShaders::scalarEqualsItsTwin() {
    QFETCH(Colormap, colors);
    QFETCH(float, low);
    QFETCH(float, high);
    const SizePx size{97, 65};
    const auto map = randomMap(size, low, high);
    const Raster<std::uint8_t> expected = colorizeScalar(*map, colors);
    const Raster<std::uint8_t> drawn =
        drawOne({kWarpErrorLayer, 1.0F, 0, ScalarContent{map, colors, low, high}}, size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            // Black in the file, transparent on the canvas.
            const auto wanted =
                std::isnan(map->values.at(y, x)) ? ints(kBehind) : rgbAt(expected, y, x);
            const int off = distance(rgbAt(drawn, y, x), wanted);
            QVERIFY2(off <= 1, qPrintable(QStringLiteral("value %1 differs by %2")
                                              .arg(static_cast<double>(map->values.at(y, x)))
                                              .arg(off)));
        }
    }
}

void TestLayerShaders::maskShowsEveryLabel() {
    const SizePx size{64, 48};
    std::mt19937 random(10);
    auto mask = std::make_shared<Mask>(size);
    for (std::uint8_t& label : mask->labels.values()) {
        label = static_cast<std::uint8_t>(random() % 255);
    }
    LabelPalette palette = distinctPalette();
    palette[77][3] = 0;  // a hidden object
    MaskContent content;
    content.mask = mask;
    content.palette = &palette;
    content.paletteRevision = ++revision_;
    content.contourPx = 0.0F;
    const Raster<std::uint8_t> drawn = drawOne({kMaskLayer, 1.0F, 0, content}, size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const std::size_t label = mask->labels.at(y, x);
            const bool hidden = label == kBackground || label == 77;
            const auto wanted = hidden ? ints(kBehind)
                                       : std::array<int, 3>{palette[label][0], palette[label][1],
                                                            palette[label][2]};
            QCOMPARE(rgbAt(drawn, y, x), wanted);
        }
    }
}

void TestLayerShaders::voidIsHatched() {
    const SizePx size{40, 40};
    auto mask = std::make_shared<Mask>(Raster<std::uint8_t>(size, 1, kVoid));
    LabelPalette palette = distinctPalette();
    palette[kVoid] = {128, 128, 128, 255};
    MaskContent content;
    content.mask = mask;
    content.palette = &palette;
    content.paletteRevision = ++revision_;
    const Raster<std::uint8_t> drawn = drawOne({kMaskLayer, 1.0F, 0, content}, size);
    int full = 0, faint = 0;
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const auto rgb = rgbAt(drawn, y, x);
            if (distance(rgb, {128, 128, 128}) == 0) ++full;
            // A quarter of grey over what lies behind.
            if (distance(rgb, {40, 182, 100}) <= 1) ++faint;
        }
    }
    QCOMPARE(full + faint, 1600);
    QVERIFY(full > 600 && faint > 600);
}

void TestLayerShaders::objectsAreHatchedIfAsked() {
    const SizePx size{40, 40};
    auto mask = std::make_shared<Mask>(Raster<std::uint8_t>(size, 1, 3));
    LabelPalette palette = distinctPalette();
    palette[3] = {200, 40, 40, 255};
    MaskContent content;
    content.mask = mask;
    content.palette = &palette;
    content.paletteRevision = ++revision_;
    const auto filled = [&] {
        const Raster<std::uint8_t> drawn = drawOne({kMaskLayer, 1.0F, 0, content}, size);
        int full = 0;
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                if (distance(rgbAt(drawn, y, x), {200, 40, 40}) == 0) ++full;
            }
        }
        return full;
    };
    QCOMPARE(filled(), 1600);
    content.hatchesObjects = true;
    const int striped = filled();
    QVERIFY(striped > 600 && striped < 1000);
}

void TestLayerShaders::whatIsCoveredIsStriped() {
    const SizePx size{40, 40};
    auto mask = std::make_shared<Mask>(Raster<std::uint8_t>(size, 1, 3));
    auto covered = std::make_shared<Mask>(size);
    for (int y = 0; y < size.height; ++y) std::fill_n(covered->labels.row(y), 20, ObjectId{5});
    LabelPalette palette = distinctPalette();
    palette[3] = {200, 40, 40, 255};
    palette[5] = {20, 40, 240, 255};
    MaskContent content;
    content.mask = mask;
    content.covered = covered;
    content.palette = &palette;
    content.paletteRevision = ++revision_;
    content.contourPx = 0.0F;
    const auto count = [&](const std::array<int, 3>& color) {
        const Raster<std::uint8_t> drawn = drawOne({kMaskLayer, 1.0F, 0, content}, size);
        int pixels = 0;
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < 20; ++x) pixels += distance(rgbAt(drawn, y, x), color) == 0 ? 1 : 0;
        }
        return pixels;
    };
    // A quarter of the left half; the right half is as without overlaps.
    QCOMPARE(count({20, 40, 240}), 200);
    QCOMPARE(count({200, 40, 40}), 600);
    palette[5][3] = 0;  // hidden
    content.paletteRevision = ++revision_;
    QCOMPARE(count({200, 40, 40}), 800);
}

void TestLayerShaders::contourRunsAlongTheEdge() {
    // A square of 10 x 10 pixels, each drawn 8 x 8.
    const SizePx image{30, 30};
    auto mask = std::make_shared<Mask>(image);
    for (int y = 10; y < 20; ++y) {
        for (int x = 10; x < 20; ++x) mask->labels.at(y, x) = 3;
    }
    LabelPalette palette = distinctPalette();
    palette[3] = {200, 40, 40, 255};
    MaskContent content;
    content.mask = mask;
    content.palette = &palette;
    content.paletteRevision = ++revision_;
    content.contourPx = 2.0F;
    ViewTransform view;
    view.setViewport({240, 240}, 1.0);
    view.setImageSize(image);
    QCOMPARE(view.deviceScale(), 8.0);
    const LayerDrawData layer{kMaskLayer, 0.5F, ++revision_, content};
    const Raster<std::uint8_t> drawn = draw(std::span(&layer, 1), view);
    const std::array<int, 3> fill{105, 120, 65};   // half of the colour, half of what lies behind
    const std::array<int, 3> line{217, 105, 105};  // the colour, 30 % towards white, opaque
    for (const int along : {100, 120, 140}) {
        QVERIFY(distance(rgbAt(drawn, along, 80), line) <= 1);
        QVERIFY(distance(rgbAt(drawn, along, 81), line) <= 1);
        QVERIFY(distance(rgbAt(drawn, along, 82), fill) <= 1);
        QVERIFY(distance(rgbAt(drawn, along, 120), fill) <= 1);
        QVERIFY(distance(rgbAt(drawn, along, 159), line) <= 1);
        QVERIFY(distance(rgbAt(drawn, 80, along), line) <= 1);
        // A dark line outside, and beyond it nothing.
        QVERIFY(rgbAt(drawn, along, 79)[1] < 100);
        QCOMPARE(rgbAt(drawn, along, 77), ints(kBehind));
    }
    // However small the picture, the line does not vanish.
    view.zoomBy(0.25 / 8.0);
    const Raster<std::uint8_t> tiny = draw(std::span(&layer, 1), view);
    int lines = 0;
    for (int y = 0; y < 240; ++y) {
        for (int x = 0; x < 240; ++x) lines += distance(rgbAt(tiny, y, x), line) <= 1 ? 1 : 0;
    }
    QVERIFY(lines > 0);
}

void TestLayerShaders::imageIsNearestWhenEnlarged() {
    const SizePx image{17, 11};
    const auto frame = randomFrame(image);
    ViewTransform view;
    view.setViewport({17 * 4, 11 * 4}, 1.0);
    view.setImageSize(image);
    const LayerDrawData layer{kImageLayer, 1.0F, ++revision_, ImageContent{frame}};
    const Raster<std::uint8_t> drawn = draw(std::span(&layer, 1), view);
    for (int y = 0; y < 44; ++y) {
        for (int x = 0; x < 68; ++x) {
            QCOMPARE(rgbAt(drawn, y, x), rgbAt(frame->rgb, y / 4, x / 4));
        }
    }
    // A picture of computed colours is drawn in the same way.
    const LayerDrawData colors{
        kFeaturesLayer, 1.0F, ++revision_,
        ColorsContent{std::make_shared<const Raster<std::uint8_t>>(frame->rgb)}};
    QVERIFY(draw(std::span(&colors, 1), view) == drawn);
}

void TestLayerShaders::imageIsAveragedWhenSmall() {
    // A chequerboard of single pixels becomes grey, not moire.
    const SizePx image{256, 256};
    auto frame = std::make_shared<Frame>();
    frame->rgb = Raster<std::uint8_t>(image, 3);
    for (int y = 0; y < 256; ++y) {
        for (int x = 0; x < 256; ++x) {
            for (int c = 0; c < 3; ++c) frame->rgb.at(y, x, c) = (x + y) % 2 == 0 ? 255 : 0;
        }
    }
    for (const int side : {128, 64, 50}) {
        ViewTransform view;
        view.setViewport({side, side}, 1.0);
        view.setImageSize(image);
        const LayerDrawData layer{kImageLayer, 1.0F, ++revision_, ImageContent{frame}};
        const Raster<std::uint8_t> drawn = draw(std::span(&layer, 1), view);
        for (int y = 2; y < side - 2; ++y) {
            for (int x = 2; x < side - 2; ++x) {
                QVERIFY(distance(rgbAt(drawn, y, x), {127, 127, 127}) <= 4);
            }
        }
    }
}

void TestLayerShaders::opacityAndOrder() {
    const SizePx size{20, 10};
    const auto frame = randomFrame(size);
    auto map = std::make_shared<ScalarMap>(size, "quantity", "px", 0.0F, 1.0F);
    const auto low = ints(colormapTable(Colormap::Viridis)[0]);
    std::vector<LayerDrawData> layers{{kImageLayer, 1.0F, ++revision_, ImageContent{frame}},
                                      {kWarpErrorLayer, 0.25F, ++revision_, ScalarContent{map}}};
    const ViewTransform view = actualView(size);
    const Raster<std::uint8_t> mixed = draw(layers, view);
    for (int x = 0; x < size.width; ++x) {
        const auto picture = rgbAt(frame->rgb, 5, x);
        std::array<int, 3> wanted{};
        for (std::size_t c = 0; c < 3; ++c) {
            wanted[c] = static_cast<int>(std::lround(0.75 * picture[c] + 0.25 * low[c]));
        }
        QVERIFY(distance(rgbAt(mixed, 5, x), wanted) <= 1);
        QCOMPARE(mixed.at(5, x, 3), std::uint8_t{255});
    }
    std::swap(layers[0], layers[1]);
    const Raster<std::uint8_t> covered = draw(layers, view);
    QCOMPARE(rgbAt(covered, 5, 7), rgbAt(frame->rgb, 5, 7));
    layers[1].opacity = 0.0F;
    QVERIFY(distance(rgbAt(draw(layers, view), 5, 7), rgbAt(frame->rgb, 5, 7)) > 0);
}

void TestLayerShaders::pixelsLieWhereTheViewSays_data() {
    QTest::addColumn<double>("ratio");
    QTest::addColumn<double>("zoom");
    for (const double ratio : {1.0, 1.25, 1.5, 2.0}) {
        for (const double zoom : {1.0, 1.37, 5.0, 23.7}) {
            QTest::addRow("ratio %g zoom %g", ratio, zoom) << ratio << zoom;
        }
    }
}

void TestLayerShaders::pixelsLieWhereTheViewSays() {
    QFETCH(double, ratio);
    QFETCH(double, zoom);
    const SizePx image{160, 90};
    const auto frame = randomFrame(image);
    auto flow = std::make_shared<FlowField>(image);
    ViewTransform view;
    view.setViewport({201, 133}, ratio);
    view.setImageSize(image);
    view.zoomAt({60.0, 50.0}, zoom / view.deviceScale());
    const LayerDrawData layer{kImageLayer, 1.0F, ++revision_, ImageContent{frame}};
    const Raster<std::uint8_t> drawn = draw(std::span(&layer, 1), view);
    int checked = 0;
    for (int y = 0; y < image.height; ++y) {
        for (int x = 0; x < image.width; ++x) {
            const DevicePos centre =
                view.deviceFromImage({static_cast<double>(x), static_cast<double>(y)});
            const int deviceX = static_cast<int>(std::floor(centre.x));
            const int deviceY = static_cast<int>(std::floor(centre.y));
            const SizePx device = view.deviceSize();
            if (deviceX < 0 || deviceY < 0 || deviceX >= device.width || deviceY >= device.height) {
                continue;
            }
            // That device pixel's centre is in the picture's pixel for sure only at these scales.
            const ImagePos sampled = view.imageFromDevice({deviceX + 0.5, deviceY + 0.5});
            if (std::abs(sampled.x - x) > 0.49 || std::abs(sampled.y - y) > 0.49) continue;
            QCOMPARE(rgbAt(drawn, deviceY, deviceX), rgbAt(frame->rgb, y, x));
            ++checked;
        }
    }
    QVERIFY(checked > 20);
}

void TestLayerShaders::textureTakesBoxes() {
    const SizePx size{37, 23};
    std::mt19937 random(11);
    Raster<std::uint8_t> first(size, 1);
    for (std::uint8_t& value : first.values()) value = static_cast<std::uint8_t>(random());
    Raster<std::uint8_t> second(size, 1);
    for (std::uint8_t& value : second.values()) value = static_cast<std::uint8_t>(random());

    GlTexture texture(gl_.gl());
    texture.upload(TexelFormat::R8ui, size, first.data());
    QCOMPARE(texture.uploadedBytes(), size.area());
    const BoxPx box{30, 20, 99, 99};  // reaches past the corner
    texture.uploadBox(box, second.data());
    QCOMPARE(texture.uploadedBytes(), size.area() + std::size_t{7 * 3});
    texture.uploadBox({5, 5, 5, 9}, second.data());
    texture.uploadBox({-9, -9, 0, 0}, second.data());
    texture.uploadBox({-3, -3, 2, 1}, second.data());

    Raster<std::uint8_t> held(size, 1);
    texture.bind(0, Sampling::Nearest);
    gl_.gl().glPixelStorei(GL_PACK_ALIGNMENT, 1);
    gl_.gl().glGetTexImage(GL_TEXTURE_2D, 0, GL_RED_INTEGER, GL_UNSIGNED_BYTE, held.data());
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) {
            const bool inBox = (x >= 30 && y >= 20) || (x < 2 && y < 1);
            QCOMPARE(held.at(y, x), inBox ? second.at(y, x) : first.at(y, x));
        }
    }
}

void TestLayerShaders::textureFollowsSizeAndFormat() {
    GlTexture texture(gl_.gl());
    const std::vector<float> values(64 * 2, 0.25F);
    for (const TexelFormat format :
         {TexelFormat::Rg32f, TexelFormat::R32f, TexelFormat::Rg16f, TexelFormat::R16f}) {
        for (const SizePx size : {SizePx{8, 8}, SizePx{4, 5}, SizePx{1, 1}}) {
            texture.upload(format, size, values.data());
            QCOMPARE(texture.size(), size);
            QCOMPARE(texture.format(), format);
            std::array<float, 64> held{};
            texture.bind(0, Sampling::Nearest);
            gl_.gl().glGetTexImage(GL_TEXTURE_2D, 0, GL_RED, GL_FLOAT, held.data());
            QCOMPARE(held[size.area() - 1], 0.25F);
        }
    }
    QVERIFY_EXCEPTION_THROWN(texture.upload(TexelFormat::R8ui, {1 << 20, 1}, values.data()), Error);
    QCOMPARE(gl_.gl().glGetError(), GLenum{GL_NO_ERROR});
}

void TestLayerShaders::rendererUploadsOnlyWhatDiffers() {
    const SizePx size{64, 32};
    auto before = std::make_shared<Mask>(size);
    const LabelPalette palette = distinctPalette();
    MaskContent content;
    content.mask = before;
    content.palette = &palette;
    content.paletteRevision = ++revision_;
    content.contourPx = 0.0F;
    LayerDrawData layer{kMaskLayer, 1.0F, ++revision_, content};
    const ViewTransform view = actualView(size);
    const auto uploaded = [&](const LayerDrawData& data) {
        const std::size_t bytes = renderer_->uploadedBytes();
        draw(std::span(&data, 1), view);
        return renderer_->uploadedBytes() - bytes;
    };
    QCOMPARE(uploaded(layer), size.area());
    QCOMPARE(uploaded(layer), std::size_t{0});
    QVERIFY(renderer_->uploadedRevision(kMaskLayer) == layer.revision);

    // A stroke touched 6 x 4 pixels.
    auto after = std::make_shared<Mask>(*before);
    for (int y = 10; y < 14; ++y) {
        for (int x = 20; x < 26; ++x) after->labels.at(y, x) = 9;
    }
    content.mask = after;
    content.changed = BoxPx{20, 10, 26, 14};
    content.changedSince = layer.revision;
    layer = {kMaskLayer, 1.0F, ++revision_, content};
    QCOMPARE(uploaded(layer), std::size_t{24});
    const Raster<std::uint8_t> drawn = draw(std::span(&layer, 1), view);
    QCOMPARE(rgbAt(drawn, 12, 22), (std::array<int, 3>{9, 246, 333 - 256}));
    QCOMPARE(rgbAt(drawn, 12, 26), ints(kBehind));

    // A difference to something else than what is there cannot be used.
    layer.revision = ++revision_;
    QCOMPARE(uploaded(layer), size.area());
    // Out of sight is out of memory.
    QCOMPARE(uploaded(LayerDrawData{kMaskLayer, 0.0F, layer.revision, content}), std::size_t{0});
    QVERIFY(!renderer_->uploadedRevision(kMaskLayer));
    QCOMPARE(uploaded(layer), size.area());
}

void TestLayerShaders::brokenShadersAreSaid() {
    QTemporaryDir folder;
    const QString path = folder.filePath(QStringLiteral("broken.frag"));
    QFile file(path);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("#version 330 core\nout vec4 o_color;\nvoid main() { o_color = nothing; }\n");
    file.close();
    try {
        ShaderProgram program(gl_.gl(), QStringLiteral(":/shaders/layer.vert"), path);
        QFAIL("a broken shader was taken");
    } catch (const Error& error) {
        QCOMPARE(error.code(), ErrorCode::Device);
        QVERIFY(QString::fromUtf8(error.what()).contains(QStringLiteral("broken.frag")));
        QVERIFY(!error.hint().empty());
    }
    QVERIFY_EXCEPTION_THROWN(ShaderProgram(gl_.gl(), QStringLiteral(":/shaders/layer.vert"),
                                           QStringLiteral(":/shaders/none.frag")),
                             Error);
}

}  // namespace mcj

QTEST_MAIN(mcj::TestLayerShaders)
#include "test_layer_shaders.moc"
