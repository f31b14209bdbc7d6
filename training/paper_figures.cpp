#include "training/paper_figures.h"

namespace mcj {

PaperStudy paperStudy(const std::string& study) {
    constexpr auto none = std::nullopt;
    if (study == "flow-start") {
        return {{},
                PaperChoice{0.1, "the paper's best: epoch 10 of 100"},
                "Fig. 5 (1): of 100 epochs, the 10th is the best for starting the flow task. The "
                "curve itself is not known."};
    }
    if (study == "cycle") {
        return {
            {},
            PaperChoice{0.2, "a reimplementation's choice: 0.2"},
            "Fig. 5 (2): both tasks are sensitive to the weight. The curve and the paper's choice "
            "are not known; a reimplementation uses 0.2."};
    }
    if (study == "balance") {
        return {
            {},
            PaperChoice{0.1, "the paper's best: 0.1"},
            "Fig. 5 (3): up to 0.1 both tasks gain, above it segmentation falls sharply. The curve "
            "itself is not known."};
    }
    if (study == "sampling") {
        return {{{"combined", 2.67, 67.1, none},
                 {"batch-alternation", 2.78, 67.1, none},
                 {"epoch-alternation", 4.54, 63.5, none, FigureSource::Recalled}},
                none,
                "Table 5: the combined loss is the best. One digest names batch alternation "
                "instead, which contradicts the figures in another digest."};
    }
    if (study == "vc") {
        return {
            {{"none", 3.41, 47.3, 37.8}, {"warmup-1", 2.67, 67.1, 70.5}},
            none,
            "Table 11: without the terms both tasks fall far behind (one digest says that training "
            "crashes); on the last layer alone they prevent collapse but do less; a warm-up of two "
            "epochs is worse than a warm-up of one. The other figures are not known."};
    }
    if (study == "modes") {
        return {{{"mc-jepa", 2.67, 67.1, 70.5},
                 {"m-jepa", 3.01, none, none},
                 {"vicreg", none, 60.1, 58.1}},
                none,
                "Table 1, the paper's claim: each task improves the other."};
    }
    return {{}, none, "The paper has no such study."};
}

std::string sourceName(FigureSource source) {
    return source == FigureSource::Digest ? "digest" : "recalled";
}

}  // namespace mcj
