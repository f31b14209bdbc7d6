#include <QRandomGenerator>
#include <QTest>

#include <cmath>
#include <limits>
#include <vector>

#include "media/base/error.h"
#include "segmentation/cut_out.h"
#include "segmentation/smart_edge.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

using Marks = Scribble::Marks;

/// A disc of one colour on another one, both with noise.
Raster<std::uint8_t> discPicture(const Mask& truth) {
    QRandomGenerator random(3);
    Raster<std::uint8_t> picture(truth.size(), 3);
    for (int y = 0; y < truth.size().height; ++y) {
        for (int x = 0; x < truth.size().width; ++x) {
            const bool in = truth.labels.at(y, x) != 0;
            const int noise = random.bounded(30);
            picture.at(y, x, 0) = static_cast<std::uint8_t>((in ? 180 : 60) + noise);
            picture.at(y, x, 1) = static_cast<std::uint8_t>((in ? 90 : 110) + noise);
            picture.at(y, x, 2) = static_cast<std::uint8_t>((in ? 50 : 120) + noise);
        }
    }
    return picture;
}

double overlap(const Region& region, const Mask& truth) {
    int both = 0;
    int either = 0;
    for (std::size_t i = 0; i < region.values().size(); ++i) {
        const bool a = region.values()[i] != 0;
        const bool b = truth.labels.values()[i] != 0;
        both += a && b ? 1 : 0;
        either += a || b ? 1 : 0;
    }
    return either == 0 ? 1.0 : static_cast<double>(both) / either;
}

bool blank(const Region& region) {
    for (const std::uint8_t value : region.values()) {
        if (value != 0) return false;
    }
    return true;
}

class TestCutOut : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aLineOnADiscCutsItOut_data() {
        QTest::addColumn<int>("radius");
        QTest::addColumn<int>("side");
        QTest::newRow("small picture") << 30 << 200;
        QTest::newRow("reduced") << 130 << 900;
    }

    void aLineOnADiscCutsItOut() {
        QFETCH(int, radius);
        QFETCH(int, side);
        const int middle = side / 2;
        const auto centre = static_cast<float>(middle);
        const Mask truth = diskMask({side, side}, {centre, centre}, static_cast<float>(radius));
        const Raster<std::uint8_t> picture = discPicture(truth);
        const auto at = [&](double x, double y) {
            return PointF{static_cast<float>(middle + x * radius),
                          static_cast<float>(middle + y * radius)};
        };
        const std::vector<Scribble> scribbles{
            {Marks::Object, {at(-0.6, 0.0), at(0.0, 0.6), at(0.6, 0.0)}},
            {Marks::Background, {at(-1.3, -1.2), at(1.3, -1.2)}}};
        const Region cut = cutOut(picture, scribbles);
        const double shared = overlap(cut, truth);
        QVERIFY2(shared > 0.95, qPrintable(QString::number(shared)));
        QVERIFY(cutOut(picture, scribbles) == cut);
    }

    void whatIsMarkedStays() {
        const Mask truth = diskMask({160, 160}, {80, 80}, 30);
        const Raster<std::uint8_t> picture = discPicture(truth);
        // Half of the disc is not wanted, and a piece of the background is.
        const Region cut =
            cutOut(picture, std::vector<Scribble>{{Marks::Object, {{70, 80}, {75, 80}}},
                                                  {Marks::Background, {{90, 60}, {90, 100}}},
                                                  {Marks::Object, {{20, 20}}}});
        QVERIFY(cut.at(80, 72) != 0 && cut.at(20, 20) != 0);
        QVERIFY(cut.at(80, 90) == 0 && cut.at(100, 90) == 0);
    }

    void anotherThingOfTheSameColourIsLeftOut() {
        const Mask truth = diskMask({300, 120}, {70, 60}, 25);
        const Mask other = diskMask({300, 120}, {160, 60}, 25);
        Mask both = truth;
        for (std::size_t i = 0; i < both.labels.values().size(); ++i) {
            if (other.labels.values()[i] != 0) both.labels.values()[i] = 1;
        }
        const Region cut = cutOut(
            discPicture(both), std::vector<Scribble>{{Marks::Object, {{55, 60}, {85, 60}}},
                                                     {Marks::Background, {{115, 20}, {115, 100}}}});
        QVERIFY(cut.at(60, 160) == 0);
        QVERIFY(overlap(cut, truth) > 0.9);
    }

    void oddScribblesAreNoProblem() {
        const float none = std::numeric_limits<float>::quiet_NaN();
        const Raster<std::uint8_t> picture = discPicture(diskMask({60, 40}, {30, 20}, 10));
        QVERIFY(blank(cutOut(picture, {})));
        QVERIFY(blank(cutOut(picture, std::vector<Scribble>{{Marks::Object, {}}})));
        QVERIFY(blank(cutOut(picture, std::vector<Scribble>{{Marks::Object, {{none, 3}}}})));
        QVERIFY(blank(cutOut(picture, std::vector<Scribble>{{Marks::Background, {{5, 5}}}})));
        QVERIFY(blank(cutOut(picture, std::vector<Scribble>{{Marks::Object, {{-90, -90}}}})));
        QVERIFY(blank(
            cutOut(Raster<std::uint8_t>(), std::vector<Scribble>{{Marks::Object, {{1, 1}}}})));
        (void)cutOut(picture, std::vector<Scribble>{{Marks::Object, {{-1e9F, 20}, {1e9F, 20}}}});
        const Raster<std::uint8_t> dot({1, 1}, 3, 90);
        QVERIFY(cutOut(dot, std::vector<Scribble>{{Marks::Object, {{0, 0}}}}).at(0, 0) != 0);
    }

    void aStrokeEndsAtTheEdge() {
        // The left half and the right half; the line runs 4 px beside the edge.
        Mask truth({200, 100});
        for (int y = 0; y < 100; ++y) {
            for (int x = 0; x < 100; ++x) truth.labels.at(y, x) = 1;
        }
        const Raster<std::uint8_t> picture = discPicture(truth);
        const Mask blankMask(truth.size());
        const std::vector<StrokePoint> stroke{{{95, 30}, 10.0F}, {{95, 70}, 10.0F}};
        const Region kept = snapStroke(picture, blankMask, stroke, 1);
        int wrong = 0;
        for (int y = 25; y < 75; ++y) {
            for (int x = 100; x < 106; ++x) wrong += kept.at(y, x) != 0 ? 1 : 0;
        }
        QVERIFY2(wrong <= 6, qPrintable(QString::number(wrong)));
        for (int y = 30; y <= 70; ++y) {
            for (int x = 87; x < 98; ++x) QVERIFY(kept.at(y, x) != 0);
        }
        QVERIFY(kept.at(50, 80) == 0);
        // Beside what is painted already, that is not outside.
        const Region joined = snapStroke(picture, truth, stroke, 1);
        QVERIFY(joined.at(50, 90) != 0 && joined.at(50, 103) == 0);
    }

    void aStrokeOnEvenGroundStays() {
        const Raster<std::uint8_t> even({120, 80}, 3, 90);
        const Mask before(even.size());
        const std::vector<StrokePoint> stroke{{{20, 20}, 8.0F}, {{90, 60}, 5.0F}};
        Mask drawn(even.size());
        (void)paintSegment(drawn, stroke[0].at, stroke[0].at, {.radiusPx = 8.0F});
        (void)paintSegment(drawn, stroke[0].at, stroke[1].at, {.radiusPx = 5.0F});
        QVERIFY(snapStroke(even, before, stroke, 1) == drawn.labels);
        // Noise is no edge.
        QVERIFY(snapStroke(discPicture(before), before, stroke, 1) == drawn.labels);
        QVERIFY(blank(snapStroke(even, before, {}, 1)));
        QVERIFY_EXCEPTION_THROWN((void)snapStroke(even, Mask({9, 9}), stroke, 1), Error);
        // The same over several pieces, and over the border of the picture.
        const Raster<std::uint8_t> large({900, 40}, 3, 90);
        const std::vector<StrokePoint> across{{{-50, 20}, 3.0F}, {{950, 20}, 3.0F}};
        QCOMPARE(snapStroke(large, Mask(large.size()), across, 1).at(23, 899), std::uint8_t{1});
    }

    void aStopEndsIt() {
        StopSource stop;
        stop.requestStop();
        QVERIFY_EXCEPTION_THROWN(
            (void)cutOut(discPicture(diskMask({60, 40}, {30, 20}, 10)),
                         std::vector<Scribble>{{Marks::Object, {{30, 20}}}}, {}, stop.token()),
            Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestCutOut)
#include "test_cut_out.moc"
