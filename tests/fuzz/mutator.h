#pragma once

#include <random>

#include "tests/fuzz/fuzz_target.h"

namespace mcj::fuzz {

/// Makes damaged files out of valid ones; the same numbers for the same seed on every machine.
class Mutator {
public:
    explicit Mutator(std::uint64_t seed) : random_(seed) {}

    /// One to six changes: bits, bytes, numbers at the edges of their types, digits, pieces cut
    /// out, doubled or taken from `other`, and the end cut off.
    [[nodiscard]] Bytes mutate(Bytes bytes, const Bytes& other);

private:
    [[nodiscard]] std::size_t below(std::size_t bound);
    void change(Bytes& bytes, const Bytes& other);
    void putNumber(Bytes& bytes);

    std::mt19937_64 random_;
};

}  // namespace mcj::fuzz
