# SPDX-License-Identifier: MIT
#
# links.mk: the program links: random and crafted words in free memory, on every kind of heap, 64- and 32-bit. `make
# test` makes a share of its calls.
#
#   make test-links [LINKS_CALLS=10000000]     so many calls with each build

LINKS_HOSTS := gcc-64-o2 gcc-32-o2 gcc-64-level2 gcc-32-level2
LINKS_SRC   := $(SRC) $(wildcard tests/links/*.c)
LINKS_CALLS ?= 10000000
LINKS_SHARE := 400000

# $(1) host
define links_host
build/host/$(1)/links: $(call objects_of,$(LINKS_SRC),host/$(1))
	$(call host_cc,$(1)) $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(wildcard tests/links/*.c),host/$(1)))
endef
$(foreach host,$(LINKS_HOSTS),$(eval $(call links_host,$(host))))

LINKS_IMAGES := $(LINKS_HOSTS:%=build/host/%/links)
# `make test` leaves level 2 with 32 bits to `make test-all`: nothing else there needs that build.
LINKS_TEST        := $(if $(ALL),$(LINKS_HOSTS),$(filter-out gcc-32-level2,$(LINKS_HOSTS)))
LINKS_TEST_IMAGES := $(LINKS_TEST:%=build/host/%/links)

.PHONY: test-links
test-links:
	@tools/need.sh $(NEED_HOST) $(NEED_32)
	@$(MAKE) -s -j$(JOBS) $(LINKS_IMAGES)
	$(LINKS_IMAGES:%=% $(LINKS_CALLS) &&) true

# Like test_jobs of tests/tests.mk.
links_jobs = $(foreach host,$(LINKS_TEST),$(call job,host $(host) links,$(HOST_SECONDS),build/host/$(host)/links $(LINKS_SHARE)))
