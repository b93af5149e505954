// A host without an uplink, made real: a network namespace in which only loopback answers. The
// documentation addresses dialled here lead nowhere else.

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/lab.h"
#include "support/report_line_json.h"

namespace {

constexpr int kCannotTry = 77;

/// Cloudflare inside the namespace, and one run against it: $1 programs, $2 scratch, then options.
constexpr const char* kScript = R"(
programs=$1 scratch=$2
shift 2
ip link set lo up || exit 77
mkfifo "$scratch/up" || exit 77
"$programs/loopback-cloudflare" --listen 127.0.1.1:0 --zone example.com \
  --record 'www.example.com A 192.0.2.10' --record 'six.example.com AAAA 2001:db8::10' >"$scratch/up" &
server=$!
read -r _ _ CLOUDFLARE_BASE_URL <"$scratch/up"
export CLOUDFLARE_BASE_URL
"$programs/cf-failover" --json --attempts 1 --state-dir "$scratch/state" "$@"
status=$?
kill "$server"
exit "$status"
)";

ProcessResult run_without_uplink(const std::vector<std::string>& options) {
  const ScratchDir scratch;
  ProcessSpec spec{
      .argv = {"unshare", "--net", "sh", "-c", kScript, "sh", built(""), scratch.path()},
      .environment = {{"PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"},
                      {"CLOUDFLARE_API_TOKEN", Lab::kToken}},
      .limit = std::chrono::seconds(20)};
  spec.argv.insert(spec.argv.end(), options.begin(), options.end());
  return run(spec);
}

}  // namespace

TEST_CASE("A host whose uplink is gone judges nobody, though loopback answers", "[cli]") {
  struct Row {
    const char* record;
    const char* main;
    const char* backup;
    const char* probe;
  };
  const std::string no_route = "this host: Network is unreachable";
  for (const Row& row : std::vector<Row>{
           {"www.example.com", "192.0.2.10", "198.51.100.20", "tcp:80"},
           {"www.example.com", "192.0.2.10", "198.51.100.20", "icmp"},
           {"www.example.com", "192.0.2.10", "198.51.100.20", "http://www.example.com/"},
           {"www.example.com", "192.0.2.10", "127.0.1.1", "icmp"},
           {"six.example.com", "2001:db8::10", "::1", "icmp"},
       }) {
    CAPTURE(row.main, row.backup, row.probe);

    const ProcessResult result = run_without_uplink(
        {"--record", row.record, "--main", row.main, "--backup", row.backup, "--probe", row.probe});

    const bool not_allowed = result.err.find("unshare") != std::string::npos;
    if (result.status == kCannotTry || not_allowed) {
      WARN("not tried: no network namespace to be had here: " << result.err);
      return;
    }
    CHECK(result.status == 4);
    const ReportLine report = parse_report_line(result.out);
    CHECK(report.steps == std::vector{1, 2});
    CHECK(report.probe(row.main).reason == no_route);
  }
}
