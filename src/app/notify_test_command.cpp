#include "app/notify_test_command.h"

#include "app/mailman.h"
#include "app/output.h"
#include "app/report.h"
#include "app/system_clock.h"
#include "app/table.h"
#include "app/version.h"

ExitStatus notify_test_command(const NotifyTestRequest& request, const Clock& clock) {
  EventLoop loop(clock, clock.now() + request.deadline);
  Http http(loop, program_and_version(), request.trust);
  const auto tested = test_channels(request.channels, request.host, unix_now(), loop, http);
  Table table;
  ExitStatus status = ExitStatus::ok;
  for (const TestedChannel& channel : tested) {
    const bool delivered = channel.delivery.failure.empty();
    table.add(
        {channel.channel, delivered ? "delivered" : "not delivered", channel.delivery.failure});
    status = delivered ? status : ExitStatus::inaccessible;
  }
  print(stdout, table.str(0));
  return status;
}
