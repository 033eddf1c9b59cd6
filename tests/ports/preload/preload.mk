# SPDX-License-Identifier: MIT
#
# preload.mk: tests of ports/posix as a shared library for LD_PRELOAD, built as its README says.

PRELOAD_CC  := gcc -O2 -fPIC -fvisibility=hidden -DQUARRY_LOCK=HOOK -Wall -Wextra -Werror -Ibuild/dist -Iports/posix
PRELOAD_SRC := $(wildcard ports/posix/*.c) tests/ports/flawed/refusing.c
PRELOAD_OBJECTS = $(patsubst %.c,build/ports/preload/%.o,$(wildcard ports/posix/*.c))

$(eval $(call flags_file,ports/preload/test,$(PRELOAD_CC)))
build/ports/preload/%.o: %.c build/dist/quarry.c build/ports/preload/test.flags
	@mkdir -p $(@D)
	$(PRELOAD_CC) $(DEPS) -c $< -o $@
build/ports/preload/quarry.o: build/dist/quarry.c build/ports/preload/test.flags
	@mkdir -p $(@D)
	$(PRELOAD_CC) -c $< -o $@
build/ports/preload/quarry-refusing.o: build/ports/preload/quarry.o
	objcopy $(foreach call,$(FLAWED_refusing),--redefine-sym quarry_$(call)=whole_$(call)) $< $@
build/ports/libquarry-malloc.so: build/ports/preload/quarry.o $(PRELOAD_OBJECTS)
	gcc -shared $^ -o $@
build/ports/libquarry-malloc-refusing.so: build/ports/preload/quarry-refusing.o build/ports/preload/tests/ports/flawed/refusing.o $(PRELOAD_OBJECTS)
	gcc -shared $^ -o $@
# As if malloc() were any function: the compiler would leave out what is allocated and freed.
build/ports/family: tests/ports/preload/family.c tests/ports/newlib/check.h
	@mkdir -p $(@D)
	gcc -std=gnu11 -O1 -fno-builtin -pthread -Wall -Wextra -Werror $< -o $@
-include $(patsubst %.c,build/ports/preload/%.d,$(PRELOAD_SRC))

PRELOAD_IMAGES := build/ports/libquarry-malloc.so build/ports/libquarry-malloc-refusing.so build/ports/family
preload_jobs = $(call job,port posix preloaded,$(HOST_SECONDS),tests/ports/preload/run.sh $(PRELOAD_IMAGES))\
$(if $(ALL),$(call job,port posix from its README,$(BUILD_SECONDS),tests/ports/from_readme.sh posix))
