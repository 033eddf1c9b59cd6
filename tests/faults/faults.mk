# SPDX-License-Identifier: MIT
#
# faults.mk: the image faults: tests/api and tests/emalloc once more, with faults (tests/faults/faults.h), on hosts and
# machines of FAULTS_HOSTS and FAULTS_MACHINES. Their objects are those of the images api and emalloc; the linker puts
# tests/faults/calls.c between them and the library.

FAULTS_HOSTS    := gcc-64-o2 gcc-32-o2 gcc-64-san gcc-64-track
FAULTS_MACHINES := mps2-an386 virt-aarch64 q35

FAULTS_SRC   := $(wildcard tests/faults/*.c) $(wildcard tests/api/*.c) $(wildcard tests/emalloc/*.c)
# In a recipe: --wrap for each function that tests/faults puts itself before, by the name that the linker knows.
FAULTS_WRAP   = $$(nm $(foreach object,$^,$(if $(findstring /tests/faults/,$(object)),$(filter %.o,$(object)))) | sed -n 's/^.* T __wrap_/-Wl,--wrap=/p')

# The public functions as one object, so that what one calls of another is not a test's call.
FAULTS_CALLS = src/blocks.c src/change.c src/quarry.c
faults_common = $(filter-out $(FAULTS_CALLS),$(1))

# $(1) host or machine
define faults_host
build/host/$(1)/faults_calls.o: $(call objects_of,$(FAULTS_CALLS),host/$(1))
	$(call host_cc,$(1)) -nostdlib -r $$^ -o $$@
build/host/$(1)/faults: $(call objects_of,$(call faults_common,$(HOST_COMMON)) $(FAULTS_SRC),host/$(1)) build/host/$(1)/faults_calls.o tests/faults/faults.h
	$(call host_cc,$(1)) $$(FAULTS_WRAP) $$(filter %.o,$$^) -o $$@

endef
define faults_machine
build/qemu/$(1)/faults_calls.o: $(call objects_of,$(FAULTS_CALLS),qemu/$(1))
	$(call machine_cc,$(1)) -nostdlib -r $$^ -o $$@
build/qemu/$(1)/faults.elf: $(call objects_of,$(call faults_common,$(call MACHINE_COMMON,$(1))) $(HARNESS) $(FAULTS_SRC),qemu/$(1)) build/qemu/$(1)/faults_calls.o $(wildcard linker/*.ld) tests/faults/faults.h
	$(call machine_cc,$(1)) $$(FAULTS_WRAP) $$(filter %.o,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@

endef
$(foreach host,$(FAULTS_HOSTS),$(eval $(call faults_host,$(host))))
$(foreach machine,$(FAULTS_MACHINES),$(eval $(call faults_machine,$(machine))))
-include $(foreach host,$(FAULTS_HOSTS),$(patsubst %.o,%.d,$(call objects_of,$(wildcard tests/faults/*.c),host/$(host))))
-include $(foreach machine,$(FAULTS_MACHINES),$(patsubst %.o,%.d,$(call objects_of,$(wildcard tests/faults/*.c),qemu/$(machine))))

# Every fault, however long that takes.
build/host/gcc-64-o2/tests/faults/run_all.o: tests/faults/run.c build/host/gcc-64-o2/test.flags
	$(call host_cc,gcc-64-o2) -std=c11 -Wall -Wextra -Werror $(TEST_INCLUDES) -Iarch/hosted -DFAULTS_CALLS=SIZE_MAX $(DEPS) -c $< -o $@
build/host/gcc-64-o2/faults_all: $(call objects_of,$(call faults_common,$(HOST_COMMON)) $(filter-out %/run.c,$(FAULTS_SRC)),host/gcc-64-o2) build/host/gcc-64-o2/faults_calls.o build/host/gcc-64-o2/tests/faults/run_all.o
	$(call host_cc,gcc-64-o2) $(FAULTS_WRAP) $^ -o $@

.PHONY: faults
faults:
	@tools/need.sh $(NEED_HOST)
	@$(MAKE) -s -j$(JOBS) build/host/gcc-64-o2/faults_all
	build/host/gcc-64-o2/faults_all

# make test leaves the slow ones to make test-all.
FAULTS_LATER   := gcc-64-o2 gcc-64-san gcc-64-track mps2-an386 virt-aarch64 q35
faults_test     = $(if $(ALL),$(1),$(filter-out $(FAULTS_LATER),$(1)))
FAULTS_IMAGES  := $(patsubst %,build/host/%/faults,$(call faults_test,$(FAULTS_HOSTS))) $(patsubst %,build/qemu/%/faults.elf,$(call faults_test,$(FAULTS_MACHINES)))

# Like test_jobs of tests/tests.mk.
faults_jobs = $(foreach machine,$(call faults_test,$(FAULTS_MACHINES)),$(call job,qemu $(machine) faults,$(LATE_SECONDS),tests/qemu/run $(machine) $(MACHINE_SECONDS) build/qemu/$(machine)/faults.elf))$(foreach host,$(call faults_test,$(FAULTS_HOSTS)),$(call job,host $(host) faults,$(HOST_SECONDS),build/host/$(host)/faults))
