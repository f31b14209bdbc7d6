#pragma once

#include <QTimer>
#include <QWidget>

#include "viewer/session/session.h"

class QLabel;

namespace mcj {

class CommandRegistry;

/// In the place of the timeline while a live source is shown: the buttons of its commands, its
/// state and source, how many frames were received, shown and passed over, the rate, the age of the
/// shown frame, and how long and large the recordings are so far.
class LiveBar : public QWidget {
    Q_OBJECT
public:
    LiveBar(Session& session, const CommandRegistry& commands, QWidget* parent = nullptr);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    [[nodiscard]] QLabel* addLabel(const char* name);
    void refresh();
    [[nodiscard]] QString stateText() const;
    [[nodiscard]] QString countsText() const;
    [[nodiscard]] QString recordingText() const;

    Session& session_;
    QLabel* state_;
    QLabel* source_;
    QLabel* counts_;
    QLabel* recording_;  ///< empty where nothing is recorded
    QTimer clock_;       ///< ages and rates differ although nothing comes
};

/// "12 frames, 0.5 s, 1.2 MiB".
[[nodiscard]] QString progressText(const RecordingProgress& progress);

}  // namespace mcj
