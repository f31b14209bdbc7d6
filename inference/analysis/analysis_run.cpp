#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <system_error>
#include <utility>

#include "inference/analysis/analysis_export.h"
#include "inference/analysis/overlay_video.h"
#include "inference/analysis/pair_summary.h"
#include "media/base/error.h"

namespace mcj {
namespace {

constexpr std::array<AnalysisMap, 6> kAllMaps{AnalysisMap::Flow,        AnalysisMap::Backward,
                                              AnalysisMap::WarpError,   AnalysisMap::FeatureError,
                                              AnalysisMap::Consistency, AnalysisMap::Occlusion};

/// The pairs of a clip, one after another; two frames in memory.
class PairReader {
public:
    PairReader(FrameSource& source, const FrameRange& range) : source_(source), range_(range) {}

    /// Goes to pair `ordinal`; false where one of its frames cannot be read, with the reason in
    /// `damage`.
    bool seek(FrameIndex ordinal) {
        const FrameIndex first = range_.at(ordinal);
        const FrameIndex second = range_.at(ordinal + 1);
        first_ = second_ && second_->index == first ? second_ : readOrNote(first);
        second_ = first_ ? readOrNote(second) : nullptr;
        return first_ != nullptr && second_ != nullptr;
    }
    [[nodiscard]] const FramePtr& first() const noexcept { return first_; }
    [[nodiscard]] const FramePtr& second() const noexcept { return second_; }
    [[nodiscard]] const std::optional<std::string>& damage() const noexcept { return damage_; }

private:
    FramePtr readOrNote(FrameIndex index) {
        try {
            FramePtr frame = source_.read(index);
            if (!frame) damage_ = "frame " + std::to_string(index) + " cannot be read";
            return frame;
        } catch (const Error& error) {
            if (error.code() != ErrorCode::Input) throw;
            damage_ = error.what();
            return nullptr;
        }
    }

    FrameSource& source_;
    FrameRange range_;
    FramePtr first_;
    FramePtr second_;
    std::optional<std::string> damage_;
};

/// The scale that an earlier run of the same export stored in the manifest.
float notedScale(const std::string& text) {
    float px = 0.0F;
    const char* const end = text.data() + text.size();
    const auto [last, failed] = std::from_chars(text.data(), end, px);
    if (failed == std::errc{} && last == end && std::isfinite(px) && px >= 0.0F) return px;
    throw Error(ErrorCode::Input,
                "the manifest's flow-scale-px, \"" + text + "\", is not a number of pixels",
                "The manifest is damaged: delete the folder and export again.");
}

bool goesOn(const Progress& progress, FrameIndex done, FrameIndex total) {
    return !progress || progress(done, total);
}

/// One run of `runAnalysis`: the steps of its loop with their shared state.
class AnalysisRun {
public:
    AnalysisRun(FrameSource& source, const AnalysisRequest& request, InferenceEngine* engine,
                const AnalysisCallbacks& callbacks, ExportFolder& folder, const FrameRange& range)
        : source_(source), request_(request), engine_(engine), callbacks_(callbacks),
          folder_(folder), range_(range), pairs_(range.count() - 1) {}

    AnalysisReport run() {
        decideScale();
        PairReader reader(source_, range_);
        folder_.expect(static_cast<std::size_t>(pairs_) * filesOfPair(request_, 0).size());
        for (FrameIndex ordinal = 0; ordinal < pairs_; ++ordinal) {
            if (!goesOn(callbacks_.writing, ordinal, pairs_)) throwStoppedExport();
            if (!reportKept(ordinal) && !computePair(reader, ordinal)) break;
        }
        if (report_.pairs == 0) {
            throw Error(ErrorCode::Input,
                        "no pair of frames of " + source_.info().path +
                            " can be read: " + reader.damage().value_or("the clip is too short"),
                        "Check the file with mcjepa info.");
        }
        if (overlay_) overlay_->finish();
        goesOn(callbacks_.writing, pairs_, pairs_);
        report_.damaged = source_.info().damaged;
        if (!report_.damaged) report_.damaged = reader.damage();
        return report_;
    }

private:
    void decideScale() {
        if (request_.scale.kind == FlowScale::Kind::Fixed) report_.flowScalePx = request_.scale.px;
        if (request_.scale.kind == FlowScale::Kind::Clip && drawsFlow(request_)) {
            const std::string earlier = folder_.noted("flow-scale-px");
            report_.flowScalePx = earlier.empty()
                                      ? measureClipScale(source_, range_, request_.method, engine_,
                                                         callbacks_.measuring)
                                      : notedScale(earlier);
            folder_.note("flow-scale-px",
                         flowScaleText({FlowScale::Kind::Fixed, report_.flowScalePx}));
            folder_.finish(ExportFolder::Ending::Stopped);  // the scale must survive a kill
        }
    }

    /// Whether the pair's files all exist from an earlier run and nothing needs its flow.
    bool reportKept(FrameIndex ordinal) {
        if (!request_.overlay.empty()) return false;
        return tellKept(ordinal);
    }

    bool tellKept(FrameIndex ordinal) {
        PairReport pair = named(ordinal);
        if (!holdsAll(folder_, pair.files)) return false;
        pair.kept = true;
        ++report_.kept;
        tell(pair);
        return true;
    }

    bool computePair(PairReader& reader, FrameIndex ordinal) {
        if (!reader.seek(ordinal)) return false;
        const PairMaps maps = mapsOf(reader.first(), reader.second());
        const float scale = scaleOf(maps);
        if (!tellKept(ordinal)) {
            PairReport pair = named(ordinal);
            report_.clampedVectors += putPairMaps(folder_, request_, pair.first, maps, scale);
            measure(maps, pair);
            tell(pair);
        }
        if (!request_.overlay.empty()) {
            addToOverlay(*reader.first(),
                         overlayFlow(*reader.first(), maps.forward, scale, request_.wheel));
        }
        return true;
    }

    [[nodiscard]] PairMaps mapsOf(const FramePtr& first, const FramePtr& second) const {
        try {
            return computePairMaps(request_, first, second, engine_, callbacks_.stop);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Interrupted) throwStoppedExport();
            throw;
        }
    }

    [[nodiscard]] float scaleOf(const PairMaps& maps) const {
        if (request_.scale.kind != FlowScale::Kind::Frame) return report_.flowScalePx;
        const FlowField& flow =
            maps.forward.vectors.empty() && maps.backward ? *maps.backward : maps.forward;
        return roundUpToScaleStep(flowMagnitudePercentile(flow, 99.0F));
    }

    static void measure(const PairMaps& maps, PairReport& pair) {
        if (!maps.forward.vectors.empty()) pair.meanFlowPx = meanLengthPx(maps.forward);
        for (const auto& [map, values] : maps.scalars) {
            pair.means[map] = meanOfKnown(values.values);
        }
    }

    [[nodiscard]] PairReport named(FrameIndex ordinal) const {
        PairReport pair;
        pair.first = range_.at(ordinal);
        pair.second = range_.at(ordinal + 1);
        pair.files = filesOfPair(request_, pair.first);
        return pair;
    }

    void tell(const PairReport& pair) {
        ++report_.pairs;
        for (const std::string& file : pair.files) folder_.add(file);
        if (callbacks_.onPair) callbacks_.onPair(pair);
    }

    void addToOverlay(const Frame& frame, const Raster<std::uint8_t>& picture) {
        if (!overlay_) overlay_.emplace(request_.overlay, source_.info(), range_.step);
        overlay_->add(frame, picture);
    }

    FrameSource& source_;
    const AnalysisRequest& request_;
    InferenceEngine* engine_;
    const AnalysisCallbacks& callbacks_;
    ExportFolder& folder_;
    FrameRange range_;
    FrameIndex pairs_;
    AnalysisReport report_;
    std::optional<OverlayVideo> overlay_;
};

}  // namespace

bool drawsFlow(const AnalysisRequest& request) {
    return !request.overlay.empty() || (request.formats.contains(MapFormat::Png) &&
                                        (request.maps.contains(AnalysisMap::Flow) ||
                                         request.maps.contains(AnalysisMap::Backward)));
}

std::vector<std::string> analysisSubfolders() {
    std::vector<std::string> folders;
    for (const AnalysisMap map : kAllMaps) {
        folders.push_back(analysisMapFolder(map));
        folders.push_back(analysisMapFolder(map) + "_color");
    }
    return folders;
}

AnalysisReport runAnalysis(FrameSource& source, const AnalysisRequest& request, Manifest planned,
                           InferenceEngine* engine, const AnalysisCallbacks& callbacks) {
    const FrameIndex frames = source.info().frames.value_or(source.info().estimatedFrames);
    const FrameRange range = clipRange(request.range, frames);
    if (range.count() < 2) {
        throw Error(frames < 2 ? ErrorCode::Input : ErrorCode::Usage,
                    frames < 2 ? source.info().path + " has one frame, but a pair needs two"
                               : "the range selects one frame, but a pair needs two",
                    "Choose a clip and a range with at least two frames.");
    }
    planned.options.merge(analysisOptions(request));
    planned.source = source.info();
    ExportFolder folder(request.folder, std::move(planned), analysisSubfolders(), request.existing);
    return folder.run(source.info(), [&] {
        return AnalysisRun(source, request, engine, callbacks, folder, range).run();
    });
}

}  // namespace mcj
