#pragma once

#include <optional>
#include <string>
#include <vector>

namespace mcj {

/// The reliability of a figure of the paper. The paper itself was not available: figures are from
/// digests by its readers.
enum class FigureSource {
    Digest,    ///< in a digest whose author read the paper
    Recalled,  ///< from memory, not checked
};

/// What the paper reports for one point of a study (ConvNeXt-T, ImageNet, 100 epochs, 8 GPUs).
struct PaperFigure {
    std::string point;
    std::optional<double> kittiEpePx;  ///< KITTI 2015, training set
    std::optional<double> vocMiou;     ///< Pascal VOC, linear head on frozen features, %
    std::optional<double> davisJf;     ///< DAVIS 2017, (J&F)m, %
    FigureSource source = FigureSource::Digest;
};

/// A value that the paper, or a reimplementation, chose.
struct PaperChoice {
    double value = 0.0;
    std::string label;
};

struct PaperStudy {
    std::vector<PaperFigure> figures;
    std::optional<PaperChoice> choice;  ///< of a study over numbers
    std::string reading;                ///< what the paper says, and what is not known about it
};

/// By a study's name (ablation_study.h); only a reading for an unknown one.
[[nodiscard]] PaperStudy paperStudy(const std::string& study);

/// "digest" or "recalled".
[[nodiscard]] std::string sourceName(FigureSource source);

}  // namespace mcj
