#include "value/fqdn.h"

#include <vector>

#include "support/catch.h"
#include "support/printers.h"

namespace {

std::string canonical(std::string_view text) {
  const auto name = Fqdn::parse(text);
  return name ? name->str() : "refused";
}

/// Labels of 63 letters that make a name of `length`, ending in ".example".
std::string name_of_length(std::size_t length) {
  const std::string end = ".example";
  std::string name(length - end.size(), 'a');
  for (std::size_t i = 63; i < name.size(); i += 64) {
    name[i] = '.';
  }
  return name + end;
}

}  // namespace

TEST_CASE("A name is kept as Cloudflare writes it: lower case, without the last dot") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"www.example.com", "www.example.com"},
      {"WWW.Example.COM", "www.example.com"},
      {"www.example.com.", "www.example.com"},
      {"example.com", "example.com"},
      {"*.example.com", "*.example.com"},
      {"*.Sub.example.com.", "*.sub.example.com"},
      {"_acme-challenge.example.com", "_acme-challenge.example.com"},
      {"xn--bcher-kva.example.com", "xn--bcher-kva.example.com"},
      {"1.2.example.com", "1.2.example.com"},
      {"a-b--c.example.com", "a-b--c.example.com"},
      {"www.example.0xyz", "www.example.0xyz"},
  }));
  CAPTURE(text);

  CHECK(canonical(text) == expected);
  CHECK(canonical(expected) == expected);
}

TEST_CASE("What is no fully qualified name is refused") {
  const std::string text = GENERATE(values<std::string>({
      "",
      ".",
      "..",
      "*",
      "*.",
      "*.com",
      "com",
      "com.",
      "localhost",
      "www.example.127",
      "www.example.0x1",
      "www.example.0X",
      ".example.com",
      "www..example.com",
      "example.com..",
      "www.*.example.com",
      "*.*.example.com",
      "w*.example.com",
      "**.example.com",
      "-www.example.com",
      "www-.example.com",
      "www.-example.com",
      "www example.com",
      " www.example.com",
      "www.example.com ",
      "www.example.com\n",
      "www.example.com/",
      "https://www.example.com",
      "www.example.com:443",
      "user@example.com",
      "www.example.com&type=A",
      "www.ex%61mple.com",
      "f\xc3\xbcr.example.com",
      "2001:db8::10",
  }));
  CAPTURE(text);

  CHECK(canonical(text) == "refused");
}

TEST_CASE("A NUL is part of no name") {
  CHECK(canonical(std::string_view("www.example.com\0", 16)) == "refused");
  CHECK(canonical(std::string_view("www\0.example.com", 16)) == "refused");
}

TEST_CASE("A name is as long as DNS allows, and no longer") {
  CHECK(canonical(name_of_length(253)) == name_of_length(253));
  CHECK(canonical(name_of_length(253) + ".") == name_of_length(253));
  CHECK(canonical(name_of_length(254)) == "refused");
  CHECK(canonical("*." + name_of_length(251)) == "*." + name_of_length(251));
  CHECK(canonical("*." + name_of_length(252)) == "refused");
  CHECK(canonical(std::string(63, 'a') + ".example.com") == std::string(63, 'a') + ".example.com");
  CHECK(canonical(std::string(64, 'a') + ".example.com") == "refused");
}

TEST_CASE("The labels of a name are walked up to the last two") {
  const auto [start, expected] = GENERATE(table<std::string, std::vector<std::string>>({
      {"a.b.example.co.uk", {"b.example.co.uk", "example.co.uk", "co.uk"}},
      {"www.example.com", {"example.com"}},
      {"*.example.com", {"example.com"}},
      {"*.sub.example.com", {"sub.example.com", "example.com"}},
      {"example.com", {}},
  }));
  CAPTURE(start);

  std::vector<std::string> walked;
  for (auto name = Fqdn::parse(start)->parent(); name; name = name->parent()) {
    walked.push_back(name->str());
  }

  CHECK(walked == expected);
}

TEST_CASE("A wildcard is one at its first label only") {
  CHECK(Fqdn::parse("*.example.com")->is_wildcard());
  CHECK_FALSE(Fqdn::parse("www.example.com")->is_wildcard());
  CHECK_FALSE(Fqdn::parse("*.example.com")->parent()->is_wildcard());
}

TEST_CASE("Names that differ in case or a last dot alone are one") {
  CHECK(Fqdn::parse("WWW.example.com.") == Fqdn::parse("www.EXAMPLE.com"));
  CHECK(Fqdn::parse("www.example.com") != Fqdn::parse("example.com"));
}
