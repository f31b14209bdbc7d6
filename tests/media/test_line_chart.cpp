#include <QTest>

#include <QRegularExpression>
#include <QXmlStreamReader>

#include <limits>

#include "media/figure/line_chart.h"

using namespace mcj;

namespace {

LineChart twoLines() {
    LineChart chart;
    chart.title = "a < b & c";
    chart.xLabel = "frame";
    chart.yLabel = "px";
    chart.lines.push_back({"one", {{0.0, 1.0}, {1.0, 2.0}, {2.0, {}}, {3.0, 4.0}}});
    chart.lines.push_back({"two", {{0.0, 0.5}, {3.0, std::numeric_limits<double>::quiet_NaN()}}});
    return chart;
}

/// The attribute `d` of every path; empty where the text is not well-formed XML.
QStringList pathsOf(const std::string& svg) {
    QXmlStreamReader xml(QString::fromStdString(svg));
    QStringList paths;
    while (!xml.atEnd()) {
        xml.readNext();
        if (xml.isStartElement() && xml.name() == QLatin1String("path")) {
            paths.append(xml.attributes().value("d").toString());
        }
    }
    return xml.hasError() ? QStringList() : paths;
}

}  // namespace

class TestLineChart : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void aMissingValueInterruptsItsLine() {
        const QStringList paths = pathsOf(svgOf(twoLines()));
        QCOMPARE(paths.size(), 2);
        QCOMPARE(paths[0].count('M'), 2);
        QCOMPARE(paths[0].count('L'), 1);
        QCOMPARE(paths[1].count('M'), 1);
        QCOMPARE(paths[1].count('L'), 0);
    }

    void largerValuesAreHigher() {
        LineChart chart;
        chart.lines.push_back({"one", {{0.0, 1.0}, {1.0, 3.0}}});
        const QStringList places =
            pathsOf(svgOf(chart)).value(0).mid(1).split(QRegularExpression("[ L]+"));
        QCOMPARE(places.size(), 4);
        QVERIFY(places[0].toDouble() < places[2].toDouble());
        QVERIFY(places[1].toDouble() > places[3].toDouble());
    }

    void aChartOfNothingIsStillAPicture() {
        LineChart chart = twoLines();
        chart.lines.clear();
        QVERIFY(QString::fromStdString(svgOf(chart)).contains("a &lt; b &amp; c"));
        chart.lines.push_back({"constant", {{5.0, 0.0}}});
        QCOMPARE(pathsOf(svgOf(chart)).size(), 1);
        QVERIFY(!QString::fromStdString(svgOf(chart)).contains("nan"));
    }
};

QTEST_GUILESS_MAIN(TestLineChart)
#include "test_line_chart.moc"
