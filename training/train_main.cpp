#include <iostream>
#include <string>

#include "media/base/error.h"
#include "media/base/passive_threads.h"
#include "training/commands/commands.h"
#include "training/kept_memory.h"

namespace {

constexpr const char* kUsage =
    R"(mcjepa-train: trains MC-JEPA models by self-supervision

  mcjepa-train fit --recipe FILE --run DIR [--pictures SHARD ...] [--clips [NAME=]SHARD ...]
                   [--init MODEL] [--device auto|cpu|cuda[:N]] [--threads N] [--workers N]
                   [--distributed auto|none|mpi|nccl] [--cache-gib 4] [--max-minutes M] [-q]
      Starts a run in DIR or resumes it. DIR/metrics.jsonl has one line per step. Pictures are used
      for synthetic scenes and content views, clips for real pairs; a recipe repeats a set of clips
      by its NAME (default: the file's name). A new run starts from those weights of MODEL (shipped
      or a checkpoint) that fit. --workers: threads that prepare each batch. --cache-gib: memory for
      decoded pictures, per process, over all its shards. A run must be resumed with the same shards
      in the same order; their folder may change.
  mcjepa-train export RUN_OR_CHECKPOINT -o FILE [--set KEY=VALUE ...]
      Writes the weights to ship (float16) with recipe and notes in the header.
  mcjepa-train inspect RUN [RUN ...] [-o FILE.svg] [--json]
      Prints the progress, losses and errors of runs and draws their curves, several in one plot.
  mcjepa-train ablate flow-start|cycle|balance|sampling|vc|modes --recipe FILE -o DIR
                      --pictures SHARD [--clips SHARD] [--points A,B,...] [--seeds N] [--steps N]
                      [--device auto|cpu|cuda[:N]] [--threads N] [--cache-gib 4]
                      [--max-minutes M] [--dry-run] [-q]
      Repeats a study of the paper: trains every point in DIR/STUDY, keeps finished runs, and writes
      table.md, table.json, plot.svg and models.txt, with the paper's figures for comparison.
  mcjepa-train ablate STUDY -o DIR [--scores FILE.jsonl ...]
      Writes these files again, with scores of `mcjepa evaluate --json` (docs/ablations.md).
  mcjepa-train probe --model FILE|random[:PRESET|:FILE]|colour (--train SHARD --test SHARD |
                   --shard SHARD [--folds 4]) [-o FILE] [--levels 1,2,3,4,5,6] [--grid 2]
                   [--steps N] [--batch N] [--learning-rate R] [--weight-decay D] [--seed N]
                   [--cache-gib 4]
                   [--device auto|cpu|cuda[:N]] [--threads N] [-q]
      Trains a linear head on frozen features and prints its segmentation scores (mIoU).
  mcjepa-train --version

Shards are made by `mcjepa pack`. Exit codes: 0 done, 2 usage, 3 input, 4 device, 5 interrupted.
)";

struct Command {
    const char* name;
    int (*run)(mcj::Arguments&);
};

constexpr Command kCommands[] = {
    {"fit", mcj::fitCommand},         {"export", mcj::exportCommand},
    {"inspect", mcj::inspectCommand}, {"ablate", mcj::ablateCommand},
    {"probe", mcj::probeCommand},
};

int run(int argc, char** argv) {
    mcj::Arguments arguments(argc, argv);
    if (arguments.takeFlag("--version")) {
        std::cout << "mcjepa-train " << MCJ_VERSION << "\n";
        return 0;
    }
    if (arguments.takeFlag("--help") || arguments.takeFlag("-h") || argc < 2) {
        std::cout << kUsage;
        return argc < 2 ? 2 : 0;
    }
    const std::string name = arguments.takePositional("a command");
    std::string names;
    for (const Command& command : kCommands) {
        if (name == command.name) return command.run(arguments);
        names += (names.empty() ? "" : ", ") + std::string(command.name);
    }
    throw mcj::Error(mcj::ErrorCode::Usage, "unknown command " + name,
                     "Commands are " + names + ".");
}

}  // namespace

int main(int argc, char** argv) {
    mcj::keepFreedMemory();
    try {
        return run(argc, argv);
    } catch (const mcj::Error& error) {
        std::cerr << "error: " << error.what() << "\n";
        if (!error.hint().empty()) std::cerr << error.hint() << "\n";
        return static_cast<int>(error.code());
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << "\n";
        return 1;
    }
}
