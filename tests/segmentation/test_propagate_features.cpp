#include <QTest>

#include <cmath>
#include <filesystem>

#include "inference/engine/inference_engine.h"
#include "media/base/error.h"
#include "segmentation/mask_metrics.h"
#include "segmentation/mask_propagator.h"
#include "tests/segmentation/moving_clip.h"

namespace mcj {
namespace {

constexpr SizePx kSize{192, 128};

/// The methods that need the network, with the model that ships.
class TestPropagateFeatures : public QObject {
    Q_OBJECT

    std::unique_ptr<InferenceEngine> engine_;

    Mask last(PropagationMethod method, const MovingClip& clip, FrameIndex frames,
              const Mask& mask) {
        MaskPropagator run({.method = method}, clip.reader(), engine_.get());
        run.condition(0, std::make_shared<const Mask>(mask));
        MaskPtr result;
        for (FrameIndex frame = 1; frame < frames; ++frame) {
            const PropagatedMask step = run.step(frame);
            for (const float value : step.confidence->values.values()) {
                if (!(value >= 0.0F && value <= 1.0F)) qFatal("confidence outside 0..1");
            }
            result = step.mask;
        }
        return *result;
    }

private Q_SLOTS:
    void initTestCase() {
        if (!std::filesystem::exists(shippedModelPath())) QSKIP("the shipped model is not here");
        EngineOptions options;
        options.device = "cpu";
        engine_ = loadEngine(options);
    }

    void aStillVideoKeepsItsMask() {
        const MovingClip clip(kSize, 4, {0, 0}, MovingClip::Moves::Object);
        const Mask mask = clip.truth(0);
        for (const auto method : {PropagationMethod::Studio, PropagationMethod::Features,
                                  PropagationMethod::Flow, PropagationMethod::Both}) {
            const Mask result = last(method, clip, 4, mask);
            // Features live on a grid of 8 px: the outline may move by a part of a cell.
            const double j = regionSimilarity(result.labels, mask.labels);
            QVERIFY2(j > 0.8,
                     qPrintable(QString("%1: J %2")
                                    .arg(QString::fromStdString(propagationMethodName(method)))
                                    .arg(j)));
        }
    }

    void everyMethodBeatsStandingStill() {
        const MovingClip clip(kSize, 7, {5, 1}, MovingClip::Moves::Everything);
        const Mask truth = clip.truth(6);
        const double still = regionSimilarity(clip.truth(0).labels, truth.labels);
        for (const auto method : {PropagationMethod::Studio, PropagationMethod::Features,
                                  PropagationMethod::Flow, PropagationMethod::Both}) {
            const Mask result = last(method, clip, 7, clip.truth(0));
            const double j = regionSimilarity(result.labels, truth.labels);
            QVERIFY2(j > still,
                     qPrintable(QString("%1: J %2, standing still %3")
                                    .arg(QString::fromStdString(propagationMethodName(method)))
                                    .arg(j)
                                    .arg(still)));
        }
    }

    void fineDetailHoldsTheOutline() {
        // Sixteen steps from one mask: by level 3 alone the outline wanders off (J 0.52, with
        // level 2 0.67).
        constexpr FrameIndex kFrames = 17;
        double sum = 0.0;
        for (const PointF step : {PointF{4, 1}, PointF{-2, 3}, PointF{6, -1}}) {
            const MovingClip clip(kSize, kFrames, step, MovingClip::Moves::Object);
            const Mask result = last(PropagationMethod::Features, clip, kFrames, clip.truth(0));
            sum += regionSimilarity(result.labels, clip.truth(kFrames - 1).labels);
        }
        QVERIFY2(sum / 3 > 0.6, qPrintable(QString::number(sum / 3)));
    }

    /// Features see an object while it is there, and the votes say so after it has left.
    void votesTellPresenceFromAbsence() {
        const MovingClip clip(kSize, 3, {0, 0}, MovingClip::Moves::Object);
        const auto run = engine_->startPropagation({});
        Mask mask = clip.truth(0);
        run->condition(clip.frame(0), mask.labels);
        const PropagatedLabels labels = run->step(clip.frame(1));
        QCOMPARE(labels.votes.size(), std::size_t{2});
        QVERIFY(labels.second.size() == kSize);
        QCOMPARE(labels.cellPx, 8.0F);
        double sum = 0.0;
        for (const LabelVotes& votes : labels.votes) {
            QVERIFY(votes.peak > 0.9F && votes.peak <= 1.001F);
            sum += double{votes.sum};
        }
        // Every cell of 8 px divides one vote.
        QVERIFY(std::abs(sum - kSize.width / 8.0 * kSize.height / 8.0) < 1.0);
        for (std::size_t i = 0; i < labels.second.values().size(); ++i) {
            QVERIFY(labels.second.values()[i] != labels.labels.values()[i]);
        }
    }

    void cellsAreLargerWhereTheFrameIsReduced() {
        EngineOptions options;
        options.device = "cpu";
        options.maxSidePx = kSize.width / 2;
        const auto engine = loadEngine(options);
        const MovingClip clip(kSize, 3, {0, 0}, MovingClip::Moves::Object);
        const auto run = engine->startPropagation({});
        run->condition(clip.frame(0), clip.truth(0).labels);
        QCOMPARE(run->step(clip.frame(1)).cellPx, 16.0F);
    }

    void studioDrawsFinerThanFeatures() {
        constexpr FrameIndex kFrames = 9;
        double studio = 0.0;
        double features = 0.0;
        for (const PointF step : {PointF{4, 1}, PointF{-2, 3}, PointF{6, -1}}) {
            const MovingClip clip(kSize, kFrames, step, MovingClip::Moves::Everything);
            const Mask truth = clip.truth(kFrames - 1);
            const auto score = [&](PropagationMethod method) {
                return regionSimilarity(last(method, clip, kFrames, clip.truth(0)).labels,
                                        truth.labels);
            };
            studio += score(PropagationMethod::Studio) / 3;
            features += score(PropagationMethod::Features) / 3;
        }
        QVERIFY2(studio > features,
                 qPrintable(QString("studio %1, features %2").arg(studio).arg(features)));
    }

    void severalObjectsStayApart() {
        const MovingClip clip(kSize, 4, {0, 0}, MovingClip::Moves::Object);
        Mask mask = clip.truth(0);
        for (int y = 0; y < 40; ++y) {
            for (int x = 140; x < 190; ++x) mask.labels.at(y, x) = 7;
        }
        const Mask result = last(PropagationMethod::Features, clip, 4, mask);
        ObjectSet expected;
        expected.set(1);
        expected.set(7);
        QVERIFY(objectsIn(result) == expected);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestPropagateFeatures)
#include "test_propagate_features.moc"
