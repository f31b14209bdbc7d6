#pragma once

#include <QWidget>

#include "viewer/session/session.h"

class QListWidget;
class QToolButton;

namespace mcj {

class CommandRegistry;
class Presenter;

/// The bookmarks of the clip: a click shows one, a double click edits its caption.
class BookmarksDock : public QWidget {
    Q_OBJECT
public:
    BookmarksDock(Session& session, Presenter& presenter, const CommandRegistry& commands,
                  QWidget* parent = nullptr);

private:
    void refresh();
    void refreshButtons();

    Session& session_;
    Presenter& presenter_;
    QListWidget* list_;
    QToolButton* up_;
    QToolButton* down_;
    QToolButton* remove_;
};

}  // namespace mcj
