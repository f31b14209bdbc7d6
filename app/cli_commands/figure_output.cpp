#include "app/cli_commands/figure_output.h"

#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "media/base/error.h"
#include "media/base/size_text.h"
#include "media/figure/figure_file.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

}  // namespace

void requireFigurePath(const CommandContext& context, const fs::path& path) {
    if (!isFigurePath(path)) {
        throw Error(ErrorCode::Usage, path.string() + " is not a file name for a figure",
                    "Choose a file that ends in .svg, .pdf or .png with -o.");
    }
    std::error_code ignored;
    if (fs::exists(path, ignored) && !context.overwrite()) {
        throw Error(ErrorCode::Usage, path.string() + " already exists",
                    "Choose another file with -o, or pass --overwrite.");
    }
}

void finishFigure(CommandContext& context, const FigureGrid& grid, const std::string& path) {
    const FigureSheet sheet = layOut(grid);
    writeFigure(path, sheet);
    context.emit("summary", {{"file", path},
                             {"width", sheet.size.width},
                             {"height", sheet.size.height},
                             {"rows", grid.rows.size()},
                             {"columns", grid.columns.size()}});
    context.text() << path << ": " << grid.rows.size() << " rows, " << grid.columns.size()
                   << " columns, " << sizeText(sheet.size) << " px\n";
}

}  // namespace mcj
