#pragma once

#include <QString>

#include <filesystem>

namespace mcj::test {

/// The model at `from` as one that learnt content alone: its encoder, and "vicreg" as its mode.
/// What went wrong, else nothing.
[[nodiscard]] QString writeContentModel(const std::filesystem::path& from, const QString& path);

}  // namespace mcj::test
