#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace mcj::fuzz {

using Bytes = std::vector<std::uint8_t>;

/// One reader under test. `read` may return or throw `mcj::Error` of code Input; anything else,
/// also what the sanitizers find, fails the run.
struct FuzzTarget {
    std::string name;
    std::vector<Bytes> seeds;  ///< valid inputs; each must be read without an error
    std::function<void(std::span<const std::uint8_t>)> read;
    /// Called on mutated bytes before they are read, where a checksum would otherwise stop every
    /// mutation at the door. May be empty.
    std::function<void(Bytes&)> repair;
    int inputs = 20000;  ///< mutated inputs of a run of the ctest
};

/// One function for each floor, in a file of its own beside this one. A new floor's readers: write
/// fuzz_<floor>.cpp, declare its function here, list it in `allTargets` of fuzz_readers.cpp, and
/// add file and reader sources to CMakeLists.txt.
std::vector<FuzzTarget> mediaTargets();
std::vector<FuzzTarget> segmentationTargets();
std::vector<FuzzTarget> modelTargets();

}  // namespace mcj::fuzz
