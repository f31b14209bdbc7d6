// The halves of the evaluation data, and intervals under resampling.
#include <QTest>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <numeric>
#include <random>
#include <set>
#include <sstream>

#include "app/cli_commands/bootstrap_interval.h"
#include "app/cli_commands/evaluation_split.h"
#include "app/cli_commands/flow_averages.h"
#include "app/cli_commands/mask_score_table.h"
#include "inference/engine/flow_provider.h"

using namespace mcj;

namespace {

/// As the header says it, without the program's code.
Interval naiveInterval(const std::vector<double>& values) {
    std::mt19937_64 random(20261126);
    std::vector<double> means;
    for (int resample = 0; resample < 10'000; ++resample) {
        double sum = 0.0;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const double share = static_cast<double>(random() / 4294967296ULL) / 4294967296.0;
            sum += values[static_cast<std::size_t>(
                std::floor(share * static_cast<double>(values.size())))];
        }
        means.push_back(sum / static_cast<double>(values.size()));
    }
    std::sort(means.begin(), means.end());
    const auto at = [&](double share) {
        const double place = share * 9999.0;
        const auto below = static_cast<std::size_t>(std::floor(place));
        return means[below] + (place - std::floor(place)) * (means[below + 1] - means[below]);
    };
    return {at(0.025), at(0.975)};
}

ScoredPair pairOf(const std::string& name, double model, double dis, double zero) {
    ScoredPair pair;
    pair.name = name;
    const auto add = [&](const std::string& method, double epe) {
        TimedFlowScore timed;
        timed.score.epe = epe;
        pair.scores[method] = timed;
    };
    add(kModelFlow, model);
    add(kDisFlow, dis);
    add(kZeroFlow, zero);
    return pair;
}

std::string textOf(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

}  // namespace

class TestEvaluationSplit : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void theHalvesAreTheNamedOnes() {
        const auto count = [](SplitItems items, EvaluationHalf half) {
            return namesOfHalf(items, half).size();
        };
        QCOMPARE(count(SplitItems::FlowPairs, EvaluationHalf::Selection), std::size_t{9});
        QCOMPARE(count(SplitItems::FlowPairs, EvaluationHalf::Report), std::size_t{7});
        QCOMPARE(count(SplitItems::MaskSequences, EvaluationHalf::Selection), std::size_t{6});
        QCOMPARE(count(SplitItems::MaskSequences, EvaluationHalf::Report), std::size_t{6});
        QCOMPARE(halfOf(SplitItems::FlowPairs, "flow/chairs3"), EvaluationHalf::Selection);
        QCOMPARE(halfOf(SplitItems::FlowPairs, "venus"), EvaluationHalf::Report);
        QCOMPARE(halfOf(SplitItems::MaskSequences, "dog"), EvaluationHalf::Selection);
        QCOMPARE(halfOf(SplitItems::MaskSequences, "kite-surf"), EvaluationHalf::Report);
        // A name is a pair's or a sequence's, and the whole of it.
        for (const char* name : {"dog", "chairs", "chairs33", "Venus", "", "chairs3/x"}) {
            QVERIFY2(!halfOf(SplitItems::FlowPairs, name), name);
        }
        QVERIFY(!halfOf(SplitItems::MaskSequences, "venus"));
        std::set<std::string> names;
        std::size_t all = 0;
        for (const auto items : {SplitItems::FlowPairs, SplitItems::MaskSequences}) {
            for (const auto half : {EvaluationHalf::Selection, EvaluationHalf::Report}) {
                for (const std::string& name : namesOfHalf(items, half)) {
                    names.insert(name);
                    ++all;
                    QCOMPARE(halfOf(items, name), half);
                }
            }
        }
        QCOMPARE(names.size(), all);
    }

    void thePageNamesTheSame() {
        const std::string page = textOf(MCJ_SOURCE_DIR "/docs/selection.md");
        for (const auto items : {SplitItems::FlowPairs, SplitItems::MaskSequences}) {
            for (const auto half : {EvaluationHalf::Selection, EvaluationHalf::Report}) {
                std::string list;
                for (const std::string& name : namesOfHalf(items, half)) {
                    list += (list.empty() ? "" : ", ") + name;
                }
                QVERIFY2(page.find("| " + list + " |") != std::string::npos, list.c_str());
            }
        }
    }

    void whatIsInNeitherHalfAndWhatIsMissingIsFound() {
        const SplitFindings findings =
            judgeSplit(SplitItems::MaskSequences, EvaluationHalf::Selection,
                       {"a/dog", "libby", "blackswan", "judo", "tennis_small", "camvid_street"});
        QCOMPARE(findings.inNeither, std::vector<std::string>{"judo"});
        QCOMPARE(findings.missing, (std::vector<std::string>{"car-shadow", "scooter-black"}));
    }

    void theBootstrapEqualsANaiveLoop() {
        for (const std::vector<double>& values :
             {std::vector<double>{0.3, -0.1}, std::vector<double>{1.0, 2.0, 4.0, 8.0, 16.0},
              std::vector<double>{0.5, 0.1, 0.9, 0.4, 0.4, 0.7, 0.2, 0.6, 0.3}}) {
            const auto interval = bootstrapMean(values);
            QVERIFY(interval);
            const Interval naive = naiveInterval(values);
            QVERIFY(std::abs(interval->low - naive.low) < 1e-12);
            QVERIFY(std::abs(interval->high - naive.high) < 1e-12);
            const double mean =
                std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
            QVERIFY(interval->low < mean && mean < interval->high);
        }
        QVERIFY(!bootstrapMean(std::vector<double>{}));
        QVERIFY(!bootstrapMean(std::vector<double>{1.0}));
    }

    void theIntervalCoversTheMeanAsOftenAsItSays() {
        // Of 300 samples of 40 values around 0, about 95 % must have 0 in their interval.
        std::mt19937 random(5);
        std::normal_distribution<double> normal(0.0, 1.0);
        int covered = 0;
        for (int sample = 0; sample < 300; ++sample) {
            std::vector<double> values(40);
            for (double& value : values) value = normal(random);
            const auto interval = bootstrapMean(values);
            covered += interval->low <= 0.0 && 0.0 <= interval->high ? 1 : 0;
        }
        QVERIFY2(covered > 300 * 0.89 && covered < 300 * 0.985,
                 qPrintable(QString::number(covered)));
    }

    void equalMethodsHaveARatioOfOne() {
        std::vector<ScoredPair> pairs;
        for (int i = 1; i <= 6; ++i) {
            pairs.push_back(pairOf("p" + std::to_string(i), 0.5 * i, 0.5 * i, 3.0 * i));
        }
        const FlowAverage dis = averageFlow(kDisFlow, pairs, PairLayout::Folders);
        QCOMPARE(dis.ratioDis.value(), 1.0);
        QCOMPARE(dis.ratioDisInterval.value().low, 1.0);
        QCOMPARE(dis.ratioDisInterval.value().high, 1.0);
        // Better on half of the pairs and worse by the same factor on the others.
        for (std::size_t i = 0; i < pairs.size(); ++i) {
            auto& epe = pairs[i].scores.at(kModelFlow).score.epe;
            epe = *epe * (i % 2 == 0 ? 1.25 : 0.8);
        }
        const FlowAverage model = averageFlow(kModelFlow, pairs, PairLayout::Folders);
        QVERIFY(std::abs(*model.ratioDis - 1.0) < 1e-12);
        QVERIFY(model.ratioDisInterval->low < 1.0 && model.ratioDisInterval->high > 1.0);
        // Better everywhere: 1 lies outside.
        for (ScoredPair& pair : pairs) pair.scores.at(kModelFlow).score.epe = 0.1;
        QVERIFY(averageFlow(kModelFlow, pairs, PairLayout::Folders).ratioDisInterval->high < 1.0);
        pairs.resize(1);
        QVERIFY(!averageFlow(kModelFlow, pairs, PairLayout::Folders).ratioDisInterval);
    }

    void sequencesCountAlike() {
        const std::map<std::string, SequenceMean> first{
            {"a", {0.8, 0.6}}, {"b", {0.4, 0.2}}, {"c", {0.6, 0.4}}};
        const SequenceAverage alone = averageOverSequences(first, {});
        QCOMPARE(alone.sequences, std::size_t{3});
        QVERIFY(std::abs(alone.j - 0.6) < 1e-12 && std::abs(alone.f - 0.4) < 1e-12);
        QVERIFY(std::abs(alone.jf - 0.5) < 1e-12);
        QVERIFY(alone.jfInterval->low < 0.5 && alone.jfInterval->high > 0.5);
        QVERIFY(!alone.difference && !alone.differenceInterval);
        // The same method: the paired interval holds 0 and nothing besides it.
        const SequenceAverage same = averageOverSequences(first, first);
        QCOMPARE(same.difference.value(), 0.0);
        QCOMPARE(same.differenceInterval.value().low, 0.0);
        QCOMPARE(same.differenceInterval.value().high, 0.0);
        // A gain on every sequence is one, although the sequences differ by far more.
        std::map<std::string, SequenceMean> better = first;
        for (auto& [name, mean] : better) mean.j += 0.02;
        const SequenceAverage gain = averageOverSequences(better, first);
        QVERIFY(std::abs(*gain.difference - 0.01) < 1e-12);
        QVERIFY(gain.differenceInterval->low > 0.009 && gain.jfInterval->low < 0.5);
        // Only sequences that both have are compared.
        better.erase("b");
        QVERIFY(std::abs(*averageOverSequences(better, first).difference - 0.01) < 1e-12);
    }
};

QTEST_GUILESS_MAIN(TestEvaluationSplit)
#include "test_evaluation_split.moc"
