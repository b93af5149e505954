#pragma once

#include <optional>
#include <string>
#include <vector>

namespace torture {

enum class Past { none, known };      ///< whether an earlier run has left its state
enum class Transport { plain, tls };  ///< of the API and the probes
enum class Means { http, exec };      ///< of probing and telling

/// A command and the world that it meets.
struct Plot {
  std::string name;
  std::vector<std::string> words;
  std::string main;    ///< as configured
  std::string held;    ///< what the record holds before
  std::string target;  ///< what it holds after a run that nothing befalls
  Past past = Past::none;
  Transport transport = Transport::plain;
  Means means = Means::http;
  bool is_sampled = false;  ///< only some of the many allocations are made to fail
  bool has_hostile_api = false;

  bool is_change_due() const { return target != held; }
  bool announces() const { return words.front() == "set-backup"; }
};

const std::vector<Plot>& plots();
std::optional<Plot> plot_named(const std::string& name);

}  // namespace torture
