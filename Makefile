# SPDX-License-Identifier: MIT
# Build, test and install whyrefused. `make help` lists the targets.

PREFIX ?= /usr/local
libdir ?= $(PREFIX)/lib
BUILD ?= build
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-7s %s\n' $(1) $(2))

CFLAGS ?= -O2 -g
warnings := -Wall -Wextra -Werror -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wundef -Wvla -Wno-missing-field-initializers
all_cppflags = -Iinclude -Ishim -D_GNU_SOURCE -U_FORTIFY_SOURCE $(CPPFLAGS)
all_cflags = -std=gnu11 $(warnings) -MMD -MP $(CFLAGS)
# Law 2 and 4 of shim/README.md: hidden by default, initial-exec TLS, small stacks.
shim_cflags = -fPIC -fvisibility=hidden -ftls-model=initial-exec -fno-plt -fno-stack-protector \
	-fno-omit-frame-pointer -fasynchronous-unwind-tables -Wframe-larger-than=2048
shim_ldflags = -shared -nostartfiles -Wl,-z,now,-z,relro,-z,defs,-z,nodelete,-z,noseparate-code \
	-Wl,--build-id,--as-needed,--hash-style=gnu

# What runs in the host; what runs in the helper program; what both share is pure or basic.
shim_dirs := base config diagnose frames hook probe render sink track
shim_src := $(wildcard shim/*.c $(shim_dirs:%=shim/%/*.c))
helper_src := $(wildcard shim/helper/*.c shim/base/*.c shim/config/*.c shim/diagnose/*.c \
	shim/render/*.c shim/sink/*.c shim/probe/*.c)
shim_obj := $(shim_src:%.c=$(BUILD)/shim-obj/%.o)
helper_obj := $(helper_src:%.c=$(BUILD)/helper-obj/%.o)
helper_pkgs := libunwind-coredump libunwind-generic libconfig

.PHONY: all clean help
all: $(BUILD)/libwhyrefused.so $(BUILD)/whyrefused

$(BUILD)/shim-obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(all_cppflags) $(all_cflags) $(shim_cflags) -c -o $@ $<

$(BUILD)/helper-obj/%.o: %.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(all_cppflags) $(all_cflags) -fPIE -c -o $@ $<

$(BUILD)/libwhyrefused.so: $(shim_obj)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) $(shim_ldflags) -o $@ $(shim_obj)

$(BUILD)/whyrefused: $(helper_obj)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -pie -o $@ $(helper_obj) $(shell pkg-config --libs $(helper_pkgs))

clean:
	rm -rf $(BUILD)

help:
	@echo 'all clean help'

-include $(shim_obj:.o=.d) $(helper_obj:.o=.d)
