#include "ui/bookmarks_dock.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QListWidget>
#include <QSignalBlocker>
#include <QToolButton>
#include <QVBoxLayout>

#include "ui/command_registry.h"
#include "ui/presenter.h"
#include "ui/theme.h"

namespace mcj {
namespace {

QToolButton* button(QWidget* parent, const char* name, const char* icon, const QString& tip) {
    auto* made = new QToolButton(parent);
    made->setObjectName(QLatin1String(name));
    made->setIcon(themeIcon(QLatin1String(icon)));
    made->setToolTip(tip);
    made->setAccessibleName(tip);
    return made;
}

}  // namespace

BookmarksDock::BookmarksDock(Session& session, Presenter& presenter,
                             const CommandRegistry& commands, QWidget* parent)
    : QWidget(parent), session_(session), presenter_(presenter) {
    setObjectName("bookmarksPanel");
    list_ = new QListWidget(this);
    list_->setObjectName("bookmarksList");
    list_->setAccessibleName(tr("Bookmarks, in the order of the presentation"));
    list_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
    list_->setWordWrap(true);
    auto* add = new QToolButton(this);
    add->setObjectName("bookmark_add");
    add->setDefaultAction(&commands["bookmark_add"]);
    up_ = button(this, "bookmark_up", "up", tr("Move the bookmark up"));
    down_ = button(this, "bookmark_down", "down", tr("Move the bookmark down"));
    remove_ = button(this, "bookmark_remove", "trash", tr("Remove the bookmark"));
    auto* row = new QHBoxLayout;
    row->addWidget(add);
    row->addStretch(1);
    for (QToolButton* each : {up_, down_, remove_}) row->addWidget(each);
    auto* hint = new QLabel(tr("A bookmark stores the frame, layers, views and zoom. Click it to "
                               "show it, double-click it to edit its caption."),
                            this);
    hint->setWordWrap(true);
    hint->setProperty("dim", true);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 2, 10, 10);
    column->addLayout(row);
    column->addWidget(list_, 1);
    column->addWidget(hint);
    Bookmarks& marks = session_.timeline().bookmarks;
    connect(list_, &QListWidget::itemClicked, this, [this](QListWidgetItem* item) {
        presenter_.show(static_cast<std::size_t>(list_->row(item)));
    });
    connect(list_, &QListWidget::itemChanged, this, [this](QListWidgetItem* item) {
        session_.timeline().bookmarks.rename(static_cast<std::size_t>(list_->row(item)),
                                             item->text());
        // An empty caption is not accepted: show the kept one.
        QMetaObject::invokeMethod(this, &BookmarksDock::refresh, Qt::QueuedConnection);
    });
    connect(list_, &QListWidget::currentRowChanged, this, &BookmarksDock::refreshButtons);
    const auto onCurrent = [this, &marks](auto&& work) {
        return [this, &marks, work] {
            if (list_->currentRow() >= 0)
                work(marks, static_cast<std::size_t>(list_->currentRow()));
        };
    };
    connect(up_, &QToolButton::clicked, this,
            onCurrent([](Bookmarks& all, std::size_t at) { all.move(at, -1); }));
    connect(down_, &QToolButton::clicked, this,
            onCurrent([](Bookmarks& all, std::size_t at) { all.move(at, 1); }));
    connect(remove_, &QToolButton::clicked, this,
            onCurrent([](Bookmarks& all, std::size_t at) { all.remove(at); }));
    connect(&marks, &Bookmarks::changed, this, &BookmarksDock::refresh);
    refresh();
}

void BookmarksDock::refresh() {
    const Bookmarks& marks = session_.timeline().bookmarks;
    {
        const QSignalBlocker block(list_);
        // Rows are kept: a click on one of them shows it, and a second one edits it.
        const int count = static_cast<int>(marks.all().size());
        while (list_->count() > count) delete list_->takeItem(list_->count() - 1);
        while (list_->count() < count) {
            auto* item = new QListWidgetItem(list_);
            item->setFlags(item->flags() | Qt::ItemIsEditable);
        }
        for (int row = 0; row < count; ++row) {
            const Bookmark& mark = marks.all()[static_cast<std::size_t>(row)];
            QListWidgetItem* item = list_->item(row);
            if (item->text() != mark.caption) item->setText(mark.caption);
            item->setToolTip(tr("Frame %1").arg(mark.frame));
        }
        if (marks.current()) list_->setCurrentRow(static_cast<int>(*marks.current()));
    }
    refreshButtons();
}

void BookmarksDock::refreshButtons() {
    const int row = list_->currentRow();
    up_->setEnabled(row > 0);
    down_->setEnabled(row >= 0 && row + 1 < list_->count());
    remove_->setEnabled(row >= 0);
}

}  // namespace mcj
