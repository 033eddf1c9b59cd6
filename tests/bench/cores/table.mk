# SPDX-License-Identifier: MIT
#
# table.mk: instructions, locks and waits of a malloc and a free when several cores use one heap: build/bench/cores.tsv.
#
#   make bench-cores          some ten seconds; the table, on the terminal and in docs/benchmarks.md

BENCH_CORES := 1 2 4 8
BENCH_CORES_NOTES_plain :=
BENCH_CORES_NOTES_noted := -DCORES_NOTES
BENCH_CORES_NOTES_plain-cached := -DQUARRY_CACHE=16 -DQUARRY_CORES=8
BENCH_CORES_NOTES_noted-cached := $(BENCH_CORES_NOTES_plain-cached) -DCORES_NOTES
BENCH_CORES_KINDS := plain noted plain-cached noted-cached
BENCH_CORES_SOURCES = $(SRC) $(q35_SOURCES) arch/qemu/cores.c tests/harness/freestanding.c examples/common/print.c \
	tests/bench/instructions/counter_x86.c tests/bench/cores/pairs.c
bench_cores_flags = -DQUARRY_LOCK=QUARRY_LOCK_SMP $(BENCH_CORES_NOTES_$(1)) -DCORES_PORT='"../../../../arch/x86_64/arch_port.h"'

# $(1) kind, $(2) cores
define bench_cores_image
build/bench/cores/$(1)-$(2).elf: $(call objects_of,$(BENCH_CORES_SOURCES),bench/cores/$(1)) $(wildcard linker/*.ld)
	$(call machine_cc,q35) $$(filter %.o,$$^) -Wl,--defsym=CORES_COUNT=$(2) $(q35_LDFLAGS) $(q35_LIBS) -o $$@

endef
# $(1) kind
define bench_cores_rules
$(call flags_file,bench/cores/$(1)/test,$(call machine_cc,q35) $(BENCH_CORES_NOTES_$(1)))
build/bench/cores/$(1)/%.o: %.c build/bench/cores/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,q35) $(CONTRACT) -ffunction-sections $(WARN) -Werror $(call bench_cores_flags,$(1)) -Iinclude -Itests/bench/cores/port -Iarch $(DEPS) -c $$< -o $$@
build/bench/cores/$(1)/%.o: %.S build/bench/cores/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,q35) -Iarch $(DEPS) -c $$< -o $$@
$(foreach cores,$(BENCH_CORES),$(call bench_cores_image,$(1),$(cores)))
-include $(patsubst %.o,%.d,$(call objects_of,$(BENCH_CORES_SOURCES),bench/cores/$(1)))
endef
$(foreach notes,$(BENCH_CORES_KINDS),$(eval $(call bench_cores_rules,$(notes))))

build/bench/cores.tsv: $(foreach notes,$(BENCH_CORES_KINDS),$(BENCH_CORES:%=build/bench/cores/$(notes)-%.elf)) tests/bench/cores/table.sh
	@tests/bench/cores/table.sh build/bench/cores $(BENCH_CORES) >$@ || { rm -f $@; exit 1; }

.PHONY: bench-cores
bench-cores:
	@tools/need.sh $(NEED_RUN) $(NEED_BENCH)
	@$(MAKE) -s -j$(JOBS) build/bench/cores.tsv
	@tests/bench/report.py build/bench/cores.tsv
