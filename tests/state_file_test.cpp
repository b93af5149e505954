#include "io/state_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <set>

#include "support/catch.h"
#include "support/file_size_limit.h"
#include "support/printers.h"
#include "support/scratch_dir.h"

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMebi = 1024 * 1024;

/// Sets the umask of the process, and puts it back.
class Umask {
 public:
  explicit Umask(mode_t mask) : before_(umask(mask)) {}
  Umask(const Umask&) = delete;
  Umask& operator=(const Umask&) = delete;
  ~Umask() { umask(before_); }

 private:
  mode_t before_;
};

mode_t mode_of(const fs::path& path) {
  struct stat status {};
  REQUIRE(lstat(path.c_str(), &status) == 0);
  return status.st_mode & 07777;
}

std::set<std::string> names_in(const fs::path& directory) {
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(directory)) {
    names.insert(entry.path().filename());
  }
  return names;
}

std::string error_of_read(const fs::path& path) {
  const auto content = read_state(path);
  REQUIRE_FALSE(content);
  return content.error().message;
}

}  // namespace

// --- Reading
// --------------------------------------------------------------------------------------

TEST_CASE("A state file that is not there is nothing, and no error") {
  const ScratchDir scratch;

  const auto content = read_state(scratch.path() / "state");

  REQUIRE(content);
  CHECK_FALSE(*content);
}

TEST_CASE("The content of a state file is read whole, whatever its bytes") {
  const std::string text = GENERATE(
      values<std::string>({"", "{}\n", std::string("a\0b\xff\r\n", 6), std::string(kMebi, 'a')}));
  const ScratchDir scratch;
  const auto path = scratch.write("state", text);

  const auto content = read_state(path);

  REQUIRE(content);
  REQUIRE(*content);
  CHECK(**content == text);
}

TEST_CASE("A state file that is too large is refused") {
  const ScratchDir scratch;
  const auto path = scratch.write("state", std::string(kMebi + 1, 'a'));

  CHECK(error_of_read(path) == "cannot read " + path.string() + ": larger than 1 MiB");
}

TEST_CASE("A symbolic link is not followed to a state") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "state";
  fs::create_symlink(scratch.write("secret", "text"), path);

  CHECK(error_of_read(path) ==
        "cannot read " + path.string() + ": Too many levels of symbolic links");
}

TEST_CASE("A directory or a device is no state file") {
  const ScratchDir scratch;

  CHECK(error_of_read(scratch.path()) ==
        "cannot read " + scratch.path().string() + ": not a regular file");
  CHECK(error_of_read("/dev/zero") == "cannot read /dev/zero: not a regular file");
}

TEST_CASE("A pipe without a writer is no state file, and nobody waits for one") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "state";
  REQUIRE(mkfifo(path.c_str(), 0600) == 0);

  CHECK(error_of_read(path) == "cannot read " + path.string() + ": not a regular file");
}

TEST_CASE("Below something that is no directory there is no state") {
  const ScratchDir scratch;
  const auto content = read_state(scratch.write("file", "") / "state");

  REQUIRE(content);
  CHECK_FALSE(*content);
}

// --- Replacing
// ------------------------------------------------------------------------------------

TEST_CASE("A state is written and read back") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "state";

  REQUIRE(replace_state(path, "first", Sync::no));
  CHECK(**read_state(path) == "first");
  REQUIRE(replace_state(path, "", Sync::no));
  CHECK((*read_state(path))->empty());
  REQUIRE(replace_state(path, std::string("a\0b", 3), Sync::no));
  CHECK(**read_state(path) == std::string("a\0b", 3));
  CHECK(names_in(scratch.path()) == std::set<std::string>{"state"});
}

TEST_CASE("Whoever is reading a state while it is replaced sees the old one to its end") {
  const ScratchDir scratch;
  const auto path = scratch.write("state", "old");
  std::ifstream reader(path);

  REQUIRE(replace_state(path, "new and longer", Sync::no));

  const std::string seen{std::istreambuf_iterator<char>(reader), {}};
  CHECK(seen == "old");
  CHECK(scratch.read("state") == "new and longer");
}

TEST_CASE("A state is for its owner alone, whatever the umask and the mode before") {
  const mode_t mask = GENERATE(values<mode_t>({0, 022, 077}));
  const ScratchDir scratch;
  const auto path = scratch.write("state", "old", 0666);
  const Umask umask(mask);
  CAPTURE(mask);

  REQUIRE(replace_state(path, "new", Sync::no));

  CHECK(mode_of(path) == 0600);
}

TEST_CASE("What a killed run left is no obstacle to the next") {
  const ScratchDir scratch;
  const auto path = scratch.write("state", "old");
  scratch.write("state.new", "half a sta");

  REQUIRE(replace_state(path, "new", Sync::no));

  CHECK(scratch.read("state") == "new");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"state"});
}

TEST_CASE("A symbolic link is replaced, and what it points to left alone") {
  const std::string name = GENERATE(values<std::string>({"state", "state.new"}));
  const ScratchDir scratch;
  const auto path = scratch.path() / "state";
  fs::create_symlink(scratch.write("victim", "precious", 0644), scratch.path() / name);
  CAPTURE(name);

  REQUIRE(replace_state(path, "new", Sync::no));

  CHECK(scratch.read("victim") == "precious");
  CHECK(mode_of(scratch.path() / "victim") == 0644);
  CHECK_FALSE(fs::is_symlink(path));
  CHECK(scratch.read("state") == "new");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"state", "victim"});
}

TEST_CASE("A directory in the way of a state is an error, and nothing is left behind") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "state";
  fs::create_directory(path);

  const auto replaced = replace_state(path, "new", Sync::no);

  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().message == "cannot write " + path.string() + ": Is a directory");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"state"});
}

TEST_CASE("A directory in the way of the temporary name is an error, and the old state stands") {
  const ScratchDir scratch;
  const auto path = scratch.write("state", "old");
  fs::create_directory(scratch.path() / "state.new");

  const auto replaced = replace_state(path, "new", Sync::no);

  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().message == "cannot write " + path.string() + ".new: File exists");
  CHECK(scratch.read("state") == "old");
}

TEST_CASE("A state in a directory that is not there cannot be written") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "none" / "state";

  const auto replaced = replace_state(path, "new", Sync::no);

  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().message ==
        "cannot write " + path.string() + ".new: No such file or directory");
}

TEST_CASE("When the disk is full the old state stands, and nothing is left behind") {
  const std::size_t size = GENERATE(values<std::size_t>({101, 10'000, kMebi}));
  const ScratchDir scratch;
  const auto path = scratch.write("state", "old");
  CAPTURE(size);

  const auto replaced = [&] {
    const FileSizeLimit limit(100);
    return replace_state(path, std::string(size, 'a'), Sync::no);
  }();

  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().message == "cannot write " + path.string() + ": File too large");
  CHECK(scratch.read("state") == "old");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"state"});
}

// --- Setting aside, making room
// -------------------------------------------------------------------

TEST_CASE("A state that makes no sense is set aside under another name") {
  const ScratchDir scratch;
  const auto path = scratch.write("state", "rubbish");
  scratch.write("state.bad", "older rubbish");

  const auto aside = set_state_aside(path);

  REQUIRE(aside);
  CHECK(*aside == path.string() + ".bad");
  CHECK(scratch.read("state.bad") == "rubbish");
  CHECK(names_in(scratch.path()) == std::set<std::string>{"state.bad"});
}

TEST_CASE("What is not there cannot be set aside") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "state";

  const auto aside = set_state_aside(path);

  REQUIRE_FALSE(aside);
  CHECK(aside.error().message == "cannot rename " + path.string() + ": No such file or directory");
}

TEST_CASE("A state directory is made with its parents, closed to others") {
  const mode_t mask = GENERATE(values<mode_t>({0, 022, 077}));
  const std::string name = GENERATE(values<std::string>({"a/b/c", "a/b/c/"}));
  const ScratchDir scratch;
  const Umask umask(mask);
  CAPTURE(mask, name);

  REQUIRE(make_state_directory(scratch.path() / name));

  CHECK(mode_of(scratch.path() / "a/b/c") == 0700);
}

TEST_CASE("A directory that is there already is left as it is") {
  const ScratchDir scratch;
  const auto path = scratch.path() / "state";
  fs::create_directory(path);
  fs::permissions(path, fs::perms{0755});
  fs::create_directory_symlink(path, scratch.path() / "link");

  CHECK(make_state_directory(path));
  CHECK(make_state_directory(scratch.path() / "link"));

  CHECK(mode_of(path) == 0755);
}

TEST_CASE("A file in the way of a state directory is an error") {
  const ScratchDir scratch;
  const auto file = scratch.write("file", "text");

  for (const fs::path& path : {file, file / "below"}) {
    const auto made = make_state_directory(path);

    REQUIRE_FALSE(made);
    CHECK(made.error().message ==
          "cannot make the directory " + path.string() + ": Not a directory");
  }
  CHECK(scratch.read("file") == "text");
}
