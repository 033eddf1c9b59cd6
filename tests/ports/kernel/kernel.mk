# SPDX-License-Identifier: MIT
#
# kernel.mk: tests of ports/kernel, on this host with good and bad libraries, and of examples/kernel-grub, which firmware
# and GRUB boot under QEMU.

NEED_TEST += $(NEED_GRUB)

KERNEL_PORT_CC := gcc -std=c11 -O2 -Wall -Wextra -Werror -Iinclude -Iports/kernel -Itests/ports/kernel -Itests/ports/kernel/stub
KERNEL_PORT_IMAGES := $(addprefix build/ports/,kmalloc kmalloc-refusing kmalloc-elsewhere liballoc liballoc-refusing liballoc-elsewhere liballoc-hook)

$(eval $(call flags_file,ports/kernel/test,$(KERNEL_PORT_CC)))
KERNEL_PORT_COMMON := tests/ports/kernel/check.c $(wildcard tests/ports/kernel/*.h tests/ports/kernel/stub/*.h ports/kernel/*.h) build/ports/kernel/test.flags include/quarry/kmalloc.h
build/ports/kmalloc: tests/ports/kernel/kmalloc.c ports/kernel/frames_source.c build/hosted/libquarry.a $(KERNEL_PORT_COMMON)
	$(KERNEL_PORT_CC) $(filter %.c %.a,$^) -o $@
build/ports/kmalloc-%: tests/ports/kernel/kmalloc.c ports/kernel/frames_source.c build/ports/lib%.a $(KERNEL_PORT_COMMON)
	$(KERNEL_PORT_CC) $(filter %.c %.a,$^) -o $@
build/ports/liballoc: tests/ports/kernel/liballoc_port.c ports/kernel/liballoc.c build/hosted/libquarry.a $(KERNEL_PORT_COMMON)
	$(KERNEL_PORT_CC) $(filter %.c %.a,$^) -o $@
build/ports/liballoc-%: tests/ports/kernel/liballoc_port.c ports/kernel/liballoc.c build/ports/lib%.a $(KERNEL_PORT_COMMON)
	$(KERNEL_PORT_CC) $(filter %.c %.a,$^) -o $@
# With the kernel's own lock, and the library as two files.
build/ports/liballoc-hook: tests/ports/kernel/liballoc_port.c ports/kernel/liballoc.c build/dist/quarry.c $(KERNEL_PORT_COMMON)
	$(KERNEL_PORT_CC) -O1 -ffreestanding -DQUARRY_LOCK=HOOK $(filter %.c,$^) -o $@

kernel_port_jobs = $(call job,port kernel,$(HOST_SECONDS),tests/ports/kernel/run.sh build/ports)\
$(if $(ALL),$(call job,port kernel from README,$(BUILD_SECONDS),tests/ports/from_readme.sh kernel))\
$(call job,example kernel-grub,$(BUILD_SECONDS),tests/ports/kernel/grub.sh)
