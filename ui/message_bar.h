#pragma once

#include <QFrame>
#include <deque>

#include "viewer/session/notice.h"

class QLabel;
class QToolButton;

namespace mcj {

/// Where failures and warnings are said: one line above the picture, with what to do. It never
/// takes the keyboard; several are counted and shown one after the other.
class MessageBar : public QFrame {
    Q_OBJECT
public:
    explicit MessageBar(QWidget* parent = nullptr);
    void say(const Notice& notice);
    void dismiss();
    /// How many are waiting, the shown one included.
    [[nodiscard]] int waiting() const { return static_cast<int>(notices_.size()); }
    [[nodiscard]] QString text() const;

private:
    void refresh();

    std::deque<Notice> notices_;
    QLabel* text_;
    QLabel* hint_;
    QLabel* count_;
    QToolButton* copy_;
    QToolButton* close_;
};

}  // namespace mcj
