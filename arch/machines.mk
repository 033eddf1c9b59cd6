# SPDX-License-Identifier: MIT
#
# machines.mk: how to compile and link an image for each QEMU machine. Include it from the Makefile in the top folder;
# all paths are relative to that. For each machine of MACHINES:
#
#   <machine>_ISA      folder of the port: -Iarch/<isa>
#   <machine>_CC       compiler, also used for linking and for .S files
#   <machine>_CFLAGS   CPU and code generation only: no warnings, no -O, no -I
#   <machine>_SOURCES  the test bed's files (start code, console, exit), to be compiled with the same flags
#   <machine>_LDFLAGS  before the objects; add -Wl,--defsym=HEAP_BYTES=<n> for a region (linker/heap-region.ld)
#   <machine>_LIBS     after the objects
#
# The commands that boot an image are in tests/qemu/run, and only there.

MACHINES := q35 pc microbit lm3s6965evb mps2-an386 mps2-an505 mps2-an505-m23 mps3-an547 versatilepb raspi0 none-r5 \
    virt-a15 virt-aarch64 virt-riscv32 sifive_e virt-riscv64 virt-riscv64-s sim-lx106 linux-mte linux-armeb

arm_CC ?= arm-none-eabi-gcc
aarch64_CC ?= aarch64-linux-gnu-gcc
x86_64_CC ?= gcc
riscv_CC ?= riscv64-unknown-elf-gcc
xtensa_CC ?= xtensa-lx106-elf-gcc

# Images run on bare metal: no dynamic linking, no start files but ours; 4 KB pages keep the files small.
image_LDFLAGS := -nostdlib -static -Llinker -Wl,--build-id=none -Wl,--gc-sections -Wl,-z,max-page-size=4096
cortex_m_SOURCES := arch/qemu/cortex_m_start.c arch/qemu/fault.c arch/qemu/linker_ram.c arch/qemu/semihosting_exit.c
pl011_SOURCES := arch/qemu/pl011_board.c arch/qemu/fault.c arch/qemu/linker_ram.c arch/qemu/semihosting_exit.c

# Distributions switch on what needs an operating system (PIE, stack protector, CET, unwind tables): switch it off.
pc_common_SOURCES := arch/qemu/pc_traps.S arch/qemu/pc.c arch/qemu/pc_ram.c arch/qemu/pc_core_code.S arch/qemu/pc_cores.c arch/qemu/fault.c
q35_ISA := x86_64
q35_CC := $(x86_64_CC)
q35_CFLAGS := -m64 -mno-red-zone -fno-pie -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables
q35_SOURCES := arch/x86_64/qemu/start.S arch/x86_64/qemu/q35.c arch/x86_64/qemu/traps.c \
    arch/x86_64/qemu/memory_map.c $(pc_common_SOURCES)
q35_LDFLAGS := -T linker/q35.ld -m64 -no-pie $(image_LDFLAGS)
q35_LIBS := -lgcc

pc_ISA := i386
pc_CC := $(x86_64_CC)
pc_CFLAGS := -m32 -fno-pie -fno-stack-protector -fcf-protection=none -fno-asynchronous-unwind-tables
pc_SOURCES := arch/i386/qemu/start.S arch/i386/qemu/pc32.c arch/i386/qemu/traps.c arch/i386/qemu/memory_map.c \
    $(pc_common_SOURCES)
pc_LDFLAGS := -T linker/pc.ld -m32 -no-pie $(image_LDFLAGS)
pc_LIBS := -lgcc

microbit_ISA := armv6m
microbit_CC := $(arm_CC)
microbit_CFLAGS := -mcpu=cortex-m0 -mthumb -mfloat-abi=soft
microbit_SOURCES := arch/armv6m/qemu/microbit.c $(cortex_m_SOURCES)
microbit_LDFLAGS := -T linker/microbit.ld $(microbit_CFLAGS) $(image_LDFLAGS)
microbit_LIBS := -lgcc

lm3s6965evb_ISA := armv7m
lm3s6965evb_CC := $(arm_CC)
lm3s6965evb_CFLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
lm3s6965evb_SOURCES := arch/armv7m/qemu/lm3s6965evb.c $(cortex_m_SOURCES)
lm3s6965evb_LDFLAGS := -T linker/lm3s6965evb.ld $(lm3s6965evb_CFLAGS) $(image_LDFLAGS)
lm3s6965evb_LIBS := -lgcc

mps2-an386_ISA := armv7em
mps2-an386_CC := $(arm_CC)
mps2-an386_CFLAGS := -mcpu=cortex-m4 -mthumb -mfloat-abi=soft
mps2-an386_SOURCES := arch/armv7em/qemu/mps2-an386.c $(cortex_m_SOURCES)
mps2-an386_LDFLAGS := -T linker/mps2-an386.ld $(mps2-an386_CFLAGS) $(image_LDFLAGS)
mps2-an386_LIBS := -lgcc

# The same board with a Cortex-M3, for measurements: to tests it is no other than lm3s6965evb, so it is not in MACHINES.
mps2-an385_ISA := armv7m
mps2-an385_CC := $(arm_CC)
mps2-an385_CFLAGS := -mcpu=cortex-m3 -mthumb -mfloat-abi=soft
mps2-an385_SOURCES := arch/armv7m/qemu/mps2-an385.c $(cortex_m_SOURCES)
mps2-an385_LDFLAGS := -T linker/mps2-an386.ld $(mps2-an385_CFLAGS) $(image_LDFLAGS)
mps2-an385_LIBS := -lgcc

mps2-an505_ISA := armv8m
mps2-an505_CC := $(arm_CC)
mps2-an505_CFLAGS := -mcpu=cortex-m33 -mthumb -mfloat-abi=soft
mps2-an505_SOURCES := arch/armv8m/qemu/mps2-an505.c arch/qemu/cmsdk_board.c $(cortex_m_SOURCES)
mps2-an505_LDFLAGS := -T linker/mps2-an505.ld $(mps2-an505_CFLAGS) $(image_LDFLAGS)
mps2-an505_LIBS := -lgcc

# Cortex-M23's code, on the Cortex-M33 of this board: QEMU has no Cortex-M23.
mps2-an505-m23_ISA := armv8m
mps2-an505-m23_CC := $(arm_CC)
mps2-an505-m23_CFLAGS := -mcpu=cortex-m23 -mthumb -mfloat-abi=soft
mps2-an505-m23_SOURCES := $(mps2-an505_SOURCES)
mps2-an505-m23_LDFLAGS := -T linker/mps2-an505.ld $(mps2-an505-m23_CFLAGS) $(image_LDFLAGS)
mps2-an505-m23_LIBS := -lgcc

mps3-an547_ISA := armv8m
mps3-an547_CC := $(arm_CC)
mps3-an547_CFLAGS := -mcpu=cortex-m55 -mthumb -mfloat-abi=soft
mps3-an547_SOURCES := arch/armv8m/qemu/mps3-an547.c arch/qemu/cmsdk_board.c $(cortex_m_SOURCES)
mps3-an547_LDFLAGS := -T linker/mps3-an547.ld $(mps3-an547_CFLAGS) $(image_LDFLAGS)
mps3-an547_LIBS := -lgcc

arm_classic_SOURCES := arch/qemu/arm_classic_start.S arch/qemu/arm_vectors.S arch/qemu/arm_irq.S $(pl011_SOURCES)

versatilepb_ISA := armv5te
versatilepb_CC := $(arm_CC)
versatilepb_CFLAGS := -mcpu=arm926ej-s -marm -mfloat-abi=soft
versatilepb_SOURCES := arch/armv5te/qemu/versatilepb.c $(arm_classic_SOURCES)
versatilepb_LDFLAGS := -T linker/arm-low.ld $(versatilepb_CFLAGS) $(image_LDFLAGS)
versatilepb_LIBS := -lgcc

raspi0_ISA := armv6
raspi0_CC := $(arm_CC)
raspi0_CFLAGS := -mcpu=arm1176jzf-s -marm -mfloat-abi=soft -mno-unaligned-access
raspi0_SOURCES := arch/armv6/qemu/raspi0.c $(arm_classic_SOURCES)
raspi0_LDFLAGS := -T linker/arm-low.ld $(raspi0_CFLAGS) $(image_LDFLAGS)
raspi0_LIBS := -lgcc

# The same board with two of these CPUs, for tests of several cores: to others it is no other than mps2-an505.
mps2-an521_ISA := armv8m
mps2-an521_CC := $(arm_CC)
mps2-an521_CFLAGS := $(mps2-an505_CFLAGS)
mps2-an521_SOURCES := arch/armv8m/qemu/mps2-an521.c arch/qemu/cmsdk_board.c $(cortex_m_SOURCES)
mps2-an521_LDFLAGS := $(mps2-an505_LDFLAGS)
mps2-an521_LIBS := -lgcc

# The MMU stays off, so unaligned accesses fault and the FPU is not set up.
virt-a15_ISA := armv7a
virt-a15_CC := $(arm_CC)
virt-a15_CFLAGS := -mcpu=cortex-a15 -marm -mfloat-abi=soft -mno-unaligned-access
virt-a15_SOURCES := arch/armv7a/qemu/start.S arch/armv7a/qemu/virt-a15.c arch/qemu/arm_vectors.S arch/qemu/arm_irq.S \
    $(pl011_SOURCES)
virt-a15_LDFLAGS := -T linker/virt-a15.ld $(virt-a15_CFLAGS) $(image_LDFLAGS)
virt-a15_LIBS := -lgcc

virt-aarch64_ISA := aarch64
virt-aarch64_CC := $(aarch64_CC)
virt-aarch64_CFLAGS := -mcpu=cortex-a53 -mstrict-align -mgeneral-regs-only -mno-outline-atomics -fno-pie \
    -fno-stack-protector -fno-asynchronous-unwind-tables
virt-aarch64_SOURCES := arch/aarch64/qemu/start.S arch/aarch64/qemu/virt-aarch64.c $(pl011_SOURCES)
virt-aarch64_LDFLAGS := -T linker/virt-aarch64.ld -no-pie $(image_LDFLAGS)
virt-aarch64_LIBS := -lgcc

# The same with memory tags, and the library that uses them.
virt-mte_ISA := aarch64
virt-mte_CC := $(aarch64_CC)
virt-mte_CFLAGS := $(virt-aarch64_CFLAGS) -DQUARRY_MARK=QUARRY_MARK_MTE
virt-mte_SOURCES := arch/aarch64/qemu/start.S arch/aarch64/qemu/tags.S arch/aarch64/qemu/virt-mte.c $(pl011_SOURCES)
virt-mte_LDFLAGS := $(virt-aarch64_LDFLAGS)
virt-mte_LIBS := -lgcc

# ESP8266's CPU.
sim-lx106_ISA := xtensa
sim-lx106_CC := $(xtensa_CC)
sim-lx106_CFLAGS := -mlongcalls
sim-lx106_SOURCES := arch/xtensa/qemu/start.S arch/xtensa/qemu/sim-lx106.c arch/xtensa/qemu/arithmetic.c \
    arch/qemu/fault.c arch/qemu/linker_ram.c
sim-lx106_LDFLAGS := -T linker/sim-lx106.ld $(image_LDFLAGS)
sim-lx106_LIBS := -lgcc

# The same as a process of QEMU's user mode. Each granule has its own tag there: QEMU 7.2 has one for each page of
# virt-mte, which is therefore not in MACHINES.
linux-mte_ISA := aarch64
linux-mte_CC := $(aarch64_CC)
linux-mte_CFLAGS := $(virt-mte_CFLAGS)
linux-mte_SOURCES := arch/aarch64/qemu/linux-mte.c arch/qemu/fault.c
linux-mte_LDFLAGS := -no-pie $(image_LDFLAGS)
linux-mte_LIBS := -lgcc

# RISC-V's compiler has one name for both widths. Each machine is started where its image begins.
riscv_SOURCES := arch/qemu/riscv_start.S arch/qemu/riscv.c arch/qemu/fault.c arch/qemu/linker_ram.c arch/qemu/semihosting_exit.c
virt_riscv_SOURCES := arch/qemu/riscv_virt.c $(riscv_SOURCES)
virt_riscv_LDFLAGS := -T linker/virt-riscv.ld -Wl,-e,riscv_reset -Wl,--no-warn-rwx-segments $(image_LDFLAGS)

virt-riscv32_ISA := riscv32
virt-riscv32_CC := $(riscv_CC)
virt-riscv32_CFLAGS := -march=rv32imac -mabi=ilp32
virt-riscv32_SOURCES := $(virt_riscv_SOURCES)
virt-riscv32_LDFLAGS := $(virt-riscv32_CFLAGS) $(virt_riscv_LDFLAGS)
virt-riscv32_LIBS := -lgcc

# A CPU without atomics, and with as little memory as a microbit.
sifive_e_ISA := riscv32
sifive_e_CC := $(riscv_CC)
sifive_e_CFLAGS := -march=rv32imc -mabi=ilp32
sifive_e_SOURCES := arch/riscv32/qemu/sifive_e.c $(riscv_SOURCES)
sifive_e_LDFLAGS := -T linker/sifive_e.ld -Wl,-e,riscv_reset $(sifive_e_CFLAGS) $(image_LDFLAGS)
sifive_e_LIBS := -lgcc

virt-riscv64_ISA := riscv64
virt-riscv64_CC := $(riscv_CC)
virt-riscv64_CFLAGS := -march=rv64gc -mabi=lp64d -mcmodel=medany
virt-riscv64_SOURCES := $(virt_riscv_SOURCES)
virt-riscv64_LDFLAGS := $(virt-riscv64_CFLAGS) $(virt_riscv_LDFLAGS)
virt-riscv64_LIBS := -lgcc

# The same in supervisor mode, as a kernel runs, and with Zbb.
virt-riscv64-s_ISA := riscv64
virt-riscv64-s_CC := $(riscv_CC)
virt-riscv64-s_CFLAGS := -march=rv64gc_zbb -mabi=lp64d -mcmodel=medany -DARCH_RISCV_SUPERVISOR=1
virt-riscv64-s_SOURCES := $(virt_riscv_SOURCES)
virt-riscv64-s_LDFLAGS := $(virt-riscv64-s_CFLAGS) $(virt_riscv_LDFLAGS)
virt-riscv64-s_LIBS := -lgcc

# An ARM1176 with the clock of this board, for measurements: raspi0 has none that is fine enough. It is not in MACHINES.
versatilepb-arm1176_ISA := armv6
versatilepb-arm1176_CC := $(arm_CC)
versatilepb-arm1176_CFLAGS := $(raspi0_CFLAGS)
versatilepb-arm1176_SOURCES := $(versatilepb_SOURCES)
versatilepb-arm1176_LDFLAGS := $(raspi0_LDFLAGS)
versatilepb-arm1176_LIBS := -lgcc

none-r5_ISA := armv7r
none-r5_CC := $(arm_CC)
none-r5_CFLAGS := -mcpu=cortex-r5 -marm -mfloat-abi=soft -mno-unaligned-access
none-r5_SOURCES := arch/armv7r/qemu/start.S arch/armv7r/qemu/none-r5.c arch/qemu/arm_vectors.S \
    arch/qemu/semihosting_board.c arch/qemu/fault.c arch/qemu/linker_ram.c arch/qemu/semihosting_exit.c
none-r5_LDFLAGS := -T linker/arm-low.ld $(none-r5_CFLAGS) $(image_LDFLAGS)
none-r5_LIBS := -lgcc

# A big-endian Cortex-R5 as a process of QEMU's user mode. Debian's compiler has no big-endian libgcc, nor needs any.
linux-armeb_ISA := armv7r
linux-armeb_CC := $(arm_CC)
linux-armeb_CFLAGS := -mcpu=cortex-r5 -marm -mfloat-abi=soft -mbig-endian -mno-unaligned-access
linux-armeb_SOURCES := arch/armv7r/qemu/linux-armeb.c
linux-armeb_LDFLAGS := $(linux-armeb_CFLAGS) -Wl,--be8 $(image_LDFLAGS)
linux-armeb_LIBS :=
