# SPDX-License-Identifier: MIT
#
# tools.mk: tests of what stands in tools/ for the desktop and the debugger.
#
#   make test-tools   all of them, in full

SIZE_TRACES    := $(if $(ALL),$(REGION_TRACES_32),luafw cjsonmini tls)
SIZE_TRACES_64 := $(if $(ALL),$(REGION_TRACES_64))
size_test = tests/tools/size.sh build/bench/region/32/region $(SIZE_TRACES:%=tests/traces/%.txt) \
	$(if $(SIZE_TRACES_64),-- build/bench/region/64/region $(SIZE_TRACES_64:%=tests/traces/%.txt))
TOOLS_IMAGES := build/bench/region/32/region $(if $(ALL),build/bench/region/64/region)

bad_traces_test = tests/tools/bad_traces.py "tools/size --level 1" "tools/view -o build/tools/bad.html"

comma := ,
# In short form: narrow codes on a board. Guarded control data, wide codes and level 3 in full.
GDB_CASES := cortex-m4
GDB_CASES_ALL := process process,$(subst $(space),$(comma),$(BITS_32)),-DQUARRY_CHECK_LEVEL=2 \
	cortex-m4,-DQUARRY_CHECK_LEVEL=3 process,-DQUARRY_PAGE_BYTES=128 cortex-m4,-DQUARRY_PAGE_BYTES=256
gdb_test = tests/tools/gdb.sh $(GDB_CASES) $(if $(ALL),$(GDB_CASES_ALL))

NEED_TEST += gdb-multiarch:gdb-multiarch libxml2-utils:xmllint valgrind:ms_print
NEED_TOOLS_ALL := chromium:chromium chromium-driver:chromedriver
NEED_TEST += $(if $(ALL),$(NEED_TOOLS_ALL))

tools_jobs = $(call job,tools/size,$(BUILD_SECONDS),$(size_test))\
$(call job,what is no trace,$(BUILD_SECONDS),$(bad_traces_test))\
$(call job,tools/view,$(BUILD_SECONDS),tests/tools/view.sh)\
$(call job,events and tools/record,$(BUILD_SECONDS),tests/tools/record.sh)\
$(call job,tools/doctor,$(BUILD_SECONDS),tests/tools/doctor.sh $(if $(ALL),--save))\
$(call job,tools/gdb,$(BUILD_SECONDS),$(gdb_test))\
$(if $(ALL),$(call job,tools/view in a browser,$(BUILD_SECONDS),tests/tools/view_browser.py))

.PHONY: test-tools
test-tools:
	@tools/need.sh $(NEED_TEST) $(NEED_TOOLS_ALL)
	@$(MAKE) -s ALL=1 test-tools-full
.PHONY: test-tools-full
test-tools-full: $(TOOLS_IMAGES)
	$(size_test)
	$(bad_traces_test)
	tests/tools/view.sh
	tests/tools/doctor.sh --save
	tests/tools/record.sh
	$(gdb_test)
	tests/tools/view_browser.py
