# SPDX-License-Identifier: MIT
#
# table.mk: the longest section with interrupts masked of each public function, on a Cortex-M3 and a Cortex-M4, with the
# library as it is for QUARRY_LOCK_IRQ: build/bench/masked.tsv. The calls are those of the table of the most expensive
# calls (tests/bench/worst), and what that found to be bad for each function by hand, without its search, so that the
# figures are the same each time and can be held to a budget.
#
#   make bench-masked                    the table, on the terminal and in docs/interrupts.md
#   make bench-masked MASKED_SECONDS=60  after a search, which finds a little more

MASKED_MACHINES := mps2-an385 mps2-an386
MASKED_SECONDS  ?= 0

MASKED_FLAGS       = -DQUARRY_LOCK=QUARRY_LOCK_IRQ
masked_port        = -DMASKED_PORT='"../../../arch/$($(1)_ISA)/arch_port.h"'
MASKED_SEARCH      = $(shell expr $(MASKED_SECONDS) '*' $(WORST_MILLIONS_A_SECOND) + 1)
MASKED_LINK        = -Wl,--defsym=WORST_MILLIONS=$(MASKED_SEARCH) -Wl,--defsym=WORST_SEED=$(WORST_SEED)
BENCH_COUNTER_mps2-an385 := $(BENCH_COUNTER_mps2-an386)
MASKED_WORST      := $(filter-out %/payload.c,$(wildcard tests/bench/worst/*.c))
MASKED_COMMON      = $(SRC) $($(1)_SOURCES) tests/harness/freestanding.c examples/common/print.c \
	tests/bench/masked/measure.c tests/bench/instructions/counter_$(firstword $(BENCH_COUNTER_$(1))).c

# $(1) machine
define masked_rules
$(call flags_file,bench/masked/$(1)/test,$(call machine_cc,$(1)))
build/bench/masked/$(1)/%.o: %.c build/bench/masked/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror $(MASKED_FLAGS) $(call masked_port,$(1)) $(filter -D%,$(BENCH_COUNTER_$(1))) -Iinclude -Itests/bench/masked -Iarch $(DEPS) -c $$< -o $$@
$(call flags_file,bench/masked/$(1)/link,$$(MASKED_LINK))
build/bench/masked/$(1).elf: $(call objects_of,$(call MASKED_COMMON,$(1)) $(MASKED_WORST),bench/masked/$(1)) build/bench/masked/$(1)/link.flags $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) $$(MASKED_LINK) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
build/bench/masked/$(1)-parts.elf: $(call objects_of,$(call MASKED_COMMON,$(1)) tests/bench/masked/parts.c,bench/masked/$(1)) $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
build/bench/masked/$(1).log: build/bench/masked/$(1).elf build/bench/masked/$(1)-parts.elf
	@for image in $$^; do QEMU_ARGS="-icount shift=10" tests/qemu/run $(1) $$$$(($(MASKED_SECONDS) * 5 + 120)) $$$$image; done >$$@ || { cat $$@ >&2; rm -f $$@; exit 1; }
-include $(patsubst %.o,%.d,$(call objects_of,$(call MASKED_COMMON,$(1)) $(MASKED_WORST) tests/bench/masked/parts.c,bench/masked/$(1)))
endef
$(foreach machine,$(MASKED_MACHINES),$(eval $(call masked_rules,$(machine))))

build/bench/masked.tsv: $(MASKED_MACHINES:%=build/bench/masked/%.log) tests/bench/masked/table.sh
	@tests/bench/masked/table.sh $(filter %.log,$^) >$@

.PHONY: bench-masked
bench-masked:
	@tools/need.sh $(NEED_RUN) python3:python3
	@$(MAKE) -s -j$(JOBS) build/bench/masked.tsv
	@tests/bench/masked/doc.py build/bench/masked.tsv docs/interrupts.md
	@grep -v '^#' build/bench/masked.tsv
