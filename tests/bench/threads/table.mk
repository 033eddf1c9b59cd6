# SPDX-License-Identifier: MIT
#
# table.mk: Quarry beside other allocators when several threads call at the same time: build/bench/threads.tsv.
#
#   make bench-threads [THREADS_ROUNDS=9]     some two minutes; the table, on the terminal and in docs/benchmarks.md

THREADS_ROUNDS ?= 9

HOST_FLAGS_smp := -DQUARRY_LOCK=QUARRY_LOCK_SMP

build/bench/threads/loads: tests/bench/threads/loads.c tests/bench/host/allocators.c $(HOST_HEADERS)
	@mkdir -p $(@D)
	gcc -std=c11 -O2 -g $(WARN) -Werror -pthread -Iinclude $(filter %.c,$^) -o $@

build/bench/threads.tsv: build/bench/threads/loads build/bench/host/libquarry-smp.so tests/bench/threads/table.py
	tests/bench/threads/table.py --rounds $(THREADS_ROUNDS) --out $@ --loads build/bench/threads/loads glibc quarry-smp mimalloc jemalloc

.PHONY: bench-threads
bench-threads:
	@tools/need.sh $(NEED_HOST) $(NEED_BENCH)
	@$(MAKE) -s build/bench/threads.tsv
	@tests/bench/report.py build/bench/threads.tsv
