// Charts: round ticks, whole XML whatever the names, gaps where there is no number.

#include <cmath>
#include <limits>

#include <QXmlStreamReader>
#include <QtTest>

#include "media/base/xml_text.h"
#include "tests/support/test_program.h"
#include "training/plot_ticks.h"
#include "training/sample_rng.h"
#include "training/svg_plot.h"

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

struct Drawn {
    QStringList texts;
    QStringList paths;  ///< the data of curves
    QList<QPointF> dots;
    int dashedLines = 0;
    QString error;
};

/// What an XML reader finds in the document.
Drawn read(const std::string& svg) {
    Drawn found;
    QXmlStreamReader xml(QByteArray::fromStdString(svg));
    while (!xml.atEnd()) {
        if (xml.readNext() != QXmlStreamReader::StartElement) continue;
        const auto name = xml.name();
        const auto attributes = xml.attributes();
        if (name == QLatin1String("path")) found.paths << attributes.value("d").toString();
        if (name == QLatin1String("circle")) {
            found.dots << QPointF(attributes.value("cx").toDouble(),
                                  attributes.value("cy").toDouble());
        }
        if (name == QLatin1String("line") && attributes.hasAttribute("stroke-dasharray")) {
            ++found.dashedLines;
        }
        if (name == QLatin1String("text")) found.texts << xml.readElementText();
    }
    if (xml.hasError()) found.error = xml.errorString();
    return found;
}

mcj::Plot plotOf(mcj::PlotPanel panel) {
    mcj::Plot plot;
    plot.title = "a title";
    plot.panels.push_back(std::move(panel));
    return plot;
}

}  // namespace

class TestSvgPlot : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void ticksAreRoundAndInside();
    void logTicksAreInsideAndEnough();
    void labelsAreShort();
    void anyTextLeavesTheDocumentWhole();
    void missingValuesLeaveGaps();
    void logAxesLeaveOutWhatIsNotPositive();
    void higherValuesStandHigher();
    void wordsStandInTheirPlaces();
    void marksAreSeenAlsoOutsideTheValues();
    void panelsWithoutValuesSaySo();
    void alikeValuesStillHaveARange();
    void curvesAfterTheFirstRoundAreDashed();
};

void TestSvgPlot::ticksAreRoundAndInside() {
    mcj::SampleRng rng(1, 2, 3);
    for (int i = 0; i < 500; ++i) {
        const double span = rng.logUniform(1e-9, 1e9);
        const double low = rng.normal(20.0) * span;
        const double high = low + span;
        const auto ticks = mcj::roundTicks(low, high, 5);
        QVERIFY2(ticks.size() >= 2 && ticks.size() <= 6, qPrintable(QString::number(ticks.size())));
        const double step = ticks[1] - ticks[0];
        const double mantissa = step / std::pow(10.0, std::floor(std::log10(step * 1.0001)));
        const bool isRound = std::abs(mantissa - 1) < 1e-3 || std::abs(mantissa - 2) < 1e-3 ||
                             std::abs(mantissa - 5) < 1e-3;
        QVERIFY2(isRound, qPrintable(QString::number(mantissa)));
        for (const double tick : ticks) {
            QVERIFY(tick >= low - 1e-6 * step && tick <= high + 1e-6 * step);
            QVERIFY(std::abs(tick / step - std::round(tick / step)) < 1e-6);
        }
    }
    QCOMPARE(mcj::roundTicks(0.0, 1.0, 5).size(), std::size_t{6});
    QVERIFY(mcj::roundTicks(2.0, 2.0, 5).empty());
    QVERIFY(mcj::roundTicks(kNaN, 2.0, 5).empty());
}

void TestSvgPlot::logTicksAreInsideAndEnough() {
    mcj::SampleRng rng(4, 5, 6);
    for (int i = 0; i < 500; ++i) {
        const double low = rng.logUniform(1e-9, 1e6);
        const double high = low * rng.logUniform(1.2, 1e12);
        const auto ticks = mcj::logTicks(low, high, 5);
        QVERIFY(ticks.size() >= 2 && ticks.size() <= 10);
        for (std::size_t k = 0; k < ticks.size(); ++k) {
            QVERIFY(ticks[k] >= low * 0.999 && ticks[k] <= high * 1.001);
            if (k > 0) QVERIFY(ticks[k] > ticks[k - 1]);
        }
    }
    QVERIFY(mcj::logTicks(0.0, 1.0, 5).empty());
}

void TestSvgPlot::labelsAreShort() {
    QCOMPARE(mcj::tickLabel(0.0), std::string("0"));
    QCOMPARE(mcj::tickLabel(-0.0), std::string("0"));
    QCOMPARE(mcj::tickLabel(3 * 0.1), std::string("0.3"));
    QCOMPARE(mcj::tickLabel(1200000), std::string("1200000"));
    QCOMPARE(mcj::tickLabel(2e-7), std::string("2e-07"));
}

void TestSvgPlot::anyTextLeavesTheDocumentWhole() {
    const std::string wild = "a<b>&\"c' \x01\xff\xc3(\xed\xa0\x80 \xc3\xa9";
    QCOMPARE(mcj::escapeXml("<&>"), std::string("&lt;&amp;&gt;"));
    QCOMPARE(mcj::escapeXml("\xc3\xa9"), std::string("\xc3\xa9"));
    mcj::PlotPanel panel;
    panel.title = wild;
    panel.x.label = wild;
    panel.x.names = {wild, wild};
    panel.y.label = wild;
    panel.curves.push_back({wild, {0, 1}, {1, 2}});
    panel.marks.push_back({mcj::MarkAxis::Y, 1.5, wild});
    auto plot = plotOf(panel);
    plot.notes = {wild};
    const auto found = read(mcj::svgOf(plot));
    QVERIFY2(found.error.isEmpty(), qPrintable(found.error));
    int seen = 0;
    for (const QString& text : found.texts) seen += text.startsWith(QString("a<b>&\"c' "));
    QCOMPARE(seen, 8);  // title, legend, two words, two labels, mark, note
}

void TestSvgPlot::missingValuesLeaveGaps() {
    mcj::PlotPanel panel;
    panel.curves.push_back({"", {0, 1, 2, 3, 4, 5, 6}, {1, 2, kNaN, 4, kNaN, 1, 2}});
    const auto found = read(mcj::svgOf(plotOf(panel)));
    QCOMPARE(found.paths.size(), 1);
    QCOMPARE(found.paths[0].count('M'), 2);
    QCOMPARE(found.paths[0].count('L'), 2);
    QCOMPARE(found.dots.size(), 1);  // a value without neighbours is still seen
}

void TestSvgPlot::logAxesLeaveOutWhatIsNotPositive() {
    mcj::PlotPanel panel;
    panel.y.scale = mcj::AxisScale::Log;
    panel.curves.push_back({"", {0, 1, 2, 3, 4}, {1, 10, 0, 100, 10}});
    const auto svg = mcj::svgOf(plotOf(panel));
    QVERIFY(svg.find("nan") == std::string::npos && svg.find("inf") == std::string::npos);
    QCOMPARE(read(svg).paths[0].count('M'), 2);
}

void TestSvgPlot::higherValuesStandHigher() {
    mcj::PlotPanel panel;
    panel.curves.push_back({"", {0, 1, 2}, {1, 10, 100}, mcj::CurveStyle::Dots});
    auto dots = read(mcj::svgOf(plotOf(panel))).dots;
    QCOMPARE(dots.size(), 3);
    QVERIFY(dots[0].y() > dots[1].y() && dots[1].y() > dots[2].y());
    QVERIFY(dots[0].x() < dots[1].x());
    panel.y.scale = mcj::AxisScale::Log;  // decades are evenly far apart
    dots = read(mcj::svgOf(plotOf(panel))).dots;
    QVERIFY(std::abs((dots[0].y() - dots[1].y()) - (dots[1].y() - dots[2].y())) < 0.25);
}

void TestSvgPlot::wordsStandInTheirPlaces() {
    mcj::PlotPanel panel;
    panel.x.names = {"one", "two", "three"};
    panel.curves.push_back({"", {1}, {5}, mcj::CurveStyle::Dots});
    const auto found = read(mcj::svgOf(plotOf(panel)));
    QVERIFY(found.texts.contains("one") && found.texts.contains("three"));
    QVERIFY(std::abs(found.dots[0].x() - (72.0 + 882.0) / 2) < 0.1);  // the middle of the panel
}

void TestSvgPlot::marksAreSeenAlsoOutsideTheValues() {
    mcj::PlotPanel panel;
    panel.curves.push_back({"", {0, 1}, {1, 2}});
    panel.marks.push_back({mcj::MarkAxis::Y, 50.0, "far"});
    const auto found = read(mcj::svgOf(plotOf(panel)));
    QVERIFY(found.texts.contains("far"));
    QCOMPARE(found.dashedLines, 1);
    QVERIFY(found.texts.contains("40"));  // the axis reaches up there
}

void TestSvgPlot::panelsWithoutValuesSaySo() {
    mcj::PlotPanel panel;
    panel.curves.push_back({"", {0, 1}, {kNaN, kNaN}});
    QVERIFY(read(mcj::svgOf(plotOf(panel))).texts.contains("no values"));
}

void TestSvgPlot::alikeValuesStillHaveARange() {
    for (const double value : {0.0, 3.0, -2.0, 1e-5}) {
        for (const auto scale : {mcj::AxisScale::Linear, mcj::AxisScale::Log}) {
            if (scale == mcj::AxisScale::Log && value <= 0) continue;
            mcj::PlotPanel panel;
            panel.y.scale = scale;
            panel.curves.push_back({"", {4, 4}, {value, value}});
            const auto svg = mcj::svgOf(plotOf(panel));
            QVERIFY(svg.find("nan") == std::string::npos && svg.find("inf") == std::string::npos);
            QVERIFY(read(svg).texts.size() > 3);
        }
    }
}

void TestSvgPlot::curvesAfterTheFirstRoundAreDashed() {
    mcj::PlotPanel panel;
    for (int i = 0; i < 8; ++i) {
        panel.curves.push_back(
            {"c" + std::to_string(i), {0, 1}, {1.0 * i, 2.0 * i}, mcj::CurveStyle::Line, i});
    }
    const auto found = read(mcj::svgOf(plotOf(panel)));
    QCOMPARE(found.paths.size(), 8);
    QCOMPARE(found.dashedLines, 1);  // the eighth one's line in the legend
}

MCJ_TEST(TestSvgPlot)
#include "test_svg_plot.moc"
