# SPDX-License-Identifier: MIT
#
# rtos.mk: tests of the ports for RTOSes, and for a chip with two cores and no atomic instructions, each on this host
# against stubs of the headers that it uses. Names that the C library has too get the RTOS's name in front. Each is
# linked three times: with the library, and with the two bad ones of ../flawed, on which it must fail.

RTOSES := cmsis-rtos2 threadx riot nuttx nuttx-old zephyr zephyr-nested rp2040

RTOS_CC := gcc -std=gnu11 -O1 -Wall -Wextra -Werror -Wno-builtin-declaration-mismatch -fno-builtin -DQUARRY_LOCK=HOOK -Iinclude -Itests/ports/rtos
rtos_of = $(patsubst %-old,%,$(patsubst %-nested,%,$(1)))
RTOS_FLAGS_nuttx-old     := -DSTUB_OLD_NUTTX
RTOS_FLAGS_zephyr        := -DCONFIG_QUARRY_MALLOC_BYTES=32768
RTOS_FLAGS_zephyr-nested := $(RTOS_FLAGS_zephyr) -DCONFIG_QUARRY_NESTED_HEAPS
RTOS_FLAGS_rp2040        := -include tests/ports/rtos/stub/rp2040/sio.h -pthread
RTOS_NAMES := malloc calloc zalloc realloc reallocarray memalign aligned_alloc posix_memalign free malloc_size malloc_usable_size \
	mallinfo mallinfo_task
rtos_port = $(or $(filter-out ports/riot/%,$(wildcard ports/$(call rtos_of,$(1))/*.c)),ports/riot/pkg/quarry/contrib/lock.c)

$(eval $(call flags_file,ports/rtos/test,$(RTOS_CC)))
build/ports/rtos/quarry.o: build/dist/quarry.c build/ports/rtos/test.flags
	@mkdir -p $(@D)
	gcc -std=c11 -O1 -ffreestanding $(WARN) -Werror -DQUARRY_LOCK=HOOK -c $< -o $@
build/ports/rtos/quarry-%.o: tests/ports/flawed/%.c build/ports/rtos/quarry.o
	objcopy $(foreach call,$(FLAWED_$*),--redefine-sym quarry_$(call)=whole_$(call)) build/ports/rtos/quarry.o $@.whole
	$(RTOS_CC) -r -nostdlib $< $@.whole -o $@
define rtos_rules
build/ports/rtos/$(1): tests/ports/rtos/locks.c tests/ports/rtos/$(call rtos_of,$(1)).c $(call rtos_port,$(1)) build/ports/rtos/quarry.o $(wildcard tests/ports/rtos/*.h tests/ports/rtos/stub/*/*.h tests/ports/rtos/stub/*/*/*.h tests/ports/rtos/stub/*/*/*/*.h)
	@mkdir -p $$@.o
	$(foreach file,tests/ports/rtos/$(call rtos_of,$(1)).c $(call rtos_port,$(1)),$(RTOS_CC) -Itests/ports/rtos/stub/$(call rtos_of,$(1)) $(RTOS_FLAGS_$(1)) -c $(file) -o $$@.o/$(notdir $(file)).o &&) \
	for object in $$@.o/*.o; do objcopy $(foreach name,$(RTOS_NAMES),--redefine-sym $(name)=$(call rtos_of,$(1))_$(name)) $$$$object; done && \
	$(RTOS_CC) tests/ports/rtos/locks.c $$@.o/*.o build/ports/rtos/quarry.o -o $$@
build/ports/rtos/$(1)-%: build/ports/rtos/$(1) build/ports/rtos/quarry-%.o
	$(RTOS_CC) tests/ports/rtos/locks.c build/ports/rtos/$(1).o/*.o build/ports/rtos/quarry-$$*.o -o $$@
endef
$(foreach rtos,$(RTOSES),$(eval $(call rtos_rules,$(rtos))))
RTOS_FLAWED := $(foreach rtos,$(RTOSES),build/ports/rtos/$(rtos)-refusing build/ports/rtos/$(rtos)-elsewhere)
RTOS_IMAGES := $(RTOSES:%=build/ports/rtos/%) $(RTOS_FLAWED)

# What READMEs and the files of the RTOSes' own build systems say takes a compilation of the library each: with ALL only.
# A README's reader has his RTOS's headers somewhere, and says where.
RTOS_HEADERS := CMSIS=cmsis-rtos2 THREADX=threadx ZEPHYR=zephyr NUTTX=nuttx RIOT=riot SIO=rp2040
rtos_jobs = $(foreach rtos,$(RTOSES),$(call job,port $(rtos),$(HOST_SECONDS),build/ports/rtos/$(rtos)))\
$(call job,ports of RTOSes flawed,$(HOST_SECONDS),tests/ports/must_fail.sh $(RTOS_FLAWED))\
$(if $(ALL),$(foreach name,$(RTOS_HEADERS),$(call job,port $(word 2,$(subst =, ,$(name))) from its README alone,$(BUILD_SECONDS),env $(subst =,=$(CURDIR)/tests/ports/rtos/stub/,$(name)) tests/ports/from_readme.sh $(word 2,$(subst =, ,$(name)))))\
$(call job,packages of RTOSes,$(BUILD_SECONDS),tests/ports/rtos/packages.sh))
