# SPDX-License-Identifier: MIT
#
# table.mk: the image `table`, which is the misuse table, at each check level: on the host, 64- and 32-bit, and on two
# machines. It goes with the builds of the other images where there is one of its level; the other builds are made here.
#
#   make test-table      builds and runs them all
#   make misuse-table    writes the table into docs/misuse.md

MODE_level0       := -O2 -DQUARRY_CHECK_LEVEL=0
MODE_level3o2     := -O2 -DQUARRY_CHECK_LEVEL=3
TABLE_HOSTS       := $(foreach bits,64 32,$(foreach mode,level0 o2 level2 level3 level4,gcc-$(bits)-$(mode))) gcc-64-level2o2 gcc-32-level3o2
TABLE_MACHINES    := mps2-an386 virt-aarch64
TABLE_MACHINES_AT := $(foreach machine,$(TABLE_MACHINES),$(machine) $(foreach level,0 2 3 4,$(machine)-level$(level)))

table_sources = $(SRC) $(filter-out $(LIB_SRC),$(1)) $(wildcard tests/table/*.c)

$(foreach host,$(filter-out $(HOSTS),$(TABLE_HOSTS)),$(eval $(call host_rules,$(host))))
define table_host_image
build/host/$(1)/table: $(call objects_of,$(call table_sources,$(HOST_COMMON)),host/$(1))
	$(call host_cc,$(1)) $$^ -o $$@
endef
$(foreach host,$(TABLE_HOSTS),$(eval $(call table_host_image,$(host))))

# $(1) machine, $(2) check level
define table_machine_build
$(foreach part,ISA CC SOURCES LDFLAGS LIBS,$(1)-level$(2)_$(part) := $($(1)_$(part))
)
$(1)-level$(2)_CFLAGS := $($(1)_CFLAGS) -DQUARRY_CHECK_LEVEL=$(2)
endef
$(foreach machine,$(TABLE_MACHINES),$(foreach level,0 2 3 4,$(eval $(call table_machine_build,$(machine),$(level)))))
$(foreach machine,$(filter-out $(MACHINES),$(TABLE_MACHINES_AT)),$(eval $(call machine_rules,$(machine))))
define table_machine_image
build/qemu/$(1)/table.elf: $(call objects_of,$($(1)_SOURCES) $(HARNESS) $(wildcard tests/table/*.c),qemu/$(1)) $(call machine_library,$(1)) $(wildcard linker/*.ld)
	$(call machine_cc,$(1)) $$(filter %.o %.a,$$^) $($(1)_LDFLAGS) $($(1)_LIBS) -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(wildcard tests/table/*.c),qemu/$(1)))
endef
$(foreach machine,$(TABLE_MACHINES_AT),$(eval $(call table_machine_image,$(machine))))

# make test leaves to make test-all what others show too: builds with sanitizers, level 4, level 0 with 32 bits, and a
# machine's other levels.
TABLE_LATER  := gcc-64-level2 gcc-64-level3 gcc-32-level0 gcc-32-level2 gcc-32-level3 gcc-32-level4 gcc-64-level4 $(foreach level,0 2 3 4,mps2-an386-level$(level)) $(foreach level,0 2 3 4,virt-aarch64-level$(level))
table_test    = $(if $(ALL),$(1),$(filter-out $(TABLE_LATER),$(1)))
TABLE_IMAGES := $(patsubst %,build/host/%/table,$(call table_test,$(TABLE_HOSTS))) $(patsubst %,build/qemu/%/table.elf,$(call table_test,$(TABLE_MACHINES_AT)))

# The machine of a build at a check level.
table_machine = $(filter $(TABLE_MACHINES),$(1) $(patsubst %-level0,%,$(patsubst %-level2,%,$(patsubst %-level3,%,$(patsubst %-level4,%,$(1))))))

define table_jobs
$(foreach machine,$(call table_test,$(TABLE_MACHINES_AT)),$(call job,qemu $(machine) table,$(LATE_SECONDS),tests/qemu/run $(firstword $(call table_machine,$(machine))) $(MACHINE_SECONDS) build/qemu/$(machine)/table.elf))\
$(foreach host,$(call table_test,$(TABLE_HOSTS)),$(call job,host $(host) table,$(HOST_SECONDS),build/host/$(host)/table))\
$(call job,misuse table,$(BUILD_SECONDS),python3 tests/table/docs.py check)
endef

.PHONY: test-table misuse-table
misuse-table:
	python3 tests/table/docs.py write
test-table:
	@tools/need.sh $(NEED_RUN) $(NEED_32) $(NEED_TABLE)
	@: $(shell mkdir -p build)$(file >build/table.list,$(table_jobs))
	@python3 tests/run.py $(JOBS) build/table.list $(BUILD_BY) -s -k -j$(JOBS) $(TABLE_IMAGES)

NEED_TABLE := gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc qemu-system-arm:qemu-system-aarch64 \
	lib32asan8:/usr/lib32/libasan.so.8 lib32ubsan1:/usr/lib32/libubsan.so.1
NEED_TEST  += $(NEED_TABLE)
