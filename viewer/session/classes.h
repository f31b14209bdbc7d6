#pragma once

#include <QObject>
#include <QString>
#include <string>

#include "segmentation/class_list.h"

namespace mcj {

/// The classes from which new objects of the open project are chosen. Stored with the project's
/// settings, without undo: objects keep their names when the list changes. GUI thread.
class Classes : public QObject {
    Q_OBJECT
public:
    using QObject::QObject;

    /// Empty: objects have no class.
    [[nodiscard]] const ClassList& list() const noexcept { return list_; }
    /// Replaces the list by that of a file; throws as `readClassList`, and keeps the list then.
    void load(const QString& path);
    /// Removes the list.
    void forget();

    [[nodiscard]] std::string toJson() const;
    /// What cannot be read leaves no list. Emits `changed`, not `edited`.
    void fromJson(const std::string& text);
    /// For another document. Emits `changed`.
    void clear();

Q_SIGNALS:
    void changed();
    /// The user has changed something: the project has to be written.
    void edited();

private:
    ClassList list_;
};

}  // namespace mcj
