# SPDX-License-Identifier: MIT
#
# ports.mk: tests of ports/ and of the recipes. Those of processes are programs for this host; the others boot on the
# platforms of tests/ports/common/platforms.mk.

include tests/ports/common/platforms.mk

PORTS_CC     := gcc -std=c11 -O2 -Wall -Wextra -Werror -Iinclude -Iports/posix
PORTS_IMAGES  = build/ports/posix $(RECIPES_IMAGES) $(FREERTOS_IMAGES) $(NEWLIB_IMAGES) $(CXX_IMAGES) $(CXX_FLAWED) $(RUST_IMAGES) $(PRELOAD_IMAGES) $(KERNEL_PORT_IMAGES) $(RTOS_IMAGES)

$(eval $(call flags_file,ports/test,$(PORTS_CC)))
build/ports/%.o: %.c build/ports/test.flags
	@mkdir -p $(@D)
	$(PORTS_CC) $(DEPS) -c $< -o $@
build/ports/posix: $(call objects_of,tests/ports/posix.c ports/posix/mmap_source.c,ports) build/hosted/libquarry.a
	gcc $^ -o $@
-include $(patsubst %.o,%.d,$(call objects_of,tests/ports/posix.c ports/posix/mmap_source.c,ports))

# Bad libraries, build/ports/librefusing.a and libelsewhere.a: a port's test that is linked with one of them must fail.
# The calls that they replace are there under other names.
FLAWED_refusing  := malloc calloc realloc aligned_alloc
FLAWED_elsewhere := malloc calloc realloc aligned_alloc free usable_size
build/ports/lib%.a: build/ports/tests/ports/flawed/%.o build/hosted/libquarry.a
	@rm -f $@
	objcopy $(foreach call,$(FLAWED_$*),--redefine-sym quarry_$(call)=whole_$(call)) build/hosted/libquarry.a $@
	ar rs $@ $< 2>/dev/null

include tests/ports/recipes/recipes.mk
include tests/ports/freertos/freertos.mk
include tests/ports/newlib/newlib.mk
include tests/ports/cxx/cxx.mk
include tests/ports/rust/rust.mk
include tests/ports/preload/preload.mk
include tests/ports/kernel/kernel.mk
include tests/ports/rtos/rtos.mk

# Programs of this host, and the same with the C library's blocks: which of the two has one heap.
PORTS_ONE_HEAP := $(foreach program,freertos/plain kmalloc liballoc $(RTOSES:%=rtos/%),build/ports/$(program) build/ports/$(program)-elsewhere) \
	build/ports/libquarry-malloc.so build/ports/kmalloc-elsewhere
ports_jobs = $(call job,ports cost the core nothing,$(BUILD_SECONDS),tests/ports/core_alone.sh "gcc build/hosted/libquarry.a" "$(mps2-an386_CC) $(mps2-an386_CFLAGS) -specs=nosys.specs build/armv7em/libquarry.a")\
$(call job,ports have one heap,$(HOST_SECONDS),tests/ports/common/one_heap.py --names nm $(PORTS_ONE_HEAP))\
$(call job,port posix,$(HOST_SECONDS),build/ports/posix)$(recipes_jobs)$(freertos_jobs)$(newlib_jobs)$(cxx_jobs)$(rust_jobs)$(preload_jobs)$(kernel_port_jobs)$(rtos_jobs)
