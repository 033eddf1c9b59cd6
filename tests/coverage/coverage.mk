# SPDX-License-Identifier: MIT
#
# coverage.mk: make coverage: line and branch coverage of src/ by the host tests. docs/coverage.md says what is counted.
#
# Each build of COVERAGE_BUILDS is one configuration, compiled so that gcov sees what the source says: nothing
# optimised, no function inlined (each branch is there once), no two conditions made one. Only src/ counts, and the
# headers of src/ where unit tests call them. gcovr writes build/coverage/<build>.json; report.py adds these up.

# What both the library and the tests are compiled with, the library besides, and tests that call no inline functions
# of src/: those need not be counted.
COVERAGE_CC      := gcc -std=c11 -DTEST_SCALE=1 -DFAULTS_CALLS=2000
COVERAGE_COUNTED := -O0 --coverage -fno-inline -Dalways_inline=unused --param logical-op-non-short-circuit=0
# Constant sizes are constant only where something is optimised; and what calls the library millions of times is fast.
COVERAGE_PLAIN    = $(if $(filter %/constants.c,$<),-O1,$(if $(filter tests/table/% tests/harness/%,$<),-O2,-O0))
COVERAGE_IMAGES := $(IMAGES) caps faults

# Which images some builds have instead of these: unit tests and faults hold below check level 2 only, the misuse table
# and tests/guard are about what is above; misuses at level 0 are nobody's to find.
COVERAGE_ONLY_cores    := emalloc cores
COVERAGE_ONLY_asan     := api misuse
COVERAGE_ONLY_page256  := unit
COVERAGE_ONLY_guarded64 := guard
COVERAGE_ONLY_page16384 := large_pages
COVERAGE_WITHOUT_smp   := misuse
$(foreach mode,level0 size0,$(eval COVERAGE_WITHOUT_$(mode) := misuse))
$(foreach mode,level2 level3 level4,$(eval COVERAGE_WITHOUT_$(mode) := unit faults)$(eval COVERAGE_ALSO_$(mode) := table guard))
COVERAGE_WITHOUT_level4 += stress

# The port of tests/coverage/port has what no host has: no bit scan, no adding in memory, and pairs of words.
COVERAGE_PORT_plainscan := tests/coverage/port
COVERAGE_PORT_guarded64 := tests/coverage/port
COVERAGE_PORT_irq       := tests/coverage/irq

COVER_default   :=
COVER_level0    := -DQUARRY_CHECK_LEVEL=0
COVER_level2    := -DQUARRY_CHECK_LEVEL=2
COVER_level3    := -DQUARRY_CHECK_LEVEL=3
COVER_level4    := -DQUARRY_CHECK_LEVEL=4
COVER_page64    := -DQUARRY_PAGE_BYTES=64
COVER_page256   := -DQUARRY_PAGE_BYTES=256
COVER_irq       := -DQUARRY_LOCK=QUARRY_LOCK_IRQ
COVER_smp       := -DQUARRY_LOCK=QUARRY_LOCK_SMP
COVER_hook      := -DQUARRY_LOCK=QUARRY_LOCK_HOOK
COVER_nostats   := -DQUARRY_STATS=0
COVER_track     := -DQUARRY_TRACK=1
COVER_cores     := -DQUARRY_CONFIG_HEADER=\"../tests/emalloc/cores/four_cores.h\"
# What -Os chooses in the source, without its optimisations.
COVER_size      := -D__OPTIMIZE_SIZE__=1
COVER_size0     := -D__OPTIMIZE_SIZE__=1 -DQUARRY_CHECK_LEVEL=0
COVER_plainscan := -DPORT_ALIGNED
COVER_page16384 := -DQUARRY_PAGE_BYTES=16384
COVER_guarded64 := -DQUARRY_CHECK_LEVEL=2 -DQUARRY_PAGE_BYTES=64
COVER_asan      := -DQUARRY_MARK=QUARRY_MARK_ASAN
# The library itself is not instrumented.
COVERAGE_LINK_asan := -fsanitize=address

COVERAGE_BUILDS ?= $(foreach bits,64 32,$(foreach mode,default level0 size nostats track level2 level3 level4,$(bits)-$(mode))) \
	64-page64 32-page256 64-irq 64-smp 64-hook 64-cores 64-size0 32-plainscan 64-guarded64 64-page16384 64-asan

coverage_mode   = $(word 2,$(subst -, ,$(1)))
coverage_cc     = $(COVERAGE_CC) $(BITS_$(word 1,$(subst -, ,$(1)))) $(COVER_$(coverage_mode))
coverage_port   = $(or $(COVERAGE_PORT_$(coverage_mode)),arch/hosted)
coverage_images = $(or $(COVERAGE_ONLY_$(coverage_mode)),$(filter-out $(COVERAGE_WITHOUT_$(coverage_mode)),$(COVERAGE_IMAGES)) $(COVERAGE_ALSO_$(coverage_mode)))

# $(1) build
define coverage_rules
$(call flags_file,coverage/$(1)/test,$(call coverage_cc,$(1)) $(COVERAGE_COUNTED))
build/coverage/$(1)/src/%.o: src/%.c build/coverage/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call coverage_cc,$(1)) $(COVERAGE_COUNTED) -ffreestanding -Iinclude -I$(call coverage_port,$(1)) $(DEPS) -c $$< -o $$@
build/coverage/$(1)/tests/unit/%.o: tests/unit/%.c build/coverage/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call coverage_cc,$(1)) $(COVERAGE_COUNTED) $(TEST_INCLUDES) -I$(call coverage_port,$(1)) $(DEPS) -c $$< -o $$@
build/coverage/$(1)/%.o: %.c build/coverage/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call coverage_cc,$(1)) $$(COVERAGE_PLAIN) $(TEST_INCLUDES) -I$(call coverage_port,$(1)) $(DEPS) -c $$< -o $$@
$(foreach image,$(filter-out large_pages,$(call coverage_images,$(1))),$(call coverage_image,$(1),$(image)))
build/coverage/$(1)/defaults build/coverage/$(1)/large_pages: build/coverage/$(1)/%: $(call objects_of,$(LIB_SRC),coverage/$(1)) build/coverage/$(1)/tests/coverage/%.o
	$(call coverage_cc,$(1)) --coverage $$^ -o $$@
build/coverage/$(1).json: $(foreach image,$(call coverage_images,$(1)) $(if $(filter %-default %-level0,$(1)),defaults),build/coverage/$(1)/$(image))
	@tests/coverage/run.sh $(1) $$^
-include $(patsubst %.o,%.d,$(call objects_of,$(HOST_COMMON) $(wildcard tests/*/*.c),coverage/$(1)))
endef
define coverage_image
build/coverage/$(1)/$(2): $(call objects_of,$(HOST_COMMON) $(if $(filter faults,$(2)),$(FAULTS_SRC),$(call image_sources,$(2))),coverage/$(1))
	$(call coverage_cc,$(1)) --coverage $(COVERAGE_LINK_$(coverage_mode)) $(if $(filter faults,$(2)),$$(FAULTS_WRAP)) $$^ -o $$@

endef
$(foreach build,$(COVERAGE_BUILDS),$(eval $(call coverage_rules,$(build))))

NEED_COVERAGE := $(NEED_HOST) $(NEED_32) gcc:gcov gcovr:gcovr

.PHONY: coverage
coverage:
	@tools/need.sh $(NEED_COVERAGE)
	@$(MAKE) -s -k -j$(JOBS) $(COVERAGE_BUILDS:%=build/coverage/%.json)
	@tests/coverage/report.py $(COVERAGE_BUILDS:%=build/coverage/%.json)
