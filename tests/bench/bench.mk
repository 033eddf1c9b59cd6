# SPDX-License-Identifier: MIT
#
# bench.mk: the measurements: seven tables, which compare Quarry with other allocators, the figures that must not rise,
# and those of README.md.

# A table's folder says in its table.mk how its files are made, and which packages that needs (NEED_BENCH).
BENCH_TABLES := $(foreach table,instructions region worst growth host size levels,$(if $(wildcard tests/bench/$(table)/table.mk),$(table)))
NEED_BENCH   := gnuplot-nox:gnuplot

include $(BENCH_TABLES:%=tests/bench/%/table.mk)
include tests/bench/masked/table.mk
include tests/bench/ports/table.mk
include tests/bench/threads/table.mk
include tests/bench/cores/table.mk
include tests/bench/wcet/table.mk
include tests/bench/loads/table.mk

BENCH_FILES_instructions := instructions instructions-create
BENCH_FILES_region       := region
BENCH_FILES_worst        := worst
BENCH_FILES_growth       := growth growth-chunks growth-blocks growth-huge growth-fragmentation
BENCH_FILES_host         := host-instructions host-memory host-touched
BENCH_FILES_size         := size-code size-control size-stack
# These measure time: nothing else may run meanwhile.
BENCH_TIMES_growth       := growth-zend
BENCH_TIMES_host         := host-time

# $(1) tables
bench_files = $(foreach table,$(1),$(BENCH_FILES_$(table):%=build/bench/%.tsv))
bench_times = $(foreach table,$(1),$(BENCH_TIMES_$(table):%=build/bench/%.tsv))
# The tables that are exact and do not take long.
BENCH_QUICK := $(filter instructions region size,$(BENCH_TABLES))

.PHONY: bench bench-quick
bench bench-quick: bench_wanted = $(if $(filter bench-quick,$@),$(BENCH_QUICK),$(BENCH_TABLES))
bench bench-quick:
	@tools/need.sh $(NEED_BENCH)
	@$(MAKE) -s -j$(JOBS) $(call bench_files,$(bench_wanted))
	@$(if $(call bench_times,$(bench_wanted)),$(MAKE) -s -j1 $(call bench_times,$(bench_wanted)))
	@tests/bench/report.py $(call bench_files,$(bench_wanted)) $(call bench_times,$(bench_wanted))
	@$(MAKE) -s -j1 build/bench/loads.tsv build/bench/wcet.tsv
	@if test -e build/bench/worst.tsv; then tests/bench/wcet/wcet.py compare build/bench/wcet.tsv build/bench/worst.tsv; fi
	@tests/bench/targets.py build/bench

# Figures that must not rise: instructions on a Cortex-M4 and on x86_64, with gcc and clang, and on a Cortex-M0; all of
# the tables region and size, masked sections, and the longest paths. `make test`, unless it has ALL, leaves out x86_64 and compiles for one
# ISA of each kind only: what it has in place of the whole tables lies in build/bench/some.
NEED_BUDGET  := $(NEED_RUN) $(NEED_32) $(NEED_BENCH_CALLS) binutils:readelf gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc
NEED_TEST    += $(NEED_BUDGET)
BUDGET_FILES := $(call bench_files,$(filter region size,$(BENCH_TABLES))) build/bench/masked.tsv build/bench/wcet.tsv
ifdef bench_calls_tables
$(eval $(call bench_calls_tables,build/bench/budget,mps2-an386 microbit mps2-an386-clang q35 q35-clang,mps2-an386 microbit))
$(eval $(call bench_calls_tables,build/bench/some,mps2-an386 microbit mps2-an386-clang,mps2-an386))
BUDGET_FILES += $(BENCH_FILES_instructions:%=build/bench/budget/%.tsv)
endif

SOME_ISAS := armv6m armv7em aarch64 riscv32 x86_64
# What `make test` has of these files, and the figures that it does not have.
some_of = $(if $(ALL),$(1),$(patsubst build/bench/size-code.tsv,build/bench/some/size-code.tsv,$(1:build/bench/budget/instructions.tsv=build/bench/some/instructions.tsv)))
SOME_WITHOUT := $(if $(ALL),,$(foreach figures,$(patsubst %,code/%,$(filter-out $(SOME_ISAS),$(ISAS))) instructions/q35,--without $(figures)))

# The figures that the library is to reach, each beside its target, of the tables that are there.
.PHONY: targets
targets:
	@tests/bench/targets.py build/bench

.PHONY: budget check-budget check-budget-some
budget check-budget:
	@tools/need.sh $(NEED_BUDGET)
	@$(MAKE) -s -j$(JOBS) $(BUDGET_FILES)
	@tests/bench/budget.py $(if $(filter check-budget,$@),check,$(if $(FORCE),set,lower)) tests/bench/budget.tsv $(BUDGET_FILES)
check-budget-some:
	@tools/need.sh $(NEED_BUDGET)
	@$(MAKE) -s -j$(JOBS) $(call some_of,$(BUDGET_FILES))
	@tests/bench/budget.py check $(SOME_WITHOUT) tests/bench/budget.tsv $(call some_of,$(BUDGET_FILES))

# The figures of README.md are what is measured. What takes long stands in docs/benchmarks.md and docs/levels.md.
README_FILES := $(filter-out %-create.tsv,$(BUDGET_FILES)) tests/bench/instructions/peers.tsv
.PHONY: readme
readme:
	@tools/need.sh $(NEED_BUDGET)
	@$(MAKE) -s -j$(JOBS) $(README_FILES)
	@tests/bench/figures.py write README.md $(README_FILES)
