#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "app/cli_commands/command_context.h"
#include "app/cli_commands/commands.h"
#include "app/cli_commands/mask_options.h"
#include "app/cli_commands/named_masks.h"
#include "app/cli_commands/text_layout.h"
#include "media/base/size_text.h"
#include "media/io/atomic_file.h"
#include "segmentation/project_comparison.h"
#include "segmentation/project_match.h"
#include "segmentation/project_merge.h"

namespace mcj {
namespace {

namespace fs = std::filesystem;

/// The frames on which the projects agree least, in the table for people.
constexpr std::size_t kWorstFrames = 10;

/// Two projects and how their objects belong together, as it was typed.
struct PairLine {
    std::string a;
    std::string b;
    std::string match = "number";
    bool anyClip = false;
};

struct CompareLine {
    PairLine pair;
    std::string csv;
};

struct CompareMasksLine {
    std::string a;
    std::string b;
    std::string clip;
    std::string csv;
    MaskReading reading;
};

struct MergeLine {
    PairLine pair;
    std::string output;
    std::string prefer = "a";
    std::vector<std::string> objects;
};

struct ProjectPair {
    ProjectContent a;
    ProjectState b;  ///< with the numbers of A
};

void addPair(CLI::App& command, PairLine& pair) {
    command.add_option("A", pair.a, "A project file (.mcjepa)")->required();
    command.add_option("B", pair.b, "Another project of the same clip")->required();
    command
        .add_option("--match", pair.match,
                    "How objects of the two projects are matched: by number or by name")
        ->check(CLI::IsMember({"number", "name"}))
        ->capture_default_str();
    command.add_flag(
        "--any-clip", pair.anyClip,
        "Allow videos that differ, such as a re-encoded one; frames are matched by number");
}

ProjectPair readPair(CommandContext& context, const PairLine& line) {
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "commands on projects have no --dry-run",
                    "These commands take only seconds; leave --dry-run out.");
    }
    ProjectPair pair{ProjectFile::read(line.a), {}};
    const ProjectContent b = ProjectFile::read(line.b);
    const std::string difference = clipDifference(pair.a.video, b.video);
    if (!difference.empty()) {
        // Masks of another size cannot be laid over each other.
        if (!line.anyClip || pair.a.video.size != b.video.size) {
            throw Error(ErrorCode::Input,
                        line.a + " and " + line.b + " are not of the same clip. " + difference,
                        "Give projects of one clip; --any-clip skips this check for frames of the "
                        "same size.");
        }
        context.warn("the projects are not of the same clip. " + difference);
    }
    if (line.match == "name") {
        const ObjectNumbers numbers = numbersByName(pair.a.state.objects, b.state.objects);
        pair.b = renumbered(b.state, numbers, context.stopToken());
    } else {
        pair.b = b.state;
    }
    return pair;
}

std::string nameOf(const ProjectState& a, const ProjectState& b, ObjectId id) {
    const MaskObject* row = a.objects.find(id);
    if (row == nullptr) row = b.objects.find(id);
    return row == nullptr ? defaultObject(id).name : row->name;
}

void printComparison(CommandContext& context, const ProjectState& a, const ProjectState& b,
                     const ProjectComparison& comparison) {
    TextTable objects(
        {Align::Right, Align::Left, Align::Right, Align::Right, Align::Right, Align::Right});
    objects.add({"object", "name", "frames", "mean IoU", "least", "at frame"});
    for (const ObjectSummary& row : comparison.objects) {
        objects.add({std::to_string(row.object), nameOf(a, b, row.object),
                     std::to_string(row.frames), numberText(row.meanIou, 4),
                     numberText(row.leastIou, 4), std::to_string(row.leastFrame)});
    }
    context.text() << objects.text();
    std::vector<FrameAgreement> worst = comparison.frames;
    const std::size_t shown = std::min(worst.size(), kWorstFrames);
    std::partial_sort(
        worst.begin(), worst.begin() + static_cast<std::ptrdiff_t>(shown), worst.end(),
        [](const FrameAgreement& one, const FrameAgreement& two) { return one.iou() < two.iou(); });
    TextTable frames({Align::Right, Align::Right});
    frames.add({"frame", "IoU"});
    for (std::size_t i = 0; i < shown; ++i) {
        frames.add({std::to_string(worst[i].frame), numberText(worst[i].iou(), 4)});
    }
    context.text() << "\nThe frames that differ most:\n" << frames.text();
    context.text() << "\nmean IoU " << numberText(comparison.meanIou(), 4) << " over "
                   << comparison.objects.size() << " objects; masks only in A: " << comparison.onlyA
                   << " frames, only in B: " << comparison.onlyB << '\n';
}

void requireNewTable(CommandContext& context, const std::string& csv) {
    if (csv.empty() || context.overwrite() || !fs::exists(csv)) return;
    throw Error(ErrorCode::Usage, csv + " already exists",
                "Choose another file with -o, or pass --overwrite.");
}

/// Prints and emits how far they agree. `csv`: the table to write; empty: none.
void tellAgreement(CommandContext& context, const ProjectState& a, const ProjectState& b,
                   const std::string& csv) {
    const ProjectComparison comparison = compareProjects(a, b, context.progress("comparing"));
    context.endProgress();
    for (const FrameAgreement& frame : comparison.frames) {
        nlohmann::json objects = nlohmann::json::array();
        for (const ObjectAgreement& object : frame.objects) {
            objects.push_back({{"object", object.object},
                               {"name", nameOf(a, b, object.object)},
                               {"iou", object.iou()},
                               {"area_a_px", object.areaA},
                               {"area_b_px", object.areaB}});
        }
        context.emit("result",
                     {{"frame", frame.frame}, {"iou", frame.iou()}, {"objects", objects}});
    }
    if (!csv.empty()) {
        ObjectTable names = a.objects;
        for (const MaskObject& object : b.objects.rows()) {
            if (names.find(object.id) == nullptr) names.set(object);
        }
        writeTextAtomically(csv, comparisonCsv(comparison, names));
    }
    printComparison(context, a, b, comparison);
    context.emit("summary", {{"frames", comparison.frames.size()},
                             {"objects", comparison.objects.size()},
                             {"mean_iou", comparison.meanIou()},
                             {"only_a", comparison.onlyA},
                             {"only_b", comparison.onlyB}});
}

void compare(CommandContext& context, const CompareLine& line) {
    requireNewTable(context, line.csv);
    const ProjectPair pair = readPair(context, line.pair);
    tellAgreement(context, pair.a.state, pair.b, line.csv);
}

void compareMasks(CommandContext& context, const CompareMasksLine& line) {
    if (context.dryRun()) {
        throw Error(ErrorCode::Usage, "compare-masks has no --dry-run", "Leave it out.");
    }
    requireNewTable(context, line.csv);
    const NamedMasks a = readNamedMasks(context, line.a, line.clip, line.reading);
    const NamedMasks b = readNamedMasks(context, line.b, line.clip, line.reading);
    if (a.size != b.size) {
        throw Error(ErrorCode::Input,
                    "the masks of " + line.a + " are " + sizeText(a.size) + ", those of " + line.b +
                        " " + sizeText(b.size),
                    "Give masks of one clip, of the same size.");
    }
    tellAgreement(context, a.state, b.state, line.csv);
}

MergeRules rulesOf(const MergeLine& line) {
    MergeRules rules;
    rules.otherwise = line.prefer == "a" ? MergeSide::A : MergeSide::B;
    for (const std::string& choice : line.objects) {
        const auto equals = choice.find('=');
        const std::string side = equals == std::string::npos ? "" : choice.substr(equals + 1);
        const std::string number = choice.substr(0, equals);
        const bool digits = !number.empty() && number.size() <= 3 &&
                            number.find_first_not_of("0123456789") == std::string::npos;
        const int id = digits ? std::stoi(number) : 0;
        if (id < 1 || id >= kVoid || (side != "a" && side != "b")) {
            throw Error(ErrorCode::Usage,
                        "--object " + choice + " is not of the form NUMBER=a or NUMBER=b",
                        "Write the object's number in A, 1 to 254, and a side: --object 2=b.");
        }
        const bool first =
            rules.objects
                .emplace(static_cast<ObjectId>(id), side == "a" ? MergeSide::A : MergeSide::B)
                .second;
        if (!first) {
            throw Error(ErrorCode::Usage, "--object names object " + number + " twice",
                        "Name each object once.");
        }
    }
    return rules;
}

/// The path of the video from the folder of the merged project.
std::string relativeTo(const std::string& video, const fs::path& project) {
    if (video.empty() || !fs::path(video).is_absolute()) return {};
    return fs::path(video).lexically_relative(fs::absolute(project).parent_path()).string();
}

void merge(CommandContext& context, const MergeLine& line) {
    const MergeRules rules = rulesOf(line);
    const fs::path output(line.output);
    if (fs::exists(output)) {
        throw Error(ErrorCode::Usage, line.output + " already exists",
                    "Choose another file with -o; a project is not replaced.");
    }
    const ProjectPair pair = readPair(context, line.pair);
    MergeResult merged = mergeProjects(pair.a, pair.b, rules, context.stopToken());
    merged.content.video.relative = relativeTo(merged.content.video.path, output);
    (void)ProjectFile::create(output, merged.content);
    for (const MergeConflict& conflict : merged.conflicts) {
        context.emit("result", {{"subject", conflict.subject.name()}, {"what", conflict.what}});
        context.text() << "conflict: " << conflict.subject.name() << ": " << conflict.what << '\n';
    }
    context.text() << line.output << ": " << merged.equal << " frames are equal, " << merged.onlyA
                   << " only in A, " << merged.onlyB << " only in B; of those that differ, "
                   << merged.fromA << " were taken from A and " << merged.fromB << " from B; "
                   << merged.conflicts.size() << " conflicts\n";
    context.emit("summary", {{"file", line.output},
                             {"equal", merged.equal},
                             {"only_a", merged.onlyA},
                             {"only_b", merged.onlyB},
                             {"from_a", merged.fromA},
                             {"from_b", merged.fromB},
                             {"conflicts", merged.conflicts.size()}});
}

}  // namespace

void addProjectCommands(CLI::App& app, CommandContext& context) {
    auto* comparing =
        app.add_subcommand("compare-projects",
                           "Compares the masks of two projects of one clip: IoU per frame and "
                           "object");
    const auto compareLine = std::make_shared<CompareLine>();
    addPair(*comparing, compareLine->pair);
    comparing->add_option("-o,--output", compareLine->csv,
                          "Also write a CSV file with a row for each object of each frame");
    comparing->callback([&context, compareLine] {
        context.setAction([&context, compareLine] { compare(context, *compareLine); });
    });

    auto* files = app.add_subcommand(
        "compare-masks",
        "Compares two sets of masks of one clip, of this or other programs: IoU per frame and "
        "object");
    const auto filesLine = std::make_shared<CompareMasksLine>();
    files->add_option("A", filesLine->a, "A project (.mcjepa), or a folder or file of masks")
        ->required();
    files->add_option("B", filesLine->b, "The same; objects belong together by their numbers")
        ->required();
    files->add_option("--clip", filesLine->clip,
                      "The video or folder of images that the masks belong to: masks are matched "
                      "to the images by name, or in order where there are as many as frames "
                      "(default: by the number in their name)");
    files->add_option("-o,--output", filesLine->csv,
                      "Also write a CSV file with a row for each object of each frame");
    addMaskThreshold(*files, filesLine->reading);
    files->callback([&context, filesLine] {
        context.setAction([&context, filesLine] { compareMasks(context, *filesLine); });
    });

    auto* merging = app.add_subcommand(
        "merge-projects",
        "Merges two projects of one clip. A frame whose masks differ is taken from the project in "
        "which it is locked, otherwise done, otherwise painted or imported; a frame for which no "
        "rule decides is listed and marked as doubtful");
    const auto mergeLine = std::make_shared<MergeLine>();
    addPair(*merging, mergeLine->pair);
    merging->add_option("-o,--output", mergeLine->output, "The new project file")->required();
    merging
        ->add_option("--prefer", mergeLine->prefer,
                     "The project that is used where no rule decides: a or b")
        ->check(CLI::IsMember({"a", "b"}))
        ->capture_default_str();
    merging->add_option(
        "--object", mergeLine->objects,
        "NUMBER=a or NUMBER=b: take the pixels of this object from project A or B on all frames of "
        "that project, except locked frames; can be given for several objects");
    merging->callback([&context, mergeLine] {
        context.setAction([&context, mergeLine] { merge(context, *mergeLine); });
    });
}

}  // namespace mcj
