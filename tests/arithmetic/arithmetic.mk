# SPDX-License-Identifier: MIT
#
# arithmetic.mk: the proofs and exhaustive tests of the arithmetic.
#
#   make proofs            everything, over whole domains: some minutes
#   make proofs-mutants    break the arithmetic in many ways; each must be found
#
# A program a group, a build a variant: BITS-pPAGE-aALIGN-lLEVEL. `make test` runs the same programs over a part of
# their domains, for a few variants. See docs/arithmetic.md.

ARITHMETIC_SECONDS := 3600

arithmetic_part = $(word $(1),$(subst -, ,$(2)))
arithmetic_flags = $(BITS_$(call arithmetic_part,1,$(1))) -O2 -DQUARRY_PAGE_BYTES=$(patsubst p%,%,$(call arithmetic_part,2,$(1))) -DQUARRY_ALIGN_BYTES=$(patsubst a%,%,$(call arithmetic_part,3,$(1))) -DQUARRY_CHECK_LEVEL=$(patsubst l%,%,$(call arithmetic_part,4,$(1)))

# Geometry depends on bits, page and alignment; what calls do with a size also on the check level.
ARITHMETIC_PAGES  := 64 128 256 512 1024 2048 4096 8192 16384 32768 65536
ARITHMETIC_PAGED  := $(foreach bits,32 64,$(foreach page,$(ARITHMETIC_PAGES),$(foreach align,8 16,$(bits)-p$(page)-a$(align)-l1)))
ARITHMETIC_LEVELS := $(foreach bits,32 64,$(foreach page,64 512 4096,$(foreach level,0 2 3 4,$(bits)-p$(page)-a$(if $(filter 32,$(bits)),8,16)-l$(level))))
ARITHMETIC_QUICK  := 32-p64-a8-l1 64-p512-a16-l1 $(if $(ALL),32-p64-a16-l1 64-p64-a16-l1 32-p65536-a8-l1)
ARITHMETIC_WORDS  := 32-p64-a8-l1 64-p512-a16-l1

# Group and variant of each program, all and those of `make test`.
arithmetic_programs = $(foreach variant,$(2),build/arithmetic/$(variant)/$(1))
ARITHMETIC_ALL := $(foreach group,bins chunks runs sizes,$(call arithmetic_programs,$(group),$(ARITHMETIC_PAGED))) \
	$(call arithmetic_programs,sizes,$(ARITHMETIC_LEVELS)) \
	$(foreach group,bits bits_16 bytes emalloc,$(call arithmetic_programs,$(group),$(ARITHMETIC_WORDS))) \
	$(call arithmetic_programs,bits_no_scan,$(ARITHMETIC_WORDS))
ARITHMETIC_TEST := $(foreach group,bins chunks runs sizes,$(call arithmetic_programs,$(group),$(ARITHMETIC_QUICK))) \
	$(call arithmetic_programs,sizes,$(if $(ALL),32-p64-a8-l3 64-p512-a16-l3)) \
	$(foreach group,bits bytes emalloc,$(call arithmetic_programs,$(group),$(ARITHMETIC_WORDS))) \
	$(if $(ALL),build/arithmetic/64-p512-a16-l1/bits_16) $(call arithmetic_programs,bits_no_scan,$(ARITHMETIC_WORDS))

ARITHMETIC_COMMON := $(filter-out %/freestanding.c,$(HARNESS)) $(wildcard arch/hosted/qemu/*.c)

# $(1) variant
define arithmetic_rules
$(call flags_file,arithmetic/$(1)/test,gcc $(call arithmetic_flags,$(1)))
build/arithmetic/$(1)/src/%.o: src/%.c build/arithmetic/$(1)/test.flags
	@mkdir -p $$(@D)
	gcc $(call arithmetic_flags,$(1)) -std=c11 -ffreestanding -Iinclude -Iarch/hosted $(DEPS) -c $$< -o $$@
build/arithmetic/$(1)/%.o: %.c build/arithmetic/$(1)/test.flags
	@mkdir -p $$(@D)
	gcc $(call arithmetic_flags,$(1)) -std=c11 -Wall -Wextra -Werror $(TEST_INCLUDES) -Iarch/hosted $(DEPS) -c $$< -o $$@
build/arithmetic/$(1)/no_bit_scan/%.o: %.c build/arithmetic/$(1)/test.flags
	@mkdir -p $$(@D)
	gcc $(call arithmetic_flags,$(1)) -std=c11 -Wall -Wextra -Werror $(TEST_INCLUDES) -Itests/arithmetic/no_bit_scan $(DEPS) -c $$< -o $$@
build/arithmetic/$(1)/bits_no_scan: $(call objects_of,$(SRC) $(ARITHMETIC_COMMON),arithmetic/$(1)) build/arithmetic/$(1)/no_bit_scan/tests/arithmetic/bits.o
	gcc $(call arithmetic_flags,$(1)) $$^ -o $$@
build/arithmetic/$(1)/emalloc: $(call objects_of,$(filter-out $(SRC),$(LIB_SRC)),arithmetic/$(1))
build/arithmetic/$(1)/%: $(call objects_of,$(SRC) $(ARITHMETIC_COMMON),arithmetic/$(1)) build/arithmetic/$(1)/tests/arithmetic/%.o
	gcc $(call arithmetic_flags,$(1)) $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(LIB_SRC) $(ARITHMETIC_COMMON) $(wildcard tests/arithmetic/*.c),arithmetic/$(1)))
endef
# All rules are made for `make proofs` only: it takes seconds.
ARITHMETIC_VARIANTS ?= $(sort $(ARITHMETIC_QUICK) $(ARITHMETIC_WORDS) 32-p64-a8-l3 64-p512-a16-l3)
$(foreach variant,$(ARITHMETIC_VARIANTS),$(eval $(call arithmetic_rules,$(variant))))

# --- What z3 proves: every file for both widths, pages.c for some page sizes ---------------------------------------------

NEED_PROOFS := $(NEED_HOST) $(NEED_32) clang:clang llvm:opt z3:z3
PROVE_FLAGS := -std=c11 -ffreestanding -Iinclude -Iarch/hosted
prove = tests/arithmetic/smt/prove.py tests/arithmetic/smt/$(1).c clang $(PROVE_FLAGS) $(2)

define arithmetic_proofs
$(foreach bits,32 64,$(foreach file,words requests,$(call job,proof $(bits) $(file),$(ARITHMETIC_SECONDS),$(call prove,$(file),-m$(bits)))))\
$(foreach bits,32 64,$(foreach page,64 512 4096 65536,$(call job,proof $(bits) pages p$(page),$(ARITHMETIC_SECONDS),$(call prove,pages,-m$(bits) -DQUARRY_PAGE_BYTES=$(page)))))\
$(foreach bits,32 64,$(call job,proof $(bits) words no scan,$(ARITHMETIC_SECONDS),tests/arithmetic/smt/prove.py -k bits_ tests/arithmetic/smt/words.c clang -std=c11 -ffreestanding -Iinclude -Itests/arithmetic/no_bit_scan -m$(bits)))
endef

# $(1) programs
arithmetic_jobs = $(foreach program,$(1),$(call job,arithmetic $(patsubst build/arithmetic/%,%,$(program)),$(ARITHMETIC_SECONDS),$(program)))

.PHONY: proofs proofs-programs proofs-mutants
proofs:
	@tools/need.sh $(NEED_PROOFS)
	@: $(shell mkdir -p build)$(file >build/proofs.list,$(call arithmetic_jobs,$(ARITHMETIC_ALL))$(arithmetic_proofs))
	@ARITHMETIC_FULL=1 python3 tests/run.py $(JOBS) build/proofs.list $(BUILD_BY) -s -k -j$(JOBS) proofs-programs ARITHMETIC_VARIANTS="$(sort $(ARITHMETIC_PAGED) $(ARITHMETIC_LEVELS))"

proofs-programs: $(ARITHMETIC_ALL)

proofs-mutants:
	@tools/need.sh $(NEED_PROOFS)
	@python3 tests/arithmetic/mutants.py
