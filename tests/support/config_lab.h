#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "api_scene.h"

/// A Lab with a configuration file, for what only a file can say: whom runs tell.
class ConfigLab : public Lab {
 public:
  /// The file with the lab's record and `top`, members of its own, each of a line.
  void configure(const std::vector<std::string>& top) const;
  /// The same with several records of these names, all with the lab's sites.
  void configure(const std::vector<std::string>& top, const std::vector<std::string>& names) const;

  /// The program with these words, the file and one attempt per probe.
  ProcessSpec spec(const Options& words = {"run"}) const;
  ProcessResult run(const Options& words = {"run"}) const { return ::run(spec(words)); }

  std::filesystem::path file() const { return scratch.path() / "config.json"; }
  std::filesystem::path state() const { return scratch.path() / "state"; }
  std::filesystem::path outbox() const { return state() / "outbox"; }
  /// The names of the letters that wait, oldest first.
  std::vector<std::string> letters() const;
  /// What else is in the outbox.
  std::vector<std::string> others() const;
  std::string letter(std::size_t position = 0) const;

  /// A file with a secret, and its path.
  std::string secret_file(const std::string& name, const std::string& secret) const {
    return scratch.write("secrets/" + name, secret + "\n", 0600);
  }

  /// Time passes on this host: all that is kept happened so much earlier.
  void let_pass(std::chrono::milliseconds time) const;
};

/// `text` with every time in it moved, but for those of 1970, which stand for "at once", and those
/// that are part of an id.
std::string with_moments_moved(const std::string& text, std::chrono::milliseconds by);

/// This machine's name.
std::string this_host();

/// The text of a JSON object's member; numbers and the like as written. Throws if there is no
/// object, or no such member.
std::string json_member(const std::string& object, const std::string& name);
std::vector<std::string> json_names(const std::string& object);

/// Everything below a directory: names and contents.
std::string everything_below(const std::filesystem::path& directory);
