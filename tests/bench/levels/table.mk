# SPDX-License-Identifier: MIT
#
# table.mk: what each check level costs: instructions of the traces in QEMU, bytes, code.
#
#   make bench-levels     measures, prints and writes docs/levels.md
#   make check-levels     only what two levels may cost more than the one below; a part of make test-all

LEVELS           := 0 1 2 3 4
LEVELS_DIR       := tests/bench/levels
LEVELS_OUT       := build/bench/levels
LEVELS_MACHINES  := mps2-an386 virt-aarch64 q35
LEVELS_TRACES_mps2-an386   := luafw cjsonmini tls cjson sqlite
LEVELS_TRACES_virt-aarch64 := sqlite64 php64
LEVELS_TRACES_q35          := sqlite64 php64
# At level 4 a call looks at the whole region: two small traces, in a region that suits them.
LEVELS_TRACES_4 := luafw cjsonmini
LEVELS_BYTES_4  := 65536
# $(1) machine, $(2) level
levels_traces = $(if $(filter 4,$(2)),$(filter $(LEVELS_TRACES_4),$(LEVELS_TRACES_$(1))),$(LEVELS_TRACES_$(1)))

# The library at each level, which the machine itself is at level 1; some builds are there for the misuse table.
levels_build = $(1)$(if $(filter 1,$(2)),,-level$(2))
$(foreach machine,$(filter-out $(TABLE_MACHINES),$(LEVELS_MACHINES)),$(foreach level,0 2 3,$(eval $(call table_machine_build,$(machine),$(level)))\
	$(eval $(call machine_rules,$(machine)-level$(level)))))

# $(1) machine, $(2) level, $(3) trace
define levels_image
$(LEVELS_OUT)/$(1)/$(3)-$(2).elf: $(call objects_of,$(SRC),qemu/$(call levels_build,$(1),$(2))) $(call objects_of,$($(1)_SOURCES) tests/harness/freestanding.c,qemu/$(1)) $(LEVELS_OUT)/$(1)/quarry-$(2).o $(patsubst %,$(BENCH_CALLS_OUT)/$(1)/%.o,replay peers_none $(3)/code $(BENCH_CALLS_COMMON)) $(if $(filter 4,$(2)),$(LEVELS_OUT)/$(1)/$(3)-trace.o,$(BENCH_CALLS_OUT)/$(1)/$(3)/trace.o) $(wildcard linker/*.ld)
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
endef
# What calls the library has its options. $(1) machine, $(2) level
define levels_calls
$(LEVELS_OUT)/$(1)/quarry-$(2).o: $(BENCH_CALLS_DIR)/quarry.c build/qemu/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror -Iinclude -Iarch -DQUARRY_CHECK_LEVEL=$(2) $(DEPS) -c $$< -o $$@
-include $(LEVELS_OUT)/$(1)/quarry-$(2).d
endef
$(foreach machine,$(LEVELS_MACHINES),$(foreach level,$(LEVELS),$(eval $(call levels_calls,$(machine),$(level)))))
# $(1) machine, $(2) trace
define levels_trace
$(LEVELS_OUT)/$(1)/$(2)-trace.o: $(BENCH_CALLS_DIR)/trace.c build/qemu/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror -DBENCH_TRACE=$(2) -DBENCH_REGION_BYTES=$(LEVELS_BYTES_4) $(DEPS) -c $$< -o $$@
endef
$(foreach machine,$(LEVELS_MACHINES),$(foreach level,$(LEVELS),$(foreach trace,$(call levels_traces,$(machine),$(level)),$(eval $(call levels_image,$(machine),$(level),$(trace))))))
$(foreach trace,$(LEVELS_TRACES_4),$(eval $(call levels_trace,mps2-an386,$(trace))))

# What table.py boots. $(1) machines, $(2) levels
levels_jobs = $(foreach machine,$(1),$(foreach level,$(2),$(foreach trace,$(call levels_traces,$(machine),$(level)),$(level):$(machine):$(trace):$(LEVELS_OUT)/$(machine)/$(trace)-$(level).elf)))
LEVELS_JOBS := $(call levels_jobs,$(LEVELS_MACHINES),$(LEVELS))
LEVELS_GATE := $(call levels_jobs,$(LEVELS_MACHINES),0 1 2)
levels_images = $(filter %.elf,$(subst :, ,$(1)))

build/bench/levels-instructions.tsv: $(call levels_images,$(LEVELS_JOBS)) $(LEVELS_DIR)/table.py $(BENCH_CALLS_DIR)/table.py tests/qemu/run
	$(LEVELS_DIR)/table.py instructions $(JOBS) $@ $(LEVELS_JOBS)

# $(1) bits, $(2) level. The search for the smallest region takes hours at level 4, whose bytes are those of level 3.
define levels_host
$(LEVELS_OUT)/$(1)-$(2)/%.o: %.c $(LEVELS_DIR)/table.mk
	@mkdir -p $$(@D)
	$(region_cc) $(region_BITS_$(1)) -DQUARRY_CHECK_LEVEL=$(2) $(DEPS) -c $$< -o $$@
$(LEVELS_OUT)/$(1)-$(2)/region: $(call objects_of,$(SRC) tests/bench/region/region.c,bench/levels/$(1)-$(2))
	$(region_cc) $(region_BITS_$(1)) $$^ -o $$@
$(LEVELS_OUT)/$(1)-$(2)/bytes: $(call objects_of,$(SRC) $(LEVELS_DIR)/bytes.c,bench/levels/$(1)-$(2))
	$(region_cc) $(region_BITS_$(1)) $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(SRC) tests/bench/region/region.c $(LEVELS_DIR)/bytes.c,bench/levels/$(1)-$(2)))
endef
$(foreach bits,32 64,$(foreach level,0 1 2 3,$(eval $(call levels_host,$(bits),$(level)))))
LEVELS_PROGRAMS := $(foreach bits,32 64,$(foreach level,0 1 2 3,$(LEVELS_OUT)/$(bits)-$(level)))
build/bench/levels-bytes.tsv: $(LEVELS_PROGRAMS:%=%/region) $(LEVELS_PROGRAMS:%=%/bytes) $(LEVELS_DIR)/table.py $(wildcard tests/traces/*.txt)
	$(LEVELS_DIR)/table.py bytes $(JOBS) $@ $(foreach level,0 1 2 3,$(foreach bits,32 64,$(level):$(bits):$(LEVELS_OUT)/$(bits)-$(level):$(subst $(eval ) ,$(comma),$(REGION_TRACES_$(bits):%=tests/traces/%.txt))))

LEVELS_ISAS := armv7em armv6m
build/bench/levels-code.tsv: $(SRC) $(wildcard src/*.h include/*.h arch/*.h arch/*/*.h) tests/bench/size/code.py $(LEVELS_DIR)/table.py
	$(LEVELS_DIR)/table.py code $(LEVELS_OUT)/code $@ $(foreach isa,$(LEVELS_ISAS),"$(isa)=$(call isa_gcc,$(isa))")

LEVELS_FILES := $(patsubst %,build/bench/levels-%.tsv,instructions bytes code)
NEED_LEVELS  := $(NEED_HOST) $(NEED_32) $(NEED_RUN) gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc qemu-system-arm:qemu-system-aarch64 binutils:readelf

.PHONY: bench-levels check-levels
bench-levels:
	@tools/need.sh $(NEED_LEVELS)
	@$(MAKE) -s -j$(JOBS) $(LEVELS_FILES)
	@$(LEVELS_DIR)/table.py report docs/levels.md $(LEVELS_FILES)

check-levels:
	@tools/need.sh $(NEED_LEVELS)
	@$(MAKE) -s -j$(JOBS) $(call levels_images,$(LEVELS_GATE))
	@$(LEVELS_DIR)/table.py check $(JOBS) $(LEVELS_DIR)/budget.tsv $(LEVELS_GATE)
