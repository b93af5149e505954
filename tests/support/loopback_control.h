#pragma once

#include <string_view>

#include "loopback_cloudflare.h"
#include "simulated_api.h"

// The control face, for scripts. Everything is JSON.
//
//   GET    /control/records  all records
//   GET    /control/log      all requests, as LoggedRequest
//   POST   /control/fault    arms one; see fault_json.h
//   DELETE /control/fault    disarms all
//   PUT    /control/record   somebody else's change: "name", "type" (A), and what becomes new;
//                            "do" is edit (default), add, remove or recreate
//   POST   /control/quit     LoopbackCloudflare::on_quit, once this has been answered
simulated::ApiAnswer control(LoopbackCloudflare& cloudflare, const simulated::ApiRequest& request);
