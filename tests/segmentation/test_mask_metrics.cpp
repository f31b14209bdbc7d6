#include <QString>
#include <QTest>

#include <cmath>
#include <map>

#include "media/base/error.h"
#include "segmentation/mask_metrics.h"
#include "tests/segmentation/made_masks.h"

namespace mcj {
namespace {

// A second, plain implementation: the definitions pixel by pixel, dilation by drawing disks.

using Grid = std::vector<std::vector<bool>>;

Grid pick(const Mask& mask, int object, const Grid& dropped) {
    Grid grid(static_cast<std::size_t>(mask.size().height),
              std::vector<bool>(static_cast<std::size_t>(mask.size().width)));
    for (int y = 0; y < mask.size().height; ++y) {
        for (int x = 0; x < mask.size().width; ++x) {
            grid[y][x] = mask.labels.at(y, x) == object && !dropped[y][x];
        }
    }
    return grid;
}

Grid plainBoundary(const Grid& m) {
    const std::size_t h = m.size();
    const std::size_t w = m[0].size();
    Grid b(h, std::vector<bool>(w));
    for (std::size_t y = 0; y < h; ++y) {
        for (std::size_t x = 0; x < w; ++x) {
            const bool lastRow = y + 1 == h;
            const bool lastColumn = x + 1 == w;
            if (lastRow && lastColumn) {
                b[y][x] = false;
            } else if (lastRow) {
                b[y][x] = m[y][x] != m[y][x + 1];
            } else if (lastColumn) {
                b[y][x] = m[y][x] != m[y + 1][x];
            } else {
                b[y][x] =
                    m[y][x] != m[y][x + 1] || m[y][x] != m[y + 1][x] || m[y][x] != m[y + 1][x + 1];
            }
        }
    }
    return b;
}

Grid plainDilation(const Grid& b, int r) {
    const int h = static_cast<int>(b.size());
    const int w = static_cast<int>(b[0].size());
    Grid out(b.size(), std::vector<bool>(b[0].size()));
    for (int y = 0; y < h; ++y) {
        for (int x = 0; x < w; ++x) {
            if (!b[y][x]) continue;
            for (int dy = -r; dy <= r; ++dy) {
                for (int dx = -r; dx <= r; ++dx) {
                    if (dx * dx + dy * dy > r * r) continue;
                    if (y + dy < 0 || y + dy >= h || x + dx < 0 || x + dx >= w) continue;
                    out[y + dy][x + dx] = true;
                }
            }
        }
    }
    return out;
}

double share(const Grid& of, const Grid& inside) {
    double hits = 0;
    double all = 0;
    for (std::size_t y = 0; y < of.size(); ++y) {
        for (std::size_t x = 0; x < of[y].size(); ++x) {
            all += of[y][x];
            hits += of[y][x] && inside[y][x];
        }
    }
    return hits / all;
}

bool any(const Grid& grid) {
    for (const auto& row : grid) {
        for (const bool bit : row) {
            if (bit) return true;
        }
    }
    return false;
}

double plainF(const Grid& result, const Grid& truth) {
    const double h = static_cast<double>(result.size());
    const double w = static_cast<double>(result[0].size());
    const int radius = static_cast<int>(std::ceil(0.008 * std::sqrt(h * h + w * w)));
    const Grid found = plainBoundary(result);
    const Grid real = plainBoundary(truth);
    double p = 0;
    double r = 0;
    if (!any(found) && !any(real)) {
        p = r = 1;
    } else if (!any(found)) {
        p = 1;
    } else if (!any(real)) {
        r = 1;
    } else {
        p = share(found, plainDilation(real, radius));
        r = share(real, plainDilation(found, radius));
    }
    return p + r == 0 ? 0 : 2 * p * r / (p + r);
}

double plainJ(const Grid& result, const Grid& truth) {
    double both = 0;
    double either = 0;
    for (std::size_t y = 0; y < result.size(); ++y) {
        for (std::size_t x = 0; x < result[y].size(); ++x) {
            both += result[y][x] && truth[y][x];
            either += result[y][x] || truth[y][x];
        }
    }
    return either == 0 ? 1 : both / either;
}

std::vector<double> plainStatistics(const std::vector<double>& v) {
    double mean = 0;
    double recall = 0;
    for (const double value : v) {
        mean += value / static_cast<double>(v.size());
        recall += (value > 0.5 ? 1.0 : 0.0) / static_cast<double>(v.size());
    }
    std::vector<int> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(
            static_cast<int>(std::rint(1 + (static_cast<double>(v.size()) - 1) * i / 4.0 + 1e-10)) -
            1);
    }
    const auto bin = [&](int first, int last) {
        double sum = 0;
        for (int i = first; i <= last; ++i) sum += v[static_cast<std::size_t>(i)];
        return sum / (last - first + 1);
    };
    return {mean, recall, bin(ids[0], ids[1]) - bin(ids[3], ids[4])};
}

/// The whole protocol: J and F statistics by object.
std::map<int, std::vector<double>> plainScore(const std::vector<MaskPtr>& results,
                                              const std::vector<MaskPtr>& truth,
                                              const std::vector<int>& objects, int ignored) {
    std::map<int, std::vector<double>> scores;
    for (const int object : objects) {
        std::vector<double> j;
        std::vector<double> f;
        for (std::size_t t = 1; t + 1 < truth.size(); ++t) {
            const SizePx size = truth[t]->size();
            const Grid nothing(size.height, std::vector<bool>(size.width));
            const Grid dropped = ignored < 0 ? nothing : pick(*truth[t], ignored, nothing);
            const Grid a = pick(*results[t], object, dropped);
            const Grid b = pick(*truth[t], object, dropped);
            j.push_back(plainJ(a, b));
            f.push_back(plainF(a, b));
        }
        scores[object] = plainStatistics(j);
        for (const double value : plainStatistics(f)) scores[object].push_back(value);
    }
    return scores;
}

void compare(const SequenceScore& score, const std::map<int, std::vector<double>>& plain) {
    QCOMPARE(score.objects.size(), plain.size());
    for (const ObjectScore& object : score.objects) {
        const auto& expected = plain.at(object.object);
        const double got[] = {object.j.mean, object.j.recall, object.j.decay,
                              object.f.mean, object.f.recall, object.f.decay};
        for (std::size_t i = 0; i < 6; ++i) {
            QVERIFY2(std::abs(got[i] - expected[i]) < 1e-9,
                     qPrintable(QString("object %1, figure %2: %3, plainly %4")
                                    .arg(object.object)
                                    .arg(i)
                                    .arg(got[i])
                                    .arg(expected[i])));
        }
    }
}

MaskPtr share(Mask mask) { return std::make_shared<const Mask>(std::move(mask)); }

class TestMaskMetrics : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void errorsNameTheirFrame() {
        // Scored one frame behind, the error is still that of the frame that has the label.
        for (const int wrong : {1, 2, 3}) {
            SequenceScorer scorer{{}};
            QString text;
            for (int frame = 0; frame < 6; ++frame) {
                Mask result = diskMask({20, 20}, {9, 9}, 4, 1);
                if (frame >= wrong) result.labels.at(0, 0) = 5;
                const auto outcome = runGuarded([&] {
                    scorer.add(result, diskMask({20, 20}, {9, 9}, 4, 1),
                               "f" + std::to_string(frame));
                    return 0;
                });
                if (!outcome.ok() && text.isEmpty()) text = outcome.error().what();
            }
            QVERIFY2(text.contains(QString("frame f%1 ").arg(wrong)), qPrintable(text));
        }
    }

    void equalsThePlainImplementation() {
        // Large enough for tolerances of 2 to 4 px; every frame count takes other decay bins.
        for (int frames = 3; frames < 14; ++frames) {
            const SizePx size{150 + 31 * frames, 140};
            std::vector<MaskPtr> truth;
            std::vector<MaskPtr> results;
            for (int t = 0; t < frames; ++t) {
                const auto seed = static_cast<std::uint32_t>(frames * 100 + t);
                Mask real = diskMask(size, {60.0F + static_cast<float>(t), 70}, 30, 1);
                for (int x = 90; x < 120; ++x) real.labels.at(20, x) = 3;
                Mask found = diskMask(size, {63.0F + static_cast<float>(2 * t), 68}, 28, 1);
                // Noise that comes and goes, objects that vanish on one side or on both.
                if (t % 3 == 1) found = randomMask(size, 4, seed);
                if (t % 4 == 2) real = randomMask(size, 4, seed + 7);
                if (t % 5 == 3) real = Mask(size);
                if (t % 5 >= 3) found = Mask(size);
                if (t == 0) real.labels.at(0, 0) = 3;
                real.labels.at(5, 5) = kVoid;
                truth.push_back(share(std::move(real)));
                results.push_back(share(std::move(found)));
            }
            compare(scoreSequence(results, truth), plainScore(results, truth, {1, 2, 3}, -1));
        }
    }

    void classesCountZeroAndIgnoreVoid() {
        const SizePx size{160, 120};
        std::vector<MaskPtr> truth;
        std::vector<MaskPtr> results;
        for (std::uint32_t t = 0; t < 6; ++t) {
            truth.push_back(share(randomMask(size, 12, t)));
            results.push_back(share(randomMask(size, 12, t < 3 ? t : t + 50)));
        }
        std::vector<int> classes;
        for (int id = 0; id < 11; ++id) {
            if (areaOf(*truth[0], static_cast<ObjectId>(id)) > 0) classes.push_back(id);
        }
        QVERIFY(classes.size() > 2 && classes.front() == 0);
        const SequenceScore score = scoreSequence(results, truth, camVidScoreOptions());
        compare(score, plainScore(results, truth, classes, 11));
        // The frames where result and truth agree score 1 exactly.
        for (const ObjectScore& object : score.objects) {
            QCOMPARE(object.jFrames[0], 1.0);
            QCOMPARE(object.fFrames[1], 1.0);
        }
    }

    void ignoredPixelsDoNotCount() {
        const SizePx size{60, 50};
        Mask truth = diskMask(size, {20, 20}, 8);
        for (int y = 30; y < 50; ++y) {
            for (int x = 0; x < 60; ++x) truth.labels.at(y, x) = kVoid;
        }
        Mask found = diskMask(size, {20, 20}, 8);
        for (int x = 10; x < 30; ++x) found.labels.at(40, x) = 1;
        MaskScoreOptions options;
        options.frames = FrameChoice::All;
        const std::vector<MaskPtr> results{share(found)};
        const std::vector<MaskPtr> truths{share(truth)};
        QVERIFY(scoreSequence(results, truths, options).objects[0].j.mean < 1.0);
        options.voidRule = VoidRule::Ignore;
        QCOMPARE(scoreSequence(results, truths, options).objects[0].j.mean, 1.0);
        QCOMPARE(scoreSequence(results, truths, options).objects[0].f.mean, 1.0);
    }

    void oneObjectIfOnly255() {
        const Mask truth = diskMask({60, 50}, {20, 20}, 8, kVoid);
        const Mask found = diskMask({60, 50}, {20, 20}, 8, 1);
        MaskScoreOptions options;
        options.frames = FrameChoice::All;
        const std::vector<MaskPtr> results{share(found)};
        const std::vector<MaskPtr> truths{share(normalizeImportedMask(truth))};
        QCOMPARE(scoreSequence(results, truths, options).objects[0].j.mean, 1.0);
    }

    void knownValues() {
        Raster<std::uint8_t> empty({10, 10}, 1);
        Raster<std::uint8_t> block = empty;
        for (int y = 2; y < 6; ++y) {
            for (int x = 2; x < 6; ++x) block.at(y, x) = 9;
        }
        QCOMPARE(regionSimilarity(empty, empty), 1.0);
        QCOMPARE(regionSimilarity(block, empty), 0.0);
        QCOMPARE(regionSimilarity(block, block), 1.0);
        QCOMPARE(contourAccuracy(empty, empty, 2), 1.0);
        QCOMPARE(contourAccuracy(block, empty, 2), 0.0);
        QCOMPARE(contourAccuracy(empty, block, 2), 0.0);
        QCOMPARE(contourAccuracy(block, block, 0), 1.0);
        QCOMPARE(boundaryTolerancePx({854, 480}, 0.008), 8);
        QCOMPARE(boundaryTolerancePx({854, 480}, 3.0), 3);
        const double ramp[] = {1.0, 1.0, 0.6, 0.6, 0.2, 0.2, 0.0, 0.0};
        const MeasureStatistics statistics = statisticsOf(ramp);
        QCOMPARE(statistics.mean, 0.45);
        QCOMPARE(statistics.recall, 0.5);
        // n = 8: edges 1, 2.75, 4.5, 6.25, 8 round to 1, 3, 5, 6, 8 (4.5 goes up by the 1e-10).
        QVERIFY(std::abs(statistics.decay - ((1.0 + 1.0 + 0.6) / 3 - (0.2 + 0.0 + 0.0) / 3)) <
                1e-12);
    }

    void firstAndLastDoNotCount() {
        const SizePx size{40, 40};
        const MaskPtr good = share(diskMask(size, {20, 20}, 9));
        const MaskPtr bad = share(Mask(size));
        const std::vector<MaskPtr> truth{good, good, good, good};
        const std::vector<MaskPtr> results{bad, good, good, bad};
        QCOMPARE(scoreSequence(results, truth).objects[0].j.mean, 1.0);
        MaskScoreOptions all;
        all.frames = FrameChoice::All;
        QCOMPARE(scoreSequence(results, truth, all).objects[0].j.mean, 0.5);
    }

    void poolsOverObjects() {
        SequenceScore first;
        first.objects.resize(2);
        first.objects[0].j.mean = 1.0;
        first.objects[0].f.mean = 0.5;
        SequenceScore second;
        second.objects.resize(1);
        second.objects[0].j.mean = 0.5;
        first.objects[1].j.recall = 0.6;
        second.objects[0].f.decay = -0.3;
        const std::vector<SequenceScore> both{first, second};
        const GlobalScore global = pool(both);
        QCOMPARE(global.objects, std::size_t{3});
        QCOMPARE(global.jMean, 0.5);
        QVERIFY(std::abs(global.fMean - 0.5 / 3) < 1e-12);
        QVERIFY(std::abs(global.jfMean - (0.5 + 0.5 / 3) / 2) < 1e-12);
        QVERIFY(std::abs(global.jRecall - 0.2) < 1e-12);
        QVERIFY(std::abs(global.fDecay + 0.1) < 1e-12);
        QCOMPARE(global.jDecay, 0.0);
        QCOMPARE(global.fRecall, 0.0);
    }

    void whatCannotBeScoredIsAnError() {
        const SizePx size{40, 40};
        const MaskPtr one = share(diskMask(size, {20, 20}, 9));
        const MaskPtr two = share(diskMask(size, {20, 20}, 9, 2));
        const MaskPtr none = share(Mask(size));
        const MaskPtr other = share(Mask({3, 3}));
        using List = std::vector<MaskPtr>;
        const auto fails = [](const List& results, const List& truth) {
            try {
                (void)scoreSequence(results, truth);
            } catch (const Error& error) {
                return error.code() == ErrorCode::Input;
            }
            return false;
        };
        QVERIFY(fails({one, one}, {one, one}));                  // nothing between first and last
        QVERIFY(fails({one, one, one}, {one, one}));             // not one to one
        QVERIFY(fails({one, two, one}, {one, one, one}));        // an object the truth lacks
        QVERIFY(fails({one, one, one}, {none, one, one}));       // nothing to score
        QVERIFY(fails({other, other, other}, {one, one, one}));  // another size
        QVERIFY(!fails({two, one, two}, {one, one, one}));       // ends do not count
    }
};

}  // namespace
}  // namespace mcj

QTEST_GUILESS_MAIN(mcj::TestMaskMetrics)
#include "test_mask_metrics.moc"
