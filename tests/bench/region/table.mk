# SPDX-License-Identifier: MIT
#
# Table 2: the smallest region of each trace, 32-bit with ARM's alignment, and 64-bit.

REGION_TRACES_32 := luafw cjsonmini tls cjson sqlite
REGION_TRACES_64 := sqlite64 php64
NEED_BENCH += $(NEED_HOST) $(NEED_32)

region_cc = gcc -std=c11 -O2 $(WARN) -Iinclude -Iarch/hosted
region_BITS_32 := $(BITS_32) -DQUARRY_ALIGN_BYTES=8
region_BITS_64 := $(BITS_64)

# $(1) bits
define region_rules
build/bench/region/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$(region_cc) $(region_BITS_$(1)) $(DEPS) -c $$< -o $$@
build/bench/region/$(1)/region: $(call objects_of,$(SRC) tests/bench/region/region.c,bench/region/$(1))
	$(region_cc) $(region_BITS_$(1)) $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(SRC) tests/bench/region/region.c,bench/region/$(1)))
endef
$(foreach bits,32 64,$(eval $(call region_rules,$(bits))))

build/bench/region.tsv: build/bench/region/32/region build/bench/region/64/region \
		$(patsubst %,tests/traces/%.txt,$(REGION_TRACES_32) $(REGION_TRACES_64)) \
		$(addprefix tests/bench/,region/table.py region/peers.tsv tables.py)
	tests/bench/region/table.py tests/bench/region/peers.tsv $@ \
		build/bench/region/32/region $(REGION_TRACES_32:%=tests/traces/%.txt) -- \
		build/bench/region/64/region $(REGION_TRACES_64:%=tests/traces/%.txt)
