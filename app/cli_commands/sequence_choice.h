#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "app/cli_commands/evaluate_masks.h"
#include "segmentation/mask_formats/davis.h"
#include "segmentation/mask_metrics.h"

namespace mcj {

/// `folder/masks` or `folder` itself, whichever contains PNGs; empty if neither does.
[[nodiscard]] std::filesystem::path maskFolderIn(const std::filesystem::path& folder);

/// Whether `pattern`, in which * matches any characters, matches the whole of `name`.
[[nodiscard]] bool matchesName(const std::string& pattern, const std::string& name);

/// Whether `--only` names the sequence or is empty, and the sequence is in the half of `--split`.
[[nodiscard]] bool isChosen(const MaskTruthOptions& options, const std::string& sequence);

/// Whether the labels of the sequence are classes.
[[nodiscard]] bool hasClasses(const MaskTruthOptions& options, const std::string& sequence);

/// How the sequence is scored: objects with 255 as void, or classes.
[[nodiscard]] MaskScoreOptions scoreOptionsOf(const MaskTruthOptions& options,
                                              const std::string& sequence);

/// Those of `sequences` that the options choose; says which half is evaluated. Throws
/// `Error{Usage}` where none is left.
[[nodiscard]] std::vector<SequenceLayout> chosenSequences(CommandContext& context,
                                                          std::vector<SequenceLayout> sequences,
                                                          const MaskTruthOptions& options);

/// The true masks of one sequence on disk.
struct TruthSequence {
    std::string name;
    std::vector<std::filesystem::path> masks;  ///< in the order of frames
    bool everyFrame = true;                    ///< false if some frames are known to lack truth
};

/// The true masks below a folder: sequences with frames/ and masks/, DAVIS, a folder of folders of
/// PNGs, or one folder of PNGs. Throws `Error{Input}`.
[[nodiscard]] std::vector<TruthSequence> findTruth(const std::filesystem::path& root);

/// Whether the ground truth is one sequence or several.
enum class Company { Alone, OneOfSeveral };
/// The PNGs of a sequence among results: in ROOT/NAME/, ROOT/NAME/masks/, or, for a sequence that
/// is `Company::Alone`, in ROOT or ROOT/masks. Empty if there are none.
[[nodiscard]] std::vector<std::filesystem::path> findResults(const std::filesystem::path& root,
                                                             const std::string& name,
                                                             Company company);

}  // namespace mcj
