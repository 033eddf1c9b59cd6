# SPDX-License-Identifier: MIT
#
# storm.mk: interrupts as often as a clock can make them, while a thread and its handlers use one heap. A storm is an
# image for a QEMU machine. With a lock it must pass; with QUARRY_LOCK_NONE, which is no lock, it must fail.
#
#   make storm [STORM_OPERATIONS=10000000]     in full: so many operations of each worker, on each machine
#
# `make test` has a share of that. It leaves CPUs whose code is much like another's to `make test-all`.

STORM_OPERATIONS ?= 10000000
STORM_SHARE      := 60000
STORM_SECONDS    ?= 1800

STORMS       := microbit mps2-an385 mps2-an386 mps2-an505 virt-aarch64
STORMS_LATER := mps2-an385 mps2-an505
STORMS_TEST  := $(if $(ALL),$(STORMS),$(filter-out $(STORMS_LATER),$(STORMS)))

# For each machine: its clock, a tick of that in half nanoseconds, and the most instructions for which an interrupt may
# be held back.
STORM_CLOCK_microbit     := cortex_m.c
STORM_CLOCK_mps2-an385   := cortex_m.c
STORM_CLOCK_mps2-an386   := cortex_m.c
STORM_CLOCK_mps2-an505   := cortex_m.c
STORM_CLOCK_virt-aarch64 := aarch64.c aarch64_entry.S
STORM_TICK_microbit      := 125
STORM_TICK_mps2-an385    := 80
STORM_TICK_mps2-an386    := 80
STORM_TICK_mps2-an505    := 100
STORM_TICK_virt-aarch64  := 32
STORM_BUDGET_microbit     := 1300
STORM_BUDGET_mps2-an385   := 1000
STORM_BUDGET_mps2-an386   := 1000
STORM_BUDGET_mps2-an505   := 1000
STORM_BUDGET_virt-aarch64 := 1300

# $(1) machine. The broken lock is that of the library as `make lib` delivers it.
storm_flags   = -DQUARRY_LOCK=QUARRY_LOCK_IRQ -DSTORM_TICK_HALF_NS=$(STORM_TICK_$(1))
storm_own     = $(call objects_of,$($(1)_SOURCES) tests/harness/freestanding.c examples/common/print.c $(STORM_CLOCK_$(1):%=tests/storm/%),storm/$(1))
storm_objects = $(storm_own) $(call objects_of,$(SRC) tests/storm/storm.c,storm/$(1))
storm_broken  = $(storm_own) build/storm/$(1)/broken.o build/$($(1)_ISA)/libquarry.a

# $(1) machine, $(2) image, $(3) operations, $(4) objects
define storm_image
$(call flags_file,storm/$(1)/$(2),$(3) $(STORM_BUDGET_$(1)))
build/storm/$(1)/$(2).elf: $(4) build/storm/$(1)/$(2).flags $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o %.a,$$^) -Wl,--defsym=STORM_OPERATIONS=$(3) -Wl,--defsym=STORM_BUDGET=$(STORM_BUDGET_$(1)) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@

endef
# $(1) machine
define storm_rules
$(call flags_file,storm/$(1)/test,$(call machine_cc,$(1)) $(call storm_flags,$(1)))
build/storm/$(1)/%.o: %.c build/storm/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror $(call storm_flags,$(1)) -Iinclude -Iarch/$($(1)_ISA) -Iarch $(DEPS) -c $$< -o $$@
build/storm/$(1)/%.o: %.S build/storm/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) -Iarch $(DEPS) -c $$< -o $$@
build/storm/$(1)/broken.o: tests/storm/storm.c build/storm/$(1)/test.flags
	$(call machine_cc,$(1)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch $(DEPS) -c $$< -o $$@
$(call storm_image,$(1),short,$(STORM_SHARE),$(call storm_objects,$(1)))
$(call storm_image,$(1),full,$(STORM_OPERATIONS),$(call storm_objects,$(1)))
$(call storm_image,$(1),broken,$(STORM_SHARE),$(call storm_broken,$(1)))
-include $(patsubst %.o,%.d,$(call storm_objects,$(1))) build/storm/$(1)/broken.d
endef
$(foreach machine,$(STORMS),$(eval $(call storm_rules,$(machine))))

STORM_IMAGES      := $(foreach machine,$(STORMS),build/storm/$(machine)/full.elf build/storm/$(machine)/broken.elf)
STORM_TEST_IMAGES := $(foreach machine,$(STORMS_TEST),build/storm/$(machine)/short.elf build/storm/$(machine)/broken.elf)

# $(1) machine, $(2) image
storm_run = tests/storm/run.sh $(1) $(STORM_SECONDS) build/storm/$(1)/$(2).elf build/storm/$(1)/broken.elf

.PHONY: storm
storm:
	@tools/need.sh $(NEED_TEST)
	@$(MAKE) -s -j$(JOBS) $(STORM_IMAGES)
	@$(foreach machine,$(STORMS),echo $(machine) && $(call storm_run,$(machine),full) &&) true

# Like test_jobs of tests/tests.mk.
storm_jobs = $(foreach machine,$(STORMS_TEST),$(call job,storm on $(machine),$(LATE_SECONDS),$(call storm_run,$(machine),short)))
