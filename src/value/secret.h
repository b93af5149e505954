#pragma once

#include <string>
#include <utility>

/// A text that can be sent and not printed: there is no `str()`, and streaming does not compile.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  /// The text itself, for the request that carries it. Nothing else may ask.
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }

  template <typename Stream>
  friend Stream& operator<<(Stream&, const Secret&) = delete;

 private:
  std::string text_;
};
