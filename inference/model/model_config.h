#pragma once

#include <string>
#include <vector>

namespace mcj {

/// Most pyramid levels; level l (1..6) has stride 2^l.
constexpr int kLevels = 6;

/// The architecture of the encoder's levels.
enum class EncoderKind {
    ConvNext,  ///< MC-JEPA's: ConvNeXt blocks after a split stem
    Pyramid,   ///< PWC-Net's and ARFlow's: 3x3 convolutions with LeakyReLU, the first with stride 2
};

struct EncoderConfig {
    std::vector<int> widths;             ///< channels of levels 1..`levels()`
    std::vector<int> depths;             ///< blocks, or convolutions of stride 1, of these levels
    std::vector<int> stemKernels{4, 3};  ///< ConvNext: of the split stem's two convolutions
    double layerScale = 1e-6;  ///< ConvNext: initial gamma of every block; 0 leaves gamma out
    EncoderKind kind = EncoderKind::ConvNext;

    /// The coarsest level that the encoder has: 3 to 6.
    [[nodiscard]] int levels() const { return static_cast<int>(widths.size()); }
};

/// Where the dilated context network refines the flow.
enum class ContextPlace { None, Finest, Every };

struct EstimatorConfig {
    int projection = 0;       ///< channels that every level is projected to; 0: raw features
    bool shared = false;      ///< one decoder for all levels (needs a projection)
    std::vector<int> widths;  ///< convolutions of the decoder
    std::vector<int> contextWidths;
    std::vector<int> contextDilations;
    ContextPlace context = ContextPlace::None;
    int finestLevel = 2;
    int coarsestLevel = 6;
    /// A last residual one level below `finestLevel` for small motions, from a separate decoder
    /// with these widths, whose first convolution is 1x1; with the other levels' widths it would
    /// take four times as long. Empty: none.
    std::vector<int> fineWidths;
    int fineProjection = 16;  ///< channels that the fine level is projected to
    bool detachLevels =
        false;  ///< gradients stop at the coarser flow (RAFT): each level learns its own residual
    double clampPx = 128.0;  ///< flow of a level is limited to +-clampPx of that level's pixels
};

/// A model's shape; stored as JSON in the checkpoint's metadata under "config".
struct ModelConfig {
    std::string name;              ///< preset or file name
    std::string mode = "mc-jepa";  ///< "mc-jepa", "m-jepa", "vicreg" or "arflow"
    EncoderConfig encoder;
    EstimatorConfig estimator;       ///< unused where `!hasFlow()`
    std::vector<int> expander;       ///< widths of the content head; empty: none
    std::vector<int> localLevels;    ///< levels with a content head for single positions
    std::vector<int> localExpander;  ///< widths of each of those

    [[nodiscard]] bool hasFlow() const { return mode != "vicreg"; }
    [[nodiscard]] bool hasContent() const { return mode == "mc-jepa" || mode == "vicreg"; }
    /// The coarsest level that a task of the mode trains: content trains all levels, flow those
    /// that the estimator reads and the finer ones. Coarser levels are untrained.
    [[nodiscard]] int coarsestTrainedLevel() const;
};

/// "small" (the shipped model), "convnext-t" (the paper's) or "arflow" (its baseline's). For other
/// names throws `Error{Usage}` that lists these.
[[nodiscard]] ModelConfig presetConfig(const std::string& name);

/// Throws `Error{Input}` that names the missing, invalid or unknown key.
[[nodiscard]] ModelConfig parseModelConfig(const std::string& json);
[[nodiscard]] std::string toJson(const ModelConfig& config);

}  // namespace mcj
