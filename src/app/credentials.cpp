#include "app/credentials.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "io/small_file.h"
#include "value/text.h"

namespace {

bool is_token(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

Result<Secret> checked(std::string text, const std::string& source,
                       const std::string& what = "token") {
  if (!is_token(text)) {
    return failure(text.empty() ? source + " is empty" : source + " holds no " + what,
                   (what == "token" ? "a token" : "it") +
                       std::string(" is one word of printable characters, without quotes") +
                       (what == "token" ? " or \"Bearer\"" : ""));
  }
  return Secret(std::move(text));
}

Result<Credentials> bearer(const Result<Secret>& token, std::string source) {
  if (!token) {
    return tl::unexpected(token.error());
  }
  return Credentials{{{"Authorization", Secret("Bearer " + token->reveal())}}, std::move(source)};
}

Result<Credentials> from_file(const std::string& path) {
  return bearer(read_secret_file(path, "token"), "the token file " + path);
}

Result<Credentials> legacy_pair(const std::string& key, const std::string& email) {
  if (key.empty() || email.empty()) {
    return failure("CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL go together",
                   "better: make an API token and set CLOUDFLARE_API_TOKEN");
  }
  const auto checked_key = checked(key, "CLOUDFLARE_API_KEY", "key");
  const auto checked_email = checked(email, "CLOUDFLARE_EMAIL", "mail address");
  if (!checked_key || !checked_email) {
    return tl::unexpected(checked_key ? checked_email.error() : checked_key.error());
  }
  return Credentials{{{"X-Auth-Email", *checked_email}, {"X-Auth-Key", *checked_key}},
                     "CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL"};
}

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

}  // namespace

Result<Secret> to_secret(std::string text, const std::string& source, const std::string& what) {
  return checked(std::move(text), source, what);
}

Result<std::string> read_private_file(const std::string& path, const std::string& what) {
  const std::string source = "the " + what + " file " + path;
  const auto file = read_small_file(path, Links::follow);
  if (!file) {
    return failure("cannot read " + source + ": " + file.error().why);
  }
  if ((file->mode & S_IROTH) != 0) {
    return failure(
        source + " may be read by everybody",
        "chmod o-rwx " + path + ", and make a new " + what + " if others were on this host");
  }
  return file->text;
}

Result<Secret> read_secret_file(const std::string& path, const std::string& what) {
  const auto text = read_private_file(path, what);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return checked(std::string(trim(*text)), "the " + what + " file " + path, what);
}

Result<Credentials> find_credentials(const Environment& environment,
                                     const std::string& token_file) {
  if (std::string token = environment.get("CLOUDFLARE_API_TOKEN"); !token.empty()) {
    return bearer(checked(std::move(token), "CLOUDFLARE_API_TOKEN"), "CLOUDFLARE_API_TOKEN");
  }
  if (const std::string file = environment.get("CLOUDFLARE_API_TOKEN_FILE"); !file.empty()) {
    return from_file(file);
  }
  if (!token_file.empty()) {
    return from_file(token_file);
  }
  if (const std::string directory = environment.get("CREDENTIALS_DIRECTORY"); !directory.empty()) {
    const std::string file = directory + "/cloudflare-token";
    if (exists(file)) {
      return from_file(file);
    }
  }
  const std::string key = environment.get("CLOUDFLARE_API_KEY");
  const std::string email = environment.get("CLOUDFLARE_EMAIL");
  if (!key.empty() || !email.empty()) {
    return legacy_pair(key, email);
  }
  return failure("no credential for Cloudflare",
                 "set CLOUDFLARE_API_TOKEN_FILE to a file with an API token that has the "
                 "permissions \"Zone - Zone - Read\" and \"Zone - DNS - Edit\"");
}
