#include "media/base/flow_color.h"

#include <QtTest>
#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace {

using Rgb = std::array<std::uint8_t, 3>;

/// Written from the published description alone: six arcs between the pure hues, in double.
std::vector<std::array<double, 3>> referenceWheel() {
    struct Arc {
        int steps;
        std::array<int, 3> from;
        std::array<int, 3> to;
    };
    const std::vector<Arc> arcs = {
        {15, {255, 0, 0}, {255, 255, 0}}, {6, {255, 255, 0}, {0, 255, 0}},
        {4, {0, 255, 0}, {0, 255, 255}},  {11, {0, 255, 255}, {0, 0, 255}},
        {13, {0, 0, 255}, {255, 0, 255}}, {6, {255, 0, 255}, {255, 0, 0}}};
    std::vector<std::array<double, 3>> wheel;
    for (const Arc& arc : arcs) {
        for (int i = 0; i < arc.steps; ++i) {
            std::array<double, 3> hue{};
            for (std::size_t c = 0; c < 3; ++c) {
                const int step = 255 * i / arc.steps;  // whole numbers, as the reference counts
                hue[c] = arc.from[c] + (arc.to[c] > arc.from[c]   ? step
                                        : arc.to[c] < arc.from[c] ? -step
                                                                  : 0);
            }
            wheel.push_back(hue);
        }
    }
    return wheel;
}

Rgb referenceColor(double u, double v) {
    static const auto kWheel = referenceWheel();
    const double radius = std::sqrt(u * u + v * v);
    const double place = (std::atan2(-v, -u) / M_PI + 1.0) / 2.0 * 54.0;
    const int k0 = static_cast<int>(place);
    const int k1 = (k0 + 1) % 55;
    const double t = place - k0;
    Rgb rgb{};
    for (std::size_t c = 0; c < 3; ++c) {
        const double hue = ((1.0 - t) * kWheel[k0][c] + t * kWheel[k1][c]) / 255.0;
        const double value = radius <= 1.0 ? 1.0 - radius * (1.0 - hue) : hue * 0.75;
        rgb[c] = static_cast<std::uint8_t>(255.0 * value);
    }
    return rgb;
}

int distance(Rgb a, Rgb b) {
    int most = 0;
    for (std::size_t c = 0; c < 3; ++c) most = std::max(most, std::abs(a[c] - b[c]));
    return most;
}

using Color = std::array<double, 3>;

Color linearOf(const std::array<float, 3>& rgb) {
    Color linear{};
    for (std::size_t c = 0; c < 3; ++c) {
        const double coded = rgb[c] / 255.0;
        linear[c] = coded <= 0.04045 ? coded / 12.92 : std::pow((coded + 0.055) / 1.055, 2.4);
    }
    return linear;
}

double luminance(const Color& linear) {
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
}

Color labOf(const Color& linear) {
    const auto f = [](double t) {
        return t > 216.0 / 24389.0 ? std::cbrt(t) : t * 841.0 / 108.0 + 4.0 / 29.0;
    };
    const double x = 0.4124 * linear[0] + 0.3576 * linear[1] + 0.1805 * linear[2];
    const double z = 0.0193 * linear[0] + 0.1192 * linear[1] + 0.9505 * linear[2];
    const double fy = f(luminance(linear));
    return {116.0 * fy - 16.0, 500.0 * (f(x / 0.95047) - fy), 200.0 * (fy - f(z / 1.08883))};
}

/// Machado, Oliveira and Fernandes 2009, severity 1: red-, green- and blue-blind.
const std::array<std::array<Color, 3>, 3> kBlindness = {{
    {{{0.152286, 1.052583, -0.204868},
      {0.114503, 0.786281, 0.099216},
      {-0.003882, -0.048116, 1.051998}}},
    {{{0.367322, 0.860646, -0.227968},
      {0.280085, 0.672501, 0.047413},
      {-0.011820, 0.042940, 0.968881}}},
    {{{1.255528, -0.076749, -0.178779},
      {-0.078411, 0.930809, 0.147602},
      {0.004733, 0.691367, 0.303900}}},
}};

/// The least distance in L*a*b*, over directions, between a full-scale motion and its opposite.
double leastOppositeDistance(mcj::FlowWheel wheel, const std::array<Color, 3>& blindness) {
    const auto& hues = mcj::flowWheelRgb(wheel);
    const auto seen = [&](std::size_t i) {
        const Color linear = linearOf(hues[i % 55]);
        Color simulated{};
        for (std::size_t r = 0; r < 3; ++r) {
            double sum = 0.0;
            for (std::size_t c = 0; c < 3; ++c) sum += blindness[r][c] * linear[c];
            simulated[r] = std::clamp(sum, 0.0, 1.0);
        }
        return labOf(simulated);
    };
    double least = 1e9;
    for (std::size_t i = 0; i < 55; ++i) {
        const Color a = seen(i);
        const Color b = seen(i + 27);
        least = std::min(least, std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]));
    }
    return least;
}

class TestFlowColor : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyColourIsWithinOneLevelOfTheReference() {
        std::mt19937 random(7);
        std::uniform_real_distribution<float> uniform(-1.6F, 1.6F);
        for (int i = 0; i < 200000; ++i) {
            const mcj::PointF f{uniform(random), uniform(random)};
            // Between 1 - eps and 1 + eps the definition itself jumps.
            if (std::abs(std::hypot(f.x, f.y) - 1.0F) < 1e-5F) continue;
            const Rgb ours = mcj::flowColor(f, mcj::FlowWheel::Middlebury);
            if (distance(ours, referenceColor(f.x, f.y)) > 1) {
                QFAIL(qPrintable(QString("(%1, %2)").arg(f.x).arg(f.y)));
            }
        }
    }

    void theAxesAndTheirSignedZerosAreTheReferences() {
        for (const float r : {0.25F, 0.5F, 0.999F, 1.0F, 3.0F}) {
            for (const float zero : {0.0F, -0.0F}) {
                for (const mcj::PointF f :
                     {mcj::PointF{r, zero}, {-r, zero}, {zero, r}, {zero, -r}}) {
                    const Rgb ours = mcj::flowColor(f, mcj::FlowWheel::Middlebury);
                    QVERIFY(distance(ours, referenceColor(f.x, f.y)) <= 1);
                }
            }
        }
    }

    void theWheelHasItsPureHuesWhereTheStandardHasThem() {
        const auto& wheel = mcj::flowWheelRgb(mcj::FlowWheel::Middlebury);
        const auto reference = referenceWheel();
        QCOMPARE(reference.size(), wheel.size());
        for (std::size_t i = 0; i < wheel.size(); ++i) {
            for (std::size_t c = 0; c < 3; ++c) QCOMPARE(double(wheel[i][c]), reference[i][c]);
        }
    }

    void restIsWhiteUnknownIsBlackTooFastIsDark() {
        const float nan = mcj::FlowField::kUnknown;
        const float inf = std::numeric_limits<float>::infinity();
        for (const auto wheel : {mcj::FlowWheel::Middlebury, mcj::FlowWheel::VisionSafe}) {
            QVERIFY((mcj::flowColor({0.0F, 0.0F}, wheel) == Rgb{255, 255, 255}));
            QVERIFY((mcj::flowColor({nan, 0.5F}, wheel) == Rgb{0, 0, 0}));
            QVERIFY((mcj::flowColor({0.5F, nan}, wheel) == Rgb{0, 0, 0}));
            const Rgb full = mcj::flowColor({0.6F, 0.8F}, wheel);
            for (const mcj::PointF fast : {mcj::PointF{3.0F, 4.0F}, {3e30F, 4e30F}}) {
                const Rgb dark = mcj::flowColor(fast, wheel);
                for (std::size_t c = 0; c < 3; ++c) {
                    QVERIFY(std::abs(dark[c] - 0.75 * full[c]) <= 1.5);
                }
            }
            for (const mcj::PointF odd : {mcj::PointF{inf, inf}, {inf, 0.0F}, {0.0F, -inf}}) {
                QVERIFY((mcj::flowColor(odd, wheel) != Rgb{255, 255, 255}));
            }
        }
    }

    void aPictureIsItsPixelsDividedByTheScale() {
        mcj::FlowField flow({17, 9});
        for (int y = 0; y < 9; ++y) {
            for (int x = 0; x < 17; ++x) flow.set(y, x, {x * 1.3F - 9.0F, y * 2.1F - 8.0F});
        }
        flow.set(4, 4, {mcj::FlowField::kUnknown, 1.0F});
        for (const auto wheel : {mcj::FlowWheel::Middlebury, mcj::FlowWheel::VisionSafe}) {
            const auto rgb = mcj::colorizeFlow(flow, 8.0F, wheel);
            QCOMPARE(rgb.channels(), 3);
            for (int y = 0; y < 9; ++y) {
                for (int x = 0; x < 17; ++x) {
                    const mcj::PointF f = flow.at(y, x);
                    const Rgb pixel{rgb.at(y, x, 0), rgb.at(y, x, 1), rgb.at(y, x, 2)};
                    QVERIFY(pixel == mcj::flowColor({f.x / 8.0F, f.y / 8.0F}, wheel));
                }
            }
        }
        QVERIFY(mcj::colorizeFlow(mcj::FlowField(), 1.0F).empty());
    }

    void theVisionSafeWheelTellsOppositeMotionsApart() {
        double worstSafe = 1e9;
        double worstStandard = 1e9;
        for (const auto& blindness : kBlindness) {
            worstSafe =
                std::min(worstSafe, leastOppositeDistance(mcj::FlowWheel::VisionSafe, blindness));
            worstStandard = std::min(worstStandard,
                                     leastOppositeDistance(mcj::FlowWheel::Middlebury, blindness));
        }
        QVERIFY2(worstSafe > 40.0, qPrintable(QString::number(worstSafe)));
        // The standard wheel is the reason for this one: somebody takes opposites for the same.
        QVERIFY2(worstStandard < 0.6 * worstSafe, qPrintable(QString::number(worstStandard)));
    }

    void lightnessFollowsMagnitudeOnTheVisionSafeWheel() {
        for (int degree = 0; degree < 360; degree += 5) {
            const float angle = degree * float(M_PI) / 180.0F;
            double before = 2.0;
            for (int step = 0; step <= 20; ++step) {
                const float r = step / 20.0F;
                const Rgb rgb =
                    mcj::flowColor({r * std::cos(angle) * 0.999F, r * std::sin(angle) * 0.999F},
                                   mcj::FlowWheel::VisionSafe);
                const double now =
                    luminance(linearOf({float(rgb[0]), float(rgb[1]), float(rgb[2])}));
                QVERIFY(now < before);
                before = now;
            }
        }
    }

    void percentilesAreThoseOfTheSortedMagnitudes() {
        mcj::FlowField flow({11, 1});
        for (int x = 0; x < 11; ++x) flow.set(0, x, {0.0F, static_cast<float>((x * 7) % 11)});
        QCOMPARE(mcj::flowMagnitudePercentile(flow, 0.0F), 0.0F);
        QCOMPARE(mcj::flowMagnitudePercentile(flow, 50.0F), 5.0F);
        QCOMPARE(mcj::flowMagnitudePercentile(flow, 100.0F), 10.0F);
        QCOMPARE(mcj::flowMagnitudePercentile(flow, 25.0F), 2.5F);
        flow.set(0, 0, {mcj::FlowField::kUnknown, mcj::FlowField::kUnknown});  // was 0
        QCOMPARE(mcj::flowMagnitudePercentile(flow, 0.0F), 1.0F);
        mcj::FlowField unknown({2, 2});
        for (float& value : unknown.vectors.values()) value = mcj::FlowField::kUnknown;
        QCOMPARE(mcj::flowMagnitudePercentile(unknown, 99.0F), 0.0F);
    }

    void scalesAreRoundedUpToOneTwoFive() {
        const std::vector<std::pair<float, float>> cases = {
            {0.0F, 0.1F},  {-3.0F, 0.1F},  {0.1F, 0.1F},    {0.11F, 0.2F},    {0.2F, 0.2F},
            {0.3F, 0.5F},  {0.51F, 1.0F},  {1.0F, 1.0F},    {1.001F, 2.0F},   {4.9F, 5.0F},
            {5.1F, 10.0F}, {10.0F, 10.0F}, {70.0F, 100.0F}, {700.0F, 1000.0F}};
        for (const auto& [px, step] : cases) QCOMPARE(mcj::roundUpToScaleStep(px), step);
        QCOMPARE(mcj::roundUpToScaleStep(mcj::FlowField::kUnknown), 0.1F);
        for (float px = 0.1F; px < 3000.0F; px *= 1.07F) {
            const float step = mcj::roundUpToScaleStep(px);
            QVERIFY(step >= px * 0.99999F && step <= 2.51F * px);
            QCOMPARE(mcj::roundUpToScaleStep(step), step);
        }
    }
};

}  // namespace

QTEST_GUILESS_MAIN(TestFlowColor)
#include "test_flow_color.moc"
