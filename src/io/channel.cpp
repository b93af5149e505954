#include "io/channel.h"

#include "io/channel_email.h"
#include "io/channel_post.h"
#include "io/child_process.h"

namespace {

Delivery failed(std::string why) {
  return {.failure = std::move(why)};
}

/// The answer's body is not shown: it may repeat what we sent, and that holds secrets.
Delivery delivery_of(const HttpResult& reply, const std::string& host) {
  if (!reply) {
    return failed(what_happened(reply.error(), host));
  }
  if (is_success(reply->status)) {
    return {};
  }
  return {.failure = host + " answered with status " + std::to_string(reply->status),
          .retry_after = reply->retry_after};
}

Task<Delivery> post(Http& http, Channel channel, Message message, Milliseconds at_most) {
  auto request = post_of(channel, message);
  if (!request) {
    co_return failed(request.error().message);
  }
  request->timeout = at_most;
  request->connect_timeout = at_most;
  request->wants_body = [](int) { return false; };
  const std::string host = request->url.host();
  const HttpResult reply = co_await http.fetch(*std::move(request));
  co_return delivery_of(reply, host);
}

Task<Delivery> mail(Http& http, Channel channel, Message message, Milliseconds at_most) {
  auto mail = mail_of(channel, message);
  if (!mail) {
    co_return failed(mail.error().message);
  }
  mail->timeout = at_most;
  const HttpResult reply = co_await http.send(*std::move(mail));
  if (!reply) {
    co_return failed(what_happened(reply.error(), channel.server));
  }
  co_return Delivery();
}

std::vector<std::string> environment_of(const Channel& channel, const Notice& notice) {
  std::vector<std::string> environment = channel.environment;
  const auto add = [&](const std::string& name, std::string_view value) {
    environment.push_back("CF_FAILOVER_" + name + "=" + std::string(value));
  };
  add("EVENT", to_text(notice.event));
  add("ID", notice.id);
  add("RECORD", notice.record);
  add("FROM", notice.from);
  add("TO", notice.to);
  add("REASON", notice.reason);
  add("SENTENCE", notice.sentence);
  add("TIME", to_text(notice.time));
  add("HOST", notice.host);
  return environment;
}

Task<Delivery> execute(EventLoop& loop, Channel channel, Message message, Milliseconds at_most) {
  auto child = ChildProcess::start(channel.command, environment_of(channel, message.notice));
  if (!child) {
    co_return failed("cannot run " + channel.command.front() + ": " + child.error().message);
  }
  const bool ended = co_await loop.readable(child->exit_descriptor(), at_most);
  if (!ended) {
    co_return failed(channel.command.front() + " was killed after " + describe(at_most));
  }
  const auto status = child->exit_status();
  if (status != 0) {
    co_return failed(channel.command.front() +
                     (status ? " ended with " + std::to_string(*status) : " was killed"));
  }
  co_return Delivery();
}

}  // namespace

Task<Delivery> deliver(Http& http, EventLoop& loop, Channel channel, Message message,
                       Milliseconds at_most) {
  switch (channel.kind) {
    case Channel::Kind::email:
      return mail(http, std::move(channel), std::move(message), at_most);
    case Channel::Kind::exec:
      return execute(loop, std::move(channel), std::move(message), at_most);
    case Channel::Kind::slack:
    case Channel::Kind::telegram:
    case Channel::Kind::pushbullet:
    case Channel::Kind::webhook:
      break;
  }
  return post(http, std::move(channel), std::move(message), at_most);
}
