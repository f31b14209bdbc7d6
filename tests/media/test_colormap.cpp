#include "media/base/colormap.h"

#include <QtTest>
#include <cmath>
#include <limits>

namespace {

using mcj::Colormap;
using Rgb = std::array<std::uint8_t, 3>;

double lightness(Rgb rgb) {
    std::array<double, 3> linear{};
    for (std::size_t c = 0; c < 3; ++c) {
        const double coded = rgb[c] / 255.0;
        linear[c] = coded <= 0.04045 ? coded / 12.92 : std::pow((coded + 0.055) / 1.055, 2.4);
    }
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

double polynomial(std::initializer_list<double> coefficients, double x) {
    double power = 1.0;
    double sum = 0.0;
    for (const double coefficient : coefficients) {
        sum += coefficient * power;
        power *= x;
    }
    return sum;
}

Rgb pixel(const mcj::Raster<std::uint8_t>& rgb, int x) {
    return {rgb.at(0, x, 0), rgb.at(0, x, 1), rgb.at(0, x, 2)};
}

class TestColormap : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theEndsAreThePublishedOnes() {
        const auto& viridis = mcj::colormapTable(Colormap::Viridis);
        QVERIFY((viridis.front() == Rgb{68, 1, 84} && viridis.back() == Rgb{253, 231, 37}));
        const auto& cividis = mcj::colormapTable(Colormap::Cividis);
        // Two editions of the table are about, a level or two apart.
        const Rgb low{0, 34, 78};
        const Rgb high{254, 232, 56};
        for (std::size_t c = 0; c < 3; ++c) {
            QVERIFY(std::abs(cividis.front()[c] - low[c]) <= 3);
            QVERIFY(std::abs(cividis.back()[c] - high[c]) <= 15);
        }
        const auto& turbo = mcj::colormapTable(Colormap::Turbo);
        QVERIFY((turbo.front() == Rgb{48, 18, 59} && turbo.back() == Rgb{122, 4, 3}));
    }

    void turboFollowsItsPublishedPolynomial() {
        const auto& table = mcj::colormapTable(Colormap::Turbo);
        double sum = 0.0;
        for (std::size_t i = 0; i < 256; ++i) {
            const double x = static_cast<double>(i) / 255.0;
            const std::array<double, 3> expected = {
                polynomial({0.13572138, 4.61539260, -42.66032258, 132.13108234, -152.94239396,
                            59.28637943},
                           x),
                polynomial(
                    {0.09140261, 2.19418839, 4.84296658, -14.18503333, 4.27729857, 2.82956604}, x),
                polynomial({0.10667330, 12.64194608, -60.58204836, 110.36276771, -89.90310912,
                            27.34824973},
                           x)};
            for (std::size_t c = 0; c < 3; ++c) {
                const double difference =
                    std::abs(table[i][c] - 255.0 * std::clamp(expected[c], 0.0, 1.0));
                // The authors' short fit is that coarse, and coarser at the ends.
                const double allowed = i < 3 || i > 252 ? 35.0 : 24.0;
                QVERIFY2(difference < allowed,
                         qPrintable(QString("%1: %2").arg(i).arg(difference)));
                sum += difference;
            }
        }
        QVERIFY2(sum / 768.0 < 7.0, qPrintable(QString::number(sum / 768.0)));
    }

    void lightnessRisesAllAlongViridisAndCividis() {
        for (const Colormap map : {Colormap::Viridis, Colormap::Cividis}) {
            const auto& table = mcj::colormapTable(map);
            for (std::size_t i = 8; i < 256; ++i) {
                QVERIFY(lightness(table[i]) > lightness(table[i - 8]));
            }
            for (std::size_t i = 1; i < 256; ++i) {
                QVERIFY(lightness(table[i]) > lightness(table[i - 1]) - 0.002);
            }
        }
    }

    void signedIsBlueBelowWhiteInTheMiddleRedAbove() {
        const auto& table = mcj::colormapTable(Colormap::Signed);
        QVERIFY(table.front()[2] > table.front()[0] && table.back()[0] > table.back()[2]);
        for (const std::size_t middle : {127U, 128U}) {
            for (const int value : table[middle]) QVERIFY(value >= 240);
        }
        for (std::size_t i = 1; i <= 127; ++i) {
            QVERIFY(lightness(table[i]) >= lightness(table[i - 1]));
            QVERIFY(lightness(table[255 - i]) >= lightness(table[256 - i]));
        }
    }

    void valuesTakeTheirPlaceInTheFixedRange() {
        const float inf = std::numeric_limits<float>::infinity();
        mcj::ScalarMap map({7, 1}, "warp error", "levels of 255", 10.0F, 20.0F);
        const float values[] = {10.0F, 20.0F, 15.0F, -5.0F, 99.0F, -inf, inf};
        std::copy(std::begin(values), std::end(values), map.values.data());
        for (const Colormap colors : {Colormap::Viridis, Colormap::Cividis, Colormap::Turbo}) {
            const auto& table = mcj::colormapTable(colors);
            const auto rgb = mcj::colorizeScalar(map, colors);
            QVERIFY(pixel(rgb, 0) == table[0]);
            QVERIFY(pixel(rgb, 1) == table[255]);
            QVERIFY(pixel(rgb, 2) == table[128] || pixel(rgb, 2) == table[127]);
            QVERIFY(pixel(rgb, 3) == table[0] && pixel(rgb, 5) == table[0]);
            QVERIFY(pixel(rgb, 4) == table[255] && pixel(rgb, 6) == table[255]);
        }
    }

    void unknownIsBlackAndAnEmptyRangeDoesNotBreak() {
        mcj::ScalarMap map({2, 1}, "x", "1", 3.0F, 3.0F);
        map.values.at(0, 0) = std::numeric_limits<float>::quiet_NaN();
        map.values.at(0, 1) = 3.0F;
        for (const auto colors :
             {Colormap::Viridis, Colormap::Cividis, Colormap::Turbo, Colormap::Signed}) {
            const auto rgb = mcj::colorizeScalar(map, colors);
            QVERIFY((pixel(rgb, 0) == Rgb{0, 0, 0}));
            QVERIFY((pixel(rgb, 1) != Rgb{0, 0, 0}));
        }
    }

    void zeroIsTheMiddleOfSignedWhateverTheRange() {
        const auto& table = mcj::colormapTable(Colormap::Signed);
        for (const auto& [low, high] : {std::pair{-1.0F, 1.0F}, {0.0F, 4.0F}, {-2.0F, 5.0F}}) {
            mcj::ScalarMap map({3, 1}, "x", "1", low, high);
            map.values.at(0, 0) = 0.0F;
            map.values.at(0, 1) = high;
            map.values.at(0, 2) = -high;
            const auto rgb = mcj::colorizeScalar(map, Colormap::Signed);
            QVERIFY(pixel(rgb, 0) == table[128] || pixel(rgb, 0) == table[127]);
            QVERIFY(pixel(rgb, 1) == table[255] && pixel(rgb, 2) == table[0]);
        }
    }

    void aSpanIsTheRangeAndSymmetricForSigned() {
        for (const Colormap colors : {Colormap::Viridis, Colormap::Cividis, Colormap::Turbo}) {
            const mcj::ScalarSpan span = mcj::scalarSpan(colors, -0.2F, 3.0F);
            QCOMPARE(span.low, -0.2F);
            QCOMPARE(span.high, 3.0F);
            QCOMPARE(span.indexOf(-9.0F), std::size_t{0});
            QCOMPARE(span.indexOf(9.0F), std::size_t{255});
        }
        for (const auto& [low, high] : {std::pair{-4.0F, 1.0F}, {-1.0F, 4.0F}, {0.0F, 4.0F}}) {
            const mcj::ScalarSpan span = mcj::scalarSpan(Colormap::Signed, low, high);
            QCOMPARE(span.low, -4.0F);
            QCOMPARE(span.high, 4.0F);
        }
        const mcj::ScalarSpan empty = mcj::scalarSpan(Colormap::Viridis, 3.0F, 2.0F);
        QCOMPARE(empty.width(), 0.0F);
        QCOMPARE(empty.indexOf(std::numeric_limits<float>::infinity()), std::size_t{0});
    }

    void namesAreDistinct() {
        QCOMPARE(QString::fromStdString(std::string(mcj::colormapName(Colormap::Viridis))),
                 QString("viridis"));
        QVERIFY(mcj::colormapName(Colormap::Signed) != mcj::colormapName(Colormap::Turbo));
    }
};

}  // namespace

QTEST_GUILESS_MAIN(TestColormap)
#include "test_colormap.moc"
