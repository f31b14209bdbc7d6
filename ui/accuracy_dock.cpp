#include "ui/accuracy_dock.h"

#include <QHBoxLayout>
#include <QHeaderView>
#include <QLabel>
#include <QTableWidget>
#include <QToolButton>
#include <QVBoxLayout>
#include <cmath>
#include <utility>

#include "ui/command_registry.h"

namespace mcj {
namespace {

constexpr int kRowsTogetherMs = 150;

/// A cell that sorts by its number; cells without one come first.
class NumberCell : public QTableWidgetItem {
public:
    NumberCell(std::optional<double> number, int decimals)
        : number_(number ? *number : -1.0) {  // errors are not negative
        if (number) setText(QString::number(*number, 'f', decimals));
        setTextAlignment(Qt::AlignRight | Qt::AlignVCenter);
        setFlags(Qt::ItemIsSelectable | Qt::ItemIsEnabled);
    }
    bool operator<(const QTableWidgetItem& other) const override {
        const auto* cell = dynamic_cast<const NumberCell*>(&other);
        return cell != nullptr && number_ < cell->number_;
    }

private:
    double number_;
};

QString titleOf(const AccuracyColumn& column) {
    return QStringLiteral("%1\n%2").arg(QString::fromUtf8(column.title),
                                        QString::fromUtf8(column.unit));
}

}  // namespace

AccuracyDock::AccuracyDock(Session& session, const CommandRegistry& commands, QWidget* parent)
    : QWidget(parent), session_(session), table_(new QTableWidget(this)), words_(new QLabel(this)) {
    setObjectName("accuracyPanel");
    makeTable();
    words_->setObjectName("accuracyWords");
    words_->setWordWrap(true);
    words_->setProperty("dim", true);
    auto* buttons = new QHBoxLayout;
    for (const char* id : {"load_truth", "measure_accuracy", "export_accuracy"}) {
        auto* button = new QToolButton(this);
        button->setDefaultAction(&commands[id]);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setObjectName(QStringLiteral("accuracy_%1").arg(QLatin1String(id)));
        buttons->addWidget(button);
    }
    buttons->addStretch(1);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(10, 2, 10, 10);
    column->addWidget(table_, 1);
    column->addWidget(words_);
    column->addLayout(buttons);
    calm_.setSingleShot(true);
    calm_.setInterval(kRowsTogetherMs);
    connect(&calm_, &QTimer::timeout, this, &AccuracyDock::addWaiting);
    connect(&session.accuracy(), &Accuracy::rowAdded, this, [this](FrameIndex frame) {
        waiting_.push_back(frame);
        if (!calm_.isActive()) calm_.start();
    });
    connect(&session.accuracy(), &Accuracy::cleared, this, &AccuracyDock::clear);
    connect(&session.views(), &ViewSet::flowChoiceChanged, this, &AccuracyDock::refreshWords);
    connect(&session.engines(), &EnginePool::changed, this, &AccuracyDock::refreshWords);
    connect(&session, &Session::opened, this, &AccuracyDock::refreshWords);
    connect(&session, &Session::closed, this, &AccuracyDock::refreshWords);
    for (const auto& [frame, accuracy] : session.accuracy().rows()) waiting_.push_back(frame);
    addWaiting();
}

void AccuracyDock::makeTable() {
    table_->setObjectName("accuracyTable");
    table_->setAccessibleName(tr("Accuracy of the flow, by frame"));
    table_->setColumnCount(1 + static_cast<int>(accuracyColumns().size()));
    auto* frame = new QTableWidgetItem(tr("Frame\n"));
    frame->setToolTip(tr("First frame of the pair"));
    table_->setHorizontalHeaderItem(0, frame);
    int at = 1;
    for (const AccuracyColumn& column : accuracyColumns()) {
        auto* title = new QTableWidgetItem(titleOf(column));
        title->setToolTip(QString::fromUtf8(column.explanation));
        table_->setHorizontalHeaderItem(at++, title);
    }
    table_->verticalHeader()->hide();
    table_->horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    table_->setSelectionBehavior(QAbstractItemView::SelectRows);
    table_->setSelectionMode(QAbstractItemView::SingleSelection);
    table_->setEditTriggers(QAbstractItemView::NoEditTriggers);
    table_->sortByColumn(0, Qt::AscendingOrder);
    table_->setSortingEnabled(true);
    const auto go = [this](int row, int) {
        if (const QTableWidgetItem* cell = table_->item(row, 0)) {
            session_.playhead().seek(cell->data(Qt::UserRole).toLongLong());
        }
    };
    connect(table_, &QTableWidget::cellClicked, this, go);
    // By the keyboard: Return on a row.
    connect(table_, &QTableWidget::cellActivated, this, go);
}

void AccuracyDock::addWaiting() {
    const AccuracyByFrame& rows = session_.accuracy().rows();
    table_->setSortingEnabled(false);
    for (const FrameIndex frame : std::exchange(waiting_, {})) {
        const auto measured = rows.find(frame);
        if (measured == rows.end()) continue;
        int row = 0;
        while (row < table_->rowCount() &&
               table_->item(row, 0)->data(Qt::UserRole).toLongLong() != frame) {
            ++row;
        }
        if (row == table_->rowCount()) table_->insertRow(row);
        auto* number = new NumberCell(static_cast<double>(frame), 0);
        number->setData(Qt::UserRole, QVariant::fromValue<qlonglong>(frame));
        table_->setItem(row, 0, number);
        int at = 1;
        for (const AccuracyColumn& column : accuracyColumns()) {
            table_->setItem(row, at++, new NumberCell(column.value(measured->second), 3));
        }
    }
    table_->setSortingEnabled(true);
    refreshWords();
}

void AccuracyDock::clear() {
    waiting_.clear();
    table_->setRowCount(0);
    refreshWords();
}

void AccuracyDock::refreshWords() {
    const Accuracy& accuracy = session_.accuracy();
    if (accuracy.rows().empty()) {
        words_->setText(
            session_.view().truth()
                ? tr("Measure the accuracy of the flow on every frame with ground truth.")
                : tr("Load ground truth for this clip to measure the accuracy of the flow."));
        return;
    }
    const FlowAccuracy all = pooled(accuracy.rows());
    QStringList parts;
    for (const AccuracyColumn& column : accuracyColumns()) {
        if (const std::optional<double> value = column.value(all)) {
            parts.append(QStringLiteral("%1 %2 %3")
                             .arg(QString::fromUtf8(column.title), QString::number(*value, 'f', 3),
                                  QString::fromUtf8(column.unit)));
        }
    }
    QString words = tr("%1, all %n frame(s): %2", nullptr, static_cast<int>(accuracy.rows().size()))
                        .arg(accuracy.flowName(), parts.join(QStringLiteral("; ")));
    if (accuracy.outdated()) {
        words +=
            tr(". The flow or the ground truth has been changed since; measure again to replace "
               "the table.");
    }
    words_->setText(words);
}

}  // namespace mcj
