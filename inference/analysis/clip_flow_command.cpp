#include "inference/analysis/clip_flow_command.h"

#include <array>
#include <cstdio>
#include <string>
#include <system_error>

#include <unistd.h>

#include "media/base/error.h"
#include "media/io/cache_folder.h"
#include "media/io/image_file.h"
#include "media/io/scratch_folder.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

// The number of a file is that of a frame of the clip.
constexpr std::int64_t kNumberOfFrame0 = 0;

std::string frameName(FrameIndex frame) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%06lld.png", static_cast<long long>(frame));
    return name.data();
}

/// Calls `use` with every frame of the range.
template <typename Use>
void forEachFrame(FrameSource& source, const FrameRange& range, const StopToken& stop,
                  const Use& use) {
    for (FrameIndex ordinal = 0; ordinal < range.count(); ++ordinal) {
        stop.throwIfStopped("reading the frames for the flow command");
        const FramePtr frame = source.read(range.at(ordinal), stop);
        if (!frame) {
            throw Error(ErrorCode::Input,
                        "frame " + std::to_string(range.at(ordinal)) + " of " + source.info().path +
                            " cannot be read",
                        "Leave it out with --range.");
        }
        use(*frame, ordinal);
    }
}

void check(const FlowCommand& command, const FrameRange& range, const ClipFlowFolder& kept) {
    if (command.kind() != FlowCommandKind::Clip) {
        throw Error(ErrorCode::Usage, "the flow command is for pairs of frames: " + command.line(),
                    "A command for a clip has {frames} and {outdir}.");
    }
    if (range.step != 1) {
        throw Error(ErrorCode::Usage,
                    "a flow command for a whole clip needs a --range without a step",
                    "Use a command with {first}, {second} and {out}.");
    }
    if (kept.folder.empty()) {
        throw Error(ErrorCode::Usage, "there is no cache folder for the flow of the clip",
                    "Set HOME or XDG_CACHE_HOME.");
    }
}

/// Throws where the command left no flow of the frames' size in `folder`.
void checkResult(const FlowCommand& command, const fs::path& folder, SizePx size) {
    const auto read = runGuarded([&] {
        const FlowFilesPtr files = FlowFiles::open(folder.string(), kNumberOfFrame0);
        return files->read(files->frames().front(), size);
    });
    if (read.ok()) return;
    throw Error(ErrorCode::Input,
                "the flow command succeeded but left no usable flow in {outdir}: " +
                    std::string(read.error().what()),
                "The command was: " + command.line());
}

}  // namespace

ClipFlowFolder userClipFlowFolder() { return {userCacheFolder("flow_command_clip")}; }

FlowFilesPtr flowOfClip(FrameSource& source, const FrameRange& range, const FlowCommand& command,
                        const ClipFlowFolder& kept, const Progress& progress,
                        const StopToken& stop) {
    check(command, range, kept);
    // Read first for the key, then, if the command has to run, for the files.
    std::string contents = std::to_string(range.begin);
    SizePx size;
    forEachFrame(source, range, stop, [&](const Frame& frame, FrameIndex) {
        contents += '\n' + contentKeyOf(frame);
        size = frame.size();
    });
    const fs::path result = kept.folder / (digestText(command.id()) + '-' + digestText(contents));
    std::error_code ignored;
    if (!fs::is_directory(result, ignored)) {
        fs::create_directories(kept.folder, ignored);
        const ScratchFolder frames = ScratchFolder::unique("mcjepa-frames-");
        const ScratchFolder out(result.string() + ".part-" + std::to_string(::getpid()));
        forEachFrame(source, range, stop, [&](const Frame& frame, FrameIndex ordinal) {
            writeRgbPng(frames.path() / frameName(frame.index), frame.rgb);
            if (progress) progress(ordinal + 1, range.count());
        });
        FlowCommand::Places places;
        places.frames = frames.path();
        places.outFolder = out.path();
        runFlowCommand(command, command.fill(places), stop);
        checkResult(command, out.path(), size);
        fs::rename(out.path(), result, ignored);
    }
    touchCached(result);
    (void)runGuarded([&] {
        dropOldestCached(kept.folder, {}, kept.budgetBytes, result);
        return true;
    });
    return FlowFiles::open(result.string(), kNumberOfFrame0);
}

}  // namespace mcj
