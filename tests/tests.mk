# SPDX-License-Identifier: MIT
#
# tests.mk: the jobs that `make test` runs, and what must be built for them. The files that are included here add the
# rules and the jobs of their folders.

include tests/differential/differential.mk
include tests/table/table.mk
include tests/bench/bench.mk
include tests/request_end/request_end.mk
include tests/last_byte/last_byte.mk
include tests/static/static.mk
include tests/exhaustive/exhaustive.mk
include tests/marks/marks.mk
include tests/threads/threads.mk
include tests/storm/storm.mk
include tests/cores/cores.mk
include tests/masks/masks.mk
include tests/ports/ports.mk
include tests/php/php.mk
include tests/fuzz/fuzz.mk
include tests/arithmetic/arithmetic.mk
include tests/faults/faults.mk
include tests/links/links.mk
include tests/fit/fit.mk
include tests/bound/bound.mk
include tests/coverage/coverage.mk
include tests/tools/tools.mk
include tests/style/style.mk

# `make test` leaves to `make test-all` what takes long and seldom finds what the rest does not: the analyzers, the cost
# of check levels, `make lib` for each CPU, most builds with clang, and those for a second CPU of an ISA, which a machine
# runs.
#
# One CPU of each kind: `make test` builds the library for these with clang too, not just with gcc.
FREESTANDING_WHOLE := x86_64 armv6m armv7em aarch64 riscv32
# Of the ISAs whose library an image links, the library is looked at as `make lib` delivers it.
freestanding_library = $(if $(filter $(1),hosted $(foreach machine,$(DELIVERED),$(if $(call test_machine_images,$(machine)),$($(machine)_ISA)))),--library build/$(1)/libquarry.a)
# The two-file version is compiled for these, and only read for the others.
DIST_WHOLE := x86_64 armv7em
dist_of = $(foreach isa,$(1),"$(isa)=$(call isa_gcc,$(isa))")

# Each ISA, whether its CPU has an instruction that scans bits, and its compiler.
NO_BIT_SCAN := armv6m riscv32 riscv64
BIT_SCANS = $(foreach isa,$(ISAS),"$(isa)=$(if $(filter $(isa),$(NO_BIT_SCAN)),no,yes)=$(call isa_gcc,$(isa))") \
	"armv8m=no=arm-none-eabi-gcc -mthumb -mcpu=cortex-m23" "riscv32=yes=riscv64-unknown-elf-gcc -march=rv32imac_zbb -mabi=ilp32" \
	"riscv64=yes=riscv64-unknown-elf-gcc -march=rv64gc_zbb -mabi=lp64d -mcmodel=medany"

# Compilers for CPUs that are not served.
SMALL_CPUS := "avr-gcc -mmcu=atmega328p" "clang --target=msp430"

# A job that takes longer than its limit is ended, since it hangs: on two cores the slowest job takes a fraction of it.
# The build has no limit.
HOST_SECONDS    := 1200
MACHINE_SECONDS := 1200
BUILD_SECONDS   := 1800
# tests/qemu/run ends QEMU itself; run.py only steps in if that fails.
LATE_SECONDS    := 1500

tab := $(subst ,,	)
# A job: a name, its most seconds, its command.
job = $(1)$(tab)$(2)$(tab)$(3)$(newline)

define test_jobs
$(foreach machine,$(MACHINE_BUILDS),$(foreach image,$(call test_machine_images,$(machine)),$(call job,qemu $(machine) $(image),$(LATE_SECONDS),tests/qemu/run $(call machine_of,$(machine)) $(MACHINE_SECONDS) build/qemu/$(machine)/$(image).elf)))\
$(foreach host,$(TEST_HOSTS),$(foreach image,$(call test_host_images,$(host)),$(call job,host $(host) $(image),$(HOST_SECONDS),$(call host_run,$(host),$(image)))))\
$(foreach image,$(DIST_IMAGES),$(call job,host dist $(image),$(HOST_SECONDS),build/dist/$(image)))\
$(foreach example,$(EXAMPLES),$(call job,example $(lastword $(subst :, ,$(example))),$(LATE_SECONDS),tests/qemu/run $(firstword $(subst :, ,$(example))) $(EXAMPLE_SECONDS) build/examples/$(lastword $(subst :, ,$(example))).elf))\
$(foreach isa,$(filter-out hosted,$(ISAS)),$(call job,freestanding $(isa),$(BUILD_SECONDS),tests/build/freestanding.sh $(if $(ALL),,--short $(call freestanding_library,$(isa))) $(isa) "$(call isa_gcc,$(isa))" $(if $(filter $(if $(ALL),$(CLANG_ISAS),$(FREESTANDING_WHOLE)),$(isa)),"$(call isa_clang,$(isa))") $(if $(ALL),$(MORE_$(isa)))))\
$(call job,freestanding hosted,$(BUILD_SECONDS),tests/build/freestanding.sh $(if $(ALL),,--short $(call freestanding_library,hosted)) hosted "gcc" "clang" "gcc -fno-pie $(BITS_32)" $(if $(ALL),"clang -fno-pie $(BITS_32)"))\
$(call job,impossible configurations,$(BUILD_SECONDS),tests/build/impossible.sh "gcc" "clang" "$(call isa_gcc,armv6m)")\
$(call job,bit scan,$(BUILD_SECONDS),tests/build/bit_scan.sh $(BIT_SCANS))\
$(call job,CPUs with 16 bits,$(BUILD_SECONDS),tests/build/too_small.sh build/dist $(SMALL_CPUS))\
$(call job,missing tools,$(BUILD_SECONDS),tests/build/missing.sh)\
$(call job,example minimal-cortex-m,$(BUILD_SECONDS),tests/build/minimal.sh minimal-cortex-m "a block came and went")\
$(call job,example minimal-kernel,$(BUILD_SECONDS),tests/build/minimal.sh minimal-kernel "24 bytes and 8 MB")\
$(call job,examples are short,$(BUILD_SECONDS),tests/build/short.sh $(SHORT_EXAMPLES))\
$(if $(ALL),$(call job,example kernel,$(BUILD_SECONDS),tests/build/minimal.sh kernel "a task and 8 MB")\
$(call job,example caps,$(BUILD_SECONDS),tests/build/minimal.sh caps "a packet for DMA.*")\
$(call job,example posix,$(BUILD_SECONDS),tests/build/minimal.sh posix "2 blocks.*"))\
$(call job,what make run shows,$(BUILD_SECONDS),tests/build/run_shows.sh $(EXAMPLE_SECONDS) $(EXAMPLES))\
$(call job,test runner,$(BUILD_SECONDS),tests/build/runner.sh)\
$(call job,tool for leak reports,$(BUILD_SECONDS),tests/build/leaks.sh)\
$(call job,options and linker,$(BUILD_SECONDS),tests/build/options.sh $(if $(ALL),,--short) build/dist)\
$(call job,header in C++,$(BUILD_SECONDS),tests/build/cxx.sh build/hosted/libquarry.a g++ clang++)\
$(call job,dist on every ISA,$(BUILD_SECONDS),tests/build/dist.sh build/dist $(if $(ALL),$(call dist_of,$(filter-out hosted,$(ISAS))) $(foreach isa,$(CLANG_ISAS),"$(isa)=$(call isa_clang,$(isa))") "hosted=gcc" "hosted=clang",$(call dist_of,$(DIST_WHOLE)) "hosted=clang" --look $(call dist_of,$(filter-out hosted $(DIST_WHOLE),$(ISAS))) "armv7em=$(call isa_clang,armv7em)"))\
$(if $(ALL),$(call job,libraries,$(BUILD_SECONDS),tests/build/lib.sh))\
$(call job,cmake,$(BUILD_SECONDS),tests/cmake/run.sh $(if $(ALL),,--short) "$(mps2-an386_CFLAGS)" "$(mps2-an386_SOURCES)" "$(mps2-an386_LDFLAGS)")\
$(call job,packages,$(BUILD_SECONDS),tests/packaging/run.sh $(if $(ALL),,--short) build/dist)\
$(call job,examples of README,$(BUILD_SECONDS),python3 tests/readme.py build/hosted/libquarry.a)\
$(call job,figures of README,$(BUILD_SECONDS),tests/bench/figures.py check README.md $(call some_of,$(README_FILES)))\
$(call job,CPUs on the page,$(BUILD_SECONDS),tests/bench/ports/table.py check docs/ports.md $(PORTS_PAGE))\
$(call job,header of a new port,$(BUILD_SECONDS),tests/build/porting.sh docs/porting.md "$(call isa_gcc,armv6m)")\
$(call job,table of calls,$(BUILD_SECONDS),python3 tests/emalloc_table.py)\
$(call job,differential,$(HOST_SECONDS),tests/differential/compare.py build/differential/original build/differential/quarry tests/differential/differences.txt)\
$(call job,emalloc instructions,$(HOST_SECONDS),tests/differential/instructions.py build/differential/constant)\
$(request_end_jobs)\
$(last_byte_jobs)\
$(call arithmetic_jobs,$(ARITHMETIC_TEST))\
$(table_jobs)\
$(if $(ALL),$(call job,cost of check levels,$(BUILD_SECONDS),$(MAKE) -s check-levels))\
$(marks_jobs)\
$(threads_jobs)\
$(storm_jobs)\
$(cores_jobs)\
$(masks_jobs)\
$(ports_jobs)\
$(faults_jobs)\
$(links_jobs)\
$(fit_jobs)\
$(tools_jobs)\
$(wcet_jobs)\
$(bound_jobs)\
$(style_jobs)\
$(if $(ALL),$(call job,static analysis,$(BUILD_SECONDS),$(MAKE) -s check-static))\
$(exhaustive_jobs)\
$(call job,budget,$(BUILD_SECONDS),$(MAKE) -s check-budget-some)\
$(call job,what budget.py says,$(BUILD_SECONDS),tests/bench/budget_test.py)\
$(fuzz_jobs)
endef

TEST_IMAGES := $(HOST_IMAGES) $(MACHINE_IMAGES) $(EXAMPLE_IMAGES) $(DIST_IMAGES:%=build/dist/%) build/hosted/libquarry.a \
	$(DIFFERENTIAL_IMAGES) $(REQUEST_END_IMAGES) $(LAST_BYTE_IMAGES) $(TABLE_IMAGES) $(ARITHMETIC_TEST) $(EXHAUSTIVE_TEST_IMAGES) $(FUZZ_TEST_IMAGES) \
	$(if $(ALL),$(call levels_images,$(LEVELS_GATE))) $(MARKS_IMAGES) $(THREADS_IMAGES) $(STORM_TEST_IMAGES) $(PORTS_IMAGES) $(FAULTS_IMAGES) $(MASKS_IMAGES) $(LINKS_TEST_IMAGES) $(FIT_IMAGES) $(TOOLS_IMAGES) $(WCET_IMAGES) $(BOUND_IMAGES) $(call some_of,$(BUDGET_FILES))
TEST_IMAGES += $(CORES_TEST_IMAGES)

.PHONY: test-images
test-images: $(TEST_IMAGES)
