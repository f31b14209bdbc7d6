#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "media/base/error.h"
#include "segmentation/mask_metrics.h"
#include "segmentation/studio_fusion.h"

namespace mcj {
namespace {

constexpr SizePx kSize{240, 160};
constexpr int kCellPx = 8;

/// A textured box that moves over a ground that stands still, with its true flow.
struct Scene {
    BoxPx box;     ///< at frame 0; may leave the picture
    PointPx step;  ///< per frame

    [[nodiscard]] BoxPx at(int frame) const {
        return {box.x0 + frame * step.x, box.y0 + frame * step.y, box.x1 + frame * step.x,
                box.y1 + frame * step.y};
    }
    [[nodiscard]] bool inside(int frame, int y, int x) const {
        const BoxPx here = at(frame);
        return x >= here.x0 && x < here.x1 && y >= here.y0 && y < here.y1;
    }
    [[nodiscard]] Mask truth(int frame) const {
        Mask mask(kSize);
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) mask.labels.at(y, x) = inside(frame, y, x);
        }
        return mask;
    }
    [[nodiscard]] Frame picture(int frame) const {
        Frame picture;
        picture.index = frame;
        picture.rgb = Raster<std::uint8_t>(kSize, 3);
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) {
                const bool object = inside(frame, y, x);
                // The texture moves with the box.
                const int u = object ? x - frame * step.x : x;
                const int v = object ? y - frame * step.y : y;
                const int wave = (u * 7 + v * 13) % 40;
                picture.rgb.at(y, x, 0) = static_cast<std::uint8_t>((object ? 180 : 40) + wave);
                picture.rgb.at(y, x, 1) = static_cast<std::uint8_t>(90 + wave);
                picture.rgb.at(y, x, 2) = static_cast<std::uint8_t>((object ? 30 : 140) + wave);
            }
        }
        return picture;
    }
    /// From `frame` to the next one, or to the one before it.
    [[nodiscard]] FlowField flow(int frame, int direction) const {
        FlowField field(kSize);
        const PointF motion{static_cast<float>(direction * step.x),
                            static_cast<float>(direction * step.y)};
        for (int y = 0; y < kSize.height; ++y) {
            for (int x = 0; x < kSize.width; ++x) {
                if (inside(frame, y, x)) field.set(y, x, motion);
            }
        }
        return field;
    }
};

/// The truth as a raster of cells has it: one label per cell, that of its centre.
PropagatedLabels coarse(const Mask& truth, float peak = 1.0F) {
    PropagatedLabels labels;
    labels.labels = Raster<std::uint8_t>(kSize, 1);
    labels.cellPx = kCellPx;
    float cells = 0.0F;
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            const int cellY = y / kCellPx * kCellPx + kCellPx / 2;
            const int cellX = x / kCellPx * kCellPx + kCellPx / 2;
            labels.labels.at(y, x) = truth.labels.at(cellY, cellX);
            if (x == cellX && y == cellY) cells += truth.labels.at(y, x) == 1 ? peak : 0.0F;
        }
    }
    labels.confidence = ScalarMap(kSize, "confidence", "1", 0.0F, 1.0F);
    std::ranges::fill(labels.confidence.values.values(), 0.6F);
    labels.second = Raster<std::uint8_t>(kSize, 1);
    for (std::size_t i = 0; i < labels.second.values().size(); ++i) {
        labels.second.values()[i] = labels.labels.values()[i] == 0 ? 1 : 0;
    }
    labels.votes = {{0, 1.0F, 600.0F - cells}, {1, cells > 0.0F ? peak : 0.0F, cells}};
    return labels;
}

double similarity(const Mask& result, const Mask& truth) {
    return regionSimilarity(result.labels, truth.labels);
}

StudioFusion::Result stepOf(StudioFusion& fusion, const Scene& scene, int frame,
                            const PropagatedLabels& byFeatures) {
    return fusion.step(scene.picture(frame), byFeatures, scene.flow(frame, -1),
                       scene.flow(frame - 1, 1));
}

class TestStudioFusion : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRigidSquareKeepsItsOutline() {
        const Scene scene{{21, 37, 85, 101}, {5, 2}};
        StudioFusion fusion(StudioFusionOptions{});
        fusion.condition(scene.truth(0));
        double mean = 0.0;
        double meanByFeatures = 0.0;
        for (int frame = 1; frame <= 20; ++frame) {
            const Mask truth = scene.truth(frame);
            const PropagatedLabels byFeatures = coarse(truth);
            const auto result = stepOf(fusion, scene, frame, byFeatures);
            const double j = similarity(result.mask, truth);
            mean += j / 20.0;
            meanByFeatures += similarity(Mask(byFeatures.labels), truth) / 20.0;
            QVERIFY2(j > 0.88, qPrintable(QString("frame %1: J %2").arg(frame).arg(j)));
            for (const float value : result.confidence.values.values()) {
                QVERIFY(value >= 0.0F && value <= 1.0F);
            }
        }
        QVERIFY2(mean > 0.94 && mean > meanByFeatures + 0.03,
                 qPrintable(QString("%1, by features %2").arg(mean).arg(meanByFeatures)));
    }

    /// Thinner than a cell and faster than one: the raster alone loses it.
    void aThinFastBarIsKept() {
        const Scene scene{{10, 20, 15, 140}, {11, 0}};
        StudioFusion fusion(StudioFusionOptions{});
        fusion.condition(scene.truth(0));
        double byFeatures = 0.0;
        for (int frame = 1; frame <= 18; ++frame) {
            const Mask truth = scene.truth(frame);
            const PropagatedLabels labels = coarse(truth);
            byFeatures += similarity(Mask(labels.labels), truth) / 18.0;
            const double j = similarity(stepOf(fusion, scene, frame, labels).mask, truth);
            QVERIFY2(j > 0.9, qPrintable(QString("frame %1: J %2").arg(frame).arg(j)));
        }
        QVERIFY(byFeatures < 0.6);
    }

    /// Labels by features are stretched to 0..1, so they name a place for what has left.
    void whatLeavesStaysAbsent() {
        const Scene scene{{180, 60, 220, 100}, {12, 0}};
        StudioFusion fusion(StudioFusionOptions{});
        fusion.condition(scene.truth(0));
        Mask ghost(kSize);
        for (int y = 40; y < 56; ++y) {
            for (int x = 40; x < 56; ++x) ghost.labels.at(y, x) = 1;
        }
        for (int frame = 1; frame <= 4; ++frame) {
            const Mask truth = scene.truth(frame);
            const auto result = stepOf(fusion, scene, frame, coarse(truth));
            QVERIFY(similarity(result.mask, truth) > 0.7);
        }
        for (int frame = 5; frame <= 12; ++frame) {
            // A few weak votes: 4 cells of 25 in the first mask, none convinced.
            const auto result = stepOf(fusion, scene, frame, coarse(ghost, 0.4F));
            QCOMPARE(areaOf(result.mask, 1), std::int64_t{0});
            // At first flow still carries what it left on the ground beside the object.
            if (frame >= 9) QVERIFY(fusion.absent().test(1));
        }
        // More than enough to stay, but not enough to return.
        (void)stepOf(fusion, scene, 13, coarse(ghost, 0.6F));
        QVERIFY(fusion.absent().test(1));
        const auto back = stepOf(fusion, scene, 14, coarse(ghost, 0.9F));
        QVERIFY(!fusion.absent().test(1));
        QVERIFY(similarity(back.mask, ghost) > 0.5);
        // A mask from the user brings it back as well.
        fusion.condition(ghost);
        QVERIFY(fusion.absent().none());
    }

    /// The same votes of cells twice as large are of four times the area.
    void votesCountByTheSizeOfTheCells() {
        const Scene scene{{40, 40, 120, 120}, {0, 0}};
        FlowField unknown(kSize);
        for (float& value : unknown.vectors.values()) value = FlowField::kUnknown;
        for (const int cellPx : {kCellPx, 2 * kCellPx}) {
            StudioFusion fusion(StudioFusionOptions{});
            fusion.condition(scene.truth(0));
            PropagatedLabels labels = coarse(scene.truth(1));
            labels.cellPx = static_cast<float>(cellPx);
            // A twentieth of the 100 cells of 8 px, a fifth of the 25 of 16 px.
            labels.votes = {{0, 1.0F, 100.0F}, {1, 0.4F, 5.0F}};
            for (int frame = 1; frame <= 3; ++frame) {
                (void)fusion.step(scene.picture(frame), labels, unknown, unknown);
            }
            QCOMPARE(fusion.absent().test(1), cellPx == kCellPx);
        }
    }

    void specksOfFeaturesAreRemoved() {
        const Scene scene{{40, 40, 120, 120}, {0, 0}};
        StudioFusion fusion(StudioFusionOptions{});
        fusion.condition(scene.truth(0));
        PropagatedLabels labels = coarse(scene.truth(1));
        for (int y = 8; y < 16; ++y) {
            for (int x = 200; x < 208; ++x) {
                labels.labels.at(y, x) = 1;
                labels.second.at(y, x) = 0;
            }
        }
        std::ranges::fill(labels.confidence.values.values(), 1.0F);
        // Flow that is trusted nowhere: features decide alone.
        FlowField unknown(kSize);
        for (float& value : unknown.vectors.values()) value = FlowField::kUnknown;
        const auto result = fusion.step(scene.picture(1), labels, unknown, unknown);
        QCOMPARE(result.mask.labels.at(12, 204), kBackground);
        QVERIFY(similarity(result.mask, scene.truth(1)) > 0.95);
    }

    void flowIsTrustedWhereItLeadsBack() {
        FlowField there({20, 10});
        FlowField back({20, 10});
        for (int y = 0; y < 10; ++y) {
            for (int x = 0; x < 20; ++x) {
                there.set(y, x, {3, 0});
                back.set(y, x, {y < 5 ? -3.0F : 1.0F, 0});
            }
        }
        there.set(0, 0, {FlowField::kUnknown, 0});
        const Raster<float> trusted = trustedFlow(there, back, {});
        for (int y = 0; y < 10; ++y) {
            for (int x = 0; x < 20; ++x) {
                const bool expected = y < 5 && x < 17 && !(x == 0 && y == 0);
                QCOMPARE(trusted.at(y, x), expected ? 1.0F : 0.0F);
            }
        }
    }

    void theWeightFollowsItsSigns() {
        const StudioFusionOptions options;
        const ObjectSigns thin{
            .trusted = 0.9F, .agreement = 0.1F, .cells = 0.6F, .areaRatio = 0.2F};
        QCOMPARE(flowWeight(thin, options).elsewhere, options.outlineWeight);
        QCOMPARE(flowWeight(thin, options).outline, options.outlineWeight);
        const ObjectSigns solid{
            .trusted = 0.9F, .agreement = 0.7F, .cells = 6.0F, .areaRatio = 1.1F};
        QCOMPARE(flowWeight(solid, options).elsewhere, options.solidWeight);
        QCOMPARE(flowWeight(solid, options).outline, options.outlineWeight);
        ObjectSigns astray = solid;
        astray.agreement = 0.1F;
        QCOMPARE(flowWeight(astray, options).outline, 0.0F);
        for (const float ratio : {0.3F, 3.0F, std::numeric_limits<float>::infinity(), 0.0F}) {
            ObjectSigns drifted = solid;
            drifted.areaRatio = ratio;
            QCOMPARE(flowWeight(drifted, options).outline, 0.0F);
            QCOMPARE(flowWeight(drifted, options).elsewhere, 0.0F);
        }
        for (const ObjectSigns& signs : {thin, solid}) {
            ObjectSigns lost = signs;
            lost.trusted = options.trustFrom;
            QCOMPARE(flowWeight(lost, options).outline, 0.0F);
            float last = 0.0F;
            for (float trusted = 0.0F; trusted <= 1.0F; trusted += 0.05F) {
                lost.trusted = trusted;
                QVERIFY(flowWeight(lost, options).elsewhere >= last);
                last = flowWeight(lost, options).elsewhere;
            }
        }
    }

    void mistakesAreNamed() {
        const Scene scene{{40, 40, 120, 120}, {0, 0}};
        StudioFusion fusion(StudioFusionOptions{});
        const PropagatedLabels labels = coarse(scene.truth(1));
        QVERIFY_EXCEPTION_THROWN((void)stepOf(fusion, scene, 1, labels), Error);
        fusion.condition(Mask({5, 5}));
        QVERIFY_EXCEPTION_THROWN((void)stepOf(fusion, scene, 1, labels), Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestStudioFusion)
#include "test_studio_fusion.moc"
