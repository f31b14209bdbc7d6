#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>

namespace mcj {

/// What went wrong, as the exit code that the command line returns for it.
enum class ErrorCode {
    Internal = 1,     ///< a defect of this program, or an error of no other kind
    Usage = 2,        ///< an invalid option or combination of options
    Input = 3,        ///< a file that is missing, damaged or of the wrong kind
    Device = 4,       ///< no such device, or not enough memory on it
    Interrupted = 5,  ///< stopped by the user; finished results stay intact
};

/// The only error type. `what()` is one sentence that names the file or option; `hint()` says what
/// to do next and may be empty. Libraries throw it, a job turns it into an `Outcome`, and exactly
/// one place shows it.
class Error : public std::runtime_error {
public:
    Error(ErrorCode code, const std::string& message, std::string hint = {})
        : std::runtime_error(message), code_(code), hint_(std::move(hint)) {}

    [[nodiscard]] ErrorCode code() const noexcept { return code_; }
    [[nodiscard]] const std::string& hint() const noexcept { return hint_; }

private:
    ErrorCode code_;
    std::string hint_;
};

/// A value, or the error that prevented it. Carries a result from one thread to another.
template <typename T>
class [[nodiscard]] Outcome {
public:
    Outcome(T value) : state_(std::move(value)) {}
    Outcome(Error error) : state_(std::move(error)) {}

    [[nodiscard]] bool ok() const noexcept { return std::holds_alternative<T>(state_); }
    /// The value; throws the error where there is none.
    [[nodiscard]] const T& value() const& {
        if (const auto* error = std::get_if<Error>(&state_)) throw *error;
        return std::get<T>(state_);
    }
    [[nodiscard]] T&& value() && {
        if (const auto* error = std::get_if<Error>(&state_)) throw *error;
        return std::get<T>(std::move(state_));
    }
    /// The error; call only when `!ok()`.
    [[nodiscard]] const Error& error() const { return std::get<Error>(state_); }

private:
    std::variant<T, Error> state_;
};

/// Runs `job` and catches whatever it throws: an `Error` as it is, anything else as `Internal`.
template <typename Job>
auto runGuarded(Job&& job) -> Outcome<decltype(job())> {
    try {
        return Outcome<decltype(job())>(job());
    } catch (const Error& error) {
        return error;
    } catch (const std::bad_alloc&) {
        return Error(ErrorCode::Device, "out of memory",
                     "Compute at a smaller size with --max-side, or close other programs.");
    } catch (const std::exception& error) {
        return Error(ErrorCode::Internal, error.what());
    } catch (...) {
        return Error(ErrorCode::Internal, "an exception of an unknown type");
    }
}

}  // namespace mcj
