# SPDX-License-Identifier: MIT
# Build, test and install whyrefused. `make help` lists the targets.

PREFIX ?= /usr/local
prefix ?= $(PREFIX)
bindir ?= $(prefix)/bin
libdir ?= $(prefix)/lib
mandir ?= $(prefix)/share/man
docdir ?= $(prefix)/share/doc/whyrefused
completiondir ?= $(prefix)/share/bash-completion/completions
zshdir ?= $(prefix)/share/zsh/site-functions
sysconfdir ?= /etc
BUILD ?= build
PKG_CONFIG ?= pkg-config
INSTALL ?= install
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))
quote = '$(subst ','\'',$(1))'

CFLAGS ?= -O2 -g
CC_FOR_BUILD ?= $(CC)
warnings := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wundef -Wvla -Wno-missing-field-initializers
all_cppflags = -Iinclude -Ishim -D_GNU_SOURCE -U_FORTIFY_SOURCE $(CPPFLAGS)
all_cflags = -std=gnu11 $(warnings) -MMD -MP $(CFLAGS)
# Law 2 and 4 of shim/README.md: hidden by default, initial-exec TLS, small stacks.
shim_cflags = -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt -fno-stack-protector \
	-fno-omit-frame-pointer -fasynchronous-unwind-tables $(frame_limit)
frame_limit = -Wframe-larger-than=2048
shim_ldflags = -shared -nostartfiles -Wl,-z,now,-z,relro,-z,defs,-z,nodelete,-z,noseparate-code,-init,wr_constructor,-fini,wr_destructor \
	-Wl,--build-id,--as-needed,--hash-style=gnu

# What runs in the host; what runs in the helper program; what both share is pure or basic.
shim_dirs := base config diagnose frames hold hook probe render sink tls track
shim_src := $(sort $(wildcard shim/*.c $(shim_dirs:%=shim/%/*.c)))
helper_src := $(sort $(wildcard shim/helper/*.c shim/base/*.c shim/config/*.c shim/diagnose/*.c \
	shim/render/*.c shim/sink/*.c shim/probe/*.c shim/tls/chain*.c))
shim_obj := $(shim_src:%.c=$(BUILD)/shim-obj/%.o)
helper_obj := $(helper_src:%.c=$(BUILD)/helper-obj/%.o)
helper_pkgs := libunwind-coredump libunwind-generic libconfig
# Of these the headers only: loaded at run time, where they are needed.
helper_cflags_pkgs := $(helper_pkgs) libnftables
# Asked when a recipe runs: by then what was missing is installed.
helper_cflags = $(shell $(PKG_CONFIG) --cflags $(helper_cflags_pkgs))
helper_libs = $(shell $(PKG_CONFIG) --libs $(helper_pkgs)) -ldl

# What the tests link: everything but the hooks, and of the helper everything but its main().
unit_shim_obj := $(filter-out $(BUILD)/shim-obj/shim/hook/%,$(shim_obj))
unit_helper_obj := $(filter-out %/helper/main.o,$(helper_obj))
unit_src := $(sort $(wildcard tests/unit/*/test_*.c))
unit_bin := $(unit_src:%.c=$(BUILD)/%)
golden_src := $(sort $(wildcard tests/diagnose/*.c shim/diagnose/*.c shim/base/*.c shim/render/*.c))
golden_obj := $(golden_src:%.c=$(BUILD)/trace-obj/%.o)
contract_src := $(sort $(wildcard tests/contract/transparency/*.c))
contract_bin := $(contract_src:%.c=$(BUILD)/%)
fuzz_src := $(sort $(wildcard tests/fuzz/fuzz_*.c))
fuzz_bin := $(fuzz_src:%.c=$(BUILD)/%)
fuzz_shim := $(sort $(wildcard shim/base/*.c shim/config/*.c shim/diagnose/*.c shim/render/*.c shim/probe/*.c shim/tls/chain*.c))
fuzz_obj := $(fuzz_shim:%.c=$(BUILD)/fuzz-obj/%.o)
bench_src := $(sort $(wildcard tests/bench/*.c))
bench_bin := $(bench_src:%.c=$(BUILD)/%)
demo_src := $(sort $(wildcard demo/*.c))
demo_bin := $(demo_src:%.c=$(BUILD)/%)
c_files = $(sort $(shell find include shim tests demo -name '*.[ch]' 2>/dev/null))

.PHONY: all demo check unit golden contract scenario check-deps check-asan check-ubsan check-tsan \
	check-sanitized fuzz bench lint format install uninstall clean help need-build need-check need-demo need-lint \
	lint-format lint-cppcheck lint-tidy lint-scripts FORCE
.DELETE_ON_ERROR:
.SECONDARY:

all: $(BUILD)/libwhyrefused.so $(BUILD)/whyrefused ## build both (the default)

# --- what has to be installed ------------------------------------------------------------------
need = $(Q)CC=$(call quote,$(CC)) .ci/need $(1)
need-build:
	$(call need,build)
need-check: need-build
	$(call need,check)
check-deps: ## install every program that a test uses
	$(call need,check)
	$(call need,lint)
	$(call need,clients)

# --- products ----------------------------------------------------------------------------------
# Written only when it changed: what depends on it follows other flags and removed files too.
$(BUILD)/%.flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' $(call quote,$(flags_$*)) | cmp -s - $@ || \
		printf '%s\n' $(call quote,$(flags_$*)) >$@
flags_cc = $(CC) $(all_cppflags) $(all_cflags) $(shim_cflags)
flags_ld = $(CC) $(CFLAGS) $(LDFLAGS) $(shim_ldflags) $(shim_obj) $(helper_obj) $(golden_obj)

$(BUILD)/shim-obj/%.o: %.c $(BUILD)/cc.flags | need-build
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(all_cppflags) $(all_cflags) $(shim_cflags) -c -o $@ $<

$(BUILD)/helper-obj/%.o: %.c $(BUILD)/cc.flags | need-build
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(all_cppflags) $(helper_cflags) $(all_cflags) -fPIE -c -o $@ $<

$(BUILD)/libwhyrefused.so: $(shim_obj) $(BUILD)/ld.flags $(BUILD)/defer_relocations
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(shim_ldflags) -o $@.linked $(shim_obj)
	$(Q)$(BUILD)/defer_relocations $@.linked
	$(Q)mv $@.linked $@

# Runs on the machine that builds.
$(BUILD)/defer_relocations: shim/link/defer_relocations.c shim/link/deferred_list.h | need-build
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC_FOR_BUILD) -std=gnu11 $(warnings) -Ishim -O1 -o $@ $<

$(BUILD)/whyrefused: $(helper_obj) $(BUILD)/ld.flags
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pie -o $@ $(helper_obj) $(helper_libs)

# --- tests -------------------------------------------------------------------------------------
$(BUILD)/libshim.a: $(unit_shim_obj) $(BUILD)/ld.flags
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(unit_shim_obj)

$(BUILD)/libhelper.a: $(unit_helper_obj) $(BUILD)/ld.flags
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(unit_helper_obj)

test_cflags = $(all_cppflags) -Itests -Itests/unit $(all_cflags) -Wno-frame-larger-than
unit_libs = $(shell $(PKG_CONFIG) --cflags --libs cmocka jansson) -lpthread

$(BUILD)/tests/unit/helper/%: tests/unit/helper/%.c $(BUILD)/libhelper.a $(BUILD)/cc.flags | need-check
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(test_cflags) $(helper_cflags) $(LDFLAGS) -o $@ $< $(BUILD)/libhelper.a \
		$(unit_libs) $(helper_libs)

$(BUILD)/tests/unit/%: tests/unit/%.c $(BUILD)/libshim.a $(BUILD)/cc.flags | need-check
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(test_cflags) $(LDFLAGS) -o $@ $< $(BUILD)/libshim.a $(unit_libs)

# The rows of the catalogue, and a trace of the facts that they read.
$(BUILD)/trace-obj/%.o: %.c $(BUILD)/cc.flags | need-build
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(test_cflags) -DWR_EVIDENCE_TRACE -c -o $@ $<

$(BUILD)/tests/golden: $(golden_obj) $(BUILD)/ld.flags
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(golden_obj)

$(BUILD)/tests/contract/%: tests/contract/%.c $(BUILD)/cc.flags | need-build
	@mkdir -p $(@D)
	$(call say,TEST,$<)
	$(Q)$(CC) $(test_cflags) $(LDFLAGS) -o $@ $< -lpthread -ldl -lm

T ?=
run_all = +$(Q)BUILD=$(call quote,$(BUILD)) CC=$(call quote,$(CC)) tests/run-all $(if $(T),-k $(call quote,$(T)))
check: all $(unit_bin) $(BUILD)/tests/golden $(contract_bin) | need-check ## run every test
	$(run_all) unit golden contract scenario
unit: $(unit_bin) ## unit tests; T=GLOB picks some
	$(run_all) unit
golden: $(BUILD)/tests/golden ## golden facts and the checks of the catalogue; T=GLOB
	$(run_all) golden
contract: all $(contract_bin) | need-check ## contract tests; T=GLOB
	$(run_all) contract
scenario: all | need-check ## real failures in namespaces; T=GLOB
	$(run_all) scenario

# Unit tests and golden facts under a sanitizer, in a build directory of its own.
sanitize = +$(Q)$(MAKE) --no-print-directory check-sanitized BUILD=$(call quote,$(BUILD)/$(1)) frame_limit= \
	CFLAGS='-O1 -g -fno-omit-frame-pointer -Wno-error $(2)'
check-asan: ## unit tests and golden facts with AddressSanitizer
	$(call sanitize,asan,-fsanitize=address)
check-ubsan: ## the same with UndefinedBehaviorSanitizer
	$(call sanitize,ubsan,-fsanitize=undefined -fno-sanitize-recover=all)
check-tsan: ## the same with ThreadSanitizer
	$(call sanitize,tsan,-fsanitize=thread)
check-sanitized: $(unit_bin) $(BUILD)/tests/golden
	$(run_all) unit golden

# clang's libFuzzer where it links, else a plain loop over random input.
FUZZ_SECONDS ?= 4
fuzzer = $(shell echo 'int LLVMFuzzerTestOneInput(const char *d, long n); int LLVMFuzzerTestOneInput(const \
	char *d, long n) { return d == 0 && n; }' | clang -x c - -fsanitize=fuzzer,address -o /dev/null \
	>/dev/null 2>&1 && echo clang)
fuzz_cc = $(if $(fuzzer),clang -fsanitize=fuzzer-no-link$(comma)address$(comma)undefined -fno-sanitize-recover=all,\
	$(CC))
fuzz_ld = $(if $(fuzzer),clang -fsanitize=fuzzer$(comma)address$(comma)undefined,$(CC) tests/fuzz/standalone.c)
comma := ,
$(BUILD)/fuzz-obj/%.o: %.c | need-build
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(fuzz_cc) $(all_cppflags) -std=gnu11 -O1 -g -MMD -MP -w -c -o $@ $<
$(BUILD)/libfuzz.a: $(fuzz_obj)
	@rm -f $@
	$(Q)$(AR) rcs $@ $(fuzz_obj)
$(BUILD)/tests/fuzz/%: tests/fuzz/%.c $(BUILD)/libfuzz.a tests/fuzz/standalone.c
	@mkdir -p $(@D)
	$(call say,FUZZ,$<)
	$(Q)$(fuzz_ld) $(all_cppflags) -std=gnu11 -O1 -g -MMD -MP -w -o $@ $< $(BUILD)/libfuzz.a
fuzz: $(fuzz_bin) ## parsers and renderers with random input; FUZZ_SECONDS=4 for each
	$(Q)set -e; for f in $(fuzz_bin); do echo "  RUN     $$f"; mkdir -p $$f.corpus; \
		$$f -max_total_time=$(FUZZ_SECONDS) -max_len=4096 -artifact_prefix=$$f. $$f.corpus >$$f.log 2>&1 || \
		{ tail -n 40 $$f.log; echo "FAILED: $$f"; exit 1; }; tail -n 1 $$f.log; done

$(BUILD)/tests/bench/%: tests/bench/%.c | need-build
	@mkdir -p $(@D)
	$(call say,BENCH,$<)
	$(Q)$(CC) $(all_cppflags) -std=gnu11 -O2 -g -MMD -MP -o $@ $< -lpthread -ldl -lm
bench: all $(bench_bin) ## what it costs, with and without the library
	$(Q)BUILD=$(call quote,$(BUILD)) tests/bench/run

$(BUILD)/demo/%: demo/%.c | need-build
	@mkdir -p $(@D)
	$(call say,DEMO,$<)
	$(Q)$(CC) -std=gnu11 -D_GNU_SOURCE -O1 -g -MMD -MP -o $@ $< -lpthread
need-demo: need-build
	$(call need,demo)
demo: all $(demo_bin) | need-demo ## a few failures on loopback, explained
	$(Q)demo/run $(abspath $(BUILD)/libwhyrefused.so) $(abspath $(BUILD)/demo)

# --- code --------------------------------------------------------------------------------------
# Without the checks for uninitialized values: clang does not see what a system call writes (base/sys.h).
hash := \#
tidy_checks := -*,clang-analyzer-core*,-clang-analyzer-core.UndefinedBinaryOperatorResult,\
-clang-analyzer-core.uninitialized*,-clang-analyzer-core.CallAndMessage,-clang-analyzer-core.NonNullParamChecker,\
clang-analyzer-unix*,clang-analyzer-deadcode*,bugprone-sizeof-container,\
bugprone-suspicious-*,bugprone-infinite-loop,bugprone-macro-repeated-side-effects,bugprone-string-literal-with-embedded-nul,\
bugprone-signed-char-misuse,bugprone-too-small-loop-variable,bugprone-bool-pointer-implicit-conversion,misc-misplaced-const,\
-bugprone-suspicious-missing-comma
scripts = $(wildcard .ci/need .ci/run tests/lib/*.bash tests/bench/run demo/run)
lint: lint-format lint-cppcheck lint-tidy lint-scripts ## format, static analysis, scripts; has to be clean
need-lint: need-build
	$(call need,lint)
lint-format: | need-lint
	$(call say,LINT,format)
	$(Q)clang-format --dry-run -Werror $(c_files)
lint-cppcheck: | need-lint
	$(call say,LINT,cppcheck)
	$(Q)cppcheck -q --std=c11 --enable=warning,portability --inline-suppr --error-exitcode=1 \
		--suppress=missingIncludeSystem --suppress=preprocessorErrorDirective -j 2 \
		--suppress=varFuncNullUB --suppress=nullPointerArithmeticRedundantCheck -D__x86_64__ '-DElfW(type)=Elf64_$(hash)$(hash)type' -Iinclude -Ishim shim
lint-tidy: | need-lint
	$(call say,LINT,clang-tidy)
	$(Q)printf '%s\n' $(shim_src) $(filter shim/helper/%,$(helper_src)) | xargs -P 2 -n 4 sh -c \
		'out=$$(clang-tidy -quiet -warnings-as-errors="*" -checks="$$0" "$$@" -- $(all_cppflags) -std=gnu11 \
		2>/dev/null) || { printf "%s\n" "$$out"; exit 1; }' $(call quote,$(tidy_checks))
lint-scripts: | need-lint
	$(call say,LINT,scripts)
	$(Q)shellcheck -e SC1091 $(scripts)
	$(Q)for f in tests/scenario/*/scenario; do [ ! -e "$$f" ] || bash -n "$$f" || exit 1; done
	$(Q)for f in tests/run-scenarios tests/run-all $(wildcard tests/lib/*.py tests/contract/*.py); do \
		python3 -c 'import ast, sys; ast.parse(open(sys.argv[1]).read(), sys.argv[1])' $$f || exit 1; done
format: ## apply .clang-format
	clang-format -i $(c_files)

# --- install -----------------------------------------------------------------------------------
man_pages := $(wildcard conf/man/*.[1-8] conf/*.[1-8])
completion_bash := $(wildcard conf/completion/whyrefused.bash conf/completions/whyrefused.bash conf/whyrefused.bash)
completion_zsh := $(wildcard conf/completion/_whyrefused conf/completions/_whyrefused conf/_whyrefused)
documents := $(wildcard README.md LICENSE conf/whyrefused.conf conf/report.schema.json)
# target path, source file: one word each, so that uninstall removes what install made.
installed = $(libdir)/whyrefused/libwhyrefused.so:0755:$(BUILD)/libwhyrefused.so \
	$(libdir)/whyrefused/whyrefused:0755:$(BUILD)/whyrefused \
	$(prefix)/lib/systemd/catalog/whyrefused.catalog:0644:conf/whyrefused.catalog \
	$(foreach f,$(man_pages),$(mandir)/man$(subst .,,$(suffix $(f)))/$(notdir $(f)):0644:$(f)) \
	$(foreach f,$(completion_bash),$(completiondir)/whyrefused:0644:$(f)) \
	$(foreach f,$(completion_zsh),$(zshdir)/_whyrefused:0644:$(f)) \
	$(foreach f,$(documents),$(docdir)/$(notdir $(f)):0644:$(f))
install: all ## into DESTDIR and PREFIX
	$(Q)set -e; for entry in $(installed); do to=$${entry%%:*} rest=$${entry#*:}; \
		$(INSTALL) -D -m $${rest%%:*} "$${rest#*:}" "$(DESTDIR)$$to"; done
	$(Q)mkdir -p "$(DESTDIR)$(bindir)"
	$(Q)ln -sfnr "$(DESTDIR)$(libdir)/whyrefused/whyrefused" "$(DESTDIR)$(bindir)/whyrefused"
uninstall: ## remove what install made
	$(Q)rm -f "$(DESTDIR)$(bindir)/whyrefused"
	$(Q)for entry in $(installed); do rm -f "$(DESTDIR)$${entry%%:*}"; done
	$(Q)for dir in "$(DESTDIR)$(libdir)/whyrefused" "$(DESTDIR)$(docdir)"; do \
		[ ! -d "$$dir" ] || rmdir --ignore-fail-on-non-empty "$$dir"; done

clean: ## remove the build directory
	rm -rf $(BUILD)

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo '  Variables: V=1, CC, CFLAGS, CPPFLAGS, LDFLAGS, DESTDIR, PREFIX, libdir, BUILD, T=GLOB'

-include $(shim_obj:.o=.d) $(helper_obj:.o=.d) $(golden_obj:.o=.d) $(fuzz_obj:.o=.d) \
	$(unit_bin:=.d) $(contract_bin:=.d) $(bench_bin:=.d) $(demo_bin:=.d) $(fuzz_bin:=.d)
