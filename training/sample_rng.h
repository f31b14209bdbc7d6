#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace mcj {

/// Random numbers of one training sample. The stream depends only on the key (seed, epoch or step,
/// sample), so a sample does not depend on the thread that makes it or on the rest of its batch.
/// Counter-based: SplitMix64 (Steele, Lea and Flood 2014) over a hashed key.
class SampleRng {
public:
    SampleRng(std::uint64_t seed, std::uint64_t step, std::uint64_t sample)
        : state_(mix(seed + kGolden * mix(step + kGolden * mix(sample + kGolden)))) {}

    [[nodiscard]] std::uint64_t bits() { return mix(state_ += kGolden); }

    /// In [0, 1).
    [[nodiscard]] double uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
    [[nodiscard]] double uniform(double low, double high) { return low + (high - low) * uniform(); }
    /// In [low, high], uniform.
    [[nodiscard]] int integer(int low, int high) {
        return low + static_cast<int>(uniform() * (high - low + 1));
    }
    [[nodiscard]] bool happens(double probability) { return uniform() < probability; }
    [[nodiscard]] double logUniform(double low, double high) {
        return low * std::exp(uniform() * std::log(high / low));
    }
    [[nodiscard]] double angle() { return uniform(0.0, 2.0 * std::numbers::pi); }
    /// Mean 0, deviation `sigma` (Box and Muller; the second value is not kept, for simplicity).
    [[nodiscard]] double normal(double sigma) {
        const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
        return sigma * radius * std::cos(angle());
    }
    /// Mean 0, mean absolute value `scale`.
    [[nodiscard]] double laplace(double scale) {
        const double magnitude = -scale * std::log(1.0 - uniform());
        return happens(0.5) ? magnitude : -magnitude;
    }

private:
    static constexpr std::uint64_t kGolden = 0x9E3779B97F4A7C15ULL;

    static constexpr std::uint64_t mix(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
        return z ^ (z >> 31);
    }

    std::uint64_t state_;
};

}  // namespace mcj
