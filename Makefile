# SPDX-License-Identifier: MIT
#
# Quarry's build: the targets that users call. `make help` lists them, and those of developers below them. Everything
# that is made lies in build/.
#
# The library itself needs none of this: cc -std=c11 -O2 -ffreestanding -Iinclude -Iarch/<isa> -c src/*.c builds
# its core, and src/*/*.c what stands on that.
# The rules behind the targets are in the files that are included at the end. The first lines of each say what it has.
# Objects depend on the headers that they include, so a second make builds only what is left.
# GNU make; the recipes need a POSIX shell. Tools are looked for when a target needs them (tools/need.sh), not before.

SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

# How many commands of a build, and how many tests, run at a time.
JOBS  ?= $(shell nproc 2>/dev/null || echo 2)
# More flags for the library: e.g. make lib ARCH=armv7em QUARRY_FLAGS=-DQUARRY_LOCK=IRQ
QUARRY_FLAGS ?=
# How functions pass floating-point numbers: soft, softfp or hard on ARM, soft or hard on RISC-V. A hard-float firmware
# needs a hard-float library. Empty: soft on ARM and riscv32, hard on riscv64.
FLOAT ?=
# The ISA to build for, one of ISAS in arch/compilers.mk. If only CC is named, that compiler's macros tell the ISA.
ifeq ($(origin CC),command line)
ARCH  ?= $(shell if command -v $(firstword $(CC)) >/dev/null 2>&1; then tools/port.sh $(CC) $(QUARRY_FLAGS); else echo hosted; fi)
endif
ARCH  ?= hosted
# Where `make install` puts the library. A packager sets DESTDIR: the files then go below $(DESTDIR)$(PREFIX).
PREFIX  ?= /usr/local
DESTDIR ?=

.PHONY: lib
lib: build/$(ARCH)/libquarry.a
	@float=$$(tools/float-abi.sh $($(ARCH)_lib_cc) $(QUARRY_FLAGS)) && \
	echo "$<: port $(ARCH)$${float:+, float ABI $$float (FLOAT=$(subst $() ,|,$(FLOATS_$(ARCH))))}"

.PHONY: dist
dist: build/dist/quarry.c

.PHONY: install
install: build/$(ARCH)/libquarry.a
	@mkdir -p $(DESTDIR)$(PREFIX)/include/quarry $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/lib/cmake/quarry
	cp include/*.h $(DESTDIR)$(PREFIX)/include
	cp include/quarry/* $(DESTDIR)$(PREFIX)/include/quarry
	cp build/$(ARCH)/libquarry.a $(DESTDIR)$(PREFIX)/lib
	@$(call print_lines,$(QUARRY_PC)) >$(DESTDIR)$(PREFIX)/lib/pkgconfig/quarry.pc
	@$(call print_lines,$(QUARRY_CMAKE)) >$(DESTDIR)$(PREFIX)/lib/cmake/quarry/quarry-config.cmake
	@$(call print_lines,$(QUARRY_CMAKE_VERSION)) >$(DESTDIR)$(PREFIX)/lib/cmake/quarry/quarry-config-version.cmake

.PHONY: packages
packages: build/dist/quarry.c
	@tools/need.sh --check xz-utils:xz
	@packaging/assemble.sh build/packages build/dist
	@packaging/tarballs.sh build/packages/debian
	@ls -d build/packages/*/*

.PHONY: size
size:
	@tools/need.sh --check $(NEED_CROSS)
	@tests/build/size.sh $(foreach isa,$(filter-out hosted,$(ISAS)),"$(isa)=$(call isa_gcc,$(isa))" $(if $(filter $(isa),$(CLANG_ISAS)),"$(isa)=$(call isa_clang,$(isa))"))

.PHONY: run
run:
	@tools/need.sh $(NEED_RUN)
	@$(MAKE) -s -j$(JOBS) $(EXAMPLE_IMAGES)
	@examples/show.py $(if $(FULL),--full) $(EXAMPLE_SECONDS) $(EXAMPLES)

# Every image for a QEMU machine, and the line that boots it by hand.
.PHONY: images
images:
	@tools/need.sh $(NEED_IMAGES)
	@$(MAKE) -s -j$(JOBS) $(EXAMPLE_IMAGES) $(MACHINE_IMAGES) $(RUST_EXAMPLE)
	@$(foreach name,$(MINIMAL),{ $(MAKE) -s -C examples/$(name) >build/image.log 2>&1 || { cat build/image.log; exit 1; }; } && echo 'make -s -C examples/$(name) run' &&) true
	@$(call show_image,mps2-an386,$(RUST_EXAMPLE)) true
	@$(foreach name,$(MINIMAL_RTOS),echo '# examples/$(name) needs its RTOS: the first lines of its build file say how to build it' &&) true
	@$(foreach example,$(EXAMPLES),$(call show_image,$(firstword $(subst :, ,$(example))),build/examples/$(lastword $(subst :, ,$(example))).elf)) true
	@$(foreach image,$(MACHINE_IMAGES),$(call show_image,$(call machine_of,$(word 3,$(subst /, ,$(image)))),$(image))) true

# With -n, make runs each line that has its own variable. The lines that run tests have this one instead.
BUILD_BY := $(MAKE)

.PHONY: test test-all
test:
	@tools/need.sh $(NEED_TEST)
	@: $(shell mkdir -p build)$(file >build/tests.list,$(test_jobs))
	@python3 tests/run.py $(JOBS) build/tests.list $(BUILD_BY) -s -k -j$(JOBS) test-images

# With ALL=1, `make test` leaves out nothing.
test-all:
	@$(MAKE) -s ALL=1 test

.PHONY: clean
clean:
	rm -rf build

.PHONY: help
help::
	@echo 'make             the library for a process: build/hosted/libquarry.a'
	@echo 'make lib ARCH=I  the library for an ISA, build/I/libquarry.a; I is one of'
	@echo '                 $(ISAS)'
	@echo '                 options: QUARRY_FLAGS=-DQUARRY_LOCK=IRQ ...; another compiler: CC=...'
	@echo 'make install     library, headers, and files for pkg-config and CMake, with the options: PREFIX=/usr/local DESTDIR='
	@echo 'make packages    what package managers take: build/packages; see packaging/README.md'
	@echo 'make dist        the library as two files: build/dist/quarry.c and quarry.h'
	@echo 'make size        code size on every ISA'
	@echo 'make run         boot the examples under QEMU and show what they print, shortened; FULL=1: all of it'
	@echo 'make images      build every image for QEMU, and show the line that boots each by hand'
	@echo 'make test        run all tests, on this host and under QEMU; ends with "N passed, N failed"'
	@echo 'make test-all    the same with every build, the analyzers and the cost of levels: four times as long'
	@echo 'make clean       remove build/'

# Each of these files may use what those above it define.
include arch/compilers.mk
include arch/machines.mk
include tools/packages.mk
include tools/library.mk
include tests/images.mk
include examples/examples.mk
include tests/tests.mk
include tests/help.mk
