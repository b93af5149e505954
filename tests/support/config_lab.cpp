#include "config_lab.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <stdexcept>

#include "value/unix_time.h"

namespace {

namespace fs = std::filesystem;

std::string content_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// Written anew in its place: the file keeps its owner and mode.
void rewrite(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary | std::ios::trunc) << text;
}

template <typename Wanted>
std::vector<std::string> names_in(const fs::path& directory, Wanted wanted) {
  std::vector<std::string> names;
  if (fs::is_directory(directory)) {
    for (const auto& entry : fs::directory_iterator(directory)) {
      if (wanted(entry.path().filename().string())) {
        names.push_back(entry.path().filename());
      }
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_letter(const std::string& name) {
  return name.ends_with(".json");
}

rapidjson::Document parsed(const std::string& object) {
  rapidjson::Document json;
  json.Parse(object.data(), object.size());
  if (json.HasParseError() || !json.IsObject()) {
    throw std::runtime_error("no JSON object: " + object);
  }
  return json;
}

}  // namespace

void ConfigLab::configure(const std::vector<std::string>& top) const {
  configure(top, {"www.example.com"});
}

void ConfigLab::configure(const std::vector<std::string>& top,
                          const std::vector<std::string>& names) const {
  std::string text = "{\n";
  for (const std::string& member : top) {
    text += "  " + member + ",\n";
  }
  const std::string target = "http://www.example.com:" + std::to_string(main.port()) + "/";
  text += "  \"state_dir\": \"" + state().string() +
          "\",\n  \"defaults\": {\"probe\": {\"attempts\": 1, \"target\": \"" + target +
          "\"}},\n  \"records\": [\n";
  for (const std::string& name : names) {
    text += R"(    {"name": ")" + name + R"(", "main": ")" + kMain + R"(", "backup": ")" + kBackup +
            "\"},\n";
  }
  scratch.write("config.json", text + "  ],\n}\n");
}

ProcessSpec ConfigLab::spec(const Options& words) const {
  ProcessSpec spec{.argv = {built("cf-failover")}, .environment = environment()};
  spec.argv.insert(spec.argv.end(), words.begin(), words.end());
  spec.argv.insert(spec.argv.end(), {"--config", file()});
  return spec;
}

std::vector<std::string> ConfigLab::letters() const {
  return names_in(outbox(), is_letter);
}

std::vector<std::string> ConfigLab::others() const {
  return names_in(outbox(),
                  [](const std::string& name) { return !is_letter(name) && name != "lock"; });
}

std::string ConfigLab::letter(std::size_t position) const {
  return content_of(outbox() / letters().at(position));
}

void ConfigLab::let_pass(std::chrono::milliseconds time) const {
  for (const auto& entry : fs::recursive_directory_iterator(state())) {
    const std::string name = entry.path().filename();
    if (name.ends_with(".seen.json") ||
        (is_letter(name) && entry.path().parent_path() == outbox())) {
      rewrite(entry.path(), with_moments_moved(content_of(entry.path()), -time));
    }
  }
}

std::string with_moments_moved(const std::string& text, std::chrono::milliseconds by) {
  static const std::regex kTime("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9.]+Z");
  std::string moved;
  auto rest = text.cbegin();
  for (std::sregex_iterator at(text.begin(), text.end(), kTime), last; at != last; ++at) {
    moved.append(rest, text.cbegin() + at->position());
    moved += at->str().starts_with("1970-") ? at->str()
                                            : to_text(parse_unix_time(at->str()).value() + by);
    rest = text.cbegin() + at->position() + at->length();
  }
  return moved.append(rest, text.cend());
}

std::string this_host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

std::string json_member(const std::string& object, const std::string& name) {
  const rapidjson::Document json = parsed(object);
  const auto found = json.FindMember(name.c_str());
  if (found == json.MemberEnd()) {
    throw std::runtime_error("no member " + name + " in " + object);
  }
  if (found->value.IsString()) {
    return {found->value.GetString(), found->value.GetStringLength()};
  }
  rapidjson::StringBuffer text;
  rapidjson::Writer<rapidjson::StringBuffer> writer(text);
  found->value.Accept(writer);
  return text.GetString();
}

std::vector<std::string> json_names(const std::string& object) {
  const rapidjson::Document json = parsed(object);
  std::vector<std::string> names;
  for (const auto& member : json.GetObject()) {
    names.emplace_back(member.name.GetString());
  }
  return names;
}

std::string everything_below(const fs::path& directory) {
  std::string all;
  if (fs::is_directory(directory)) {
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
      all +=
          entry.path().string() + "\n" + (entry.is_regular_file() ? content_of(entry) : "") + "\n";
    }
  }
  return all;
}
