#include <QDir>
#include <QFile>
#include <QProcess>
#include <QRegularExpression>
#include <QSet>
#include <QStandardPaths>
#include <QTest>

#include "media/base/error.h"
#include "media/base/program_description.h"
#include "tests/app/cli_run.h"

using namespace mcj;
using test::CliRun;
using test::runProgram;

namespace {

QString textOf(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()) : QString{};
}

/// The options at the beginnings of the lines of a help.
QStringList optionsOf(const QString& help) {
    static const QRegularExpression line(
        "^\\s+((?:-{1,2}[A-Za-z][\\w-]*)(?:,\\s?-{1,2}[A-Za-z][\\w-]*)*)",
        QRegularExpression::MultilineOption);
    QStringList names;
    auto matches = line.globalMatch(help);
    while (matches.hasNext()) {
        const QString found = matches.next().captured(1);
        for (const QString& name : found.split(',')) names << name.trimmed();
    }
    names.removeDuplicates();
    return names;
}

/// The commands that a help of `mcjepa` lists.
QStringList commandsOf(const QString& help) {
    static const QRegularExpression line("^  ([a-z]+)\\s", QRegularExpression::MultilineOption);
    QStringList names;
    auto matches = line.globalMatch(help.section("Subcommands:", 1));
    while (matches.hasNext()) names << matches.next().captured(1);
    return names;
}

bool hasWord(const QString& text, const QString& word) {
    return text.contains(
        QRegularExpression("(^|[\\s'|:(])" + QRegularExpression::escape(word) + "($|[\\s':|)])",
                           QRegularExpression::MultilineOption));
}

bool fishHas(const QString& text, const QString& option) {
    return option.startsWith("--") ? hasWord(text, "-l " + option.mid(2))
                                   : hasWord(text, "-s " + option.mid(1));
}

/// The page as text without its requests for fonts.
QString plain(QString page) {
    return page.remove("\\fB").remove("\\fI").remove("\\fR").remove("\\&").replace("\\-", "-");
}

/// What bash offers for the words, the last of which is completed.
QStringList offered(const QString& script, const QStringList& words) {
    QStringList quoted;
    for (const QString& word : words) quoted << '\'' + word + '\'';
    const QString function =
        QRegularExpression("complete -o default -F (\\S+)").match(script).captured(1);
    QProcess bash;
    bash.start("bash", {"--norc", "-c",
                        script + "\nCOMP_WORDS=(" + quoted.join(' ') +
                            "); COMP_CWORD=" + QString::number(words.size() - 1) + "; " + function +
                            "; printf '%s\\n' \"${COMPREPLY[@]}\""});
    if (!bash.waitForFinished(30000) || bash.exitCode() != 0) return {"failed"};
    return QString::fromUtf8(bash.readAllStandardOutput()).split('\n', Qt::SkipEmptyParts);
}

}  // namespace

/// Manual pages and completions of the programs are what their help says.
class TestDescriptions : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void everyOptionOfTheHelpIsThere_data() {
        QTest::addColumn<QString>("program");
        QTest::addColumn<QString>("prefix");
        QTest::newRow("mcjepa") << "mcjepa" << "";
        QTest::newRow("mcjepa-studio") << "mcjepa-studio" << "--";
        QTest::newRow("mcjepa-train") << "mcjepa-train" << "";
    }

    void everyOptionOfTheHelpIsThere() {
        QFETCH(QString, program);
        QFETCH(QString, prefix);
        if (!QFile::exists(QString(MCJ_BIN_DIR "/") + program)) QSKIP("the program is not built");
        const CliRun manual = runProgram(program, {prefix + "manual"});
        MCJ_VERIFY_EXIT(manual, 0);
        QStringList commands;
        const QStringList options = optionsOf(helpOf(program, commands));
        QVERIFY2(options.size() > 10, qPrintable(options.join(' ')));
        const QString page = plain(manual.out);
        const QString bash = completion(program, prefix, "bash");
        const QString zsh = completion(program, prefix, "zsh");
        const QString fish = completion(program, prefix, "fish");
        for (const QString& option : options) {
            QVERIFY2(page.contains(option), qPrintable(option));
            QVERIFY2(hasWord(bash, option), qPrintable(option));
            QVERIFY2(zsh.contains('\'' + option + ':'), qPrintable(option));
            QVERIFY2(fishHas(fish, option), qPrintable(option));
        }
        for (const QString& command : commands) {
            QVERIFY2(hasWord(page, command), qPrintable(command));
            QVERIFY2(hasWord(bash, command), qPrintable(command));
            QVERIFY2(zsh.contains('\'' + command + ':'), qPrintable(command));
            QVERIFY2(fish.contains("-f -a " + command + ' '), qPrintable(command));
        }
        MCJ_VERIFY_EXIT(runProgram(program, {prefix + "completion", "tcsh"}), 2);

        // What is installed.
        const QString share = QString(MCJ_BIN_DIR "/../share/");
        QCOMPARE(textOf(share + "man/man1/" + program + ".1"), manual.out);
        QCOMPARE(textOf(share + "bash-completion/completions/" + program), bash);
        QCOMPARE(textOf(share + "zsh/site-functions/_" + program), zsh);
        QCOMPARE(textOf(share + "fish/vendor_completions.d/" + program + ".fish"), fish);
    }

    void bashCompletesCommandsOptionsAndValues() {
        if (QStandardPaths::findExecutable("bash").isEmpty()) QSKIP("bash is not installed");
        const QString script = completion("mcjepa", "", "bash");
        QCOMPARE(offered(script, {"mcjepa", "ana"}), QStringList{"analyze"});
        QCOMPARE(offered(script, {"mcjepa", "evaluate", "vo"}), QStringList{"vos"});
        QCOMPARE(offered(script, {"mcjepa", "--json", "analyze", "a.mp4", "--over"}),
                 (QStringList{"--overlay", "--overlay-style", "--overwrite"}));
        QCOMPARE(offered(script, {"mcjepa", "analyze", "--wheel", "v"}),
                 QStringList{"vision-safe"});
        // Files.
        QVERIFY(offered(script, {"mcjepa", "analyze", "--truth", ""}).isEmpty());
        QVERIFY(offered(script, {"mcjepa", "analyze", ""}).isEmpty());
    }

    void theManualPageIsValid() {
        if (QStandardPaths::findExecutable("groff").isEmpty()) QSKIP("groff is not installed");
        for (const QString& program :
             {QString("mcjepa"), QString("mcjepa-studio"), QString("mcjepa-train")}) {
            const QString page = QString(MCJ_BIN_DIR "/../share/man/man1/") + program + ".1";
            if (!QFile::exists(page)) continue;
            QProcess groff;
            groff.start("groff", {"-man", "-Tascii", "-ww", page});
            QVERIFY(groff.waitForFinished(60000));
            const QByteArray complaints = groff.readAllStandardError();
            QVERIFY2(complaints.isEmpty() && groff.exitCode() == 0, complaints.constData());
            QVERIFY(groff.readAllStandardOutput().size() > 1000);
        }
    }

    // Letters that are special to troff and to the shells stay what they are.
    void specialLettersAreKept() {
        OptionDescription option;
        option.names = {"--x"};
        option.value = "N";
        option.text = ".dot \\ 'quoted'";
        ProgramDescription program;
        program.name = "a-b";
        program.text = "it's\nodd";
        program.options = {option};
        const QString page = QString::fromStdString(manualPage(program));
        QVERIFY2(page.contains("\n\\&.dot \\e 'quoted'\n"), qPrintable(page));
        QVERIFY(page.contains("it's odd\n"));
        const QString zsh = QString::fromStdString(shellCompletion(program, Shell::Zsh));
        QVERIFY2(zsh.contains("'--x:.dot \\ '\\''quoted'\\'''"), qPrintable(zsh));
        QVERIFY(zsh.contains("_a_b() {"));
        const QString fish = QString::fromStdString(shellCompletion(program, Shell::Fish));
        QVERIFY2(fish.contains("-l x -r -d '.dot \\\\ \\'quoted\\''"), qPrintable(fish));
        QVERIFY_EXCEPTION_THROWN((void)parseShell("sh"), Error);
    }

    // The table of `mcjepa-train` names what its commands take, and nothing else.
    void theTrainersTableIsComplete() {
        if (!QFile::exists(MCJ_BIN_DIR "/mcjepa-train")) QSKIP("the program is not built");
        static const QRegularExpression taken("take\\w*\\(\\s*(?:arguments,\\s*)?\"(-[^\"]+)\"");
        const QDir folder(MCJ_SOURCE_DIR "/training/commands");
        QSet<QString> names{"-h", "--help", "--version"};
        for (const QString& file : folder.entryList({"*_command.cpp"})) {
            const QString text = textOf(folder.filePath(file));
            auto matches = taken.globalMatch(text);
            while (matches.hasNext()) names << matches.next().captured(1);
        }
        const QStringList shown = optionsOf(runProgram("mcjepa-train", {"--help"}).out);
        const QSet<QString> listed(shown.begin(), shown.end());
        QVERIFY2(listed == names, qPrintable((listed - names).values().join(' ') + " | " +
                                             (names - listed).values().join(' ')));
    }

private:
    /// The help of the program and of its commands, which are added to `commands`.
    static QString helpOf(const QString& program, QStringList& commands) {
        const QString first = runProgram(program, {"--help"}).out;
        QString all = first;
        if (program != "mcjepa") return all;
        for (const QString& command : commandsOf(first)) {
            commands << command;
            const QString help = runProgram(program, {command, "--help"}).out;
            all += help;
            for (const QString& second : commandsOf(help)) {
                commands << second;
                all += runProgram(program, {command, second, "--help"}).out;
            }
        }
        return all;
    }

    static QString completion(const QString& program, const QString& prefix, const QString& shell) {
        return runProgram(program, {prefix + "completion", shell}).out;
    }
};

QTEST_GUILESS_MAIN(TestDescriptions)
#include "test_descriptions.moc"
