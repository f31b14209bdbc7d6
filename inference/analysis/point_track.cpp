#include "inference/analysis/point_track.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "inference/analysis/csv_number.h"
#include "media/base/error.h"
#include "media/base/frame_time.h"
#include "media/base/size_text.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

FramePtr queryFrameOf(FrameSource& source, const SimilarityQuery& query, const StopToken& stop) {
    FramePtr frame = source.read(query.frame, stop);
    if (!frame) {
        throw Error(ErrorCode::Usage, "there is no frame " + std::to_string(query.frame),
                    "Frames are counted from 0.");
    }
    const auto right = static_cast<float>(frame->size().width - 1);
    const auto bottom = static_cast<float>(frame->size().height - 1);
    if (!(query.where.x >= 0.0F && query.where.y >= 0.0F && query.where.x <= right &&
          query.where.y <= bottom)) {
        throw Error(ErrorCode::Usage,
                    "the point is outside the frame of " + sizeText(frame->size()) + " pixels",
                    "Points are X,Y in pixels; 0,0 is the centre of the top left pixel.");
    }
    return frame;
}

/// One run of `trackPoint`: the frames of one direction after those of the other, two at a time.
class TrackRun {
public:
    TrackRun(FrameSource& source, const TrackRequest& request, InferenceEngine& engine,
             const Progress& progress, const StopToken& stop)
        : source_(source), request_(request), engine_(engine), progress_(progress), stop_(stop),
          query_(queryFrameOf(source, request.query, stop)),
          trajectory_(request.query.frame, request.query.where) {
        const FrameIndex first = request.range.at(0);
        const FrameIndex last = request.range.at(request.range.count() - 1);
        total_ = std::max(last, query_->index) - std::min(first, query_->index) + 1;
    }

    TrackReport run() {
        queryFeatures_ = engine_.featureMap(query_, request_.level, stop_);
        compare(query_);
        const FrameIndex first = request_.range.at(0);
        const FrameIndex last = request_.range.at(request_.range.count() - 1);
        walk(TimeDirection::Forward, last);
        walk(TimeDirection::Backward, first);
        report_.forward = trajectory_.end(TimeDirection::Forward);
        report_.backward = trajectory_.end(TimeDirection::Backward);
        for (auto& [frame, row] : rows_) {
            row.track = trajectory_.at(frame);
            if (row.track) row.distancePx = distancePx(*row.track, row.match.where);
            report_.rows.push_back(std::move(row));
        }
        if (progress_) progress_(total_, total_);
        return std::move(report_);
    }

private:
    /// From the query's frame to `last`; does nothing if that is in the other direction.
    void walk(TimeDirection direction, FrameIndex last) {
        const FrameIndex by = direction == TimeDirection::Forward ? 1 : -1;
        FramePtr before = query_;
        while (by > 0 ? before->index < last : before->index > last) {
            if (progress_ && !progress_(done_++, total_)) {
                throw Error(ErrorCode::Interrupted, "stopped while following the point");
            }
            FramePtr next = readOrNote(before->index + by);
            if (!next) return;
            if (trajectory_.end(direction) == TrajectoryEnd::Open) {
                const FlowField there =
                    estimateFlow(request_.method, before, next, &engine_, stop_);
                const FlowField back = estimateFlow(request_.method, next, before, &engine_, stop_);
                trajectory_.extend(direction, there, back);
            }
            compare(next);
            before = std::move(next);
        }
    }

    FramePtr readOrNote(FrameIndex index) {
        try {
            FramePtr frame = source_.read(index, stop_);
            if (!frame) report_.damaged = "frame " + std::to_string(index) + " cannot be read";
            return frame;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Input) throw;
            report_.damaged = error.what();
            return nullptr;
        }
    }

    void compare(const FramePtr& frame) {
        const FrameRange& range = request_.range;
        const FrameIndex index = frame->index;
        const bool chosen =
            index >= range.begin && index < *range.end && (index - range.begin) % range.step == 0;
        if (!chosen) return;
        const FeatureMapPtr features = engine_.featureMap(frame, request_.level, stop_);
        TrackRow row;
        row.frame = index;
        row.secs = frameTimeSecs(source_.info(), index);
        row.match = engine_.similarity(*queryFeatures_, request_.query.where, *features).best;
        rows_[index] = row;
    }

    FrameSource& source_;
    const TrackRequest& request_;
    InferenceEngine& engine_;
    const Progress& progress_;
    const StopToken& stop_;
    FramePtr query_;
    Trajectory trajectory_;
    FeatureMapPtr queryFeatures_;
    std::map<FrameIndex, TrackRow> rows_;
    TrackReport report_;
    FrameIndex done_ = 0;
    FrameIndex total_ = 0;
};

}  // namespace

TrackReport trackPoint(FrameSource& source, const TrackRequest& request, InferenceEngine& engine,
                       const Progress& progress, const StopToken& stop) {
    if (request.range.count() == 0) {
        throw Error(ErrorCode::Usage, "the range selects no frame",
                    "Choose a range within the clip.");
    }
    return TrackRun(source, request, engine, progress, stop).run();
}

void writeTrackCsv(const std::filesystem::path& path, const TrackReport& report) {
    std::string text = "frame,secs,track_x,track_y,match_x,match_y,cosine,distance_px\n";
    const auto add = [&text](auto value) {
        text += ',';
        appendCsvNumber(text, value);
    };
    constexpr float kNone = std::numeric_limits<float>::quiet_NaN();
    for (const TrackRow& row : report.rows) {
        text += std::to_string(row.frame);
        add(row.secs);
        add(row.track ? row.track->x : kNone);
        add(row.track ? row.track->y : kNone);
        add(row.match.where.x);
        add(row.match.where.y);
        add(row.match.score);
        add(row.distancePx.value_or(kNone));
        text += '\n';
    }
    writeTextAtomically(path, text);
}

}  // namespace mcj
