#pragma once

#include <string>

namespace mcj {

/// Appends the number as the shortest text that reads back exactly, with a point whatever the
/// locale is; nothing where it is NaN.
void appendCsvNumber(std::string& line, double value);
void appendCsvNumber(std::string& line, float value);

}  // namespace mcj
