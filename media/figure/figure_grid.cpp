#include "media/figure/figure_grid.h"

#include <algorithm>
#include <cmath>

#include "media/base/error.h"

namespace mcj {
namespace {

// All in pixels of the sheet. Text of 14 px stays readable where a figure of five columns is
// printed across a page.
constexpr int kMargin = 16;
constexpr int kGap = 8;
constexpr int kHeadHeight = 28;
constexpr int kLabelHeight = 22;
constexpr int kCaptionHeight = 20;
constexpr int kNoteHeight = 26;
constexpr int kRowGap = 10;
constexpr int kLegendWidth = 92;
constexpr int kLegendSide = 72;
constexpr int kLegendHeight = kLegendSide + kCaptionHeight;
constexpr double kHeadSize = 16.0;
constexpr double kTextSize = 14.0;
/// From a line's top to its baseline, as a share of its height.
constexpr double kBaseline = 0.72;
constexpr std::uint8_t kMissingGrey = 235;

class Layout {
public:
    explicit Layout(const FigureGrid& grid) : grid_(grid) {
        const bool anyLegend =
            std::any_of(grid.rows.begin(), grid.rows.end(),
                        [](const FigureRow& row) { return row.legend.has_value(); });
        const int columns = static_cast<int>(grid.columns.size());
        contentWidth_ = columns * grid.cellWidthPx + (columns - 1) * kGap;
        sheet_.size.width = 2 * kMargin + contentWidth_ + (anyLegend ? kGap + kLegendWidth : 0);
    }

    FigureSheet place() {
        top_ = kMargin;
        placeHeads();
        for (const FigureRow& row : grid_.rows) placeRow(row);
        if (!grid_.note.empty()) {
            addText(grid_.note, kMargin, kNoteHeight,
                    static_cast<double>(sheet_.size.width - 2 * kMargin), TextAnchor::Start);
            top_ += kNoteHeight;
        }
        sheet_.size.height = top_ + kMargin;
        return std::move(sheet_);
    }

private:
    [[nodiscard]] int columnLeft(std::size_t column) const {
        return kMargin + static_cast<int>(column) * (grid_.cellWidthPx + kGap);
    }
    [[nodiscard]] double columnMiddle(std::size_t column) const {
        return columnLeft(column) + grid_.cellWidthPx / 2.0;
    }

    void addText(const std::string& text, double x, int lineHeight, double maxWidth,
                 TextAnchor anchor, TextWeight weight = TextWeight::Regular,
                 double size = kTextSize) {
        if (text.empty()) return;
        sheet_.texts.push_back(
            {text, x, top_ + kBaseline * lineHeight, size, maxWidth, anchor, weight});
    }

    void placeHeads() {
        for (std::size_t i = 0; i < grid_.columns.size(); ++i) {
            addText(grid_.columns[i], columnMiddle(i), kHeadHeight, grid_.cellWidthPx,
                    TextAnchor::Middle, TextWeight::Bold, kHeadSize);
        }
        top_ += kHeadHeight;
    }

    /// The height of the tallest picture at the width of a cell.
    [[nodiscard]] int cellHeight(const FigureRow& row) const {
        int height = 0;
        for (const FigureCell& cell : row.cells) {
            if (cell.rgb.empty()) continue;
            const double ratio =
                static_cast<double>(cell.rgb.height()) / static_cast<double>(cell.rgb.width());
            height = std::max(height, static_cast<int>(std::lround(grid_.cellWidthPx * ratio)));
        }
        // A row without pictures has the aspect of a video.
        if (height == 0) height = grid_.cellWidthPx * 9 / 16;
        return std::max(height, kLabelHeight);
    }

    void placeRow(const FigureRow& row) {
        if (row.cells.size() != grid_.columns.size()) {
            throw Error(ErrorCode::Internal, "a row of a figure has " +
                                                 std::to_string(row.cells.size()) + " cells for " +
                                                 std::to_string(grid_.columns.size()) + " columns");
        }
        if (!row.label.empty()) {
            addText(row.label, kMargin, kLabelHeight, contentWidth_, TextAnchor::Start);
            top_ += kLabelHeight;
        }
        const int height = cellHeight(row);
        for (std::size_t i = 0; i < row.cells.size(); ++i) placeCell(row.cells[i], i, height);
        if (row.legend) placeLegend(*row.legend);
        const bool captions = std::any_of(
            row.cells.begin(), row.cells.end(),
            [](const FigureCell& cell) { return !cell.rgb.empty() && !cell.caption.empty(); });
        const int used = height + (captions ? kCaptionHeight : 0);
        top_ += std::max(used, row.legend ? kLegendHeight : 0) + kRowGap;
    }

    void placeCell(const FigureCell& cell, std::size_t column, int height) {
        const int left = columnLeft(column);
        const BoxPx whole{left, top_, left + grid_.cellWidthPx, top_ + height};
        if (cell.rgb.empty()) {
            sheet_.pictures.push_back({whole, Raster<std::uint8_t>({1, 1}, 3, kMissingGrey)});
            sheet_.texts.push_back({cell.caption, columnMiddle(column),
                                    top_ + height / 2.0 + kTextSize / 3.0, kTextSize,
                                    grid_.cellWidthPx - 2.0 * kGap, TextAnchor::Middle,
                                    TextWeight::Regular});
            return;
        }
        sheet_.pictures.push_back({fitted(cell.rgb.size(), whole), cell.rgb});
        const int cellTop = top_;
        top_ += height;
        addText(cell.caption, columnMiddle(column), kCaptionHeight, grid_.cellWidthPx,
                TextAnchor::Middle);
        top_ = cellTop;
    }

    /// The largest box of the picture's shape in the middle of `whole`.
    static BoxPx fitted(SizePx picture, BoxPx whole) {
        const SizePx room = whole.size();
        const double scale = std::min(static_cast<double>(room.width) / picture.width,
                                      static_cast<double>(room.height) / picture.height);
        const int width =
            std::clamp(static_cast<int>(std::lround(picture.width * scale)), 1, room.width);
        const int height =
            std::clamp(static_cast<int>(std::lround(picture.height * scale)), 1, room.height);
        const int left = whole.x0 + (room.width - width) / 2;
        const int top = whole.y0 + (room.height - height) / 2;
        return {left, top, left + width, top + height};
    }

    void placeLegend(const FigureLegend& legend) {
        const int left = kMargin + contentWidth_ + kGap;
        const int wheelLeft = left + (kLegendWidth - kLegendSide) / 2;
        sheet_.pictures.push_back(
            {fitted(legend.rgb.size(),
                    {wheelLeft, top_, wheelLeft + kLegendSide, top_ + kLegendSide}),
             legend.rgb});
        const int rowTop = top_;
        top_ += kLegendSide;
        addText(legend.text, left + kLegendWidth / 2.0, kCaptionHeight, kLegendWidth,
                TextAnchor::Middle);
        top_ = rowTop;
    }

    const FigureGrid& grid_;
    FigureSheet sheet_;
    int contentWidth_ = 0;
    int top_ = 0;  ///< of the next item
};

}  // namespace

FigureSheet layOut(const FigureGrid& grid) {
    if (grid.columns.empty() || grid.rows.empty()) {
        throw Error(ErrorCode::Usage, "a figure needs at least one row and one column");
    }
    return Layout(grid).place();
}

}  // namespace mcj
