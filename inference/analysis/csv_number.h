#pragma once

#include <string>

namespace mcj {

/// Appends the number as the shortest text that reads back exactly, with a decimal point in any
/// locale; nothing where it is NaN.
void appendCsvNumber(std::string& line, double value);
void appendCsvNumber(std::string& line, float value);

}  // namespace mcj
