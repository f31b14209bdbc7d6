#include <QTest>

#include "inference/analysis/frame_range.h"
#include "media/base/error.h"

using namespace mcj;

class TestFrameRange : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatPeopleWrite() {
        QCOMPARE(parseFrameRange(""), FrameRange{});
        QCOMPARE(parseFrameRange("3:9"), (FrameRange{3, 9, 1}));
        QCOMPARE(parseFrameRange("3:9:2"), (FrameRange{3, 9, 2}));
        QCOMPARE(parseFrameRange(":9"), (FrameRange{0, 9, 1}));
        QCOMPARE(parseFrameRange("3:"), (FrameRange{3, std::nullopt, 1}));
        QCOMPARE(parseFrameRange("::5"), (FrameRange{0, std::nullopt, 5}));
        for (const char* text : {"3:9:2", "0:4:1", "7::3"}) {
            QCOMPARE(parseFrameRange(frameRangeText(parseFrameRange(text))), parseFrameRange(text));
        }
    }

    void refusesTheRest_data() {
        QTest::addColumn<QString>("text");
        for (const char* text : {"5", "a:b", "3:3", "9:3", "0:9:0", "0:9:-1", "-1:4", "1:2:3:4",
                                 "1.5:3", "0x1:3", "99999999999999999999:3"}) {
            QTest::newRow(text) << QString(text);
        }
    }

    void refusesTheRest() {
        QFETCH(QString, text);
        const auto outcome = runGuarded([&] { return parseFrameRange(text.toStdString()); });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Usage);
    }

    void pairsAreConsecutiveOrAFixedDistanceApart() {
        const FramePairs next{{2, 9, 3}};  // 2, 5, 8
        QCOMPARE(next.count(), FrameIndex{2});
        QCOMPARE(next.first(1), FrameIndex{5});
        QCOMPARE(next.second(1), FrameIndex{8});
        QCOMPARE((FramePairs{{2, 3, 1}}.count()), FrameIndex{0});
        const FramePairs apart{{2, 9, 3}, 2};  // 2 and 4, 5 and 7; 8 has no partner
        QCOMPARE(apart.count(), FrameIndex{2});
        QCOMPARE(apart.first(1), FrameIndex{5});
        QCOMPARE(apart.second(1), FrameIndex{7});
        QCOMPARE((FramePairs{{2, 9, 1}, 7}.count()), FrameIndex{0});
        QCOMPARE((FramePairs{{2, 9, 1}, 6}.count()), FrameIndex{1});
    }

    void isHalfOpenAndStepped() {
        QCOMPARE((FrameRange{2, 5, 1}.count()), FrameIndex{3});
        QCOMPARE((FrameRange{2, 9, 3}.count()), FrameIndex{3});  // 2, 5, 8
        QCOMPARE((FrameRange{2, 8, 3}.count()), FrameIndex{2});  // 2, 5
        QCOMPARE((FrameRange{2, 9, 3}.at(2)), FrameIndex{8});
    }

    void hugeNumbersDoNotOverflow_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<qint64>("count");
        const QString most = "9223372036854775807";
        QTest::newRow("step") << "0:10:" + most << qint64{1};
        QTest::newRow("step less one") << "0:10:9223372036854775806" << qint64{1};
        QTest::newRow("begin and step") << "3:10:" + most << qint64{1};
        QTest::newRow("end") << "7:" + most << qint64{3};
        QTest::newRow("all") << "9:" + most + ":" + most << qint64{1};
        QTest::newRow("half") << "0:10:4611686018427387904" << qint64{1};
        QTest::newRow("open end") << "::" + most << qint64{1};
    }

    void hugeNumbersDoNotOverflow() {
        QFETCH(QString, text);
        QFETCH(qint64, count);
        const FrameRange range = clipRange(parseFrameRange(text.toStdString()), 10);
        QCOMPARE(range.count(), FrameIndex{count});
        QCOMPARE(range.at(0), range.begin);
        // Whoever asks for the frame after the last gets one that is not in any clip.
        QVERIFY(range.at(count) >= 10);
        QVERIFY(range.at(count + 5) >= range.at(count));
        QVERIFY(parseFrameRange(text.toStdString()).count() >= 0);
    }

    void isCutToTheClip() {
        QCOMPARE(clipRange(parseFrameRange(""), 10), (FrameRange{0, 10, 1}));
        QCOMPARE(clipRange(parseFrameRange("4:99"), 10), (FrameRange{4, 10, 1}));
        const auto outcome = runGuarded([] { return clipRange(parseFrameRange("10:12"), 10); });
        QVERIFY(!outcome.ok());
        QCOMPARE(outcome.error().code(), ErrorCode::Usage);
    }
};

QTEST_GUILESS_MAIN(TestFrameRange)
#include "test_frame_range.moc"
