#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mcj {

/// The words of a command line: options with their values in any order, and the rest. A command
/// removes the options that it knows; `refuseRest` then reports unknown ones. `mcjepa-train` does
/// not use an argument library, because it only depends on LibTorch.
class Arguments {
public:
    Arguments(int argc, char** argv) : words_(argv + 1, argv + argc) {}

    /// Whether `name` is among the words.
    [[nodiscard]] bool takeFlag(const std::string& name);
    /// The values of every `name VALUE`, in order. Throws `Error{Usage}` where the value is
    /// missing.
    [[nodiscard]] std::vector<std::string> takeAll(const std::string& name);
    /// The value of the last `name VALUE`, or `otherwise`.
    [[nodiscard]] std::string take(const std::string& name, const std::string& otherwise);
    /// The same; throws `Error{Usage}` where it is missing.
    [[nodiscard]] std::string takeRequired(const std::string& name);
    /// A number of at least 0; throws `Error{Usage}` that names the option.
    [[nodiscard]] double takeNumber(const std::string& name, double otherwise);
    /// A number of GiB, in bytes; throws as `takeNumber`, also for a number that is too large.
    [[nodiscard]] std::size_t takeGibibytes(const std::string& name, double otherwise);
    /// The first word; throws `Error{Usage}` where it is missing or an option.
    [[nodiscard]] std::string takePositional(const std::string& what);
    /// All words before the first option, at least one; throws as `takePositional`.
    [[nodiscard]] std::vector<std::string> takePositionals(const std::string& what);
    /// Throws `Error{Usage}` that names the first remaining word.
    void refuseRest() const;

private:
    std::vector<std::string> words_;
};

}  // namespace mcj
