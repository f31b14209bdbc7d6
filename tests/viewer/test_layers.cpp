#include <QSignalSpy>
#include <QTest>
#include <set>

#include "inference/analysis/product.h"
#include "media/base/error.h"
#include "viewer/session/layer_settings.h"
#include "viewer/session/layer_stack.h"

namespace {

using namespace mcj;

/// Layers by id, their one table, and their settings in project files.
class TestLayers : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyKindIsDescribedOnce() {
        std::set<std::string> kinds;
        for (const LayerTraits& traits : layerTraits()) {
            QVERIFY(kinds.insert(traits.kind).second);
            QVERIFY(*traits.title != '\0' && *traits.explanation != '\0');
            QCOMPARE(&layerTraits(traits.kind), &traits);
            if (traits.product != nullptr) (void)productKind(traits.product);
            const Layer layer = defaultLayer(traits.kind);
            QCOMPARE(layer.id, std::string(traits.kind));
            QVERIFY(layer.look == traits.look);
        }
        QVERIFY(findLayerTraits("depth") == nullptr);
        QVERIFY_EXCEPTION_THROWN((void)layerTraits("depth"), Error);
    }

    void aStackHoldsTwoLayersOfOneKind() {
        LayerStack layers;
        QSignalSpy changes(&layers, &LayerStack::changed);
        Layer second = defaultLayer(kFlowLayer);
        second.id = "flow-2";
        second.flow().wheel = FlowWheel::VisionSafe;
        layers.set(second);
        QCOMPARE(changes.size(), 1);
        QCOMPARE(layers.layers().size(), layerTraits().size() + 1);
        QCOMPARE(layers.layers().back().id, std::string("flow-2"));
        QVERIFY(layers.layer(kFlowLayer).flow().wheel == FlowWheel::Middlebury);
        layers.setVisible("flow-2", false);
        QVERIFY(layers.visible(kFlowLayer));
        layers.setOrder({"flow-2"});
        QCOMPARE(layers.layers().front().id, std::string("flow-2"));
        // Both follow the motion of the video.
        (void)layers.raiseFlowScale(3.0F);
        QCOMPARE(layers.layer(kFlowLayer).flow().scalePx, 5.0F);
        QCOMPARE(layers.layer("flow-2").flow().scalePx, 5.0F);
    }

    void whatNoLayerCanBeIsRefused() {
        LayerStack layers;
        QVERIFY_EXCEPTION_THROWN((void)layers.layer("flow-2"), Error);
        QVERIFY_EXCEPTION_THROWN(layers.setVisible("flow-2", true), Error);
        Layer wrong = defaultLayer(kFlowLayer);
        wrong.look = ScalarLook{};
        QVERIFY_EXCEPTION_THROWN(layers.set(wrong), Error);
        QVERIFY(layers.layer(kFlowLayer) == defaultLayer(kFlowLayer));
    }

    void settingsAreReadBack() {
        LayerStack written;
        Layer flow = defaultLayer(kFlowLayer);
        flow.flow() = {FlowWheel::VisionSafe, 12.5F, true};
        flow.opacity = 0.25F;
        written.set(flow);
        flow.id = "flow-2";
        flow.visible = false;
        written.set(flow);
        Layer error = defaultLayer(kWarpErrorLayer);
        error.scalar() = {Colormap::Turbo, -2.0F, 8.0F};
        written.set(error);
        Layer arrows = defaultLayer(kArrowsLayer);
        arrows.arrows() = {48, 2.5F, LineColors::VisionSafe};
        written.set(arrows);
        Layer streams = defaultLayer(kStreamlinesLayer);
        streams.streams() = {24, 12, LineColors::Middlebury};
        written.set(streams);
        Layer masks = defaultLayer(kMaskLayer);
        masks.masks() = {.outline = false, .hatched = true, .covered = false};
        written.set(masks);
        written.move(kMaskLayer, -3);
        LayerStack read;
        layersFromJson(layersToJson(written), read);
        QVERIFY(read.layers() == written.layers());
    }

    // A row as the first version wrote it, for every layer alike.
    void settingsOfTheFirstProjectFilesAreRead() {
        LayerStack layers;
        layersFromJson(
            R"([{"colormap":0,"high":1,"id":"mask","low":0,"opacity":0.5,"pinned":false,"scale":1,)"
            R"("visible":true,"wheel":0},)"
            R"({"colormap":0,"high":1,"id":"flow","low":0,"opacity":0.75,"pinned":true,"scale":20,)"
            R"("visible":false,"wheel":1},)"
            R"({"colormap":2,"high":30,"id":"warp-error","low":-1,"opacity":1,"pinned":false,)"
            R"("scale":1,"visible":true,"wheel":0},)"
            R"({"id":"depth","visible":true}])",
            layers);
        QCOMPARE(layers.layers().size(), layerTraits().size());
        QCOMPARE(layers.layers()[0].id, std::string(kMaskLayer));
        QVERIFY(layers.layer(kMaskLayer).masks() == MaskLook{});
        QCOMPARE(layers.layers()[1].id, std::string(kFlowLayer));
        QCOMPARE(layers.layers()[2].id, std::string(kWarpErrorLayer));
        QCOMPARE(layers.layer(kMaskLayer).opacity, 0.5F);
        const Layer& flow = layers.layer(kFlowLayer);
        QVERIFY(!flow.visible);
        QVERIFY((flow.flow() == FlowLook{FlowWheel::VisionSafe, 20.0F, true}));
        QVERIFY(
            (layers.layer(kWarpErrorLayer).scalar() == ScalarLook{Colormap::Turbo, -1.0F, 30.0F}));
    }

    void settingsThatMakeNoSenseLeaveTheLayersUsable() {
        LayerStack layers;
        layersFromJson("not JSON", layers);
        layersFromJson(R"([{"id":"flow","opacity":7,"scale":-3,"wheel":99},)"
                       R"({"id":"flow","kind":"mask"},{"kind":"flow"},)"
                       R"({"id":"arrows","spacing":1,"length":-2,"line-colors":9},)"
                       R"({"id":"streamlines","spacing":999,"frames":100},)"
                       R"({"id":"similarity","low":5,"high":1,"colormap":-4}])",
                       layers);
        QCOMPARE(layers.layers().size(), layerTraits().size());
        QCOMPARE(layers.layer(kFlowLayer).opacity, 1.0F);
        QCOMPARE(layers.layer(kFlowLayer).flow().scalePx, 1.0F);
        QVERIFY(layers.layer(kFlowLayer).flow().wheel == FlowWheel::VisionSafe);
        const ArrowLook& arrows = layers.layer(kArrowsLayer).arrows();
        QVERIFY((arrows == ArrowLook{kLeastSpacingPx, kLeastArrowLength, LineColors::VisionSafe}));
        QVERIFY((layers.layer(kStreamlinesLayer).streams() ==
                 StreamLook{kMostSpacingPx, kMostStreamFrames, LineColors::White}));
        const ScalarLook& look = layers.layer(kSimilarityLayer).scalar();
        QVERIFY(look.high > look.low);
        QVERIFY(look.colormap == Colormap::Viridis);
    }
};

}  // namespace

QTEST_GUILESS_MAIN(TestLayers)
#include "test_layers.moc"
