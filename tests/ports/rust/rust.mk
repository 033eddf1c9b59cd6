# SPDX-License-Identifier: MIT
#
# rust.mk: tests of ports/rust with Debian's rustc: a process, and that process with libraries that are wrong, which must
# fail. `make test-all` has what takes longer: programs without an operating system, for which core and alloc are compiled
# from Debian's rust-src, and what the README says, by cargo.

RUSTC      := RUSTC_BOOTSTRAP=1 /usr/bin/rustc --edition 2021
RUST       := build/ports/rust
RUST_CRATE := $(wildcard ports/rust/src/*.rs)
NEED_RUST  := rustc:/usr/bin/rustc cargo:/usr/bin/cargo rust-src:/usr/src/rustc-1.63.0/library/core/src/lib.rs \
	librust-cc-dev:/usr/share/cargo/registry/cc-1.0.73
NEED_TEST  += rustc:/usr/bin/rustc $(if $(ALL),$(NEED_RUST) qemu-system-misc:qemu-system-riscv32)

$(RUST)/libquarry.rlib: $(RUST_CRATE)
	@mkdir -p $(@D)
	$(RUSTC) -O --crate-type rlib --crate-name quarry --cfg 'feature="allocator_api"' ports/rust/src/lib.rs --out-dir $(@D)
$(RUST)/libhost.a: tests/ports/rust/host.rs $(RUST)/libquarry.rlib
	$(RUSTC) --crate-type staticlib --extern quarry=$(RUST)/libquarry.rlib $< -o $@
$(RUST)/layout.o: ports/rust/src/layout.c $(wildcard include/*.h include/quarry/*.h)
	@mkdir -p $(@D)
	gcc -std=c11 $(WARN) -Werror -Iinclude -c $< -o $@
$(RUST)/host: $(RUST)/libhost.a $(RUST)/layout.o build/hosted/libquarry.a
	gcc -Wl,--gc-sections $^ -lm -o $@
# With the library of check level 3, which verifies the sizes that Rust frees with (and has sanitizers).
$(RUST)/host-level3: $(RUST)/libhost.a $(call objects_of,$(LIB_SRC),host/gcc-64-level3)
	gcc $(MODE_level3) -Wl,--gc-sections $^ -lm -o $@
$(RUST)/host-%: $(RUST)/libhost.a build/ports/lib%.a
	gcc -Wl,--gc-sections $^ -lm -o $@

# Without an operating system: target, its cfg of build.rs, the library's ISA.
RUST_TARGETS    := thumbv7em-none-eabi riscv32imac-unknown-none-elf
RUST_CPU_thumbv7em-none-eabi          := cortex_m
RUST_CPU_riscv32imac-unknown-none-elf := riscv
RUST_IMAGE_thumbv7em-none-eabi          := mps2-an386
RUST_IMAGE_riscv32imac-unknown-none-elf := virt-riscv32

$(RUST)/sysroot/%: tests/ports/rust/sysroot.sh
	$< $* $(RUST)/sysroot
	@touch $@
$(RUST)/%/libquarry.rlib: $(RUST_CRATE) $(RUST)/sysroot/%
	@mkdir -p $(@D)
	$(RUSTC) --target $* --sysroot $(RUST)/sysroot -C opt-level=s --crate-type rlib --crate-name quarry --cfg 'quarry_cpu="$(RUST_CPU_$*)"' ports/rust/src/lib.rs --out-dir $(@D)
$(RUST)/%/libbare.a: tests/ports/rust/bare.rs $(RUST)/%/libquarry.rlib
	$(RUSTC) --target $* --sysroot $(RUST)/sysroot -C opt-level=s -C panic=abort --crate-type staticlib --extern quarry=$(@D)/libquarry.rlib $< -o $@

# The example, by cargo.
$(RUST_EXAMPLE): $(RUST)/sysroot/thumbv7em-none-eabi $(RUST_CRATE) $(wildcard examples/rust/* examples/rust/src/*)
	@mkdir -p $(@D)
	tests/ports/rust/example.sh $(RUST)/sysroot $@

# memcpy and its like are newlib's: Debian has no compiled compiler_builtins for the target. The images end with the
# library that is meant: the whole one, or one that refuses every hundredth request.
# $(1) end of the name, $(2) library for the Cortex-M4, $(3) for RISC-V
define rust_images
$(RUST)/mps2-an386$(1).elf: $(RUST)/thumbv7em-none-eabi/libbare.a $(call objects_of,$(mps2-an386_SOURCES),qemu/mps2-an386) $(2)
	$(mps2-an386_CC) $(mps2-an386_CFLAGS) $$(filter %.o,$$^) $$(filter %.a,$$^) -T linker/mps2-an386.ld -Llinker -nostartfiles -static -Wl,--gc-sections -Wl,--defsym=__exidx_start=0 -Wl,--defsym=__exidx_end=0 -Wl,-z,noexecstack -o $$@
$(RUST)/virt-riscv32$(1).elf: tests/ports/rust/riscv32.c tests/ports/rust/riscv32.ld tests/harness/freestanding.c $(RUST)/riscv32imac-unknown-none-elf/libbare.a $(3)
	$(call isa_gcc,riscv32) -std=c11 -Os -ffreestanding -nostdlib -T tests/ports/rust/riscv32.ld -Wl,--gc-sections -Wl,--no-warn-rwx-segments $$(filter %.c %.a,$$^) -lgcc -o $$@
endef
$(eval $(call rust_images,,build/armv7em/libquarry.a,build/riscv32/libquarry.a))
$(eval $(call rust_images,-refusing,build/ports/newlib-m4/librefusing.a,build/ports/picolibc-rv32/librefusing.a))

RUST_FLAWED := $(RUST)/host-refusing $(RUST)/host-elsewhere
RUST_IMAGES := $(RUST)/host $(RUST_FLAWED) $(if $(ALL),$(RUST)/host-level3 $(foreach target,$(RUST_TARGETS),$(RUST)/$(RUST_IMAGE_$(target)).elf $(RUST)/$(RUST_IMAGE_$(target))-refusing.elf))

rust_jobs = $(call job,port rust,$(HOST_SECONDS),$(RUST)/host)\
$(call job,port rust flawed,$(HOST_SECONDS),tests/ports/must_fail.sh $(RUST_FLAWED))\
$(if $(ALL),$(foreach target,$(RUST_TARGETS),$(call job,port rust $(target),$(LATE_SECONDS),tests/qemu/run $(RUST_IMAGE_$(target)) $(MACHINE_SECONDS) $(RUST)/$(RUST_IMAGE_$(target)).elf))\
$(call job,port rust flawed images,$(HOST_SECONDS),tests/ports/must_fail.sh $(foreach target,$(RUST_TARGETS),"tests/qemu/run $(RUST_IMAGE_$(target)) 50 $(RUST)/$(RUST_IMAGE_$(target))-refusing.elf"))\
$(call job,port rust one heap,$(HOST_SECONDS),tests/ports/common/one_heap.py --names arm-none-eabi-nm $(RUST)/mps2-an386.elf build/ports/newlib-m4/calls-libc.elf $(RUST)/virt-riscv32.elf build/ports/picolibc-rv32/calls-libc.elf)\
$(call job,port rust level 3,$(HOST_SECONDS),$(RUST)/host-level3)\
$(call job,port rust README,$(BUILD_SECONDS),tests/ports/from_readme.sh rust)\
$(call job,port rust crate,$(BUILD_SECONDS),tests/ports/rust/crate.sh)\
$(call job,example rust,$(BUILD_SECONDS),tests/ports/rust/example.sh $(RUST)/sysroot))
