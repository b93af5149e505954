// The smaller values: sizes, probe targets, record types, secrets.

#include <ostream>
#include <type_traits>

#include "support/catch.h"
#include "support/printers.h"
#include "value/byte_size.h"
#include "value/probe_settings.h"
#include "value/record_type.h"
#include "value/secret.h"

namespace {

using namespace std::chrono_literals;

std::string target(std::string_view text) {
  const auto parsed = parse_probe_target(text);
  return parsed ? to_text(*parsed) : "refused";
}

template <typename T>
concept Streamable = requires(std::ostream& stream, const T& value) {
  stream << value;
};

template <typename T>
concept HasText = requires(const T& value) {
  value.str();
}
|| requires(const T& value) {
  describe(value);
}
|| requires(const T& value) {
  to_text(value);
};

}  // namespace

TEST_CASE("A size is a number of bytes, or of KiB or MiB") {
  const auto [text, expected] = GENERATE(table<std::string, std::size_t>({
      {"1", 1},
      {"512", 512},
      {"1KiB", 1024},
      {"64KiB", 65536},
      {"1MiB", 1048576},
      {"1024MiB", 1073741824},
      {"1073741824", 1073741824},
  }));
  CAPTURE(text);

  CHECK(parse_byte_size(text) == expected);
}

TEST_CASE("What is no size, or none that a body may have, is refused") {
  const std::string text = GENERATE(values<std::string>({
      "",
      "0",
      "0KiB",
      "-1",
      "+1",
      "KiB",
      "1.5KiB",
      "1 KiB",
      " 1",
      "1kB",
      "1K",
      "1kib",
      "1GiB",
      "0x10",
      "1073741825",
      "1025MiB",
      "1048577KiB",
      "18446744073709551615",
      "18446744073709551616",
      "18014398509481984KiB",
  }));
  CAPTURE(text);

  CHECK_FALSE(parse_byte_size(text));
}

TEST_CASE("A probe goes to a URL or a TCP port, or is an echo request or a command") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"https://www.example.com", "https://www.example.com/"},
      {"https://WWW.example.com:8443/healthz?a=b", "https://www.example.com:8443/healthz?a=b"},
      {"http://www.example.com/", "http://www.example.com/"},
      {"tcp:1", "tcp:1"},
      {"tcp:65535", "tcp:65535"},
      {"icmp", "icmp"},
      {"exec:/usr/local/bin/probe", "exec:/usr/local/bin/probe"},
      {"exec:probe --say 'up or down' \\$HOME", "exec:probe --say 'up or down' \\$HOME"},
  }));
  CAPTURE(text);

  CHECK(target(text) == expected);
  CHECK(target(expected) == expected);
}

TEST_CASE("What is none of these is refused as a probe") {
  const std::string text = GENERATE(values<std::string>({
      "",
      "tcp",
      "tcp:",
      "tcp:0",
      "tcp:65536",
      "tcp:-1",
      "tcp:+80",
      "tcp: 80",
      "tcp:80 ",
      "tcp:http",
      "tcp:192.0.2.10:80",
      "tcp://www.example.com:80",
      "TCP:80",
      "icmp:",
      "ICMP",
      "exec",
      "exec:",
      "exec: \t\n",
      "exec:''",
      "exec:probe 'unclosed",
      "exec:probe \\",
      "80",
      "www.example.com",
      "https://user:password@www.example.com/",
      "https://www.example.com/#top",
      "ftp://www.example.com/",
  }));
  CAPTURE(text);

  CHECK(target(text) == "refused");
}

TEST_CASE("A probe without further settings is as the manual says") {
  const ProbeSettings probe{.target = TcpTarget{443}};

  CHECK(probe.method == "GET");
  CHECK(probe.headers.empty());
  CHECK(probe.expect_status.str() == "200-399");
  CHECK(probe.expect_body.empty());
  CHECK_FALSE(probe.max_body);
  CHECK(probe.timeout == 5s);
  CHECK(probe.connect_timeout == 2500ms);
  CHECK(probe.attempts == 2);
  CHECK(probe.retry_delay == 1s);
  CHECK(probe.ca_file.empty());
  CHECK_FALSE(probe.insecure);
}

TEST_CASE("A record's type goes with the family of its addresses") {
  CHECK(to_text(RecordType::a) == "A");
  CHECK(to_text(RecordType::aaaa) == "AAAA");
  for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
    CHECK(type_for(family_of(type)) == type);
  }
  CHECK(family_of(RecordType::a) == IpAddress::Family::v4);
}

TEST_CASE("A secret can be sent and not printed") {
  static_assert(!Streamable<Secret>);
  static_assert(!HasText<Secret>);
  static_assert(!std::is_convertible_v<Secret, std::string>);
  static_assert(!std::is_convertible_v<Secret, std::string_view>);
  static_assert(!std::is_convertible_v<std::string, Secret>);
  static_assert(Streamable<std::string>, "the question itself must be able to say yes");
  static_assert(HasText<IpAddress>, "the question itself must be able to say yes");

  const Secret secret("cfut_S3CRET");

  CHECK(secret.reveal() == "cfut_S3CRET");
  CHECK_FALSE(secret.empty());
  CHECK(Secret().empty());
  CHECK(Catch::StringMaker<Secret>::convert(secret).find("S3CRET") == std::string::npos);
}
