# SPDX-License-Identifier: MIT
#
# masks.mk: images that look whether a lock masks interrupts, for machines whose timer interrupts
# (arch/qemu/interrupts.h). The library is the two-file version with a lock; where it has none, the image must fail.

# Machine, its lock, its port.
MASKS := pc:IRQ:I386 virt-riscv64-s:SMP:RISCV64 versatilepb:IRQ:ARMV5TE sim-lx106:IRQ:XTENSA $(if $(ALL),raspi0:SMP:ARMV6 virt-a15:IRQ:ARMV7A virt-riscv32:IRQ:RISCV32 virt-riscv64:IRQ:RISCV64 pc:SMP:I386)
masks_machine = $(word 1,$(subst :, ,$(1)))
masks_lock    = $(word 2,$(subst :, ,$(1)))
masks_port    = $(word 3,$(subst :, ,$(1)))
masks_image   = build/masks/$(call masks_machine,$(1))/$(2).elf

# $(1) machine, $(2) lock, $(3) port, $(4) image
define masks_rules
$(call flags_file,masks/$(1)/$(4),$(call machine_cc,$(1)) $(2) $(3))
build/masks/$(1)/$(4).elf: build/dist/quarry.c tests/masks/masks.c $(HARNESS) build/masks/$(1)/$(4).flags $(call objects_of,$($(1)_SOURCES),qemu/$(1)) $(wildcard linker/*.ld)
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) -std=c11 -O1 -ffreestanding -Wall -Wextra -Werror -DQUARRY_LOCK=QUARRY_LOCK_$(2) -DQUARRY_PORT=QUARRY_PORT_$(3) $(TEST_INCLUDES) -Iarch/$($(1)_ISA) $$(filter %.c %.o,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
endef
$(foreach entry,$(MASKS),$(eval $(call masks_rules,$(call masks_machine,$(entry)),$(call masks_lock,$(entry)),$(call masks_port,$(entry)),$(call masks_lock,$(entry)))))
$(eval $(call masks_rules,pc,NONE,I386,NONE))

MASKS_IMAGES := $(foreach entry,$(MASKS),$(call masks_image,$(entry),$(call masks_lock,$(entry)))) $(if $(ALL),build/masks/pc/NONE.elf)

masks_jobs = $(foreach entry,$(MASKS),$(call job,masks of $(call masks_machine,$(entry)) $(call masks_lock,$(entry)),$(LATE_SECONDS),tests/qemu/run $(call masks_machine,$(entry)) $(MACHINE_SECONDS) $(call masks_image,$(entry),$(call masks_lock,$(entry)))))\
$(if $(ALL),$(call job,masks flawed,$(LATE_SECONDS),tests/ports/must_fail.sh "tests/qemu/run pc 50 build/masks/pc/NONE.elf"))
