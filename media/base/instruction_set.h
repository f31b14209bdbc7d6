#pragma once

namespace mcj {

/// Levels of x86-64 that CPU kernels are compiled for; each includes those before it. Other
/// processors only have the first.
enum class InstructionSet { Baseline, V3, V4 };

/// "baseline", "v3" or "v4".
[[nodiscard]] const char* instructionSetName(InstructionSet set) noexcept;

/// The highest level of this processor.
[[nodiscard]] InstructionSet supportedInstructionSet() noexcept;

/// `supported`, or the level that `asked` names if that is lower, because a processor cannot run a
/// higher one. Unknown names and null change nothing.
[[nodiscard]] InstructionSet loweredInstructionSet(InstructionSet supported,
                                                   const char* asked) noexcept;

/// The level that this process's kernels use: the processor's, lowered to the one in the
/// environment variable MCJ_ISA, so that a test can run the kernels of lower levels. Read at the
/// first call.
[[nodiscard]] InstructionSet instructionSet() noexcept;

}  // namespace mcj
