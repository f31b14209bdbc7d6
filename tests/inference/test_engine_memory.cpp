// The engine on the CPU refuses what memory does not suffice for, before it computes anything.

#include <QTest>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <ATen/ATen.h>

#include "inference/engine/torch_engine.h"
#include "media/base/error.h"

using namespace mcj;

namespace {

FramePtr greyFrame(SizePx size, FrameIndex index) {
    Frame frame;
    frame.source = 1;
    frame.index = index;
    frame.rgb = Raster<std::uint8_t>(size, 3, std::uint8_t{128});
    return std::make_shared<const Frame>(std::move(frame));
}

}  // namespace

class TestEngineMemory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        if (!runGuarded([] { return shippedModelPath(); }).ok()) {
            QSKIP("the shipped model is not here");
        }
        EngineOptions options;
        options.device = "cpu";
        engine_ = std::make_unique<TorchEngine>(
            options, MemoryGuard([this] { return std::optional<std::uint64_t>(available_); }));
    }

    void flowIsRefusedBeforeItStarts() {
        available_ = std::uint64_t{1} << 30;
        const SizePx size{1920, 1080};
        const auto outcome = runGuarded([&] {
            return engine_->flow(greyFrame(size, 0), greyFrame(size, 1), FlowDetail::Full);
        });
        QVERIFY(!outcome.ok());
        const Error& error = outcome.error();
        QCOMPARE(error.code(), ErrorCode::Device);
        QVERIFY2(QString(error.what()).startsWith("flow of 1920 x 1080 needs about 1.7 GiB"),
                 error.what());
        QVERIFY2(QString(error.what()).contains("1.0 GiB are free"), error.what());
        QCOMPARE(error.hint(),
                 std::string("Use --max-side 1216 or --method model-fast (in the window: flow by "
                             "\"MC-JEPA, fast\"), or close other programs."));
    }

    void soIsEncoding() {
        available_ = std::uint64_t{256} << 20;
        const auto frame = greyFrame({4096, 2304}, 2);
        const auto outcome = runGuarded([&] { return engine_->featureMap(frame, 3); });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Device);
        QVERIFY2(QString(outcome.error().what()).startsWith("encoding of 4096 x 2304 needs"),
                 outcome.error().what());
    }

    void smallPicturesAreNeverRefused() {
        available_ = 0;
        const SizePx size{64, 48};
        const FlowField flow =
            engine_->flow(greyFrame(size, 3), greyFrame(size, 4), FlowDetail::Full);
        QCOMPARE(flow.size().width, size.width);
    }

private:
    std::uint64_t available_ = 0;
    std::unique_ptr<TorchEngine> engine_;
};

QTEST_GUILESS_MAIN(TestEngineMemory)
#include "test_engine_memory.moc"
