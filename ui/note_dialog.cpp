#include "ui/note_dialog.h"

#include <QInputDialog>

#include "viewer/session/session.h"

namespace mcj {

void askNote(Session& session, const StatusSubject& subject, QWidget* parent) {
    auto* dialog = new QInputDialog(parent);
    dialog->setObjectName("noteDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QInputDialog::tr("Note"));
    dialog->setLabelText(QInputDialog::tr("Note on %1, at most %2 characters")
                             .arg(QString::fromStdString(subject.name()))
                             .arg(StatusNotes::kMostLetters));
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setTextValue(
        QString::fromStdString(session.projectTools().statusNotes.of(subject).note));
    QObject::connect(dialog, &QInputDialog::textValueSelected, &session.projectTools().statusNotes,
                     [&statuses = session.projectTools().statusNotes,
                      subject](const QString& note) { statuses.setNote(subject, note); });
    // The same frame of another document is not meant.
    QObject::connect(&session, &Session::leaving, dialog, &QDialog::reject);
    dialog->open();
}

}  // namespace mcj
