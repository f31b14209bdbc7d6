#include <memory>
#include <vector>

#include "inference/analysis/analysis_export.h"
#include "media/base/error.h"

namespace mcj {
namespace {

FramePtr readOrNothing(FrameSource& source, FrameIndex index, const StopToken& stop) {
    try {
        return source.read(index, stop);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) throw;
        return nullptr;
    }
}

}  // namespace

FeatureBasis measureFeatureBasis(FrameSource& source, int level, InferenceEngine& engine,
                                 const StopToken& stop) {
    const FrameIndex frames = source.info().frames.value_or(source.info().estimatedFrames);
    std::vector<FeatureMomentsPtr> moments;
    for (const FrameIndex index : featureBasisFrames(frames)) {
        const FramePtr frame = readOrNothing(source, index, stop);
        if (!frame) continue;
        const FeatureMapPtr features = engine.featureMap(frame, level, stop);
        moments.push_back(
            std::make_shared<const FeatureMoments>(engine.featureMoments(*features, stop)));
    }
    if (moments.empty()) {
        throw Error(
            ErrorCode::Input,
            "no frame of " + source.info().path + " can be read to choose the colours of features",
            "Check the file with mcjepa info.");
    }
    return fitFeatureBasis(moments);
}

}  // namespace mcj
