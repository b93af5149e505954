#pragma once

#include <map>
#include <string>
#include <vector>

#include "loopback_cloudflare.h"
#include "loopback_origin.h"
#include "process.h"
#include "scratch_dir.h"
#include "test_ca.h"

/// A loopback world for the built program: Cloudflare with the zone example.com and the record
/// www.example.com, and two origins that share a port, so that one URL probes them both.
class Lab {
 public:
  enum class Origins { plain, tls };

  explicit Lab(Origins origins = Origins::plain);

  static constexpr const char* kMain = "127.0.2.1";
  static constexpr const char* kBackup = "127.0.3.1";
  static constexpr const char* kOther = "127.0.4.1";
  static constexpr const char* kToken = "cfut_planted-secret-0123456789abcdefghijklmnop";

  LoopbackCloudflare cloudflare;
  LoopbackOrigin main;
  LoopbackOrigin backup;
  ScratchDir scratch;

  /// The options that every run in this world needs: record, addresses, probe, state directory.
  std::vector<std::string> options() const;
  /// The credential and the API's address.
  std::map<std::string, std::string> environment() const;

  /// The built program with options() and `more`.
  ProcessSpec command(const std::vector<std::string>& more = {}) const;
  ProcessResult run(const std::vector<std::string>& more = {}) const {
    return ::run(command(more));
  }

  /// What the record holds.
  std::string content() const;
  /// Changes it as somebody else would.
  void point_to(const std::string& address);
};

/// The path of a program that `make` has built.
std::string built(const std::string& program);
