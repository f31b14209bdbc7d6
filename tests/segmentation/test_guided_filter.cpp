#include <QTest>

#include <array>
#include <cmath>
#include <random>

#include "media/base/error.h"
#include "segmentation/guided_filter.h"

namespace mcj {
namespace {

Raster<std::uint8_t> noise(SizePx size, std::uint32_t seed) {
    std::mt19937 random(seed);
    Raster<std::uint8_t> rgb(size, 3);
    for (auto& value : rgb.values()) value = static_cast<std::uint8_t>(random() % 256);
    return rgb;
}

/// The window of (y, x), as far as the picture reaches.
template <typename Visit>
void overWindow(SizePx size, int y, int x, int radius, Visit&& visit) {
    for (int v = std::max(0, y - radius); v <= std::min(size.height - 1, y + radius); ++v) {
        for (int u = std::max(0, x - radius); u <= std::min(size.width - 1, x + radius); ++u) {
            visit(v, u);
        }
    }
}

/// a (three factors) and b of equation 14 of the paper, by Gaussian elimination.
std::array<double, 4> lineOf(const Raster<float>& input, const Raster<std::uint8_t>& guide, int y,
                             int x, const GuidedFilterOptions& options) {
    double count = 0.0;
    double level = 0.0;
    std::array<double, 3> mean{};
    std::array<double, 3> with{};
    std::array<std::array<double, 4>, 3> m{};
    overWindow(input.size(), y, x, options.radiusPx, [&](int v, int u) {
        ++count;
        level += double{input.at(v, u)};
        for (int c = 0; c < 3; ++c) {
            const double colour = guide.at(v, u, c) / 255.0;
            const auto i = static_cast<std::size_t>(c);
            mean[i] += colour;
            with[i] += colour * double{input.at(v, u)};
            for (int d = 0; d < 3; ++d) {
                m[i][static_cast<std::size_t>(d)] += colour * guide.at(v, u, d) / 255.0;
            }
        }
    });
    level /= count;
    for (auto& each : mean) each /= count;
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t j = 0; j < 3; ++j) m[i][j] = m[i][j] / count - mean[i] * mean[j];
        m[i][i] += double{options.epsilon};
        m[i][3] = with[i] / count - mean[i] * level;
    }
    for (std::size_t i = 0; i < 3; ++i) {
        for (std::size_t row = 0; row < 3; ++row) {
            if (row == i) continue;
            const double factor = m[row][i] / m[i][i];
            for (std::size_t j = 0; j < 4; ++j) m[row][j] -= factor * m[i][j];
        }
    }
    std::array<double, 4> line{m[0][3] / m[0][0], m[1][3] / m[1][1], m[2][3] / m[2][2], level};
    for (std::size_t i = 0; i < 3; ++i) line[3] -= line[i] * mean[i];
    return line;
}

class TestGuidedFilter : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void equalsTheNaiveLoop() {
        for (const SizePx size : {SizePx{23, 17}, SizePx{5, 31}, SizePx{1, 1}}) {
            const auto guide = noise(size, 3);
            std::mt19937 random(7);
            Raster<float> input(size, 1);
            for (float& value : input.values()) {
                value = static_cast<float>(random() % 1000) / 999.0F;
            }
            const GuidedFilterOptions options{.radiusPx = 3, .epsilon = 0.01F};
            const Raster<float> filtered = guidedFilter(input, guide, options);
            for (int y = 0; y < size.height; ++y) {
                for (int x = 0; x < size.width; ++x) {
                    double sum = 0.0;
                    double count = 0.0;
                    overWindow(size, y, x, options.radiusPx, [&](int v, int u) {
                        const auto line = lineOf(input, guide, v, u, options);
                        ++count;
                        sum += line[3];
                        for (int c = 0; c < 3; ++c) {
                            sum += line[static_cast<std::size_t>(c)] * guide.at(y, x, c) / 255.0;
                        }
                    });
                    const double difference = std::abs(double{filtered.at(y, x)} - sum / count);
                    QVERIFY2(difference < 1e-4, qPrintable(QString::number(difference)));
                }
            }
        }
    }

    /// An outline that is a pixel beside an edge of the picture moves onto it.
    void outlinesMoveToEdges() {
        const SizePx size{40, 20};
        Raster<std::uint8_t> guide(size, 3, 40);
        Raster<float> input(size, 1, 0.0F);
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                if (x >= 20) guide.at(y, x, 1) = 200;
                if (x >= 21) input.at(y, x) = 1.0F;
            }
        }
        const Raster<float> filtered =
            guidedFilter(input, guide, {.radiusPx = 4, .epsilon = 0.001F});
        for (int y = 0; y < size.height; ++y) {
            for (int x = 0; x < size.width; ++x) {
                QCOMPARE(filtered.at(y, x) > 0.5F, x >= 20);
            }
        }
    }

    void aConstantStays() {
        const SizePx size{31, 12};
        const Raster<float> filtered = guidedFilter(Raster<float>(size, 1, 0.25F), noise(size, 1));
        for (const float value : filtered.values()) QVERIFY(std::abs(value - 0.25F) < 1e-5F);
    }

    void sizesMustAgree() {
        QVERIFY_EXCEPTION_THROWN((void)guidedFilter(Raster<float>({4, 4}, 1), noise({5, 4}, 1)),
                                 Error);
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestGuidedFilter)
#include "test_guided_filter.moc"
