// Hosts without an uplink, without a resolver, or with one family of addresses only, made real:
// network namespaces in which only loopback answers. The documentation addresses dialled here lead
// nowhere else.

#include <string>
#include <vector>

#include "support/catch.h"
#include "support/lab.h"
#include "support/report_line_json.h"

namespace {

constexpr int kCannotTry = 77;

/// Cloudflare inside the namespace, and one run against it: $1 programs, $2 scratch, then options.
/// On the way the variable SETUP is executed.
constexpr const char* kScript = R"(
programs=$1 scratch=$2
shift 2
ip link set lo up || exit 77
eval "$SETUP"
mkfifo "$scratch/up" || exit 77
"$programs/loopback-cloudflare" --listen "${API:-127.0.1.1:0}" --zone example.com \
  --record 'www.example.com A 192.0.2.10' --record 'six.example.com AAAA 2001:db8::10' >"$scratch/up" &
server=$!
read -r _ _ url <"$scratch/up"
export CLOUDFLARE_BASE_URL="${CLOUDFLARE_BASE_URL:-$url}"
"$programs/cf-failover" --json --attempts 1 --state-dir "$scratch/state" "$@"
status=$?
kill "$server" $origin
exit "$status"
)";

ProcessResult run_without_uplink(const std::vector<std::string>& options,
                                 const std::map<std::string, std::string>& environment = {}) {
  const ScratchDir scratch;
  ProcessSpec spec{
      .argv = {"unshare", "--net", "sh", "-c", kScript, "sh", built(""), scratch.path()},
      .environment = {{"PATH", "/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin"},
                      {"CLOUDFLARE_API_TOKEN", Lab::kToken}},
      .limit = std::chrono::seconds(20)};
  spec.environment.insert(environment.begin(), environment.end());
  spec.argv.insert(spec.argv.end(), options.begin(), options.end());
  return run(spec);
}

bool was_tried(const ProcessResult& result) {
  const bool not_allowed = result.err.find("unshare") != std::string::npos;
  if (result.status != kCannotTry && !not_allowed) {
    return true;
  }
  WARN("not tried: no network namespace to be had here: " << result.err);
  return false;
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

    if (!was_tried(result)) {
      return;
    }
    CHECK(result.status == 4);
    const ReportLine report = parse_report_line(result.out);
    CHECK(report.steps == std::vector{1, 2});
    CHECK(report.probe(row.main).reason == no_route);
  }
}

TEST_CASE("A host with IPv6 alone fails over between IPv6 addresses", "[cli]") {
  const ProcessResult result =
      run_without_uplink({"--record", "six.example.com", "--main", "2001:db8::10", "--backup",
                          "::1", "--probe", "http://six.example.com:8080/"},
                         {{"API", "[::1]:0"}, {"SETUP", R"(
        ip -6 addr add 2001:db8::10/128 dev lo nodad || exit 77
        mkfifo "$scratch/origin" || exit 77
        "$programs/loopback-origin" --listen '[::1]:8080' >"$scratch/origin" &
        origin=$!
        read -r _ <"$scratch/origin"
      )"}});

  if (was_tried(result)) {
    CAPTURE(result.err);
    CHECK(result.status == 0);
    const ReportLine report = parse_report_line(result.out);
    CHECK(report.action == "failover");
    CHECK(report.written == true);
    CHECK(report.probe("2001:db8::10").reason == "refused");
  }
}

TEST_CASE("A host without IPv6 fails over between IPv4 addresses", "[cli]") {
  const ProcessResult result =
      run_without_uplink({"--record", "www.example.com", "--main", "192.0.2.10", "--backup",
                          "127.0.3.1", "--probe", "http://www.example.com:8080/"},
                         {{"SETUP", R"(
        ip -6 addr flush dev lo
        ip addr add 192.0.2.10/32 dev lo || exit 77
        mkfifo "$scratch/origin" || exit 77
        "$programs/loopback-origin" --listen 127.0.3.1:8080 >"$scratch/origin" &
        origin=$!
        read -r _ <"$scratch/origin"
      )"}});

  if (was_tried(result)) {
    CAPTURE(result.err);
    CHECK(result.status == 0);
    CHECK(parse_report_line(result.out).action == "failover");
  }
}

TEST_CASE("A host without a resolver says so, within the deadline, and changes nothing", "[cli]") {
  const ProcessResult result =
      run_without_uplink({"--record", "www.example.com", "--main", "127.0.2.1", "--backup",
                          "127.0.3.1", "--probe", "tcp:80", "--deadline", "3s"},
                         {{"CLOUDFLARE_BASE_URL", "https://api.example.com/client/v4"}});

  if (was_tried(result)) {
    CAPTURE(result.err);
    CHECK(result.status == 3);
    CHECK(result.elapsed < std::chrono::seconds(6));
    CHECK(result.err.find("could not read the record") != std::string::npos);
    CHECK(result.err.find("api.example.com") != std::string::npos);
  }
}
