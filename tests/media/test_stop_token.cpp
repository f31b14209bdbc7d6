#include <QFile>
#include <QTemporaryDir>
#include <QTest>
#include <optional>

#include "media/base/stop_token.h"
#include "media/io/manifest.h"

using namespace mcj;

namespace {

class TestStopToken : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void copiesLookAtOneFlag() {
        const StopSource source;
        const StopToken token = source.token();
        const StopToken copy = token;
        QVERIFY(!token.stopRequested() && !copy.stopRequested());
        token.throwIfStopped("waiting");
        source.requestStop();
        QVERIFY(token.stopRequested() && copy.stopRequested() && source.token().stopRequested());
        QCOMPARE(codeOf([&] { copy.throwIfStopped("waiting"); }), ErrorCode::Interrupted);
    }

    void aTokenWithoutASourceNeverStops() {
        const StopToken token;
        QVERIFY(!token.stopRequested());
        token.throwIfStopped("anything");
    }

    void hashingEndsAtOnce() {
        QTemporaryDir folder;
        const QString path = folder.filePath("video.mp4");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        // 64 sparse GiB: hashed to its end this test would not come back.
        QVERIFY(file.resize(qint64{1} << 36));
        const StopSource source;
        source.requestStop();
        QCOMPARE(codeOf([&] { (void)sha256OfFile(path.toStdString(), source.token()); }),
                 ErrorCode::Interrupted);
        Manifest manifest;
        QCOMPARE(codeOf([&] { describeSource(path.toStdString(), manifest, source.token()); }),
                 ErrorCode::Interrupted);
        QVERIFY(manifest.sourceSha256.empty());
    }

private:
    template <typename Work>
    [[nodiscard]] static std::optional<ErrorCode> codeOf(Work&& work) {
        try {
            work();
        } catch (const Error& error) {
            return error.code();
        }
        return std::nullopt;
    }
};

}  // namespace

QTEST_GUILESS_MAIN(TestStopToken)
#include "test_stop_token.moc"
