#include "ui/flow_method_box.h"

#include <QDir>
#include <QFileInfo>

#include "inference/engine/flow_command.h"
#include "inference/engine/flow_provider.h"
#include "ui/flow_command_dialog.h"
#include "ui/method_names.h"

namespace mcj {
namespace {

/// Data of the entry that asks for a command; ids of methods are never like this.
constexpr const char* kAskForCommand = "command";
/// The line of a remembered command, which is not parsed until it is chosen.
constexpr int kLineRole = Qt::UserRole + 1;

/// "results/flow" of ".../results/flow": the last folder alone is often called "flow".
QString shortName(const std::string& path) {
    const QFileInfo file(QString::fromStdString(path));
    const QString parent = file.absoluteDir().dirName();
    return parent.isEmpty() ? file.fileName() : parent + QLatin1Char('/') + file.fileName();
}

QString commandName(const QString& line) {
    const auto title = runGuarded([&] { return FlowCommand::parse(line.toStdString()).title(); });
    return title.ok() ? QString::fromStdString(title.value()) : line;
}

}  // namespace

FlowMethodBox::FlowMethodBox(Session& session, QWidget* parent)
    : QComboBox(parent), session_(session) {
    setObjectName("flowMethod");
    setAccessibleName(tr("Flow method"));
    for (const FlowMethodName& method : flowMethodNames()) {
        addItem(method.text, QLatin1String(method.id));
    }
    methods_ = count();
    setFocusPolicy(Qt::TabFocus);
    listOthers();
    connect(&session.engines(), &EnginePool::changed, this, &FlowMethodBox::listOthers);
    connect(&session.views(), &ViewSet::flowChoiceChanged, this, &FlowMethodBox::listOthers);
    connect(&session.loadedFlow(), &LoadedFlow::commandsChanged, this, &FlowMethodBox::listOthers);
    connect(&session, &Session::opened, this, &FlowMethodBox::listOthers);
    connect(&session, &Session::closed, this, &FlowMethodBox::listOthers);
    connect(this, &QComboBox::activated, this, &FlowMethodBox::choose);
}

void FlowMethodBox::choose(int index) {
    const QString line = itemData(index, kLineRole).toString();
    const QString id = itemData(index).toString();
    if (!line.isEmpty()) {
        (void)session_.loadedFlow().useCommand(line);
    } else if (id == QLatin1String(kAskForCommand)) {
        askFlowCommand(session_, window());
    } else {
        session_.view().setFlowProvider(id.toStdString());
    }
    // Nothing was chosen if a command is asked for or is not one.
    refresh();
}

void FlowMethodBox::listOthers() {
    while (count() > methods_) removeItem(count() - 1);
    const auto& info = session_.view().engine().info;
    const EngineInfo known = info ? *info : EngineInfo{};
    for (int level = known.finestFlowLevel; level <= known.coarsestFlowLevel; ++level) {
        addItem(tr("MC-JEPA, level %1").arg(level), QString::fromStdString(levelFlowId(level)));
        setItemData(count() - 1,
                    tr("What the network estimates at this level, one vector per %1 x %1 px, "
                       "before finer levels correct it")
                        .arg(1 << level),
                    Qt::ToolTipRole);
    }
    for (const FlowFilesPtr& files : session_.view().flowFiles()) {
        addItem(shortName(files->path()), QString::fromStdString(files->id()));
        setItemData(count() - 1, QString::fromStdString(files->path()), Qt::ToolTipRole);
    }
    const std::string& used = session_.view().flowProvider();
    const QString usedLine =
        isFlowCommand(used) ? QString::fromStdString(flowCommandOf(used).line()) : QString();
    for (const QString& line : session_.loadedFlow().commands()) {
        addItem(commandName(line));
        if (line == usedLine) setItemData(count() - 1, QString::fromStdString(used));
        setItemData(count() - 1, line, kLineRole);
        setItemData(count() - 1, line, Qt::ToolTipRole);
    }
    addItem(tr("Command..."), kAskForCommand);
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
    setToolTip(
        failed ? tr("No model is loaded; flow is computed by OpenCV's DIS or a command")
        : replaced
            ? tr("The model was trained for content only; flow is computed by OpenCV's DIS")
            : tr("Method that computes the flow. Full detail processes the images a second time "
                 "at\ntwice their size: small motions are more accurate, and it takes about four "
                 "times as long.\nCommand... runs a program of your own."));
}

}  // namespace mcj
