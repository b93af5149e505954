# cf-failover: moves a Cloudflare DNS record between two origins.
# `make help` lists what there is to make.

VERSION := 0.1.0

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR ?= $(DATADIR)/man
UNITDIR ?= $(PREFIX)/lib/systemd/system
HOOKDIR ?= $(PREFIX)/lib/cf-failover
SYSCONFDIR ?= /etc
DESTDIR ?=

CXX ?= g++
CXXFLAGS ?= -O2 -g
PKG_CONFIG ?= pkg-config
BUILD ?= build

# As many jobs as there are processors, unless the caller chose.
ifeq (0,$(MAKELEVEL))
MAKEFLAGS += --jobs=$(shell nproc 2>/dev/null || echo 1) --no-print-directory
endif

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast \
  -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wformat=2 -Wimplicit-fallthrough -Wundef
hardening := -fPIE -fstack-protector-strong -D_GLIBCXX_ASSERTIONS
ifeq (,$(SANITIZE))
hardening += -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
else
# g++ 12 takes std::regex for uninitialized under ASan.
sanitizers := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
  -Wno-maybe-uninitialized
endif

ALL_CXXFLAGS = -std=c++20 $(warnings) $(hardening) $(sanitizers) -Isrc -MMD -MP \
  -DCF_FAILOVER_VERSION='"$(VERSION)"' $(CXXFLAGS) $(CPPFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro,-z,now,--as-needed $(sanitizers) $(LDFLAGS)
# The shared libstdc++ costs a seventh of the time to start. Set it empty to link with the system's.
STATIC_RUNTIME ?= -static-libstdc++ -static-libgcc
program_ldflags = $(ALL_LDFLAGS) $(if $(SANITIZE),,-Wl,--gc-sections $(STATIC_RUNTIME))

# Debian 12's RapidJSON and Catch2 warn under our flags; they are the system's headers, not ours.
libs := $(shell $(PKG_CONFIG) --libs libcurl 2>/dev/null || echo -lcurl)
test_libs := $(shell $(PKG_CONFIG) --libs cpp-httplib 2>/dev/null || echo -lcpp-httplib) -lssl -lcrypto -lpthread \
  $(shell $(PKG_CONFIG) --libs catch2 2>/dev/null)

sources := $(sort $(wildcard src/*/*.cpp))
objects := $(sources:%.cpp=$(BUILD)/%.o)
support_sources := $(filter-out %_main.cpp,$(sort $(wildcard tests/support/*.cpp)))
support_objects := $(support_sources:%.cpp=$(BUILD)/%.o)
soak_sources := $(sort $(wildcard tests/soak/*.cpp))
soak_objects := $(soak_sources:%.cpp=$(BUILD)/%.o)
torture_sources := $(sort $(wildcard tests/torture/*.cpp))
torture_objects := $(torture_sources:%.cpp=$(BUILD)/%.o)
test_sources := $(sort $(wildcard tests/*_test.cpp))
# Whole-program tests wait for sockets and time-outs; the others only compute. Two programs, so that
# they run side by side.
system_sources := $(filter tests/cli_% tests/loopback_% tests/demo_%,$(test_sources))
unit_sources := $(filter-out $(system_sources),$(test_sources))
unit_objects := $(unit_sources:%.cpp=$(BUILD)/%.o)
system_objects := $(system_sources:%.cpp=$(BUILD)/%.o)
# Two small programs that the benchmark runs, and the one that runs them.
bench_sources := $(filter-out %/launch.cpp %/control.cpp,$(sort $(wildcard tests/bench/*.cpp)))
bench_objects := $(bench_sources:%.cpp=$(BUILD)/%.o)
bench_programs := $(addprefix $(BUILD)/bench/,bench launch control)
programs := $(BUILD)/cf-failover $(BUILD)/loopback-cloudflare $(BUILD)/loopback-origin

.DEFAULT_GOAL := all
.PHONY: lint-format lint-floors lint-shell lint-manual lint-cppcheck lint-tidy lint-rules lint-deep
.PHONY: all test check sanitize fuzz torture soak lint demo bench install uninstall clean help unit-tests system-tests
.SECONDARY:

define link_with_tests
@mkdir -p $(@D)
@echo "  LINK $@"
@$(CXX) $(ALL_CXXFLAGS) -o $@ $^ $(ALL_LDFLAGS) $(libs) $(test_libs)
endef

all: $(BUILD)/cf-failover ## build build/cf-failover

$(BUILD)/cf-failover: $(BUILD)/src/main.o $(BUILD)/libcf-failover.a
	@echo "  LINK $@"
	@$(CXX) $(ALL_CXXFLAGS) -o $@ $^ $(program_ldflags) $(libs)

$(BUILD)/libcf-failover.a: $(objects)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/loopback-%: $(BUILD)/tests/support/loopback_%_main.o $(support_objects) $(BUILD)/libcf-failover.a
	$(link_with_tests)

$(BUILD)/demo: $(BUILD)/tests/support/demo_main.o $(support_objects) $(BUILD)/libcf-failover.a
	$(link_with_tests)

$(BUILD)/soak/soak: $(soak_objects) $(support_objects) $(BUILD)/libcf-failover.a
	$(link_with_tests)

$(BUILD)/bench/bench: $(bench_objects) $(support_objects) $(BUILD)/libcf-failover.a
	$(link_with_tests)

$(BUILD)/bench/launch $(BUILD)/bench/control: $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o
	@mkdir -p $(@D)
	@echo "  LINK $@"
	@$(CXX) $(ALL_CXXFLAGS) -o $@ $^ $(ALL_LDFLAGS) $(libs)

# As for a host that has no Go: everything in one file. The cache is here, since nothing may be left elsewhere.
$(BUILD)/bench/peer-go: tests/bench/peer.go
	@mkdir -p $(@D)
	@echo "  GO   $<"
	@GOCACHE=$(abspath $(BUILD))/bench/go-cache GO111MODULE=off CGO_ENABLED=0 go build -o $@ $<

$(BUILD)/unit_tests: $(unit_objects) $(BUILD)/tests/support/catch_main.o $(support_objects) $(BUILD)/libcf-failover.a
	$(link_with_tests)

$(BUILD)/system_tests: $(system_objects) $(BUILD)/tests/support/catch_main.o $(support_objects) $(BUILD)/libcf-failover.a
	$(link_with_tests)

$(BUILD)/torture: $(torture_objects) $(support_objects) $(BUILD)/libcf-failover.a
	$(link_with_tests)

# To be preloaded into the program: these functions stand before those of libc, so that no fortified header may be in
# the way, and no sanitizer.
$(BUILD)/%.so: tests/preload/%.cpp
	@mkdir -p $(@D)
	@echo "  LINK $@"
	@$(CXX) -std=c++20 $(warnings) -O1 -g -fPIC -shared -o $@ $<

# What tests and is not shipped is compiled for the sake of whoever waits for it.
$(BUILD)/tests/%.o: tests/%.cpp
	@mkdir -p $(@D)
	@echo "  CXX  $<"
	@$(CXX) $(ALL_CXXFLAGS) -O0 -g1 -U_FORTIFY_SOURCE -c -o $@ $<

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "  CXX  $<"
	@$(CXX) $(ALL_CXXFLAGS) -c -o $@ $<

test: unit-tests system-tests ## run every test (alias: check)
check: test

unit-tests: $(BUILD)/unit_tests
	$(BUILD)/unit_tests
system-tests: $(BUILD)/system_tests $(BUILD)/set_clock.so $(programs)
	BUILD=$(BUILD) $(BUILD)/system_tests

sanitize: ## run the same tests under AddressSanitizer and UndefinedBehaviorSanitizer
	$(MAKE) BUILD=$(BUILD)/sanitize SANITIZE=1 CXXFLAGS='-O1 -g1' test

# A fuzzer for every parser of foreign text: tests/fuzz/NAME_fuzz.cpp, with first inputs in tests/fuzz/seeds/NAME.
FUZZ_CXX ?= clang++
FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(patsubst tests/fuzz/%_fuzz.cpp,%,$(sort $(wildcard tests/fuzz/*_fuzz.cpp)))
# Clang 14 puts what -fsanitize=function needs where the parts of a coroutine cannot reach it.
fuzz_sanitizers := address,undefined -fno-sanitize=function -fno-sanitize-recover=all \
  -fsanitize-ignorelist=tests/fuzz/sanitize.ignore
fuzz_cxxflags = -std=c++20 -O1 -gline-tables-only $(warnings) -D_GLIBCXX_ASSERTIONS -Isrc -MMD -MP \
  -DCF_FAILOVER_VERSION='"$(VERSION)"' -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,$(fuzz_sanitizers)

$(BUILD)/fuzz/%.o: %.cpp
	@mkdir -p $(@D)
	@echo "  FUZZ $<"
	@$(FUZZ_CXX) $(fuzz_cxxflags) -c -o $@ $<

$(BUILD)/fuzz/libcf-failover.a: $(sources:%.cpp=$(BUILD)/fuzz/%.o)
	@rm -f $@
	@$(AR) rcs $@ $^

$(BUILD)/fuzz/%: $(BUILD)/fuzz/tests/fuzz/%_fuzz.o $(BUILD)/fuzz/tests/fuzz/fuzz.o $(BUILD)/fuzz/libcf-failover.a
	@$(FUZZ_CXX) -fsanitize=fuzzer,$(fuzz_sanitizers) -o $@ $^ $(LDFLAGS) $(libs) -lpthread

fuzz: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%) ## feed each parser of foreign text chance (FUZZ_SECONDS=60, SEED=1)
	FUZZ_SECONDS=$(FUZZ_SECONDS) SEED=$(SEED) tests/fuzz/run $(BUILD)/fuzz $(FUZZ_TARGETS)

torture: $(BUILD)/cf-failover $(BUILD)/torture $(BUILD)/fail_nth.so ## let each call of a run fail, and the API (ten minutes; SEED=)
	BUILD=$(BUILD) $(BUILD)/torture

demo: $(BUILD)/cf-failover $(BUILD)/demo ## see a failover and a failback happen, on loopback
	@BUILD=$(BUILD) $(BUILD)/demo

soak: $(BUILD)/cf-failover $(BUILD)/soak/soak $(BUILD)/set_clock.so $(BUILD)/bench/launch ## live through a month of minutes (MINUTES=, SEED=)
	@BUILD=$(BUILD) SEED=$(SEED) MINUTES=$(MINUTES) $(BUILD)/soak/soak

# Without Go the benchmark says so. Its scratch files go below BUILD, too.
bench: $(BUILD)/cf-failover $(bench_programs) $(if $(shell command -v go),$(BUILD)/bench/peer-go) ## measure what a run costs, and what others need for it
	@BUILD=$(BUILD) TMPDIR=$(abspath $(BUILD))/bench $(BUILD)/bench/bench

cxx_files := $(sort $(wildcard src/*.cpp src/*/*.cpp src/*/*.h tests/*.cpp tests/support/*.cpp tests/support/*.h \
  $(foreach kind,bench fuzz preload soak torture,tests/$(kind)/*.cpp tests/$(kind)/*.h)))
shell_files := .ci/run $(sort $(shell grep -rlE '^#!/bin/(ba)?sh' scripts) $(wildcard scripts/hooks/*)) \
  scripts/completion/cf-failover.bash tests/fuzz/run tests/bench/peer.sh
tidy_stamps := $(patsubst %.cpp,$(BUILD)/tidy/%.ok,$(filter %.cpp,$(cxx_files)))

lint: lint-format lint-floors lint-shell lint-manual lint-cppcheck lint-tidy ## check format, structure, scripts, manual
lint-format:
	@echo clang-format
	@clang-format --dry-run --Werror $(cxx_files)
lint-floors:
	scripts/check-floors
lint-shell:
	shellcheck $(shell_files)
lint-manual: $(BUILD)/cf-failover
	BUILD=$(BUILD) scripts/check-manual
# What a coroutine keeps is passed by value, and its result moved.
lint-cppcheck:
	cppcheck --quiet --error-exitcode=1 --std=c++20 --enable=warning,performance,portability \
	  --suppress=passedByValue --suppress=returnStdMoveLocal -Isrc -DCF_FAILOVER_VERSION='"$(VERSION)"' src
lint-tidy: $(tidy_stamps)
lint-rules: ## check the alert rules with promtool, which comes with Prometheus
	promtool check rules scripts/monitoring/cf-failover.rules.yml

# Its counts of suppressed warnings go to standard error, and so does the reason of a crash.
$(BUILD)/tidy/%.ok: %.cpp $(filter %.h,$(cxx_files)) .clang-tidy tests/.clang-tidy
	@mkdir -p $(@D)
	@echo clang-tidy $<
	@clang-tidy --quiet $< -- -std=c++20 -Isrc -DCF_FAILOVER_VERSION='"$(VERSION)"' 2>$@.log || { cat $@.log; false; }
	@touch $@

lint-deep: ## let clang's analyzer read src (some minutes)
	printf '%s\n' $(filter src/%.cpp,$(cxx_files)) | xargs -P $$(nproc) -I {} \
	  clang-tidy --quiet --checks='-*,clang-analyzer-*' {} -- -std=c++20 -Isrc -DCF_FAILOVER_VERSION='"$(VERSION)"'

completions := $(DESTDIR)$(DATADIR)/bash-completion/completions $(DESTDIR)$(DATADIR)/zsh/site-functions
examples := $(DESTDIR)$(DATADIR)/doc/cf-failover/examples
hooks := $(notdir $(sort $(wildcard scripts/hooks/*)))
# The sources name everything where a plain `make install` puts it.
place = sed -e 's|/usr/local/bin/|$(BINDIR)/|g' -e 's|/usr/local/lib/cf-failover|$(HOOKDIR)|g' \
  -e 's|/etc/default/|$(SYSCONFDIR)/default/|g'

install: all ## install below PREFIX (default /usr/local); DESTDIR is honoured
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(MANDIR)/man5 $(completions) \
	  $(DESTDIR)$(UNITDIR) $(DESTDIR)$(HOOKDIR) $(examples)
	install -m 0755 $(BUILD)/cf-failover $(DESTDIR)$(BINDIR)/cf-failover
	install -m 0644 man/cf-failover.1 $(DESTDIR)$(MANDIR)/man1/cf-failover.1
	install -m 0644 man/cf-failover-config.5 $(DESTDIR)$(MANDIR)/man5/cf-failover-config.5
	install -m 0644 scripts/completion/cf-failover.bash $(word 1,$(completions))/cf-failover
	install -m 0644 scripts/completion/_cf-failover $(word 2,$(completions))/_cf-failover
	$(place) scripts/systemd/cf-failover.service >$(DESTDIR)$(UNITDIR)/cf-failover.service
	chmod 0644 $(DESTDIR)$(UNITDIR)/cf-failover.service
	install -m 0644 scripts/systemd/cf-failover.timer $(DESTDIR)$(UNITDIR)/cf-failover.timer
	install -m 0644 scripts/examples/config.json $(examples)/config.json
	install -m 0644 scripts/monitoring/cf-failover.rules.yml $(examples)/cf-failover.rules.yml
	for example in cf-failover.cron cf-failover.default; do \
	  $(place) scripts/examples/$$example >$(examples)/$$example && chmod 0644 $(examples)/$$example || exit; \
	done
	for hook in $(hooks); do \
	  $(place) scripts/hooks/$$hook >$(DESTDIR)$(HOOKDIR)/$$hook && chmod 0755 $(DESTDIR)$(HOOKDIR)/$$hook || exit; \
	done

uninstall: ## remove what install installed
	rm -f $(DESTDIR)$(BINDIR)/cf-failover $(DESTDIR)$(MANDIR)/man1/cf-failover.1 \
	  $(DESTDIR)$(MANDIR)/man5/cf-failover-config.5 $(word 1,$(completions))/cf-failover \
	  $(word 2,$(completions))/_cf-failover $(DESTDIR)$(UNITDIR)/cf-failover.service \
	  $(DESTDIR)$(UNITDIR)/cf-failover.timer $(examples)/config.json $(examples)/cf-failover.cron \
	  $(examples)/cf-failover.default $(examples)/cf-failover.rules.yml $(hooks:%=$(DESTDIR)$(HOOKDIR)/%)
	-rmdir $(examples) $(dir $(examples)) $(DESTDIR)$(HOOKDIR) 2>/dev/null

clean: ## remove build/
	rm -rf $(BUILD)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /  make \1 \t/p' $(MAKEFILE_LIST) | expand -t 20

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
