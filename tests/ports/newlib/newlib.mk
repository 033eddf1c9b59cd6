# SPDX-License-Identifier: MIT
#
# newlib.mk: tests of ports/newlib on all platforms of tests/ports/common/platforms.mk.

NEWLIB_PORT := $(wildcard ports/newlib/*.c)
NEWLIB_CFLAGS := -std=gnu11 -Os -ffunction-sections -fdata-sections $(WARN) -Werror -Iinclude -Iports/newlib

# The tests are compiled as if malloc() were any function: the compiler would leave out what is allocated and freed.
# $(1) platform
define newlib_rules
build/ports/$(1)/ports/newlib/%.o: ports/newlib/%.c build/ports/$(1)/platform.flags
	@mkdir -p $$(@D)
	$$($(1)_CC) $(NEWLIB_CFLAGS) $(DEPS) -c $$< -o $$@
build/ports/$(1)/wrapped/%.o: ports/newlib/%.c build/ports/$(1)/platform.flags
	@mkdir -p $$(@D)
	$$($(1)_CC) $(NEWLIB_CFLAGS) -DQUARRY_LIBC_WRAP $(DEPS) -c $$< -o $$@
build/ports/$(1)/tests/ports/newlib/%.o: tests/ports/newlib/%.c build/ports/$(1)/platform.flags
	@mkdir -p $$(@D)
	$$($(1)_CC) $(NEWLIB_CFLAGS) -fno-builtin $(DEPS) -c $$< -o $$@
$(call newlib_image,$(1),calls,calls $(NEWLIB_PORT),build/$($(1)_ISA)/libquarry.a)
$(call newlib_image,$(1),calls-refusing,calls $(NEWLIB_PORT),build/ports/$(1)/librefusing.a)
$(call newlib_image,$(1),calls-libc,calls no_port,build/$($(1)_ISA)/libquarry.a)
$(call newlib_image,$(1),own_heap,own_heap $(NEWLIB_PORT),build/$($(1)_ISA)/libquarry.a)
-include $(patsubst %.o,%.d,$(call objects_of,$(wildcard tests/ports/newlib/*.c) $(NEWLIB_PORT),ports/$(1)))
endef

# $(1) platform, $(2) image, $(3) tests by name, and other sources by path, $(4) library, $(5) more flags
newlib_objects = $(call objects_of,$(foreach source,$(2),$(if $(filter %.c,$(source)),$(source),tests/ports/newlib/$(source).c)),ports/$(1))
define newlib_image
build/ports/$(1)/$(2).elf: $(call newlib_objects,$(1),$(3)) $($(1)_OBJECTS) $(4) $(wildcard linker/*.ld)
	$($(1)_CC) $(call newlib_objects,$(1),$(3)) $($(1)_OBJECTS) $($(1)_LDFLAGS) $(5) $(4) -Wl,-Map,build/ports/$(1)/$(2).map -o $$@

endef
$(foreach platform,$(PLATFORMS),$(eval $(call newlib_rules,$(platform))))

# With the linker's option --wrap, beside an allocator that stays in the program.
NEWLIB_WRAP := newlib-m3
NEWLIB_WRAPPED := $(NEWLIB_PORT:ports/newlib/%.c=build/ports/$(NEWLIB_WRAP)/wrapped/%.o)
-include $(NEWLIB_WRAPPED:.o=.d)
build/ports/$(NEWLIB_WRAP)/wrap.elf: $(call newlib_objects,$(NEWLIB_WRAP),calls blob) $(NEWLIB_WRAPPED) $($(NEWLIB_WRAP)_OBJECTS) build/$($(NEWLIB_WRAP)_ISA)/libquarry.a ports/newlib/wrap.txt
	$($(NEWLIB_WRAP)_CC) @ports/newlib/wrap.txt $(filter %.o,$^) $($(NEWLIB_WRAP)_LDFLAGS) $(filter %.a,$^) -Wl,-Map,$(@:.elf=.map) -o $@

# The conventions of linker scripts, each on the same platform: first address and bytes of the heap, and the symbols that
# are defined (the script's own __heap_end is not). Where only _estack
# is defined, the stack's size is not known, so there is no heap.
NEWLIB_REGIONS := none HeapBase StackLimit HeapLimit estack estack-alone
REGION_none       := 0 0
REGION_HeapBase   := 0x20004000 0x2000 __HeapBase=0x20004000 __HeapLimit=0x20006000 __StackLimit=0x2000f000
REGION_StackLimit := end 0x20008000-end __StackLimit=0x20008000 __HeapLimit=0x20006000
REGION_HeapLimit  := end 0x20006000-end __StackLimit=0x20000100 __HeapLimit=0x20006000
REGION_estack     := end 0x2000f000-end _estack=0x20010000 _Min_Stack_Size=0x1000
REGION_estack-alone := 0 0 _estack=0x20010000
region_symbols = __heap_end=0 expected_start=$(word 1,$(1)) expected_bytes=$(word 2,$(1)) $(wordlist 3,9,$(1))
define newlib_region
$(call newlib_image,picolibc-m3,region-$(1),region $(NEWLIB_PORT),build/$(picolibc-m3_ISA)/libquarry.a,$(addprefix -Wl$(comma)--defsym=,$(call region_symbols,$(REGION_$(1)))))
endef
$(foreach region,$(NEWLIB_REGIONS),$(eval $(call newlib_region,$(region))))

# On a Cortex-M3 `make test` has the program alone: that it must fail with another allocator, a Cortex-M4 shows.
NEWLIB_WHOLE := $(if $(ALL),$(PLATFORMS),$(filter-out %-m3,$(PLATFORMS)))
NEWLIB_SHORT := $(filter-out $(NEWLIB_WHOLE),$(PLATFORMS))
NEWLIB_IMAGES := $(foreach platform,$(PLATFORMS),build/ports/$(platform)/calls.elf) \
	$(foreach platform,$(NEWLIB_WHOLE),build/ports/$(platform)/calls-refusing.elf build/ports/$(platform)/calls-libc.elf) \
	build/ports/nano-m3/own_heap.elf build/ports/picolibc-rv32/own_heap.elf build/ports/$(NEWLIB_WRAP)/wrap.elf \
	$(foreach region,$(NEWLIB_REGIONS),build/ports/picolibc-m3/region-$(region).elf)

newlib_run = $(call job,$(1),$(LATE_SECONDS),tests/qemu/run $($(2)_MACHINE) $(MACHINE_SECONDS) build/ports/$(2)/$(3).elf)
newlib_jobs = $(foreach platform,$(NEWLIB_SHORT),$(call newlib_run,port newlib $(platform),$(platform),calls))\
$(foreach platform,$(NEWLIB_WHOLE),\
$(call job,port newlib $(platform),$(LATE_SECONDS),tests/ports/common/run_three.sh $($(platform)_MACHINE) 100 $($(platform)_NM) build/ports/$(platform)/calls))\
$(foreach platform,newlib-m4 nano-m4 picolibc-m4 picolibc-rv32,\
$(call job,port newlib $(platform) symbols,$(BUILD_SECONDS),tests/ports/newlib/symbols.py $($(platform)_NM) build/ports/$(platform)/calls.map ports/newlib/wrap.txt $(call newlib_objects,$(platform),$(NEWLIB_PORT))))\
$(call job,port newlib locks,$(LATE_SECONDS),tests/ports/newlib/locks.sh mps2-an386 100 $(NEWLIB_LOCKS:%=build/ports/%))\
$(call newlib_run,port newlib own heap,nano-m3,own_heap)\
$(call newlib_run,port newlib own heap riscv32,picolibc-rv32,own_heap)\
$(call newlib_run,port newlib wrapped,$(NEWLIB_WRAP),wrap)\
$(foreach region,$(NEWLIB_REGIONS),$(call newlib_run,port newlib region $(region),picolibc-m3,region-$(region)))\
$(call job,port newlib alignment,$(BUILD_SECONDS),$(picolibc-rv32_CC) $(NEWLIB_CFLAGS) -DQUARRY_ALIGN_BYTES=8 -c ports/newlib/malloc.c -o /dev/null 2>&1 | grep -q 'malloc must align to max_align_t')\
$(call job,port newlib from its README,$(BUILD_SECONDS),tests/ports/from_readme.sh newlib)\
$(if $(ALL),$(call job,example newlib,$(BUILD_SECONDS),tests/build/minimal.sh newlib "a copy of this text and 0.0: [0-9]* of [0-9]* bytes are in use"))

# The libc's own lock: one library with QUARRY_LOCK_HOOK for both, and with -DNO_LOCK programs that have none.
NEWLIB_LOCKS := newlib-m4 picolibc-m4
build/ports/hook/quarry.o: build/dist/quarry.c build/qemu/mps2-an386/test.flags
	@mkdir -p $(@D)
	$(mps2-an386_CC) $(mps2-an386_CFLAGS) -std=c11 -Os -ffreestanding -ffunction-sections -DQUARRY_LOCK=HOOK -c $< -o $@
# $(1) platform, $(2) name, $(3) flags
define newlib_locks
build/ports/$(1)/$(2).elf: tests/ports/newlib/locks.c tests/ports/newlib/check.h $(NEWLIB_PORT) $(wildcard ports/newlib/*.h ports/common/*.h) build/ports/hook/quarry.o $($(1)_OBJECTS)
	$($(1)_CC) $(NEWLIB_CFLAGS) -fno-builtin -DQUARRY_LOCK=HOOK $(3) tests/ports/newlib/locks.c $(NEWLIB_PORT) build/ports/hook/quarry.o $($(1)_OBJECTS) $($(1)_LDFLAGS) -o $$@
endef
$(foreach platform,$(NEWLIB_LOCKS),$(eval $(call newlib_locks,$(platform),locks,))$(eval $(call newlib_locks,$(platform),no_lock,-DNO_LOCK)))
NEWLIB_IMAGES += $(foreach platform,$(NEWLIB_LOCKS),build/ports/$(platform)/locks.elf build/ports/$(platform)/no_lock.elf)

# The libcs' own tests, from Debian's source packages: `make libc-tests`, by hand.
LIBC_TESTS := build/libc-tests
LIBC_TESTS_PLATFORMS := newlib-m4 nano-m4 picolibc-m4 picolibc-rv32
# $(1) platform
define libc_tests_rules
build/ports/$(1)/libc-%.elf: $(LIBC_TESTS)/%.c $(call newlib_objects,$(1),$(NEWLIB_PORT)) $($(1)_OBJECTS) build/$($(1)_ISA)/libquarry.a
	$($(1)_CC) -Os -w -fno-builtin $$< $(call newlib_objects,$(1),$(NEWLIB_PORT)) $($(1)_OBJECTS) $($(1)_LDFLAGS) build/$($(1)_ISA)/libquarry.a -o $$@
endef
$(foreach platform,$(LIBC_TESTS_PLATFORMS),$(eval $(call libc_tests_rules,$(platform))))

.PHONY: libc-tests
libc-tests:
	@tests/ports/newlib/libc_tests.sh $(LIBC_TESTS) $(foreach platform,$(LIBC_TESTS_PLATFORMS),$(platform)=$($(platform)_MACHINE))
