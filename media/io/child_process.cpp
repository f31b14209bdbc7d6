#include "media/io/child_process.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "media/base/error.h"

namespace mcj {
namespace {

using Clock = std::chrono::steady_clock;

// A stop is noticed after this time at most, and so is the end of a program that has closed its
// output before.
constexpr int kLookEveryMs = 20;
constexpr auto kTimeToEnd = std::chrono::seconds(1);

[[noreturn]] void failTo(const std::string& what, int code) {
    throw Error(ErrorCode::Internal, "cannot " + what + ": " + std::strerror(code));
}

/// The end of the pipe that this process reads.
class Pipe {
public:
    Pipe() {
        if (::pipe2(ends_.data(), O_CLOEXEC) != 0) failTo("create a pipe", errno);
    }
    ~Pipe() {
        closeWriting();
        ::close(ends_[0]);
    }
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    [[nodiscard]] int writingEnd() const noexcept { return ends_[1]; }
    /// Only then a read can find the end.
    void closeWriting() noexcept {
        if (ends_[1] >= 0) ::close(ends_[1]);
        ends_[1] = -1;
    }
    /// Adds what is written within `waitMs` to `text`, whose end is kept; false at the end.
    bool readInto(std::string& text, int waitMs) const {
        pollfd wanted{ends_[0], POLLIN, 0};
        if (::poll(&wanted, 1, waitMs) <= 0) return true;
        std::array<char, 4096> block{};
        const ssize_t count = ::read(ends_[0], block.data(), block.size());
        if (count < 0) return errno == EINTR || errno == EAGAIN;
        if (count == 0) return false;
        text.append(block.data(), static_cast<std::size_t>(count));
        if (text.size() > 2 * kMostSaidBytes) text.erase(0, text.size() - kMostSaidBytes);
        return true;
    }
    [[nodiscard]] bool readable() const {
        pollfd wanted{ends_[0], POLLIN, 0};
        return ::poll(&wanted, 1, 0) > 0 && (wanted.revents & POLLIN) != 0;
    }

private:
    std::array<int, 2> ends_{-1, -1};
};

/// What the new process does before the program begins.
class SpawnSettings {
public:
    explicit SpawnSettings(int output) {
        posix_spawn_file_actions_init(&files_);
        posix_spawnattr_init(&attributes_);
        posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files_, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files_, output, STDERR_FILENO);
        // Ignored signals stay ignored in a new program.
        sigset_t defaults;
        sigemptyset(&defaults);
        sigaddset(&defaults, SIGPIPE);
        posix_spawnattr_setsigdefault(&attributes_, &defaults);
        posix_spawnattr_setpgroup(&attributes_, 0);
        posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    }
    ~SpawnSettings() {
        posix_spawnattr_destroy(&attributes_);
        posix_spawn_file_actions_destroy(&files_);
    }
    SpawnSettings(const SpawnSettings&) = delete;
    SpawnSettings& operator=(const SpawnSettings&) = delete;

    [[nodiscard]] const posix_spawn_file_actions_t* files() const noexcept { return &files_; }
    [[nodiscard]] const posix_spawnattr_t* attributes() const noexcept { return &attributes_; }

private:
    posix_spawn_file_actions_t files_{};
    posix_spawnattr_t attributes_{};
};

pid_t spawned(const std::vector<std::string>& arguments, const SpawnSettings& settings) {
    std::vector<char*> words;
    // The interface is older than const; the words are only read.
    for (const std::string& word : arguments) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    pid_t process = 0;
    const int failed = ::posix_spawnp(&process, words[0], settings.files(), settings.attributes(),
                                      words.data(), environ);
    if (failed == 0) return process;
    throw Error(ErrorCode::Usage,
                "the program \"" + arguments[0] + "\" cannot be run: " + std::strerror(failed),
                "Check its name and that it is executable. A script without a #! line needs its "
                "interpreter as the first word.");
}

bool hasEnded(pid_t process) {
    siginfo_t info{};
    // The process is left waitable: its id, which is that of its group, cannot be given away yet.
    const int looked =
        ::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT);
    return looked != 0 || info.si_pid == process;
}

/// A program in a process group of its own, which does not outlive this object.
class ChildProcess {
public:
    ChildProcess(const std::vector<std::string>& arguments, const SpawnSettings& settings)
        : process_(spawned(arguments, settings)) {}
    ~ChildProcess() {
        if (process_ <= 0) return;
        ::kill(-process_, SIGKILL);
        (void)wait();
    }
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] bool ended() const { return hasEnded(process_); }
    void askToEnd() const {
        ::kill(-process_, SIGTERM);
        const auto start = Clock::now();
        while (!ended() && Clock::now() - start < kTimeToEnd) {
            std::this_thread::sleep_for(std::chrono::milliseconds(kLookEveryMs));
        }
    }
    /// Once it has ended: its status, after the rest of its group was killed.
    [[nodiscard]] int finish() {
        ::kill(-process_, SIGKILL);
        return wait();
    }

private:
    int wait() {
        int status = 0;
        while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
        }
        process_ = 0;
        return status;
    }

    pid_t process_;
};

}  // namespace

ProcessEnd runProcess(const std::vector<std::string>& arguments, const StopToken& stop) {
    Pipe output;
    ProcessEnd end;
    ChildProcess child(arguments, SpawnSettings(output.writingEnd()));
    output.closeWriting();
    bool open = true;
    while (!child.ended()) {
        if (stop.stopRequested()) {
            child.askToEnd();
            stop.throwIfStopped("running \"" + arguments[0] + "\"");
        }
        if (open) {
            open = output.readInto(end.said, kLookEveryMs);
        } else {
            std::this_thread::sleep_for(std::chrono::milliseconds(kLookEveryMs));
        }
    }
    const int status = child.finish();
    // The rest is in the pipe; processes that left the group may keep it open.
    while (open && output.readable()) open = output.readInto(end.said, 0);
    if (end.said.size() > kMostSaidBytes) end.said.erase(0, end.said.size() - kMostSaidBytes);
    if (WIFEXITED(status)) end.exitCode = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) end.signal = WTERMSIG(status);
    return end;
}

}  // namespace mcj
