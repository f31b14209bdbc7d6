#include <QSignalSpy>
#include <QTest>

#include "tests/viewer/session_fixture.h"
#include "viewer/session/bookmarks.h"
#include "viewer/session/command_line.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;
using namespace mcj::test;

Bookmark at(FrameIndex frame, const QString& caption = {}) {
    Bookmark mark;
    mark.frame = frame;
    mark.caption = caption;
    return mark;
}

/// Bookmarks: their order, their place in the project, and what they bring back.
class TestBookmarks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        fixture_ = std::make_unique<SessionFixture>(8);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
    }

    void newOnesFollowTheCurrentOne() {
        Bookmarks marks;
        QSignalSpy edited(&marks, &Bookmarks::edited);
        (void)marks.add(at(1));
        (void)marks.add(at(2, "  second "));
        QCOMPARE(marks.all()[0].caption, QString("View 1"));
        QCOMPARE(marks.all()[1].caption, QString("second"));
        marks.setCurrent(0);
        (void)marks.add(at(3));
        QCOMPARE(marks.all()[1].frame, FrameIndex{3});
        QCOMPARE(*marks.current(), std::size_t{1});
        QCOMPARE(edited.size(), 3);
        marks.move(1, -5);
        QCOMPARE(marks.all()[0].frame, FrameIndex{3});
        QCOMPARE(*marks.current(), std::size_t{0});
        marks.rename(0, " ");
        QCOMPARE(marks.all()[0].caption, QString("View 3"));
        // The neighbour of a removed one is selected.
        marks.remove(0);
        QCOMPARE(*marks.current(), std::size_t{0});
        marks.setCurrent(1);
        QCOMPARE(*marks.neighbour(1), std::size_t{1});
        QCOMPARE(*marks.neighbour(-1), std::size_t{0});
        marks.remove(7);
        QCOMPARE(marks.all().size(), std::size_t{2});
        marks.remove(1);
        QCOMPARE(*marks.current(), std::size_t{0});
        marks.remove(0);
        QVERIFY(!marks.current());
        while (marks.all().size() < Bookmarks::kMost) QVERIFY(marks.add(at(1)));
        QVERIFY(!marks.add(at(2)));
        QCOMPARE(marks.all().size(), Bookmarks::kMost);
        marks.clear();
        QVERIFY(!marks.neighbour(1));
    }

    void theyAreReadBack() {
        Bookmarks written;
        (void)written.add(at(5, QString::fromUtf8("Wei\xC3\x9F \"quoted\"")));
        Bookmark zoomed = at(7);
        zoomed.views = "{\"views\": []}";
        zoomed.look = {false, 3.5, 800.0, 12.25, -4.0};
        (void)written.add(zoomed);
        Bookmarks read;
        read.fromJson(written.toJson());
        QVERIFY(read.all() == written.all());
        QVERIFY(!read.current());
        // What is damaged is left out, and what is nonsense is the whole picture.
        read.fromJson("[1, {\"frame\": -3}, {\"frame\": 2, \"scale\": -1, \"width\": 0}]");
        QCOMPARE(read.all().size(), std::size_t{1});
        QVERIFY(read.all()[0].look == CanvasLook{});
        read.fromJson("nonsense");
        QVERIFY(read.all().empty());
    }

    void theyAreInTheProject() {
        {
            const auto session = fixture_->openSession();
            QVERIFY(session->timeline().bookmarks.add(at(3, "kept")));
            QVERIFY(SessionFixture::settle(*session));
        }
        const auto session = fixture_->openSession();
        QTRY_COMPARE(session->timeline().bookmarks.all().size(), std::size_t{1});
        QCOMPARE(session->timeline().bookmarks.all()[0].caption, QString("kept"));
        // Another video has its own.
        session->close();
        QVERIFY(session->timeline().bookmarks.all().empty());
    }

    void viewsComeBackAsTheyWere() {
        const auto session = fixture_->openSession();
        session->view().layers().showOnly(kWarpErrorLayer);
        session->view().setFlowProvider(kZeroFlow);
        const std::string views = viewsToJson(session->views());
        session->view().layers().showOnly(kFlowLayer);
        session->view().setFlowProvider(kDisFlow);
        session->views().arrange(Arrangement::Grid);
        viewsFromJson(views, session->views());
        QCOMPARE(session->views().arrangement(), Arrangement::Single);
        QVERIFY(session->view().layers().visible(kWarpErrorLayer));
        QVERIFY(!session->view().layers().visible(kFlowLayer));
        QCOMPARE(session->view().flowProvider(), std::string(kZeroFlow));
    }

    void commandLinesNameWhatIsShown() {
        const auto session = fixture_->openSession();
        session->view().setFlowProvider(kDisFlow);
        session->view().layers().showOnly(kWarpErrorLayer);
        session->playhead().seek(2);
        QVERIFY(SessionFixture::settle(*session));
        const QString line = commandLineOf(*session);
        QVERIFY2(line.startsWith("mcjepa analyze "), qPrintable(line));
        QVERIFY2(line.contains("--maps warp-error --range 2:4 --method dis"), qPrintable(line));
        QVERIFY(!line.contains("curves"));
        session->timeline().curves.setShown(true);
        QVERIFY2(commandLineOf(*session).contains(" && mcjepa curves "),
                 qPrintable(commandLineOf(*session)));
        QVERIFY(commandLineOf(*session).contains(" -o clip-curves.csv --method dis --model "));
        session->timeline().marks.setIn(1);
        session->timeline().marks.setOut(4);
        QVERIFY(commandLineOf(*session).contains(" -o clip-curves.csv --range 1:5 --method dis"));
        session->timeline().curves.setShown(false);
        session->view().setGap(3);
        QVERIFY(commandLineOf(*session).contains("--range 2:6 --gap 3"));
        session->view().layers().showOnly(kFeaturesLayer);
        QVERIFY(commandLineOf(*session).contains("--maps feature-colors"));
        QVERIFY(commandLineOf(*session).contains("--level "));
        session->view().setDifference({{0, kConsistencyLayer}, {0, kWarpErrorLayer}});
        session->view().layers().showOnly(kDifferenceLayer);
        QVERIFY(commandLineOf(*session).contains("--maps consistency,warp-error "));
        session->view().layers().showOnly(kOcclusionLayer);
        QVERIFY(!commandLineOf(*session).contains("--occlusion"));
        session->view().setOcclusionRule({0.05F, 2.5F});
        QVERIFY(commandLineOf(*session).contains("--occlusion-alpha 0.05 --occlusion-beta 2.5"));
        session->view().layers().showOnly(kArrowsLayer);
        QVERIFY(!commandLineOf(*session).contains("--occlusion"));
        QVERIFY(commandLineOf(*session).contains("--maps flow "));
        QVERIFY(commandLineOf(*session).contains("--overlay-style arrows --spacing 32 "));
        session->view().layers().showOnly(kStreamlinesLayer);
        // Its flow goes from each frame to the next one.
        QVERIFY(!commandLineOf(*session).contains("--overlay"));
        session->view().setGap(1);
        QVERIFY(SessionFixture::settle(*session));
        const StreamlinesPtr lines = session->view().streamlines(kStreamlinesLayer);
        QVERIFY(lines);
        const auto frames = static_cast<int>(lines->places.size()) - 1;
        QVERIFY(commandLineOf(*session).contains(QStringLiteral("--range 2:%1").arg(3 + frames)));
        QVERIFY(commandLineOf(*session).contains("--overlay-style streamlines --spacing 32 "));
        QVERIFY(commandLineOf(*session).contains("--line-frames 8"));
        session->view().addPin({12.0F, 20.0F});
        QVERIFY(commandLineOf(*session).startsWith("mcjepa similarity "));
        QVERIFY(commandLineOf(*session).contains("--frame 2 --point 12,20"));
        session->close();
        QVERIFY(commandLineOf(*session).isEmpty());
    }

private:
    std::unique_ptr<SessionFixture> fixture_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestBookmarks)
#include "test_bookmarks.moc"
