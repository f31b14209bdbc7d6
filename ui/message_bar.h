#pragma once

#include <QFrame>
#include <deque>

#include "viewer/session/notice.h"

class QLabel;
class QToolButton;

namespace mcj {

/// Shows failures and warnings, with what to do, in a bar that floats over the upper edge of its
/// parent: it takes no room, so that the picture below it never moves under a brush. It never takes
/// the keyboard; several notices are counted and shown one after the other.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent);
    /// Shows `notice` before the others. It replaces those of the same topic, unless that is one of
    /// which there can be several (General, Video).
    void say(const Notice& notice);
    /// Takes the shown notice away.
    void dismiss();
    /// Takes away all notices of `topic`: their cause is gone.
    void settle(Notice::Topic topic);
    /// Takes away all notices.
    void clear();
    /// How many are waiting, the shown one included.
    [[nodiscard]] int waiting() const { return static_cast<int>(notices_.size()); }
    [[nodiscard]] QString text() const;

    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();
    void place();

    std::deque<Notice> notices_;
    QLabel* text_;
    QLabel* hint_;
    QLabel* count_;
    QToolButton* copy_;
    QToolButton* close_;
};

}  // namespace mcj
