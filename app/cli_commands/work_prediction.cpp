#include "app/cli_commands/work_prediction.h"

#include <ostream>

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/text_layout.h"
#include "app/cli_commands/video_opening.h"

namespace mcj {

void tellPrediction(CommandContext& context, const WorkPrediction& prediction,
                    const std::filesystem::path& output) {
    const std::uint64_t free = freeBytesAt(output);
    nlohmann::json fields{
        {"dry_run", true},
        {"frames", prediction.clipFrames},
        {prediction.unit == "frames" ? "steps" : prediction.unit, prediction.count},
        {"secs", prediction.secs},
        {"memory_bytes", prediction.memoryBytes},
        {"disk_bytes", prediction.diskBytes},
        {"disk_free_bytes", free}};
    if (prediction.clips) fields["clips"] = *prediction.clips;
    context.emit("summary", fields);
    TextTable table({Align::Left, Align::Left});
    const std::string clips = !prediction.clips ? " of a clip"
                              : *prediction.clips == 1
                                  ? " of 1 clip"
                                  : " of " + std::to_string(*prediction.clips) + " clips";
    table.add({prediction.unit, std::to_string(prediction.count) + clips + " with " +
                                    std::to_string(prediction.clipFrames) + " frames"});
    table.add({"time", "about " + durationText(prediction.secs)});
    table.add({"memory", "about " + bytesText(prediction.memoryBytes)});
    table.add({"disk",
               "about " + bytesText(prediction.diskBytes) + ", " + bytesText(free) + " are free"});
    context.text() << table.text() << "Nothing was written.\n";
    if (free > 0 && prediction.diskBytes > free) {
        context.warn(
            "the output would not fit: choose fewer formats, a shorter --range, or another "
            "folder");
    }
}

}  // namespace mcj
