#include "ui/marker_dialog.h"

#include <QInputDialog>
#include <QLineEdit>

#include "viewer/session/session.h"

namespace mcj {

void askMarkerName(Session& session, FrameIndex frame, QWidget* parent) {
    const auto& markers = session.timeline().marks.markers();
    const auto marker = markers.find(frame);
    if (marker == markers.end()) return;
    auto* dialog = new QInputDialog(parent);
    dialog->setObjectName("markerDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QInputDialog::tr("Rename marker"));
    dialog->setLabelText(QInputDialog::tr("Name of the marker at frame %1").arg(frame));
    dialog->setTextValue(marker->second);
    QObject::connect(dialog, &QInputDialog::textValueSelected, &session.timeline().marks,
                     [&marks = session.timeline().marks, frame](const QString& name) {
                         marks.rename(frame, name);
                     });
    // Another document may have a marker there, too.
    QObject::connect(&session, &Session::leaving, dialog, &QDialog::reject);
    dialog->open();
}

}  // namespace mcj
