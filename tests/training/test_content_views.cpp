// Two views of a picture: cut within it, each change of looks does what its name says, and a view
// depends on its generator alone.

#include <cmath>
#include <functional>
#include <memory>

#include <QtTest>

#include <ATen/ATen.h>
#include <ATen/record_function.h>

#include "inference/ops/warp.h"
#include "media/base/error.h"
#include "tests/support/test_program.h"
#include "training/content_views.h"
#include "training/visibility.h"

namespace {

using mcj::SampleRng;
using mcj::ViewLook;

constexpr int kSide = 64;

/// uint8 [3, height, width] of smooth colours.
at::Tensor picture(std::int64_t height, std::int64_t width) {
    const auto y = at::arange(height, at::kFloat).view({1, height, 1}) * 0.05;
    const auto x = at::arange(width, at::kFloat).view({1, 1, width}) * 0.08;
    const auto phase = at::arange(3, at::kFloat).view({3, 1, 1});
    return ((x + y + phase).sin() * 60.0 + 128.0).to(at::kByte);
}

mcj::ViewConfig plain() {
    mcj::ViewConfig config;
    config.minScale = 1.0;
    config.flipShare = 0.0;
    config.jitterShare = 0.0;
    config.greyShare = 0.0;
    config.blurShare = {0.0, 0.0};
    config.solarizeShare = {0.0, 0.0};
    return config;
}

/// The whole of a picture of kSide x kSide.
ViewLook whole() {
    ViewLook look;
    look.width = kSide;
    look.height = kSide;
    return look;
}

at::Tensor recoloured(const at::Tensor& view, const ViewLook& look) {
    const mcj::ViewMaker maker(plain(), kSide, at::kCPU);
    at::Tensor views = view.unsqueeze(0).clone();
    maker.recolour(views, {look});
    return views.squeeze(0);
}

double distance(const at::Tensor& a, const at::Tensor& b) {
    return (a - b).abs().max().item<double>();
}

at::Tensor lumaOf(const at::Tensor& view) {
    return view[0] * 0.299 + view[1] * 0.587 + view[2] * 0.114;
}

}  // namespace

class TestContentViews : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void cropsLieWithinThePicture();
    void sharesAreKept();
    void plainViewIsThePicture();
    void looksDoWhatTheySay();
    void hueTurnsAroundTheLuma();
    void blurKeepsWhatIsFlat();
    void viewsDependOnTheirGeneratorAlone();
    void manyViewsTakeNoMoreOperations();
    void cropsSayWhereAPlaceIsInTheOtherView();
    void nonsenseIsRefused();
};

void TestContentViews::cropsLieWithinThePicture() {
    const mcj::ViewConfig config;
    SampleRng rng(1, 2, 3);
    for (const mcj::SizePx size :
         {mcj::SizePx{320, 240}, mcj::SizePx{900, 40}, mcj::SizePx{7, 300}}) {
        for (int i = 0; i < 500; ++i) {
            const auto look = mcj::drawView(config, size, i % 2, rng);
            QVERIFY(look.width >= 1 && look.height >= 1 && look.x >= 0 && look.y >= 0);
            QVERIFY(look.x + look.width <= size.width && look.y + look.height <= size.height);
            if (size.width != 320) continue;
            const double area = static_cast<double>(look.width * look.height) / (320.0 * 240.0);
            const double ratio = static_cast<double>(look.width) / static_cast<double>(look.height);
            QVERIFY(area > 0.07 && area <= 1.0);
            QVERIFY(ratio > 0.73 && ratio < 1.36);
        }
    }
}

void TestContentViews::sharesAreKept() {
    const mcj::ViewConfig config;
    SampleRng rng(4, 5, 6);
    constexpr int kDraws = 2000;
    double flipped = 0;
    double grey = 0;
    double jittered = 0;
    double blurredSecond = 0;
    double solarizedSecond = 0;
    for (int i = 0; i < kDraws; ++i) {
        const auto first = mcj::drawView(config, {320, 240}, 0, rng);
        const auto second = mcj::drawView(config, {320, 240}, 1, rng);
        QVERIFY(first.blurSigmaPx >= 0.1F && first.blurSigmaPx <= 2.0F && !first.solarized);
        flipped += first.flipped;
        grey += first.grey;
        jittered += first.hue != 0.0F;
        blurredSecond += second.blurSigmaPx > 0.0F;
        solarizedSecond += second.solarized;
    }
    const auto near = [](double count, double share) {
        return std::abs(count / kDraws - share) < 0.04;
    };
    QVERIFY(near(flipped, 0.5) && near(grey, 0.2) && near(jittered, 0.8));
    QVERIFY(near(blurredSecond, 0.1) && near(solarizedSecond, 0.2));
}

void TestContentViews::plainViewIsThePicture() {
    const mcj::ViewMaker maker(plain(), kSide, at::kCPU);
    const auto source = picture(kSide, kSide);
    const auto expected = source.to(at::kFloat) / 255.0;
    const auto views = maker.make([&](SampleRng&) { return source; }, {SampleRng(1, 0, 0)});
    QCOMPARE(views.first.sizes(), at::IntArrayRef({1, 3, kSide, kSide}));
    QVERIFY(distance(views.first[0], expected) < 1e-5);
    QVERIFY(distance(views.second[0], expected) < 1e-5);
    // A smooth picture at another size is the same picture.
    ViewLook large;
    large.width = 2 * kSide;
    large.height = 2 * kSide;
    const auto twice = picture(2 * kSide, 2 * kSide);
    const auto means = at::avg_pool2d(twice.to(at::kFloat).unsqueeze(0) / 255.0, {2, 2}).squeeze(0);
    QVERIFY(distance(maker.cut(twice, large), means) < 0.01);
    large.flipped = true;
    QVERIFY(distance(maker.cut(twice, large), means.flip({2})) < 0.01);
}

void TestContentViews::looksDoWhatTheySay() {
    const auto view = picture(kSide, kSide).to(at::kFloat) / 255.0;
    auto look = whole();
    look.brightness = 1.3F;
    QVERIFY(distance(recoloured(view, look), (view * 1.3).clamp(0, 1)) < 1e-5);
    look = whole();
    look.contrast = 0.6F;
    const auto middle = lumaOf(view).mean();
    QVERIFY(distance(recoloured(view, look), (view - middle) * 0.6 + middle) < 1e-5);
    look = whole();
    look.saturation = 0.5F;
    const auto luma = lumaOf(view).unsqueeze(0);
    QVERIFY(distance(recoloured(view, look), (view - luma) * 0.5 + luma) < 1e-5);
    look = whole();
    look.grey = true;
    QVERIFY(distance(recoloured(view, look), luma.expand_as(view)) < 1e-5);
    look = whole();
    look.solarized = true;
    QVERIFY(distance(recoloured(view, look), at::where(view.ge(0.5), 1.0 - view, view)) < 1e-5);
}

void TestContentViews::hueTurnsAroundTheLuma() {
    const auto view = picture(kSide, kSide).to(at::kFloat) / 255.0 * 0.3 + 0.35;  // nothing clips
    auto look = whole();
    look.hue = 0.1F;
    const auto turned = recoloured(view, look);
    QVERIFY(distance(turned, view) > 0.01);
    QVERIFY(distance(lumaOf(turned), lumaOf(view)) < 1e-5);
    look.hue = -0.1F;
    QVERIFY(distance(recoloured(turned, look), view) < 1e-5);
}

void TestContentViews::blurKeepsWhatIsFlat() {
    auto look = whole();
    look.blurSigmaPx = 1.5F;
    const auto flat = at::full({3, kSide, kSide}, 102.0 / 255.0);
    QVERIFY(distance(recoloured(flat, look), flat) < 1e-5);
    const auto noise = at::rand({3, kSide, kSide}, at::detail::createCPUGenerator(3), at::kFloat);
    QVERIFY(recoloured(noise, look).var().item<double>() < 0.25 * noise.var().item<double>());
}

void TestContentViews::viewsDependOnTheirGeneratorAlone() {
    const mcj::ViewMaker maker({}, kSide, at::kCPU);
    const auto source = [](SampleRng& rng) { return picture(rng.integer(60, 120), 100); };
    std::vector<SampleRng> generators;
    for (std::uint64_t i = 0; i < 6; ++i) generators.emplace_back(9, 1, i);
    const auto together = maker.make(source, generators);
    QVERIFY(together.first.ge(0).logical_and(together.first.le(1)).all().item<bool>());
    QVERIFY(together.second.ge(0).logical_and(together.second.le(1)).all().item<bool>());
    QVERIFY(!at::equal(together.first[0], together.first[1]));
    QVERIFY(!at::equal(together.first[0], together.second[0]));
    for (std::size_t i = 0; i < generators.size(); ++i) {
        const auto alone = maker.make(source, {generators[i]});
        const auto row = static_cast<std::int64_t>(i);
        QVERIFY(at::equal(alone.first[0], together.first[row]));
        QVERIFY(at::equal(alone.second[0], together.second[row]));
    }
}

void TestContentViews::manyViewsTakeNoMoreOperations() {
    // What a GPU would be asked to launch.
    const auto operations = [](const std::function<void()>& work) {
        static std::int64_t count = 0;
        count = 0;
        const auto handle = at::addThreadLocalCallback(
            at::RecordFunctionCallback([](const at::RecordFunction&)
                                           -> std::unique_ptr<at::ObserverContext> {
                ++count;
                return nullptr;
            }).scopes({at::RecordScope::FUNCTION}));
        work();
        at::removeCallback(handle);
        return count;
    };
    const mcj::ViewMaker maker({}, kSide, at::kCPU);
    const auto recolouring = [&](std::int64_t views) {
        std::vector<ViewLook> looks(static_cast<std::size_t>(views), whole());
        for (std::size_t i = 0; i < looks.size(); ++i) {
            looks[i].blurSigmaPx = 0.4F + 1.5F * static_cast<float>(i % 2);
        }
        at::Tensor pictures = at::rand({views, 3, kSide, kSide});
        return operations([&] { maker.recolour(pictures, looks); });
    };
    QCOMPARE(recolouring(64), recolouring(4));
    const auto source = picture(120, 100);
    const auto making = [&](std::uint64_t pictures) {
        std::vector<SampleRng> generators;
        for (std::uint64_t i = 0; i < pictures; ++i) generators.emplace_back(9, 1, i);
        return operations(
            [&] { (void)maker.make([&](SampleRng&) { return source; }, generators); });
    };
    // Left for each view: making it a picture of floats, cutting and resizing it.
    const auto each = static_cast<double>(making(40) - making(8)) / 64.0;
    qInfo("%.1f operations a view beside those of the whole batch", each);
    QVERIFY(each < 40.0);
}

void TestContentViews::cropsSayWhereAPlaceIsInTheOtherView() {
    auto config = plain();
    config.minScale = 0.3;
    config.flipShare = 0.5;
    const mcj::ViewMaker maker(config, kSide, at::kCPU);
    std::vector<SampleRng> generators;
    for (std::uint64_t i = 0; i < 8; ++i) generators.emplace_back(3, 1, i);
    const auto source = picture(200, 260);
    const auto views = maker.make([&](SampleRng&) { return source; }, generators);
    QCOMPARE(views.firstCrops.sizes(), at::IntArrayRef({8, 5}));
    QVERIFY(views.firstCrops.select(1, 4).sum().item<double>() > 0.0);  // some are mirrored
    const auto flow = mcj::viewFlow(views.firstCrops, views.secondCrops, kSide, kSide, kSide);
    const auto mask = mcj::insideMask(flow);
    QVERIFY(mask.mean().item<double>() > 0.2);
    // Two views of one place of a smooth picture look alike; without the flow they do not.
    const auto gap = [&](const at::Tensor& along) {
        return ((views.first - mcj::warp(views.second, along)).abs() * mask).sum().item<double>() /
               (3.0 * mask.sum().item<double>());
    };
    QVERIFY2(gap(flow) < 0.01, qPrintable(QString::number(gap(flow))));
    QVERIFY(gap(at::zeros_like(flow)) > 5.0 * gap(flow));
}

void TestContentViews::nonsenseIsRefused() {
    mcj::ViewConfig config;
    config.minScale = 1.5;
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::ViewMaker(config, kSide, at::kCPU));
    config = {};
    config.blurShare = {0.5, 2.0};
    QVERIFY_THROWS_EXCEPTION(mcj::Error, mcj::ViewMaker(config, kSide, at::kCPU));
}

MCJ_TEST(TestContentViews)
#include "test_content_views.moc"
