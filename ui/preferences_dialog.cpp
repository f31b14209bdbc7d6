#include "ui/preferences_dialog.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QTimer>
#include <QVBoxLayout>
#include <algorithm>

#include "inference/engine/engine_limits.h"
#include "ui/method_names.h"
#include "viewer/session/session.h"

namespace mcj {
namespace {

constexpr int kMemoryMs = 500;

template <typename Widget>
Widget* named(Widget* widget, const char* name, const QString& accessible) {
    widget->setObjectName(QLatin1String(name));
    widget->setAccessibleName(accessible);
    return widget;
}

QLabel* head(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setProperty("dim", true);
    label->setWordWrap(true);
    return label;
}

QSpinBox* memoryBox(QWidget* parent, const char* name, const QString& accessible) {
    auto* box = named(new QSpinBox(parent), name, accessible);
    box->setRange(kLeastMiB, kMostMiB);
    box->setSingleStep(kLeastMiB);
    box->setSuffix(PreferencesDialog::tr(" MiB"));
    return box;
}

void select(QComboBox& box, const QVariant& data) {
    box.setCurrentIndex(std::max(0, box.findData(data)));
}

}  // namespace

QString memoryText(const MemoryUse& use) {
    const auto mib = [](std::size_t bytes) { return static_cast<qulonglong>(bytes >> 20); };
    return PreferencesDialog::tr("In use now: frames %1 of %2 MiB, maps %3 of %4 MiB")
        .arg(mib(use.frameBytes))
        .arg(mib(use.frameBudget))
        .arg(mib(use.mapBytes))
        .arg(mib(use.mapBudget));
}

PreferencesDialog::PreferencesDialog(Session& session, QWidget* parent)
    : QDialog(parent), session_(session), problem_(new QLabel(this)) {
    setObjectName("preferencesDialog");
    setWindowTitle(tr("Preferences"));
    auto* form = new QFormLayout;
    form->setHorizontalSpacing(12);
    form->setVerticalSpacing(6);
    form->setLabelAlignment(Qt::AlignLeft);
    form->setFieldGrowthPolicy(QFormLayout::ExpandingFieldsGrow);
    makeEngineRows(*form);
    makeMemoryRows(*form);
    makeStartRows(*form);
    problem_->setObjectName("preferencesProblem");
    problem_->setWordWrap(true);
    auto* buttons = new QDialogButtonBox(
        QDialogButtonBox::Ok | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults, this);
    ok_ = buttons->button(QDialogButtonBox::Ok);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(14, 14, 14, 14);
    column->setSpacing(10);
    column->addLayout(form);
    column->addWidget(problem_);
    column->addWidget(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &PreferencesDialog::apply);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QPushButton::clicked, this,
            [this] { showValues(Preferences{}); });
    connect(device_, &QComboBox::editTextChanged, this, &PreferencesDialog::refresh);
    connect(maxSide_, &QSpinBox::valueChanged, this, &PreferencesDialog::refresh);
    showValues(session_.preferences().current());
    lockGivenRows();
    auto* memoryTimer = new QTimer(this);
    connect(memoryTimer, &QTimer::timeout, this, &PreferencesDialog::refreshMemory);
    memoryTimer->start(kMemoryMs);
    refreshMemory();
}

void PreferencesDialog::makeEngineRows(QFormLayout& form) {
    form.addRow(head(tr("Model: a change reloads it, and maps are computed again"), this));
    device_ = named(new QComboBox(this), "preferredDevice", tr("Device"));
    device_->setEditable(true);
    for (const char* name : {"auto", "cpu", "cuda"}) device_->addItem(QLatin1String(name));
    device_->setToolTip(tr("auto, cpu, cuda, or cuda:N for one of several GPUs"));
    threads_ = named(new QSpinBox(this), "preferredThreads", tr("Threads"));
    threads_->setRange(0, kMostThreads);
    threads_->setSpecialValueText(tr("one per core"));
    precision_ = named(new QComboBox(this), "preferredPrecision", tr("Precision"));
    precision_->addItem(tr("automatic"), "auto");
    precision_->addItem("float32", "float32");
    precision_->addItem("bfloat16", "bfloat16");
    precision_->setToolTip(
        tr("Number type of matrix products on the CPU. Automatic is bfloat16 if the processor has "
           "AMX instructions; a GPU computes in float32."));
    maxSide_ = named(new QSpinBox(this), "preferredMaxSide", tr("Working size"));
    maxSide_->setRange(0, kMostMaxSidePx);
    maxSide_->setSingleStep(64);
    maxSide_->setSpecialValueText(tr("full size"));
    maxSide_->setSuffix(tr(" px"));
    maxSide_->setToolTip(tr("Frames whose longer side exceeds this size are reduced to it before "
                            "computing, and the maps are scaled back: 0 (full size) or %1 to %2 px")
                             .arg(kLeastMaxSidePx)
                             .arg(kMostMaxSidePx));
    form.addRow(tr("Device"), device_);
    form.addRow(tr("Threads"), threads_);
    form.addRow(tr("Precision"), precision_);
    form.addRow(tr("Working size"), maxSide_);
}

void PreferencesDialog::makeMemoryRows(QFormLayout& form) {
    form.addRow(head(tr("Memory: a change applies immediately"), this));
    frames_ = memoryBox(this, "preferredFrameMemory", tr("Memory for frames"));
    maps_ = memoryBox(this, "preferredMapMemory", tr("Memory for maps"));
    memory_ = head({}, this);
    memory_->setObjectName("memoryUse");
    form.addRow(tr("For frames"), frames_);
    form.addRow(tr("For maps"), maps_);
    form.addRow(memory_);
}

void PreferencesDialog::makeStartRows(QFormLayout& form) {
    form.addRow(head(tr("Flow colours: a change applies immediately to all views"), this));
    wheel_ = named(new QComboBox(this), "preferredWheel", tr("Flow colours"));
    wheel_->addItem(tr("Middlebury"), static_cast<int>(FlowWheel::Middlebury));
    wheel_->addItem(tr("Colour-blind safe"), static_cast<int>(FlowWheel::VisionSafe));
    form.addRow(tr("Flow colours"), wheel_);
    form.addRow(head(tr("Methods: a change applies at the next start"), this));
    flow_ = named(new QComboBox(this), "preferredFlow", tr("Flow method at the start"));
    flow_->addItem(tr("The method used last"), QString());
    for (const FlowMethodName& method : flowMethodNames()) {
        flow_->addItem(method.text, QLatin1String(method.id));
    }
    propagation_ =
        named(new QComboBox(this), "preferredPropagation", tr("Propagation method at the start"));
    propagation_->addItem(tr("The method used last"), QString());
    for (const PropagationMethodName& method : propagationMethodNames()) {
        propagation_->addItem(method.text,
                              QString::fromStdString(propagationMethodName(method.method)));
    }
    form.addRow(tr("Flow method"), flow_);
    form.addRow(tr("Propagate with"), propagation_);
}

// What is given on the command line is in use whatever is chosen here.
void PreferencesDialog::lockGivenRows() {
    const GivenEngineOptions& given = session_.preferences().given();
    const auto lock = [](QWidget* widget, const char* option) {
        widget->setEnabled(false);
        widget->setToolTip(
            tr("Set by %1 on the command line until the program ends").arg(QLatin1String(option)));
    };
    if (given.device) lock(device_, "--device");
    if (given.threads) lock(threads_, "--threads");
    if (given.precision) lock(precision_, "--precision");
    if (given.maxSidePx) lock(maxSide_, "--max-side");
}

void PreferencesDialog::showValues(const Preferences& preferences) {
    device_->setEditText(QString::fromStdString(preferences.device));
    threads_->setValue(preferences.threads);
    select(*precision_, QString::fromStdString(preferences.precision));
    maxSide_->setValue(preferences.maxSidePx);
    frames_->setValue(preferences.frameMiB);
    maps_->setValue(preferences.mapMiB);
    select(*wheel_, static_cast<int>(preferences.wheel));
    select(*flow_, QString::fromStdString(preferences.flow));
    select(*propagation_,
           preferences.propagation
               ? QString::fromStdString(propagationMethodName(*preferences.propagation))
               : QString());
    refresh();
}

Preferences PreferencesDialog::chosen() const {
    Preferences wanted;
    wanted.device = device_->currentText().trimmed().toStdString();
    wanted.threads = threads_->value();
    wanted.precision = precision_->currentData().toString().toStdString();
    wanted.maxSidePx = maxSide_->value();
    wanted.frameMiB = frames_->value();
    wanted.mapMiB = maps_->value();
    wanted.wheel = static_cast<FlowWheel>(wheel_->currentData().toInt());
    wanted.flow = flow_->currentData().toString().toStdString();
    const std::string propagation = propagation_->currentData().toString().toStdString();
    if (!propagation.empty()) wanted.propagation = parsePropagationMethod(propagation);
    return wanted;
}

void PreferencesDialog::refresh() {
    const Preferences now = chosen();
    QString problem = QString::fromStdString(deviceProblem(now.device));
    if (problem.isEmpty() && !isMaxSide(now.maxSidePx)) {
        problem =
            tr("The working size is 0 for the full size, or at least %1 px").arg(kLeastMaxSidePx);
    }
    problem_->setText(problem);
    problem_->setVisible(!problem.isEmpty());
    ok_->setEnabled(problem.isEmpty());
}

void PreferencesDialog::refreshMemory() {
    memory_->setText(memoryText(session_.preferences().memory()));
}

void PreferencesDialog::apply() {
    session_.preferences().set(chosen());
    accept();
}

}  // namespace mcj
