# SPDX-License-Identifier: MIT
#
# table.mk: table 3, the most expensive single call of each public function, found by a search.
#
#   make build/bench/worst.tsv   the table, on all of WORST_MACHINES
#   make bench-worst             the Cortex-M4's part, on the terminal; the calls that led there in the .log
#
# WORST_SECONDS is how long to search for, about, on each machine; what counts is a number of instructions, so that the
# same command always finds the same. WORST_SEED: another seed finds other sequences.

WORST_MACHINES := mps2-an386 virt-aarch64
WORST_SECONDS  ?= 25
WORST_SEED     ?= 1
# Instructions, in millions, that QEMU gets through in a second, about.
WORST_MILLIONS_A_SECOND := 200

NEED_BENCH += qemu-system-arm:qemu-system-arm qemu-system-arm:qemu-system-aarch64 \
	gcc-arm-none-eabi:arm-none-eabi-gcc gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc

WORST_SOURCES := $(wildcard tests/bench/worst/*.c) examples/common/print.c tests/harness/freestanding.c
WORST_MILLIONS = $(shell expr $(WORST_SECONDS) '*' $(WORST_MILLIONS_A_SECOND))
WORST_FLAGS = -Wl,--defsym=WORST_MILLIONS=$(WORST_MILLIONS) -Wl,--defsym=WORST_SEED=$(WORST_SEED)

# $(1) machine
define worst_rules
build/bench/worst/$(1)/%.o: %.c build/qemu/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch $(DEPS) -c $$< -o $$@
$(call flags_file,bench/worst/$(1)/link,$$(WORST_FLAGS))
build/bench/worst/$(1).elf: $(call objects_of,$(call MACHINE_COMMON,$(1)),qemu/$(1)) $(call objects_of,$(WORST_SOURCES),bench/worst/$(1)) $(call bench_measure_objects,$(1)) build/bench/worst/$(1)/link.flags $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) $$(WORST_FLAGS) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
build/bench/worst/$(1).log: build/bench/worst/$(1).elf
	@QEMU_ARGS="-icount shift=10" tests/qemu/run $(1) $$$$(($(WORST_SECONDS) * 5 + 120)) $$< >$$@ || { cat $$@ >&2; rm -f $$@; exit 1; }
-include $(patsubst %.o,%.d,$(call objects_of,$(WORST_SOURCES),bench/worst/$(1)))
endef
$(foreach machine,$(WORST_MACHINES),$(eval $(call worst_rules,$(machine))))

build/bench/worst.tsv: $(WORST_MACHINES:%=build/bench/worst/%.log) tests/bench/worst/table.sh
	@tests/bench/worst/table.sh $(filter %.log,$^) >$@

.PHONY: bench-worst
bench-worst:
	@tools/need.sh $(NEED_BENCH)
	@$(MAKE) -s build/bench/worst/$(firstword $(WORST_MACHINES)).log
	@tests/bench/worst/table.sh --show build/bench/worst/$(firstword $(WORST_MACHINES)).log
