#include "inference/analysis/map_export.h"

#include <set>
#include <string>
#include <vector>

#include "inference/analysis/product.h"
#include "inference/analysis/scalar_export.h"
#include "media/io/manifest.h"

namespace mcj {
namespace {

constexpr const char* kProgram = "mcjepa-studio export";

}  // namespace

void MapExport::takeUpScale() {
    const AnalysisRequest& request = settings_.analysis;
    if (settings_.scalePinned || request.existing == ExistingFiles::Replace) return;
    const std::optional<Manifest> earlier = stoppedExport(request.folder, kProgram);
    if (!earlier || !earlier->options.contains("flow-scale")) return;
    settings_.analysis.scale = parseFlowScale(earlier->options.at("flow-scale"));
}

void MapExport::begin(const StopToken& stop) {
    takeUpScale();
    Manifest planned;
    planned.program = kProgram;
    planned.version = MCJ_VERSION;
    planned.sourcePath = video_.path;
    planned.source = video_;
    describeSource(video_.path, planned, stop);
    if (engine_ && (settings_.query || needsEngine(settings_.analysis))) {
        planned.modelSha256 = engine_->info().modelSha256;
        planned.modelName = engine_->info().modelName;
        planned.precision = engine_->info().precision;
    }
    planned.options = analysisOptions(settings_.analysis);
    planned.options["max-side"] = std::to_string(maxSidePx_);
    std::vector<std::string> subfolders = analysisSubfolders();
    subfolders.emplace_back(kSimilarityFolder);
    if (settings_.query) {
        planned.options["similarity"] = "frame " + std::to_string(settings_.query->frame) + " at " +
                                        std::to_string(settings_.query->where.x) + "," +
                                        std::to_string(settings_.query->where.y);
        if (const QueryRegionPtr& region = settings_.query->region) {
            planned.options["similarity-object"] =
                std::to_string(region->object()) + " " + std::to_string(region->contentHash());
        }
    }
    folder_.emplace(settings_.analysis.folder, planned, subfolders, settings_.analysis.existing,
                    hints_);
}

void MapExport::write(const FramePtr& first, const FramePtr& second, const StopToken& stop) {
    if (!folder_) begin(stop);
    if (!first) return;
    if (second) writePair(first, second, stop);
    writeSimilarity(first, stop);
}

void MapExport::finish() {
    // The decoder's message about the damage is more precise than the frame where reading ended.
    if (video_.damaged) {
        folder_->note("damaged", *video_.damaged);
    } else if (report_.unreadable) {
        folder_->note("damaged",
                      "frame " + std::to_string(*report_.unreadable) + " cannot be read");
    }
    folder_->finish(ExportFolder::Ending::Complete);
}

void MapExport::writePair(const FramePtr& first, const FramePtr& second, const StopToken& stop) {
    const AnalysisRequest& request = settings_.analysis;
    if (request.maps.empty()) return;
    const std::vector<std::string> files = filesOfPair(request, first->index);
    if (!holdsAll(*folder_, files)) {
        const PairMaps maps =
            computePairMaps(request, first, second, engine_.get(), basis(stop), stop);
        report_.clampedVectors +=
            putPairMaps(*folder_, request, first->index, maps, request.scale.px);
    }
    for (const std::string& file : files) folder_->add(file);
}

const FeatureBasis* MapExport::basis(const StopToken& stop) {
    const AnalysisRequest& request = settings_.analysis;
    if (!engine_ || !request.maps.contains(AnalysisMap::FeatureColors)) return nullptr;
    if (!basis_) {
        // It depends on frames of the whole video, whatever range is exported: as on the canvas.
        const std::unique_ptr<FrameSource> source = openSource(video_.path);
        if (!source->scan(ReadLimit{.stop = stop})) {
            throw Error(ErrorCode::Interrupted, "the export was stopped");
        }
        basis_ = measureFeatureBasis(*source, request.featureLevel, *engine_, stop);
    }
    return &*basis_;
}

void MapExport::writeSimilarity(const FramePtr& frame, const StopToken& stop) {
    if (!settings_.query || !engine_) return;
    const int level = settings_.analysis.featureLevel;
    if (!queryFeatures_) queryFeatures_ = engine_->featureMap(settings_.queryFrame, level, stop);
    SimilarityResult result = similarityOf(*settings_.query, *engine_, *queryFeatures_,
                                           *engine_->featureMap(frame, level, stop));
    result.map.rangeLow = settings_.similarityLook.low;
    result.map.rangeHigh = settings_.similarityLook.high;
    for (const MapFormat format : scalarFormats(settings_.analysis.formats)) {
        const std::string file = similarityFile(frame->index, format);
        writeScalarMap(folder_->place(file), result.map, format, settings_.similarityLook.colormap);
        folder_->add(file);
    }
}

}  // namespace mcj
