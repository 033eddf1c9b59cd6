# SPDX-License-Identifier: MIT
#
# table.mk: bounds of what the public functions can take, from the linked images of a Cortex-M4 and a Cortex-M0.
#
#   make wcet            the table, on the terminal and in docs/wcet.md, beside what the search found
#   make wcet-compare    fails where the search of WORST_SECONDS finds more than the bound
#   make wcet-functions  what each function below one costs: FUNCTION=quarry_malloc MACHINE=mps2-an386 HEAPS="one region"
#
# The tests: the tool's own, on small functions (wcet_test.py), and whether the bounds beside the loops are true (count.py).

WCET_MACHINES := mps2-an386 microbit
WCET_TOOLS    := arm-none-eabi-
WCET_PYTHON   := $(wildcard tests/bench/wcet/*.py tests/bench/wcet/*.tsv) tests/bench/tables.py
NEED_WCET     := $(NEED_HOST) $(NEED_ARM) $(NEED_32)
FUNCTION ?= quarry_malloc
MACHINE  ?= mps2-an386
HEAPS    ?= one region

# The library as `make lib` compiles it, with debug information, which changes no instruction, and linked as a whole.
# $(1) machine
define wcet_rules
$(call flags_file,wcet/$(1)/test,$(call machine_cc,$(1)))
build/wcet/$(1)/%.o: %.c build/wcet/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) -g $(WARN) -Werror -ffunction-sections -Iinclude -Iarch/$($(1)_ISA) $(DEPS) -c $$< -o $$@
build/wcet/$(1).elf: $(call objects_of,$(SRC),wcet/$(1))
	$(WCET_TOOLS)ld -e 0 $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(SRC),wcet/$(1)))
endef
$(foreach machine,$(WCET_MACHINES),$(eval $(call wcet_rules,$(machine))))

# What the search found is that of docs/benchmarks.md, as the search takes long.
build/bench/wcet.tsv: $(WCET_MACHINES:%=build/wcet/%.elf) include/quarry.h docs/benchmarks.md $(WCET_PYTHON)
	tests/bench/wcet/wcet.py table $@ docs/benchmarks.md $(WCET_TOOLS) $(foreach machine,$(WCET_MACHINES),$(machine)=build/wcet/$(machine).elf)

.PHONY: wcet wcet-functions wcet-compare
wcet-compare:
	@tools/need.sh $(NEED_WCET) $(NEED_BENCH)
	@$(MAKE) -s -j$(JOBS) build/bench/wcet.tsv build/bench/worst.tsv
	@tests/bench/wcet/wcet.py compare build/bench/wcet.tsv build/bench/worst.tsv
wcet:
	@tools/need.sh $(NEED_WCET)
	@$(MAKE) -s -j$(JOBS) build/bench/wcet.tsv
	@tests/bench/wcet/doc.py build/bench/wcet.tsv docs/wcet.md
wcet-functions:
	@tools/need.sh $(NEED_WCET)
	@$(MAKE) -s -j$(JOBS) build/wcet/$(MACHINE).elf
	@tests/bench/wcet/wcet.py show build/wcet/$(MACHINE).elf $(WCET_TOOLS) "$(HEAPS)" $(FUNCTION)

# Copies of the sources whose loops count, for a 32-bit host with the alignment of ARM, and the tests on them.
WCET_COUNTED := build/wcet/counted
WCET_SOURCES := $(LIB_SRC) $(wildcard src/*.h src/*/*.h)
WCET_HARNESS := $(filter-out %/freestanding.c,$(HARNESS)) $(wildcard arch/hosted/qemu/*.c)
WCET_IMAGES  := $(foreach image,api stress,$(WCET_COUNTED)/$(image))
wcet_cc = gcc $(BITS_32) -std=c11 -O1 -DQUARRY_ALIGN_BYTES=8 -Iinclude -Iarch/hosted

$(WCET_COUNTED)/loops.tsv: $(WCET_SOURCES) $(WCET_PYTHON)
	@tests/bench/wcet/count.py write $(WCET_COUNTED) $(WCET_SOURCES)
$(call objects_of,$(LIB_SRC),wcet/counted): $(WCET_COUNTED)/loops.tsv
	$(wcet_cc) -ffreestanding -I$(WCET_COUNTED)/src -c $(@:.o=.c) -o $@
build/wcet/host/%.o: %.c
	@mkdir -p $(@D)
	$(wcet_cc) -Isrc -Iarch -Itests/harness $(DEPS) -c $< -o $@
build/wcet/host/counts.o: $(WCET_COUNTED)/loops.tsv
	@mkdir -p $(@D)
	$(wcet_cc) -c $(WCET_COUNTED)/counts.c -o $@
$(WCET_IMAGES): $(WCET_COUNTED)/%: $(call objects_of,$(LIB_SRC),wcet/counted) $(call objects_of,$(WCET_HARNESS),wcet/host) build/wcet/host/counts.o
$(foreach image,api stress,$(eval $(WCET_COUNTED)/$(image): $(call objects_of,$(wildcard tests/$(image)/*.c),wcet/host)))
$(WCET_IMAGES):
	$(wcet_cc) $^ -o $@
-include $(patsubst %.o,%.d,$(call objects_of,$(WCET_HARNESS) $(wildcard tests/api/*.c tests/stress/*.c),wcet/host))

# Like test_jobs of tests/tests.mk.
define wcet_jobs
$(call job,longest paths of small functions,$(BUILD_SECONDS),tests/bench/wcet/wcet_test.py build/wcet/test)\
$(call job,bounds of loops,$(HOST_SECONDS),tests/bench/wcet/count.py check $(WCET_COUNTED) $(WCET_IMAGES))
endef
