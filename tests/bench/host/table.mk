# SPDX-License-Identifier: MIT
#
# table.mk: Quarry beside other allocators in a process of the host: time, instructions, memory.
#
#   make build/bench/host-time.tsv build/bench/host-instructions.tsv build/bench/host-memory.tsv build/bench/host-touched.tsv
#   make bench-host                    some 20 seconds: only Quarry and Zend MM, times on the terminal
#   make bench-host HOST_TRY="quarry-0 quarry-fast zend" HOST_FLAGS_fast="-DQUARRY_CHECK_LEVEL=0 -DQUARRY_STATS=0"
#                                      a variant of the library of one's own; its flags by HOST_FLAGS_<name>, and
#                                      kept-<name>: on a provider that keeps what is released
#   make bench-host-functions          which functions their instructions, branches and cache misses are in (callgrind)

HOST_TRACES := tests/traces/sqlite64.txt tests/traces/php64.txt
HOST_PEERS  := zend mimalloc tcmalloc jemalloc glibc
HOST_ROUNDS := 41
HOST_CHUNKS := 65536 262144 2097152
HOST_TRY    := quarry-0 quarry-1 kept-0 kept-1 zend

HOST_FLAGS_0 := -DQUARRY_CHECK_LEVEL=0
HOST_FLAGS_1 := -DQUARRY_CHECK_LEVEL=1

HOST_HEADERS := $(wildcard src/*.h include/*.h arch/*.h arch/hosted/*.h tests/bench/*.h tests/bench/host/*.h)
host_library = $(patsubst %,build/bench/host/libquarry-%.so,$(sort $(patsubst quarry-%,%,$(filter quarry-%,$(subst :, ,$(subst kept-,quarry-,$(1)))))))
HOST_RUN := python3 tests/bench/host/compare.py --replay build/bench/host/replay

# One object a file, no link-time optimisation: as the static library is built, but position independent. Its functions
# are looked up by their names in C.
$(eval $(call flags_file,bench/host/library,$(foreach name,$(filter HOST_FLAGS_%,$(.VARIABLES)),$(name) $($(name)))))
build/bench/host/libquarry-%.so: $(SRC) $(HOST_HEADERS) build/bench/host/library.flags
	@$(if $(HOST_FLAGS_$*),,echo 'HOST_FLAGS_$* is not set'; exit 1;) mkdir -p $(@D)
	gcc $(CONTRACT) $(WARN) $(HOST_FLAGS_$*) -D'QUARRY_LINK_NAME(name)=' -g -fno-lto -fPIC -fvisibility=hidden -include tests/bench/host/exported.h -Iinclude -Iarch/hosted -shared -nostdlib $(SRC) -o $@

build/bench/host/replay: tests/bench/host/replay.c tests/bench/host/allocators.c $(HOST_HEADERS)
	@mkdir -p $(@D)
	gcc -std=c11 -O2 -g $(WARN) -Werror -Iinclude $(filter %.c,$^) -o $@

# $(1) table, $(2) allocators
define host_rules
build/bench/host-$(1).tsv: build/bench/host/replay tests/bench/host/compare.py $(call host_library,$(2)) $(HOST_TRACES)
	$(HOST_RUN) $(1) --rounds $(HOST_ROUNDS) --out $$@ --allocators '$(2)' $(HOST_TRACES)
endef
$(eval $(call host_rules,time,quarry-0 quarry-1 kept-0 kept-1 $(HOST_PEERS)))
$(eval $(call host_rules,instructions,quarry-0 quarry-1 $(HOST_PEERS)))
$(eval $(call host_rules,memory,$(HOST_CHUNKS:%=quarry-1:%) $(HOST_PEERS)))
$(eval $(call host_rules,touched,$(HOST_CHUNKS:%=quarry-1:%) $(HOST_PEERS)))

.PHONY: bench-host bench-host-functions
bench-host:
	@tools/need.sh $(NEED_HOST) $(NEED_BENCH)
	@$(MAKE) -s build/bench/host/replay $(call host_library,$(HOST_TRY))
	@$(HOST_RUN) time --rounds $(HOST_ROUNDS) --allocators '$(HOST_TRY)' $(HOST_TRACES)

bench-host-functions:
	@tools/need.sh $(NEED_HOST) $(NEED_BENCH)
	@$(MAKE) -s build/bench/host/replay $(call host_library,$(HOST_TRY))
	@python3 tests/bench/host/functions.py --replay build/bench/host/replay --allocators '$(filter-out kept-%,$(HOST_TRY))' $(HOST_TRACES)

NEED_BENCH += libphp8.2-embed:/usr/lib/libphp8.2.so valgrind:valgrind \
	libmimalloc2.0:/usr/lib/x86_64-linux-gnu/libmimalloc.so.2 libjemalloc2:/usr/lib/x86_64-linux-gnu/libjemalloc.so.2 \
	libtcmalloc-minimal4:/usr/lib/x86_64-linux-gnu/libtcmalloc_minimal.so.4
