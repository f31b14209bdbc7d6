#include "ui/shortcuts_dialog.h"

#include <QCoreApplication>
#include <QDialogButtonBox>
#include <QHeaderView>
#include <QLineEdit>
#include <QTreeWidget>
#include <QVBoxLayout>

#include "ui/actions.h"
#include "ui/screen_fit.h"

namespace mcj {
namespace {

QTreeWidgetItem* addGroup(QTreeWidget* tree, const QString& title) {
    auto* group = new QTreeWidgetItem(tree, {title});
    QFont bold = tree->font();
    bold.setWeight(QFont::DemiBold);
    group->setFont(0, bold);
    group->setFirstColumnSpanned(true);
    group->setFlags(Qt::ItemIsEnabled);
    return group;
}

QString plain(const char* text) {
    return QCoreApplication::translate("Actions", text)
        .remove(QLatin1Char('&'))
        .remove(QStringLiteral("..."));
}

}  // namespace

ShortcutsDialog::ShortcutsDialog(QWidget* parent) : QDialog(parent) {
    setObjectName("shortcutsDialog");
    setWindowTitle(tr("Keyboard and mouse"));
    resize(sizeWithin(availableFor(*this), {560, 620}));
    auto* filter = new QLineEdit(this);
    filter->setObjectName("shortcutsFilter");
    filter->setPlaceholderText(tr("Search for an action or a key"));
    filter->setClearButtonEnabled(true);
    auto* tree = new QTreeWidget(this);
    tree->setObjectName("shortcutsList");
    tree->setColumnCount(2);
    tree->setHeaderLabels({tr("Action"), tr("Keys")});
    tree->setRootIsDecorated(false);
    tree->setIndentation(14);
    tree->setUniformRowHeights(true);
    tree->setSelectionMode(QAbstractItemView::NoSelection);
    tree->setFocusPolicy(Qt::NoFocus);
    QTreeWidgetItem* group = nullptr;
    QString menu = QStringLiteral("-");
    for (const ActionSpec& spec : actionTable()) {
        const QString keys = shortcutText(spec);
        if (keys.isEmpty()) continue;
        if (menu != QLatin1String(spec.menu)) {
            menu = QLatin1String(spec.menu);
            group = addGroup(tree, menu.isEmpty() ? tr("Objects") : plain(spec.menu));
        }
        auto* row = new QTreeWidgetItem(group, {plain(spec.text), keys});
        row->setToolTip(0, QCoreApplication::translate("Actions", spec.tip));
    }
    group = addGroup(tree, tr("Mouse"));
    for (const auto& [what, how] : {std::pair{tr("Wheel"), tr("Zoom at the pointer")},
                                    std::pair{tr("Ctrl + wheel"), tr("Change the brush size")},
                                    std::pair{tr("Middle button drag"), tr("Move the picture")},
                                    std::pair{tr("Left button"), tr("Use the selected tool")},
                                    std::pair{tr("Timeline click or drag"), tr("Go to a frame")}}) {
        new QTreeWidgetItem(group, {how, what});
    }
    tree->expandAll();
    tree->header()->setSectionResizeMode(0, QHeaderView::Stretch);
    tree->header()->setSectionResizeMode(1, QHeaderView::ResizeToContents);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close, this);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(10);
    column->addWidget(filter);
    column->addWidget(tree, 1);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(filter, &QLineEdit::textChanged, this, [tree](const QString& text) {
        for (int g = 0; g < tree->topLevelItemCount(); ++g) {
            QTreeWidgetItem* top = tree->topLevelItem(g);
            bool any = false;
            for (int i = 0; i < top->childCount(); ++i) {
                QTreeWidgetItem* row = top->child(i);
                const bool fits = row->text(0).contains(text, Qt::CaseInsensitive) ||
                                  row->text(1).contains(text, Qt::CaseInsensitive);
                row->setHidden(!fits);
                any = any || fits;
            }
            top->setHidden(!any);
        }
    });
}

}  // namespace mcj
