# SPDX-License-Identifier: MIT
#
# table.mk: `make bench-ports`, the figures of docs/ports.md: instructions of malloc and free on one trace, counted by
# each machine that has an exact clock, and code size with each machine's compiler and flags. What `make test` compares the
# page with: the Makefile's machines and ISAS.

PORTS_TRACE    := cjsonmini
PORTS_COUNTED  := $(foreach machine,$(MACHINES),$(if $(BENCH_COUNTER_$(machine)),$(machine)))
# Machines whose own clock is too coarse are counted on another one with the same CPU.
PORTS_COUNTED_raspi0 := versatilepb-arm1176
PORTS_COUNTED  += $(foreach machine,$(MACHINES),$(if $(PORTS_COUNTED_$(machine)),$(machine)))
ports_counted   = $(or $(PORTS_COUNTED_$(1)),$(1))
ports_image     = $(BENCH_CALLS_OUT)/$(call ports_counted,$(1))/$(PORTS_TRACE).elf
ports_job       = quarry:$(call ports_counted,$(1)):$(PORTS_TRACE):$(call ports_image,$(1))

build/bench/ports.tsv: $(foreach machine,$(PORTS_COUNTED),$(call ports_image,$(machine))) $(BENCH_CALLS_DIR)/table.py tests/qemu/run
	python3 $(BENCH_CALLS_DIR)/table.py calls $(JOBS) $@ $(foreach machine,$(PORTS_COUNTED),$(call ports_job,$(machine)))
	@sed -i '$(foreach machine,$(PORTS_COUNTED),$(if $(PORTS_COUNTED_$(machine)),s/^$(PORTS_COUNTED_$(machine))\t/$(machine)\t/;))' $@

# The size of linux-mte is not comparable: memory tags bring in src/debug, of which the other sizes have nothing.
# Processes of other CPUs, as tests/images.mk builds them.
PORTS_HOSTS := $(filter powerpc-% mips-% s390x-%,$(HOSTS))
ports_size  = "$(1)=$($(1)_ISA)=$($(1)_LIBS)=$(call machine_cc,$(1))"

.PHONY: bench-ports
bench-ports:
	@tools/need.sh $(NEED_RUN) $(NEED_IMAGES) $(NEED_BENCH_CALLS) $(NEED_BIG_ENDIAN)
	@$(MAKE) -s -j$(JOBS) build/bench/ports.tsv
	@tests/bench/ports/table.py write docs/ports.md build/bench/ports.tsv build/bench/ports \
		$(foreach machine,$(filter-out linux-mte,$(MACHINES)),$(call ports_size,$(machine))) \
		$(foreach host,$(PORTS_HOSTS),"$(host)=hosted=-lgcc=$(HOST_CC_$(call word_of,1,$(host)))")

PORTS_PAGE = --isas $(ISAS) --rows $(foreach machine,$(MACHINES),"$(machine)=$($(machine)_ISA)=$(strip $(call machine_images,$(machine)))") \
	$(foreach host,$(PORTS_HOSTS),"$(host)=hosted=$(strip $(call host_images,$(host)))")
