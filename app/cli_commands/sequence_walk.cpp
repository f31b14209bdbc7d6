#include "app/cli_commands/sequence_walk.h"

#include <algorithm>
#include <filesystem>

#include "media/base/error.h"

namespace mcj {
namespace {

std::vector<std::filesystem::path> pathsOf(const std::vector<FrameMaskFile>& masks) {
    std::vector<std::filesystem::path> paths;
    for (const FrameMaskFile& mask : masks) paths.push_back(mask.path);
    return paths;
}

std::vector<FrameMaskFile> notEmpty(std::vector<FrameMaskFile> files) {
    if (!files.empty()) return files;
    throw Error(ErrorCode::Input, "there is no mask to start from",
                "A sequence needs the mask of its first frame.");
}

}  // namespace

GivenMasks::GivenMasks(std::vector<FrameMaskFile> files, std::uint8_t voidLabel,
                       MaskReading reading)
    : files_(notEmpty(std::move(files))), masks_(pathsOf(files_), reading), voidLabel_(voidLabel) {}

bool GivenMasks::has(FrameIndex frame) const noexcept {
    return std::ranges::binary_search(files_, frame, {}, &FrameMaskFile::frame);
}

std::size_t GivenMasks::indexOf(FrameIndex frame) const {
    const auto found = std::ranges::lower_bound(files_, frame, {}, &FrameMaskFile::frame);
    if (found == files_.end() || found->frame != frame) {
        throw Error(ErrorCode::Internal, "frame " + std::to_string(frame) + " has no given mask");
    }
    return static_cast<std::size_t>(found - files_.begin());
}

Mask GivenMasks::truth(FrameIndex frame) const { return masks_.read(indexOf(frame)); }

MaskPtr GivenMasks::start(FrameIndex frame) const {
    Mask mask = truth(frame);
    for (std::uint8_t& label : mask.labels.values()) {
        if (label == voidLabel_) label = kVoid;
    }
    return std::make_shared<const Mask>(std::move(mask));
}

void walkSequence(FrameSource& source, const GivenMasks& given, LaterMasks later,
                  const PropagatorOptions& options, InferenceEngine* engine, FrameIndex end,
                  const std::function<void(FrameIndex, const MaskPtr&)>& onMask) {
    MaskPropagator propagator(
        options, [&source](FrameIndex index) { return source.read(index); }, engine);
    const FrameIndex first = given.firstFrame();
    for (FrameIndex frame = first; frame < end; ++frame) {
        if (frame == first) {
            const MaskPtr mask = given.start(frame);
            propagator.condition(frame, mask);
            onMask(frame, mask);
        } else if (later == LaterMasks::Join && given.has(frame)) {
            onMask(frame, propagator.join(frame, given.start(frame)).mask);
        } else {
            onMask(frame, propagator.step(frame).mask);
        }
    }
}

}  // namespace mcj
