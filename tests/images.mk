# SPDX-License-Identifier: MIT
#
# images.mk: the tests' programs, called images: how they are built for this host, for big-endian processes and for the
# QEMU machines, and which of them `make test` runs.

# --- For the host, and for big-endian processes ----------------------------------------------------------------------

IMAGES := $(foreach image,unit api emalloc misuse stress,$(if $(wildcard tests/$(image)/*.c),$(image)))
HARNESS := $(wildcard tests/harness/*.c)
TEST_INCLUDES := -Iinclude -Isrc -Iarch -Itests/harness

BITS_64 := -m64
# Debian has 32-bit libraries beside a 64-bit system, but their headers only in the 64-bit directory.
BITS_32 := -m32 -isystem /usr/include/x86_64-linux-gnu
MODE_o2  := -O2
MODE_san := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer

# Other configurations than the default one. (Pages above the default do not suit the tests' small regions.)
MODE_page64 := -O2 -DQUARRY_PAGE_BYTES=64
MODE_smp    := -O2 -DQUARRY_LOCK=2
MODE_level2 := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -DQUARRY_CHECK_LEVEL=2
MODE_level3 := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -DQUARRY_CHECK_LEVEL=3
MODE_level4 := -O2 -DQUARRY_CHECK_LEVEL=4
MODE_level2o2 := -O2 -DQUARRY_CHECK_LEVEL=2
# Those that only quarry/emalloc.h knows. The name of the header is as include/quarry_config.h sees it.
# quarry_free_later(), with the image later alone.
# What cores cache, with the image cached alone; and little of it, with tests that have small heaps.
MODE_cached    := -O2 -DQUARRY_CONFIG_HEADER=\"../tests/cached/four_cores.h\"
MODE_cachedsan := $(MODE_san) -DQUARRY_CONFIG_HEADER=\"../tests/cached/four_cores.h\"
MODE_cache2    := -O2 -DQUARRY_LOCK=QUARRY_LOCK_HOOK -DQUARRY_CACHE=2
MODE_later  := -O2 -DQUARRY_FREE_LATER=8
MODE_later2 := $(MODE_level2) -DQUARRY_FREE_LATER=4
MODE_later3 := $(MODE_level3) -DQUARRY_FREE_LATER=4
MODE_track  := $(MODE_san) -DQUARRY_TRACK=1
MODE_track3 := $(MODE_track) -DQUARRY_CHECK_LEVEL=3
MODE_cores  := -O2 -pthread -DQUARRY_CONFIG_HEADER=\"../tests/emalloc/cores/four_cores.h\"
# The same under ThreadSanitizer: the threads, not all of emalloc.
MODE_corestsan := -O1 -g -fsanitize=thread $(MODE_cores)

HOSTS := $(foreach bits,64 32,$(foreach mode,o2 san,gcc-$(bits)-$(mode))) clang-64-san clang-32-o2 \
	gcc-64-page64 gcc-64-smp gcc-64-level2 gcc-32-level2 gcc-64-level3 gcc-32-level3 gcc-64-level4 \
	gcc-64-track gcc-32-track gcc-64-track3 gcc-64-cores gcc-64-corestsan gcc-64-later gcc-32-later2 gcc-64-later3 gcc-64-cached gcc-32-cachedsan gcc-64-cache2

# Big-endian processes, run by QEMU's user mode: 32 bits, 32 bits with guarded maps, and 64 bits, where pages of 64 bytes
# have maps that are shorter than a word.
HOSTS += powerpc-be-o2 mips-be-level2o2 s390x-be-page64
HOST_CC_gcc     := gcc
HOST_CC_clang   := clang
HOST_CC_powerpc := powerpc-linux-gnu-gcc -static
HOST_CC_mips    := mips-linux-gnu-gcc -static
HOST_CC_s390x   := s390x-linux-gnu-gcc -static
HOST_RUN_powerpc := qemu-ppc
HOST_RUN_mips    := qemu-mips
HOST_RUN_s390x   := qemu-s390x

# `make test` leaves these builds to `make test-all`, which sets ALL: each has two properties at once, e.g. 32 bits and
# sanitizers, which other builds have one at a time. Four cores' tests run under ThreadSanitizer, and 32-bit big-endian
# ones on linux-armeb. Of big-endian processes, of machines whose code is much like another machine's, and of 64-bit
# machines, on which C does what it does on a 64-bit host, `make test` runs only images that use the whole core.
ALL ?=
HOSTS_LATER := gcc-32-san clang-64-san clang-32-o2 gcc-64-page64 gcc-64-smp gcc-64-level4 gcc-32-level2 gcc-32-level3 gcc-32-track gcc-64-track3 \
	gcc-64-cores powerpc-be-o2 gcc-64-later gcc-32-later2 gcc-32-cachedsan gcc-64-cache2
TEST_HOSTS  := $(if $(ALL),$(HOSTS),$(filter-out $(HOSTS_LATER),$(HOSTS)))
IMAGES_LATER_be := unit emalloc stress
$(foreach machine,lm3s6965evb mps2-an505 virt-a15,$(eval IMAGES_LATER_$(machine) := unit emalloc misuse))
$(foreach machine,mps2-an505-m23 versatilepb none-r5 sim-lx106,$(eval IMAGES_LATER_$(machine) := unit emalloc misuse api))
IMAGES_LATER_mps3-an547   := $(IMAGES)
IMAGES_LATER_raspi0       := $(IMAGES)
IMAGES_LATER_linux-armeb  := unit emalloc
IMAGES_LATER_q35          := unit emalloc
IMAGES_LATER_pc           := unit emalloc misuse api
IMAGES_LATER_virt-aarch64 := emalloc
IMAGES_LATER_virt-riscv32   := unit emalloc misuse stress
IMAGES_LATER_sifive_e       := unit emalloc misuse api
IMAGES_LATER_virt-riscv64   := unit emalloc misuse api
IMAGES_LATER_virt-riscv64-s := $(IMAGES)
test_host_images    = $(filter-out $(if $(ALL),,$(if $(findstring -be-,$(1)),$(IMAGES_LATER_be))),$(call host_images,$(1)))
test_machine_images = $(filter-out $(if $(ALL),,$(IMAGES_LATER_$(1))),$(call machine_images,$(1)))

# The image caps is built for some hosts and one machine only, since src/caps stands on the core's public functions: one
# host of each width, one with sanitizers, one with canaries; with ALL more of those that have an image api.
CAPS_HOSTS    := gcc-64-o2 gcc-64-san gcc-32-o2 gcc-64-level3 $(if $(ALL),gcc-32-san clang-64-san gcc-64-level4 gcc-64-smp)
CAPS_MACHINES := mps2-an386

word_of = $(word $(1),$(subst -, ,$(2)))
host_run = $(HOST_RUN_$(call word_of,1,$(1))) build/host/$(1)/$(2)
host_cc = $(HOST_CC_$(call word_of,1,$(1))) $(BITS_$(call word_of,2,$(1))) $(MODE_$(call word_of,3,$(1)))

# A spin lock cannot tell a callback that calls its own heap from another core, which must wait: no re-entry tests.
# Unit tests run at level 2 too, but not above: they call layers below the one that fills memory. At level 4, where each call
# checks all, the stress tests would take minutes.
host_images = $(if $(findstring -cached,$(1)),cached,$(if $(filter %-cache2,$(1)),api misuse,$(if $(findstring -later,$(1)),later,$(if $(filter %-corestsan,$(1)),cores,$(if $(filter %-cores,$(1)),emalloc cores,$(if $(filter %-track %-track3,$(1)),emalloc,$(filter-out $(if $(filter %-smp,$(1)),misuse) $(if $(filter %-level3 %-level4,$(1)),unit) $(if $(filter %-level4,$(1)),stress),$(IMAGES)) $(if $(findstring -level,$(1)),guard) $(if $(filter $(1),$(CAPS_HOSTS)),caps)))))))

# The sources of an image are the files of its folder, tests/<image>. Those of the image cores are in tests/emalloc.
SOURCES_cores := $(wildcard tests/emalloc/cores/*.c) tests/emalloc/emalloc_test.c
image_sources = $(or $(SOURCES_$(1)),$(wildcard tests/$(1)/*.c))

HOST_COMMON := $(LIB_SRC) $(filter-out %/freestanding.c,$(HARNESS)) $(wildcard arch/hosted/qemu/*.c)
# Of $(1) (sources), the objects below build/$(2).
objects_of = $(patsubst %,build/$(2)/%.o,$(basename $(1)))

# $(1) host variant. The library is built as its contract says, the tests as an ordinary program.
define host_rules
$(call flags_file,host/$(1)/test,$(call host_cc,$(1)))
build/host/$(1)/src/%.o: src/%.c build/host/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call host_cc,$(1)) -std=c11 -ffreestanding $(WARN) -Werror -Iinclude -Iarch/hosted $(DEPS) -c $$< -o $$@
build/host/$(1)/%.o: %.c build/host/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call host_cc,$(1)) -std=c11 -Wall -Wextra -Werror $(TEST_INCLUDES) -Iarch/hosted $(DEPS) -c $$< -o $$@
$(foreach image,$(call host_images,$(1)),$(call host_image,$(1),$(image)))
-include $(patsubst %.o,%.d,$(call objects_of,$(HOST_COMMON) $(wildcard tests/*/*.c) $(SOURCES_cores),host/$(1)))
endef
define host_image
build/host/$(1)/$(2): $(call objects_of,$(HOST_COMMON) $(call image_sources,$(2)),host/$(1))
	$(call host_cc,$(1)) $$^ -o $$@

endef
$(foreach host,$(HOSTS),$(eval $(call host_rules,$(host))))
HOST_IMAGES := $(foreach host,$(TEST_HOSTS),$(patsubst %,build/host/$(host)/%,$(call test_host_images,$(host))))

# The tests of the API and of caps, with ALL those of emalloc too, once more with the two-file version; the last two
# include its headers too.
DIST_IMAGES  := api caps $(if $(ALL),emalloc)
DIST_HARNESS := $(filter-out src/%,$(HOST_COMMON))
build/dist/%.o: build/dist/%.c
	gcc -std=c11 -O2 $(WARN) -Werror -c $< -o $@
build/dist/api: $(call objects_of,$(DIST_HARNESS) $(wildcard tests/api/*.c),host/gcc-64-o2) build/dist/quarry.o
	gcc $^ -o $@
build/dist/emalloc build/dist/caps: build/dist/%: build/dist/quarry_%.o $(wildcard tests/emalloc/* tests/caps/* tests/harness/*)
	gcc -std=c11 -O2 -Wall -Wextra -Werror -Ibuild/dist -Iarch -Itests/harness $(DIST_HARNESS) $(wildcard tests/$*/*.c) $< -o $@

# --- Images for QEMU machines --------------------------------------------------------------------------------------

# A machine's images link the library of its ISA as `make lib` delivers it. Machines with another CPU of the ISA, or
# with other options, have a library of their own.
DELIVERED := $(filter-out linux-% sifive_e virt-riscv64-s mps2-an505-m23 mps3-an547,$(MACHINES))
machine_library = $(if $(filter $(1),$(DELIVERED)),build/$($(1)_ISA)/libquarry.a,$(call objects_of,$(LIB_SRC),qemu/$(1)))
MACHINE_COMMON = $(LIB_SRC) $($(1)_SOURCES)
machine_cc = $($(1)_CC) $($(1)_CFLAGS)

# One machine is built a second time, with QUARRY_TRACK, for the image emalloc, which that option changes.
MACHINE_TRACKED := mps2-an386
$(foreach part,ISA CC CFLAGS SOURCES LDFLAGS LIBS,$(eval $(MACHINE_TRACKED)-track_$(part) := $($(MACHINE_TRACKED)_$(part))))
$(MACHINE_TRACKED)-track_CFLAGS += -DQUARRY_TRACK=1
# One without atomic instructions is built a second time with QUARRY_FREE_LATER.
$(foreach part,ISA CC CFLAGS SOURCES LDFLAGS LIBS,$(eval microbit-later_$(part) := $(microbit_$(part))))
microbit-later_CFLAGS += -DQUARRY_FREE_LATER=4
# Machines with memory tags have no unit tests: these read memory whose tags they do not have.
IMAGES_virt-mte := api tags
IMAGES_linux-mte := $(IMAGES_virt-mte)
MACHINE_BUILDS := $(MACHINES) $(MACHINE_TRACKED)-track microbit-later
# The machine of such a build.
machine_of = $(patsubst %-later,%,$(patsubst %-track,%,$(1)))
machine_images = $(if $(filter %-later,$(1)),later,$(if $(filter %-track,$(1)),emalloc,$(or $(IMAGES_$(1)),$(IMAGES)) $(if $(filter $(1),$(CAPS_MACHINES)),caps)))

# $(1) machine
define machine_rules
$(call flags_file,qemu/$(1)/test,$(call machine_cc,$(1)))
build/qemu/$(1)/src/%.o: src/%.c build/qemu/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch/$($(1)_ISA) $(DEPS) -c $$< -o $$@
build/qemu/$(1)/%.o: %.c build/qemu/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) -std=c11 -Os -ffreestanding -ffunction-sections -fdata-sections -Wall -Wextra -Werror $(TEST_INCLUDES) -Iarch/$($(1)_ISA) $(DEPS) -c $$< -o $$@
build/qemu/$(1)/%.o: %.S build/qemu/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) -Iarch $(DEPS) -c $$< -o $$@
$(foreach image,$(call machine_images,$(1)),$(call machine_image,$(1),$(image)))
-include $(patsubst %.o,%.d,$(call objects_of,$(call MACHINE_COMMON,$(1)) $(HARNESS) $(foreach image,$(call machine_images,$(1)),$(wildcard tests/$(image)/*.c)),qemu/$(1)))
endef
define machine_image
build/qemu/$(1)/$(2).elf: $(call objects_of,$($(1)_SOURCES) $(HARNESS) $(wildcard tests/$(2)/*.c),qemu/$(1)) $(call machine_library,$(1)) $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o %.a,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@

endef
$(foreach machine,$(MACHINE_BUILDS) virt-mte versatilepb-arm1176,$(eval $(call machine_rules,$(machine))))
MACHINE_IMAGES := $(foreach machine,$(MACHINE_BUILDS),$(patsubst %,build/qemu/$(machine)/%.elf,$(call test_machine_images,$(machine))))
