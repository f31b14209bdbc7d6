#include "training/commands/arguments.h"

#include "media/base/error.h"

namespace mcj {
namespace {

constexpr const char* kSeeHelp = "mcjepa-train --help shows every option.";

}  // namespace

bool Arguments::takeFlag(const std::string& name) {
    for (auto it = words_.begin(); it != words_.end(); ++it) {
        if (*it == name) {
            words_.erase(it);
            return true;
        }
    }
    return false;
}

std::vector<std::string> Arguments::takeAll(const std::string& name) {
    std::vector<std::string> values;
    for (auto it = words_.begin(); it != words_.end();) {
        if (*it != name) {
            ++it;
            continue;
        }
        if (it + 1 == words_.end())
            throw Error(ErrorCode::Usage, name + " needs a value", kSeeHelp);
        values.push_back(*(it + 1));
        it = words_.erase(it, it + 2);
    }
    return values;
}

std::string Arguments::take(const std::string& name, const std::string& otherwise) {
    const auto values = takeAll(name);
    return values.empty() ? otherwise : values.back();
}

std::string Arguments::takeRequired(const std::string& name) {
    const auto values = takeAll(name);
    if (values.empty()) throw Error(ErrorCode::Usage, name + " is missing", kSeeHelp);
    return values.back();
}

double Arguments::takeNumber(const std::string& name, double otherwise) {
    const auto values = takeAll(name);
    if (values.empty()) return otherwise;
    try {
        std::size_t used = 0;
        const double value = std::stod(values.back(), &used);
        if (used == values.back().size() && value >= 0) return value;
    } catch (const std::exception&) {
        // Reported below, with the option's name.
    }
    throw Error(ErrorCode::Usage, name + " " + values.back() + ": is not a number of at least 0");
}

std::size_t Arguments::takeGibibytes(const std::string& name, double otherwise) {
    constexpr double kMost = 1 << 20;
    const double value = takeNumber(name, otherwise);
    if (value > kMost) throw Error(ErrorCode::Usage, name + " is too large");
    return static_cast<std::size_t>(value * 0x1.0p30);
}

std::string Arguments::takePositional(const std::string& what) {
    if (words_.empty() || words_.front().starts_with("-")) {
        throw Error(ErrorCode::Usage, what + " is missing", kSeeHelp);
    }
    const std::string word = words_.front();
    words_.erase(words_.begin());
    return word;
}

std::vector<std::string> Arguments::takePositionals(const std::string& what) {
    std::vector<std::string> taken{takePositional(what)};
    while (!words_.empty() && !words_.front().starts_with("-"))
        taken.push_back(takePositional(what));
    return taken;
}

void Arguments::refuseRest() const {
    if (!words_.empty()) {
        throw Error(ErrorCode::Usage, "unknown option " + words_.front(), kSeeHelp);
    }
}

}  // namespace mcj
