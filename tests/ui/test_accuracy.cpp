// Ground truth in the window: what is offered, and the table of errors.
#include <QAction>
#include <QComboBox>
#include <QDir>
#include <QDockWidget>
#include <QInputDialog>
#include <QLabel>
#include <QListWidget>
#include <QTableWidget>

#include "inference/engine/flow_command.h"
#include "media/io/flow_file.h"
#include "tests/ui/window_fixture.h"
#include "ui/command_registry.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr int kFrames = 8;
constexpr int kTruths = 6;

class TestAccuracy : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(kFrames);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        truth_ = fixture_->path("truth");
        QVERIFY(QDir().mkpath(truth_));
        for (int frame = 0; frame < kTruths; ++frame) {
            FlowField flow = smallScene().flow(frame);
            // Each frame has another error, largest in the middle.
            for (float& value : flow.vectors.values()) value += frame == 3 ? 9.0F : 0.1F;
            writeFlow(QStringLiteral("%1/%2.flo").arg(truth_).arg(frame).toStdString(), flow,
                      FlowFormat::Flo);
        }
        studio_ = std::make_unique<StudioWindow>(fixture_->makeSession());
        QVERIFY(studio_->showVideo(*fixture_));
    }

    void cleanup() {
        studio_.reset();
        fixture_.reset();
    }

    void layersOfTheTruthAreOfferedWithIt() {
        CommandRegistry& commands = studio_->window().commands();
        QVERIFY(commands["load_truth"].isEnabled());
        QVERIFY(!commands["remove_truth"].isEnabled());
        QVERIFY(!commands["measure_accuracy"].isEnabled());
        QVERIFY(hidden(kFlowErrorLayer));
        QVERIFY(loadFlow(studio_->session(), FlowRole::Truth, truth_));
        QVERIFY(!hidden(kFlowErrorLayer) && !hidden(kTruthLayer));
        QTRY_VERIFY(commands["remove_truth"].isEnabled());
        commands["remove_truth"].trigger();
        QVERIFY(hidden(kFlowErrorLayer) && hidden(kTruthLayer));
        QVERIFY(!hidden(kFlowLayer));
    }

    void loadedFlowCanBeChosen() {
        auto* box = studio_->find<QComboBox>("flowMethod");
        const int methods = box->count();
        QVERIFY(loadFlow(studio_->session(), FlowRole::Method, truth_));
        QCOMPARE(box->count(), methods + 1);
        QVERIFY(box->isEnabled());
        QVERIFY(box->currentText().endsWith("/truth"));
        QCOMPARE(box->currentData().toString().toStdString(),
                 studio_->session().view().flowInUse());
        box->setCurrentIndex(box->findData(kDisFlow));
        Q_EMIT box->activated(box->currentIndex());
        QCOMPARE(studio_->session().view().flowInUse(), std::string(kDisFlow));
    }

    void aCommandCanBeTyped() {
        auto* box = studio_->find<QComboBox>("flowMethod");
        const int methods = box->count();
        QCOMPARE(box->itemText(methods - 1), QString("Command..."));
        Q_EMIT box->activated(methods - 1);
        auto* dialog = studio_->find<QInputDialog>("flowCommandDialog");
        const QString line =
            "sh -c 'cp \"$1\" \"$2\"' sh '" + truth_ + "/0.flo' {out} {first} {second}";
        dialog->setTextValue(line);
        dialog->accept();
        QTRY_COMPARE(box->count(), methods + 1);
        QCOMPARE(box->currentIndex(), methods - 1);
        QCOMPARE(box->itemData(methods - 1, Qt::ToolTipRole).toString(), line);
        QVERIFY(isFlowCommand(studio_->session().view().flowInUse()));
        box->setCurrentIndex(box->findData(kDisFlow));
        Q_EMIT box->activated(box->currentIndex());
        QCOMPARE(studio_->session().view().flowInUse(), std::string(kDisFlow));
        // The remembered line is there for the next time.
        Q_EMIT box->activated(methods - 1);
        QVERIFY(isFlowCommand(studio_->session().view().flowInUse()));
    }

    void aClickOnARowGoesToItsFrame() {
        QVERIFY(loadFlow(studio_->session(), FlowRole::Truth, truth_));
        CommandRegistry& commands = studio_->window().commands();
        QTRY_VERIFY(commands["measure_accuracy"].isEnabled());
        QVERIFY(!commands["export_accuracy"].isEnabled());
        commands["measure_accuracy"].trigger();
        QVERIFY(studio_->find<QDockWidget>("accuracyDock")->isVisible());
        auto* table = studio_->find<QTableWidget>("accuracyTable");
        QTRY_COMPARE_WITH_TIMEOUT(table->rowCount(), kTruths, kPatienceMs);
        QTRY_VERIFY_WITH_TIMEOUT(studio_->session().runs().run() == nullptr, kPatienceMs);
        QTRY_VERIFY(commands["export_accuracy"].isEnabled());
        for (int row = 0; row < kTruths; ++row) QCOMPARE(table->item(row, 0)->text().toInt(), row);
        // By EPE, the largest first.
        table->sortByColumn(1, Qt::DescendingOrder);
        QCOMPARE(table->item(0, 0)->text(), QString("3"));
        const QRect cell = table->visualItemRect(table->item(0, 0));
        QTest::mouseClick(table->viewport(), Qt::LeftButton, {}, cell.center());
        QCOMPARE(studio_->session().playhead().current(), FrameIndex(3));
        QVERIFY(studio_->find<QLabel>("accuracyWords")->text().contains("EPE"));
        // Another document begins with an empty table.
        studio_->session().close();
        QCOMPARE(table->rowCount(), 0);
    }

private:
    [[nodiscard]] bool hidden(const char* layer) {
        auto* list = studio_->find<QListWidget>("layersList");
        for (int row = 0; row < list->count(); ++row) {
            const QListWidgetItem* item = list->item(row);
            if (item->data(Qt::UserRole).toString() == QLatin1String(layer)) {
                return item->isHidden();
            }
        }
        return true;
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<StudioWindow> studio_;
    QString truth_;
};

}  // namespace

int main(int argc, char** argv) { return runOnDisplay<TestAccuracy>(argc, argv); }
#include "test_accuracy.moc"
