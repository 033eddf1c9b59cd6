# SPDX-License-Identifier: MIT
#
# table.mk: table 4, what a call costs the more there is.
#
#   make build/bench/growth.tsv   all five files: growth.tsv and one a curve

GROWTH_MACHINE ?= virt-aarch64
GROWTH_CURVES  := chunks blocks huge fragmentation
GROWTH_SECONDS := 1500

NEED_BENCH += qemu-system-arm:qemu-system-aarch64 gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc

GROWTH_OBJECTS := $(call objects_of,tests/bench/growth/growth.c examples/common/print.c tests/harness/freestanding.c,bench/growth/$(GROWTH_MACHINE))

build/bench/growth/$(GROWTH_MACHINE)/%.o: %.c build/qemu/$(GROWTH_MACHINE)/test.flags
	@mkdir -p $(@D)
	$(call machine_cc,$(GROWTH_MACHINE)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch $(DEPS) -c $< -o $@
build/bench/growth/$(GROWTH_MACHINE).elf: $(call objects_of,$(call MACHINE_COMMON,$(GROWTH_MACHINE)),qemu/$(GROWTH_MACHINE)) $(GROWTH_OBJECTS) $(call bench_measure_objects,$(GROWTH_MACHINE)) $(wildcard linker/*.ld)
	$(call machine_cc,$(GROWTH_MACHINE)) $(filter %.o,$^) $($(GROWTH_MACHINE)_LDFLAGS) $($(GROWTH_MACHINE)_LIBS) -o $@
-include $(GROWTH_OBJECTS:.o=.d)

build/bench/growth/$(GROWTH_MACHINE).log: build/bench/growth/$(GROWTH_MACHINE).elf
	@QEMU_ARGS="-icount shift=10" tests/qemu/run $(GROWTH_MACHINE) $(GROWTH_SECONDS) $< >$@ || { cat $@ >&2; rm -f $@; exit 1; }

build/bench/growth.tsv: build/bench/growth/$(GROWTH_MACHINE).log tests/bench/growth/tables.py
	@python3 tests/bench/growth/tables.py $< $(GROWTH_MACHINE) build/bench
$(GROWTH_CURVES:%=build/bench/growth-%.tsv): build/bench/growth.tsv ;

# The same of Zend MM, on the host.
NEED_BENCH += libphp8.2-embed:/usr/lib/libphp8.2.so
build/bench/growth/zend: tests/bench/growth/zend.c
	@mkdir -p $(@D)
	gcc -std=gnu11 -O2 $(WARN) -Werror $< -o $@ -l:libphp8.2.so
build/bench/growth-zend.tsv: build/bench/growth/zend
	@$< >$@
