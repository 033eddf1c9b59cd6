# SPDX-License-Identifier: MIT
#
# cores.mk: all cores of a machine on one heap, at the same time: QEMU has a thread of the host for each. With the lock
# an image must pass; with a lock that is broken on purpose it must fail.
#
#   make storm-cores [CORES_OPERATIONS=10000000]   in full: so many operations of each core, on each machine
#
# `make test` has a share of that; `make storm` has it in full.

CORES_OPERATIONS ?= 10000000
CORES_SHARE      := 100000
CORES_SECONDS    ?= 1800

# Machines, and how many cores of them work.
CORES_MACHINES := q35:4 pc:4 virt-aarch64:4 virt-riscv64:4 virt-riscv64-s:4 mps2-an521:2
cores_machine = $(word 1,$(subst :, ,$(1)))
cores_count   = $(word 2,$(subst :, ,$(1)))

CORES_SOURCES_virt-aarch64 := arch/aarch64/qemu/core_entry.S

cores_flags = -DQUARRY_CONFIG_HEADER='"../tests/cores/config.h"' -DCORES_PORT='"../../../arch/$($(1)_ISA)/arch_port.h"'
cores_objects = $(call objects_of,$(SRC) $(wildcard src/emalloc/*.c) $($(1)_SOURCES) $(CORES_SOURCES_$(1)) arch/qemu/cores.c \
	examples/common/print.c tests/harness/freestanding.c $(wildcard tests/cores/*.c),cores/$(1))

# $(1) machine, $(2) cores, $(3) image, $(4) operations, $(5) lock
define cores_image
$(call flags_file,cores/$(1)/$(3),$(2) $(4))
build/cores/$(1)/$(3).elf: $(call cores_objects,$(1)) build/cores/$(1)/$(3).flags $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o,$$^) -Wl,--defsym=CORES_COUNT=$(2) -Wl,--defsym=CORES_OPERATIONS=$(4) -Wl,--defsym=CORES_LOCK=$(5) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@

endef
# $(1) machine, $(2) cores
define cores_rules
$(call flags_file,cores/$(1)/test,$(call machine_cc,$(1)) $(subst ',,$(call cores_flags,$(1))))
build/cores/$(1)/%.o: %.c build/cores/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -ffunction-sections $(WARN) -Werror $(call cores_flags,$(1)) -Iinclude -Itests/cores/port -Iarch $(DEPS) -c $$< -o $$@
build/cores/$(1)/%.o: %.S build/cores/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) -Iarch $(DEPS) -c $$< -o $$@
-include $(patsubst %.o,%.d,$(call cores_objects,$(1)))
$(call cores_image,$(1),$(2),short,$(CORES_SHARE),1)
$(call cores_image,$(1),$(2),full,$(CORES_OPERATIONS),1)
$(call cores_image,$(1),$(2),broken,$(CORES_SHARE)0,2)
endef
$(foreach entry,$(CORES_MACHINES),$(eval $(call cores_rules,$(call cores_machine,$(entry)),$(call cores_count,$(entry)))))

# `make test` leaves to `make test-all` what is much like another machine.
CORES_LATER       := pc:4 virt-riscv64-s:4
CORES_TEST        := $(if $(ALL),$(CORES_MACHINES),$(filter-out $(CORES_LATER),$(CORES_MACHINES)))
cores_images       = $(foreach entry,$(1),$(patsubst %,build/cores/$(call cores_machine,$(entry))/%.elf,$(2)))
CORES_TEST_IMAGES := $(call cores_images,$(CORES_TEST),short broken)

# $(1) machine:cores, $(2) image
cores_run = tests/cores/run.sh $(subst :, ,$(1)) $(CORES_SECONDS) build/cores/$(call cores_machine,$(1))/$(2).elf build/cores/$(call cores_machine,$(1))/broken.elf

.PHONY: storm-cores
storm: storm-cores
storm-cores:
	@tools/need.sh $(NEED_TEST)
	@$(MAKE) -s -j$(JOBS) $(call cores_images,$(CORES_MACHINES),full broken)
	@$(foreach entry,$(CORES_MACHINES),$(call cores_run,$(entry),full) &&) true

# Like test_jobs of tests/tests.mk.
cores_jobs = $(foreach entry,$(CORES_TEST),$(call job,cores of $(call cores_machine,$(entry)),$(LATE_SECONDS),$(call cores_run,$(entry),short)))
