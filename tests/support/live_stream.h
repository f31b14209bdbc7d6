#pragma once

#include <QProcess>
#include <QString>
#include <QTemporaryDir>

#include <csignal>

#include <sys/stat.h>
#include <sys/types.h>

namespace mcj::test {

/// A FIFO into which ffmpeg writes a video at its rate, over and over, until this is destroyed.
class LiveStream {
public:
    /// Returns what went wrong, else nothing.
    [[nodiscard]] QString make() const {
        const bool made = ::mkfifo(fifo().toLocal8Bit().constData(), 0600) == 0;
        return made ? QString() : QStringLiteral("mkfifo failed");
    }
    ~LiveStream() { endWriting(); }
    /// As a camera's program that ends.
    void endWriting() {
        if (writer_.state() == QProcess::NotRunning) return;
        writer_.kill();
        writer_.waitForFinished(30'000);
    }
    /// The writer goes on to exist, but writes no more.
    void fallSilent() { ::kill(static_cast<pid_t>(writer_.processId()), SIGSTOP); }
    [[nodiscard]] QString fifo() const { return folder_.filePath("camera"); }
    [[nodiscard]] QString path(const QString& name) const { return folder_.filePath(name); }

    /// Writes `video` as it would come from a camera. Returns whether ffmpeg was started.
    [[nodiscard]] bool feed(const QString& video) {
        writer_.start("ffmpeg", {"-v", "error", "-y", "-re", "-stream_loop", "-1", "-i", video,
                                 "-c", "copy", "-f", "matroska", fifo()});
        return writer_.waitForStarted();
    }

private:
    QTemporaryDir folder_;
    QProcess writer_;
};

}  // namespace mcj::test
