// Feeds damaged files to every reader of ours under AddressSanitizer and UBSan. Deterministic: the
// same inputs on every run, so a failure is repeated by running it again.
//
//   fuzz_readers                    all targets, their own count of inputs
//   fuzz_readers NAME [COUNT]       one target, COUNT inputs
//   fuzz_readers NAME -- FILE       one target, one file, as written on a failure

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <fstream>
#include <string>
#include <utility>

#include "media/base/error.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/mutator.h"

// A lie in a header must be found before memory is taken: one allocation of this size is a defect.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() {
    return "max_allocation_size_mb=1024:allocator_may_return_null=0:detect_leaks=1";
}

namespace {

using mcj::fuzz::Bytes;
using mcj::fuzz::FuzzTarget;

constexpr const char* kFailureFile = "fuzz_readers.failure";
// Of the processor, for one small file; the sanitizers slow down tenfold.
constexpr double kLongestSecs = 5.0;

std::vector<FuzzTarget> allTargets() {
    std::vector<FuzzTarget> targets = mcj::fuzz::mediaTargets();
    for (auto&& target : mcj::fuzz::segmentationTargets()) targets.push_back(std::move(target));
    for (auto&& target : mcj::fuzz::modelTargets()) targets.push_back(std::move(target));
    return targets;
}

enum class Verdict { Read, Refused, Failed };

Verdict runOne(const FuzzTarget& target, const Bytes& input) {
    const std::clock_t start = std::clock();
    Verdict verdict = Verdict::Read;
    try {
        target.read(input);
    } catch (const mcj::Error& error) {
        verdict = Verdict::Refused;
        if (error.code() != mcj::ErrorCode::Input || std::string(error.what()).empty()) {
            std::fprintf(stderr, "%s: error code %d: %s\n", target.name.c_str(),
                         static_cast<int>(error.code()), error.what());
            return Verdict::Failed;
        }
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s: threw something else: %s\n", target.name.c_str(), error.what());
        return Verdict::Failed;
    }
    const double secs = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (secs > kLongestSecs) {
        std::fprintf(stderr, "%s: took %.1f s\n", target.name.c_str(), secs);
        return Verdict::Failed;
    }
    return verdict;
}

void keep(const Bytes& input) {
    std::ofstream(kFailureFile, std::ios::binary)
        .write(reinterpret_cast<const char*>(input.data()), std::ssize(input));
}

/// Whether all went well.
bool fuzz(const FuzzTarget& target, int inputs) {
    for (const Bytes& seed : target.seeds) {
        if (runOne(target, seed) != Verdict::Read) {
            std::fprintf(stderr, "%s: a valid file is not read\n", target.name.c_str());
            return false;
        }
    }
    mcj::fuzz::Mutator mutator(0x6d636a);
    int read = 0;
    for (int i = 0; i < inputs; ++i) {
        const auto pick = static_cast<std::size_t>(i);
        const Bytes& seed = target.seeds[pick % target.seeds.size()];
        const Bytes& other = target.seeds[(pick + 1) % target.seeds.size()];
        Bytes input = mutator.mutate(seed, other);
        // Every other input keeps its wrong checksum.
        if (target.repair && i % 2 == 0) target.repair(input);
        // A sanitizer ends the process at once: what it ended on must lie on the disk by then.
        if (std::getenv("MCJ_FUZZ_KEEP") != nullptr) keep(input);
        const Verdict verdict = runOne(target, input);
        if (verdict == Verdict::Failed) {
            keep(input);
            std::fprintf(stderr, "%s: input %d failed, kept in %s\n", target.name.c_str(), i,
                         kFailureFile);
            return false;
        }
        if (verdict == Verdict::Read) ++read;
    }
    std::printf("%-12s %6d inputs, %5d read, %5d refused\n", target.name.c_str(), inputs, read,
                inputs - read);
    // Nothing read or nothing refused means that the mutations do not reach the reader.
    return read > 0 && read < inputs;
}

}  // namespace

int main(int argc, char** argv) {
    const std::string only = argc > 1 ? argv[1] : "";
    bool ok = true;
    bool any = false;
    for (const FuzzTarget& target : allTargets()) {
        if (!only.empty() && target.name != only) continue;
        any = true;
        if (argc > 3 && std::string(argv[2]) == "--") {
            std::ifstream file(argv[3], std::ios::binary);
            const Bytes input{std::istreambuf_iterator<char>(file), {}};
            ok = runOne(target, input) != Verdict::Failed && ok;
        } else {
            ok = fuzz(target, argc > 2 ? std::atoi(argv[2]) : target.inputs) && ok;
        }
    }
    if (!any) std::fprintf(stderr, "no target is called '%s'\n", only.c_str());
    return ok && any ? EXIT_SUCCESS : EXIT_FAILURE;
}
