#include "app/credentials.h"

#include <sys/stat.h>

#include <filesystem>
#include <map>

#include "support/catch.h"
#include "support/printers.h"
#include "support/scratch_dir.h"

namespace {

namespace fs = std::filesystem;

using Variables = std::map<std::string, std::string, std::less<>>;

constexpr std::size_t kMebi = 1024 * 1024;

/// The headers that would be sent, one line each.
std::string sent(const Variables& variables, const std::string& token_file = {}) {
  const auto found = find_credentials(Environment(variables), token_file);
  REQUIRE(found);
  std::string text;
  for (const HttpRequest::Header& header : found->headers) {
    text += header.name + ": " + header.value.reveal() + "\n";
  }
  return text;
}

/// Why nothing can be sent. Every secret of these tests holds the word S3CRET.
Error refusal(const Variables& variables, const std::string& token_file = {}) {
  const auto found = find_credentials(Environment(variables), token_file);
  REQUIRE_FALSE(found);
  CHECK(found.error().message.find("S3CRET") == std::string::npos);
  CHECK(found.error().hint.find("S3CRET") == std::string::npos);
  return found.error();
}

/// Where the credential was found, in words that people may see.
std::string source(const Variables& variables, const std::string& token_file = {}) {
  const auto found = find_credentials(Environment(variables), token_file);
  REQUIRE(found);
  return found->source;
}

const std::string kTokenHint =
    "a token is one word of printable characters, without quotes or \"Bearer\"";

/// A file for each source of a token, and a variable for each that is one.
class AllSources {
 public:
  AllSources() {
    scratch_.write("from-environment", "S3CRET-file\n");
    scratch_.write("from-configuration", "S3CRET-configured\n");
    scratch_.write("cloudflare-token", "S3CRET-systemd\n");
  }

  Variables variables() const {
    return {{"CLOUDFLARE_API_TOKEN", "S3CRET-variable"},
            {"CLOUDFLARE_API_TOKEN_FILE", scratch_.path() / "from-environment"},
            {"CREDENTIALS_DIRECTORY", scratch_.path()},
            {"CLOUDFLARE_API_KEY", "S3CRET-key"},
            {"CLOUDFLARE_EMAIL", "me@example.com"}};
  }
  std::string token_file() const { return scratch_.path() / "from-configuration"; }

 private:
  ScratchDir scratch_;
};

}  // namespace

// --- Which source counts
// --------------------------------------------------------------------------

TEST_CASE("The first source that says something is the credential") {
  const AllSources sources;
  Variables variables = sources.variables();

  CHECK(sent(variables, sources.token_file()) == "Authorization: Bearer S3CRET-variable\n");
  variables.erase("CLOUDFLARE_API_TOKEN");
  CHECK(sent(variables, sources.token_file()) == "Authorization: Bearer S3CRET-file\n");
  variables.erase("CLOUDFLARE_API_TOKEN_FILE");
  CHECK(sent(variables, sources.token_file()) == "Authorization: Bearer S3CRET-configured\n");
  CHECK(sent(variables) == "Authorization: Bearer S3CRET-systemd\n");
  variables.erase("CREDENTIALS_DIRECTORY");
  CHECK(sent(variables) == "X-Auth-Email: me@example.com\nX-Auth-Key: S3CRET-key\n");
}

TEST_CASE("Where the credential was found can be told without showing it") {
  const AllSources sources;
  Variables variables = sources.variables();
  const std::string directory = variables.at("CREDENTIALS_DIRECTORY");

  CHECK(source(variables) == "CLOUDFLARE_API_TOKEN");
  variables.erase("CLOUDFLARE_API_TOKEN");
  CHECK(source(variables) == "the token file " + variables.at("CLOUDFLARE_API_TOKEN_FILE"));
  variables.erase("CLOUDFLARE_API_TOKEN_FILE");
  CHECK(source(variables, sources.token_file()) == "the token file " + sources.token_file());
  CHECK(source(variables) == "the token file " + directory + "/cloudflare-token");
  variables.erase("CREDENTIALS_DIRECTORY");
  CHECK(source(variables) == "CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL");
}

TEST_CASE("A variable that is set to nothing says nothing") {
  const AllSources sources;
  Variables variables = sources.variables();
  variables["CLOUDFLARE_API_TOKEN"] = "";
  variables["CLOUDFLARE_API_TOKEN_FILE"] = "";
  variables["CREDENTIALS_DIRECTORY"] = "";

  CHECK(sent(variables) == "X-Auth-Email: me@example.com\nX-Auth-Key: S3CRET-key\n");
}

TEST_CASE("A credentials directory without our token leaves the question open") {
  const ScratchDir scratch;
  scratch.write("another-token", "S3CRET");

  CHECK(sent({{"CREDENTIALS_DIRECTORY", scratch.path()},
              {"CLOUDFLARE_API_KEY", "S3CRET"},
              {"CLOUDFLARE_EMAIL", "me@example.com"}}) ==
        "X-Auth-Email: me@example.com\nX-Auth-Key: S3CRET\n");
}

TEST_CASE("A source that is wrong is an error, and the next one is not tried instead") {
  const AllSources sources;
  Variables variables = sources.variables();

  variables["CLOUDFLARE_API_TOKEN"] = "S3CRET S3CRET";
  CHECK(refusal(variables, sources.token_file()) ==
        Error{"CLOUDFLARE_API_TOKEN holds no token", kTokenHint});
  variables.erase("CLOUDFLARE_API_TOKEN");
  variables["CLOUDFLARE_API_TOKEN_FILE"] = "/nonexistent/token";
  CHECK(refusal(variables, sources.token_file()) ==
        Error{"cannot read the token file /nonexistent/token: No such file or directory"});
  variables.erase("CLOUDFLARE_API_TOKEN_FILE");
  CHECK(refusal(variables, "/nonexistent/configured") ==
        Error{"cannot read the token file /nonexistent/configured: No such file or directory"});
}

TEST_CASE("Without any source the error says what to set") {
  CHECK(refusal({}) ==
        Error{"no credential for Cloudflare",
              "set CLOUDFLARE_API_TOKEN_FILE to a file with an API token that has the permissions "
              "\"Zone - Zone - Read\" and \"Zone - DNS - Edit\""});
}

// --- What a token is
// ------------------------------------------------------------------------------

TEST_CASE("Tokens of every shape are sent as they are") {
  const std::string token = GENERATE(values<std::string>({
      "cfut_S3CRET0123456789012345678901234567890123abcd",
      "cfat_S3CRET",
      "S3CRET_-0123456789",
      "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
      "x",
  }));
  const ScratchDir scratch;
  const auto file = scratch.write("token", token);
  CAPTURE(token);

  CHECK(sent({{"CLOUDFLARE_API_TOKEN", token}}) == "Authorization: Bearer " + token + "\n");
  CHECK(sent({{"CLOUDFLARE_API_TOKEN_FILE", file}}) == "Authorization: Bearer " + token + "\n");
}

TEST_CASE("A token is one word of printable ASCII: nothing else could be a header") {
  const std::string token = GENERATE(values<std::string>({
      "Bearer S3CRET",
      "S3CRET\nHost: other.example.com",
      "S3CRET\r",
      "S3CRET\tS3CRET",
      "S3CRET\x01",
      "S3CRET\x7f",
      "S3CRET\xc3\xbc",
      "S3CRET\xff",
  }));
  CAPTURE(token);

  CHECK(refusal({{"CLOUDFLARE_API_TOKEN", token}}) ==
        Error{"CLOUDFLARE_API_TOKEN holds no token", kTokenHint});
}

// --- What a file must be
// --------------------------------------------------------------------------

TEST_CASE("Blanks and line ends around the token in a file are not part of it") {
  const std::string content =
      GENERATE(values<std::string>({"S3CRET", "S3CRET\n", "S3CRET\r\n", "\n S3CRET \t\n\n"}));
  const ScratchDir scratch;
  CAPTURE(content);

  CHECK(sent({{"CLOUDFLARE_API_TOKEN_FILE", scratch.write("token", content)}}) ==
        "Authorization: Bearer S3CRET\n");
}

TEST_CASE("A file that holds anything but one token is refused, and not shown") {
  const auto [content, expected] = GENERATE(table<std::string, std::string>({
      {"", " is empty"},
      {" \t\r\n\n", " is empty"},
      {"S3CRET S3CRET", " holds no token"},
      {"S3CRET\nS3CRET\n", " holds no token"},
      {"Bearer S3CRET\n", " holds no token"},
      {"CLOUDFLARE_API_TOKEN = S3CRET\n", " holds no token"},
      {std::string("S3CRET\0", 7), " holds no token"},
      {std::string("S3CRET\0\n", 8), " holds no token"},
      {"\xef\xbb\xbfS3CRET", " holds no token"},
  }));
  const ScratchDir scratch;
  const auto file = scratch.write("token", content);
  CAPTURE(content);

  CHECK(refusal({{"CLOUDFLARE_API_TOKEN_FILE", file}}) ==
        Error{"the token file " + file.string() + expected, kTokenHint});
}

TEST_CASE("A file that everybody may read is refused, and the error says how to close it") {
  const mode_t mode = GENERATE(values<mode_t>({0644, 0604, 0444, 0666, 0777}));
  const ScratchDir scratch;
  const auto file = scratch.write("token", "S3CRET", mode);
  const Error expected{
      "the token file " + file.string() + " may be read by everybody",
      "chmod o-rwx " + file.string() + ", and make a new token if others were on this host"};
  CAPTURE(mode);

  CHECK(refusal({{"CLOUDFLARE_API_TOKEN_FILE", file}}) == expected);
  CHECK(refusal({}, file) == expected);
}

TEST_CASE("A file that only its owner and group may read is fine") {
  const mode_t mode = GENERATE(values<mode_t>({0400, 0600, 0440, 0640, 0660}));
  const ScratchDir scratch;
  CAPTURE(mode);

  CHECK(sent({{"CLOUDFLARE_API_TOKEN_FILE", scratch.write("token", "S3CRET", mode)}}) ==
        "Authorization: Bearer S3CRET\n");
}

TEST_CASE("The rules for a file hold for systemd's credential too") {
  const ScratchDir scratch;
  const auto file = scratch.write("cloudflare-token", "S3CRET", 0644);

  CHECK(refusal({{"CREDENTIALS_DIRECTORY", scratch.path()}}).message ==
        "the token file " + file.string() + " may be read by everybody");
}

TEST_CASE("The token file may be a symbolic link; the mode that counts is the file's") {
  const ScratchDir scratch;
  const auto link = scratch.path() / "link";
  fs::create_symlink(scratch.write("token", "S3CRET"), link);
  CHECK(sent({{"CLOUDFLARE_API_TOKEN_FILE", link}}) == "Authorization: Bearer S3CRET\n");

  scratch.write("token", "S3CRET", 0644);

  CHECK(refusal({{"CLOUDFLARE_API_TOKEN_FILE", link}}).message ==
        "the token file " + link.string() + " may be read by everybody");
}

TEST_CASE("A directory, a device or a pipe is no token file, and nobody waits for one") {
  const ScratchDir scratch;
  const auto pipe = scratch.path() / "pipe";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);

  for (const fs::path& path : {scratch.path(), fs::path("/dev/zero"), pipe}) {
    CHECK(refusal({{"CLOUDFLARE_API_TOKEN_FILE", path}}) ==
          Error{"cannot read the token file " + path.string() + ": not a regular file"});
  }
}

TEST_CASE("A file that is missing or cannot be reached is told with the system's words") {
  const ScratchDir scratch;
  const std::string below_a_file = scratch.write("file", "") / "token";

  CHECK(refusal({{"CLOUDFLARE_API_TOKEN_FILE", "/nonexistent/token"}}) ==
        Error{"cannot read the token file /nonexistent/token: No such file or directory"});
  CHECK(refusal({{"CLOUDFLARE_API_TOKEN_FILE", below_a_file}}) ==
        Error{"cannot read the token file " + below_a_file + ": Not a directory"});
}

TEST_CASE("A file that is too large is refused, and never cut to a part of its token") {
  const ScratchDir scratch;
  const auto long_one = scratch.write("long", std::string(5000, 'a'));
  const auto huge = scratch.write("huge", std::string(kMebi + 1, 'a'));

  CHECK(sent({{"CLOUDFLARE_API_TOKEN_FILE", long_one}}) ==
        "Authorization: Bearer " + std::string(5000, 'a') + "\n");
  CHECK(refusal({{"CLOUDFLARE_API_TOKEN_FILE", huge}}) ==
        Error{"cannot read the token file " + huge.string() + ": larger than 1 MiB"});
}

// --- The legacy pair
// ------------------------------------------------------------------------------

TEST_CASE("Half of the legacy pair is none") {
  const Error expected{"CLOUDFLARE_API_KEY and CLOUDFLARE_EMAIL go together",
                       "better: make an API token and set CLOUDFLARE_API_TOKEN"};

  CHECK(refusal({{"CLOUDFLARE_API_KEY", "S3CRET"}}) == expected);
  CHECK(refusal({{"CLOUDFLARE_EMAIL", "me@example.com"}}) == expected);
}

TEST_CASE("Neither half of the legacy pair may break a header") {
  CHECK(refusal({{"CLOUDFLARE_API_KEY", "S3CRET\nX: y"}, {"CLOUDFLARE_EMAIL", "me@example.com"}})
            .message == "CLOUDFLARE_API_KEY holds no key");
  CHECK(refusal({{"CLOUDFLARE_API_KEY", "S3CRET"}, {"CLOUDFLARE_EMAIL", "me@example.com\nX: y"}})
            .message == "CLOUDFLARE_EMAIL holds no mail address");
}
