#pragma once

#include <QObject>
#include <QString>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "media/base/frame.h"

namespace mcj {

/// The part of the picture on screen, independent of the size of the window.
struct CanvasLook {
    bool fitted = true;  ///< the whole picture; the rest is ignored
    double scale = 1.0;  ///< device pixels per picture pixel, on a canvas of `width` device pixels
    double width = 1.0;  ///< so that another screen shows the same part
    double centreX = 0.0;  ///< picture position in the middle of a view, pixels
    double centreY = 0.0;
    friend bool operator==(const CanvasLook&, const CanvasLook&) = default;
};

/// A remembered state of the screen, with words for the audience.
struct Bookmark {
    QString caption;
    FrameIndex frame = 0;
    std::string views;  ///< layers, methods and arrangement: see `viewsToJson`
    CanvasLook look;
    friend bool operator==(const Bookmark&, const Bookmark&) = default;
};

/// The bookmarks of the open clip in the order in which they are shown. Stored with the project's
/// settings, without undo. GUI thread.
class Bookmarks : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    [[nodiscard]] const std::vector<Bookmark>& all() const noexcept { return all_; }
    /// The one that was added or shown last, or the neighbour of one that was removed.
    [[nodiscard]] std::optional<std::size_t> current() const noexcept { return current_; }
    void setCurrent(std::size_t index);
    /// After the current one, or at the end, and makes it current. An empty caption becomes
    /// "View N". Returns false where the list is full: see `kMost`.
    [[nodiscard]] bool add(Bookmark bookmark);
    void rename(std::size_t index, const QString& caption);
    /// Its neighbour becomes the current one.
    void remove(std::size_t index);
    /// Towards the start (negative) or the end.
    void move(std::size_t index, int steps);
    /// The index `steps` from the current one, kept in the list; the first one where none is
    /// current. None without bookmarks.
    [[nodiscard]] std::optional<std::size_t> neighbour(int steps) const;
    /// More are not added: a project's settings stay small.
    static constexpr std::size_t kMost = 500;
    static constexpr int kMostLetters = 500;

    [[nodiscard]] std::string toJson() const;
    /// Replaces everything; what cannot be read is skipped. Emits `changed`, not `edited`.
    void fromJson(const std::string& text);
    /// For another document. Emits `changed`.
    void clear();

Q_SIGNALS:
    void changed();
    /// The user has changed something: the project has to be written.
    void edited();

private:
    void tell();

    std::vector<Bookmark> all_;
    std::optional<std::size_t> current_;
};

}  // namespace mcj
