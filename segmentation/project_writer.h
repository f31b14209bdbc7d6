#pragma once

#include <span>

#include "segmentation/project_file.h"

namespace SQLite {
class Database;
}

namespace mcj {

// How a project is laid down in its tables. Inside project files.

/// How parts of edits are told apart in a file: numbers stay what they are.
enum class PartKind { Mask = 0, Facts = 1, Object = 2 };

/// The tables and everything in them, in one transaction, on an empty database.
void writeWhole(SQLite::Database* database, const ProjectContent& content);

/// The steps in one transaction. Throws `Error{Internal}` where one does not fit what the file
/// holds; nothing is then changed.
void writeSteps(SQLite::Database* database, std::span<const ProjectStep> steps);

}  // namespace mcj
