# SPDX-License-Identifier: MIT
#
# platforms.mk: programs with a C library on QEMU machines, for the tests of ports: constructors run before main(),
# printf() writes to the console, exit() ends QEMU with its status. For each platform of PLATFORMS:
#
#   <platform>_ISA      folder of the port; the library is build/<isa>/libquarry.a
#   <platform>_MACHINE  as tests/qemu/run calls it
#   <platform>_CC       compiler with the flags of CPU and libc, for C and for linking
#   <platform>_CXX      the same for C++
#   <platform>_NM       nm
#   <platform>_OBJECTS  the test bed's objects, to be linked before the libraries; rules for them are below
#   <platform>_LDFLAGS  for linking
#
# and the file build/ports/<platform>/librefusing.a: the library, which refuses every hundredth request. A port's test
# that is linked with it must fail.
#
# newlib and nano have the start code of arch/qemu and linker/<machine>.ld. Free RAM is from end to __HeapLimit there, or,
# with -Wl,--defsym=HEAP_BYTES=<n>, from __heap_start to __heap_end. picolibc has its own start code and script, which
# name it __heap_start and __heap_end. nano's libstdc++ has no exceptions: what would throw there calls abort(). Debian has
# no libstdc++ for picolibc-rv32.

PLATFORMS := newlib-m3 newlib-m4 nano-m3 nano-m4 picolibc-m3 picolibc-m4 picolibc-rv32

m3_MACHINE   := lm3s6965evb
m4_MACHINE   := mps2-an386
rv32_MACHINE := virt-riscv32

m3_MEMORY   := -Wl,--defsym=__flash=0 -Wl,--defsym=__flash_size=256K -Wl,--defsym=__ram=0x20000000 -Wl,--defsym=__ram_size=64K
m4_MEMORY   := -Wl,--defsym=__flash=0 -Wl,--defsym=__flash_size=4M -Wl,--defsym=__ram=0x20000000 -Wl,--defsym=__ram_size=4M
rv32_MEMORY := -Wl,--defsym=__flash=0x80000000 -Wl,--defsym=__flash_size=2M -Wl,--defsym=__ram=0x80200000 -Wl,--defsym=__ram_size=4M

PICOLIBC   := -specs=picolibc.specs
PICOLIBCXX := -specs=picolibcpp.specs

platform_cpu    = $(lastword $(subst -, ,$(1)))
platform_libc   = $(firstword $(subst -, ,$(1)))
platform_tools  = $(if $(filter rv32,$(call platform_cpu,$(1))),riscv64-unknown-elf,arm-none-eabi)
PLATFORM_COMMON := tests/ports/common/newlib_start.c tests/ports/common/newlib_calls.c

# $(1) platform
define platform_newlib
$(1)_CC      := arm-none-eabi-gcc $($($(1)_MACHINE)_CFLAGS) $(if $(filter nano,$(call platform_libc,$(1))),-specs=nano.specs)
$(1)_CXX     := arm-none-eabi-g++ $($($(1)_MACHINE)_CFLAGS) $(if $(filter nano,$(call platform_libc,$(1))),-specs=nano.specs)
$(1)_ISA     := $($($(1)_MACHINE)_ISA)
$(1)_OBJECTS := $(call objects_of,$($($(1)_MACHINE)_SOURCES),qemu/$($(1)_MACHINE)) $(call objects_of,$(PLATFORM_COMMON),ports/$(1))
$(1)_LDFLAGS := -T linker/$($(1)_MACHINE).ld -Llinker -nostartfiles -static -Wl,--gc-sections -Wl,--wrap=main -Wl,-z,max-page-size=4096 $(if $(filter nano,$(call platform_libc,$(1))),-u _printf_float)
endef

# The specs of C++ are for linking and for C++, those of C for C.
define platform_picolibc
$(1)_ISA     := $(if $(filter rv32,$(call platform_cpu,$(1))),riscv32,$($($(1)_MACHINE)_ISA))
$(1)_CPU     := $(if $(filter rv32,$(call platform_cpu,$(1))),-march=rv32imac -mabi=ilp32,$($($(1)_MACHINE)_CFLAGS))
$(1)_CC      := $(call platform_tools,$(1))-gcc $$($(1)_CPU) $(PICOLIBC)
$(1)_CXX     := $(call platform_tools,$(1))-g++ $$($(1)_CPU) $(PICOLIBCXX)
$(1)_OBJECTS :=
$(1)_LDFLAGS := --oslib=semihost --crt0=semihost -static $($(call platform_cpu,$(1))_MEMORY)
endef

define platform_rules
$(1)_MACHINE := $($(call platform_cpu,$(1))_MACHINE)
$(1)_NM      := $(call platform_tools,$(1))-nm
$$(eval $$(call $(if $(filter picolibc,$(call platform_libc,$(1))),platform_picolibc,platform_newlib),$(1)))
$$(eval $$(call flags_file,ports/$(1)/platform,$$($(1)_CC)))
build/ports/$(1)/%.o: %.c build/ports/$(1)/platform.flags
	@mkdir -p $$(@D)
	$$($(1)_CC) -std=gnu11 -Os -ffunction-sections -fdata-sections $(WARN) -Werror -Iinclude $(DEPS) -c $$< -o $$@
build/ports/$(1)/librefusing.a: build/ports/$(1)/tests/ports/flawed/refusing.o build/$$($(1)_ISA)/libquarry.a
	@rm -f $$@
	$(call platform_tools,$(1))-objcopy $(foreach call,malloc calloc realloc aligned_alloc,--redefine-sym quarry_$(call)=whole_$(call)) build/$$($(1)_ISA)/libquarry.a $$@
	$(call platform_tools,$(1))-ar rs $$@ $$< 2>/dev/null
-include $(patsubst %.o,%.d,$(call objects_of,$(PLATFORM_COMMON) tests/ports/flawed/refusing.c,ports/$(1)))
endef
$(foreach platform,$(PLATFORMS),$(eval $(call platform_rules,$(platform))))

NEED_TEST += libnewlib-arm-none-eabi:/usr/lib/arm-none-eabi/newlib/libc_nano.a qemu-system-misc:qemu-system-riscv32 \
	$(foreach tools,arm-none-eabi riscv64-unknown-elf,picolibc-$(tools):/usr/lib/picolibc/$(tools)/picolibc.specs) \
	libstdc++-arm-none-eabi-newlib:/usr/lib/arm-none-eabi/newlib/libstdc++_nano.a \
	libstdc++-arm-none-eabi-picolibc:/usr/lib/picolibc/arm-none-eabi/lib/libstdc++.a
