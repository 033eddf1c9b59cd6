# SPDX-License-Identifier: MIT
#
# table.mk: what loads need that are no recorded programs, and the smallest region of each trace by scanning:
# build/bench/loads.tsv. `make bench-loads` prints it. tests/traces/loads.py makes the loads.

LOADS_MADE  := sessions containers python phploop replace100 replace1000 replace10000
LOADS_CALLS := 100 1000 10000
LOADS_32 := luafw cjsonmini tls cjson sqlite freertos24 freertos600 containers python
LOADS_64 := sqlite64 php64 containers python phploop
# What the session load is measured in, and the size of its buffers.
LOADS_SESSIONS := 98304 16709
loads_trace = $(if $(filter $(1),$(LOADS_MADE)),build/traces/loads,tests/traces)/$(1).txt

$(LOADS_MADE:%=build/traces/loads/%.txt): build/traces/loads/%.txt: tests/traces/loads.py
	@mkdir -p $(@D)
	tests/traces/loads.py $* $@

loads_cc = gcc -std=c11 -O2 $(WARN) -Iinclude -Iarch/hosted $(region_BITS_$(1))
# $(1) bits
define loads_rules
build/bench/loads/$(1)/loads: tests/bench/loads/loads.c tests/bench/region_replay.h tests/bench/trace_file.h $(call objects_of,$(SRC),bench/region/$(1))
	@mkdir -p $$(@D)
	$(call loads_cc,$(1)) $$(filter %.c %.o,$$^) -o $$@
endef
$(foreach bits,32 64,$(eval $(call loads_rules,$(bits))))

build/bench/loads/replace.o: tests/bench/loads/replace.c build/qemu/mps2-an386/test.flags
	@mkdir -p $(@D)
	$(call machine_cc,mps2-an386) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch -Itests/bench/instructions $(DEPS) -c $< -o $@
build/bench/loads/replace.elf: $(call objects_of,$(call MACHINE_COMMON,mps2-an386) tests/harness/freestanding.c,qemu/mps2-an386) build/bench/loads/replace.o $(BENCH_CALLS_OUT)/mps2-an386/print.o $(call bench_measure_objects,mps2-an386)
	$(call machine_cc,mps2-an386) $(filter %.o,$^) $(mps2-an386_LDFLAGS) $(mps2-an386_LIBS) -o $@
-include build/bench/loads/replace.d

build/bench/loads.tsv: build/bench/loads/32/loads build/bench/loads/64/loads build/bench/loads/replace.elf tests/bench/loads/table.py tests/bench/tables.py \
		$(foreach load,$(sort $(LOADS_32) $(LOADS_64) $(LOADS_MADE)),$(call loads_trace,$(load)))
	tests/bench/loads/table.py $@ build/bench/loads "$(foreach load,$(LOADS_32),$(call loads_trace,$(load)))" \
		"$(foreach load,$(LOADS_64),$(call loads_trace,$(load)))" "$(LOADS_SESSIONS) $(call loads_trace,sessions)" \
		$(call loads_trace,phploop) "$(foreach live,$(LOADS_CALLS),$(call loads_trace,replace$(live)))"

.PHONY: bench-loads
bench-loads:
	@tools/need.sh $(NEED_HOST) $(NEED_32) $(NEED_RUN)
	@$(MAKE) -s -j$(JOBS) build/bench/loads.tsv
	@grep -v '^#' build/bench/loads.tsv
