#include <QTest>

#include <cmath>
#include <limits>

#include "media/base/error.h"
#include "media/base/flow_color.h"
#include "media/figure/motion_lines.h"

using namespace mcj;

namespace {

FlowField uniform(SizePx size, PointF motion) {
    FlowField flow(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) flow.set(y, x, motion);
    }
    return flow;
}

int changedPixels(const Raster<std::uint8_t>& a, const Raster<std::uint8_t>& b) {
    int changed = 0;
    for (int y = 0; y < a.height(); ++y) {
        for (int x = 0; x < a.width(); ++x) {
            for (int c = 0; c < 3; ++c) {
                if (a.at(y, x, c) == b.at(y, x, c)) continue;
                ++changed;
                break;
            }
        }
    }
    return changed;
}

}  // namespace

/// Motion as lines: where they are, and how they are drawn.
class TestMotionLines : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anArrowHasTheMotionOfThePixelAtItsTail() {
        FlowField flow = uniform({64, 48}, {2.0F, -1.0F});
        flow.set(8, 24, {FlowField::kUnknown, 0.0F});
        flow.set(24, 8, {5.0F, 3.0F});
        const std::vector<MotionLine> arrows = flowArrows(flow, {16, 2.0F, LineColors::White});
        // 4 x 3 places, without the unknown one.
        QCOMPARE(arrows.size(), std::size_t(11));
        int found = 0;
        for (const MotionLine& arrow : arrows) {
            QCOMPARE(arrow.points.size(), std::size_t(2));
            QVERIFY(arrow.headed);
            const PointF tail = arrow.points[0];
            const PointF motion = flow.at(static_cast<int>(tail.y), static_cast<int>(tail.x));
            QCOMPARE(arrow.points[1], (PointF{tail.x + 2.0F * motion.x, tail.y + 2.0F * motion.y}));
            if (tail == PointF{8.0F, 24.0F}) found += motion.x == 5.0F ? 1 : 0;
            QVERIFY((tail != PointF{24.0F, 8.0F}));
        }
        QCOMPARE(found, 1);
    }

    void theGridGetsDenserWithTheZoomAndStaysInPlace() {
        QCOMPARE(lineGridStep(32, 1.0), 32);
        QCOMPARE(lineGridStep(32, 0.5), 64);
        QCOMPARE(lineGridStep(32, 4.0), 8);
        QCOMPARE(lineGridStep(32, 128.0), 1);
        for (double scale = 0.05; scale < 20.0; scale *= 1.07) {
            const double onScreen = lineGridStep(32, scale) * scale;
            QVERIFY2(onScreen > 31.0 && onScreen < 65.0, qPrintable(QString::number(scale)));
        }
        // A part of the picture has the arrows that the whole has there.
        const FlowField flow = uniform({200, 150}, {1.0F, 1.0F});
        const BoxPx part{61, 40, 140, 110};
        const auto some = flowArrows(flow, {10, 1.0F, LineColors::White}, 1.0, part);
        std::size_t within = 0;
        for (const MotionLine& arrow : flowArrows(flow, {10, 1.0F, LineColors::White})) {
            const PointF tail = arrow.points[0];
            const bool inside =
                tail.x >= 61.0F && tail.x < 140.0F && tail.y >= 40.0F && tail.y < 110.0F;
            if (!inside) continue;
            QVERIFY(within < some.size());
            QCOMPARE(some[within].points[0], tail);
            ++within;
        }
        QCOMPARE(some.size(), within);
        QVERIFY(within > 20);
    }

    void aStrokeIsSeenOnBlackAndOnWhite() {
        const std::vector<MotionLine> lines{{{{5.0F, 20.0F}, {35.0F, 20.0F}}}};
        for (const int level : {0, 255}) {
            Raster<std::uint8_t> picture({40, 40}, 3, static_cast<std::uint8_t>(level));
            drawMotionLines(picture, lines);
            QVERIFY(picture.at(20, 20) > 240);  // the line
            const std::uint8_t outline = picture.at(21, 20);
            QVERIFY(level == 0 || outline < 150);
            QCOMPARE(int(picture.at(30, 20)), level);
        }
        // Half of the opacity is half of the difference.
        Raster<std::uint8_t> half({40, 40}, 3);
        drawMotionLines(half, lines, 0.5F);
        QVERIFY(std::abs(int(half.at(20, 20)) - 128) <= 2);
    }

    void aTipIsWiderThanItsShaft() {
        MotionLine arrow{{{5.0F, 20.0F}, {35.0F, 20.0F}}};
        arrow.headed = true;
        QCOMPARE(strokesOf(arrow, 1.0F).size(), std::size_t(3));
        Raster<std::uint8_t> picture({40, 40}, 3, 90);
        drawMotionLines(picture, std::vector{arrow});
        const auto touchedRows = [&picture](int x) {
            int rows = 0;
            for (int y = 0; y < 40; ++y) rows += picture.at(y, x) != 90 ? 1 : 0;
            return rows;
        };
        QVERIFY(touchedRows(31) > touchedRows(15) + 2);
        // No motion is a dot, at its place.
        const MotionLine still{{{10.0F, 10.0F}, {10.0F, 10.0F}}, {255, 255, 255}, true, false};
        QCOMPARE(strokesOf(still, 1.0F).size(), std::size_t(1));
        Raster<std::uint8_t> dotted({40, 40}, 3, 90);
        drawMotionLines(dotted, std::vector{still});
        QVERIFY(dotted.at(10, 10) > 200);
        QVERIFY(changedPixels(dotted, Raster<std::uint8_t>({40, 40}, 3, 90)) < 40);
    }

    void aFadingLineGetsFainter() {
        MotionLine line{{{5.0F, 20.0F}, {15.0F, 20.0F}, {25.0F, 20.0F}, {35.0F, 20.0F}}};
        line.fading = true;
        const std::vector<LineStroke> strokes = strokesOf(line, 1.0F);
        QCOMPARE(strokes.size(), std::size_t(3));
        QCOMPARE(strokes[0].opacity, 1.0F);
        QVERIFY(strokes[1].opacity < strokes[0].opacity);
        QVERIFY(strokes[2].opacity < strokes[1].opacity && strokes[2].opacity > 0.0F);
    }

    void linesBesideThePictureAreCutOff() {
        Raster<std::uint8_t> picture({16, 16}, 3, 90);
        const std::vector<MotionLine> lines{{{{-50.0F, -40.0F}, {70.0F, 60.0F}}},
                                            {{{100.0F, 100.0F}, {200.0F, 1e9F}}},
                                            {{{-9.0F, -9.0F}, {-9.0F, -9.0F}}}};
        drawMotionLines(picture, lines);
        const int changed = changedPixels(picture, Raster<std::uint8_t>({16, 16}, 3, 90));
        QVERIFY(changed > 10 && changed < 160);
    }

    void coloursShowTheDirection() {
        QCOMPARE(lineColor({3.0F, 0.0F}, LineColors::White)[2], std::uint8_t(255));
        QCOMPARE(lineColor({3.0F, 4.0F}, LineColors::Middlebury),
                 flowColor({0.6F, 0.8F}, FlowWheel::Middlebury));
        QCOMPARE(lineColor({3.0F, 4.0F}, LineColors::VisionSafe),
                 lineColor({30.0F, 40.0F}, LineColors::VisionSafe));
        for (const LineColors colors :
             {LineColors::White, LineColors::Middlebury, LineColors::VisionSafe}) {
            QVERIFY(parseLineColors(std::string(lineColorsName(colors))) == colors);
        }
        QVERIFY_EXCEPTION_THROWN((void)parseLineColors("red"), Error);
    }
};

QTEST_GUILESS_MAIN(TestMotionLines)
#include "test_motion_lines.moc"
