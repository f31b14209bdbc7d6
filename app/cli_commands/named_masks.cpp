#include "app/cli_commands/named_masks.h"

#include <filesystem>

#include "app/cli_commands/video_opening.h"
#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "segmentation/mask_formats/clip_masks.h"
#include "segmentation/project_file.h"

namespace mcj {

namespace fs = std::filesystem;

MaskReadRequest requestOfLine(CommandContext& context, const std::string& path,
                              const std::string& clip, const MaskReading& reading) {
    if (!clip.empty()) {
        const auto source = openScanned(context, clip);
        return requestFor({clip, source->info().frames.value_or(0)}, maskSetPath(path), reading);
    }
    MaskReadRequest request;
    request.path = maskSetPath(path);
    request.reading = reading;
    return request;
}

NamedMasks readNamedMasks(CommandContext& context, const std::string& path, const std::string& clip,
                          const MaskReading& reading) {
    if (lowerExtension(path) == ".mcjepa") {
        ProjectContent project = ProjectFile::read(path);
        return {std::move(project.state), project.video.size};
    }
    if (!fs::exists(path)) {
        throw Error(ErrorCode::Input, "there is no file or folder " + path);
    }
    const MaskReadRequest request = requestOfLine(context, path, clip, reading);
    const MaskSet set = readMaskSet(detectMaskFormat(request.path), request);
    for (const std::string& note : set.notes) context.info(note);
    NamedMasks given;
    given.size = set.size;
    given.state.tracks[kMainTrack] = importedTrack(set, set.size, set.end, context.stopToken());
    for (const SetObject& object : set.objects) {
        MaskObject row = defaultObject(static_cast<ObjectId>(object.id));
        row.name = object.name;
        given.state.objects.set(row);
    }
    return given;
}

}  // namespace mcj
