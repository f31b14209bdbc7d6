#include "app/cli_commands/review_truth.h"

#include "inference/analysis/csv_number.h"
#include "segmentation/mask_metrics.h"
#include "segmentation/review_measures.h"

namespace mcj {
namespace {

Raster<std::uint8_t> pixelsOf(const Mask& mask, ObjectId object) {
    Raster<std::uint8_t> bits(mask.size(), 1);
    const auto labels = mask.labels.values();
    for (std::size_t i = 0; i < labels.size(); ++i) {
        bits.values()[i] = labels[i] == object ? std::uint8_t{1} : std::uint8_t{0};
    }
    return bits;
}

double meanJ(const Mask& mask, const Mask& truth, const ObjectSet& objects) {
    double sum = 0.0;
    for (std::size_t id = 1; id < objects.size(); ++id) {
        if (!objects.test(id)) continue;
        const auto object = static_cast<ObjectId>(id);
        sum += regionSimilarity(pixelsOf(mask, object), pixelsOf(truth, object));
    }
    return objects.any() ? sum / static_cast<double>(objects.count()) : 1.0;
}

}  // namespace

void ReviewTruth::add(const FrameReview& review, const Mask& mask, const Mask& truth) {
    const bool first = !objects_;
    if (first) objects_ = objectsIn(truth);
    Row row;
    row.frame = review.frame;
    row.score = review.score();
    row.j = meanJ(mask, truth, *objects_);
    row.drop = before_ - row.j;
    before_ = row.j;
    if (!first) rows_.push_back(row);
}

std::vector<double> ReviewTruth::column(double Row::* member) const {
    std::vector<double> values;
    for (const Row& row : rows_) values.push_back(row.*member);
    return values;
}

std::vector<double> ReviewTruth::losses() const {
    std::vector<double> values;
    for (const Row& row : rows_) values.push_back(1.0 - row.j);
    return values;
}

double ReviewTruth::lossCorrelation() const {
    return rankCorrelation(column(&Row::score), losses());
}

double ReviewTruth::dropCorrelation() const {
    return rankCorrelation(column(&Row::score), column(&Row::drop));
}

double ReviewTruth::worstTenth() const { return worstTenthFound(column(&Row::score), losses()); }

std::string ReviewTruth::csv() const {
    std::string text = "frame,score,j,drop\n";
    for (const Row& row : rows_) {
        text += std::to_string(row.frame) + ',';
        appendCsvNumber(text, row.score);
        text += ',';
        appendCsvNumber(text, row.j);
        text += ',';
        appendCsvNumber(text, row.drop);
        text += '\n';
    }
    return text;
}

}  // namespace mcj
