#pragma once

#include <QElapsedTimer>
#include <QFile>
#include <QObject>
#include <QStringList>
#include <memory>
#include <vector>

#include "tests/bench/event_probe.h"
#include "ui/message_bar.h"
#include "viewer/session/session.h"

namespace mcj::soak {

/// Whether failures that only say that there is no model are expected.
enum class Model { Present, Missing };

/// Checks what has to be true whatever a user does, and measures memory and waiting events. GUI
/// thread.
class SoakWatch : public QObject {
public:
    /// What it looks at; all outlive it.
    struct Parts {
        bench::TimedApplication& app;
        Session& session;
        const MessageBar& messages;
    };
    /// `table`: a CSV file of memory over time, replaced; empty: none is written.
    SoakWatch(const Parts& parts, Model model, const QString& table);
    ~SoakWatch() override;

    /// Cheap: after every action.
    void check(const char* action);
    /// Takes steps back and forward again and compares the state with that before; the state of
    /// the project is the same afterwards. Not counted among the waits of events.
    void checkThoroughly();
    /// Measures memory, if `kSampleSecs` have passed.
    void sample(std::int64_t actions);
    /// Something is wrong. Printed at once, and the run fails at the end.
    void find(const QString& finding);

    [[nodiscard]] const QStringList& findings() const noexcept { return findings_; }
    [[nodiscard]] double longestWaitMs() const noexcept { return longestWaitMs_; }
    [[nodiscard]] double secs() const { return static_cast<double>(clock_.elapsed()) / 1e3; }
    /// Resident memory, MB: medians of a sixth of the time, after the first third, in which caches
    /// fill up, and at the end. Equal where there are too few samples.
    struct Memory {
        double warmMb = 0.0;
        double endMb = 0.0;
        double mostMb = 0.0;
        [[nodiscard]] double growthPercent() const {
            return warmMb > 0.0 ? 100.0 * (endMb - warmMb) / warmMb : 0.0;
        }
    };
    [[nodiscard]] Memory memory() const;

    static constexpr int kSampleSecs = 10;

private:
    void takeWaits();
    void checkFrames();
    /// Of what the bar shows as a failure, or a notice tells; the same text counts once.
    void hearFailure(const QString& text);

    bench::TimedApplication& app_;
    Session& session_;
    const MessageBar& messages_;
    Model model_;
    QStringList failures_;
    QFile table_;
    QElapsedTimer clock_;
    std::unique_ptr<bench::EventProbe> probe_;
    std::vector<double> residentMb_;  ///< one a sample
    QStringList findings_;
    QByteArray action_ = "none";
    double longestWaitMs_ = 0.0;
    double waitSinceSampleMs_ = 0.0;
};

}  // namespace mcj::soak
