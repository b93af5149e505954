#include "io/channel_email.h"

#include <ctime>

#include "value/text.h"

namespace {

/// RFC 5322, 3.3: "Sat, 31 Jan 2026 10:15:00 +0000".
std::string mail_date(UnixTime time) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(time);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 40> text{};
  return {text.data(),
          std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S +0000", &utc)};
}

/// The part of an id that a Message-ID may have on its left (RFC 5322, 3.6.4).
std::string id_left(const std::string& id) {
  std::string left;
  for (const char c : id) {
    left += is_alphanumeric(c) || c == '.' || c == '-' ? c : '_';
  }
  return left;
}

/// Lines as RFC 5322, 2.1.1 allows them, broken at blanks where they are longer.
std::string with_crlf(std::string_view text) {
  constexpr std::size_t kLongest = 900;
  std::string lines;
  for (std::string_view line : split(text, '\n')) {
    while (line.size() > kLongest) {
      const auto blank = line.rfind(' ', kLongest);
      const std::size_t end = blank == line.npos || blank == 0 ? kLongest : blank;
      lines += std::string(line.substr(0, end)) + "\r\n";
      line.remove_prefix(end);
    }
    lines += std::string(line) + "\r\n";
  }
  return lines;
}

/// In one line, or one recipient a line where they are many.
std::string recipients(const std::vector<std::string>& to) {
  constexpr std::size_t kMany = 10;
  std::string list;
  for (const std::string& address : to) {
    list += (list.empty() ? "" : to.size() > kMany ? ",\r\n " : ", ") + address;
  }
  return list;
}

std::string message_of(const Channel& channel, const Message& message) {
  constexpr std::size_t kLongestSubject = 200;
  const std::string domain = channel.from.substr(channel.from.find('@') + 1);
  return "Date: " + mail_date(message.notice.time) + "\r\nFrom: cf-failover <" + channel.from +
         ">\r\nTo: " + recipients(channel.to) +
         "\r\nSubject: " + printable(message.subject, kLongestSubject) + "\r\nMessage-ID: <" +
         id_left(message.notice.id) + "@" + domain +
         ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
         "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" +
         with_crlf(message.text);
}

bool is_on_this_host(const std::string& server) {
  const auto url = Url::parse("https" + server.substr(server.find("://")));
  const auto address = url ? url->host_address() : std::nullopt;
  return url && (url->host() == "localhost" || (address && address->is_loopback()));
}

}  // namespace

Result<Mail> mail_of(const Channel& channel, const Message& message) {
  Mail mail{.server = channel.server,
            .user = channel.user,
            .from = channel.from,
            .to = channel.to,
            .message = message_of(channel, message),
            .ca_file = channel.ca_file,
            .plain_is_fine = is_on_this_host(channel.server)};
  if (channel.secret) {
    const auto password = channel.secret();
    if (!password) {
      return tl::unexpected(password.error());
    }
    mail.password = *password;
  }
  return mail;
}
