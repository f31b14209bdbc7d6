// Flow by a command of the user's own: a shell script here, which copies flow that is known.
#include <QDir>
#include <QElapsedTimer>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "inference/analysis/clip_flow_command.h"
#include "inference/engine/flow_command.h"
#include "inference/engine/flow_provider.h"
#include "media/io/flow_file.h"
#include "media/io/image_file.h"
#include "tests/support/test_video.h"

using namespace mcj;
namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

constexpr SizePx kSize{48, 32};

const test::MovingScene& scene() {
    static const test::MovingScene moving(kSize, {1.0F, 0.5F}, {});
    return moving;
}

FramePtr frameAt(int t) {
    Frame frame;
    frame.source = 1;
    frame.index = t;
    frame.rgb = scene().picture(t);
    return std::make_shared<const Frame>(std::move(frame));
}

Error errorOf(const std::function<void()>& work) {
    const auto outcome = runGuarded([&] {
        work();
        return true;
    });
    return outcome.ok() ? Error(ErrorCode::Internal, "no error") : outcome.error();
}

}  // namespace

class TestFlowCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() {
        folder_ = std::make_unique<QTemporaryDir>();
        writeFlow(path("known.flo"), scene().flow(0), FlowFormat::Flo);
        writeFlow(path("known.npy"), scene().flow(0), FlowFormat::Npy);
        writeFlow(path("small.flo"), FlowField({8, 8}), FlowFormat::Flo);
    }

    void linesAreSplitAsByAShell_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QStringList>("words");
        const QStringList ends{"{first}", "{second}", "{out}"};
        const QString tail = " {first} {second} {out}";
        QTest::newRow("blanks") << "  raft  -x\t1" + tail << QStringList{"raft", "-x", "1"} + ends;
        QTest::newRow("single") << "sh -c 'a  \"b\" $c'" + tail
                                << QStringList{"sh", "-c", "a  \"b\" $c"} + ends;
        QTest::newRow("double") << "x \"a \\\"b\\\" \\\\ \\n\"" + tail
                                << QStringList{"x", "a \"b\" \\ \\n"} + ends;
        QTest::newRow("backslash")
            << "my\\ raft a\\'b" + tail << QStringList{"my raft", "a'b"} + ends;
        QTest::newRow("joined") << "a'b c'\"d e\"f ''" + tail << QStringList{"ab cd ef", ""} + ends;
        QTest::newRow("no shell") << "x $HOME *.py '|'" + tail
                                  << QStringList{"x", "$HOME", "*.py", "|"} + ends;
    }

    void linesAreSplitAsByAShell() {
        QFETCH(QString, line);
        QFETCH(QStringList, words);
        const FlowCommand command = FlowCommand::parse(line.toStdString());
        QStringList found;
        for (const std::string& word : command.words()) found << QString::fromStdString(word);
        QCOMPARE(found, words);
        QVERIFY(command.kind() == FlowCommandKind::Pair);
    }

    void unusableLinesAreRefused_data() {
        QTest::addColumn<QString>("line");
        QTest::addColumn<QString>("said");
        QTest::newRow("empty") << "  " << "empty";
        QTest::newRow("open quote") << "raft '{first} {second} {out}" << "'";
        QTest::newRow("open double quote") << "raft \"{first} {second} {out}" << "\"";
        QTest::newRow("backslash") << "raft {first} {second} {out} \\" << "\\";
        QTest::newRow("no out") << "raft {first} {second}" << "lacks";
        QTest::newRow("no folder out") << "raft {frames}" << "lacks";
        QTest::newRow("both") << "raft {first} {second} {out} {frames} {outdir}" << "pair";
        QTest::newRow("pipe") << "raft {first} {second} {out} | tee" << "shell";
        QTest::newRow("redirection") << "raft {first} {second} > {out}" << "shell";
    }

    void unusableLinesAreRefused() {
        QFETCH(QString, line);
        QFETCH(QString, said);
        const Error error = errorOf([&] { (void)FlowCommand::parse(line.toStdString()); });
        QVERIFY(error.code() == ErrorCode::Usage);
        QVERIFY2(QString(error.what()).contains(said), error.what());
    }

    void placeholdersAreReplacedWithinWords() {
        FlowCommand::Places places;
        places.first = "/a b/1.png";
        places.second = "/a b/2.png";
        places.out = "/a b/flow";
        const auto filled = [&places](const std::string& line) {
            return FlowCommand::parse(line).fill(places);
        };
        const auto plain = filled("raft --in={first},{second} {out} {outer}");
        QVERIFY((plain.arguments ==
                 Words{"raft", "--in=/a b/1.png,/a b/2.png", "/a b/flow.flo", "{outer}"}));
        QVERIFY(plain.out == "/a b/flow.flo");
        const auto asPng = filled("raft {first} {second} --out={out}.png");
        QVERIFY((asPng.arguments.back() == "--out=/a b/flow.png"));
        QVERIFY(asPng.out == "/a b/flow.png");
    }

    void theIdChangesWithTheScript() {
        const QString script = write("raft.sh", "cp known.flo $3\n");
        const FlowCommand command = FlowCommand::parse(pairLine(script));
        const std::string before = command.id();
        QCOMPARE(command.id(), before);
        QVERIFY(isFlowCommand(before) && !isFlowCommand(kDisFlow));
        QCOMPARE(flowCommandOf(before).line(), command.line());
        QCOMPARE(command.title(), std::string("sh raft.sh"));
        QCOMPARE(flowTitle(before), std::string("sh raft.sh"));
        QVERIFY(!flowProvider(before).needsEngine);
        (void)write("raft.sh", "cp other.flo $3; true\n");
        QVERIFY(command.id() != before);
        // A # of the line is not the stamp.
        const FlowCommand sharp = FlowCommand::parse("x '#' {first} {second} {out}");
        QCOMPARE(flowCommandOf(sharp.id()).line(), sharp.line());
    }

    void flowIsComputedOnceForAPair() {
        for (const QString kind : {"known.flo", "known.npy"}) {
            const QString log = QString::fromStdString(path(kind.toStdString() + ".log"));
            // Not a word of the line: a file in it that changes makes another command.
            const QString script =
                write("raft.sh", "echo run >> '" + log +
                                     "'\n"
                                     "test -s \"$1\" && test -s \"$2\" || exit 9\n"
                                     "cp \"$4\" \"$3\"\n");
            const QString suffix = kind.endsWith("npy") ? ".npy" : "";
            const FlowCommand command = FlowCommand::parse(
                QString("sh %1 {first} {second} {out}%2 %3")
                    .arg(script, suffix, QString::fromStdString(path(kind.toStdString())))
                    .toStdString());
            const FlowCommandCache cache(path("cache"));
            for (int time = 0; time < 2; ++time) {
                const FlowField flow = flowByCommand(command, frameAt(0), frameAt(1), cache, {});
                QVERIFY(flow.vectors == scene().flow(0).vectors);
                QCOMPARE(runs(log), 1);
            }
            // Other frames, and the same backwards, are other flow.
            (void)flowByCommand(command, frameAt(1), frameAt(2), cache, {});
            (void)flowByCommand(command, frameAt(1), frameAt(0), cache, {});
            QCOMPARE(runs(log), 3);
            // The folder may be deleted, and files in it may be damaged.
            QVERIFY(QDir(QString::fromStdString(path("cache"))).removeRecursively());
            QVERIFY((flowByCommand(command, frameAt(0), frameAt(1), cache, {}).vectors ==
                     scene().flow(0).vectors));
            QCOMPARE(runs(log), 4);
            for (const auto& entry : fs::directory_iterator(path("cache"))) {
                fs::resize_file(entry.path(), 20);
            }
            (void)flowByCommand(command, frameAt(0), frameAt(1), cache, {});
            QCOMPARE(runs(log), 5);
        }
    }

    void theCacheIsBounded() {
        const FlowField flow = scene().flow(0);
        const FlowCommandCache cache(path("cache"), 3 * (flow.vectors.bytes() + 12));
        for (int i = 0; i < 5; ++i) {
            cache.keep("key" + std::to_string(i), flow);
            std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        QVERIFY(!cache.load("key0", kSize) && !cache.load("key1", kSize));
        QVERIFY(cache.load("key2", kSize) && cache.load("key4", kSize));
        QVERIFY(!cache.load("key4", {8, 8}));
        const FlowCommandCache none{fs::path()};
        none.keep("key", flow);
        QVERIFY(!none.load("key", kSize));
    }

    void failuresAreNamed_data() {
        QTest::addColumn<QString>("script");
        QTest::addColumn<QString>("message");
        QTest::addColumn<QString>("hint");
        QTest::newRow("exit code") << "echo out of memory >&2; exit 7" << "exit code 7"
                                   << "out of memory";
        QTest::newRow("silent") << "exit 1" << "exit code 1" << "nothing";
        QTest::newRow("killed") << "kill -9 $$" << "signal 9" << "";
        QTest::newRow("no output") << "true" << "wrote no flow.flo" << "{out}";
        QTest::newRow("not flow") << "echo text > \"$3\"" << "not flow" << ".npy";
        QTest::newRow("wrong size") << "cp \"$4\" \"$3\"" << "8 x 8" << "Resize";
    }

    void failuresAreNamed() {
        QFETCH(QString, script);
        QFETCH(QString, message);
        QFETCH(QString, hint);
        const FlowCommand command =
            FlowCommand::parse(pairLine(write("raft.sh", script + '\n')) + ' ' + path("small.flo"));
        const Error error = errorOf([&] {
            (void)flowByCommand(command, frameAt(0), frameAt(1), FlowCommandCache(path("cache")),
                                {});
        });
        QVERIFY2(error.code() == ErrorCode::Input, error.what());
        QVERIFY2(QString(error.what()).contains(message), error.what());
        QVERIFY2(QString::fromStdString(error.hint()).contains(hint), error.hint().c_str());
        QVERIFY(!fs::exists(path("cache")));
    }

    void aMissingProgramIsNamed() {
        const FlowCommand command =
            FlowCommand::parse("no-such-program-here {first} {second} {out}");
        const Error error = errorOf([&] {
            (void)flowByCommand(command, frameAt(0), frameAt(1), FlowCommandCache({}), {});
        });
        QVERIFY(error.code() == ErrorCode::Usage);
        QVERIFY2(QString(error.what()).contains("no-such-program-here"), error.what());
    }

    void aStopEndsTheCommandAndWhatItStarted() {
        const QString script = write("raft.sh", "sleep 60 & echo $! > \"$4\"\nsleep 60\n");
        const QString child = QString::fromStdString(path("child"));
        const FlowCommand command =
            FlowCommand::parse(pairLine(script) + ' ' + child.toStdString());
        const StopSource source;
        std::thread asker([&] {
            while (runs(child) == 0) std::this_thread::sleep_for(std::chrono::milliseconds(10));
            source.requestStop();
        });
        QElapsedTimer elapsed;
        elapsed.start();
        const Error error = errorOf([&] {
            (void)flowByCommand(command, frameAt(0), frameAt(1), FlowCommandCache({}),
                                source.token());
        });
        asker.join();
        QVERIFY2(error.code() == ErrorCode::Interrupted, error.what());
        QVERIFY(elapsed.elapsed() < 30'000);
        QFile file(child);
        QVERIFY(file.open(QIODevice::ReadOnly));
        const QString process = "/proc/" + QString::fromUtf8(file.readAll()).trimmed();
        // Gone, or waiting to be collected by the system.
        const auto gone = [&process] {
            QFile status(process + "/stat");
            return !status.open(QIODevice::ReadOnly) || status.readAll().contains(") Z ");
        };
        QTRY_VERIFY(gone());
    }

    void aCommandForTheClipRunsOnce() {
        QVERIFY(QDir().mkpath(QString::fromStdString(path("clip"))));
        for (int t = 0; t < 5; ++t) {
            writeRgbPng(path("clip/" + std::to_string(t) + ".png"), scene().picture(t));
        }
        const auto source = openSource(path("clip"));
        scanToEnd(*source, {});
        const QString log = QString::fromStdString(path("clip.log"));
        const QString script =
            write("clip.sh", "echo run >> '" + log +
                                 "'\n"
                                 "for f in \"$1\"/*.png; do\n"
                                 "  cp \"$3\" \"$2/$(basename \"$f\" .png).flo\"\n"
                                 "done\n");
        const FlowCommand command =
            FlowCommand::parse(QString("sh %1 {frames} {outdir} %2")
                                   .arg(script, QString::fromStdString(path("known.flo")))
                                   .toStdString());
        QVERIFY(command.kind() == FlowCommandKind::Clip);
        const ClipFlowFolder kept{path("kept")};
        const FrameRange range{1, 4, 1};
        FlowFilesPtr files = flowOfClip(*source, range, command, kept, {}, {});
        // The files have the numbers of the frames.
        QVERIFY((files->frames() == std::vector<FrameIndex>{1, 2, 3}));
        QVERIFY(files->read(2, kSize).vectors == scene().flow(0).vectors);
        files = flowOfClip(*source, range, command, kept, {}, {});
        QCOMPARE(runs(log), 1);
        (void)flowOfClip(*source, {0, 4, 1}, command, kept, {}, {});
        QCOMPARE(runs(log), 2);
        // Only the newest stays within a budget that is too small for two.
        (void)flowOfClip(*source, range, command, {path("kept"), 1}, {}, {});
        QCOMPARE(QDir(QString::fromStdString(path("kept")))
                     .entryList(QDir::Dirs | QDir::NoDotAndDotDot)
                     .size(),
                 1);
        QVERIFY(errorOf([&] {
                    (void)flowOfClip(*source, {0, 4, 2}, command, kept, {}, {});
                }).code() == ErrorCode::Usage);
        const FlowCommand idle = FlowCommand::parse("true {frames} {outdir}");
        const Error error = errorOf([&] { (void)flowOfClip(*source, range, idle, kept, {}, {}); });
        QVERIFY(error.code() == ErrorCode::Input);
        QVERIFY2(QString(error.what()).contains("{outdir}"), error.what());
    }

private:
    [[nodiscard]] std::string path(const std::string& name) const {
        return folder_->filePath(QString::fromStdString(name)).toStdString();
    }
    QString write(const std::string& name, const QString& text) const {
        QFile file(QString::fromStdString(path(name)));
        if (!file.open(QIODevice::WriteOnly) || file.write(text.toUtf8()) < 0) qFatal("no file");
        return file.fileName();
    }
    static std::string pairLine(const QString& script) {
        return "sh " + script.toStdString() + " {first} {second} {out}";
    }
    static int runs(const QString& log) {
        QFile file(log);
        if (!file.open(QIODevice::ReadOnly)) return 0;
        return static_cast<int>(file.readAll().count('\n'));
    }

    std::unique_ptr<QTemporaryDir> folder_;
};

QTEST_GUILESS_MAIN(TestFlowCommand)
#include "test_flow_command.moc"
