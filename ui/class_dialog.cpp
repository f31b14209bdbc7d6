#include "ui/class_dialog.h"

#include <QInputDialog>
#include <QStringList>
#include <algorithm>

#include "viewer/session/session.h"

namespace mcj {

void askClass(Session& session, const QString& title,
              const std::function<void(const ObjectClass&)>& chosen, QWidget* parent) {
    const ClassList classes = session.projectTools().classes.list();
    QStringList names;
    for (const ObjectClass& row : classes) names << QString::fromStdString(row.name);
    auto* dialog = new QInputDialog(parent);
    dialog->setObjectName("classDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(title);
    dialog->setLabelText(QInputDialog::tr("Class"));
    dialog->setOption(QInputDialog::UseListViewForComboBoxItems);
    dialog->setComboBoxItems(names);
    QObject::connect(
        dialog, &QInputDialog::textValueSelected, &session, [classes, chosen](const QString& name) {
            const auto found =
                std::find_if(classes.begin(), classes.end(), [&name](const ObjectClass& row) {
                    return QString::fromStdString(row.name) == name;
                });
            if (found != classes.end()) chosen(*found);
        });
    // Another project has other classes.
    QObject::connect(&session, &Session::leaving, dialog, &QDialog::reject);
    dialog->open();
}

}  // namespace mcj
