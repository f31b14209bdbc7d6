#include "ui/note_dialog.h"

#include <QInputDialog>

#include "viewer/session/session.h"

namespace mcj {

void askNote(Session& session, const ReviewSubject& subject, QWidget* parent) {
    auto* dialog = new QInputDialog(parent);
    dialog->setObjectName("noteDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QInputDialog::tr("Note"));
    dialog->setLabelText(QInputDialog::tr("Note on %1, at most %2 letters")
                             .arg(QString::fromStdString(subject.name()))
                             .arg(Reviews::kMostLetters));
    dialog->setOption(QInputDialog::UsePlainTextEditForTextInput);
    dialog->setTextValue(QString::fromStdString(session.reviews().of(subject).note));
    QObject::connect(dialog, &QInputDialog::textValueSelected, &session.reviews(),
                     [&reviews = session.reviews(), subject](const QString& note) {
                         reviews.setNote(subject, note);
                     });
    // The same frame of another document is not meant.
    QObject::connect(&session, &Session::leaving, dialog, &QDialog::reject);
    dialog->open();
}

}  // namespace mcj
