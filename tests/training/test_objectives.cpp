// Whole passes from pictures to a loss: what the options teach, and that processes together count
// as one.

#include <cmath>

#include <QtTest>

#include <ATen/ATen.h>
#include <ATen/autocast_mode.h>
#include <torch/csrc/autograd/autograd.h>

#include "inference/model/checkpoint.h"
#include "inference/model/preprocess.h"
#include "inference/ops/warp.h"
#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "tests/training/scalars.h"
#include "tests/training/thread_collective.h"
#include "tests/training/tiny_model.h"
#include "training/augmentation_regularization.h"
#include "training/crop_supervision.h"
#include "training/mixed_precision.h"
#include "training/motion_matching_loss.h"
#include "training/objectives.h"

using mcj::test::kDouble;
using mcj::test::number;

namespace {

mcj::McJepa copyOf(mcj::McJepa model) {
    mcj::McJepa copy(model->config());
    copy->to(at::kDouble);
    mcj::loadWeights(*copy, mcj::weightsOf(*model), "the other model");
    return copy;
}

at::Tensor texture(std::int64_t count, std::int64_t height, std::int64_t width,
                   std::int64_t cell = 4) {
    return at::upsample_bicubic2d(at::rand({count, 3, height / cell, width / cell}, kDouble),
                                  {height, width}, false)
        .clamp(0, 1);
}

struct Batch {
    mcj::FramePairs pairs;
    mcj::ContentViews views;

    /// The share of one of `size` processes.
    [[nodiscard]] Batch share(int rank, int size) const {
        const auto part = [&](const at::Tensor& all) {
            const std::int64_t count = all.size(0) / size;
            return all.narrow(0, rank * count, count).contiguous();
        };
        Batch mine;
        mine.pairs.frame1 = part(pairs.frame1);
        mine.pairs.frame2 = part(pairs.frame2);
        mine.views = {part(views.first), part(views.second)};
        return mine;
    }
};

Batch makeBatch() {
    at::manual_seed(9);
    Batch batch;
    const auto scene = texture(2, 64, 80);
    batch.pairs.frame1 = scene.narrow(3, 4, 64).contiguous();
    batch.pairs.frame2 = scene.narrow(3, 2, 64).contiguous();
    batch.views = {texture(4, 64, 64), texture(4, 64, 64)};
    return batch;
}

/// Whether a parameter may have no gradient but rounding: a bias before a mean is taken away, or
/// between two outputs whose difference alone counts.
bool cancelsOut(const std::string& name) { return name.ends_with(".bias"); }

/// All losses and options.
mcj::LossTerms wholeLoss(mcj::McJepa model, const Batch& batch, mcj::Collective& processes) {
    mcj::FlowLossSettings settings;
    settings.census = 1.0;
    settings.vc = {{0.5, 0.5}, {0.5, 0.5}, {0.5, 0.5}};
    settings.selfSupervision = 0.6;
    settings.augmentation = 0.5;
    settings.occlusionBeta = 4.0;
    const mcj::FlowStep step{mcj::OcclusionUse::ForwardBackward, 0.5, 1.0, mcj::SampleRng(1, 2, 0)};
    auto terms = mcj::flowObjective(model, batch.pairs, settings, step, processes);
    const mcj::ContentLossSettings content{{}, {0.3, 0.2}};
    for (const auto& [name, value] :
         mcj::contentObjective(model, batch.views, content, processes).parts) {
        terms.add("content." + name, value);
    }
    return terms;
}

}  // namespace

class TestObjectives : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { at::manual_seed(11); }
    void everyLossReachesItsWeights();
    void everyFlowLossReachesTheWholeEstimator_data();
    void everyFlowLossReachesTheWholeEstimator();
    void presetsHaveNoDeadWeight_data();
    void presetsHaveNoDeadWeight();
    void photometricLossesComparePlainPictures();
    void drawsDependOnTheStepAlone();
    void twoProcessesCountAsOne();
    void cropsLieWithin();
    void cropTeachesOnlyWhereTheStudentIsWrong();
    void viewsLieWithin();
    void augmentedFlowLeadsToTheSamePlace();
    void contentSeesViewsAsTheyAre();
    void contentNeedsAnExpander();
    void localContentComparesTheSamePlaces();
    void lossesKeepTheirPrecisionUnderAutocast();
};

void TestObjectives::everyLossReachesItsWeights() {
    const auto model = tiny::model();
    mcj::SingleProcess alone;
    const auto terms = wholeLoss(model, makeBatch(), alone);
    for (const char* name :
         {"regression.2", "regression.3", "cycle.2", "l1", "l2", "ssim", "census", "smooth", "vc.1",
          "self_supervision", "augmentation", "content.invariance", "content.variance",
          "content.covariance", "content.pooled_vc"}) {
        QVERIFY2(terms.parts.contains(name), name);
        QVERIFY2(number(terms.parts.at(name)) > 0.0, name);
    }
    terms.total.backward();
    for (const auto& item : model->named_parameters()) {
        QVERIFY2(item.value().grad().defined(), item.key().c_str());
    }
}

void TestObjectives::everyFlowLossReachesTheWholeEstimator_data() {
    QTest::addColumn<QString>("loss");
    QTest::addColumn<int>("occlusion");
    for (const char* loss :
         {"l1", "l2", "ssim", "census", "smooth", "self_supervision", "augmentation"}) {
        QTest::newRow(loss) << loss << static_cast<int>(mcj::OcclusionUse::OutsideOnly);
    }
    // ARFlow's first stage.
    for (const char* loss : {"l1", "ssim"}) {
        QTest::addRow("%s, range map", loss)
            << loss << static_cast<int>(mcj::OcclusionUse::RangeMap);
    }
}

void TestObjectives::everyFlowLossReachesTheWholeEstimator() {
    QFETCH(const QString, loss);
    QFETCH(const int, occlusion);
    auto config = tiny::modelConfig();
    QVERIFY(config.estimator.detachLevels);  // which is for known motion
    config.estimator.context = mcj::ContextPlace::Every;
    at::manual_seed(5);
    mcj::McJepa model(config);
    {
        const at::NoGradGuard noGrad;
        for (auto& weight : model->parameters()) weight.add_(0.05 * at::randn_like(weight));
    }
    model->to(at::kDouble);
    mcj::FlowLossSettings settings;
    settings.regression = settings.cycle = 0.0;
    settings.l1 = loss == "l1" ? 1.0 : 0.0;
    settings.l2 = loss == "l2" ? 1.0 : 0.0;
    settings.ssim = loss == "ssim" ? 1.0 : 0.0;
    settings.census = loss == "census" ? 1.0 : 0.0;
    settings.smooth = loss == "smooth" ? 50.0 : 0.0;
    settings.selfSupervision = loss == "self_supervision" ? 1.0 : 0.0;
    settings.augmentation = loss == "augmentation" ? 1.0 : 0.0;
    mcj::SingleProcess alone;
    const auto part = [&](const mcj::OcclusionUse use) {
        return mcj::flowObjective(model, makeBatch().pairs, settings,
                                  {use, 1.0, 1.0, mcj::SampleRng(1, 2, 0)}, alone);
    };
    part(static_cast<mcj::OcclusionUse>(occlusion)).parts.at(loss.toStdString()).backward();
    for (const auto& item : model->estimator->named_parameters()) {
        if (cancelsOut(item.key())) continue;
        const auto& gradient = item.value().grad();
        QVERIFY2(gradient.defined() && number(gradient.abs().max()) > 0.0, item.key().c_str());
    }
}

void TestObjectives::presetsHaveNoDeadWeight_data() {
    QTest::addColumn<QString>("preset");
    QTest::addColumn<QString>("mode");
    QTest::newRow("small, m-jepa") << "small" << "m-jepa";
    QTest::newRow("small, mc-jepa") << "small" << "mc-jepa";
    QTest::newRow("small, vicreg") << "small" << "vicreg";
    QTest::newRow("arflow") << "arflow" << "arflow";
}

void TestObjectives::presetsHaveNoDeadWeight() {
    QFETCH(const QString, preset);
    QFETCH(const QString, mode);
    auto config = mcj::presetConfig(preset.toStdString());
    config.mode = mode.toStdString();
    if (!config.hasContent()) config.expander.clear();
    QCOMPARE(config.coarsestTrainedLevel(), config.encoder.levels());
    mcj::McJepa model(config);
    {
        const at::NoGradGuard noGrad;
        for (auto& weight : model->parameters()) weight.add_(0.05 * at::randn_like(weight));
    }
    mcj::SingleProcess alone;
    if (config.hasFlow()) {
        // Two cells at level 6: what a single cell has is its own mean, which is taken away.
        const auto scene = texture(1, 128, 144);
        mcj::FramePairs pairs;
        pairs.frame1 = scene.narrow(3, 4, 128).contiguous();
        pairs.frame2 = scene.narrow(3, 2, 128).contiguous();
        mcj::forEachTensor(pairs, [](at::Tensor& tensor) { tensor = tensor.to(at::kFloat); });
        mcj::FlowLossSettings settings;
        settings.regression = settings.cycle = 0.0;
        mcj::flowObjective(model, pairs, settings,
                           {mcj::OcclusionUse::OutsideOnly, 1.0, 0.0, mcj::SampleRng(1, 2, 0)},
                           alone)
            .total.backward();
    }
    if (config.hasContent()) {
        mcj::contentObjective(
            model, {texture(4, 64, 64).to(at::kFloat), texture(4, 64, 64).to(at::kFloat)}, {},
            alone)
            .total.backward();
    }
    for (const auto& item : model->named_parameters()) {
        if (cancelsOut(item.key())) continue;
        const auto& gradient = item.value().grad();
        QVERIFY2(gradient.defined() && number(gradient.abs().max()) > 0.0, item.key().c_str());
    }
}

void TestObjectives::photometricLossesComparePlainPictures() {
    at::manual_seed(5);
    mcj::McJepa model(tiny::modelConfig());  // whose flow is zero
    model->to(at::kDouble);
    mcj::FramePairs pairs;
    pairs.plain1 = pairs.plain2 = texture(2, 64, 64);
    pairs.frame1 = (pairs.plain1 + 0.1 * at::randn_like(pairs.plain1)).clamp(0, 1);
    pairs.frame2 = (pairs.plain1 * 0.7).contiguous();
    mcj::FlowLossSettings settings;
    settings.census = 1.0;
    mcj::SingleProcess alone;
    const mcj::FlowStep step{mcj::OcclusionUse::OutsideOnly, 1.0, 0.0, mcj::SampleRng(1, 2, 0)};
    const auto terms = mcj::flowObjective(model, pairs, settings, step, alone);
    for (const char* name : {"l1", "l2", "ssim"}) QVERIFY(number(terms.parts.at(name)) < 1e-12);
    QVERIFY(std::abs(number(terms.parts.at("census")) - std::pow(0.01, 0.4)) < 1e-9);
    // The network saw the frames: what it makes of them differs.
    QVERIFY(number(terms.parts.at("regression.2")) > 0.0);
    pairs.plain1.reset();
    pairs.plain2.reset();
    const auto without = mcj::flowObjective(model, pairs, settings, step, alone);
    QVERIFY(number(without.parts.at("l1")) > 0.05);
    QVERIFY(at::equal(without.parts.at("regression.2"), terms.parts.at("regression.2")));
}

void TestObjectives::drawsDependOnTheStepAlone() {
    mcj::SingleProcess alone;
    const auto batch = makeBatch();
    const auto first = wholeLoss(tiny::model(), batch, alone);
    at::manual_seed(77);  // whatever else was drawn before
    const auto model = tiny::model();
    const auto second = wholeLoss(model, batch, alone);
    for (const auto& [name, value] : first.parts) {
        QVERIFY2(at::equal(value, second.parts.at(name)), name.c_str());
    }
}

void TestObjectives::twoProcessesCountAsOne() {
    const auto model = tiny::model();
    const auto batch = makeBatch();
    mcj::SingleProcess alone;
    const auto whole = wholeLoss(model, batch, alone);
    whole.total.backward();
    const auto expected = tiny::gradientsOf(model);

    constexpr int kSize = 2;
    std::array<mcj::LossTerms, kSize> terms;
    std::array<mcj::McJepa, kSize> models{copyOf(model), copyOf(model)};
    mcj::test::runRanks(kSize, [&](mcj::Collective& processes) {
        const auto rank = static_cast<std::size_t>(processes.rank());
        terms[rank] = wholeLoss(models[rank], batch.share(processes.rank(), kSize), processes);
        terms[rank].total.backward();
    });
    for (const auto& [name, value] : whole.parts) {
        const double mean =
            0.5 * (number(terms[0].parts.at(name)) + number(terms[1].parts.at(name)));
        QVERIFY2(std::abs(mean - number(value)) < 1e-9 * std::max(1.0, number(value)),
                 name.c_str());
    }
    double norm = 0.0;
    for (const auto& [name, gradient] : expected) norm += number(gradient.square().sum());
    const auto first = tiny::gradientsOf(models[0]);
    const auto second = tiny::gradientsOf(models[1]);
    for (const auto& [name, gradient] : expected) {
        const auto mean = (first.at(name) + second.at(name)) / 2;
        QVERIFY2(number((mean - gradient).norm()) < 1e-9 * std::sqrt(norm), name.c_str());
    }
}

void TestObjectives::cropsLieWithin() {
    for (const auto& [height, width] : {std::pair{16, 16}, {48, 64}, {112, 256}, {4, 8}}) {
        for (std::uint64_t i = 0; i < 50; ++i) {
            mcj::SampleRng rng(1, 2, i);
            const auto window = mcj::drawCrop(height, width, {}, rng);
            QVERIFY(window.y >= 0 && window.x >= 0);
            QVERIFY(window.y + window.height <= height && window.x + window.width <= width);
            QVERIFY(window.height < height && 2 * window.height >= height);
        }
    }
    mcj::SampleRng rng(1, 2, 3);
    QCOMPARE(mcj::drawCrop(112, 256, {}, rng).height, std::int64_t{112 - 2 * 16});  // UFlow's 64 px
}

void TestObjectives::cropTeachesOnlyWhereTheStudentIsWrong() {
    const mcj::CropWindow window{4, 6, 24, 32};
    auto teacher = at::zeros({1, 2, 32, 48}, kDouble);
    teacher.select(1, 0).fill_(1.0);
    teacher.requires_grad_();
    const auto back = -teacher.detach();
    // What the crop's flow should be: the same motion, magnified 48 / 32 times.
    const auto right = (teacher * 1.5).detach();
    auto student = right.clone().requires_grad_();
    const auto agreed = mcj::cropError(teacher, back, student, -right, window, {});
    // All but the border, whose target the student does not see, is consistent; and right anyway.
    QVERIFY(number(agreed) < 0.001);
    auto wrong = (right + 6.0).requires_grad_();
    const auto taught = mcj::cropError(teacher, back, wrong, -right, window, {});
    QVERIFY(number(taught) > 1.0);
    const auto gradients =
        torch::autograd::grad({taught}, {wrong, teacher}, {}, false, false, true);
    QVERIFY(number(gradients[0].min()) >= 0.0 && number(gradients[0].sum()) > 0.0);
    QVERIFY(!gradients[1].defined());
    // A teacher who contradicts himself teaches nothing.
    QVERIFY(number(mcj::cropError(teacher, back + 9.0, wrong, -right, window, {})) < 1e-6);
}

void TestObjectives::viewsLieWithin() {
    int moved = 0;
    for (std::uint64_t i = 0; i < 100; ++i) {
        mcj::SampleRng rng(4, 5, i);
        const auto view = mcj::drawView(64, 128, {}, rng);
        for (const auto* map : {&view.first, &view.second}) {
            for (const double x : {0.0, 127.0}) {
                for (const double y : {0.0, 63.0}) {
                    const auto [sourceX, sourceY] = map->apply(x, y);
                    QVERIFY(sourceX >= 0 && sourceX <= 127 && sourceY >= 0 && sourceY <= 63);
                }
            }
        }
        moved += view.first.m[0] != 1.0 ? 1 : 0;
    }
    QVERIFY2(moved > 95, qPrintable(QString::number(moved)));
}

void TestObjectives::augmentedFlowLeadsToTheSamePlace() {
    // Two pictures of one scene; seen through views, the second warped back by the flow between the
    // views has to be the first again.
    const auto scene = texture(1, 96, 160, 16);
    const auto first = scene.narrow(3, 10, 128).contiguous();
    const auto second = scene.narrow(3, 7, 128).contiguous();
    auto flow = at::zeros({1, 2, 96, 128}, kDouble);
    flow.select(1, 0).fill_(3.0);
    const auto visible = at::ones({1, 1, 96, 128}, kDouble);
    mcj::SampleRng rng(6, 7, 8);
    const std::vector<mcj::AugmentedView> views{mcj::drawView(96, 128, {}, rng)};
    const std::vector<mcj::PlaneMap> firstMap{views[0].first};
    const std::vector<mcj::PlaneMap> secondMap{views[0].second};
    const auto seen = mcj::augmentedFlow(flow, visible, views);
    const auto a = mcj::augmentedPictures(first, firstMap);
    const auto b = mcj::augmentedPictures(second, secondMap);
    const auto inner = [](const at::Tensor& t) { return t.narrow(2, 12, 72).narrow(3, 12, 104); };
    const auto error = [&](const at::Tensor& along) {
        return number(inner(a - mcj::warp(b, along)).abs().mean());
    };
    QVERIFY2(error(seen.flow) < 0.005, qPrintable(QString::number(error(seen.flow))));
    QVERIFY(error(at::zeros_like(flow)) > 5.0 * error(seen.flow));
    QVERIFY(number(inner(seen.visible).min()) > 0.999);
}

void TestObjectives::contentSeesViewsAsTheyAre() {
    // 96 is no multiple of 64: padded views would have other means over the picture.
    auto model = tiny::model();
    mcj::SingleProcess alone;
    const mcj::ContentViews views{texture(4, 96, 96), texture(4, 96, 96)};
    const auto expanded = [&](const at::Tensor& pictures) {
        return model->expand(model->encode(mcj::normalizeImages(pictures)));
    };
    const auto lossOf = [&](const mcj::ContentViews& seen) {
        return number(mcj::contentObjective(model, seen, {}, alone).total);
    };
    const double expected =
        number(mcj::vicregLoss(expanded(views.first), expanded(views.second), {}, alone).total);
    QVERIFY(std::abs(lossOf(views) - expected) < 1e-9 * expected);
    const double padded =
        lossOf({mcj::padToMultiple(views.first), mcj::padToMultiple(views.second)});
    QVERIFY2(std::abs(padded - expected) > 1e-3 * expected,
             qPrintable(QString("%1 padded, %2 not").arg(padded).arg(expected)));
}

void TestObjectives::contentNeedsAnExpander() {
    auto config = tiny::modelConfig();
    config.expander.clear();
    mcj::McJepa model(config);
    model->to(at::kDouble);
    mcj::SingleProcess alone;
    QVERIFY_THROWS_EXCEPTION(mcj::Error,
                             (void)mcj::contentObjective(model, makeBatch().views, {}, alone));
}

void TestObjectives::localContentComparesTheSamePlaces() {
    auto config = tiny::modelConfig();
    config.localLevels = {3};
    config.localExpander = {10, 12};
    at::manual_seed(5);
    mcj::McJepa model(config);
    model->to(at::kDouble);
    mcj::SingleProcess alone;
    mcj::ContentLossSettings settings;
    settings.local.weight = 1.0;
    settings.local.levels = {3};
    // The second view is the first moved by two cells of 8 px: only the places that both show, away
    // from borders, have the same features.
    const auto scene = texture(4, 64, 80);
    mcj::ContentViews views{
        scene.narrow(3, 0, 64).contiguous(), scene.narrow(3, 16, 64).contiguous(), {}, {}};
    const auto crop = [](double x) {
        return at::tensor({x, 0.0, 64.0, 64.0, 0.0}, kDouble).view({1, 5}).expand({4, 5});
    };
    const auto lossOf = [&](double second) {
        views.firstCrops = crop(0);
        views.secondCrops = crop(second);
        return mcj::contentObjective(model, views, settings, alone);
    };
    const auto right = lossOf(16);
    const auto wrong = lossOf(0);
    QVERIFY(number(right.parts.at("local_invariance.3")) <
            0.5 * number(wrong.parts.at("local_invariance.3")));
    QCOMPARE(number(right.parts.at("local_variance.3")),
             number(wrong.parts.at("local_variance.3")));
    right.total.backward();
    for (const auto& item : model->localExpanders->named_parameters()) {
        if (cancelsOut(item.key())) continue;
        const auto& gradient = item.value().grad();
        QVERIFY2(gradient.defined() && number(gradient.abs().max()) > 0.0, item.key().c_str());
    }
    settings.local.levels = {2};
    QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)lossOf(16));
    settings.local.weight = 0.0;
    QVERIFY(!lossOf(16).parts.contains("local_variance.3"));
}

void TestObjectives::lossesKeepTheirPrecisionUnderAutocast() {
    // The CPU has autocast too; matching is the loss that is a matrix product.
    mcj::SingleProcess alone;
    mcj::FeaturePyramid first;
    mcj::FeaturePyramid second;
    first.level(3) = at::randn({1, 12, 8, 8});
    second.level(3) = first.level(3) + 0.5 * at::randn({1, 12, 8, 8});
    mcj::MatchingSettings settings;
    settings.weight = 1.0;
    const auto flow = at::zeros({1, 2, 64, 64});
    const auto visible = at::ones({1, 1, 64, 64});
    const auto loss = [&] {
        return mcj::motionMatchingLoss(first, second, flow, visible, settings, alone);
    };
    const auto full = loss().total;
    at::autocast::set_autocast_enabled(at::kCPU, true);
    const auto half = loss().total;
    const auto kept = mcj::inFullPrecision(loss).total;
    at::autocast::set_autocast_enabled(at::kCPU, false);
    at::autocast::clear_cache();
    QVERIFY(!at::equal(half.to(at::kFloat), full));
    QVERIFY(at::equal(kept, full));
}

MCJ_TEST(TestObjectives)
#include "test_objectives.moc"
