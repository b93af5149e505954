#pragma once

#include <string>
#include <vector>

/// Lines of cells, printed so that their columns align.
class Table {
 public:
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }

  /// Each line begins with `indent` blanks; the last column is not padded.
  std::string str(std::size_t indent) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};
