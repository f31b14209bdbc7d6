#include "viewer/session/marks.h"

#include <QSignalSpy>
#include <QtTest>
#include <vector>

#include "tests/viewer/session_fixture.h"

namespace {

using namespace mcj;
using namespace mcj::test;

class TestMarks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void spanIsFromInToOut() {
        Marks marks;
        QCOMPARE(marks.span(100), (FrameSpan{0, 100}));
        marks.setIn(10);
        QCOMPARE(marks.span(100), (FrameSpan{10, 100}));
        marks.setOut(19);
        QCOMPARE(marks.span(100), (FrameSpan{10, 20}));
        QCOMPARE(marks.span(15), (FrameSpan{10, 15}));
        QCOMPARE(marks.span(5), (FrameSpan{0, 5}));
        // An in point behind the out point begins a new part.
        marks.setIn(50);
        QCOMPARE(marks.span(100), (FrameSpan{50, 100}));
        marks.setOut(20);
        QCOMPARE(marks.span(100), (FrameSpan{0, 21}));
        marks.clearInOut();
        QVERIFY(!marks.limited());
    }

    void markersHaveNamesOfTheirOwn() {
        Marks marks;
        for (const FrameIndex frame : {30, 10, 20}) marks.toggleMarker(frame);
        marks.toggleMarker(30);
        marks.toggleMarker(40);
        QSet<QString> names;
        for (const auto& [frame, name] : marks.markers()) names.insert(name);
        QCOMPARE(names.size(), 3);
        QCOMPARE(marks.markerAfter(10), std::optional<FrameIndex>(20));
        QCOMPARE(marks.markerBefore(10), std::optional<FrameIndex>());
        QCOMPARE(marks.markerBefore(41), std::optional<FrameIndex>(40));
        marks.rename(20, QString(500, 'x'));
        QCOMPARE(marks.markers().at(20).size(), Marks::kMostLetters);
        marks.rename(20, "  ");
        QCOMPARE(marks.markers().at(20).size(), Marks::kMostLetters);
    }

    void whatIsReadIsWhatWasWritten() {
        Marks marks;
        marks.setIn(3);
        marks.setOut(8);
        marks.toggleMarker(5);
        marks.rename(5, QString::fromUtf8("\xc3\x9c\"{}\\"));
        Marks read;
        QSignalSpy edited(&read, &Marks::edited);
        read.fromJson(marks.toJson());
        QCOMPARE(read.in(), marks.in());
        QCOMPARE(read.out(), marks.out());
        QVERIFY(read.markers() == marks.markers());
        QVERIFY(edited.isEmpty());
        for (const char* damaged : {"", "[", "{\"in\":-4,\"markers\":[7,{\"frame\":-1}]}"}) {
            read.fromJson(damaged);
            QVERIFY(!read.limited() && read.markers().empty());
        }
        read.fromJson("{\"in\":9,\"out\":2}");
        QCOMPARE(read.span(20), (FrameSpan{9, 20}));
    }

    void theProjectKeepsThemWithoutAnyMask() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(12);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        {
            const auto session = fixture.openSession();
            QVERIFY(session->document().saveState() == Document::SaveState::Nothing);
            session->timeline().marks.toggleMarker(4);
            session->timeline().marks.setOut(7);
            // Closing at once must not lose them.
        }
        const auto session = fixture.openSession();
        QCOMPARE(session->timeline().marks.markers().size(), std::size_t{1});
        QCOMPARE(session->timeline().marks.span(12), (FrameSpan{0, 8}));
        // Another video has none of them.
        session->close();
        QVERIFY(session->timeline().marks.markers().empty() &&
                !session->timeline().marks.limited());
    }

    void propagationsStayBetweenInAndOutPoint() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(12);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        MaskEditor& masks = session->masks();
        Marks& marks = session->timeline().marks;
        const auto propagate = [&session](FrameIndex from, Travel travel) {
            session->playhead().seek(from);
            if (!SessionFixture::settle(*session) || !session->propagation().start(travel)) {
                return false;
            }
            return QTest::qWaitFor([&session] { return session->runs().run() == nullptr; }, 60'000);
        };
        const auto framesWithMasks = [&masks] {
            std::vector<FrameIndex> frames;
            for (const auto& [frame, entry] : masks.track().entries()) frames.push_back(frame);
            return frames;
        };
        masks.importMask(4, Mask(smallScene().mask(4)));
        marks.setIn(2);
        marks.setOut(6);
        QVERIFY(propagate(4, Travel::Forward));
        QCOMPARE(framesWithMasks(), (std::vector<FrameIndex>{4, 5, 6}));
        QVERIFY(propagate(4, Travel::Backward));
        QCOMPARE(framesWithMasks(), (std::vector<FrameIndex>{2, 3, 4, 5, 6}));

        // Nothing is left to do at the end, and the way to the range is not filled.
        QSignalSpy notices(session.get(), &Session::noticed);
        QVERIFY(!propagate(6, Travel::Forward));
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices.takeFirst().front().value<Notice>().hint.contains("in and out points"));
        masks.importMask(0, Mask(smallScene().mask(0)));
        QVERIFY(!propagate(0, Travel::Forward));
        QCOMPARE(notices.size(), 1);
        QVERIFY(notices.front().front().value<Notice>().text.contains("not between"));
        masks.undo();
        // A mask beside the range is a start like one inside.
        masks.importMask(1, Mask(smallScene().mask(1)));
        marks.setOut(3);
        QVERIFY(propagate(1, Travel::Forward));
        QCOMPARE(framesWithMasks(), (std::vector<FrameIndex>{1, 2, 3, 4, 5, 6}));

        session->propagation().setRange(PropagationRange::WholeVideo);
        QVERIFY(propagate(4, Travel::Forward));
        QCOMPARE(masks.track().size(), std::size_t(11));
        session->propagation().setRange(PropagationRange::InToOut);
        // Points of a longer video: as if there were none.
        marks.setOut(80);
        marks.setIn(50);
        QVERIFY(propagate(1, Travel::Backward));
        QCOMPARE(masks.track().size(), std::size_t(12));
    }
};

}  // namespace

QTEST_MAIN(TestMarks)
#include "test_marks.moc"
