#include <QTest>

#include <QFile>
#include <QTemporaryDir>

#include <cmath>

#include "inference/analysis/point_track.h"
#include "inference/analysis/streamlines.h"
#include "inference/analysis/trajectory.h"
#include "media/base/error.h"
#include "media/base/frame_time.h"
#include "tests/support/stand_in_engine.h"
#include "tests/support/test_video.h"

using namespace mcj;

namespace {

constexpr SizePx kSize{120, 80};
constexpr int kFrames = 8;

FlowField constantFlow(PointF motion, SizePx size = kSize) {
    FlowField flow(size);
    for (int y = 0; y < size.height; ++y) {
        for (int x = 0; x < size.width; ++x) flow.set(y, x, motion);
    }
    return flow;
}

}  // namespace

/// A point that is followed by flow, and by its best match.
class TestTrajectory : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void streamlinesFollowTheFlowOfEachFrame() {
        const SizePx size{60, 40};
        const Streamlines one = extended(streamGrid(size), constantFlow({3.0F, 1.0F}, size));
        const Streamlines two = extended(one, constantFlow({-1.0F, 2.0F}, size));
        QCOMPARE(two.places.size(), std::size_t(3));
        // Points at 4, 12, ... in both directions.
        QCOMPARE(two.places[0]->size(), (SizePx{7, 5}));
        QCOMPARE(two.places[0]->at(1, 2, 0), 20.0F);
        QCOMPARE(two.places[1]->at(1, 2, 0), 23.0F);
        QCOMPARE(two.places[2]->at(1, 2, 0), 22.0F);
        QCOMPARE(two.places[2]->at(1, 2, 1), 15.0F);
        // What is longer shares what it began with.
        QVERIFY(two.places[1] == one.places[1]);
    }

    void aStreamlineEndsAtTheEdgeAndWhereFlowIsUnknown() {
        const SizePx size{60, 40};
        FlowField flow = constantFlow({10.0F, 0.0F}, size);
        flow.set(12, 22, {FlowField::kUnknown, 0.0F});
        Streamlines lines = streamGrid(size);
        for (int i = 0; i < 3; ++i) lines = extended(lines, flow);
        // Columns at 52, 44, ...: the last one leaves at once, the one before after one frame.
        QVERIFY(std::isnan(lines.places[1]->at(0, 6, 0)));
        QCOMPARE(lines.places[1]->at(0, 5, 0), 54.0F);
        QVERIFY(std::isnan(lines.places[2]->at(0, 5, 0)));
        // (12, 12) comes to (22, 12), where nothing is known.
        QCOMPARE(lines.places[1]->at(1, 1, 0), 22.0F);
        QVERIFY(std::isnan(lines.places[2]->at(1, 1, 0)));
        QVERIFY(std::isnan(lines.places[3]->at(1, 1, 0)));
    }

    void streamlinesAreThinnedByTheZoom() {
        const SizePx size{160, 160};
        const Streamlines lines = extended(streamGrid(size), constantFlow({1.0F, 0.0F}, size));
        const BoxPx all{0, 0, 160, 160};
        StreamLook look;
        look.spacingPx = 16;
        const auto sparse = streamLines(lines, look);
        QCOMPARE(sparse.size(), std::size_t(100));
        QVERIFY(streamLines(lines, look, 2.0, all).size() > sparse.size());
        QVERIFY(streamLines(lines, look, 0.5, all).size() < sparse.size());
        // Never more than the grid has.
        QCOMPARE(streamLines(lines, look, 64.0, all).size(), std::size_t(400));
        for (const MotionLine& line : streamLines(lines, look, 1.0, {40, 0, 80, 80})) {
            QVERIFY(line.fading && !line.headed);
            QCOMPARE(line.points.size(), std::size_t(2));
            QVERIFY(line.points[0].x >= 40.0F && line.points[0].x < 80.0F);
            QVERIFY(line.points[0].y < 80.0F);
            QCOMPARE(line.points[1].x, line.points[0].x + 1.0F);
        }
        // Without a flow there is no line.
        QVERIFY(streamLines(streamGrid(size), look).empty());
    }

    void aTranslationIsFollowedBothWays() {
        Trajectory path(10, {50.0F, 40.0F});
        QVERIFY(path.at(10) == (PointF{50.0F, 40.0F}));
        const FlowField there = constantFlow({1.5F, -0.25F});
        const FlowField back = constantFlow({-1.5F, 0.25F});
        for (int i = 0; i < 4; ++i) path.extend(TimeDirection::Forward, there, back);
        for (int i = 0; i < 3; ++i) path.extend(TimeDirection::Backward, back, there);
        QCOMPARE(path.points().size(), std::size_t{8});
        QCOMPARE(path.last(TimeDirection::Forward), FrameIndex{14});
        QCOMPARE(path.last(TimeDirection::Backward), FrameIndex{7});
        QVERIFY(distancePx(*path.at(14), {56.0F, 39.0F}) < 1e-4F);
        QVERIFY(distancePx(*path.at(7), {45.5F, 40.75F}) < 1e-4F);
        QVERIFY(!path.at(15) && !path.at(6));
        QVERIFY(path.end(TimeDirection::Forward) == TrajectoryEnd::Open);
    }

    void flowBetweenPixelsIsBilinear() {
        FlowField there(kSize);
        there.set(20, 10, {1.0F, 0.0F});
        there.set(20, 11, {3.0F, 0.0F});
        Trajectory path(0, {10.25F, 20.0F});
        // The way back is what the rule accepts for this motion.
        path.extend(TimeDirection::Forward, there, constantFlow({-1.5F, 0.0F}));
        QVERIFY(path.at(1) == (PointF{11.75F, 20.0F}));
    }

    void itEndsWhereThePointLeavesThePicture() {
        Trajectory path(0, {117.0F, 40.0F});
        const FlowField there = constantFlow({1.5F, 0.0F});
        const FlowField back = constantFlow({-1.5F, 0.0F});
        path.extend(TimeDirection::Forward, there, back);
        path.extend(TimeDirection::Forward, there, back);
        QCOMPARE(path.last(TimeDirection::Forward), FrameIndex{1});
        QVERIFY(path.end(TimeDirection::Forward) == TrajectoryEnd::LeftPicture);
        // It does not resume, and the other direction is its own.
        path.extend(TimeDirection::Forward, constantFlow({0.0F, 0.0F}), constantFlow({0.0F, 0.0F}));
        QCOMPARE(path.last(TimeDirection::Forward), FrameIndex{1});
        path.extend(TimeDirection::Backward, back, there);
        QVERIFY(path.at(-1) == (PointF{115.5F, 40.0F}));
    }

    void itEndsWhereThePointIsHidden() {
        // The background moves by 1 px, and a disc of radius 12 comes over it by 4 px a frame.
        const test::MovingScene scene(kSize, {1.0F, 0.0F}, {{{30.0F, 40.0F}, {4.0F, 0.0F}, 12.0F}});
        Trajectory path(0, {60.0F, 40.0F});
        for (int t = 0; t < kFrames; ++t) {
            path.extend(TimeDirection::Forward, scene.flow(t), scene.backwardFlow(t));
        }
        QVERIFY(path.end(TimeDirection::Forward) == TrajectoryEnd::Occluded);
        // The disc's edge is at 42 + 4 t, the point at 60 + t: it is hidden in frame 6 or 7, as
        // flow is interpolated across the edge.
        const FrameIndex last = path.last(TimeDirection::Forward);
        QVERIFY2(last == 5 || last == 6, qPrintable(QString::number(last)));
        for (const auto& [frame, place] : path.points()) {
            QVERIFY(distancePx(place, {60.0F + static_cast<float>(frame), 40.0F}) < 0.5F);
        }
    }

    void itEndsWhereFlowIsUnknown() {
        FlowField there = constantFlow({1.0F, 0.0F});
        there.set(40, 50, {FlowField::kUnknown, 0.0F});
        Trajectory path(0, {50.0F, 40.0F});
        path.extend(TimeDirection::Forward, there, constantFlow({-1.0F, 0.0F}));
        QCOMPARE(path.points().size(), std::size_t{1});
        QVERIFY(path.end(TimeDirection::Forward) == TrajectoryEnd::UnknownFlow);
        QCOMPARE(QString(trajectoryEndText(TrajectoryEnd::UnknownFlow)), QString("unknown flow"));
    }

    void aClipIsFollowedAndWritten() {
        if (!test::haveFfmpeg()) QSKIP("ffmpeg is not installed");
        const QTemporaryDir folder;
        const QString video = folder.filePath("scene.mkv");
        const test::MovingScene scene(kSize, {2.0F, 1.0F}, {});
        const QString failed = test::writeLossless(scene, kFrames, video);
        QVERIFY2(failed.isEmpty(), qPrintable(failed));
        const auto source = openSource(video.toStdString());
        scanToEnd(*source, {});
        test::StandInEngine engine;  // its best match is always the point of the query
        TrackRequest request;
        request.query = {3, {60.0F, 40.0F}};
        request.method = kDisFlow;
        request.range = {0, kFrames, 1};
        const TrackReport report = trackPoint(*source, request, engine, {});
        QCOMPARE(report.rows.size(), std::size_t{kFrames});
        QVERIFY(report.forward == TrajectoryEnd::Open);
        QVERIFY(report.backward == TrajectoryEnd::Open);
        QVERIFY(!report.damaged);
        for (const TrackRow& row : report.rows) {
            const auto steps = static_cast<float>(row.frame - 3);
            QVERIFY(row.track.has_value());
            QVERIFY(distancePx(*row.track, {60.0F + 2.0F * steps, 40.0F + steps}) < 1.0F);
            QVERIFY(row.match.where == request.query.where);
            QCOMPARE(*row.distancePx, distancePx(*row.track, row.match.where));
            QVERIFY(row.secs == frameTimeSecs(source->info(), row.frame));
            QCOMPARE(row.secs > 0.0, row.frame > 0);
        }
        // Frames that the range leaves out are followed all the same.
        request.range = {1, kFrames, 3};
        const TrackReport some = trackPoint(*source, request, engine, {});
        QCOMPARE(some.rows.size(), std::size_t{3});
        for (const TrackRow& row : some.rows) {
            QVERIFY(row.track == report.rows[static_cast<std::size_t>(row.frame)].track);
        }
        const QString file = folder.filePath("track.csv");
        writeTrackCsv(file.toStdString(), some);
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QList<QByteArray> lines = written.readAll().trimmed().split('\n');
        QCOMPARE(lines.size(), 4);
        QCOMPARE(lines[0],
                 QByteArray("frame,secs,track_x,track_y,match_x,match_y,cosine,distance_px"));
        for (int i = 0; i < 3; ++i) {
            const QList<QByteArray> fields = lines[i + 1].split(',');
            QCOMPARE(fields.size(), 8);
            QCOMPARE(fields[0].toLongLong(), qlonglong(1 + 3 * i));
            QCOMPARE(fields[4].toDouble(), 60.0);
        }
    }

    void aTrackThatHasEndedLeavesFieldsEmpty() {
        TrackReport report;
        report.rows.push_back({4, 0.5, {}, {{10.0F, 20.0F}, 0.25F}, {}});
        const QTemporaryDir folder;
        const QString file = folder.filePath("track.csv");
        writeTrackCsv(file.toStdString(), report);
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        QVERIFY(written.readAll().endsWith("\n4,0.5,,,10,20,0.25,\n"));
    }

    void numbersReadBackExactly() {
        TrackReport report;
        const double secs = 36'000.0 + 1.0 / 30.0;
        const PointF place{1234.5678F, 1.0F / 3.0F};
        report.rows.push_back({1, secs, place, {{3839.0625F, 20.0F}, 0.9999999F}, 0.1F});
        const QTemporaryDir folder;
        const QString file = folder.filePath("track.csv");
        writeTrackCsv(file.toStdString(), report);
        QFile written(file);
        QVERIFY(written.open(QIODevice::ReadOnly));
        const QList<QByteArray> fields = written.readAll().trimmed().split('\n')[1].split(',');
        QCOMPARE(fields.size(), 8);
        QVERIFY(fields[1].toDouble() == secs);
        QVERIFY(fields[2].toFloat() == place.x && fields[3].toFloat() == place.y);
        QVERIFY(fields[4].toFloat() == 3839.0625F);
        QVERIFY(fields[6].toFloat() == 0.9999999F && fields[7].toFloat() == 0.1F);
    }
};

QTEST_GUILESS_MAIN(TestTrajectory)
#include "test_trajectory.moc"
