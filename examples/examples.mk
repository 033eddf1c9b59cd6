# SPDX-License-Identifier: MIT
#
# examples.mk: how the examples that `make run` boots are built, each for one of the QEMU machines.

EXAMPLE_COMMON := $(wildcard examples/common/*.c) tests/harness/freestanding.c

build/traces/%.c: tests/traces/%.txt tools/trace2c.py tools/traces/trace_text.py
	@mkdir -p $(@D)
	python3 tools/trace2c.py $< $@

# $(1) example's name, $(2) machine, $(3) its own sources, $(4) traces, $(5) flags to compile, $(6) flags to link,
# $(7) the library's options. Example and library must have the same options: where $(7) is empty, the example links the
# library that `make lib` delivers; otherwise the library is built for the example.
define example_rules
$(call flags_file,examples/$(1)/example,$(call machine_cc,$(2)) $(5) $(7))
build/examples/$(1)/src/%.o: src/%.c build/examples/$(1)/example.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(2)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch/$($(2)_ISA) $(7) $(DEPS) -c $$< -o $$@
build/examples/$(1)/%.o: %.c build/examples/$(1)/example.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(2)) -std=c11 -O2 -ffreestanding $(WARN) -Werror -Iinclude -Iarch $(5) $(7) $(DEPS) -c $$< -o $$@
build/examples/$(1)/traces/%.o: build/traces/%.c build/examples/$(1)/example.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(2)) -std=c11 -O2 -ffreestanding -c $$< -o $$@
build/examples/$(1).elf: $(call objects_of,$($(2)_SOURCES),qemu/$(2)) $(call objects_of,$(3) $(EXAMPLE_COMMON) $(4:%=traces/%.c),examples/$(1)) $(if $(7),$(call objects_of,$(LIB_SRC),examples/$(1)),$(call machine_library,$(2))) $(wildcard linker/*.ld)
	$(call machine_cc,$(2)) $$(filter %.o %.a,$$^) $($(2)_LDFLAGS) $(6) $($(2)_LIBS) -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(if $(7),$(LIB_SRC)) $(3) $(EXAMPLE_COMMON),examples/$(1)))
endef

comma := ,
# $(1) machine, $(2) trace, $(3) blocks that live at once, at most, $(4) bytes of the region
define firmware_rules
$(call example_rules,firmware-$(1)-$(2),$(1),examples/firmware-cortex-m/firmware.c,$(2),-DFIRMWARE_TRACE=$(2) -DFIRMWARE_BLOCKS=$(3),-Wl$(comma)--defsym=HEAP_BYTES=$(4))
endef

KERNEL_MACHINE := $(firstword $(foreach machine,$(MACHINES),$(if $(filter x86_64,$($(machine)_ISA)),$(machine))))
$(eval $(call example_rules,kernel-x86_64,$(KERNEL_MACHINE),$(wildcard examples/kernel-x86_64/*.c),php64 sqlite64,,))
$(eval $(call firmware_rules,mps2-an386,luafw,384,32768))
$(eval $(call firmware_rules,mps2-an386,tls,128,73728))
$(eval $(call firmware_rules,microbit,cjsonmini,96,4096))
$(eval $(call firmware_rules,sifive_e,cjsonmini,96,4096))
$(eval $(call example_rules,packet-server-cortex-m,mps2-an386,$(wildcard examples/packet-server-cortex-m/*.c),,,-Wl$(comma)--defsym=HEAP_BYTES=32768,-DQUARRY_TRACK=1))

# Machine and image of each example, the shortest first.
EXAMPLES := mps2-an386:packet-server-cortex-m microbit:firmware-microbit-cjsonmini sifive_e:firmware-sifive_e-cjsonmini mps2-an386:firmware-mps2-an386-luafw \
	mps2-an386:firmware-mps2-an386-tls $(KERNEL_MACHINE):kernel-x86_64
EXAMPLE_IMAGES := $(foreach example,$(EXAMPLES),build/examples/$(lastword $(subst :, ,$(example))).elf)
EXAMPLE_SECONDS := 600

# Examples that are built by a Makefile of their own, since they are to be copied: those that start here, and those that
# need an RTOS. SHORT_EXAMPLES are all that are meant to be the least of their kind.
MINIMAL := minimal-cortex-m minimal-kernel kernel kernel-grub newlib caps cxx posix
MINIMAL_RTOS := freertos cmsis-rtos2 threadx zephyr riot nuttx
SHORT_EXAMPLES := $(filter-out kernel-grub,$(MINIMAL)) rust $(MINIMAL_RTOS)
RUST_EXAMPLE := build/examples/rust.elf
NEED_GRUB := grub-pc-bin:/usr/lib/grub/i386-pc/multiboot.mod grub-common:grub-mkrescue xorriso:xorriso mtools:mformat \
	qemu-system-x86:qemu-system-i386
NEED_IMAGES := $(NEED_RUN) gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc qemu-system-arm:qemu-system-aarch64 qemu-user:qemu-armeb \
	gcc-xtensa-lx106:xtensa-lx106-elf-gcc qemu-system-misc:qemu-system-xtensa \
	$(NEED_GRUB) $(NEED_RUST) g++ libnewlib-arm-none-eabi:/usr/lib/arm-none-eabi/newlib/libc_nano.a

# Shows the command that boots an image: $(1) machine, $(2) image.
show_image = tests/qemu/run --show $(1) $(2) &&
