#include <QTest>

#include <QFile>
#include <QTemporaryDir>

#include "inference/engine/engine_loader.h"
#include "inference/engine/inference_engine.h"
#include "media/base/error.h"

using namespace mcj;

/// The door to the network, with nothing behind it.
class TestEngineLoader : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        qunsetenv("MCJ_MODEL");
        qunsetenv("MCJ_TORCH_LIBRARY");
    }

    void aModelIsNamedByTheEnvironment() {
        const QTemporaryDir folder;
        const QString file = folder.filePath("own.safetensors");
        qputenv("MCJ_MODEL", file.toUtf8());
        const auto absent = runGuarded([] { return shippedModelPath(); });
        QVERIFY(!absent.ok());
        QCOMPARE(absent.error().code(), ErrorCode::Input);
        QVERIFY(QString(absent.error().what()).contains("own.safetensors"));
        QFile written(file);
        QVERIFY(written.open(QIODevice::WriteOnly));
        written.write("x");
        written.close();
        QCOMPARE(QString::fromStdString(shippedModelPath().string()), file);
    }

    void aMissingModelIsAnInputError() {
        EngineOptions options;
        options.model = "/nowhere/at/all.safetensors";
        const auto outcome = runGuarded([&] { return loadEngine(options) != nullptr; });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Input);
        QVERIFY(QString(outcome.error().what()).contains("/nowhere/at/all.safetensors"));
    }

    void aMissingLibraryIsADeviceErrorThatSaysWhatToDo() {
        qputenv("MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so");
        qunsetenv("OMP_WAIT_POLICY");
        const auto outcome = runGuarded([] { return openNetworkLibrary(); });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Device);
        QVERIFY(QString(outcome.error().what()).contains("/nowhere/libmcj_torch.so"));
        QVERIFY(QString::fromStdString(outcome.error().hint()).contains("./start build"));
        // Idle threads must not spin once LibTorch comes.
        QCOMPARE(qgetenv("OMP_WAIT_POLICY"), QByteArray("PASSIVE"));
    }

    void aFileThatIsNoLibraryIsADeviceError() {
        const QTemporaryDir folder;
        const QString file = folder.filePath("libmcj_torch.so");
        QFile written(file);
        QVERIFY(written.open(QIODevice::WriteOnly));
        written.write("not a library");
        written.close();
        qputenv("MCJ_TORCH_LIBRARY", file.toUtf8());
        const auto outcome = runGuarded([] { return openNetworkLibrary(); });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Device);
    }
};

QTEST_GUILESS_MAIN(TestEngineLoader)
#include "test_engine_loader.moc"
