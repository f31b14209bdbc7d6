#include "ui/command_palette.h"

#include <QCoreApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QLineEdit>
#include <QTreeWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <vector>

#include "ui/command_registry.h"
#include "ui/command_search.h"
#include "ui/screen_fit.h"

namespace mcj {
namespace {

constexpr int kKeysOfHit = 1;
constexpr int kMenuColumn = 2;

QString menuOf(const Command& command) {
    if (command.submenu.isEmpty()) return plainText(command.menu);
    return plainText(command.menu) + QStringLiteral(" > ") + plainText(command.submenu);
}

struct Hit {
    const Command* command = nullptr;
    int score = 0;
    bool enabled = false;
};

/// Those that fit `typed`, best first; what cannot be run comes last.
std::vector<Hit> hitsOf(const CommandRegistry& registry, const QString& typed) {
    std::vector<Hit> hits;
    for (const Command& command : registry.commands()) {
        const QAction& action = registry[command.id];
        // "Undo: Paint" says more than the name at the start.
        const QString text = plainText(action.text());
        const std::optional<int> byName = searchScore(text, typed);
        const std::optional<int> byAll =
            searchScore(text + QLatin1Char(' ') + menuOf(command) + QLatin1Char(' ') + command.tip,
                        typed, SearchLetters::Together);
        if (!byName && !byAll) continue;
        constexpr int kNameBefore = 1000;
        hits.push_back({&command, byName ? kNameBefore + *byName : *byAll, action.isEnabled()});
    }
    std::stable_sort(hits.begin(), hits.end(), [](const Hit& a, const Hit& b) {
        return a.enabled != b.enabled ? a.enabled : a.score > b.score;
    });
    return hits;
}

}  // namespace

CommandPalette::CommandPalette(CommandRegistry& registry, QWidget* parent)
    : QDialog(parent), registry_(registry), find_(new QLineEdit(this)),
      list_(new QTreeWidget(this)) {
    setObjectName("commandPalette");
    setWindowTitle(tr("Find a command"));
    resize(sizeWithin(availableFor(*this), {620, 420}));
    find_->setObjectName("paletteField");
    find_->setPlaceholderText(tr("Type a part of a command; Enter runs the selected command"));
    find_->setAccessibleName(tr("Find a command"));
    find_->installEventFilter(this);
    list_->setObjectName("paletteList");
    list_->setAccessibleName(tr("Commands"));
    list_->setColumnCount(3);
    list_->setHeaderLabels({tr("Command"), tr("Keys"), tr("Menu")});
    list_->setRootIsDecorated(false);
    list_->setUniformRowHeights(true);
    list_->setSelectionMode(QAbstractItemView::SingleSelection);
    // The field keeps the keyboard: its arrow keys move the selection.
    list_->setFocusPolicy(Qt::NoFocus);
    list_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    list_->header()->setSectionResizeMode(kKeysOfHit, QHeaderView::ResizeToContents);
    list_->header()->setSectionResizeMode(kMenuColumn, QHeaderView::ResizeToContents);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(10);
    column->addWidget(find_);
    column->addWidget(list_, 1);
    connect(find_, &QLineEdit::textChanged, this, &CommandPalette::fill);
    connect(list_, &QTreeWidget::itemDoubleClicked, this, &CommandPalette::runChosen);
    registry_.refresh();
    fill({});
    find_->setFocus();
}

void CommandPalette::fill(const QString& typed) {
    list_->clear();
    rows_.clear();
    for (const Hit& hit : hitsOf(registry_, typed)) {
        auto* row =
            new QTreeWidgetItem(list_, {plainText(registry_[hit.command->id].text()),
                                        registry_.keysText(hit.command->id), menuOf(*hit.command)});
        row->setToolTip(0, hit.command->tip);
        row->setDisabled(!hit.enabled);
        rows_[row] = hit.command->id;
    }
    QTreeWidgetItem* first = list_->topLevelItem(0);
    if (first != nullptr && !first->isDisabled()) list_->setCurrentItem(first);
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() != QEvent::KeyPress) return QDialog::eventFilter(watched, event);
    switch (static_cast<QKeyEvent*>(event)->key()) {
    case Qt::Key_Up:
    case Qt::Key_Down:
    case Qt::Key_PageUp:
    case Qt::Key_PageDown: QCoreApplication::sendEvent(list_, event); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter: runChosen(); return true;
    default: break;
    }
    return QDialog::eventFilter(watched, event);
}

void CommandPalette::runChosen() {
    const auto found = rows_.find(list_->currentItem());
    if (found == rows_.end() || list_->currentItem()->isDisabled()) return;
    QAction& action = registry_[found->second];
    accept();
    // After this dialog is gone: the command may open another one.
    QMetaObject::invokeMethod(&action, &QAction::trigger, Qt::QueuedConnection);
}

}  // namespace mcj
