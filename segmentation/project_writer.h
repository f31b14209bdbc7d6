#pragma once

#include <span>

#include "segmentation/project_file.h"

namespace SQLite {
class Database;
}

namespace mcj {

// Stores a project in its tables. Internal to project files.

/// The kinds of parts of edits in a file. The numbers must not change.
enum class PartKind { Mask = 0, Facts = 1, Object = 2, Status = 3 };

/// Writes the tables and their content to an empty database, in one transaction.
void writeWhole(SQLite::Database* database, const ProjectContent& content);

/// Writes the steps in one transaction. Throws `Error{Internal}` where one does not match the
/// content of the file; nothing is changed then.
void writeSteps(SQLite::Database* database, std::span<const ProjectStep> steps);

/// Adds to a file of format 2 what format 3 has more, in one transaction; nothing else changes.
void upgradeFormat2(SQLite::Database* database);

}  // namespace mcj
