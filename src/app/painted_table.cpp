#include "app/painted_table.h"

#include <algorithm>

#include "app/table.h"
#include "value/text.h"

namespace {

std::vector<std::string> lines_of(const Table& table, std::size_t indent) {
  const std::string text = table.str(indent);
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    lines.emplace_back(line);
  }
  lines.pop_back();  // What follows the last line's end.
  return lines;
}

}  // namespace

void PaintedTable::add(std::vector<std::string> cells, std::string note, StepLine::Tone tone) {
  rows_.push_back({std::move(cells), std::move(note), tone});
}

std::string PaintedTable::str(std::size_t indent, Colour colour, std::size_t width) const {
  constexpr std::size_t kNoteIndent = 8;
  Table with_notes;
  Table without;
  for (const Row& row : rows_) {
    without.add(row.cells);
    std::vector<std::string> cells = row.cells;
    cells.push_back(row.note);
    with_notes.add(std::move(cells));
  }
  std::vector<std::string> lines = lines_of(with_notes, indent);
  const bool fits = width == 0 || std::all_of(lines.begin(), lines.end(), [&](const auto& line) {
                      return line.size() <= width;
                    });
  if (!fits) {
    lines = lines_of(without, indent);
  }
  std::string text;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    text += painted(lines[i], rows_[i].tone, colour) + "\n";
    if (!fits && !rows_[i].note.empty()) {
      std::string note = std::string(kNoteIndent, ' ') + folded(rows_[i].note, kNoteIndent, width);
      text += painted(note, rows_[i].tone, colour) + "\n";
    }
  }
  return text;
}

std::string folded(const std::string& text, std::size_t indent, std::size_t width) {
  std::string folded;
  std::size_t column = indent;
  for (const std::string_view word : split(text, ' ')) {
    const bool is_first = folded.empty();
    if (!is_first && width > 0 && column + 1 + word.size() > width) {
      folded += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (!is_first) {
      folded += ' ';
      ++column;
    }
    folded += word;
    column += word.size();
  }
  return folded;
}
