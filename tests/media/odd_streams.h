#pragma once

#include <QString>
#include <QStringList>
#include <functional>

namespace mcj::test {

/// Four seconds of a moving picture, 160x120 at 25 a second, all frames different: ffmpeg's input.
extern const QStringList kMoving;
/// H.264 with B-frames and a key frame every 12, closed and open groups of pictures.
extern const QStringList kX264;
extern const QStringList kOpenX264;

/// Makes a file at `path`; returns what went wrong, else nothing.
using Make = std::function<QString(const QString& path)>;

[[nodiscard]] Make encode(QStringList input, QStringList coding);

/// Copies the bytes between two shares (0..1) of a file's length.
[[nodiscard]] QString copyPart(const QString& from, const QString& to, double start, double end);

/// Adds rows (name, maker, encoder needed) for the running test: common containers and codecs, and
/// all that makes seeking hard.
void addCommonStreams();
void addOddStreams();

}  // namespace mcj::test
