#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/notice.h"
#include "io/lock.h"
#include "value/result.h"

/// A notice on its way to one channel.
struct Letter {
  std::string channel;
  Notice notice;
  int failures = 0;        ///< how often it could not be delivered
  UnixTime next_try = {};  ///< not before then
  std::string path = {};   ///< of its file; empty before it has one
};

/// Nothing if the text is not what `to_json` wrote.
std::optional<Letter> parse_letter(std::string_view text);
std::string to_json(const Letter& letter);

/// Notices that have not been delivered yet, a file each, so that no run's end loses one.
class Outbox {
 public:
  /// In the directory "outbox" of the state directory.
  explicit Outbox(const std::string& state_directory) : directory_(state_directory + "/outbox") {}

  /// On the disk when this returns. A notice that waits for that channel already is not added
  /// again.
  Result<void> add(const Letter& letter) const;
  /// All that can be read, oldest first; other files are set aside or left alone.
  std::vector<Letter> letters() const;
  std::size_t size() const;
  /// Removes what runs that were killed left half written, an hour ago or earlier.
  void sweep(UnixTime now) const;

  Result<void> postpone(const Letter& letter) const;
  void remove(const Letter& letter) const;

  /// Keeps two runs from delivering the same; nothing if another run is at it.
  Result<std::optional<Lock>> try_lock() const;

 private:
  std::vector<std::string> paths(std::string_view suffix) const;

  std::string directory_;
};
