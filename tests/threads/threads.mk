# SPDX-License-Identifier: MIT
#
# threads.mk: the calls of several threads at once, and an interrupt in the middle of a call that copies or clears,
# with every lock that a process has. ThreadSanitizer looks at the library and at the tests where it can (64-bit); it
# knows the spin lock by the compiler's atomics. On 32-bit hosts it does not exist, and the same tests run without it.
#
# A variant: bits, lock, check level, and what else is on. `make test` leaves three to `make test-all`: the others have each lock, each number
# of bits, and the lowest and highest level of these.

THREADS_VARIANTS := 64-smp-1 64-hook-1 64-smp-2 64-hook-3 32-smp-1 32-hook-2 64-smp-1-later 64-hook-3-later 64-smp-1-cache 64-hook-0-cache
THREADS_LATER    := 64-hook-1 64-smp-2 32-hook-2 64-smp-1-later 64-hook-3-later 64-hook-0-cache

THREADS_PROGRAMS := threads interrupted twice

THREADS_LOCK_smp  := -DQUARRY_LOCK=QUARRY_LOCK_SMP
THREADS_LOCK_hook := -DQUARRY_LOCK=QUARRY_LOCK_HOOK
THREADS_MORE_later := -DQUARRY_FREE_LATER=2
THREADS_MORE_cache := -DQUARRY_FREE_LATER=2 -DQUARRY_CONFIG_HEADER=\"../tests/threads/four_caches.h\"
THREADS_BITS_64   := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
THREADS_BITS_32   := -O2
threads_cc = gcc $(BITS_$(word 1,$(1))) $(THREADS_BITS_$(word 1,$(1))) $(THREADS_LOCK_$(word 2,$(1))) -DQUARRY_CHECK_LEVEL=$(word 3,$(1)) $(THREADS_MORE_$(word 4,$(1)))

# $(1) variant
define threads_rules
$(call flags_file,threads/$(1)/test,$(call threads_cc,$(subst -, ,$(1))))
build/threads/$(1)/src/%.o: src/%.c build/threads/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call threads_cc,$(subst -, ,$(1))) -std=c11 -ffreestanding $(WARN) -Werror -Iinclude -Iarch/hosted $(DEPS) -c $$< -o $$@
build/threads/$(1)/%.o: tests/threads/%.c build/threads/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call threads_cc,$(subst -, ,$(1))) -std=gnu11 -pthread -Wall -Wextra -Werror -Iinclude $(DEPS) -c $$< -o $$@
build/threads/$(1)/%: $(call objects_of,$(SRC),threads/$(1)) build/threads/$(1)/%.o
	$(call threads_cc,$(subst -, ,$(1))) -pthread $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(SRC),threads/$(1))) $(THREADS_PROGRAMS:%=build/threads/$(1)/%.d)
endef
$(foreach variant,$(THREADS_VARIANTS),$(eval $(call threads_rules,$(variant))))

# What else is on matters to threads and twice alone.
threads_programs = $(if $(word 4,$(subst -, ,$(1))),threads twice,$(filter-out twice,$(THREADS_PROGRAMS)))
THREADS_IMAGES := $(foreach variant,$(if $(ALL),$(THREADS_VARIANTS),$(filter-out $(THREADS_LATER),$(THREADS_VARIANTS))),$(patsubst %,build/threads/$(variant)/%,$(call threads_programs,$(variant))))
threads_jobs = $(foreach image,$(THREADS_IMAGES),$(call job,$(image:build/%=%),$(HOST_SECONDS),tests/threads/run.sh $(image)))

NEED_TEST += libtsan2:/usr/lib/gcc/x86_64-linux-gnu/12/libtsan.so
