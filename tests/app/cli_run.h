#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QList>
#include <QProcess>
#include <QProcessEnvironment>
#include <QString>
#include <QStringList>

namespace mcj::test {

/// What a run of the program left behind.
struct CliRun {
    int exitCode = -1;  ///< -1: it did not end by itself
    QString out;
    QString err;

    /// The lines of standard output as objects; one that is none makes the list end with an empty
    /// one.
    [[nodiscard]] QList<QJsonObject> lines() const {
        QList<QJsonObject> objects;
        for (const QString& line : out.split('\n', Qt::SkipEmptyParts)) {
            objects << QJsonDocument::fromJson(line.toUtf8()).object();
            if (objects.back().isEmpty()) break;
        }
        return objects;
    }
    [[nodiscard]] QList<QJsonObject> events(const QString& name) const {
        QList<QJsonObject> chosen;
        for (const QJsonObject& line : lines()) {
            if (line["event"].toString() == name) chosen << line;
        }
        return chosen;
    }
};

/// Runs build/.../bin/`program`. `environment` is added to this process's own.
inline CliRun runProgram(const QString& program, const QStringList& arguments,
                         const QMap<QString, QString>& environment = {}) {
    QProcess process;
    QProcessEnvironment variables = QProcessEnvironment::systemEnvironment();
    for (auto it = environment.begin(); it != environment.end(); ++it) {
        variables.insert(it.key(), it.value());
    }
    process.setProcessEnvironment(variables);
    process.start(MCJ_BIN_DIR "/" + program, arguments);
    CliRun run;
    if (!process.waitForFinished(300000)) {
        process.kill();
        process.waitForFinished();
        run.err = "did not end in time";
        return run;
    }
    if (process.exitStatus() == QProcess::NormalExit) run.exitCode = process.exitCode();
    run.out = QString::fromUtf8(process.readAllStandardOutput());
    run.err = QString::fromUtf8(process.readAllStandardError());
    return run;
}

/// Runs the command line.
inline CliRun runCli(const QStringList& arguments, const QMap<QString, QString>& environment = {}) {
    return runProgram("mcjepa", arguments, environment);
}

/// The same where no network can be had: LibTorch's library and the model are not found.
inline CliRun runWithoutNetwork(const QStringList& arguments) {
    return runCli(arguments, {{"MCJ_TORCH_LIBRARY", "/nowhere/libmcj_torch.so"},
                              {"MCJ_MODEL", "/nowhere/model.safetensors"}});
}

/// Ends the test function, showing what the program said, where it did not exit with `code`.
#define MCJ_VERIFY_EXIT(run, code)                                       \
    do {                                                                 \
        /* Once: it may be a call. */                                    \
        const mcj::test::CliRun& verified = (run);                       \
        QVERIFY2(verified.exitCode == (code),                            \
                 qPrintable(QString("exit code %1, expected %2\n%3\n%4") \
                                .arg(verified.exitCode)                  \
                                .arg(code)                               \
                                .arg(verified.out, verified.err)));      \
    } while (false)

}  // namespace mcj::test
