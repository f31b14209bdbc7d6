#include "app/cli_commands/sequence_choice.h"

#include <algorithm>

#include "media/base/error.h"
#include "media/base/file_extension.h"
#include "media/io/folder_walk.h"
#include "media/io/natural_order.h"
#include "segmentation/mask_formats/davis.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

bool holdsPng(const fs::path& folder) {
    const std::vector<fs::path> files = filesIn(folder);
    return std::any_of(files.begin(), files.end(), [](const fs::path& file) {
        return lowerExtension(file) == ".png" && !file.filename().string().starts_with('.');
    });
}

std::vector<TruthSequence> plainTruth(const fs::path& root) {
    std::vector<TruthSequence> found;
    const auto addFolder = [&](const fs::path& folder) {
        const fs::path masks = maskFolderIn(folder);
        if (masks.empty()) return;
        found.push_back({fs::weakly_canonical(folder).filename().string(), listMaskFiles(masks)});
    };
    addFolder(root);
    if (!found.empty()) return found;
    for (const auto& entry : fs::directory_iterator(root)) {
        std::error_code ignored;
        if (entry.is_directory(ignored)) addFolder(entry.path());
    }
    std::sort(found.begin(), found.end(),
              [](const auto& a, const auto& b) { return naturalLess(a.name, b.name); });
    return found;
}

/// Sequences with their frames beside the masks; empty if the folder has another layout.
std::vector<TruthSequence> truthWithFrames(const fs::path& root) {
    std::vector<SequenceLayout> layouts;
    try {
        layouts = discoverSequences(root);
    } catch (const Error& error) {
        if (error.code() != ErrorCode::Input) throw;
        return {};
    }
    std::vector<TruthSequence> found;
    for (const SequenceLayout& layout : layouts) {
        TruthSequence& sequence = found.emplace_back();
        sequence.name = layout.name;
        sequence.everyFrame = layout.fullTruth();
        for (const FrameMaskFile& mask : layout.masks) sequence.masks.push_back(mask.path);
    }
    return found;
}

}  // namespace

fs::path maskFolderIn(const fs::path& folder) {
    if (holdsPng(folder / "masks")) return folder / "masks";
    return holdsPng(folder) ? folder : fs::path{};
}

bool matchesName(const std::string& pattern, const std::string& name) {
    std::size_t p = 0;
    std::size_t n = 0;
    std::size_t star = std::string::npos;
    std::size_t resume = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != std::string::npos) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool isChosen(const MaskTruthOptions& options, const std::string& sequence) {
    if (options.split && halfOf(SplitItems::MaskSequences, sequence) != options.split) return false;
    return options.only.empty() ||
           std::any_of(options.only.begin(), options.only.end(),
                       [&](const auto& pattern) { return matchesName(pattern, sequence); });
}

std::vector<SequenceLayout> chosenSequences(CommandContext& context,
                                            std::vector<SequenceLayout> sequences,
                                            const MaskTruthOptions& options) {
    if (options.split) {
        std::vector<std::string> names;
        for (const SequenceLayout& sequence : sequences) names.push_back(sequence.name);
        tellSplit(context, SplitItems::MaskSequences, *options.split, names);
    }
    std::erase_if(sequences, [&](const SequenceLayout& sequence) {
        return !isChosen(options, sequence.name);
    });
    if (!sequences.empty()) return sequences;
    throw Error(ErrorCode::Usage, "--only selects none of the sequences",
                "Give names of sequences, or omit --only; * matches any characters.");
}

bool hasClasses(const MaskTruthOptions& options, const std::string& sequence) {
    return std::any_of(options.classSequences.begin(), options.classSequences.end(),
                       [&](const auto& pattern) { return matchesName(pattern, sequence); });
}

MaskScoreOptions scoreOptionsOf(const MaskTruthOptions& options, const std::string& sequence) {
    if (!hasClasses(options, sequence)) return {};
    MaskScoreOptions scoring = camVidScoreOptions();
    scoring.voidLabel = static_cast<std::uint8_t>(options.classVoid);
    return scoring;
}

std::vector<TruthSequence> findTruth(const fs::path& root) {
    std::error_code ignored;
    if (!fs::is_directory(root, ignored)) {
        throw Error(ErrorCode::Input, root.string() + " is not a folder",
                    "Give the folder that contains the ground-truth masks.");
    }
    std::vector<TruthSequence> found = truthWithFrames(root);
    if (found.empty()) found = plainTruth(root);
    if (found.empty()) {
        throw Error(
            ErrorCode::Input, "no ground-truth masks in " + root.string(),
            "Ground-truth masks are PNGs in NAME/ or NAME/masks/, or laid out as in DAVIS.");
    }
    return found;
}

std::vector<fs::path> findResults(const fs::path& root, const std::string& name, Company company) {
    fs::path folder = maskFolderIn(root / name);
    if (folder.empty() && company == Company::Alone) folder = maskFolderIn(root);
    return folder.empty() ? std::vector<fs::path>{} : listMaskFiles(folder);
}

}  // namespace mcj
