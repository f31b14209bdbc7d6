// Batches come in order, and what goes wrong in a worker reaches whoever asks for its batch.

#include <QtTest>

#include <ATen/ATen.h>

#include "tests/support/test_program.h"
#include "training/batch_queue.h"

namespace {

struct Numbered {
    std::int64_t step = 0;
    at::Tensor values;
};

void forEachTensor(const Numbered& batch, const auto& visit) { visit(batch.values); }

using Queue = mcj::BatchQueue<Numbered>;

mcj::BatchPlan plan() {
    mcj::BatchPlan plan;
    plan.firstStep = 5;
    plan.workers = 3;
    return plan;
}

Numbered makeNumbered(std::int64_t step) {
    return {step, at::full({2}, static_cast<double>(step))};
}

}  // namespace

class TestBatchQueue : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void batchesComeInOrder() {
        Queue queue(plan(), at::kCPU, makeNumbered);
        for (std::int64_t step = 5; step < 25; ++step) {
            const Numbered batch = queue.next();
            QCOMPARE(batch.step, step);
            QCOMPARE(batch.values[1].item<std::int64_t>(), step);
        }
    }

    void whatAWorkerMeetsIsThrownForItsBatch() {
        Queue queue(plan(), at::kCPU, [](std::int64_t step) {
            if (step == 7)
                throw mcj::Error(mcj::ErrorCode::Input, "no such picture", "Look for it.");
            return makeNumbered(step);
        });
        QCOMPARE(queue.next().step, 5);
        QCOMPARE(queue.next().step, 6);
        QVERIFY_THROWS_EXCEPTION(mcj::Error, (void)queue.next());
    }

    void aDeviceThatCannotBeUsedIsAnErrorToo() {
        Queue queue(plan(), at::Device(at::kXLA, 0),
                    makeNumbered);  // in no build of LibTorch we use
        QVERIFY_THROWS_EXCEPTION(std::exception, (void)queue.next());
    }
};

MCJ_TEST(TestBatchQueue)
#include "test_batch_queue.moc"
