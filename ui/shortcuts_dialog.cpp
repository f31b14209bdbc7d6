#include "ui/shortcuts_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QKeyEvent>
#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/command_registry.h"
#include "ui/key_map.h"
#include "ui/screen_fit.h"

namespace mcj {
namespace {

constexpr int kKeysColumn = 1;

QTreeWidgetItem* addGroup(QTreeWidget* tree, const QString& title) {
    auto* group = new QTreeWidgetItem(tree, {title});
    QFont bold = tree->font();
    bold.setWeight(QFont::DemiBold);
    group->setFont(0, bold);
    group->setFirstColumnSpanned(true);
    group->setFlags(Qt::ItemIsEnabled);
    return group;
}

}  // namespace

ShortcutsDialog::ShortcutsDialog(CommandRegistry& registry, QWidget* parent)
    : QDialog(parent), registry_(registry), tree_(new QTreeWidget(this)), note_(new QLabel(this)),
      maps_(new QComboBox(this)) {
    setObjectName("shortcutsDialog");
    setWindowTitle(tr("Keyboard and mouse"));
    resize(sizeWithin(availableFor(*this), {560, 620}));
    auto* find = new QLineEdit(this);
    find->setObjectName("shortcutsFilter");
    find->setPlaceholderText(tr("Search for an action or a key"));
    find->setClearButtonEnabled(true);
    tree_->setObjectName("shortcutsList");
    tree_->setAccessibleName(tr("Keys"));
    tree_->setColumnCount(2);
    tree_->setHeaderLabels({tr("Action"), tr("Keys")});
    tree_->setRootIsDecorated(false);
    tree_->setIndentation(14);
    tree_->setSelectionMode(QAbstractItemView::SingleSelection);
    addCommandRows();
    addMouseRows();
    tree_->expandAll();
    tree_->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    tree_->header()->setSectionResizeMode(kKeysColumn, QHeaderView::ResizeToContents);
    note_->setObjectName("shortcutsNote");
    note_->setWordWrap(true);
    note_->setProperty("dim", true);
    note_->setText(tr("Double-click an action to change its keys."));
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    QPushButton* reset = buttons->addButton(tr("Default keys"), QDialogButtonBox::ResetRole);
    reset->setObjectName("shortcutsReset");
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(10);
    column->addLayout(makeMapRow());
    column->addWidget(find);
    column->addWidget(tree_, 1);
    column->addWidget(note_);
    column->addWidget(buttons);
    showKeys();
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(reset, &QPushButton::clicked, &registry_, &CommandRegistry::resetKeys);
    connect(&registry_, &CommandRegistry::keysChanged, this, &ShortcutsDialog::showKeys);
    connect(find, &QLineEdit::textChanged, this, &ShortcutsDialog::filter);
    connect(tree_, &QTreeWidget::itemActivated, this, &ShortcutsDialog::editKeys);
}

QLayout* ShortcutsDialog::makeMapRow() {
    maps_->setObjectName("shortcutsMap");
    maps_->setAccessibleName(tr("Key map"));
    for (const KeyMap& map : keyMaps()) maps_->addItem(map.title, map.id);
    // Shown while keys were changed; it cannot be chosen.
    maps_->addItem(tr("Your own keys"), QString());
    connect(maps_, &QComboBox::activated, this, [this](int index) {
        const auto& all = keyMaps();
        const auto chosen = static_cast<std::size_t>(index);
        if (chosen < all.size()) applyKeyMap(all[chosen], registry_);
        showKeys();
    });
    auto* row = new QHBoxLayout;
    row->addWidget(new QLabel(tr("Key map"), this));
    row->addWidget(maps_, 1);
    return row;
}

void ShortcutsDialog::addCommandRows() {
    QTreeWidgetItem* group = nullptr;
    QString menu = QStringLiteral("-");
    for (const Command& command : registry_.commands()) {
        if (menu != command.menu) {
            menu = command.menu;
            group = addGroup(tree_, menu.isEmpty() ? tr("Objects") : plainText(menu));
        }
        auto* row = new QTreeWidgetItem(group, {plainText(command.text)});
        row->setToolTip(0, command.tip);
        rows_[row] = command.id;
    }
}

void ShortcutsDialog::addMouseRows() {
    QTreeWidgetItem* group = addGroup(tree_, tr("Mouse"));
    for (const auto& [what, how] :
         {std::pair{tr("Wheel"), tr("Zoom at the pointer")},
          std::pair{tr("Ctrl + wheel"), tr("Change the brush size")},
          std::pair{tr("Shift + click with the brush"), tr("Straight line from the last stroke")},
          std::pair{tr("Alt + click with the brush"), tr("Select the object under the pointer")},
          std::pair{tr("Shift + click with Similarity"), tr("Add a pin")},
          std::pair{tr("Ctrl + move with Similarity"), tr("The pin follows the pointer")},
          std::pair{tr("Double click with Pan"), tr("Fit to window, or actual pixels")},
          std::pair{tr("Middle button drag"), tr("Move the picture")},
          std::pair{tr("Left button"), tr("Use the selected tool")},
          std::pair{tr("Timeline click or drag"), tr("Go to a frame")}}) {
        new QTreeWidgetItem(group, {how, what});
    }
}

void ShortcutsDialog::showKeys() {
    for (const auto& [row, id] : rows_) row->setText(kKeysColumn, registry_.keysText(id));
    maps_->setCurrentIndex(maps_->findData(currentKeyMap(registry_)));
}

void ShortcutsDialog::filter(const QString& text) {
    for (int g = 0; g < tree_->topLevelItemCount(); ++g) {
        QTreeWidgetItem* top = tree_->topLevelItem(g);
        bool any = false;
        for (int i = 0; i < top->childCount(); ++i) {
            QTreeWidgetItem* row = top->child(i);
            const bool fits = row->text(0).contains(text, Qt::CaseInsensitive) ||
                              row->text(kKeysColumn).contains(text, Qt::CaseInsensitive);
            row->setHidden(!fits);
            any = any || fits;
        }
        top->setHidden(!any);
    }
}

void ShortcutsDialog::editKeys(QTreeWidgetItem* row) {
    const auto found = rows_.find(row);
    if (found == rows_.end() || edited_ != nullptr) return;
    edited_ = row;
    auto* editor = new QKeySequenceEdit(tree_);
    editor->setObjectName("shortcutsEditor");
    editor->setAccessibleName(tr("Keys of %1").arg(row->text(0)));
    editor->installEventFilter(this);
    tree_->setItemWidget(row, kKeysColumn, editor);
    editor->setFocus();
    note_->setText(tr("Press the new keys for \"%1\". Escape keeps the old ones, Backspace removes "
                      "them.")
                       .arg(row->text(0)));
    connect(editor, &QKeySequenceEdit::editingFinished, this, [this, editor, id = found->second] {
        // One key at a time; a modifier alone is none.
        const QKeySequence typed = editor->keySequence();
        if (typed.isEmpty()) {
            keepKeys();
        } else {
            apply(id, QKeySequence(typed[0]));
        }
    });
}

bool ShortcutsDialog::eventFilter(QObject* watched, QEvent* event) {
    if (edited_ == nullptr) return QDialog::eventFilter(watched, event);
    if (event->type() == QEvent::FocusOut) {
        const auto* focus = static_cast<QFocusEvent*>(event);
        if (focus->reason() != Qt::PopupFocusReason) keepKeys();
        return false;
    }
    if (event->type() != QEvent::KeyPress) return QDialog::eventFilter(watched, event);
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->modifiers() != Qt::NoModifier) return false;
    if (key->key() == Qt::Key_Escape) {
        keepKeys();
        return true;
    }
    if (key->key() == Qt::Key_Backspace) {
        apply(rows_.at(edited_), {});
        return true;
    }
    return false;
}

void ShortcutsDialog::keepKeys() {
    note_->setText(tr("The keys were kept."));
    endEditing();
}

void ShortcutsDialog::endEditing() {
    if (edited_ == nullptr) return;
    // Not now: the editor's own event may be under way.
    QTreeWidgetItem* row = std::exchange(edited_, nullptr);
    QMetaObject::invokeMethod(
        this,
        [this, row] {
            if (row != edited_) tree_->removeItemWidget(row, kKeysColumn);
        },
        Qt::QueuedConnection);
    tree_->setFocus();
}

void ShortcutsDialog::apply(const std::string& id, const QKeySequence& key) {
    if (edited_ == nullptr) return;
    const QString name = edited_->text(0);
    const QString taken = registry_.setKeys(id, key.isEmpty() ? QList<QKeySequence>{} : QList{key});
    if (!taken.isEmpty()) {
        note_->setText(tr("%1 is already used by \"%2\". The keys were kept.")
                           .arg(key.toString(QKeySequence::NativeText), plainText(taken)));
    } else {
        note_->setText(
            key.isEmpty()
                ? tr("\"%1\" has no keys now.").arg(name)
                : tr("\"%1\" is now %2.").arg(name, key.toString(QKeySequence::NativeText)));
    }
    endEditing();
}

}  // namespace mcj
