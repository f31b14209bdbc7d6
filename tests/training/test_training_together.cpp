// Several processes train as one would with the same batch: here they are threads that exchange
// what processes do.

#include <atomic>
#include <memory>
#include <string>

#include <QTemporaryDir>
#include <QtTest>

#include "inference/model/checkpoint.h"
#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "tests/training/thread_collective.h"
#include "tests/training/tiny_training.h"
#include "training/trainer.h"

namespace {

/// A trainer shares its processes' object; here it outlives the trainer.
std::shared_ptr<mcj::Collective> borrowed(mcj::Collective& member) {
    return {&member, [](mcj::Collective*) {}};
}

}  // namespace

class TestTrainingTogether : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { tiny::writeShards(folder_.path().toStdString()); }
    void processesTrainAsOneWould_data();
    void processesTrainAsOneWould();
    void processesMustShareEvenly();

private:
    QTemporaryDir folder_;
    [[nodiscard]] mcj::TrainOptions options(const std::string& run) const {
        return tiny::options(folder_.path().toStdString(), run);
    }
};

void TestTrainingTogether::processesTrainAsOneWould_data() {
    QTest::addColumn<int>("processes");
    QTest::newRow("2") << 2;
    QTest::newRow("4") << 4;
}

void TestTrainingTogether::processesTrainAsOneWould() {
    QFETCH(const int, processes);
    auto recipe = tiny::recipe("mc-jepa");
    recipe.syntheticBatch = 4;
    recipe.realBatch = 4;
    recipe.content.batch = 8;
    recipe.matching.weight = 0.5;
    recipe.steps = 5;
    recipe.precision = mcj::Precision::Float64;
    const std::string name = std::to_string(processes) + " processes";
    auto whole = options(name + ", whole");
    // Threads share LibTorch's one generator, as processes do not: the first weights come from a
    // file.
    whole.init = folder_.filePath("first.safetensors").toStdString();
    mcj::saveModel(whole.init, mcj::McJepa(recipe.model), {}, mcj::WeightType::Float32);
    const auto alone = tiny::train(recipe, whole);
    std::vector<mcj::MetricLine> together;
    mcj::test::runRanks(processes, [&](mcj::Collective& member) {
        auto made = options(name);
        made.init = whole.init;
        made.threads = 1;
        made.processes = borrowed(member);
        const std::atomic<bool> never{false};
        mcj::Trainer(recipe, made).fit(never, [&](const mcj::MetricLine& line) {
            together.push_back(line);
        });
    });
    QCOMPARE(together.size(), alone.size());
    QVERIFY(alone.front().contains("loss.match.3"));
    for (std::size_t i = 0; i < alone.size(); ++i) {
        for (const auto& [key, value] : alone[i]) {
            if (!key.starts_with("loss") && !key.starts_with("gradient_norm")) continue;
            const double difference = std::abs(together[i].at(key) - value);
            QVERIFY2(difference <= 1e-6 * std::max(1e-3, std::abs(value)),
                     qPrintable(QString("%1 at step %2: %3 instead of %4")
                                    .arg(key.c_str())
                                    .arg(i)
                                    .arg(together[i].at(key), 0, 'g', 12)
                                    .arg(value, 0, 'g', 12)));
        }
    }
}

void TestTrainingTogether::processesMustShareEvenly() {
    auto recipe = tiny::recipe("vicreg");
    recipe.content.batch = 3;
    std::atomic<int> refused{0};
    mcj::test::runRanks(2, [&](mcj::Collective& member) {
        auto made = options("uneven");
        made.processes = borrowed(member);
        try {
            mcj::Trainer(recipe, made);
        } catch (const mcj::Error& error) {
            refused += std::string(error.what()).find("content.batch is 3") != std::string::npos;
        }
    });
    QCOMPARE(refused.load(), 2);
}

MCJ_TEST(TestTrainingTogether)
#include "test_training_together.moc"
