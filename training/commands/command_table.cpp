#include "training/commands/command_table.h"

#include <algorithm>
#include <cstddef>
#include <vector>

namespace mcj {
namespace {

constexpr const char* kDeviceText =
    "device for computing: auto, cpu, cuda or cuda:N (default: auto)";
constexpr const char* kThreadsText = "threads for computing (default: one per core)";
constexpr const char* kCacheText =
    "memory for decoded images in GiB, per process, over all its shards (default: 4)";
constexpr const char* kMinutesText = "stop with a checkpoint after this many minutes";
constexpr const char* kQuietText = "print only errors and the result";

OptionDescription recipeOption() { return {{"--recipe"}, "FILE", "the recipe, a JSON file", {}}; }
OptionDescription deviceOption() {
    return {{"--device"}, "auto|cpu|cuda[:N]", kDeviceText, {"auto", "cpu", "cuda"}};
}
OptionDescription threadsOption() { return {{"--threads"}, "N", kThreadsText, {}}; }
OptionDescription cacheOption() { return {{"--cache-gib"}, "GIB", kCacheText, {}}; }
OptionDescription minutesOption() { return {{"--max-minutes"}, "M", kMinutesText, {}}; }
OptionDescription quietOption() { return {{"-q"}, "", kQuietText, {}}; }

CommandDescription fit() {
    CommandDescription command;
    command.words = {"fit"};
    command.usage = {
        "mcjepa-train fit --recipe FILE --run DIR [--pictures SHARD ...]"
        " [--clips [NAME=]SHARD ...] [OPTIONS]"};
    command.text =
        "Starts a run in DIR or resumes it. DIR/metrics.jsonl has one line per step. A run must be "
        "resumed with the same shards in the same order; their folder may change.";
    command.options = {recipeOption(),
                       {{"--run"}, "DIR", "the folder of the run", {}},
                       {{"--pictures"},
                        "SHARD",
                        "shard of images for synthetic scenes and content views; repeatable",
                        {}},
                       {{"--clips"},
                        "[NAME=]SHARD",
                        "shard of clips for pairs of real frames; repeatable. NAME is the name of "
                        "this set of clips in a recipe (default: the file's name)",
                        {}},
                       {{"--init"},
                        "MODEL",
                        "a shipped model or a checkpoint; a new run starts from those of its "
                        "weights that fit the recipe's model",
                        {}},
                       deviceOption(),
                       threadsOption(),
                       {{"--workers"}, "N", "threads that prepare each batch", {}},
                       {{"--distributed"},
                        "auto|none|mpi|nccl",
                        "how the processes of a run communicate (default: auto)",
                        {"auto", "none", "mpi", "nccl"}},
                       cacheOption(),
                       minutesOption(),
                       quietOption()};
    return command;
}

CommandDescription exportModel() {
    CommandDescription command;
    command.words = {"export"};
    command.usage = {"mcjepa-train export RUN_OR_CHECKPOINT -o FILE [--set KEY=VALUE ...]"};
    command.text = "Writes the weights to ship (float16) with recipe and notes in the header.";
    command.options = {{{"-o"}, "FILE", "the .safetensors file to write", {}},
                       {{"--set"}, "KEY=VALUE", "a note for the header; repeatable", {}}};
    return command;
}

CommandDescription inspect() {
    CommandDescription command;
    command.words = {"inspect"};
    command.usage = {"mcjepa-train inspect RUN [RUN ...] [-o FILE.svg] [--json]"};
    command.text =
        "Prints the progress, losses and errors of runs and draws their curves, several in one "
        "plot.";
    command.options = {{{"-o"}, "FILE.svg", "the plot to write", {}},
                       {{"--json"}, "", "print JSON", {}}};
    return command;
}

CommandDescription ablate() {
    CommandDescription command;
    command.words = {"ablate"};
    command.usage = {
        "mcjepa-train ablate flow-start|cycle|balance|sampling|vc|modes --recipe FILE"
        " -o DIR --pictures SHARD [OPTIONS]",
        "mcjepa-train ablate STUDY -o DIR [--scores FILE.jsonl ...]"};
    command.text =
        "Repeats a study of the paper: trains every point in DIR/STUDY, keeps finished runs, and "
        "writes table.md, table.json, plot.svg and models.txt, with the paper's figures for "
        "comparison. Without --recipe it writes these files again, with scores of "
        "`mcjepa evaluate --json` (docs/ablations.md).";
    command.options = {recipeOption(),
                       {{"-o"}, "DIR", "the folder of the study", {}},
                       {{"--pictures"}, "SHARD", "shard of images; repeatable", {}},
                       {{"--clips"}, "SHARD", "shard of clips; repeatable", {}},
                       {{"--points"}, "A,B,...", "only these points of the study", {}},
                       {{"--seeds"}, "N", "runs per point, each with its own seed", {}},
                       {{"--steps"}, "N", "steps per run, instead of the number in the recipe", {}},
                       deviceOption(),
                       threadsOption(),
                       cacheOption(),
                       minutesOption(),
                       {{"--dry-run"}, "", "print the runs, and train nothing", {}},
                       {{"--scores"}, "FILE.jsonl", "scores to add to the table; repeatable", {}},
                       quietOption()};
    return command;
}

CommandDescription probe() {
    CommandDescription command;
    command.words = {"probe"};
    command.usage = {
        "mcjepa-train probe --model FILE|random[:PRESET|:FILE]|colour"
        " (--train SHARD --test SHARD | --shard SHARD [--folds 4]) [OPTIONS]"};
    command.text =
        "Trains a linear head on frozen features and prints its segmentation scores (mIoU).";
    command.options = {
        {{"--model"},
         "FILE|random[:PRESET|:FILE]|colour",
         "the encoder whose features are used: a model file, an untrained one, or colour alone",
         {}},
        {{"--train"}, "SHARD", "labelled images to train on", {}},
        {{"--test"}, "SHARD", "labelled images to score", {}},
        {{"--shard"}, "SHARD", "labelled images for both, in folds", {}},
        {{"--folds"}, "N", "parts of --shard, each scored once (default: 4)", {}},
        {{"-o"}, "FILE", "also write the scores as JSON", {}},
        {{"--levels"}, "1,2,...", "feature levels, 1 to 6 (default: all)", {}},
        {{"--grid"}, "N", "feature level whose grid the head predicts on, 1 to 6 (default: 2)", {}},
        {{"--steps"}, "N", "training steps (default: 500)", {}},
        {{"--batch"}, "N", "images per step (default: 8)", {}},
        {{"--learning-rate"}, "R", "learning rate of the head (default: 0.01)", {}},
        {{"--weight-decay"}, "D", "weight decay of the head (default: 0.0001)", {}},
        {{"--seed"},
         "N",
         "seed of the order of the images and of an untrained encoder (default: 1)",
         {}},
        cacheOption(),
        deviceOption(),
        threadsOption(),
        quietOption()};
    return command;
}

/// Appends the words in lines of at most 100 columns, each after `indent` spaces.
void appendWrapped(std::string& text, const std::string& words, std::size_t indent) {
    constexpr std::size_t kColumns = 100;
    std::size_t column = 0;
    std::size_t at = 0;
    while (at < words.size()) {
        const std::size_t end = std::min(words.find(' ', at), words.size());
        const std::string word = words.substr(at, end - at);
        at = end + 1;
        if (column > 0 && column + 1 + word.size() > kColumns) {
            text += '\n';
            column = 0;
        }
        text += column == 0 ? std::string(indent, ' ') : " ";
        column += (column == 0 ? indent : 1) + word.size();
        text += word;
    }
    text += '\n';
}

}  // namespace

ProgramDescription trainProgram() {
    ProgramDescription program;
    program.name = "mcjepa-train";
    program.version = MCJ_VERSION;
    program.text = "trains MC-JEPA models by self-supervision";
    program.options = {{{"-h", "--help"}, "", "print this help", {}},
                       {{"--version"}, "", "print the version", {}}};
    program.commands = {fit(), exportModel(), inspect(), ablate(), probe()};
    CommandDescription manual;
    manual.words = {"manual"};
    manual.usage = {"mcjepa-train manual"};
    manual.text = "Prints the manual page of this program.";
    program.commands.push_back(manual);
    CommandDescription completion;
    completion.words = {"completion"};
    completion.usage = {"mcjepa-train completion bash|zsh|fish"};
    completion.text = "Prints the script with which a shell completes this command line.";
    program.commands.push_back(completion);
    program.footer =
        "Shards are made by `mcjepa pack`. Exit codes: 0 done, 2 usage, 3 input, 4 device, 5 "
        "interrupted.";
    return program;
}

std::string helpText(const ProgramDescription& program) {
    std::string text = program.name + ": " + program.text + "\n";
    const auto addOptions = [&text](const std::vector<OptionDescription>& options,
                                    std::size_t indent) {
        for (const OptionDescription& option : options) {
            std::string line;
            for (const std::string& name : option.names) line += (line.empty() ? "" : ", ") + name;
            if (!option.value.empty()) line += ' ' + option.value;
            appendWrapped(text, line + ": " + option.text, indent);
        }
    };
    for (const CommandDescription& command : program.commands) {
        text += '\n';
        for (const std::string& line : command.usage) appendWrapped(text, line, 2);
        appendWrapped(text, command.text, 6);
        addOptions(command.options, 8);
    }
    text += '\n';
    addOptions(program.options, 2);
    text += '\n';
    appendWrapped(text, program.footer, 0);
    return text;
}

}  // namespace mcj
