#pragma once

#include <string>
#include <vector>

#include "app/environment.h"
#include "io/http.h"
#include "value/result.h"

/// Who we are to Cloudflare, and where that was found.
struct Credentials {
  std::vector<HttpRequest::Header> headers;
  std::string source;  ///< "CLOUDFLARE_API_TOKEN", "the token file PATH", ...
};

/// One word of printable characters from `source`; `what` it is for the Error.
Result<Secret> to_secret(std::string text, const std::string& source, const std::string& what);
/// The text of a file that others may not read; `what` it holds is for the Error.
Result<std::string> read_private_file(const std::string& path, const std::string& what);
/// The only line of such a file.
Result<Secret> read_secret_file(const std::string& path, const std::string& what);

/// From the first of CLOUDFLARE_API_TOKEN,
/// CLOUDFLARE_API_TOKEN_FILE, the configured `token_file` (empty: none), the systemd credential
/// `cloudflare-token`, and CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL. A file that others may read is
/// refused. No error shows a secret.
Result<Credentials> find_credentials(const Environment& environment,
                                     const std::string& token_file = {});
