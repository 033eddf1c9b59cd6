# SPDX-License-Identifier: MIT
#
# table.mk: instructions of each call, and of quarry_create(), on the QEMU machines: build/bench/instructions.tsv and
# build/bench/instructions-create.tsv. `make bench-m4` prints both for the Cortex-M4 alone.

# Only these machines: make build/bench/instructions.tsv BENCH_MACHINES="mps2-an386 q35"
BENCH_MACHINES ?= microbit lm3s6965evb mps2-an386 mps2-an505 virt-a15 virt-aarch64 q35

BENCH_CALLS_DIR := tests/bench/instructions
BENCH_CALLS_OUT := build/bench/instructions

# Traces of each machine; those that it is too small for have rows of dashes.
BENCH_CALLS_32 := luafw cjsonmini tls cjson sqlite
BENCH_CALLS_64 := $(BENCH_CALLS_32) sqlite64 php64
bench_calls_traces = $(if $(filter x86_64 aarch64,$($(1)_ISA)),$(BENCH_CALLS_64),$(BENCH_CALLS_32))
BENCH_CALLS_FIT_microbit    := cjsonmini
BENCH_CALLS_FIT_lm3s6965evb := luafw cjsonmini
BENCH_CALLS_FIT_sifive_e    := cjsonmini
bench_calls_fit = $(or $(BENCH_CALLS_FIT_$(1)),$(call bench_calls_traces,$(1)))

# The most bytes of a region.
BENCH_CALLS_BYTES       := 2621440
BENCH_CALLS_BYTES_php64 := 8388608

# Each machine's counter, and how it is reached or how fast it is (counter_*.c).
BENCH_COUNTER_microbit     := systick -DCOUNTER_HALF_NS=125
BENCH_COUNTER_lm3s6965evb  := systick -DCOUNTER_HALF_NS=160
BENCH_COUNTER_mps2-an386   := cmsdk -DCOUNTER_BASE=0x40000000u -DCOUNTER_HALF_NS=80
BENCH_COUNTER_mps2-an505   := cmsdk -DCOUNTER_BASE=0x50000000u -DCOUNTER_HALF_NS=100
BENCH_COUNTER_virt-a15     := armv7a
BENCH_COUNTER_virt-aarch64 := aarch64
BENCH_COUNTER_q35          := x86
# Those of docs/ports.md alone.
BENCH_COUNTER_pc             := x86
BENCH_COUNTER_mps2-an505-m23 := $(BENCH_COUNTER_mps2-an505)
BENCH_COUNTER_mps3-an547     := systick32
BENCH_COUNTER_versatilepb    := versatile
BENCH_COUNTER_versatilepb-arm1176 := versatile
BENCH_COUNTER_none-r5        := armv7r
BENCH_COUNTER_sim-lx106      := xtensa
BENCH_COUNTER_virt-riscv32   := riscv
BENCH_COUNTER_sifive_e       := riscv
BENCH_COUNTER_virt-riscv64   := riscv
BENCH_COUNTER_virt-riscv64-s := riscv

# The peers are there for the 32-bit ARM of docs/benchmarks.md. $(1) machine.
BENCH_PEER_MACHINES := microbit lm3s6965evb mps2-an386 mps2-an505 virt-a15
BENCH_PEERS := newlib newlib_nano picolibc
bench_peers = $(if $(filter $(1),$(BENCH_PEER_MACHINES)),$(BENCH_PEERS))
bench_peers_c = $(if $(call bench_peers,$(1)),peers,peers_none)
# What gcc's driver takes for the CPU: newlib's own folder; picolibc's has the same name.
BENCH_LIBRARY_newlib      = $$($(call machine_cc,$(1)) -print-file-name=libc.a)
BENCH_LIBRARY_newlib_nano = $$($(call machine_cc,$(1)) -print-file-name=libc_nano.a)
BENCH_LIBRARY_picolibc    = /usr/lib/picolibc/arm-none-eabi/lib/$$($(call machine_cc,$(1)) -print-multi-directory)/libc.a
BENCH_SBRK_newlib      := _sbrk
BENCH_SBRK_newlib_nano := _sbrk
BENCH_SBRK_picolibc    := sbrk
BENCH_SYMBOLS_picolibc := _set_tls

BENCH_CALLS_COMMON := measure print counter
# For other tables that count instructions, beside print.o. $(1) machine.
bench_measure_objects = $(BENCH_CALLS_OUT)/$(1)/measure.o $(BENCH_CALLS_OUT)/$(1)/counter.o

# $(1) machine
define bench_calls_machine
$(BENCH_CALLS_OUT)/$(1)/%.o: $(BENCH_CALLS_DIR)/%.c build/qemu/$(1)/test.flags $(BENCH_CALLS_DIR)/table.mk
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror -Iinclude -Iarch $(DEPS) -c $$< -o $$@
$(BENCH_CALLS_OUT)/$(1)/print.o: examples/common/print.c build/qemu/$(1)/test.flags $(BENCH_CALLS_DIR)/table.mk
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror -Iarch $(DEPS) -c $$< -o $$@
$(BENCH_CALLS_OUT)/$(1)/counter.o: $(BENCH_CALLS_DIR)/counter_$(firstword $(BENCH_COUNTER_$(1))).c build/qemu/$(1)/test.flags $(BENCH_CALLS_DIR)/table.mk
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror $(filter -D%,$(BENCH_COUNTER_$(1))) $(DEPS) -c $$< -o $$@
$(foreach peer,$(call bench_peers,$(1)),$(call bench_calls_peer,$(1),$(peer)))
$(foreach trace,$(call bench_calls_fit,$(1)),$(call bench_calls_image,$(1),$(trace)))
$(BENCH_CALLS_OUT)/$(1)/create.elf: $(call objects_of,$(call MACHINE_COMMON,$(1)) tests/harness/freestanding.c,qemu/$(1)) $(patsubst %,$(BENCH_CALLS_OUT)/$(1)/%.o,create $(BENCH_CALLS_COMMON)) $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
-include $(wildcard $(BENCH_CALLS_OUT)/$(1)/*.d $(BENCH_CALLS_OUT)/$(1)/*/*.d)
endef

# $(1) machine, $(2) peer
define bench_calls_peer
$(BENCH_CALLS_OUT)/$(1)/region-$(2).o: $(BENCH_CALLS_DIR)/peer_region.c build/qemu/$(1)/test.flags $(BENCH_CALLS_DIR)/table.mk
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror -DPEER_SBRK=$(BENCH_SBRK_$(2)) $(DEPS) -c $$< -o $$@
$(BENCH_CALLS_OUT)/$(1)/peer-$(2).o: $(BENCH_CALLS_OUT)/$(1)/region-$(2).o $(BENCH_CALLS_DIR)/peer.sh
	CROSS=$(TOOLS_$($(1)_ISA)) $(BENCH_CALLS_DIR)/peer.sh $(2) "$$(call BENCH_LIBRARY_$(2),$(1))" $$< $$@ $(BENCH_SYMBOLS_$(2))

endef

# $(1) machine, $(2) trace
define bench_calls_image
$(BENCH_CALLS_OUT)/$(1)/$(2)/code.o: build/traces/$(2).c build/qemu/$(1)/test.flags $(BENCH_CALLS_DIR)/table.mk
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -c $$< -o $$@
$(BENCH_CALLS_OUT)/$(1)/$(2)/trace.o: $(BENCH_CALLS_DIR)/trace.c build/qemu/$(1)/test.flags $(BENCH_CALLS_DIR)/table.mk
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror -DBENCH_TRACE=$(2) -DBENCH_REGION_BYTES=$(or $(BENCH_CALLS_BYTES_$(2)),$(BENCH_CALLS_BYTES)) $(DEPS) -c $$< -o $$@
$(BENCH_CALLS_OUT)/$(1)/$(2).elf: $(call objects_of,$(call MACHINE_COMMON,$(1)) tests/harness/freestanding.c,qemu/$(1)) $(patsubst %,$(BENCH_CALLS_OUT)/$(1)/%.o,replay quarry $(call bench_peers_c,$(1)) $(2)/trace $(2)/code $(BENCH_CALLS_COMMON) $(patsubst %,peer-%,$(call bench_peers,$(1)))) $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) $($(1)_LDFLAGS) -Wl,--defsym=__arm32_tls_tcb_offset=8 $($(1)_LIBS) -o $$@

endef
$(foreach machine,$(MACHINES) versatilepb-arm1176,$(eval $(call bench_calls_machine,$(machine))))

# The same with the library as clang builds it by the contract's command line; all else in the image is gcc's. A machine
# has "-clang" behind its name then.
BENCH_CLANG := $(filter mps2-an386 q35,$(BENCH_MACHINES))

# $(1) machine
define bench_clang_machine
$(call flags_file,bench/instructions/$(1)-clang/test,$(call isa_clang,$($(1)_ISA)))
$(BENCH_CALLS_OUT)/$(1)-clang/src/%.o: src/%.c $(BENCH_CALLS_OUT)/$(1)-clang/test.flags
	@mkdir -p $$(@D)
	$(call isa_clang,$($(1)_ISA)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch/$($(1)_ISA) $(DEPS) -c $$< -o $$@
$(foreach trace,$(call bench_calls_fit,$(1)),$(call bench_clang_image,$(1),$(trace)))
-include $(patsubst %.o,%.d,$(call objects_of,$(SRC),bench/instructions/$(1)-clang))
endef

# $(1) machine, $(2) trace
define bench_clang_image
$(BENCH_CALLS_OUT)/$(1)-clang/$(2).elf: $(call objects_of,$(SRC),bench/instructions/$(1)-clang) $(call objects_of,$($(1)_SOURCES) tests/harness/freestanding.c,qemu/$(1)) $(patsubst %,$(BENCH_CALLS_OUT)/$(1)/%.o,replay quarry peers_none $(2)/trace $(2)/code $(BENCH_CALLS_COMMON)) $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@

endef
$(foreach machine,$(BENCH_CLANG),$(eval $(call bench_clang_machine,$(machine))))

# What table.py boots. $(1) machines.
bench_calls_jobs = $(foreach machine,$(1),$(foreach trace,$(call bench_calls_traces,$(machine:-clang=)),\
	quarry:$(machine):$(trace):$(if $(filter $(trace),$(call bench_calls_fit,$(machine:-clang=))),$(BENCH_CALLS_OUT)/$(machine)/$(trace).elf,-)))
bench_create_jobs = $(foreach machine,$(1),quarry:$(machine)::$(BENCH_CALLS_OUT)/$(machine)/create.elf)
bench_job_images = $(filter %.elf,$(subst :, ,$(1)))

# $(1) folder of the tables, $(2) machines, $(3) those of the second table. Other machines make another table.
define bench_calls_tables
$(call flags_file,$(1:build/%=%)/instructions,$(2) $(3))
$(1)/instructions.tsv: $(call bench_job_images,$(call bench_calls_jobs,$(2))) $(BENCH_CALLS_DIR)/table.py tests/qemu/run $(1)/instructions.flags
	@mkdir -p $$(@D)
	python3 $(BENCH_CALLS_DIR)/table.py calls $(JOBS) $$@ $(call bench_calls_jobs,$(2))
$(1)/instructions-create.tsv: $(call bench_job_images,$(call bench_create_jobs,$(3))) $(BENCH_CALLS_DIR)/table.py tests/qemu/run $(1)/instructions.flags
	@mkdir -p $$(@D)
	python3 $(BENCH_CALLS_DIR)/table.py create $(JOBS) $$@ $(call bench_create_jobs,$(3))
endef
$(eval $(call bench_calls_tables,build/bench,$(BENCH_MACHINES) $(BENCH_CLANG:%=%-clang),$(BENCH_MACHINES)))
$(eval $(call bench_calls_tables,build/bench/m4,mps2-an386 mps2-an386-clang,mps2-an386))

# Prints the tables even if nothing has changed: QEMU takes a few seconds.
.PHONY: bench-m4
bench-m4:
	@tools/need.sh $(NEED_RUN) $(NEED_BENCH_CALLS)
	@rm -f build/bench/m4/instructions.tsv build/bench/m4/instructions-create.tsv
	@$(MAKE) -s -j$(JOBS) $(call bench_job_images,$(call bench_calls_jobs,mps2-an386 mps2-an386-clang) $(call bench_create_jobs,mps2-an386))
	@$(MAKE) -s build/bench/m4/instructions.tsv build/bench/m4/instructions-create.tsv

NEED_BENCH_CALLS := clang:clang libnewlib-arm-none-eabi:/usr/lib/arm-none-eabi/newlib/libc_nano.a \
	picolibc-arm-none-eabi:/usr/lib/picolibc/arm-none-eabi/lib/libc.a
NEED_BENCH += $(NEED_BENCH_CALLS)
