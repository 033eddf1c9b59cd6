# SPDX-License-Identifier: MIT
#
# exhaustive.mk: every sequence of calls on tiny heaps, see docs/exhaustive.md.
#
#   make exhaustive   the deep search, some minutes; prints the rows of docs/exhaustive.md
#
# make test runs the same programs with smaller depths. -no-pie: addresses, and with them the number of states, are the
# same in each run. The searcher looks at the heap's memory as words, hence -fno-strict-aliasing.

EXHAUSTIVE_FLAGS_32        := $(BITS_32) -DQUARRY_ALIGN_BYTES=8
EXHAUSTIVE_FLAGS_32-level2 := $(EXHAUSTIVE_FLAGS_32) -DQUARRY_CHECK_LEVEL=2
EXHAUSTIVE_FLAGS_64        := -DQUARRY_PAGE_BYTES=64
EXHAUSTIVE_FLAGS_64-level2 := $(EXHAUSTIVE_FLAGS_64) -DQUARRY_CHECK_LEVEL=2
EXHAUSTIVE_FLAGS_64-page512 :=

# The builds of level 2 are not among them: the searcher takes for unused what no check notices, and guarded control data
# has such bytes (docs/exhaustive.md).
EXHAUSTIVE_BUILDS := 32 64 64-page512
EXHAUSTIVE_IMAGES := $(EXHAUSTIVE_BUILDS:%=build/exhaustive/%/exhaustive)
EXHAUSTIVE_CC     := gcc -std=c11 -O2 -fno-pie -no-pie
NEED_EXHAUSTIVE   := $(NEED_HOST) $(NEED_32)
EXHAUSTIVE_SECONDS := 1200

# $(1) build
define exhaustive_rules
$(call flags_file,exhaustive/$(1)/test,$(EXHAUSTIVE_CC) $(EXHAUSTIVE_FLAGS_$(1)))
build/exhaustive/$(1)/src/%.o: src/%.c build/exhaustive/$(1)/test.flags
	@mkdir -p $$(@D)
	$(EXHAUSTIVE_CC) $(EXHAUSTIVE_FLAGS_$(1)) -ffreestanding $(WARN) -Werror -Iinclude -Iarch/hosted $(DEPS) -c $$< -o $$@
build/exhaustive/$(1)/%.o: %.c build/exhaustive/$(1)/test.flags
	@mkdir -p $$(@D)
	$(EXHAUSTIVE_CC) $(EXHAUSTIVE_FLAGS_$(1)) -fno-strict-aliasing -Wall -Wextra -Werror -Iinclude -Isrc -Iarch/hosted $(DEPS) -c $$< -o $$@
build/exhaustive/$(1)/exhaustive: $(call objects_of,$(SRC) $(wildcard tests/exhaustive/*.c),exhaustive/$(1))
	$(EXHAUSTIVE_CC) $(EXHAUSTIVE_FLAGS_$(1)) $$^ -o $$@
build/exhaustive/$(1)/full.txt: build/exhaustive/$(1)/exhaustive
	@$$< full >$$@ || { cat $$@; rm -f $$@; exit 1; }
-include $(patsubst %.o,%.d,$(call objects_of,$(SRC) $(wildcard tests/exhaustive/*.c),exhaustive/$(1)))
endef
$(foreach build,$(EXHAUSTIVE_BUILDS),$(eval $(call exhaustive_rules,$(build))))

# make test leaves to make test-all the build that shares its pages with one and its bits with the other.
EXHAUSTIVE_TEST := $(if $(ALL),$(EXHAUSTIVE_BUILDS),$(filter-out 64,$(EXHAUSTIVE_BUILDS)))
EXHAUSTIVE_TEST_IMAGES := $(EXHAUSTIVE_TEST:%=build/exhaustive/%/exhaustive)
exhaustive_jobs = $(foreach build,$(EXHAUSTIVE_TEST),$(call job,exhaustive $(build),$(EXHAUSTIVE_SECONDS),build/exhaustive/$(build)/exhaustive quick))

.PHONY: exhaustive
exhaustive:
	@tools/need.sh $(NEED_EXHAUSTIVE)
	@$(MAKE) -s -j$(JOBS) $(EXHAUSTIVE_BUILDS:%=build/exhaustive/%/full.txt)
	@cat $(EXHAUSTIVE_BUILDS:%=build/exhaustive/%/full.txt)
