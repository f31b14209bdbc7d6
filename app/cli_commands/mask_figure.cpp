#include "app/cli_commands/mask_figure.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/figure_output.h"
#include "app/cli_commands/sequence_walk.h"
#include "app/cli_commands/video_opening.h"
#include "media/figure/figure_grid.h"
#include "segmentation/mask_export.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// Bardes et al. 2023 show these.
constexpr FrameIndex kPaperFrames[] = {1, 10, 25, 50};

bool isSequence(const fs::path& folder) {
    std::error_code ignored;
    return fs::is_directory(folder / "frames", ignored) &&
           fs::is_directory(folder / "masks", ignored);
}

std::string videoOf(const MaskFigure& request) {
    return isSequence(request.video) ? (fs::path(request.video) / "frames").string()
                                     : request.video;
}

/// One mask per frame, both in order.
std::vector<FrameMaskFile> masksInOrder(const fs::path& folder, FrameIndex frames) {
    const std::vector<fs::path> files = listMaskFiles(folder);
    if (static_cast<FrameIndex>(files.size()) != frames) {
        throw Error(ErrorCode::Input,
                    folder.string() + " contains " + std::to_string(files.size()) +
                        " masks, but the video has " + std::to_string(frames) + " frames",
                    "Give one mask per frame, or only the first frame's mask as a file.");
    }
    std::vector<FrameMaskFile> masks;
    for (std::size_t i = 0; i < files.size(); ++i) {
        masks.push_back({static_cast<FrameIndex>(i), files[i]});
    }
    return masks;
}

std::vector<FrameMaskFile> givenFiles(const MaskFigure& request, FrameIndex frames) {
    const fs::path mask = request.mask.empty() ? request.video : request.mask;
    if (isSequence(mask)) return discoverSequences(mask).front().masks;
    if (request.mask.empty()) {
        throw Error(
            ErrorCode::Usage, "no mask to start from",
            "Give the first frame's mask with --mask FILE.png, or give a sequence: a folder "
            "with frames/ and masks/.");
    }
    std::error_code ignored;
    if (fs::is_directory(mask, ignored)) return masksInOrder(mask, frames);
    return {{0, mask}};
}

/// The frames to show, from 0, in order.
std::vector<FrameIndex> shownFrames(CommandContext& context, const MaskFigure& request,
                                    FrameIndex frames) {
    std::vector<FrameIndex> shown;
    const auto add = [&](FrameIndex t) { shown.push_back(t - 1); };
    if (request.at.empty()) {
        for (const FrameIndex t : kPaperFrames) {
            if (t <= frames) add(t);
        }
        if (shown.size() < std::size(kPaperFrames)) {
            context.warn(request.video + " ends with t = " + std::to_string(frames) +
                         "; the paper's later frames are left out");
        }
    }
    for (const FrameIndex t : request.at) {
        if (t < 1 || t > frames) {
            throw Error(ErrorCode::Usage,
                        request.video + " has no t = " + std::to_string(t) + ": it has " +
                            std::to_string(frames) + " frames",
                        "Count from 1 with --at: t = 1 is the given mask.");
        }
        add(t);
    }
    std::ranges::sort(shown);
    shown.erase(std::unique(shown.begin(), shown.end()), shown.end());
    return shown;
}

class FigureRun {
public:
    FigureRun(CommandContext& context, const MaskFigure& request, FrameSource& source,
              const GivenMasks& given, LaterMasks later, std::vector<FrameIndex> shown)
        : context_(context), request_(request), source_(source), given_(given), later_(later),
          shown_(std::move(shown)) {}

    FigureRow propagated(PropagationMethod method) {
        std::map<FrameIndex, MaskPtr> masks;
        const FrameIndex end = shown_.back() + 1;
        const std::string name = propagationMethodName(method);
        const Progress progress = context_.progress(name);
        walkSequence(source_, given_, later_, {method, request_.protocol},
                     needsEngine(method) ? &context_.engine() : nullptr, end,
                     [&](FrameIndex frame, const MaskPtr& mask) {
                         progress(frame, end);
                         context_.throwIfStopped();
                         if (std::ranges::binary_search(shown_, frame)) masks[frame] = mask;
                     });
        progress(end, end);
        context_.endProgress();
        context_.emit("result", {{"row", name}, {"frames", masks.size()}});
        return drawn(labelOf(method), masks);
    }

    FigureRow truth() {
        std::map<FrameIndex, MaskPtr> masks;
        for (const FrameIndex frame : shown_) {
            masks[frame] = std::make_shared<const Mask>(given_.truth(frame));
        }
        return drawn("ground truth", masks);
    }

private:
    [[nodiscard]] std::string labelOf(PropagationMethod method) const {
        const std::string grid = ", stride " + std::to_string(1 << request_.protocol.level) + " px";
        switch (method) {
        case PropagationMethod::Studio: return "features, flow and image edges";
        case PropagationMethod::Features: return "features" + grid;
        case PropagationMethod::Both: return "features" + grid + ", guided by flow";
        case PropagationMethod::Flow: return "flow of the model";
        case PropagationMethod::DisFlow: return "flow by DIS";
        case PropagationMethod::Identity: break;
        }
        return "first mask, unmoved";
    }

    FigureRow drawn(const std::string& label, const std::map<FrameIndex, MaskPtr>& masks) {
        FigureRow row;
        row.label = label;
        BlendOptions blend;
        blend.opacity = static_cast<float>(request_.opacity);
        for (const FrameIndex frame : shown_) {
            const auto mask = masks.find(frame);
            if (mask == masks.end()) {
                row.cells.push_back({{}, "before the first mask"});
                continue;
            }
            const FramePtr picture = source_.read(frame);
            row.cells.push_back({blendMask(picture->rgb, *mask->second, blend), ""});
        }
        return row;
    }

    CommandContext& context_;
    const MaskFigure& request_;
    FrameSource& source_;
    const GivenMasks& given_;
    LaterMasks later_;
    std::vector<FrameIndex> shown_;
};

}  // namespace

void drawMaskFigure(CommandContext& context, const MaskFigure& request) {
    requireFigurePath(context, request.output);
    std::vector<PropagationMethod> methods;
    for (const std::string& name : request.methods) methods.push_back(parsePropagationMethod(name));
    const auto source = openScanned(context, videoOf(request));
    const FrameIndex frames = *source->info().frames;
    const std::vector<FrameMaskFile> files = givenFiles(request, frames);
    const bool fullTruth = static_cast<FrameIndex>(files.size()) == frames && frames > 1;
    const std::vector<FrameIndex> shown = shownFrames(context, request, frames);
    FigureGrid grid;
    grid.cellWidthPx = request.cellWidthPx;
    for (const FrameIndex frame : shown) {
        grid.columns.push_back("t = " + std::to_string(frame + 1));
    }
    if (context.dryRun()) {
        context.emit("summary", {{"dry_run", true},
                                 {"rows", methods.size() + (fullTruth ? 1 : 0)},
                                 {"columns", grid.columns.size()},
                                 {"frames", shown.back() + 1}});
        context.text() << methods.size() << " methods through " << shown.back() + 1
                       << " frames. Nothing was written.\n";
        return;
    }
    const GivenMasks given(files, kVoid, request.reading);
    FigureRun run(context, request, *source, given,
                  fullTruth ? LaterMasks::Ignore : LaterMasks::Join, shown);
    for (const PropagationMethod method : methods) grid.rows.push_back(run.propagated(method));
    if (fullTruth) grid.rows.push_back(run.truth());
    finishFigure(context, grid, request.output);
}

}  // namespace mcj
