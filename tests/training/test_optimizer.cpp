// The optimiser treats each weight as it should, and clipping cuts only what is too long.

#include <cmath>
#include <string>

#include <QtTest>

#include <ATen/ATen.h>
#include <torch/optim/adamw.h>

#include "tests/support/test_program.h"
#include "tests/training/tiny_model.h"
#include "training/collective.h"
#include "training/flow_pass.h"
#include "training/gradients.h"
#include "training/optimizer.h"

class TestOptimizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { at::manual_seed(11); }
    void groupsWeights();
    void ratesWarmUpAndFallAlongACosine();
    void estimatorRisesFromItsStart();
    void headsHaveTheirShare();
    void aStepMovesAllFlowByTheHeadsShare();
    void tasksAreToldApart();
    void stepsAsAdamWDoes();
    void clippingLeavesShortGradients();
};

void TestOptimizer::groupsWeights() {
    const auto model = tiny::model();
    mcj::Recipe recipe;
    recipe.encoder = {0.01, 0.5};
    recipe.estimator = {0.02, 0.25};
    auto optimizer = mcj::makeOptimizer(model, recipe);
    std::map<const void*, std::pair<double, double>> rates;
    std::size_t members = 0;
    for (auto& group : optimizer->param_groups()) {
        const auto& options = static_cast<torch::optim::AdamWOptions&>(group.options());
        for (const auto& parameter : group.params()) {
            rates[parameter.unsafeGetTensorImpl()] = {options.lr(), options.weight_decay()};
            ++members;
        }
    }
    QCOMPARE(members, model->parameters().size());
    for (const auto& item : model->named_parameters()) {
        const bool isEncoder = !item.key().starts_with("estimator.");
        const double decay = isEncoder ? 0.5 : 0.25;
        const std::pair expected{isEncoder ? 0.01 : 0.02, item.value().dim() > 1 ? decay : 0.0};
        QVERIFY2(rates.at(item.value().unsafeGetTensorImpl()) == expected, item.key().c_str());
    }
}

void TestOptimizer::ratesWarmUpAndFallAlongACosine() {
    const auto model = tiny::model();
    mcj::Recipe recipe;
    recipe.encoder = {0.01, 0.5};
    recipe.estimator = {0.02, 0.25};
    recipe.steps = 110;
    recipe.warmup = 10;
    recipe.endShare = 0.1;
    const auto optimizer = mcj::makeOptimizer(model, recipe);
    // Of the rates in the recipe: a tenth more each step, all at the end of the warm-up, halfway
    // between all and `endShare` in the middle of the cosine, `endShare` at its end and after it.
    for (const auto& [step, share] :
         {std::pair{0, 0.1}, {4, 0.5}, {9, 1.0}, {10, 1.0}, {60, 0.55}, {110, 0.1}, {200, 0.1}}) {
        mcj::setLearningRates(*optimizer, recipe, step);
        const auto& groups = optimizer->param_groups();
        QCOMPARE(groups.size(), std::size_t{6});
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const auto& options =
                static_cast<const torch::optim::AdamWOptions&>(groups[i].options());
            const double expected = (i < 2 ? 0.01 : 0.02) * share;
            QVERIFY2(std::abs(options.lr() - expected) < 1e-12,
                     qPrintable(QString("step %1: %2").arg(step).arg(options.lr())));
        }
    }
}

void TestOptimizer::estimatorRisesFromItsStart() {
    mcj::Recipe recipe;
    recipe.steps = 1000;
    recipe.warmup = 10;
    recipe.endShare = 1.0;  // flat after the warm-up
    recipe.encoder = {0.01, 0.5};
    recipe.estimator = {0.02, 0.25};
    recipe.flowStart = 100;
    recipe.estimatorWarmup = 20;
    const auto model = tiny::model();
    const auto optimizer = mcj::makeOptimizer(model, recipe);
    for (const auto& [step, share] :
         {std::pair{50, 0.0}, {100, 0.05}, {109, 0.5}, {119, 1.0}, {500, 1.0}}) {
        mcj::setLearningRates(*optimizer, recipe, step);
        const auto rate = [&](std::size_t group) {
            return static_cast<const torch::optim::AdamWOptions&>(
                       optimizer->param_groups()[group].options())
                .lr();
        };
        QVERIFY(std::abs(rate(0) - 0.01) < 1e-12 && std::abs(rate(1) - 0.01) < 1e-12);
        QVERIFY(std::abs(rate(2) - 0.02 * share) < 1e-12);
        QVERIFY(std::abs(rate(3) - 0.02 * share) < 1e-12);
    }
    recipe.estimatorWarmup = 0;
    QCOMPARE(mcj::estimatorRateShare(recipe, 100), mcj::learningRateShare(recipe, 100));
}

void TestOptimizer::headsHaveTheirShare() {
    const auto model = tiny::model();
    mcj::Recipe recipe;
    recipe.steps = 100;
    recipe.warmup = 10;
    recipe.endShare = 1.0;
    recipe.encoder = {0.01, 0.5};
    recipe.estimator = {0.02, 0.25};
    recipe.headShare = 0.1;
    const auto optimizer = mcj::makeOptimizer(model, recipe);
    mcj::setLearningRates(*optimizer, recipe, 4);  // half of the warm-up
    std::map<const void*, double> rates;
    for (const auto& group : optimizer->param_groups()) {
        const auto& options = static_cast<const torch::optim::AdamWOptions&>(group.options());
        for (const auto& parameter : group.params()) {
            rates[parameter.unsafeGetTensorImpl()] = options.lr();
        }
    }
    int heads = 0;
    for (const auto& item : model->named_parameters()) {
        const std::string& name = item.key();
        const bool isHead = name.find(".flow.") != std::string::npos;
        const double peak = !name.starts_with("estimator.") ? 0.01 : isHead ? 0.002 : 0.02;
        const double rate = rates.at(item.value().unsafeGetTensorImpl());
        QVERIFY2(std::abs(rate - 0.5 * peak) < 1e-12, name.c_str());
        heads += isHead ? 1 : 0;
    }
    QVERIFY(heads >= 2);
}

void TestOptimizer::aStepMovesAllFlowByTheHeadsShare() {
    // The mean flow of pictures that the step has not seen.
    const auto moved = [](double share) {
        at::manual_seed(5);
        mcj::McJepa model(tiny::modelConfig());  // whose heads are zero
        model->to(at::kDouble);
        mcj::Recipe recipe;
        recipe.encoder = recipe.estimator = {1e-4, 0.0};
        recipe.headShare = share;
        const auto optimizer = mcj::makeOptimizer(model, recipe);
        const auto flow = [&] {
            const auto pictures = at::rand({4, 3, 64, 64}, at::kDouble);
            return mcj::estimateForward(model, pictures.narrow(0, 0, 2), pictures.narrow(0, 2, 2),
                                        mcj::LevelGradients::Joined)
                .forward.full.mean();
        };
        flow().backward();
        optimizer->step();
        return std::abs(flow().item<double>());
    };
    const double whole = moved(1.0);
    const double tenth = moved(0.1);
    const auto told = std::to_string(whole) + " and " + std::to_string(tenth) + " px";
    QVERIFY2(whole > 0.02 && tenth > 0.0, told.c_str());
    QVERIFY2(tenth < 0.2 * whole, told.c_str());
}

void TestOptimizer::tasksAreToldApart() {
    auto model = tiny::model();
    mcj::SingleProcess alone;
    const auto images = at::rand({2, 3, 64, 64}, at::kDouble);
    const auto loss = [&](double weight) {
        return model->encode(images).level(3).square().mean() * weight;
    };
    loss(1.0).backward();
    const double once = mcj::gradientNorms(model).at("encoder").item<double>();
    model->zero_grad();
    mcj::TaskGradients tasks(model);
    const double light = tasks.add(loss(2.0), alone).item<double>();
    const double heavy = tasks.add(loss(3.0), alone).item<double>();
    QVERIFY(std::abs(light - 2.0 * once) < 1e-9 * once);
    QVERIFY(std::abs(heavy - 3.0 * once) < 1e-9 * once);
    // What the optimiser sees is the sum.
    const double all = mcj::gradientNorms(model).at("encoder").item<double>();
    QVERIFY(std::abs(all - 5.0 * once) < 1e-9 * once);
}

void TestOptimizer::stepsAsAdamWDoes() {
    // Ours against LibTorch's, three steps on the same gradients; one parameter joins in the
    // second.
    const auto ours = tiny::model();
    const auto theirs = tiny::model();
    mcj::Recipe recipe;
    recipe.encoder = {0.01, 0.5};
    recipe.estimator = {0.02, 0.25};
    const auto fused = mcj::makeOptimizer(ours, recipe);
    auto groups = mcj::makeOptimizer(theirs, recipe)->param_groups();
    torch::optim::AdamW plain(std::move(groups));
    auto a = ours->parameters();
    auto b = theirs->parameters();
    QCOMPARE(a.size(), b.size());
    for (int step = 0; step < 3; ++step) {
        for (std::size_t i = step == 0 ? 1 : 0; i < a.size(); ++i) {
            a[i].mutable_grad() = at::randn_like(a[i]);
            b[i].mutable_grad() = a[i].grad().clone();
        }
        fused->step();
        plain.step();
    }
    for (std::size_t i = 0; i < a.size(); ++i) {
        QVERIFY((a[i] - b[i]).abs().max().item<double>() < 1e-6);
    }
}

void TestOptimizer::clippingLeavesShortGradients() {
    const auto model = tiny::model();
    double squares = 0.0;
    for (auto& parameter : model->parameters()) {
        parameter.mutable_grad() = at::randn_like(parameter);
        squares += parameter.grad().square().sum().item<double>();
    }
    const auto before = tiny::gradientsOf(model);
    const auto norm = [&] { return mcj::gradientNorms(model).at(""); };
    QVERIFY(std::abs(norm().item<double>() - std::sqrt(squares)) < 1e-9);
    mcj::clipGradients(model, norm(), 1e6);
    for (const auto& [name, gradient] : tiny::gradientsOf(model)) {
        QVERIFY2(at::equal(gradient, before.at(name)), name.c_str());
    }
    mcj::clipGradients(model, norm(), 0.5);
    QVERIFY(std::abs(norm().item<double>() - 0.5) < 1e-6);
}

MCJ_TEST(TestOptimizer)
#include "test_optimizer.moc"
