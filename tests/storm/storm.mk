# SPDX-License-Identifier: MIT
#
# storm.mk: interrupts as often as a clock can make them, while a thread and its handlers use one heap. A storm is an
# image for a QEMU machine, or for a machine with another lock: machine-lock. With a lock it must pass; with
# QUARRY_LOCK_NONE, which is no lock, it must fail.
#
#   make storm [STORM_OPERATIONS=10000000]     in full: so many operations of each worker, on each machine
#
# `make test` has a share of that. It leaves CPUs whose code is much like another's to `make test-all`.

STORM_OPERATIONS ?= 10000000
STORM_SHARE      := 60000
STORM_SECONDS    ?= 1800

STORMS       := microbit mps2-an385 mps2-an386 mps2-an386-priority mps2-an505 mps2-an505-priority virt-aarch64 virt-riscv32 pc
STORMS_LATER := mps2-an385 mps2-an505 mps2-an505-priority pc
STORMS_TEST  := $(if $(ALL),$(STORMS),$(filter-out $(STORMS_LATER),$(STORMS)))

# For each machine: its clock, a tick of that in half nanoseconds, and the most instructions for which an interrupt may
# be held back.
STORM_CLOCK_microbit     := cortex_m.c
STORM_CLOCK_mps2-an385   := cortex_m.c
STORM_CLOCK_mps2-an386   := cortex_m.c
STORM_CLOCK_mps2-an505   := cortex_m.c
STORM_CLOCK_virt-aarch64 := aarch64.c aarch64_entry.S
STORM_CLOCK_virt-riscv32 := machine_timer.c
STORM_CLOCK_pc           := machine_timer.c
STORM_TICK_microbit      := 125
STORM_TICK_mps2-an385    := 80
STORM_TICK_mps2-an386    := 80
STORM_TICK_mps2-an505    := 100
STORM_TICK_virt-aarch64  := 32
STORM_TICK_virt-riscv32  := 200
STORM_TICK_pc            := 2
STORM_BUDGET_microbit := 1300
STORM_BUDGET_mps2-an385 := 1000
STORM_BUDGET_mps2-an386 := 1000
STORM_BUDGET_mps2-an505 := 1000
STORM_BUDGET_virt-aarch64 := 1300
STORM_BUDGET_virt-riscv32 := 1300
STORM_BUDGET_pc := 1300

STORM_LOCK          := -DQUARRY_LOCK=QUARRY_LOCK_IRQ
STORM_LOCK_priority := $(STORM_LOCK) -DQUARRY_MASK_PRIORITY=0x80
# The broken lock is that of the library as `make lib` delivers it.
storm_machine = $(patsubst %-priority,%,$(1))
storm_lock    = $(if $(filter %-priority,$(1)),$(STORM_LOCK_priority),$(STORM_LOCK))
storm_flags   = $(storm_lock) -DSTORM_TICK_HALF_NS=$(STORM_TICK_$(2))
storm_own     = $(call objects_of,$($(2)_SOURCES) tests/harness/freestanding.c examples/common/print.c $(STORM_CLOCK_$(2):%=tests/storm/%),storm/$(1))
storm_objects = $(storm_own) $(call objects_of,$(SRC) tests/storm/storm.c,storm/$(1))
storm_broken  = $(storm_own) build/storm/$(1)/broken.o build/$($(2)_ISA)/libquarry.a

# $(1) storm, $(2) its machine, $(3) image, $(4) operations, $(5) objects
define storm_image
$(call flags_file,storm/$(1)/$(3),$(4) $(STORM_BUDGET_$(2)))
build/storm/$(1)/$(3).elf: $(5) build/storm/$(1)/$(3).flags $(wildcard linker/*.ld)
	$(call machine_cc,$(2)) $$(filter %.o %.a,$$^) -Wl,--defsym=STORM_OPERATIONS=$(4) -Wl,--defsym=STORM_BUDGET=$(STORM_BUDGET_$(2)) $($(2)_LDFLAGS) $($(2)_LIBS) -o $$@

endef
# $(1) storm, $(2) its machine
define storm_rules
$(call flags_file,storm/$(1)/test,$(call machine_cc,$(2)) $(call storm_flags,$(1),$(2)))
build/storm/$(1)/%.o: %.c build/storm/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(2)) $(CONTRACT) -ffunction-sections $(WARN) -Werror $(call storm_flags,$(1),$(2)) -Iinclude -Iarch/$($(2)_ISA) -Iarch $(DEPS) -c $$< -o $$@
build/storm/$(1)/%.o: %.S build/storm/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(2)) -Iarch $(DEPS) -c $$< -o $$@
build/storm/$(1)/broken.o: tests/storm/storm.c build/storm/$(1)/test.flags
	$(call machine_cc,$(2)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch $(DEPS) -c $$< -o $$@
$(call storm_image,$(1),$(2),short,$(STORM_SHARE),$(call storm_objects,$(1),$(2)))
$(call storm_image,$(1),$(2),full,$(STORM_OPERATIONS),$(call storm_objects,$(1),$(2)))
$(call storm_image,$(1),$(2),broken,$(STORM_SHARE),$(call storm_broken,$(1),$(2)))
-include $(patsubst %.o,%.d,$(call storm_objects,$(1),$(2))) build/storm/$(1)/broken.d
endef
$(foreach storm,$(STORMS),$(eval $(call storm_rules,$(storm),$(call storm_machine,$(storm)))))

STORM_IMAGES      := $(foreach storm,$(STORMS),build/storm/$(storm)/full.elf build/storm/$(storm)/broken.elf)
STORM_TEST_IMAGES := $(foreach storm,$(STORMS_TEST),build/storm/$(storm)/short.elf build/storm/$(storm)/broken.elf)

# $(1) storm, $(2) image
storm_run = tests/storm/run.sh $(call storm_machine,$(1)) $(STORM_SECONDS) build/storm/$(1)/$(2).elf build/storm/$(1)/broken.elf

.PHONY: storm
storm:
	@tools/need.sh $(NEED_TEST)
	@$(MAKE) -s -j$(JOBS) $(STORM_IMAGES)
	@$(foreach storm,$(STORMS),echo $(storm) && $(call storm_run,$(storm),full) &&) true

# Like test_jobs of tests/tests.mk.
storm_jobs = $(foreach storm,$(STORMS_TEST),$(call job,storm on $(storm),$(LATE_SECONDS),$(call storm_run,$(storm),short)))
