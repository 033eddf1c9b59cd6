# SPDX-License-Identifier: MIT
#
# fuzz.mk: fuzz targets: each configuration of the library, built for libFuzzer, for AFL++, and to replay inputs on 64
# and 32 bits. See docs/fuzzing.md.
#
#   make fuzz SECONDS=n      every target for its share of n seconds on all cores
#   make fuzz-afl SECONDS=n  the same with AFL++
#   make fuzz-corpus         keep what was found

FUZZ_TARGETS := calls misuse geometry emalloc flips

# Chunks of 16 KB wherever nobody says how long they are, so that the targets' memory holds many.
FUZZ_LIBRARY    := -DQUARRY_CHUNK_BYTES=16384
FUZZ_level1     := $(FUZZ_LIBRARY)
FUZZ_level2     := $(FUZZ_LIBRARY) -DQUARRY_CHECK_LEVEL=2
FUZZ_level3     := $(FUZZ_LIBRARY) -DQUARRY_CHECK_LEVEL=3
FUZZ_page64     := $(FUZZ_LIBRARY) -DQUARRY_PAGE_BYTES=64
FUZZ_page4096   := $(FUZZ_LIBRARY) -DQUARRY_PAGE_BYTES=4096
FUZZ_track      := $(FUZZ_LIBRARY) -DQUARRY_TRACK=1
FUZZ_VARIANTS   := level1 level2 level3 page64 page4096 track

# What is fuzzed, and what replays the corpus on 32 bits.
FUZZ_RUNS    := level1/calls level2/calls level3/calls level1/misuse level2/misuse level3/misuse \
	level1/geometry page64/geometry page4096/geometry level1/emalloc level3/emalloc track/emalloc \
	level2/flips level3/flips
# Below check level 2 there is nothing that notices a flip.
FUZZ_REPLAYS := $(filter-out level1/flips,$(foreach level,level1 level2 level3,$(FUZZ_TARGETS:%=$(level)/%)))

FUZZ_CHECKED := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
# Compiler of what a fuzzer looks into, of the rest, and what the program is linked with.
FUZZ_SEEN_libfuzzer := clang $(FUZZ_CHECKED) -fsanitize=fuzzer-no-link
FUZZ_CC_libfuzzer   := clang $(FUZZ_CHECKED)
FUZZ_LINK_libfuzzer := clang -fsanitize=fuzzer,address,undefined
FUZZ_SEEN_afl       := afl-clang-fast $(FUZZ_CHECKED)
FUZZ_CC_afl         := clang $(FUZZ_CHECKED)
FUZZ_LINK_afl       := AFL_QUIET=1 afl-clang-fast -fsanitize=fuzzer,address,undefined
FUZZ_CC_replay32    := clang $(BITS_32) $(FUZZ_CHECKED)
FUZZ_SEEN_replay32  := $(FUZZ_CC_replay32)
FUZZ_LINK_replay64  := clang -fsanitize=fuzzer-no-link,address,undefined
FUZZ_LINK_replay32  := $(FUZZ_CC_replay32)

# A fuzzer learns nothing from loops over memory, and they would take most of its time.
FUZZ_UNSEEN := src/debug/fill.c src/bytes.c
FUZZ_COMMON := $(addprefix tests/fuzz/,fuzz.c source.c model.c model_life.c)
FUZZ_SOURCES_emalloc := tests/fuzz/emalloc_calls.c

# $(1) libfuzzer, afl, replay64 or replay32, $(2) variant
define fuzz_rules
$(call flags_file,fuzz/$(1)/$(2)/fuzz,$(FUZZ_SEEN_$(1)) $(FUZZ_$(2)))
build/fuzz/$(1)/$(2)/src/%.o: src/%.c build/fuzz/$(1)/$(2)/fuzz.flags
	@mkdir -p $$(@D)
	AFL_QUIET=1 $$(if $$(filter $(FUZZ_UNSEEN),$$<),$$(FUZZ_CC_$(1)),$$(FUZZ_SEEN_$(1))) $(FUZZ_$(2)) -std=c11 -ffreestanding $(WARN) -Iinclude -Iarch/hosted $(DEPS) -c $$< -o $$@
build/fuzz/$(1)/$(2)/%.o: %.c build/fuzz/$(1)/$(2)/fuzz.flags
	@mkdir -p $$(@D)
	AFL_QUIET=1 $$(if $$(filter $(FUZZ_TARGETS:%=tests/fuzz/%.c),$$<),$$(FUZZ_SEEN_$(1)),$$(FUZZ_CC_$(1)) -O2) $(FUZZ_$(2)) -std=c11 -Wall -Wextra -Werror -Iinclude $(DEPS) -c $$< -o $$@
$(foreach target,$(FUZZ_TARGETS),$(call fuzz_program,$(1),$(1),$(2),$(target)))
-include $(patsubst %.o,%.d,$(call objects_of,$(LIB_SRC) $(wildcard tests/fuzz/*.c),fuzz/$(1)/$(2)))
endef
# $(1) kind, $(2) kind whose objects it has, $(3) variant, $(4) target
define fuzz_program
build/fuzz/$(1)/$(3)/$(4): $(call objects_of,$(if $(filter emalloc,$(4)),$(LIB_SRC),$(SRC)) $(FUZZ_COMMON) tests/fuzz/$(4).c $(FUZZ_SOURCES_$(4)) $(if $(findstring replay,$(1)),tests/fuzz/replay.c),fuzz/$(2)/$(3))
	@mkdir -p $$(@D)
	$(FUZZ_LINK_$(1)) $$^ -o $$@

endef
$(foreach kind,libfuzzer afl replay32,$(foreach variant,$(FUZZ_VARIANTS),$(eval $(call fuzz_rules,$(kind),$(variant)))))
# On 64 bits inputs are replayed by what libFuzzer runs, without libFuzzer.
$(foreach variant,$(FUZZ_VARIANTS),$(foreach target,$(FUZZ_TARGETS),$(eval $(call fuzz_program,replay64,libfuzzer,$(variant),$(target)))))

NEED_FUZZ     := $(NEED_HOST) clang:clang libclang-rt-14-dev:/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.fuzzer-x86_64.a
NEED_FUZZ_AFL := $(NEED_FUZZ) afl++:afl-clang-fast
NEED_TEST     += $(NEED_FUZZ) $(NEED_32)

SECONDS      ?= 600
# A number for the random generators of all runs.
ifndef SEED
SEED         := $(shell od -An -N3 -tu4 /dev/urandom | tr -d ' ')
endif

.PHONY: fuzz fuzz-afl fuzz-corpus
fuzz:
	@tools/need.sh $(NEED_FUZZ)
	@$(MAKE) -s -j$(JOBS) $(FUZZ_RUNS:%=build/fuzz/libfuzzer/%)
	@python3 tests/fuzz/run.py libfuzzer --seconds $(SECONDS) --jobs $(JOBS) --seed $(SEED) $(FUZZ_RUNS)
fuzz-afl:
	@tools/need.sh $(NEED_FUZZ_AFL)
	@$(MAKE) -s -j$(JOBS) $(FUZZ_RUNS:%=build/fuzz/afl/%)
	@python3 tests/fuzz/run.py afl --seconds $(SECONDS) --jobs $(JOBS) --seed $(SEED) $(FUZZ_RUNS)
fuzz-corpus:
	@tools/need.sh $(NEED_FUZZ)
	@$(MAKE) -s -j$(JOBS) $(FUZZ_RUNS:%=build/fuzz/libfuzzer/%)
	@python3 tests/fuzz/run.py corpus $(FUZZ_RUNS)

# For make test: the corpus on all check levels with 32 bits, and on two with 64; then 4 fresh seconds of each run. Level 3
# with 64 bits, which the sanitizers' build of all tests has too, tracking, and other page sizes wait for make test-all.
FUZZ_TEST_SECONDS := 4
FUZZ_LATER        := $(if $(ALL),,level3/% track/% page64/% page4096/%)
FUZZ_TEST_RUNS     = $(filter-out $(FUZZ_LATER),$(FUZZ_RUNS))
FUZZ_REPLAYS_64    = $(filter-out $(FUZZ_RUNS) $(FUZZ_LATER),$(FUZZ_REPLAYS))
fuzz_jobs = $(foreach kind,replay32 replay64,$(foreach replay,$(if $(filter replay64,$(kind)),$(FUZZ_REPLAYS_64),$(FUZZ_REPLAYS)),$(call job,$(kind) $(replay),$(HOST_SECONDS),build/fuzz/$(kind)/$(replay) tests/fuzz/corpus/$(notdir $(replay)))))\
$(foreach run,$(FUZZ_TEST_RUNS),$(call job,fuzz $(run)$(comma) seed $(SEED),$(HOST_SECONDS),python3 tests/fuzz/run.py libfuzzer --seconds $(FUZZ_TEST_SECONDS) --jobs 1 --seed $(SEED) $(run)))
FUZZ_TEST_IMAGES = $(FUZZ_TEST_RUNS:%=build/fuzz/libfuzzer/%) $(FUZZ_REPLAYS:%=build/fuzz/replay32/%) $(FUZZ_REPLAYS_64:%=build/fuzz/replay64/%)
