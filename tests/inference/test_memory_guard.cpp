#include <QRegularExpression>
#include <QTest>

#include <cstdint>
#include <optional>
#include <string>

#include "inference/engine/inference_engine.h"
#include "inference/engine/memory_guard.h"
#include "inference/engine/network_memory.h"
#include "media/base/error.h"

using namespace mcj;

namespace {

constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

MemoryRequest flowOf(SizePx size, FlowDetail detail) {
    MemoryRequest request;
    request.work = "flow";
    request.size = size;
    request.bytes = [detail](SizePx at) { return flowBytes(at, detail); };
    if (detail == FlowDetail::Full) {
        request.fastBytes = [](SizePx at) { return flowBytes(at, FlowDetail::Fast); };
    }
    return request;
}

/// The error of `requireMemory`, or one without a message where it has none.
Error refusalOf(const MemoryRequest& request, std::uint64_t availableBytes) {
    const auto outcome = runGuarded([&] {
        requireMemory(request, availableBytes);
        return true;
    });
    return outcome.ok() ? Error(ErrorCode::Internal, "") : outcome.error();
}

}  // namespace

class TestMemoryGuard : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aRefusalNamesBothNumbersAndWaysOut() {
        const Error error = refusalOf(flowOf({7680, 4320}, FlowDetail::Full), 12 * kGib);
        QCOMPARE(error.code(), ErrorCode::Device);
        QCOMPARE(
            std::string(error.what()),
            std::string("flow of 7680 x 4320 needs about 20.6 GiB of memory, but only 12.0 GiB "
                        "are free"));
        QVERIFY2(error.hint().find("--method model-fast") != std::string::npos,
                 error.hint().c_str());
    }

    void theSideItNamesFitsAndTheNextDoesNot() {
        for (const std::uint64_t available : {1 * kGib, 3 * kGib, 9 * kGib, 20 * kGib}) {
            const MemoryRequest request = flowOf({7680, 4320}, FlowDetail::Full);
            const QString hint = QString::fromStdString(refusalOf(request, available).hint());
            const int side =
                QRegularExpression("--max-side (\\d+)").match(hint).captured(1).toInt();
            QVERIFY2(side >= 64 && side % 64 == 0, qPrintable(hint));
            QVERIFY(request.bytes(networkSizeOf(request.size, side)) <= available);
            QVERIFY(request.bytes(networkSizeOf(request.size, side + 64)) > available);
        }
    }

    void waysThatDoNotHelpAreNotNamed() {
        const auto named = [](const MemoryRequest& request, std::uint64_t available) {
            return QString::fromStdString(refusalOf(request, available).hint());
        };
        // 8K by model-fast takes 9.8 GiB.
        QVERIFY(!named(flowOf({7680, 4320}, FlowDetail::Full), 9 * kGib).contains("model-fast"));
        QVERIFY(!named(flowOf({7680, 4320}, FlowDetail::Fast), 9 * kGib).contains("model-fast"));
        MemoryRequest large = flowOf({7680, 4320}, FlowDetail::Fast);
        large.bytes = [](SizePx) { return 10 * kGib; };
        QCOMPARE(named(large, 9 * kGib), QString("Close other programs."));
    }

    void whatFitsPasses() {
        const MemoryRequest request = flowOf({3840, 2160}, FlowDetail::Full);
        const std::uint64_t needed = request.bytes(request.size);
        QVERIFY(refusalOf(request, needed).code() == ErrorCode::Internal);
        QVERIFY(refusalOf(request, needed - 1).code() == ErrorCode::Device);
        // As small as this it is never refused.
        QVERIFY(refusalOf(flowOf({640, 360}, FlowDetail::Full), 0).code() == ErrorCode::Internal);
    }

    void whatHasPassedIsNotLookedAtAgain() {
        int asked = 0;
        std::uint64_t available = 1 * kGib;
        MemoryGuard guard([&] {
            ++asked;
            return std::optional<std::uint64_t>(available);
        });
        const auto passes = [&](SizePx size, FlowDetail detail, std::uint64_t reusable = 0) {
            return runGuarded([&] {
                       guard.require(flowOf(size, detail), reusable);
                       return true;
                   })
                .ok();
        };
        const SizePx hd{1920, 1080};
        QVERIFY(passes({64, 64}, FlowDetail::Full));
        QCOMPARE(asked, 0);
        QVERIFY(passes(hd, FlowDetail::Fast));
        QVERIFY(passes(hd, FlowDetail::Fast));
        QCOMPARE(asked, 1);
        // A refusal is no last word: programs may have been closed.
        QVERIFY(!passes(hd, FlowDetail::Full));
        QVERIFY(!passes(hd, FlowDetail::Full));
        QCOMPARE(asked, 3);
        QVERIFY(passes(hd, FlowDetail::Full, kGib));
        available = 0;
        QVERIFY(passes(hd, FlowDetail::Full));
        QCOMPARE(asked, 4);
        QVERIFY(!passes({1922, 1080}, FlowDetail::Full));
    }

    void nothingIsRefusedWhereMemoryIsUnknown() {
        MemoryGuard guard([] { return std::optional<std::uint64_t>(); });
        guard.require(flowOf({7680, 4320}, FlowDetail::Full), 0);
    }

    void onlyModelsLikeTheMeasuredOneAreHeldToItsBytes() {
        QVERIFY(flowTakesMeasuredBytes(presetLikeSmall()));
        ModelConfig narrow = presetLikeSmall();
        narrow.encoder.widths.front() = 16;
        QVERIFY(!flowTakesMeasuredBytes(narrow));
        ModelConfig coarse = presetLikeSmall();
        coarse.estimator.fineWidths.clear();
        QVERIFY(!flowTakesMeasuredBytes(coarse));
        ModelConfig content = presetLikeSmall();
        content.mode = "vicreg";
        QVERIFY(!flowTakesMeasuredBytes(content));
    }

    void encodingAddsUpThePictureAndItsFinestMaps() {
        EncoderConfig encoder = presetLikeSmall().encoder;
        QCOMPARE(encodingBytes({100, 10}, encoder), std::uint64_t{1000 * (12 + 3 * 24)});
        encoder.depths.front() = 0;
        QCOMPARE(encodingBytes({100, 10}, encoder), std::uint64_t{1000 * (12 + 2 * 24)});
    }

private:
    /// The small model's shape, which inference/model knows; this test links without LibTorch.
    static ModelConfig presetLikeSmall() {
        ModelConfig config;
        config.encoder.widths = {24, 40, 80, 128, 192, 256};
        config.encoder.depths = {1, 2, 2, 3, 2, 2};
        config.estimator.fineWidths = {32, 32, 24};
        return config;
    }
};

QTEST_GUILESS_MAIN(TestMemoryGuard)
#include "test_memory_guard.moc"
