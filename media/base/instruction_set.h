#pragma once

namespace mcj {

/// Levels of x86-64 that CPU kernels are compiled for, each with all of the ones before it. Other
/// processors have the first alone.
enum class InstructionSet { Baseline, V3, V4 };

/// "baseline", "v3" or "v4".
[[nodiscard]] const char* instructionSetName(InstructionSet set) noexcept;

/// The highest that this processor has.
[[nodiscard]] InstructionSet supportedInstructionSet() noexcept;

/// `supported`, or the one that `asked` names where that is lower: a processor cannot be given what
/// it lacks. Other words, and null, change nothing.
[[nodiscard]] InstructionSet loweredInstructionSet(InstructionSet supported,
                                                   const char* asked) noexcept;

/// What this process's kernels use: the processor's, lowered to what the environment's MCJ_ISA asks
/// for, so that a test can run the kernels of lesser processors. Read at the first call.
[[nodiscard]] InstructionSet instructionSet() noexcept;

}  // namespace mcj
