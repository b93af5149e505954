#include "io/channel_post.h"

#include "io/channel_json.h"
#include "value/text.h"

namespace {

Result<Url> usual_or(const Channel& channel, const std::string& usual) {
  return channel.url.value_or(*Url::parse(usual));
}

/// The configured address, or the one that is a secret itself.
Result<Url> secret_address(const Channel& channel) {
  if (channel.url) {
    return *channel.url;
  }
  const auto text = channel.secret();
  if (!text) {
    return tl::unexpected(text.error());
  }
  const auto url = Url::parse(text->reveal());
  return url && url->keeps_secrets() ? Result<Url>(*url)
                                     : failure("what is to be its address is none of https");
}

Result<HttpRequest> slack_post(const Channel& channel, const Message& message) {
  const auto url = secret_address(channel);
  if (!url) {
    return tl::unexpected(url.error());
  }
  return HttpRequest{.url = *url, .body = slack_body(message)};
}

Result<HttpRequest> telegram_post(const Channel& channel, const Message& message) {
  const auto token = channel.secret();
  if (!token) {
    return tl::unexpected(token.error());
  }
  const auto url = usual_or(channel, "https://api.telegram.org");
  return HttpRequest{.url = url->with_path("/bot" + token->reveal() + "/sendMessage"),
                     .body = telegram_body(message, channel.chat)};
}

Result<HttpRequest> pushbullet_post(const Channel& channel, const Message& message) {
  const auto token = channel.secret();
  if (!token) {
    return tl::unexpected(token.error());
  }
  return HttpRequest{.url = *usual_or(channel, "https://api.pushbullet.com/v2/pushes"),
                     .headers = {{"Access-Token", *token}},
                     .body = pushbullet_body(message, channel.device)};
}

Result<HttpRequest> webhook_post(const Channel& channel, const Message& message) {
  const auto url = secret_address(channel);
  if (!url) {
    return tl::unexpected(url.error());
  }
  HttpRequest request{.url = *url, .body = webhook_body(message)};
  if (channel.headers) {
    auto headers = channel.headers();
    if (!headers) {
      return tl::unexpected(headers.error());
    }
    request.headers = *std::move(headers);
  }
  return request;
}

Result<HttpRequest> request_of(const Channel& channel, const Message& message) {
  switch (channel.kind) {
    case Channel::Kind::slack:
      return slack_post(channel, message);
    case Channel::Kind::telegram:
      return telegram_post(channel, message);
    case Channel::Kind::pushbullet:
      return pushbullet_post(channel, message);
    case Channel::Kind::webhook:
      return webhook_post(channel, message);
    case Channel::Kind::email:
    case Channel::Kind::exec:
      break;
  }
  return failure("this channel sends no request");
}

}  // namespace

Result<HttpRequest> post_of(const Channel& channel, const Message& message) {
  auto request = request_of(channel, message);
  if (request) {
    request->method = "POST";
    request->ca_file = channel.ca_file;
    request->proxy = HttpRequest::Proxy::from_environment;
    request->headers.push_back({"Content-Type", Secret("application/json; charset=utf-8")});
    request->headers.push_back({"Idempotency-Key", Secret(printable(message.notice.id))});
  }
  return request;
}
