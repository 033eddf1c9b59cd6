# SPDX-License-Identifier: MIT
#
# differential.mk: Quarry beside PHP's own allocator. The same sources are built once with PHP's library for embedding,
# and once with Quarry on the provider over mmap.

DIFFERENTIAL_CC     := gcc -std=c11 -O2 -Wall -Wextra -Werror -Iinclude -Iports/posix
DIFFERENTIAL_COMMON := $(filter-out %/original.c %/quarry.c %/constant.c,$(wildcard tests/differential/*.c))
DIFFERENTIAL_IMAGES := $(if $(DIFFERENTIAL_COMMON),$(addprefix build/differential/,original quarry constant))

$(eval $(call flags_file,differential/test,$(DIFFERENTIAL_CC)))
build/differential/%.o: %.c build/differential/test.flags
	@mkdir -p $(@D)
	$(DIFFERENTIAL_CC) $(DEPS) -c $< -o $@
# PHP's library has the names as they are in C.
build/differential/original_objects/%.o: %.c build/differential/test.flags
	@mkdir -p $(@D)
	$(DIFFERENTIAL_CC) -D'QUARRY_LINK_NAME(name)=' $(DEPS) -c $< -o $@
build/differential/original: $(call objects_of,$(DIFFERENTIAL_COMMON) tests/differential/original.c,differential/original_objects)
	gcc $^ -l:libphp8.2.so -o $@
build/differential/quarry: $(call objects_of,$(DIFFERENTIAL_COMMON) tests/differential/quarry.c ports/posix/mmap_source.c,differential) build/hosted/libquarry.a
	gcc $^ -o $@
build/differential/constant: $(call objects_of,tests/differential/constant.c ports/posix/mmap_source.c,differential) build/hosted/libquarry.a
	gcc $^ -ldl -o $@
-include $(patsubst %.o,%.d,$(call objects_of,$(wildcard tests/differential/*.c) ports/posix/mmap_source.c,differential) $(call objects_of,$(wildcard tests/differential/*.c),differential/original_objects))
