#include <QTest>

#include "media/base/instruction_set.h"

using namespace mcj;

Q_DECLARE_METATYPE(mcj::InstructionSet)

class TestInstructionSet : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void isOnlyEverLowered_data() {
        QTest::addColumn<InstructionSet>("supported");
        QTest::addColumn<QByteArray>("asked");
        QTest::addColumn<InstructionSet>("used");
        const auto v4 = InstructionSet::V4;
        const auto v3 = InstructionSet::V3;
        const auto baseline = InstructionSet::Baseline;
        QTest::newRow("lower") << v4 << QByteArray("v3") << v3;
        QTest::newRow("lowest") << v4 << QByteArray("baseline") << baseline;
        QTest::newRow("the same") << v3 << QByteArray("v3") << v3;
        QTest::newRow("higher") << v3 << QByteArray("v4") << v3;
        QTest::newRow("higher than nothing") << baseline << QByteArray("v3") << baseline;
        QTest::newRow("empty") << v4 << QByteArray("") << v4;
        QTest::newRow("another word") << v4 << QByteArray("V3") << v4;
    }

    void isOnlyEverLowered() {
        QFETCH(const InstructionSet, supported);
        QFETCH(const QByteArray, asked);
        QFETCH(const InstructionSet, used);
        QVERIFY(loweredInstructionSet(supported, asked.constData()) == used);
    }

    void isTheProcessorsWhereNothingIsAsked() {
        for (const auto set : {InstructionSet::Baseline, InstructionSet::V3, InstructionSet::V4}) {
            QVERIFY(loweredInstructionSet(set, nullptr) == set);
            // Names are those that MCJ_ISA takes.
            QVERIFY(loweredInstructionSet(InstructionSet::V4, instructionSetName(set)) == set);
        }
    }

    void followsTheEnvironment() {
        // Before anything else of this process asks.
        qputenv("MCJ_ISA", "baseline");
        QVERIFY(instructionSet() == InstructionSet::Baseline);
    }
};

QTEST_GUILESS_MAIN(TestInstructionSet)
#include "test_instruction_set.moc"
