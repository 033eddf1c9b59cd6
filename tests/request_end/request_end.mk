# SPDX-License-Identifier: MIT
#
# request_end.mk: an image that counts the instructions of a request's end, for these machines. It is booted with
# -icount, by which the table of instructions of each call is made; counter and measure.c are that table's.

REQUEST_END_MACHINES := mps2-an386 virt-aarch64
REQUEST_END_IMAGES   := $(REQUEST_END_MACHINES:%=build/request_end/%.elf)

# $(1) machine
define request_end_rules
build/request_end/$(1)/request_end.o: tests/request_end/request_end.c build/qemu/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call machine_cc,$(1)) $(CONTRACT) $(WARN) -Werror -Iinclude -Iarch $(DEPS) -c $$< -o $$@
build/request_end/$(1).elf: $(call objects_of,$($(1)_SOURCES) tests/harness/freestanding.c,qemu/$(1)) build/request_end/$(1)/request_end.o $(BENCH_CALLS_OUT)/$(1)/print.o $(call bench_measure_objects,$(1)) $(call machine_library,$(1)) $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o %.a,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
-include $(wildcard build/request_end/$(1)/*.d)
endef
$(foreach machine,$(REQUEST_END_MACHINES),$(eval $(call request_end_rules,$(machine))))

request_end_jobs = $(foreach machine,$(REQUEST_END_MACHINES),$(call job,request end $(machine),$(LATE_SECONDS),QEMU_ARGS="-icount shift=10" tests/qemu/run $(machine) $(MACHINE_SECONDS) build/request_end/$(machine).elf))
