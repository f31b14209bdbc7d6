#include "media/base/instruction_set.h"

#include <algorithm>
#include <cstdlib>
#include <initializer_list>
#include <string_view>

namespace mcj {

const char* instructionSetName(InstructionSet set) noexcept {
    switch (set) {
    case InstructionSet::V4: return "v4";
    case InstructionSet::V3: return "v3";
    case InstructionSet::Baseline: break;
    }
    return "baseline";
}

InstructionSet supportedInstructionSet() noexcept {
#if defined(__x86_64__)
    // The features that x86-64-v4 and v3 add where our loops use them.
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
        __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512cd")) {
        return InstructionSet::V4;
    }
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
        __builtin_cpu_supports("bmi2") && __builtin_cpu_supports("f16c")) {
        return InstructionSet::V3;
    }
#endif
    return InstructionSet::Baseline;
}

InstructionSet loweredInstructionSet(InstructionSet supported, const char* asked) noexcept {
    if (asked == nullptr) return supported;
    for (const InstructionSet set :
         {InstructionSet::Baseline, InstructionSet::V3, InstructionSet::V4}) {
        if (std::string_view(asked) == instructionSetName(set)) return std::min(set, supported);
    }
    return supported;
}

InstructionSet instructionSet() noexcept {
    static const InstructionSet chosen =
        loweredInstructionSet(supportedInstructionSet(), std::getenv("MCJ_ISA"));
    return chosen;
}

}  // namespace mcj
