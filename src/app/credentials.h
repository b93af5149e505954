#pragma once

#include <vector>

#include "app/environment.h"
#include "io/http.h"
#include "value/result.h"

/// The headers that say who we are to Cloudflare: from the first of CLOUDFLARE_API_TOKEN,
/// CLOUDFLARE_API_TOKEN_FILE, the configured `token_file` (empty: none), the systemd credential
/// `cloudflare-token`, and CLOUDFLARE_API_KEY with CLOUDFLARE_EMAIL. A file that others may read is
/// refused. No error shows a secret.
Result<std::vector<HttpRequest::Header>> find_credentials(const Environment& environment,
                                                          const std::string& token_file = {});
