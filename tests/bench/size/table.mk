# SPDX-License-Identifier: MIT
#
# Table 7: code of six functions on every ISA, control data of fresh regions, deepest stacks on a Cortex-M4.

BENCH_FILES_size := $(patsubst %,build/bench/size-%.tsv,code control stack)
NEED_BENCH += $(NEED_HOST) $(NEED_32) $(NEED_ARM) gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc binutils:readelf

# In the folder some: the same of some ISAs.
build/bench/size-code.tsv: SIZE_ISAS = $(ISAS)
build/bench/some/size-code.tsv: SIZE_ISAS = $(SOME_ISAS)
build/bench/size-code.tsv build/bench/some/size-code.tsv: $(SRC) $(wildcard src/*.h src/*/*.h include/*.h arch/*.h arch/*/*.h) \
		$(addprefix tests/bench/,size/code.py size/size.c size/peers.tsv tables.py)
	tests/bench/size/code.py tests/bench/size/peers.tsv $@ $(@D)/size $(foreach isa,$(SIZE_ISAS),"$(isa)=$(call isa_gcc,$(isa))")

SIZE_CONTROL := $(SRC) tests/bench/size/control.c
build/bench/size/control-32: SIZE_FLAGS := $(BITS_32) -DQUARRY_ALIGN_BYTES=8
build/bench/size/control-64: SIZE_FLAGS := $(BITS_64)
build/bench/size/control-32 build/bench/size/control-64: $(SIZE_CONTROL) $(wildcard src/*.h src/*/*.h include/*.h arch/*.h arch/hosted/*.h)
	@mkdir -p $(@D)
	gcc -std=c11 -O2 $(WARN) $(SIZE_FLAGS) -Iinclude -Iarch/hosted $(SIZE_CONTROL) -o $@
build/bench/size-control.tsv: build/bench/size/control-32 build/bench/size/control-64 \
		$(addprefix tests/bench/,size/control.py size/peers.tsv tables.py)
	tests/bench/size/control.py tests/bench/size/peers.tsv $@ build/bench/size/control-32 build/bench/size/control-64

build/bench/size/stack/%.o: src/%.c
	@mkdir -p $(@D)
	$(call isa_gcc,armv7em) $(CONTRACT) -ffunction-sections -fcallgraph-info=su -Iinclude -Iarch/armv7em $(DEPS) -c $< -o $@
-include $(LIB_SRC:src/%.c=build/bench/size/stack/%.d)
build/bench/size-stack.tsv: $(LIB_SRC:src/%.c=build/bench/size/stack/%.o) $(addprefix tests/bench/,size/stack.py tables.py)
	tests/bench/size/stack.py $@ $(TOOLS_armv7em)objdump $(filter %.o,$^)
