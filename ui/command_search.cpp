#include "ui/command_search.h"

#include <QStringList>

namespace mcj {
namespace {

constexpr int kAtWordStart = 100;
constexpr int kWithinWord = 50;
constexpr int kScattered = 10;

bool beginsWord(const QString& text, qsizetype at) {
    return at == 0 || !text.at(at - 1).isLetterOrNumber();
}

std::optional<int> scoreOfWord(const QString& text, const QString& word, SearchLetters letters) {
    std::optional<int> best;
    qsizetype at = text.indexOf(word, 0, Qt::CaseInsensitive);
    while (at >= 0) {
        const int score = beginsWord(text, at) ? kAtWordStart : kWithinWord;
        if (!best || score > *best) best = score;
        at = text.indexOf(word, at + 1, Qt::CaseInsensitive);
    }
    if (best || letters == SearchLetters::Together) return best;
    qsizetype next = 0;
    for (const QChar letter : word) {
        next = text.indexOf(letter, next, Qt::CaseInsensitive);
        if (next < 0) return std::nullopt;
        ++next;
    }
    return kScattered;
}

}  // namespace

std::optional<int> searchScore(const QString& text, const QString& typed, SearchLetters letters) {
    int sum = 0;
    for (const QString& word : typed.split(QLatin1Char(' '), Qt::SkipEmptyParts)) {
        const std::optional<int> score = scoreOfWord(text, word, letters);
        if (!score) return std::nullopt;
        sum += *score;
    }
    return sum;
}

}  // namespace mcj
