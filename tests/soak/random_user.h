#pragma once

#include <QDialog>
#include <QObject>
#include <QPoint>
#include <QSize>
#include <QStringList>
#include <QTimer>
#include <cstdint>
#include <functional>
#include <random>
#include <vector>

namespace mcj {
class MainWindow;
class Session;
}  // namespace mcj

namespace mcj::soak {

/// Files that a random user may choose.
struct Files {
    QStringList clips;
    QString truth;   ///< a file of true flow of the size of all clips
    QString mask;    ///< a mask PNG of that size, in a folder of masks
    QString folder;  ///< an existing folder for everything that is written
};

/// Does something random in the window by mouse, keys and commands, and answers the dialogs that
/// come up: some are filled in and accepted, most are closed. The same seed gives the same order
/// of draws; what they meet also depends on when background work ends. GUI thread.
class RandomUser : public QObject {
public:
    /// All outlive it.
    RandomUser(MainWindow& window, Session& session, Files files, std::uint64_t seed);
    ~RandomUser() override;

    /// One action of the table. Returns its name.
    const char* act();
    /// How long to wait before the next action, in milliseconds: mostly short.
    [[nodiscard]] int pauseMs();
    /// Ends what runs: playback, runs, live sources, presenting and dialogs.
    void calmDown();

private:
    struct Action {
        const char* name;
        int weight;  ///< its share of all weights is its probability
        std::function<void()> run;
    };

    /// From 0 to `count` - 1.
    [[nodiscard]] int draw(int count);
    /// Out of `outOf` times, `times` on average.
    [[nodiscard]] bool chance(int times, int outOf) { return draw(outOf) < times; }
    template <typename T>
    [[nodiscard]] const T& oneOf(const std::vector<T>& values) {
        return values[static_cast<std::size_t>(draw(static_cast<int>(values.size())))];
    }
    [[nodiscard]] QPoint placeIn(QSize size);
    [[nodiscard]] QString newName(const QString& ending);

    void fillTable();
    void runCommand();
    void openClip();
    void dragOnCanvas();
    void clickCanvas();
    void turnWheel();
    void pressKey();
    void dragOnTimeline();
    void clickEye();
    void moveSlider();
    void clickButton();
    void paint();
    void pin();
    void arrangeViews();
    void exportFrame();

    /// Answers what is modal or pops up, once per tick of the timer.
    void answer();
    void answerFiles(QDialog& dialog);
    [[nodiscard]] bool fillIn(QDialog& dialog);

    MainWindow& window_;
    Session& session_;
    Files files_;
    std::mt19937_64 random_;
    /// Of the dialogs: how often the timer meets one depends on the machine.
    std::mt19937_64 answers_;
    std::vector<Action> table_;
    int weights_ = 0;
    int names_ = 0;
    int projects_ = 0;
    QTimer answering_;
};

}  // namespace mcj::soak
