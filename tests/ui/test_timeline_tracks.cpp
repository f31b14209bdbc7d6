#include <QImage>
#include <QPainter>
#include <QSignalSpy>
#include <QtTest>
#include <cmath>
#include <cstdlib>

#include "tests/viewer/session_fixture.h"
#include "ui/review_row.h"
#include "ui/theme.h"
#include "ui/timeline_tracks.h"

namespace {

using namespace mcj;
using namespace mcj::test;

/// The mean difference of two pictures of one size in any channel, 0..255.
double difference(const QImage& a, const QImage& b) {
    double sum = 0.0;
    for (int y = 0; y < a.height(); ++y) {
        for (int x = 0; x < a.width(); ++x) {
            const QColor left = a.pixelColor(x, y);
            const QColor right = b.pixelColor(x, y);
            sum += std::abs(left.red() - right.red()) + std::abs(left.green() - right.green()) +
                   std::abs(left.blue() - right.blue());
        }
    }
    return sum / (3.0 * a.width() * a.height());
}

/// The frame, as small as `like`.
QImage reduced(const Frame& frame, const QImage& like) {
    const auto& rgb = frame.rgb;
    return QImage(rgb.data(), rgb.width(), rgb.height(), qsizetype{3} * rgb.width(),
                  QImage::Format_RGB888)
        .scaled(like.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
}

class TestTimelineTracks : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void placesOfFramesAndBack() {
        const TimelineScale scale{84.0, 500.0, 250};
        QCOMPARE(scale.cell(), 2.0);
        for (FrameIndex frame = 0; frame < scale.frames; ++frame) {
            QCOMPARE(scale.frameAt(scale.xOf(frame)), frame);
        }
        QCOMPARE(scale.frameAt(-10.0), FrameIndex(0));
        QCOMPARE(scale.frameAt(9999.0), FrameIndex(249));
    }

    // On a long clip tens of frames share a pixel: the worst must be the one that is seen.
    void theWorstFrameOfAPixelIsKept() {
        const TimelineScale scale{0.0, 100.0, 5000};
        std::map<FrameIndex, double> values;
        for (FrameIndex frame = 0; frame < scale.frames; ++frame) values[frame] = 0.9;
        values[2537] = 0.1;
        const auto lowest = lowestPerColumn(values, scale);
        QCOMPARE(lowest.size(), std::size_t{100});
        for (const auto& [column, value] : lowest) {
            QCOMPARE(value, column == scale.columnOf(2537) ? 0.1 : 0.9);
        }
    }

    void theCachedRowShowsWhatIsInMemory() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(12);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        session->view().layers().setVisible(kFlowLayer, true);
        session->playhead().seek(4);
        QVERIFY(SessionFixture::settle(*session));
        const CachedRow row(*session);
        QVERIFY2(row.tip(4).contains("flow"), qPrintable(row.tip(4)));
        // Frame 5 was read for the flow of frame 4, and has none of its own.
        QVERIFY(!row.tip(5).isEmpty() && !row.tip(5).contains("flow"));
        QVERIFY(row.tip(9).isEmpty());
        QImage image(12, 6, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        row.paint(painter, QRectF(0, 0, 12, 6), {0.0, 12.0, 12});
        painter.end();
        QCOMPARE(image.pixelColor(4, 4), QColor(Theme::kAccent));
        QVERIFY(image.pixelColor(5, 1) != QColor(Qt::black));
        QCOMPARE(image.pixelColor(9, 1), QColor(Qt::black));
        QCOMPARE(image.pixelColor(9, 4), QColor(Qt::black));
    }

    void theStatusRowShowsDoubtfulFramesFirst() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(12);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        const StatusRow row(*session);
        StatusNotes& statuses = session->projectTools().statusNotes;
        statuses.setStatus(StatusSubject::ofObject(1), WorkStatus::Done);
        QVERIFY(!row.wanted());
        for (const FrameIndex frame : {0, 1, 2, 6, 7, 8}) {
            statuses.setStatus(StatusSubject::ofFrame(frame), WorkStatus::Done);
        }
        statuses.setStatus(StatusSubject::ofFrame(7), WorkStatus::Doubtful);
        statuses.setNote(StatusSubject::ofFrame(4), "look");
        QVERIFY(row.wanted());
        QCOMPARE(row.tip(4), QString("Status: open: look"));
        QVERIFY(row.tip(5).isEmpty());
        QImage image(4, 8, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        row.paint(painter, QRectF(0, 0, 4, 8), {0.0, 4.0, 12});
        painter.end();
        QCOMPARE(image.pixelColor(0, 6), QColor(Theme::kGood));
        QCOMPARE(image.pixelColor(0, 4), QColor(Qt::black));
        QCOMPARE(image.pixelColor(2, 4), QColor(Theme::kWarning));
        QCOMPARE(image.pixelColor(1, 0), QColor(Theme::kText));
        QCOMPARE(image.pixelColor(1, 6), QColor(Qt::black));
        QCOMPARE(image.pixelColor(3, 6), QColor(Qt::black));
    }

    void theAgreementRowShowsTheLeastIou() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(12);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        const AgreementRow row(*session);
        QVERIFY(!row.wanted());
        const Mask mask(smallScene().mask(0));
        for (const FrameIndex frame : {0, 1, 4}) session->masks().importMask(frame, Mask(mask));
        session->saveAs(fixture.path("other.mcjepa"));
        QVERIFY(SessionFixture::settle(*session));
        session->saveAs(fixture.path("mine.mcjepa"));
        session->masks().clearFrame(4);
        session->projectTools().agreement.compareWith(fixture.path("other.mcjepa"));
        QTRY_VERIFY(row.wanted());
        QVERIFY2(row.tip(4).contains("0.000"), qPrintable(row.tip(4)));
        QVERIFY2(row.tip(1).contains("1.000"), qPrintable(row.tip(1)));
        QVERIFY(row.tip(9).isEmpty());
        // Three frames share a column: the pointer means the one that differs most.
        QCOMPARE(row.frameFor({0.0, 4.0, 12}, 1.5), FrameIndex(4));
        QVERIFY2(row.tip(4).contains("object 1: 0.000"), qPrintable(row.tip(4)));
        QImage image(4, 20, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        row.paint(painter, QRectF(0, 0, 4, 20), {0.0, 4.0, 12});
        painter.end();
        QCOMPARE(image.pixelColor(0, 1), QColor(Theme::kGood));
        QCOMPARE(image.pixelColor(1, 10), QColor(Theme::kFailure));
        QCOMPARE(image.pixelColor(1, 1), QColor(Qt::black));
        QCOMPARE(image.pixelColor(3, 10), QColor(Qt::black));
        // Below, the active object.
        const auto& rgba = session->masks().palette()[1];
        QCOMPARE(image.pixelColor(0, 14), QColor(rgba[0], rgba[1], rgba[2]));
        QCOMPARE(image.pixelColor(1, 14), QColor(Qt::black));
        QCOMPARE(image.pixelColor(3, 18), QColor(Qt::black));
    }

    // Of a longer clip as many as there is room for in their budget, and none by way of the cache.
    void thumbnailsShowFramesSpreadOverTheClip() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(80);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        Thumbnails& thumbnails = session->timeline().thumbnails;
        QVERIFY(!ThumbnailRow(*session).wanted());
        QCOMPARE(thumbnails.count(), std::size_t{0});
        const std::vector<FrameIndex> cached = session->frames().cachedFrames();
        QSignalSpy arrived(&thumbnails, &Thumbnails::arrived);
        thumbnails.setReading(ThumbnailReading::On);
        QVERIFY(ThumbnailRow(*session).wanted());
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(thumbnails.count(), std::size_t{64});
        QVERIFY(!thumbnails.next());
        QVERIFY(!arrived.isEmpty());
        QVERIFY(session->frames().cachedFrames() == cached);
        // One for every frame or the one after it.
        for (FrameIndex frame = 0; frame < 79; ++frame) {
            const QImage* picture = thumbnails.nearest(frame, 1);
            QVERIFY(picture != nullptr);
            QCOMPARE(picture->size(), QSize(81, 54));
        }
        QVERIFY(thumbnails.nearest(200, 1) == nullptr);
        // They are near the frames that they stand for.
        const QImage early = *thumbnails.nearest(0, 0);
        const QImage late = *thumbnails.nearest(40, 0);
        const QImage first = reduced(*session->playhead().shown(), early);
        session->playhead().seek(40);
        QVERIFY(SessionFixture::settle(*session));
        const QImage middle = reduced(*session->playhead().shown(), late);
        QVERIFY(difference(early, first) < difference(late, first));
        QVERIFY(difference(late, middle) < difference(early, middle));
        session->close();
        QCOMPARE(thumbnails.count(), std::size_t{0});
        QVERIFY(thumbnails.nearest(0, 80) == nullptr);
    }

    void thumbnailsWaitWhileTheClipPlays() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(24);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        session->playhead().play();
        session->timeline().thumbnails.setReading(ThumbnailReading::On);
        QTest::qWait(300);
        QVERIFY(session->playhead().playing());
        QCOMPARE(session->timeline().thumbnails.count(), std::size_t{0});
        session->playhead().pause();
        QVERIFY(SessionFixture::settle(*session));
        QCOMPARE(session->timeline().thumbnails.count(), std::size_t{24});
    }

    void thumbnailsOfPictureFoldersAreTheirPictures() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(6);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        QCOMPARE(runFfmpeg({"-i", fixture.video(), fixture.path("picture%03d.png")}), QString());
        SessionOptions options = fixture.options();
        options.thumbnails = ThumbnailReading::On;
        Session session(options);
        session.open(fixture.path("picture*.png"));
        QVERIFY(SessionFixture::settle(session));
        QCOMPARE(session.timeline().thumbnails.count(), std::size_t{6});
        const QImage* first = session.timeline().thumbnails.nearest(0, 0);
        QVERIFY(first != nullptr);
        QVERIFY(difference(*first, reduced(*session.playhead().shown(), *first)) < 1.0);
    }

    void theRowOfThumbnailsIsFilled() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(24);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        session->timeline().thumbnails.setReading(ThumbnailReading::On);
        QVERIFY(SessionFixture::settle(*session));
        // Room for four pictures of 48 x 32.
        QImage image(192, 32, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        ThumbnailRow(*session).paint(painter, QRectF(0, 0, 192, 32), {0.0, 192.0, 24});
        painter.end();
        for (int place = 0; place < 4; ++place) {
            const QImage drawn = image.copy(place * 48, 0, 48, 32);
            const FrameIndex middle = 3 + 6 * place;
            const QImage* read = session->timeline().thumbnails.nearest(middle, 0);
            QVERIFY(read != nullptr);
            const QImage wanted =
                read->scaled(drawn.size(), Qt::IgnoreAspectRatio, Qt::SmoothTransformation);
            QImage dark = drawn;
            dark.fill(Qt::black);
            QVERIFY(difference(drawn, wanted) < difference(dark, wanted) / 4.0);
        }
    }

    void theThresholdOfDoubtIsDragged() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(12);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        ReviewRow row(*session);
        QVERIFY(!row.wanted());
        session->timeline().reviews.setShown(true);
        QVERIFY(row.wanted());
        session->timeline().reviews.setThreshold(0.5);
        const QRectF place(10.0, 100.0, 240.0, row.height());
        const double middle = place.center().y();
        QVERIFY(row.grabs(place, middle + 2.0));
        QVERIFY(!row.grabs(place, place.top()));
        row.dragTo(place, place.bottom() - 1.0 - 0.75 * (place.height() - 2.0));
        QCOMPARE(session->timeline().reviews.threshold(), 0.75);
        QVERIFY(!row.grabs(place, middle));
        row.dragTo(place, -500.0);  // above the row
        QCOMPARE(session->timeline().reviews.threshold(), 1.0);
        // Masks that do not move with the disc are doubtful, and their tip says why.
        const SizePx size = session->playhead().shown()->rgb.size();
        session->masks().beginPropagation("propagation");
        for (FrameIndex frame = 0; frame < 12; ++frame) {
            Mask mask(size);
            const int left = frame < 6 ? 10 : 60;
            for (int y = 20; y < 40; ++y) {
                for (int x = left; x < left + 20; ++x) mask.labels.at(y, x) = 1;
            }
            session->masks().putPropagated(frame,
                                           makeEntry(mask, {.origin = MaskOrigin::Propagated}),
                                           PropagationMethod::DisFlow);
        }
        session->masks().endPropagation();
        session->timeline().reviews.setThreshold(0.2);
        QVERIFY(SessionFixture::settle(*session));
        QVERIFY2(row.tip(6).contains("carried"), qPrintable(row.tip(6)));
        QVERIFY(!row.tip(4).contains("carried"));
        QImage image(240, 34, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        row.paint(painter, QRectF(0, 0, 240, 34), {0.0, 240.0, 12});
        painter.end();
        const double score = session->timeline().reviews.reviews().at(6).score();
        QCOMPARE(image.pixelColor(130, static_cast<int>(33.0 - score * 32.0)),
                 QColor(Theme::kFailure));
        // Twelve frames share six columns: the column of the doubtful frame means it.
        QCOMPARE(row.frameFor({0.0, 6.0, 12}, 3.5), FrameIndex(6));
    }

    void theMaskRowDrawsTheWorstFrame() {
        if (!haveFfmpeg()) QSKIP("ffmpeg is not installed");
        SessionFixture fixture(12);
        QVERIFY2(fixture.error().isEmpty(), qPrintable(fixture.error()));
        const auto session = fixture.openSession();
        const SizePx size = session->playhead().shown()->rgb.size();
        session->masks().beginPropagation("propagation");
        for (FrameIndex frame = 1; frame < 12; ++frame) {
            MaskEntry entry;
            entry.packed = PackedMask::pack(Mask(Raster<std::uint8_t>(size, 1, std::uint8_t{1})));
            entry.facts.origin = MaskOrigin::Propagated;
            entry.facts.confidence = frame == 7 ? 0.2F : 0.9F;
            session->masks().putPropagated(frame, entry, PropagationMethod::DisFlow);
        }
        session->masks().endPropagation();
        const MaskTrackRow row(*session);
        QVERIFY(row.tip(7).contains("0.20"));
        // Four pixels for twelve frames: the third one stands for frames 6 to 8.
        QImage image(4, 12, QImage::Format_RGB32);
        image.fill(Qt::black);
        QPainter painter(&image);
        row.paint(painter, QRectF(0, 0, 4, 12), {0.0, 4.0, 12});
        painter.end();
        QCOMPARE(image.pixelColor(2, 6), QColor(Theme::kFailure));
        QCOMPARE(image.pixelColor(1, 6), QColor(Theme::kGood));
    }
};

}  // namespace

QTEST_MAIN(TestTimelineTracks)
#include "test_timeline_tracks.moc"
