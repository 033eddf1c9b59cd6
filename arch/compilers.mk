# SPDX-License-Identifier: MIT
#
# compilers.mk: the ISAs, and for each of them its compilers, gcc and clang, with the flags that its CPU needs.

ISAS := hosted x86_64 i386 armv6m armv7m armv7em armv8m armv5te armv6 armv7a armv7r aarch64 riscv32 riscv64 xtensa

TOOLS_hosted  :=
TOOLS_x86_64  :=
TOOLS_i386    :=
TOOLS_armv6m  := arm-none-eabi-
TOOLS_armv7m  := arm-none-eabi-
TOOLS_armv7em := arm-none-eabi-
TOOLS_armv8m  := arm-none-eabi-
TOOLS_armv5te := arm-none-eabi-
TOOLS_armv6   := arm-none-eabi-
TOOLS_armv7a  := arm-none-eabi-
TOOLS_armv7r  := arm-none-eabi-
TOOLS_aarch64 := aarch64-linux-gnu-
TOOLS_riscv32 := riscv64-unknown-elf-
TOOLS_riscv64 := riscv64-unknown-elf-
TOOLS_xtensa  := xtensa-lx106-elf-

# What a CPU needs beyond the build contract's line. A kernel's interrupt handlers run on the stack of what they
# interrupt and do not save vector registers, hence the flags of x86 and of the 64-bit ISAs. Unaligned accesses fault
# where memory is not mapped yet: the library makes none, but compilers make one of two neighbouring stores.
CPU_hosted  :=
CPU_x86_64  := -mno-red-zone -mgeneral-regs-only
CPU_i386    := -m32 -mgeneral-regs-only
CPU_armv6m  := -mthumb -mcpu=cortex-m0
CPU_armv7m  := -mthumb -mcpu=cortex-m3
CPU_armv7em := -mthumb -mcpu=cortex-m4
CPU_armv8m  := -mthumb -mcpu=cortex-m33+nodsp
CPU_armv5te := -marm -mcpu=arm926ej-s
CPU_armv6   := -marm -mcpu=arm1176jzf-s -mno-unaligned-access
CPU_armv7a  := -marm -mcpu=cortex-a15 -mno-unaligned-access
CPU_armv7r  := -marm -mcpu=cortex-r5 -mno-unaligned-access
CPU_aarch64 := -mgeneral-regs-only -mstrict-align
CPU_riscv32 := -march=rv32imac -mabi=ilp32
CPU_riscv64 := -march=rv64gc -mabi=lp64d -mcmodel=medany
CPU_xtensa  := -mlongcalls

# What FLOAT says, for each value that an ISA has.
FLOAT_ARM   := soft softfp hard
FLOATS_armv6m  := soft
FLOATS_armv7m  := soft
FLOATS_armv7em := $(FLOAT_ARM)
FLOATS_armv8m  := $(FLOAT_ARM)
FLOATS_armv5te := $(FLOAT_ARM)
FLOATS_armv6   := $(FLOAT_ARM)
FLOATS_armv7a  := $(FLOAT_ARM)
FLOATS_armv7r  := $(FLOAT_ARM)
FLOATS_riscv32 := soft hard
FLOATS_riscv64 := soft hard
FLOAT_riscv32_soft := -march=rv32imac -mabi=ilp32
FLOAT_riscv32_hard := -march=rv32gc -mabi=ilp32d
FLOAT_riscv64_soft := -march=rv64imac -mabi=lp64
FLOAT_riscv64_hard := -march=rv64gc -mabi=lp64d
float_flags = $(if $(FLOAT),$(if $(filter riscv%,$(1)),$(FLOAT_$(1)_$(FLOAT)),-mfloat-abi=$(FLOAT)))

# Debian's compiler is one for Linux processes: its atomics call its run-time library, and its code is position
# independent, unless told otherwise.
GCC_x86_64  := -fno-pie
GCC_i386    := -fno-pie
GCC_aarch64 := -mno-outline-atomics -fno-pie

CLANG_x86_64  := --target=x86_64-none-elf
CLANG_i386    := --target=i386-none-elf
CLANG_armv6m  := --target=arm-none-eabi
CLANG_armv7m  := --target=arm-none-eabi
CLANG_armv7em := --target=arm-none-eabi
CLANG_armv8m  := --target=arm-none-eabi
CLANG_armv5te := --target=arm-none-eabi
CLANG_armv6   := --target=arm-none-eabi
CLANG_armv7a  := --target=arm-none-eabi
CLANG_armv7r  := --target=arm-none-eabi
CLANG_aarch64 := --target=aarch64-none-elf
CLANG_riscv32 := --target=riscv32-none-elf
CLANG_riscv64 := --target=riscv64-none-elf

# Those that clang compiles for: LLVM 14 knows no Xtensa.
CLANG_ISAS := $(filter-out hosted xtensa,$(ISAS))

# Other CPUs of an ISA, that have less or another byte order, for the test of the build contract.
MORE_armv8m  := "arm-none-eabi-gcc -mthumb -mcpu=cortex-m23"
MORE_armv5te := "arm-none-eabi-gcc -marm -mcpu=arm7tdmi"
MORE_armv6   := "arm-none-eabi-gcc -marm -mcpu=arm1136j-s -mno-unaligned-access"
MORE_armv7r  := "arm-none-eabi-gcc $(CPU_armv7r) -mbig-endian"
MORE_riscv32 := "riscv64-unknown-elf-gcc -march=rv32imc -mabi=ilp32" \
	"riscv64-unknown-elf-gcc -march=rv32imac_zbb -mabi=ilp32" "riscv64-unknown-elf-gcc -march=rv32emc -mabi=ilp32e"
MORE_riscv64 := "riscv64-unknown-elf-gcc -march=rv64gc_zbb -mabi=lp64d -mcmodel=medany -DARCH_RISCV_SUPERVISOR=1"

isa_gcc   = $(TOOLS_$(1))gcc $(CPU_$(1)) $(GCC_$(1))
isa_clang = clang $(CLANG_$(1)) $(CPU_$(1))
