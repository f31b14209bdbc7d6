#include <QTest>

#include <limits>

#include "app/cli_commands/text_layout.h"

using namespace mcj;

class TestTextLayout : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void durations() {
        QCOMPARE(durationText(0.84), std::string("0.8 s"));
        QCOMPARE(durationText(42.0), std::string("0:42"));
        QCOMPARE(durationText(62.4), std::string("1:02"));
        QCOMPARE(durationText(3723.0), std::string("1:02:03"));
        QCOMPARE(durationText(-1.0), std::string("-"));
        QCOMPARE(durationText(std::numeric_limits<double>::infinity()), std::string("-"));
    }

    void sizes() {
        QCOMPARE(bytesText(512), std::string("512 B"));
        QCOMPARE(bytesText(3 * 1024 * 1024 + 200 * 1024), std::string("3.2 MiB"));
        QCOMPARE(bytesText(std::uint64_t{5} << 50), std::string("5120.0 TiB"));
    }

    void columnsAreAligned() {
        TextTable table({Align::Left, Align::Right});
        table.add({"a", "10.5"});
        table.add({"größe", "7"});
        table.add({"", ""});
        QCOMPARE(table.text(), std::string("a      10.5\ngröße     7\n\n"));
    }
};

QTEST_GUILESS_MAIN(TestTextLayout)
#include "test_text_layout.moc"
