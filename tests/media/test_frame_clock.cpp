#include <QTest>

#include "media/io/frame_clock.h"

using namespace mcj;

namespace {

constexpr qint64 kUnknown = -987654321;

VideoInfo infoOf(const QList<qint64>& pts, Rational timeBase, bool mayJump) {
    VideoInfo info;
    info.timeBase = timeBase;
    info.averageFps = 25.0;
    info.clockMayJump = mayJump;
    for (const qint64 time : pts) {
        info.pts.push_back(time == kUnknown ? std::nullopt : std::optional<std::int64_t>(time));
    }
    return info;
}

class TestFrameClock : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void timesBeginAtZeroAndGrow_data();
    void timesBeginAtZeroAndGrow();
    void silentFilesHaveNoClock();
    void longSteadyStepsAreKept();
    void longRecordingsTakeLinearTime();
};

void TestFrameClock::timesBeginAtZeroAndGrow_data() {
    QTest::addColumn<QList<qint64>>("pts");
    QTest::addColumn<QList<qint64>>("expected");
    QTest::addColumn<QList<qint64>>("jumps");
    const QList<qint64> none;
    QTest::newRow("steady") << QList<qint64>{0, 40, 80, 120} << QList<qint64>{0, 40, 80, 120}
                            << none;
    QTest::newRow("begins late") << QList<qint64>{90040, 90080, 90120} << QList<qint64>{0, 40, 80}
                                 << none;
    QTest::newRow("begins below zero")
        << QList<qint64>{-517, -477, -437} << QList<qint64>{0, 40, 80} << none;
    QTest::newRow("uneven") << QList<qint64>{5, 45, 145, 165} << QList<qint64>{0, 40, 140, 160}
                            << none;
    QTest::newRow("jumps ahead") << QList<qint64>{0, 40, 80, 36000000, 36000040, 36000080}
                                 << QList<qint64>{0, 40, 80, 120, 160, 200} << QList<qint64>{3};
    QTest::newRow("jumps back") << QList<qint64>{7000, 7040, 7080, 1400, 1440, 1480}
                                << QList<qint64>{0, 40, 80, 120, 160, 200} << QList<qint64>{3};
    QTest::newRow("jumps over all numbers")
        << QList<qint64>{0,
                         40,
                         80,
                         std::numeric_limits<qint64>::max(),
                         std::numeric_limits<qint64>::min(),
                         5000,
                         5040}
        << QList<qint64>{0, 40, 80, 120, 160, 200, 240} << QList<qint64>{3, 4, 5};
    QTest::newRow("repeats") << QList<qint64>{0, 0, 80, 80, 160, 160}
                             << QList<qint64>{0, 40, 80, 120, 160, 192} << none;
    QTest::newRow("stands still") << QList<qint64>{40, 40, 40} << QList<qint64>{0, 40, 80} << none;
    QTest::newRow("out of order") << QList<qint64>{0, 80, 40, 120, 160, 240, 200, 280}
                                  << QList<qint64>{0, 80, 100, 120, 160, 240, 260, 280} << none;
    QTest::newRow("partly unknown")
        << QList<qint64>{0, 40, kUnknown, 120, 160} << QList<qint64>{0, 40, 80, 120, 160} << none;
    QTest::newRow("unknown at the start")
        << QList<qint64>{kUnknown, 40, 80, 120} << QList<qint64>{0, 40, 80, 120} << none;
}

void TestFrameClock::timesBeginAtZeroAndGrow() {
    QFETCH(QList<qint64>, pts);
    QFETCH(QList<qint64>, expected);
    QFETCH(QList<qint64>, jumps);
    for (const bool mayJump : {true, false}) {
        const FrameClock clock = frameClockOf(infoOf(pts, {1, 1000}, mayJump));
        QCOMPARE(QList<qint64>(clock.ticks.begin(), clock.ticks.end()).size(), pts.size());
        for (int i = 1; i < pts.size(); ++i) {
            const auto at = static_cast<std::size_t>(i);
            QVERIFY(clock.ticks[at] > clock.ticks[at - 1]);
            QVERIFY(clock.ticks[at] - clock.ticks[at - 1] <= clock.longestStep);
        }
        for (int i = 0; i < pts.size(); ++i) {
            // A last frame that repeats its timestamp gets a step of average length.
            const int allowed = i + 1 == pts.size() ? 40 : 1;
            const qint64 got = clock.ticks[static_cast<std::size_t>(i)];
            QVERIFY2(std::abs(got - expected[i]) <= allowed,
                     qPrintable(QString("frame %1: %2").arg(i).arg(got)));
        }
        QCOMPARE(QList<qint64>(clock.jumps.begin(), clock.jumps.end()), jumps);
    }
}

void TestFrameClock::silentFilesHaveNoClock() {
    QVERIFY(frameClockOf(infoOf({kUnknown, kUnknown}, {1, 1000}, false)).ticks.empty());
    QVERIFY(frameClockOf(infoOf({0, 1}, {0, 1}, false)).ticks.empty());
    QVERIFY(frameClockOf(infoOf({}, {1, 1000}, false)).ticks.empty());
    QCOMPARE(frameClockOf(infoOf({77}, {1, 1000}, false)).ticks, std::vector<std::int64_t>{0});
    // Four frames in a tick cannot be told apart by it.
    QVERIFY(frameClockOf(infoOf({0, 0, 0, 0, 1, 1, 1, 1}, {1, 1}, false)).ticks.empty());
}

void TestFrameClock::longSteadyStepsAreKept() {
    // A pause of 20 s: a still scene in a screen recording, a join in a transport stream.
    const QList<qint64> paused{0, 40, 80, 20080, 20120};
    QCOMPARE(frameClockOf(infoOf(paused, {1, 1000}, false)).ticks.back(), 20120);
    QCOMPARE(frameClockOf(infoOf(paused, {1, 1000}, true)).ticks.back(), 160);
    // Time lapse: a frame every ten minutes.
    const FrameClock lapse = frameClockOf(infoOf({0, 600, 1200, 1800}, {1, 1}, true));
    QCOMPARE(lapse.ticks.back(), 1800);
    QVERIFY(lapse.jumps.empty());
}

void TestFrameClock::longRecordingsTakeLinearTime() {
    VideoInfo info;
    info.timeBase = {1, 90000};
    for (std::int64_t i = 0; i < 1000000; ++i) info.pts.emplace_back(i / 1000 % 2 * 7 + i % 1000);
    const FrameClock clock = frameClockOf(info);
    QCOMPARE(clock.ticks.size(), info.pts.size());
    QVERIFY(!clock.jumps.empty());
}

}  // namespace

QTEST_APPLESS_MAIN(TestFrameClock)
#include "test_frame_clock.moc"
