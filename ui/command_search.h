#pragma once

#include <QString>
#include <optional>

namespace mcj {

/// Whether the letters of a word may also be apart from each other: useful in short texts only.
enum class SearchLetters { Together, MayLieApart };

/// How well `text` fits what was typed: higher is better, none where it does not fit. Every word of
/// `typed` must occur in `text`, or its letters in this order; the start of a word counts most.
/// Letter case does not matter. Everything fits an empty `typed`.
[[nodiscard]] std::optional<int> searchScore(const QString& text, const QString& typed,
                                             SearchLetters letters = SearchLetters::MayLieApart);

}  // namespace mcj
