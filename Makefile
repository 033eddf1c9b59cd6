# SPDX-License-Identifier: MIT
#
# Quarry's build. `make help` lists the targets; everything that is made lies in build/.
#
# The library itself needs none of this: cc -std=c11 -O2 -ffreestanding -Iinclude -Iarch/<isa> -c src/*.c builds
# its core, and src/*/*.c what stands on that.
# What this file adds: libraries for every ISA, the two-file version, test images for the host and for QEMU machines,
# and the examples. Objects depend on the headers that they include, so a second make does what is left.
# GNU make; the recipes need a POSIX shell. Tools are looked for when a target needs them (tools/need.sh), not before.

SHELL := /bin/sh
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

JOBS  ?= $(shell nproc 2>/dev/null || echo 2)
# More flags for the library: e.g. make lib ARCH=armv7em QUARRY_FLAGS=-DQUARRY_LOCK=IRQ
QUARRY_FLAGS ?=
# How the library's users pass floating-point numbers, or a hard-float firmware does not link with it: soft, softfp or
# hard on ARM, soft or hard on RISC-V. Empty: soft on ARM and riscv32, hard on riscv64.
FLOAT ?=
# A compiler that is named, without an ISA, says by its macros which one it is for.
ifeq ($(origin CC),command line)
ARCH  ?= $(shell if command -v $(firstword $(CC)) >/dev/null 2>&1; then tools/port.sh $(CC) $(QUARRY_FLAGS); else echo hosted; fi)
endif
ARCH  ?= hosted


.PHONY: lib
lib: build/$(ARCH)/libquarry.a
	@float=$$(tools/float-abi.sh $($(ARCH)_lib_cc) $(QUARRY_FLAGS)) && \
	echo "$<: port $(ARCH)$${float:+, float ABI $$float (FLOAT=$(subst $() ,|,$(FLOATS_$(ARCH))))}"

include arch/machines.mk

include arch/compilers.mk
include tools/packages.mk

include tools/library.mk

PREFIX  ?= /usr/local
DESTDIR ?=

.PHONY: install
install: build/$(ARCH)/libquarry.a
	@mkdir -p $(DESTDIR)$(PREFIX)/include/quarry $(DESTDIR)$(PREFIX)/lib/pkgconfig
	cp include/*.h $(DESTDIR)$(PREFIX)/include
	cp include/quarry/* $(DESTDIR)$(PREFIX)/include/quarry
	cp build/$(ARCH)/libquarry.a $(DESTDIR)$(PREFIX)/lib
	@: $(file >build/$(ARCH)/quarry.pc,$(QUARRY_PC))
	cp build/$(ARCH)/quarry.pc $(DESTDIR)$(PREFIX)/lib/pkgconfig

.PHONY: dist
dist: build/dist/quarry.c

.PHONY: size
size:
	@tools/need.sh --check $(NEED_CROSS)
	@tests/build/size.sh $(foreach isa,$(filter-out hosted,$(ISAS)),"$(isa)=$(call isa_gcc,$(isa))" "$(isa)=$(call isa_clang,$(isa))")


include tests/images.mk
include examples/examples.mk

.PHONY: run
run:
	@tools/need.sh $(NEED_RUN)
	@$(MAKE) -s -j$(JOBS) $(EXAMPLE_IMAGES)
	@examples/show.py $(if $(FULL),--full) $(EXAMPLE_SECONDS) $(EXAMPLES)

include tests/tests.mk

.PHONY: test test-all
test-all:
	@$(MAKE) -s ALL=1 test

test:
	@tools/need.sh $(NEED_TEST)
	@: $(shell mkdir -p build)$(file >build/tests.list,$(test_jobs))
	@python3 tests/run.py $(JOBS) build/tests.list $(MAKE) -s -k -j$(JOBS) test-images

# --- Style, cleaning, help -------------------------------------------------------------------------------------------

.PHONY: clean help
clean:
	rm -rf build

help:
	@echo 'make             the library for a process: build/hosted/libquarry.a'
	@echo 'make lib ARCH=I  the library for an ISA, build/I/libquarry.a; I is one of'
	@echo '                 $(ISAS)'
	@echo '                 options: QUARRY_FLAGS=-DQUARRY_LOCK=IRQ ...; another compiler: CC=...'
	@echo 'make install     library, headers and quarry.pc for pkg-config, with the options: PREFIX=/usr/local DESTDIR='
	@echo 'make dist        the library as two files: build/dist/quarry.c and quarry.h'
	@echo 'make run         boot the examples under QEMU and show what they print, shortened; FULL=1: all of it'
	@echo 'make test        run all tests, on this host and under QEMU; ends with "N passed, N failed"'
	@echo 'make test-all    the same with every build and image: twice as long'
	@echo 'make exhaustive  every sequence of calls on tiny heaps: some minutes'
	@echo 'make proofs      prove the arithmetic, over whole domains, in some minutes; make proofs-mutants: break it'
	@echo 'make test-table  run the misuse table alone: docs/misuse.md'
	@echo 'make test-links  10 million calls while words are written into free memory, with each of four builds'
	@echo 'make test-fit    how well free memory stays usable, beside first fit and best fit'
	@echo 'make bench       measure all seven tables, print them, write docs/benchmarks.md and draw its pictures'
	@echo 'make bench-quick the same for instructions, smallest regions and sizes only'
	@echo 'make bench-m4    instructions of each call on a Cortex-M4'
	@echo 'make bench-host  time of a call on this host beside Zend MM, in some 20 seconds'
	@echo 'make bench-worst the most expensive call of each function that a search of WORST_SECONDS=25 finds'
	@echo 'make bench-masked  the longest section with interrupts masked of each function, on Cortex-M3 and M4'
	@echo 'make bench-levels  what each check level costs: instructions, bytes, code; writes docs/levels.md'
	@echo 'make check-budget  fail if a figure is above tests/bench/budget.tsv; a part of make test'
	@echo 'make budget      lower the budget to what is measured; FORCE=1: raise it too'
	@echo 'make readme      put what is measured into README.md, whose figures make test compares'
	@echo 'make fuzz        fuzz all targets for SECONDS=600 in all; fuzz-afl: with AFL++; fuzz-corpus: keep what was found'
	@echo 'make php         PHP 8.2 on quarry/emalloc.h, from Debian, and PHP_TESTS="Zend/tests" of its own: some 20 minutes'
	@echo 'make size        code size on every ISA'
	@echo 'make check-style layer order, file heads and layout of the C files, and make check-static'
	@echo 'make check-static  four analyzers, MISRA among them: docs/misra.md; FULL=1: every check level'
	@echo 'make misra       bring the places in docs/misra.md up to date'
	@echo 'make faults      the tests of the API and of emalloc with every single fault, on this host'
	@echo 'make coverage    lines and branches of src/ that the host tests run, and those that they do not'
	@echo 'make format      lay out the C files'
	@echo 'make clean       remove build/'
	@echo
	@echo 'run, test, bench and coverage install missing tools with apt-get (as root, or where sudo asks for no password).'
