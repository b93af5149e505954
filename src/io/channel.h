#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/notice.h"
#include "io/http.h"

/// A way to tell people.
struct Channel {
  enum class Kind { email, slack, telegram, pushbullet, webhook, exec };

  Kind kind;
  std::string name;                       ///< its kind, with a number from the second of a kind on
  std::vector<Event> events = {};         ///< what it is told of; empty: everything
  std::optional<Url> url = {};            ///< instead of the usual address
  std::string server = {};                ///< email: as Mail has it
  std::string user = {};                  ///< email
  std::string from = {};                  ///< email
  std::vector<std::string> to = {};       ///< email
  std::string ca_file = {};               ///< instead of the system's
  std::string chat = {};                  ///< telegram
  std::string device = {};                ///< pushbullet; empty: all
  std::vector<std::string> command = {};  ///< exec
  std::vector<std::string> environment = {};  ///< exec: "NAME=value", what it sees of ours
  /// The token, the password, or the whole address where that is one; asked for when it is needed,
  /// so that a file that cannot be read stops no run. Null: there is none.
  std::function<Result<Secret>()> secret = {};
  std::function<Result<std::vector<HttpRequest::Header>>()> headers = {};  ///< webhook
};

/// A notice in words.
struct Message {
  Notice notice;
  std::string subject;  ///< its first sentence
  std::string text;
};

/// What came of a delivery.
struct Delivery {
  std::string failure = {};             ///< empty: delivered
  std::chrono::seconds retry_after{0};  ///< as the other side asked
};

/// Sends the message once, within `at_most`.
Task<Delivery> deliver(Http& http, EventLoop& loop, Channel channel, Message message,
                       Milliseconds at_most);
