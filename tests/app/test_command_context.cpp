#include <QTest>

#include <csignal>

#include "app/cli_commands/command_context.h"
#include "media/base/error.h"

using namespace mcj;

namespace {

Error stopOf(const CommandContext& context, const std::string& hint) {
    const auto outcome = runGuarded([&] {
        context.throwIfStopped(hint);
        return true;
    });
    return outcome.ok() ? Error(ErrorCode::Internal, "not stopped") : outcome.error();
}

}  // namespace

/// What a command says once it was asked to stop. The stop flag is the process's: one test.
class TestCommandContext : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void onlyWhatCanGoOnSaysSo() {
        const CommandContext context;
        context.throwIfStopped(kGoOnHint);
        installStopSignals();
        QCOMPARE(std::raise(SIGINT), 0);
        QVERIFY(context.stopRequested());
        const Error resumable = stopOf(context, kGoOnHint);
        QCOMPARE(resumable.code(), ErrorCode::Interrupted);
        QVERIFY(QString::fromStdString(resumable.hint()).contains("again to resume"));
        const Error plain = stopOf(context, {});
        QCOMPARE(plain.code(), ErrorCode::Interrupted);
        QVERIFY(plain.hint().empty());
    }
};

QTEST_GUILESS_MAIN(TestCommandContext)
#include "test_command_context.moc"
