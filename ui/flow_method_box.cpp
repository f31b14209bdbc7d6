#include "ui/flow_method_box.h"

#include <QDir>
#include <QFileInfo>

namespace mcj {
namespace {

/// The methods of this program come first.
constexpr int kMethods = 3;

/// "results/flow" of ".../results/flow": the last folder alone is often called "flow".
QString shortName(const std::string& path) {
    const QFileInfo file(QString::fromStdString(path));
    const QString parent = file.absoluteDir().dirName();
    return parent.isEmpty() ? file.fileName() : parent + QLatin1Char('/') + file.fileName();
}

}  // namespace

FlowMethodBox::FlowMethodBox(Session& session, QWidget* parent)
    : QComboBox(parent), session_(session) {
    setObjectName("flowMethod");
    setAccessibleName(tr("Flow method"));
    addItem(tr("MC-JEPA, fast"), kModelFastFlow);
    addItem(tr("MC-JEPA, full detail"), kModelFlow);
    addItem(tr("OpenCV DIS"), kDisFlow);
    setFocusPolicy(Qt::TabFocus);
    listFiles();
    connect(&session.engines(), &EnginePool::changed, this, &FlowMethodBox::refresh);
    connect(&session.views(), &ViewSet::flowChoiceChanged, this, &FlowMethodBox::listFiles);
    connect(&session, &Session::opened, this, &FlowMethodBox::listFiles);
    connect(&session, &Session::closed, this, &FlowMethodBox::listFiles);
    connect(this, &QComboBox::activated, this, [this](int index) {
        session_.view().setFlowProvider(itemData(index).toString().toStdString());
    });
}

void FlowMethodBox::listFiles() {
    while (count() > kMethods) removeItem(count() - 1);
    for (const FlowFilesPtr& files : session_.view().flowFiles()) {
        addItem(shortName(files->path()), QString::fromStdString(files->id()));
        setItemData(count() - 1, QString::fromStdString(files->path()), Qt::ToolTipRole);
    }
    refresh();
}

void FlowMethodBox::refresh() {
    // Without a model the choice is made: what is shown must be what is used.
    const View& view = session_.view();
    const bool failed = view.engine().state == EngineState::Failed;
    const bool ready = view.engine().state == EngineState::Ready;
    const bool replaced = (failed || ready) && view.flowInUse() != view.flowProvider();
    const std::string shown = failed || ready ? view.flowInUse() : view.flowProvider();
    setCurrentIndex(findData(QString::fromStdString(shown)));
    // Flow from files can be chosen without a model.
    setEnabled(count() > kMethods || !(failed || replaced));
    setToolTip(
        failed ? tr("No model is loaded; flow is computed by OpenCV's DIS")
        : replaced
            ? tr("The model was trained for content only; flow is computed by OpenCV's DIS")
            : tr("Method that computes the flow. Full detail processes the images a second time "
                 "at\ntwice their size: small motions are more accurate, and it takes about four "
                 "times as long."));
}

}  // namespace mcj
