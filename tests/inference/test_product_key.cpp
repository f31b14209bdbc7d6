#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>

#include "inference/analysis/map_difference.h"
#include "inference/analysis/product.h"
#include "media/base/error.h"
#include "media/io/flow_file.h"
#include "tests/support/stand_in_engine.h"

using namespace mcj;
using namespace mcj::test;

namespace {

constexpr SizePx kSize{48, 40};

/// A picture that no other frame or source has.
FramePtr frameOf(SourceId source, FrameIndex index) {
    auto frame = std::make_shared<Frame>();
    frame->source = source;
    frame->index = index;
    frame->rgb = Raster<std::uint8_t>(kSize, 3);
    unsigned state = static_cast<unsigned>(source * 1000 + static_cast<SourceId>(index)) + 1;
    for (std::uint8_t& value : frame->rgb.values()) {
        state = state * 1664525U + 1013904223U;
        value = static_cast<std::uint8_t>(state >> 24U);
    }
    return frame;
}

/// Flow of frames 2 to 6 in files, of a length that no other frame and no other folder has.
FlowFilesPtr filesIn(const QTemporaryDir& folder, float lengthPx) {
    for (int frame = 2; frame <= 6; ++frame) {
        FlowField flow(kSize);
        const float px = lengthPx + 0.125F * static_cast<float>(frame);
        for (float& value : flow.vectors.values()) value = px;
        // A motion edge, so that there are errors near it.
        flow.set(20, 20, {px + 4.0F, px});
        writeFlow(folder.filePath(QString("f%1.flo").arg(frame)).toStdString(), flow,
                  FlowFormat::Flo);
    }
    return FlowFiles::open(folder.path().toStdString());
}

/// A square of an odd side around one place, as the pixels of an object.
QueryRegionPtr block(int side, int object = 1) {
    Raster<std::uint8_t> labels(kSize, 1);
    for (int y = 0; y < side; ++y) {
        for (int x = 0; x < side; ++x) {
            labels.at(12 + y - side / 2, 12 + x - side / 2) = static_cast<std::uint8_t>(object);
        }
    }
    return objectRegion(labels, object);
}

/// What products are computed with.
struct Means {
    std::map<std::string, InferenceEngine*> engines;
    std::vector<FlowFilesPtr> files;
};

/// Computes a product with everything it needs.
Product made(const ProductKey& key, const Means& means) {
    const ProductInputs inputs = inputsOf(key);
    BoundInputs bound;
    for (const FrameIndex index : inputs.frames) bound.frames.push_back(frameOf(key.source, index));
    for (const ProductKey& input : inputs.products) {
        bound.products.push_back(std::make_shared<const Product>(made(input, means)));
    }
    if (inputs.engine) bound.engine = means.engines.at(key.engine);
    for (const std::string& id : inputs.files) {
        bound.files.push_back(findFlowFiles(means.files, id));
    }
    return produce(key, bound);
}

/// An engine whose values are its own, on top of what went into them.
class ShiftedEngine : public StandInEngine {
public:
    FlowField flow(const FramePtr& from, const FramePtr& to, FlowDetail detail,
                   const StopToken& stop) override {
        FlowField field = StandInEngine::flow(from, to, detail, stop);
        for (float& value : field.vectors.values()) value += 0.25F;
        return field;
    }
    FeatureMapPtr featureMap(const FramePtr& frame, int level, const StopToken& stop) override {
        return StandInEngine::featureMap(frame, level + 6, stop);
    }
};

bool sameValues(const Product& a, const Product& b) {
    if (bool(a.flow) != bool(b.flow) || bool(a.map) != bool(b.map)) return false;
    if (a.flow && !(a.flow->vectors == b.flow->vectors)) return false;
    if (a.features) {
        const auto& left = dynamic_cast<const StandInFeatures&>(*a.features);
        const auto& right = dynamic_cast<const StandInFeatures&>(*b.features);
        return left.frame->source == right.frame->source &&
               left.frame->index == right.frame->index && left.level == right.level;
    }
    if (a.accuracy) {
        const auto errors = [](const FlowAccuracy& of) {
            return std::vector<double>{of.all.errorSum, of.angleSumDeg, of.occluded.errorSum,
                                       of.edges.errorSum, of.slow.errorSum};
        };
        return errors(*a.accuracy) == errors(*b.accuracy);
    }
    if (a.match && (a.match->where != b.match->where || a.match->score != b.match->score)) {
        return false;
    }
    if (a.moments && !(*a.moments == *b.moments)) return false;
    if (a.basis && !(*a.basis == *b.basis)) return false;
    if (a.streamlines) {
        const auto& left = a.streamlines->places;
        const auto& right = b.streamlines->places;
        return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                          [](const auto& one, const auto& two) {
                              return std::memcmp(one->data(), two->data(), one->bytes()) == 0;
                          });
    }
    if (a.colors && !(*a.colors == *b.colors)) return false;
    if (!a.map) return true;
    for (int y = 0; y < kSize.height; ++y) {
        for (int x = 0; x < kSize.width; ++x) {
            const float left = a.map->values.at(y, x);
            const float right = b.map->values.at(y, x);
            if (left != right && !(std::isnan(left) && std::isnan(right))) return false;
        }
    }
    return true;
}

ProductKey everything(const std::string& truth = "files:truth") {
    ProductKey all;
    all.source = 1;
    all.frame = 4;
    all.other = 5;
    all.flow = "model-fast";
    all.truth = truth;
    all.engine = "one";
    all.level = 3;
    all.clipFrames = 6;
    all.query = SimilarityQuery{2, {10.0F, 20.0F}};
    all.terms = {productKey("feature-error", all), productKey("warp-error", all)};
    return all;
}

}  // namespace

/// A key holds every input of its product.
class TestProductKey : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        truth_ = filesIn(truthFolder_, 1.1F);
        flow_ = filesIn(flowFolder_, 3.0F);
    }

    void aChangedInputIsAnotherKey_data() {
        QTest::addColumn<QString>("kind");
        for (const ProductKind& kind : productKinds()) QTest::newRow(kind.id) << kind.id;
    }

    // Whatever changes the product changes its key: with the old key the product would be out of
    // date. And where the product cannot change the key does not, so that nothing is made twice.
    void aChangedInputIsAnotherKey() {
        QFETCH(QString, kind);
        StandInEngine one;
        ShiftedEngine two;
        const Means means{{{"one", &one}, {"two", &two}}, {truth_, flow_}};
        const std::map<std::string, std::function<void(ProductKey&)>> changes{
            {"source", [](ProductKey& all) { all.source = 2; }},
            {"frame", [](ProductKey& all) { all.frame = 3; }},
            {"other frame", [](ProductKey& all) { all.other = 6; }},
            {"direction", [](ProductKey& all) { std::swap(all.frame, all.other); }},
            {"detail", [](ProductKey& all) { all.flow = "model"; }},
            {"provider", [](ProductKey& all) { all.flow = "farneback"; }},
            {"flow from files", [this](ProductKey& all) { all.flow = flow_->id(); }},
            {"truth", [this](ProductKey& all) { all.truth = flow_->id(); }},
            {"engine", [](ProductKey& all) { all.engine = "two"; }},
            {"level", [](ProductKey& all) { all.level = 2; }},
            {"clip's length", [](ProductKey& all) { all.clipFrames = 7; }},
            {"alpha", [](ProductKey& all) { all.rule.alpha = 0.25F; }},
            {"beta", [](ProductKey& all) { all.rule.beta = 40.0F; }},
            {"first term",
             [](ProductKey& all) {
                 ProductKey other = all;
                 other.level = 2;
                 all.terms[0] = productKey("feature-error", other);
             }},
            {"second term",
             [](ProductKey& all) {
                 ProductKey other = all;
                 other.other = 6;
                 all.terms[1] = productKey("warp-error", other);
             }},
            {"order of terms", [](ProductKey& all) { std::swap(all.terms[0], all.terms[1]); }},
            {"query's frame", [](ProductKey& all) { all.query->frame = 3; }},
            {"query's x", [](ProductKey& all) { all.query->where.x = 11.0F; }},
            {"query's y", [](ProductKey& all) { all.query->where.y = 21.0F; }},
            {"an object instead", [](ProductKey& all) { all.query = regionQuery(2, block(5)); }},
        };
        const std::string id = kind.toStdString();
        const ProductKey before = productKey(id, everything(truth_->id()));
        QVERIFY(productKey(id, everything(truth_->id())) == before);
        QCOMPARE(ProductKeyHash{}(productKey(id, everything(truth_->id()))),
                 ProductKeyHash{}(before));
        const Product product = made(before, means);
        QVERIFY(sameValues(made(before, means), product));
        int changed = 0;
        for (const auto& [name, change] : changes) {
            ProductKey all = everything(truth_->id());
            change(all);
            const ProductKey after = productKey(id, all);
            // Files have no flow from later to earlier frames.
            if (lacksFlow(after, means.files)) continue;
            const bool differs = !sameValues(made(after, means), product);
            if (differs) ++changed;
            QVERIFY2(!differs || after != before, name.c_str());
            // Two sources may hold the same pictures, and a yes or no may be the same for two
            // flows: no key can know that.
            // Streamlines see the flow only where they pass.
            const bool byChance = name == "source" || id == "occlusion" || id == "streamlines";
            QVERIFY2(name != "flow from files" || before.flow.empty() || differs || byChance,
                     name.c_str());
            QVERIFY2(differs || after == before || byChance, name.c_str());
            if (after != before) QVERIFY(ProductKeyHash{}(after) != ProductKeyHash{}(before));
        }
        // The check above saw something: a yes or no changes with fewer inputs than numbers do.
        QVERIFY2(changed >= (id == "occlusion" ? 2 : 3), qPrintable(QString::number(changed)));
    }

    void anObjectsQueryIsItsPixelsAndItsId() {
        const auto keyOf = [](const QueryRegionPtr& region) {
            ProductKey all = everything();
            all.query = regionQuery(2, region);
            return productKey("similarity", all);
        };
        const ProductKey before = keyOf(block(5));
        QVERIFY(keyOf(block(5)) == before);
        QCOMPARE(ProductKeyHash{}(keyOf(block(5))), ProductKeyHash{}(before));
        // The middle stays where it was.
        QVERIFY(block(5)->centre() == block(7)->centre());
        QVERIFY(keyOf(block(7)) != before);
        QVERIFY(keyOf(block(5, 2)) != before);
        QVERIFY(ProductKeyHash{}(keyOf(block(7))) != ProductKeyHash{}(before));
        QVERIFY(ProductKeyHash{}(keyOf(block(5, 2))) != ProductKeyHash{}(before));
        StandInEngine engine;
        const Means means{{{"one", &engine}}, {}};
        QVERIFY(!sameValues(made(keyOf(block(7)), means), made(before, means)));
        const auto outcome =
            runGuarded([] { return objectRegion(Raster<std::uint8_t>(kSize, 1), 3); });
        QVERIFY(!outcome.ok() && outcome.error().code() == ErrorCode::Usage);
    }

    void aProviderWithoutNetworkNeedsNoEngine() {
        ProductKey all = everything();
        all.flow = "dis";
        const ProductKey before = productKey("flow", all);
        QVERIFY(before.engine.empty());
        QVERIFY(!inputsOf(before).engine);
        all.engine = "two";
        QVERIFY(productKey("flow", all) == before);
    }

    // A yes or no may be the same by chance; these thresholds leave none.
    void theThresholdsOfOcclusionAreInItsKeyAlone() {
        ProductKey all = everything();
        all.flow = "dis";
        all.rule = {0.0F, 0.0F};
        const ProductKey strict = productKey("occlusion", all);
        const Product most = made(strict, {});
        all.rule = {kMostOcclusionAlpha, kMostOcclusionBeta};
        const ProductKey lax = productKey("occlusion", all);
        QVERIFY(strict != lax);
        QVERIFY(ProductKeyHash{}(strict) != ProductKeyHash{}(lax));
        QVERIFY(!sameValues(made(lax, {}), most));
        QVERIFY(productKey("consistency", all).rule == OcclusionRule{});
        // The flows are those of any other thresholds: they are not computed again.
        QVERIFY(inputsOf(strict).products == inputsOf(lax).products);
        QVERIFY(!inputsOf(strict).engine);
    }

    // Each link needs the one before and one flow.
    void streamlinesAreAChain() {
        ProductKey all = everything();
        all.other = all.frame + 3;
        const ProductKey key = productKey("streamlines", all);
        const std::vector<ProductKey> inputs = inputsOf(key).products;
        QCOMPARE(inputs.size(), std::size_t(2));
        QCOMPARE(inputs[0].product, std::string("streamlines"));
        QCOMPARE(inputs[0].frame, key.frame);
        QCOMPARE(inputs[0].other, key.other - 1);
        QCOMPARE(inputs[1].product, std::string("flow"));
        QCOMPARE(inputs[1].frame, key.other - 1);
        QCOMPARE(inputs[1].other, key.other);
        ProductKey one = all;
        one.other = one.frame + 1;
        const std::vector<ProductKey> first = inputsOf(productKey("streamlines", one)).products;
        QVERIFY(first == std::vector{productKey("flow", one)});
        // The product at the end is what its links make of the flows.
        StandInEngine engine;
        const Means means{{{"one", &engine}}, {}};
        Streamlines wanted = streamGrid(kSize);
        for (FrameIndex frame = key.frame; frame < key.other; ++frame) {
            ProductKey at = all;
            at.frame = frame;
            at.other = frame + 1;
            wanted = extended(wanted, *made(productKey("flow", at), means).flow);
        }
        const Product product = made(key, means);
        QCOMPARE(product.streamlines->places.size(), std::size_t(4));
        QVERIFY(*product.streamlines->places.back() == *wanted.places.back());
        QCOMPARE(product.bytes(), wanted.bytes());
    }

    void aDifferenceIsSigned() {
        ScalarMap first({3, 1}, "error", "px", 0.0F, 4.0F);
        ScalarMap second({3, 1}, "error", "px", -6.0F, 1.0F);
        first.values.at(0, 0) = 3.0F;
        second.values.at(0, 0) = 5.0F;
        first.values.at(0, 1) = FlowField::kUnknown;
        second.values.at(0, 2) = FlowField::kUnknown;
        const ScalarMap difference = mapDifference(first, second);
        QCOMPARE(difference.values.at(0, 0), -2.0F);
        QCOMPARE(mapDifference(second, first).values.at(0, 0), 2.0F);
        QVERIFY(std::isnan(difference.values.at(0, 1)) && std::isnan(difference.values.at(0, 2)));
        QCOMPARE(difference.rangeLow, -6.0F);
        QCOMPARE(difference.rangeHigh, 6.0F);
        QCOMPARE(difference.unit, std::string("px"));
        QCOMPARE(difference.quantity, std::string("difference of error"));
        second.unit = "1";
        second.quantity = "cosine";
        QCOMPARE(mapDifference(first, second).unit, std::string());
        QCOMPARE(mapDifference(first, second).quantity, std::string("error minus cosine"));
        QVERIFY_EXCEPTION_THROWN(
            (void)mapDifference(first, ScalarMap({2, 1}, "error", "px", 0.0F, 1.0F)), Error);
        // It is on the grid of its first map, and has no inputs but the maps.
        const ProductKey key = productKey("difference", everything());
        QCOMPARE(key.frame, FrameIndex{4});
        QVERIFY(inputsOf(key).products == key.terms);
        QVERIFY(inputsOf(key).frames.empty() && key.flow.empty() && key.engine.empty());
    }

    void filesOfAnotherKeyAreRefused() {
        ProductKey all = everything(truth_->id());
        const ProductKey key = productKey("truth", all);
        QVERIFY(key.flow.empty() && key.engine.empty());
        const auto refused = [&](const std::vector<FlowFilesPtr>& files) {
            const auto outcome =
                runGuarded([&] { return produce(key, {{frameOf(1, 4)}, {}, nullptr, files}); });
            return !outcome.ok() && outcome.error().code() == ErrorCode::Internal;
        };
        QVERIFY(!refused({truth_}));
        QVERIFY(refused({flow_}));
        QVERIFY(refused({nullptr}));
        QVERIFY(refused({}));
    }

    void filesHaveNoFlowToEarlierFramesAndNotOfEveryFrame() {
        const std::vector<FlowFilesPtr> files{truth_, flow_};
        ProductKey all = everything(truth_->id());
        all.flow = flow_->id();
        QVERIFY(!lacksFlow(productKey("flow", all), files));
        QVERIFY(!lacksFlow(productKey("warp-error", all), files));
        QVERIFY(!lacksFlow(productKey("flow-error", all), files));
        QVERIFY(lacksFlow(productKey("consistency", all), files));
        QVERIFY(lacksFlow(productKey("flow", all), std::vector{truth_}));
        all.frame = 7;
        all.other = 8;
        QVERIFY(lacksFlow(productKey("truth", all), files));
        std::swap(all.frame, all.other);
        const auto outcome = runGuarded([&] {
            return produce(productKey("flow", all),
                           {{frameOf(1, 8), frameOf(1, 7)}, {}, nullptr, {flow_}});
        });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Input);
    }

    void theInputsOfAProductAreKeysOfTheirOwn() {
        for (const ProductKind& kind : productKinds()) {
            const ProductKey key = productKey(kind.id, everything());
            for (const ProductKey& input : inputsOf(key).products) {
                QVERIFY(input == productKey(input.product, input));
                QVERIFY(input != key);
            }
        }
    }

    void whatDoesNotBelongIsRefused() {
        StandInEngine engine;
        const ProductKey flow = productKey("flow", everything());
        const auto codeOf = [&](const BoundInputs& inputs) {
            const auto outcome = runGuarded([&] { return produce(flow, inputs); });
            return outcome.ok() ? std::optional<ErrorCode>() : outcome.error().code();
        };
        QCOMPARE(codeOf({{frameOf(1, 4), frameOf(1, 5)}, {}, &engine}), std::nullopt);
        QCOMPARE(codeOf({{frameOf(1, 4), frameOf(1, 6)}, {}, &engine}), ErrorCode::Internal);
        QCOMPARE(codeOf({{frameOf(2, 4), frameOf(2, 5)}, {}, &engine}), ErrorCode::Internal);
        QCOMPARE(codeOf({{frameOf(1, 4), nullptr}, {}, &engine}), ErrorCode::Internal);
        QCOMPARE(codeOf({{frameOf(1, 4), frameOf(1, 5)}, {}, nullptr}), ErrorCode::Internal);
    }

    void aStopEndsItBeforeItBegins() {
        StandInEngine engine;
        const StopSource stop;
        stop.requestStop();
        const auto outcome = runGuarded([&] {
            return produce(productKey("features", everything()), {{frameOf(1, 4)}, {}, &engine},
                           stop.token());
        });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Interrupted);
    }

private:
    QTemporaryDir truthFolder_;
    QTemporaryDir flowFolder_;
    FlowFilesPtr truth_;
    FlowFilesPtr flow_;
};

QTEST_GUILESS_MAIN(TestProductKey)
#include "test_product_key.moc"
