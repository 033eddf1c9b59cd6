# SPDX-License-Identifier: MIT
#
# last_byte.mk: heaps at the end of the address space, on QEMU's riscv32 machine "virt" with 2 GB of memory, of which
# the host has to find what is written to.

# `make test` leaves to `make test-all` the level between two that it has.
LAST_BYTE_LEVELS := 1 $(if $(ALL),2) 3
LAST_BYTE_IMAGES := $(LAST_BYTE_LEVELS:%=build/last_byte/level%.elf)
LAST_BYTE_CC     := riscv64-unknown-elf-gcc -march=rv32imac -mabi=ilp32
LAST_BYTE_QEMU   := qemu-system-riscv32 -M virt -m 2G -bios none -nographic -monitor none -serial stdio

$(LAST_BYTE_IMAGES): build/last_byte/level%.elf: tests/last_byte/last_byte.c tests/last_byte/last_byte.ld $(wildcard src/*.[ch] src/*/*.[ch] include/*.h arch/*.h arch/riscv32/*.h)
	@mkdir -p $(@D)
	$(LAST_BYTE_CC) $(CONTRACT) $(WARN) -Werror -nostdlib -Wl,--no-warn-rwx-segments -DQUARRY_CHECK_LEVEL=$* -Iinclude -Iarch/riscv32 -T tests/last_byte/last_byte.ld $(filter %.c,$^) -o $@

last_byte_jobs = $(foreach level,$(LAST_BYTE_LEVELS),$(call job,last byte level $(level),$(LATE_SECONDS),timeout $(MACHINE_SECONDS) $(LAST_BYTE_QEMU) -kernel build/last_byte/level$(level).elf))
