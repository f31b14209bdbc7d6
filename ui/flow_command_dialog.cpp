#include "ui/flow_command_dialog.h"

#include <QInputDialog>

#include "viewer/session/session.h"

namespace mcj {

void askFlowCommand(Session& session, QWidget* parent) {
    auto* dialog = new QInputDialog(parent);
    dialog->setObjectName("flowCommandDialog");
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(QInputDialog::tr("Flow by a command"));
    dialog->setLabelText(QInputDialog::tr(
        "A program that computes the flow between two images, run for each pair of "
        "frames.\n{first} and {second} become two PNG files, {out} the .flo file to write; "
        "with\n{out}.png (KITTI), .pfm, .npy or .exr it writes a file of that kind.\nQuotes work "
        "as in a shell, but no shell is used. Results are kept in the cache folder."));
    const QStringList& earlier = session.loadedFlow().commands();
    dialog->setTextValue(earlier.isEmpty() ? QStringLiteral("python raft.py {first} {second} {out}")
                                           : earlier.front());
    QObject::connect(
        dialog, &QInputDialog::textValueSelected, &session.loadedFlow(),
        [&flow = session.loadedFlow()](const QString& line) { (void)flow.useCommand(line); });
    // The view that it is for is another one then.
    QObject::connect(&session, &Session::leaving, dialog, &QDialog::reject);
    dialog->open();
}

}  // namespace mcj
