#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "inference/analysis/analysis_export.h"
#include "inference/analysis/overlay_video.h"
#include "inference/analysis/pair_summary.h"
#include "inference/analysis/stream_overlay.h"
#include "media/base/error.h"
#include "media/io/atomic_file.h"

namespace mcj {
namespace {

constexpr std::array<AnalysisMap, 9> kAllMaps{
    AnalysisMap::Flow,          AnalysisMap::Backward,    AnalysisMap::WarpError,
    AnalysisMap::FeatureError,  AnalysisMap::Consistency, AnalysisMap::Occlusion,
    AnalysisMap::FeatureColors, AnalysisMap::FlowError,   AnalysisMap::AngleError};

/// The pairs of a clip, one after another; two frames in memory.
class PairReader {
public:
    PairReader(FrameSource& source, const FramePairs& pairs) : source_(source), pairs_(pairs) {}

    /// Goes to pair `ordinal`; false where one of its frames cannot be read, with the reason in
    /// `damage`.
    bool seek(FrameIndex ordinal) {
        const FrameIndex first = pairs_.first(ordinal);
        const FrameIndex second = pairs_.second(ordinal);
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
    FramePairs pairs_;
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

[[noreturn]] void throwNoPair(const VideoInfo& source, FrameIndex frames, FrameIndex gap) {
    const std::string reason =
        frames < 2 ? source.path + " has one frame, but a pair needs two"
        : gap == 0 ? "the range selects one frame, but a pair needs two"
                   : "the range has no two frames that are " + std::to_string(gap) + " apart";
    throw Error(frames < 2 ? ErrorCode::Input : ErrorCode::Usage, reason,
                "Choose a clip and a range with at least two frames.");
}

/// Throws where no pair has truth.
void requireTruth(const FlowFiles& truth, const FramePairs& pairs) {
    for (FrameIndex ordinal = 0; ordinal < pairs.count(); ++ordinal) {
        if (truth.has(pairs.first(ordinal))) return;
    }
    const std::vector<FrameIndex> known = truth.frames();
    throw Error(ErrorCode::Input,
                "\"" + truth.path() + "\" has no ground-truth flow for any pair of frames",
                "It has flow for frames " + std::to_string(known.front()) + " to " +
                    std::to_string(known.back()) + "; check the numbers of the files and --range.");
}

/// Streamlines go from pair to pair.
void requireChain(const AnalysisRequest& request) {
    const bool chain = request.overlay.empty() || request.gap == 0 ||
                       request.overlayStyle != OverlayStyle::Streamlines;
    if (chain) return;
    throw Error(ErrorCode::Usage, "streamlines need the flow from each frame to the next",
                "Leave out --gap, or choose arrows.");
}

bool goesOn(const Progress& progress, FrameIndex done, FrameIndex total) {
    return !progress || progress(done, total);
}

/// One run of `runAnalysis`: the steps of its loop with their shared state.
class AnalysisRun {
public:
    AnalysisRun(FrameSource& source, const AnalysisRequest& request, InferenceEngine* engine,
                const AnalysisCallbacks& callbacks, ExportFolder& folder, const FramePairs& pairs)
        : source_(source), request_(request), engine_(engine), callbacks_(callbacks),
          folder_(folder), pairs_(pairs), count_(pairs.count()) {}

    AnalysisReport run() {
        decideScale();
        decideBasis();
        PairReader reader(source_, pairs_);
        folder_.expect(static_cast<std::size_t>(count_) * filesOfPair(request_, 0).size());
        for (FrameIndex ordinal = 0; ordinal < count_; ++ordinal) {
            if (!goesOn(callbacks_.writing, ordinal, count_)) throwStoppedExport();
            if (!reportKept(ordinal) && !computePair(reader, ordinal)) break;
        }
        if (report_.pairs == 0) {
            throw Error(ErrorCode::Input,
                        "no pair of frames of " + source_.info().path +
                            " can be read: " + reader.damage().value_or("the clip is too short"),
                        "Check the file with mcjepa info.");
        }
        streams_.finish();
        if (overlay_) overlay_->finish();
        if (!report_.accuracy.empty()) {
            writeTextAtomically(folder_.place(kAccuracyFile), accuracyCsv(report_.accuracy));
            folder_.add(kAccuracyFile);
        }
        goesOn(callbacks_.writing, count_, count_);
        report_.damaged = source_.info().damaged;
        if (!report_.damaged) report_.damaged = reader.damage();
        return report_;
    }

private:
    void decideScale() {
        if (request_.scale.kind == FlowScale::Kind::Fixed) report_.flowScalePx = request_.scale.px;
        if (request_.scale.kind == FlowScale::Kind::Clip && drawsFlow(request_)) {
            const std::string earlier = folder_.noted("flow-scale-px");
            report_.flowScalePx = earlier.empty() ? measuredScale() : notedScale(earlier);
            folder_.note("flow-scale-px",
                         flowScaleText({FlowScale::Kind::Fixed, report_.flowScalePx}));
            folder_.finish(ExportFolder::Ending::Stopped);  // the scale must survive a kill
        }
    }

    [[nodiscard]] float measuredScale() const {
        try {
            return measureClipScale(source_, pairs_, request_.method, engine_, callbacks_.measuring,
                                    request_.flowFiles, callbacks_.stop);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Interrupted) throwStoppedExport();
            throw;
        }
    }

    // Measured again when an export is resumed: from the same frames, so that it is the same.
    void decideBasis() {
        if (!request_.maps.contains(AnalysisMap::FeatureColors)) return;
        try {
            basis_ = measureFeatureBasis(source_, request_.featureLevel, *engine_, callbacks_.stop);
        } catch (const Error& error) {
            if (error.code() == ErrorCode::Interrupted) throwStoppedExport();
            throw;
        }
    }

    /// Whether the pair's files all exist from an earlier run and nothing needs its flow.
    bool reportKept(FrameIndex ordinal) {
        const bool measured = request_.truth && request_.truth->has(pairs_.first(ordinal));
        if (!request_.overlay.empty() || measured) return false;
        return tellKept(ordinal, {});
    }

    bool tellKept(FrameIndex ordinal, const std::optional<FlowAccuracy>& accuracy) {
        PairReport pair = named(ordinal);
        if (!folder_.resumed() || !holdsAll(folder_, pair.files)) return false;
        pair.kept = true;
        pair.accuracy = accuracy;
        ++report_.kept;
        tell(pair);
        return true;
    }

    bool computePair(PairReader& reader, FrameIndex ordinal) {
        if (!reader.seek(ordinal)) return false;
        const PairMaps maps = mapsOf(reader.first(), reader.second());
        const float scale = scaleOf(maps);
        if (maps.accuracy) report_.accuracy[reader.first()->index] = *maps.accuracy;
        if (!tellKept(ordinal, maps.accuracy)) {
            PairReport pair = named(ordinal);
            pair.accuracy = maps.accuracy;
            report_.clampedVectors += putPairMaps(folder_, request_, pair.first, maps, scale);
            measure(maps, pair);
            tell(pair);
        }
        if (!request_.overlay.empty()) {
            overlayPair(reader.first(), maps.forward, scale);
        }
        return true;
    }

    [[nodiscard]] PairMaps mapsOf(const FramePtr& first, const FramePtr& second) const {
        try {
            return computePairMaps(request_, first, second, engine_, basis_ ? &*basis_ : nullptr,
                                   callbacks_.stop);
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
        pair.first = pairs_.first(ordinal);
        pair.second = pairs_.second(ordinal);
        pair.files = filesOfPair(request_, pair.first);
        return pair;
    }

    void tell(const PairReport& pair) {
        ++report_.pairs;
        for (const std::string& file : pair.files) folder_.add(file);
        if (callbacks_.onPair) callbacks_.onPair(pair);
    }

    void overlayPair(const FramePtr& first, const FlowField& flow, float scalePx) {
        if (request_.overlayStyle == OverlayStyle::Streamlines) {
            streams_.add(first, flow);
        } else {
            addToOverlay(*first, overlayPicture(request_, *first, flow, scalePx));
        }
    }

    void addToOverlay(const Frame& frame, const Raster<std::uint8_t>& picture) {
        if (!overlay_) overlay_.emplace(request_.overlay, source_.info(), pairs_.range.step);
        overlay_->add(frame, picture);
    }

    FrameSource& source_;
    const AnalysisRequest& request_;
    InferenceEngine* engine_;
    const AnalysisCallbacks& callbacks_;
    ExportFolder& folder_;
    FramePairs pairs_;
    FrameIndex count_;
    AnalysisReport report_;
    std::optional<FeatureBasis> basis_;
    std::optional<OverlayVideo> overlay_;
    StreamOverlay streams_{request_.streams,
                           [this](const Frame& frame, const Raster<std::uint8_t>& picture) {
                               addToOverlay(frame, picture);
                           }};
};

}  // namespace

bool drawsFlow(const AnalysisRequest& request) {
    const bool overlay = !request.overlay.empty() && request.overlayStyle == OverlayStyle::Colors;
    return overlay || (request.formats.contains(MapFormat::Png) &&
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
    const FramePairs pairs{clipRange(request.range, frames), request.gap};
    if (pairs.count() < 1) throwNoPair(source.info(), frames, request.gap);
    if (request.truth) requireTruth(*request.truth, pairs);
    requireChain(request);
    planned.options.merge(analysisOptions(request));
    planned.source = source.info();
    ExportFolder folder(request.folder, std::move(planned), analysisSubfolders(), request.existing);
    // Otherwise the table of the replaced export would stay beside the maps of this one.
    std::error_code ignored;
    if (!folder.resumed()) std::filesystem::remove(request.folder / kAccuracyFile, ignored);
    return folder.run(source.info(), [&] {
        return AnalysisRun(source, request, engine, callbacks, folder, pairs).run();
    });
}

}  // namespace mcj
