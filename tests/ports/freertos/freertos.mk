# SPDX-License-Identifier: MIT
#
# freertos.mk: ports/freertos beside a kernel that only counts, with each of its options; and with bad allocators in its
# place, on which the test must fail: the two of ../flawed, and the C library's malloc behind pvPortMalloc().

FREERTOS_DIR := build/ports/freertos
FREERTOS_CC  := gcc -std=c11 -O2 -Wall -Wextra -Wconversion -Wno-sign-conversion -Wundef -Werror \
	-Itests/ports/freertos/stub -Iports/freertos -Iinclude

# A variant: its options.
FREERTOS_plain    :=
FREERTOS_critical := -DconfigQUARRY_LOCK=1 -DconfigAPPLICATION_ALLOCATED_HEAP=1 -DconfigHEAP_CLEAR_MEMORY_ON_FREE=1
FREERTOS_regions  := -DconfigQUARRY_REGIONS=1 -DSTUB_TRACES
FREERTOS_stacks   := -DSTUB_TRACES -DconfigSTACK_ALLOCATION_FROM_SEPARATE_HEAP=1 -DconfigQUARRY_STACK_HEAP_SIZE=16384 \
	-DportBYTE_ALIGNMENT=32 -DconfigENABLE_HEAP_PROTECTOR=1 -DconfigAPPLICATION_ALLOCATED_HEAP=1
FREERTOS_VARIANTS := plain critical regions stacks
FREERTOS_SOURCES  := tests/ports/freertos/port.c ports/freertos/heap_quarry.c
FREERTOS_IMAGES   := $(FREERTOS_VARIANTS:%=$(FREERTOS_DIR)/%) $(addprefix $(FREERTOS_DIR)/plain-,refusing elsewhere replaced) \
	build/armv7em/libquarry.a

# $(1) variant
define freertos_rules
$(call flags_file,ports/freertos/$(1)-o/test,$(FREERTOS_CC) $(FREERTOS_$(1)))
$(FREERTOS_DIR)/$(1)-o/%.o: %.c $(FREERTOS_DIR)/$(1)-o/test.flags
	@mkdir -p $$(@D)
	$(FREERTOS_CC) $(FREERTOS_$(1)) $(DEPS) -c $$< -o $$@
$(FREERTOS_DIR)/$(1): $(call objects_of,$(FREERTOS_SOURCES),ports/freertos/$(1)-o) build/hosted/libquarry.a
	gcc $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(FREERTOS_SOURCES),ports/freertos/$(1)-o))
endef
$(foreach variant,$(FREERTOS_VARIANTS),$(eval $(call freertos_rules,$(variant))))

FREERTOS_PLAIN_OBJECTS := $(call objects_of,$(FREERTOS_SOURCES),ports/freertos/plain-o)
$(FREERTOS_DIR)/plain-replaced: $(FREERTOS_PLAIN_OBJECTS) $(FREERTOS_DIR)/plain-o/tests/ports/freertos/replaced.o build/hosted/libquarry.a
	gcc -Wl,--wrap=pvPortMalloc,--wrap=vPortFree $^ -o $@
$(FREERTOS_DIR)/plain-%: $(FREERTOS_PLAIN_OBJECTS) build/ports/lib%.a
	gcc $^ -o $@

freertos_jobs = $(call job,port freertos,$(HOST_SECONDS),tests/ports/freertos/run.sh $(FREERTOS_DIR) $(FREERTOS_VARIANTS))
