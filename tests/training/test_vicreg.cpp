// VICReg and the variance-covariance terms against naive loops, and what their sizes allow.

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include <QtTest>

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/optim/adamw.h>

#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "tests/training/scalars.h"
#include "training/collective.h"
#include "training/variance_covariance.h"
#include "training/vicreg.h"

using mcj::test::kDouble;
using mcj::test::largest;
using mcj::test::number;

namespace {

/// sum_{i != j} Cov_ij^2 / D by loops.
double naiveCovariance(const at::Tensor& rows) {
    const std::int64_t n = rows.size(0);
    const std::int64_t d = rows.size(1);
    const auto centred = (rows - rows.mean(0, true)).contiguous();
    const auto* z = centred.const_data_ptr<double>();
    double sum = 0.0;
    for (std::int64_t i = 0; i < d; ++i) {
        for (std::int64_t j = 0; j < d; ++j) {
            if (i == j) continue;
            double covariance = 0.0;
            for (std::int64_t k = 0; k < n; ++k) covariance += z[k * d + i] * z[k * d + j];
            covariance /= static_cast<double>(n - 1);
            sum += covariance * covariance;
        }
    }
    return sum / static_cast<double>(d);
}

}  // namespace

class TestVicreg : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { at::manual_seed(3); }
    void covarianceEqualsALoopInBothForms();
    void varianceCovarianceTakesFewSamples();
    void vicregIsZeroWhereItShouldBe();
    void vicregSeesCollapse();
    void smallBatchesLimitTheDeviation();
    void freeEmbeddingsAttainTheirDeviation_data();
    void freeEmbeddingsAttainTheirDeviation();
    void oneSampleIsRefused();
};

void TestVicreg::covarianceEqualsALoopInBothForms() {
    for (const auto& [rows, dims] : {std::pair{40, 7}, {6, 30}, {15, 30}, {16, 30}, {5, 1}}) {
        const auto samples = at::randn({rows, dims}, kDouble) + 2.0;
        const double value = number(mcj::covariancePenalty(mcj::centredRows(samples)));
        QVERIFY2(std::abs(value - naiveCovariance(samples)) < 1e-11,
                 qPrintable(QString("%1 x %2").arg(rows).arg(dims)));
    }
}

void TestVicreg::varianceCovarianceTakesFewSamples() {
    mcj::SingleProcess alone;
    const auto touched = [&](const at::IntArrayRef& shape) {
        const auto features = at::randn(shape, kDouble).requires_grad_();
        const auto loss = mcj::varianceCovariance(features, {1.0, 1.0}, alone);
        const auto gradient = torch::autograd::grad({loss}, {features})[0];
        return gradient.abs().sum(1).gt(0).sum().item<std::int64_t>();
    };
    QCOMPARE(touched({2, 4, 8, 8}), std::int64_t{128});  // all of them
    const auto many = touched({3, 4, 64, 96});
    QVERIFY(many <= 4096 && many > 2000);
    QCOMPARE(touched({5000, 4, 2, 2}), std::int64_t{5000});  // one a map
    // Constant maps: the hinge alone, at its largest but for the epsilon.
    const auto flat = mcj::varianceCovariance(at::ones({2, 4, 8, 8}, kDouble), {2.0, 1.0}, alone);
    QVERIFY(std::abs(number(flat) - 2.0 * (1.0 - std::sqrt(1e-4))) < 1e-12);
}

void TestVicreg::vicregIsZeroWhereItShouldBe() {
    // Columns of a Hadamard matrix: orthogonal, mean zero, and here of deviation above one.
    auto hadamard = at::ones({1, 1}, kDouble);
    for (int i = 0; i < 3; ++i) {
        hadamard =
            at::cat({at::cat({hadamard, hadamard}, 1), at::cat({hadamard, -hadamard}, 1)}, 0);
    }
    const auto views = hadamard.narrow(1, 1, 7) * 1.5;
    mcj::SingleProcess alone;
    const auto terms = mcj::vicregLoss(views, views, {}, alone);
    for (const auto& [name, value] : terms.parts) QVERIFY2(largest(value) < 1e-12, name.c_str());
    const auto moved = mcj::vicregLoss(views, views + 1.0, {}, alone);
    QVERIFY(std::abs(number(moved.parts.at("invariance")) - 25.0) < 1e-12);
    QVERIFY(number(moved.parts.at("covariance")) < 1e-12);
}

void TestVicreg::vicregSeesCollapse() {
    mcj::SingleProcess alone;
    const auto same = at::ones({16, 8}, kDouble);
    const auto collapsed = mcj::vicregLoss(same, same, {}, alone);
    QVERIFY(std::abs(number(collapsed.total) - 25.0 * 0.99) < 1e-12);
    const auto copied = at::randn({64, 1}, kDouble).expand({64, 8}) * 2.0;
    QVERIFY(number(mcj::vicregLoss(copied, copied, {}, alone).parts.at("covariance")) > 50.0);
}

void TestVicreg::smallBatchesLimitTheDeviation() {
    const auto attained = [](std::int64_t batch, std::int64_t dims) {
        return mcj::attainableDeviation(mcj::VicregSettings{}, batch, dims);
    };
    QCOMPARE(attained(2048, 8192), 1.0);  // VICReg's own sizes
    QVERIFY(std::abs(attained(384, 8192) - 0.5352) < 1e-4);
    QVERIFY(std::abs(attained(16, 8192) - 0.1790) < 1e-4);
    QVERIFY(attained(16, 64) > 0.98);
    QCOMPARE(attained(65, 64), 1.0);  // as many independent directions as numbers
    QCOMPARE(mcj::attainableDeviation(mcj::LevelVc{0.01, 0.0}, 2, 768), 1.0);
    QVERIFY(mcj::attainableDeviation(mcj::LevelVc{0.01, 0.04}, 16, 768) < 0.11);
}

void TestVicreg::freeEmbeddingsAttainTheirDeviation_data() {
    QTest::addColumn<int>("batch");
    QTest::addColumn<int>("dims");
    QTest::newRow("sixteen numbers per picture") << 8 << 128;
    QTest::newRow("twenty-one") << 12 << 256;
    QTest::newRow("four, as VICReg") << 16 << 64;
}

void TestVicreg::freeEmbeddingsAttainTheirDeviation() {
    // No network in between: what the loss asks for is a matter of the sizes alone.
    QFETCH(const int, batch);
    QFETCH(const int, dims);
    mcj::SingleProcess alone;
    auto z = (0.3 * at::randn({batch, dims}, kDouble)).requires_grad_();
    torch::optim::AdamW optimizer(std::vector<at::Tensor>{z},
                                  torch::optim::AdamWOptions(0.02).weight_decay(0.0));
    double before = 0.0;
    double after = 0.0;
    for (int step = 0; step < 300; ++step) {
        optimizer.zero_grad();
        const auto terms = mcj::vicregLoss(z, z, {}, alone);
        (step == 0 ? before : after) = number(terms.total);
        terms.total.backward();
        optimizer.step();
    }
    const double expected = mcj::attainableDeviation(mcj::VicregSettings{}, batch, dims);
    const double deviation = number(z.detach().std(0).mean());
    QVERIFY2(std::abs(deviation - expected) < 0.01, std::to_string(deviation).c_str());
    QVERIFY2(after < before, std::to_string(after).c_str());
}

void TestVicreg::oneSampleIsRefused() {
    mcj::SingleProcess alone;
    const auto one = at::randn({1, 8}, kDouble);
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)mcj::vicregLoss(one, one, {}, alone));
    QVERIFY_THROWS_EXCEPTION(
        mcj::Error, (void)mcj::varianceCovariance(one.view({1, 8, 1, 1}), {1.0, 0.0}, alone));
}

MCJ_TEST(TestVicreg)
#include "test_vicreg.moc"
