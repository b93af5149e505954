#pragma once

#include <optional>
#include <string>
#include <string_view>

/// A fully qualified domain name as Cloudflare writes it: lower case, no trailing dot, Punycode.
class Fqdn {
 public:
  /// At least two labels of letters, digits, '-' and '_', each 1 to 63 long, 253 in all (RFC 1035);
  /// the first may be "*", the last is no number. Upper case and one trailing dot are accepted.
  static std::optional<Fqdn> parse(std::string_view text);

  const std::string& str() const { return text_; }

  bool is_wildcard() const { return text_.starts_with("*."); }

  /// The name without its first label; nothing where fewer than two labels would remain.
  std::optional<Fqdn> parent() const;

  friend bool operator==(const Fqdn&, const Fqdn&) = default;
  friend auto operator<=>(const Fqdn&, const Fqdn&) = default;

 private:
  explicit Fqdn(std::string text) : text_(std::move(text)) {}

  std::string text_;
};
