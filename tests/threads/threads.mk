# SPDX-License-Identifier: MIT
#
# threads.mk: the calls of several threads at once, with every lock that a process has. ThreadSanitizer looks at the
# library and at the test where it can (64-bit); its own view of the spin lock comes from the compiler's atomics, which
# it knows. On 32-bit hosts it does not exist, and the same test runs without it.
#
# A variant: bits, lock, check level.

THREADS_VARIANTS := 64-smp-1 64-hook-1 64-smp-2 64-hook-3 32-smp-1 32-hook-2

THREADS_LOCK_smp  := -DQUARRY_LOCK=QUARRY_LOCK_SMP
THREADS_LOCK_hook := -DQUARRY_LOCK=QUARRY_LOCK_HOOK
THREADS_BITS_64   := -O1 -g -fsanitize=thread -fno-omit-frame-pointer
THREADS_BITS_32   := -O2
threads_cc = gcc $(BITS_$(word 1,$(1))) $(THREADS_BITS_$(word 1,$(1))) $(THREADS_LOCK_$(word 2,$(1))) -DQUARRY_CHECK_LEVEL=$(word 3,$(1))

# $(1) variant
define threads_rules
$(call flags_file,threads/$(1)/test,$(call threads_cc,$(subst -, ,$(1))))
build/threads/$(1)/src/%.o: src/%.c build/threads/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call threads_cc,$(subst -, ,$(1))) -std=c11 -ffreestanding $(WARN) -Werror -Iinclude -Iarch/hosted $(DEPS) -c $$< -o $$@
build/threads/$(1)/threads.o: tests/threads/threads.c build/threads/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call threads_cc,$(subst -, ,$(1))) -std=gnu11 -pthread -Wall -Wextra -Werror -Iinclude $(DEPS) -c $$< -o $$@
build/threads/$(1)/threads: $(call objects_of,$(SRC),threads/$(1)) build/threads/$(1)/threads.o
	$(call threads_cc,$(subst -, ,$(1))) -pthread $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(SRC),threads/$(1))) build/threads/$(1)/threads.d
endef
$(foreach variant,$(THREADS_VARIANTS),$(eval $(call threads_rules,$(variant))))

THREADS_IMAGES := $(THREADS_VARIANTS:%=build/threads/%/threads)
threads_jobs = $(foreach variant,$(THREADS_VARIANTS),$(call job,threads $(variant),$(HOST_SECONDS),tests/threads/run.sh build/threads/$(variant)/threads))

NEED_TEST += libtsan2:/usr/lib/gcc/x86_64-linux-gnu/12/libtsan.so
