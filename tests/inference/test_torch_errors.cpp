#include <QtTest>

#include <new>

#include <ATen/ATen.h>

#include "inference/engine/torch_errors.h"
#include "media/base/error.h"

using namespace mcj;

namespace {

/// The error of ours that `work`'s exception becomes.
template <typename Work>
Error oursOf(const Work& work) {
    const auto outcome = runGuarded([&]() -> bool {
        try {
            work();
        } catch (...) {
            throwAsOurs();
        }
        return true;
    });
    return outcome.ok() ? Error(ErrorCode::Internal, "nothing was thrown") : outcome.error();
}

}  // namespace

class TestTorchErrors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aFullCpuIsADeviceErrorThatSaysWhatToDo() {
#ifdef __SANITIZE_ADDRESS__
        QSKIP("the sanitizer ends the program at such a request");
#endif
        // 2^59 bytes: no machine has them.
        const Error error = oursOf([] { (void)at::empty({std::int64_t{1} << 57}, at::kFloat); });
        QCOMPARE(error.code(), ErrorCode::Device);
        QVERIFY2(QString(error.what()).contains("memory"), error.what());
        QVERIFY(!QString(error.what()).contains("Allocator"));
        QVERIFY(QString::fromStdString(error.hint()).contains("--max-side"));
    }

    void soIsWhatTheStandardLibraryCannotGet() {
        const Error error = oursOf([] { throw std::bad_alloc(); });
        QCOMPARE(error.code(), ErrorCode::Device);
        QVERIFY(QString::fromStdString(error.hint()).contains("--max-side"));
    }

    void otherErrorsOfLibTorchAreDefects() {
        const Error error = oursOf([] { (void)at::zeros({2, 3}).matmul(at::zeros({2, 3})); });
        QCOMPARE(error.code(), ErrorCode::Internal);
        QVERIFY(QString(error.what()).contains("shapes"));
    }

    void ourErrorsStayAsTheyAre() {
        const Error error = oursOf([] { throw Error(ErrorCode::Usage, "no such level", "six"); });
        QCOMPARE(error.code(), ErrorCode::Usage);
        QCOMPARE(error.hint(), std::string("six"));
    }
};

QTEST_GUILESS_MAIN(TestTorchErrors)
#include "test_torch_errors.moc"
