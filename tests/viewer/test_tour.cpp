#include <QDir>
#include <QFile>
#include <QSignalSpy>
#include <algorithm>
#include <cmath>

#include "media/figure/figure_file.h"
#include "media/io/frame_source.h"
#include "tests/viewer/session_fixture.h"
#include "viewer/session/tour_export.h"
#include "viewer/session/tour_slide.h"
#include "viewer/session/view_settings.h"

namespace {

using namespace mcj;
using namespace mcj::test;

constexpr SizePx kSize{320, 240};

double difference(const Raster<std::uint8_t>& a, const Raster<std::uint8_t>& b) {
    double sum = 0.0;
    for (std::size_t i = 0; i < a.values().size(); ++i) {
        sum += std::abs(int(a.values()[i]) - int(b.values()[i]));
    }
    return sum / static_cast<double>(a.values().size());
}

/// Bookmarks rendered as a video.
class TestTour : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
    }

    void init() {
        fixture_ = std::make_unique<SessionFixture>(10);
        QVERIFY2(fixture_->error().isEmpty(), qPrintable(fixture_->error()));
        session_ = fixture_->openSession();
        QVERIFY(session_->isOpen());
    }

    void cleanup() {
        session_.reset();
        fixture_.reset();
    }

    void aSlideShowsThePartOfItsLook() {
        session_->view().layers().showOnly(kImageLayer);
        QVERIFY(SessionFixture::settle(*session_));
        const Raster<std::uint8_t> picture = smallScene().picture(0);
        // The picture fills the width; the legend is below.
        const FigureSheet whole = layOutSlide(slideOf(*session_, {}, {}), kSize);
        QCOMPARE(whole.size, kSize);
        QVERIFY(whole.pictures.front().rgb == picture);
        const BoxPx box = whole.pictures.front().box;
        QVERIFY(std::abs(box.size().width * 64 - box.size().height * 96) < 200);
        QVERIFY(box.y1 <= kSize.height);
        // Twice as large around the middle of the disc.
        CanvasLook look;
        look.fitted = false;
        look.width = 960.0;
        look.scale = 20.0;  // 48 of the 96 pixels of the picture
        look.centreX = 30.0;
        look.centreY = 32.0;
        const FigureSheet part = layOutSlide(slideOf(*session_, look, "A caption"), kSize);
        const SheetPicture& shown = part.pictures.front();
        QCOMPARE(shown.rgb.size(), shown.box.size());
        QCOMPARE(shown.box.x0, 0);
        QCOMPARE(shown.box.x1, kSize.width);
        const PointPx middle{shown.rgb.width() / 2, shown.rgb.height() / 2};
        for (int c = 0; c < 3; ++c) {
            QVERIFY(std::abs(int(shown.rgb.at(middle.y, middle.x, c)) -
                             int(picture.at(32, 30, c))) < 20);
        }
        const auto caption =
            std::find_if(part.texts.begin(), part.texts.end(),
                         [](const SheetText& text) { return text.text == "A caption"; });
        QVERIFY(caption != part.texts.end());
        QVERIFY(caption->baselineY < kSize.height && caption->baselineY > shown.box.y1);
    }

    void viewsAreInTheirPlaces() {
        ViewSet& views = session_->views();
        views.arrange(Arrangement::SideBySide);
        views.at(0).layers().showOnly(kImageLayer);
        views.at(1).layers().showOnly(kFlowLayer);
        QVERIFY(SessionFixture::settle(*session_));
        const TourSlide both = slideOf(*session_, {}, {});
        QCOMPARE(both.pictures.size(), std::size_t{2});
        const FigureSheet sheet = layOutSlide(both, kSize);
        QVERIFY(sheet.pictures.front().rgb == smallScene().picture(0));
        QVERIFY(sheet.pictures.front().box.x1 <= kSize.width / 2);
        QVERIFY(std::any_of(
            sheet.pictures.begin(), sheet.pictures.end(), [](const SheetPicture& picture) {
                return picture.rgb.width() == 96 && picture.box.x0 >= kSize.width / 2;
            }));
        // A wipe has one picture, of the first view on the left and the second on the right.
        views.arrange(Arrangement::Wipe);
        views.setWipe(0.5);
        const FigureSheet wipe = layOutSlide(slideOf(*session_, {}, {}), kSize);
        const Raster<std::uint8_t>& joined = wipe.pictures.front().rgb;
        const FigureSheet second = layOutSlide(
            {.pictures = {both.pictures[1]}, .arrangement = Arrangement::Single}, kSize);
        QCOMPARE(joined.at(10, 10, 0), smallScene().picture(0).at(10, 10, 0));
        QCOMPARE(joined.at(10, 90, 0), second.pictures.front().rgb.at(10, 90, 0));
        // The difference of a view from itself is black.
        views.arrange(Arrangement::Difference);
        views.at(1).layers().showOnly(kImageLayer);
        QVERIFY(SessionFixture::settle(*session_));
        const FigureSheet none = layOutSlide(slideOf(*session_, {}, {}), kSize);
        QVERIFY(none.pictures.front().rgb == Raster<std::uint8_t>({96, 64}, 3));
    }

    void everyBookmarkIsInTheVideoAndTheScreenIsRestored_data() {
        QTest::addColumn<QString>("name");
        QTest::addColumn<int>("frames");
        QTest::addColumn<double>("most");
        QTest::newRow("mp4") << "tour.mp4" << 15 << 10.0;
        // Dithering changes single pixels by up to a step of the palette.
        QTest::newRow("gif") << "tour.GIF" << 3 << 30.0;
    }
    void everyBookmarkIsInTheVideoAndTheScreenIsRestored() {
        QFETCH(const QString, name);
        QFETCH(const int, frames);
        QFETCH(const double, most);
        const std::vector<Raster<std::uint8_t>> slides = addThreeBookmarks();
        session_->view().layers().showOnly(kConsistencyLayer);
        session_->playhead().seek(5);
        QVERIFY(SessionFixture::settle(*session_));
        const std::string before = viewsToJson(session_->views());
        TourExport tour(*session_);
        QSignalSpy progressed(&tour, &TourExport::progressed);
        QSignalSpy ended(&tour, &TourExport::ended);
        tour.start({.file = fixture_->path(name).toStdString(), .size = kSize, .secsEach = 0.5});
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 60'000);
        QCOMPARE(tour.state(), TourExport::State::Finished);
        QCOMPARE(progressed.size(), 3);
        QCOMPARE(viewsToJson(session_->views()), before);
        QCOMPARE(session_->playhead().current(), FrameIndex{5});
        const auto source = openSource(fixture_->path(name).toStdString());
        scanToEnd(*source, nullptr);
        QCOMPARE(*source->info().frames, FrameIndex(frames));
        QCOMPARE(source->info().size, kSize);
        for (std::size_t i = 0; i < slides.size(); ++i) {
            const auto index = static_cast<FrameIndex>(i) * frames / 3;
            const FramePtr shown = source->read(index);
            QVERIFY(shown);
            std::vector<double> all;
            for (const auto& slide : slides) all.push_back(difference(shown->rgb, slide));
            QCOMPARE(std::min_element(all.begin(), all.end()) - all.begin(), std::ptrdiff_t(i));
            QVERIFY2(all[i] < most, qPrintable(QString::number(all[i])));
        }
    }

    void aStoppedTourLeavesNothing() {
        (void)addThreeBookmarks();
        const std::string before = viewsToJson(session_->views());
        const FrameIndex frame = session_->playhead().current();
        const auto files = [this] {
            return QDir(fixture_->path(".")).entryList({"*tour*"}, QDir::Files | QDir::Hidden);
        };
        TourExport tour(*session_);
        QSignalSpy progressed(&tour, &TourExport::progressed);
        QSignalSpy ended(&tour, &TourExport::ended);
        tour.start({.file = fixture_->path("tour.mp4").toStdString(), .size = kSize});
        QCOMPARE(files().size(), 1);
        QTRY_VERIFY_WITH_TIMEOUT(!progressed.empty(), 60'000);
        tour.stop();
        QTRY_COMPARE_WITH_TIMEOUT(ended.size(), 1, 60'000);
        QCOMPARE(tour.state(), TourExport::State::Stopped);
        QCOMPARE(files().size(), 0);
        QCOMPARE(viewsToJson(session_->views()), before);
        QCOMPARE(session_->playhead().current(), frame);
    }

    void whatIsKeptOnLeavingIsNotTheTours() {
        (void)addThreeBookmarks();
        session_->view().layers().showOnly(kConsistencyLayer);
        session_->playhead().seek(6);
        QVERIFY(SessionFixture::settle(*session_));
        TourExport tour(*session_);
        tour.start({.file = fixture_->path("tour.mp4").toStdString(), .size = kSize});
        session_->close();
        QVERIFY(
            tour.state() != TourExport::State::Running ||
            QTest::qWaitFor([&] { return tour.state() != TourExport::State::Running; }, 60'000));
        QVERIFY(!QFile::exists(fixture_->path("tour.mp4")));
        session_->open(fixture_->video());
        QVERIFY(SessionFixture::settle(*session_));
        QCOMPARE(session_->playhead().current(), FrameIndex{6});
        QVERIFY(session_->view().layers().visible(kConsistencyLayer));
        QCOMPARE(session_->timeline().bookmarks.all().size(), std::size_t{3});
    }

    void whatCannotBeRenderedIsRefused() {
        TourExport tour(*session_);
        const TourOptions options{.file = fixture_->path("tour.mp4").toStdString(), .size = kSize};
        QVERIFY_EXCEPTION_THROWN(tour.start(options), Error);
        (void)addThreeBookmarks();
        TourOptions wrong = options;
        wrong.file = fixture_->path("tour.avi").toStdString();
        QVERIFY_EXCEPTION_THROWN(tour.start(wrong), Error);
        wrong = options;
        wrong.size = {10, 10};
        QVERIFY_EXCEPTION_THROWN(tour.start(wrong), Error);
        wrong = options;
        wrong.secsEach = 0.0;
        QVERIFY_EXCEPTION_THROWN(tour.start(wrong), Error);
        QCOMPARE(tour.state(), TourExport::State::Idle);
    }

private:
    /// Of frames 0, 4 and 8 with layers of their own; returns the slides.
    std::vector<Raster<std::uint8_t>> addThreeBookmarks() {
        std::vector<Raster<std::uint8_t>> slides;
        const char* layers[] = {kImageLayer, kFlowLayer, kWarpErrorLayer};
        for (int i = 0; i < 3; ++i) {
            session_->view().layers().showOnly(layers[i]);
            session_->playhead().seek(4 * i);
            (void)SessionFixture::settle(*session_);
            const QString caption = QString("Caption %1").arg(i);
            (void)session_->timeline().bookmarks.add({.caption = caption,
                                                      .frame = 4 * i,
                                                      .views = viewsToJson(session_->views()),
                                                      .look = {}});
            slides.push_back(
                drawSheet(layOutSlide(slideOf(*session_, {}, caption.toStdString()), kSize)));
        }
        return slides;
    }

    std::unique_ptr<SessionFixture> fixture_;
    std::unique_ptr<Session> session_;
};

}  // namespace

QTEST_GUILESS_MAIN(TestTour)
#include "test_tour.moc"
