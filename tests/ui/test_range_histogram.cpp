#include "ui/range_histogram.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QSignalSpy>
#include <QSpinBox>
#include <cmath>

#include "tests/viewer/session_fixture.h"
#include "ui/layers_dock.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestRangeHistogram : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anEndOfTheScaleIsDragged() {
        auto map = std::make_shared<ScalarMap>(SizePx{8, 8}, "q", "", 0.0F, 1.0F);
        for (int x = 0; x < 8; ++x) map->values.at(3, x) = static_cast<float>(x);
        RangeHistogram histogram;
        histogram.resize(200, 64);
        histogram.setValues(map, 0.0F, 10.0F);
        QVERIFY(std::abs(histogram.valueAt(histogram.xOf(7.0F)) - 7.0F) < 1e-3F);
        QSignalSpy chosen(&histogram, &RangeHistogram::rangeChosen);
        const auto at = [&](float value) { return QPoint(qRound(histogram.xOf(value)), 30); };
        const QPoint high = at(9.0F);
        QTest::mousePress(&histogram, Qt::LeftButton, {}, high);
        QTest::mouseMove(&histogram, at(6.0F));
        QTest::mouseRelease(&histogram, Qt::LeftButton, {}, at(6.0F));
        QVERIFY(chosen.size() >= 1);
        QCOMPARE(chosen.last()[0].toFloat(), 0.0F);
        QVERIFY(chosen.last()[1].toFloat() < 9.2F);
        // An end cannot pass the other.
        QTest::mousePress(&histogram, Qt::LeftButton, {}, at(0.5F));
        QTest::mouseRelease(&histogram, Qt::LeftButton, {}, at(0.5F));
        QVERIFY(chosen.last()[0].toFloat() > 0.3F);
        QVERIFY(chosen.last()[0].toFloat() < chosen.last()[1].toFloat());
    }

    void theDockSetsTheScaleOfItsLayer() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const SessionFixture fixture(4);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        session->view().layers().setVisible(kWarpErrorLayer, true);
        QVERIFY(SessionFixture::settle(*session));
        LayersDock dock(*session);
        dock.choose(kWarpErrorLayer);
        auto* histogram = dock.findChild<RangeHistogram*>("rangeHistogram");
        QVERIFY(histogram && !histogram->isHidden());
        Q_EMIT histogram->rangeChosen(3.0F, 20.0F);
        const ScalarLook& look = session->view().layers().layer(kWarpErrorLayer).scalar();
        QCOMPARE(look.low, 3.0F);
        QCOMPARE(look.high, 20.0F);
        dock.choose(kFlowLayer);
        QVERIFY(histogram->isHidden());
    }

    void theDockSetsTheThresholdsOfOcclusion() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const SessionFixture fixture(4);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        LayersDock dock(*session);
        dock.choose(kOcclusionLayer);
        auto* box = dock.findChild<QWidget*>("occlusionRule");
        QVERIFY(box && !box->isHidden());
        const auto* formula = dock.findChild<QLabel*>("occlusionFormula");
        QVERIFY(formula->text().contains("> 0.01 (|f|^2 + |b'|^2) + 0.5"));
        dock.findChild<QDoubleSpinBox*>("occlusionAlpha")->setValue(0.2);
        dock.findChild<QDoubleSpinBox*>("occlusionBeta")->setValue(3.0);
        QVERIFY((session->view().occlusionRule() == OcclusionRule{0.2F, 3.0F}));
        QVERIFY2(formula->text().contains("> 0.2 (|f|^2 + |b'|^2) + 3"),
                 qPrintable(formula->text()));
        dock.choose(kConsistencyLayer);
        QVERIFY(box->isHidden());
    }

    void theDockChoosesTheMapsOfADifference() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const SessionFixture fixture(4);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        LayersDock dock(*session);
        dock.choose(kDifferenceLayer);
        const auto* box = dock.findChild<QWidget*>("differenceMaps");
        QVERIFY(box && !box->isHidden());
        const auto pick = [&dock](const char* name, int index) {
            auto* combo = dock.findChild<QComboBox*>(name);
            combo->setCurrentIndex(index);
            Q_EMIT combo->activated(index);
        };
        auto* map = dock.findChild<QComboBox*>("difference_map_first");
        QCOMPARE(map->currentData().toString(), QString(kWarpErrorLayer));
        QCOMPARE(map->findData(kDifferenceLayer), -1);
        QCOMPARE(map->findData(kFlowLayer), -1);
        pick("difference_map_first", map->findData(kConsistencyLayer));
        pick("difference_view_second", 2);
        const MapDifference wanted{{0, kConsistencyLayer}, {2, kWarpErrorLayer}};
        QVERIFY(session->view().difference() == wanted);
        // The scale is that of the new map, with zero in the middle; the view is there.
        QVERIFY((session->view().layers().layer(kDifferenceLayer).scalar() ==
                 ScalarLook{Colormap::Signed, -5.0F, 5.0F}));
        QCOMPARE(session->views().size(), std::size_t(3));
        dock.choose(kWarpErrorLayer);
        QVERIFY(box->isHidden());
    }

    void theDockSetsTheLookOfArrows() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const SessionFixture fixture(4);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        LayersDock dock(*session);
        dock.choose(kArrowsLayer);
        auto* box = dock.findChild<QWidget*>("lineLook");
        QVERIFY(box && !box->isHidden());
        dock.findChild<QSpinBox*>("lineSpacing")->setValue(20);
        dock.findChild<QDoubleSpinBox*>("arrowLength")->setValue(2.5);
        auto* colors = dock.findChild<QComboBox*>("lineColors");
        Q_EMIT colors->activated(2);
        const LayerStack& layers = session->view().layers();
        QVERIFY(
            (layers.layer(kArrowsLayer).arrows() == ArrowLook{20, 2.5F, LineColors::VisionSafe}));
        dock.choose(kStreamlinesLayer);
        QVERIFY(!box->isHidden());
        QVERIFY(dock.findChild<QWidget*>("arrowLength")->isHidden());
        dock.findChild<QSpinBox*>("lineSpacing")->setValue(40);
        dock.findChild<QSpinBox*>("streamFrames")->setValue(12);
        Q_EMIT colors->activated(1);
        QVERIFY((layers.layer(kStreamlinesLayer).streams() ==
                 StreamLook{40, 12, LineColors::Middlebury}));
        QCOMPARE(layers.layer(kArrowsLayer).arrows().spacingPx, 20);
        dock.choose(kWarpErrorLayer);
        QVERIFY(box->isHidden());
    }

    void theDockSetsTheLookOfMasks() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const SessionFixture fixture(4);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        LayersDock dock(*session);
        dock.choose(kMaskLayer);
        auto* box = dock.findChild<QWidget*>("maskLook");
        QVERIFY(box && !box->isHidden());
        auto* outline = dock.findChild<QCheckBox*>("maskOutline");
        QVERIFY(outline->isChecked());
        outline->setChecked(false);
        dock.findChild<QCheckBox*>("maskHatched")->setChecked(true);
        const MaskLook& look = session->view().layers().layer(kMaskLayer).masks();
        QVERIFY(!look.outline && look.hatched);
        dock.choose(kFlowLayer);
        QVERIFY(box->isHidden());
    }
};

}  // namespace

QTEST_MAIN(TestRangeHistogram)
#include "test_range_histogram.moc"
