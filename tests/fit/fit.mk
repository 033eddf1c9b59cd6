# SPDX-License-Identifier: MIT
#
# fit.mk: the program fit, 64- and 32-bit: how well free memory stays usable, beside first fit and best fit. Its models
# are no part of the library.
#
#   make test-fit     both, with what they print

FIT_HOSTS := gcc-64-o2 gcc-32-o2
FIT_SRC   := $(SRC) $(wildcard tests/fit/*.c)

# $(1) host
define fit_host
build/host/$(1)/fit: $(call objects_of,$(FIT_SRC),host/$(1))
	$(call host_cc,$(1)) $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(wildcard tests/fit/*.c),host/$(1)))
endef
$(foreach host,$(FIT_HOSTS),$(eval $(call fit_host,$(host))))

FIT_IMAGES := $(FIT_HOSTS:%=build/host/%/fit)

.PHONY: test-fit
test-fit:
	@tools/need.sh $(NEED_HOST) $(NEED_32)
	@$(MAKE) -s -j$(JOBS) $(FIT_IMAGES)
	$(FIT_IMAGES:%=% &&) true

# Like test_jobs of tests/tests.mk.
fit_jobs = $(foreach host,$(FIT_HOSTS),$(call job,host $(host) fit,$(HOST_SECONDS),build/host/$(host)/fit))
