#pragma once

#include <string>
#include <vector>

#include "app/narrator.h"

/// A table for a terminal: each line has a tone, and a note that stands in the last column if all
/// of them fit there, and below its line otherwise.
class PaintedTable {
 public:
  void add(std::vector<std::string> cells, std::string note, StepLine::Tone tone);

  /// Each line begins with `indent` blanks. `width`: of the terminal; 0: everything fits.
  std::string str(std::size_t indent, Colour colour, std::size_t width) const;

 private:
  struct Row {
    std::vector<std::string> cells;
    std::string note;
    StepLine::Tone tone;
  };

  std::vector<Row> rows_;
};

/// Words on lines of at most `width` columns, all but the first after `indent` blanks; 0: one line.
std::string folded(const std::string& text, std::size_t indent, std::size_t width);
