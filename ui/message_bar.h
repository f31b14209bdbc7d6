#pragma once

#include <QFrame>
#include <deque>

#include "viewer/session/notice.h"

class QLabel;
class QToolButton;

namespace mcj {

/// Shows failures and warnings with their hints in a bar over the upper edge of its parent. It is
/// not part of the layout, so that the picture does not move while painting, and it does not take
/// the keyboard focus. Several notices are counted and shown one after the other.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent);
    /// Shows `notice` before the others. It replaces notices of the same topic, except for topics
    /// with several notices (General, Video).
    void say(const Notice& notice);
    /// Removes the shown notice.
    void dismiss();
    /// Removes all notices of `topic`, because their cause is gone.
    void settle(Notice::Topic topic);
    /// Removes all notices.
    void clear();
    /// The number of notices, including the shown one.
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
