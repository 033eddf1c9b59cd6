# SPDX-License-Identifier: MIT
#
# bound.mk: is nothing refused in the regions that tools/memory-bound says? (docs/memory-bound.md)
#
#   make test-bound   the constants, and random and adversarial programs, 32- and 64-bit; writes
#                     what they needed into docs/memory-bound.md

BOUND_IMAGES := $(foreach bits,32 64,$(foreach image,constants bound,build/bound/$(bits)/$(image)))
bound_cc = gcc -std=c11 -O2 $(WARN) -Iinclude -Isrc -Iarch/hosted $(region_BITS_$(1))

# $(1) bits
define bound_rules
build/bound/$(1)/constants build/bound/$(1)/bound: build/bound/$(1)/%: tests/bound/%.c $(call objects_of,$(SRC),bench/region/$(1))
	@mkdir -p $$(@D)
	$(call bound_cc,$(1)) $$(filter %.c %.o,$$^) -o $$@
endef
$(foreach bits,32 64,$(eval $(call bound_rules,$(bits))))

.PHONY: test-bound
test-bound:
	@tools/need.sh $(NEED_HOST) $(NEED_32)
	@$(MAKE) -s -j$(JOBS) $(BOUND_IMAGES)
	@tests/bound/run.py write build/bound/32 build/bound/64

# Like test_jobs of tests/tests.mk.
bound_jobs = $(call job,memory bound,$(HOST_SECONDS),tests/bound/run.py check build/bound/32 build/bound/64)
