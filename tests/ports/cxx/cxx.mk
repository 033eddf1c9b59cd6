# SPDX-License-Identifier: MIT
#
# cxx.mk: tests of ports/cxx on this host: programs whose operator new and delete are the port's, with and without
# exceptions; the same programs with a library that refuses every hundredth request, and with the C++ library's own
# operators, which must fail; what cxx.sh looks at without running a program; and programs on newlib and nano in QEMU.
#
# A variant: a compiler, a standard. Level 3 checks the sizes that sized deletes say (and has sanitizers); with the lock
# SMP, under ThreadSanitizer, threads share the heap.
CXX_VARIANTS := g++-17 $(if $(ALL),g++-2b clang++-2b g++-20-level3 g++-17-smp,) clang++-17
CXX_PROGRAMS := hosted no_exceptions no_library
CXX_LIBRARY_level3 := $(call objects_of,$(LIB_SRC),host/gcc-64-level3)
CXX_LEVEL_level3   := $(filter-out -O%,$(MODE_level3))
CXX_LIBRARY_smp    := $(call objects_of,$(SRC),threads/64-smp-1)
CXX_LEVEL_smp      := $(THREADS_BITS_64) $(THREADS_LOCK_smp) -pthread
CXX_LEVEL_         := -O1

# clang has sized deletes only if it is told so. $(1): the words of a variant
cxx_cc = $(word 1,$(1)) -std=c++$(word 2,$(1)) $(if $(filter clang%,$(1)),-fsized-deallocation) $(CXX_LEVEL_$(word 3,$(1))) -Wall -Wextra -Wpedantic -Werror -Iinclude -Itests/ports/cxx
cxx_library = $(or $(CXX_LIBRARY_$(word 3,$(1))),build/hosted/libquarry.a)
CXX_WITHOUT := -fno-exceptions -fno-rtti

# $(1) variant, $(2) its words
define cxx_rules
$(call flags_file,ports/cxx/$(1)/test,$(call cxx_cc,$(2)))
build/ports/cxx/$(1)/%.o: %.cpp build/ports/cxx/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call cxx_cc,$(2)) $(DEPS) -c $$< -o $$@
build/ports/cxx/$(1)/without/%.o: %.cpp build/ports/cxx/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call cxx_cc,$(2)) $(CXX_WITHOUT) $(DEPS) -c $$< -o $$@
build/ports/cxx/$(1)/alone/%.o: %.cpp build/ports/cxx/$(1)/test.flags
	@mkdir -p $$(@D)
	$(call cxx_cc,$(2)) $(CXX_WITHOUT) -fno-threadsafe-statics -DNO_LIBRARY $(DEPS) -c $$< -o $$@
build/ports/cxx/$(1)/hosted: $(call objects_of,ports/cxx/operators.cpp tests/ports/cxx/hosted.cpp,ports/cxx/$(1)) $(call cxx_library,$(2))
	$(call cxx_cc,$(2)) $$^ -o $$@
build/ports/cxx/$(1)/no_exceptions: $(call objects_of,ports/cxx/operators.cpp tests/ports/cxx/no_exceptions.cpp,ports/cxx/$(1)/without) $(call cxx_library,$(2))
	$(call cxx_cc,$(2)) $$^ -o $$@
build/ports/cxx/$(1)/no_library: $(call objects_of,ports/cxx/operators.cpp ports/cxx/no_library.cpp tests/ports/cxx/no_exceptions.cpp,ports/cxx/$(1)/alone) $(call cxx_library,$(2))
	$(if $(filter clang%,$(1)),clang,gcc) $(CXX_LEVEL_$(word 3,$(2))) $$^ -o $$@
build/ports/cxx/$(1)/%-refusing: build/ports/cxx/$(1)/% build/ports/librefusing.a
	$(call cxx_cc,$(2)) $$(call cxx_parts_$$*,$(1)) build/ports/librefusing.a -o $$@
build/ports/cxx/$(1)/%-elsewhere: build/ports/cxx/$(1)/%
	$(call cxx_cc,$(2)) $$(filter-out %/operators.o,$$(call cxx_parts_$$*,$(1))) $(call cxx_library,$(2)) -o $$@
-include $(wildcard build/ports/cxx/$(1)/*/*/*.d build/ports/cxx/$(1)/*/*/*/*.d build/ports/cxx/$(1)/*/*/*/*/*.d)
endef
cxx_parts_hosted        = $(call objects_of,ports/cxx/operators.cpp tests/ports/cxx/hosted.cpp,ports/cxx/$(1))
cxx_parts_no_exceptions = $(call objects_of,ports/cxx/operators.cpp tests/ports/cxx/no_exceptions.cpp,ports/cxx/$(1)/without)
$(foreach variant,$(CXX_VARIANTS),$(eval $(call cxx_rules,$(variant),$(subst -, ,$(variant)))))

# Without an operating system, beside ports/newlib: platform, and its flags. iostream does not fit the Cortex-M3's flash.
CXX_PLATFORMS := newlib-m3 newlib-m4 nano-m4 $(if $(ALL),picolibc-m4)
CXX_BARE_newlib-m3 :=
CXX_BARE_newlib-m4 := -DBARE_IOSTREAM
CXX_BARE_picolibc-m4 :=
CXX_BARE_nano-m4   := $(CXX_WITHOUT)

# $(1) platform
define cxx_bare_rules
build/ports/$(1)/%.o: %.cpp build/ports/$(1)/platform.flags
	@mkdir -p $$(@D)
	$$($(1)_CXX) -std=gnu++17 -Os -ffunction-sections -fdata-sections -Wall -Wextra -Werror $(CXX_BARE_$(1)) -Iinclude -Iports/newlib -Itests/ports/cxx $(DEPS) -c $$< -o $$@
$(call cxx_image,$(1),bare,ports/cxx/operators.cpp tests/ports/cxx/bare.cpp $(NEWLIB_PORT),build/$($(1)_ISA)/libquarry.a)
$(call cxx_image,$(1),bare-refusing,ports/cxx/operators.cpp tests/ports/cxx/bare.cpp $(NEWLIB_PORT),build/ports/$(1)/librefusing.a)
$(call cxx_image,$(1),bare-libc,tests/ports/cxx/bare.cpp tests/ports/newlib/no_port.c,build/$($(1)_ISA)/libquarry.a)
-include $(patsubst %.o,%.d,$(call objects_of,ports/cxx/operators.cpp tests/ports/cxx/bare.cpp,ports/$(1)))
endef
# $(1) platform, $(2) image, $(3) sources, $(4) library
define cxx_image
build/ports/$(1)/$(2).elf: $(call objects_of,$(3),ports/$(1)) $($(1)_OBJECTS) $(4) $(wildcard linker/*.ld)
	$($(1)_CXX) $(call objects_of,$(3),ports/$(1)) $($(1)_OBJECTS) $($(1)_LDFLAGS) $(4) -Wl,-Map,build/ports/$(1)/$(2).map -o $$@

endef
$(foreach platform,$(CXX_PLATFORMS),$(eval $(call cxx_bare_rules,$(platform))))

CXX_BARE   := $(foreach platform,$(CXX_PLATFORMS),$(foreach image,bare bare-refusing bare-libc,build/ports/$(platform)/$(image).elf))
# `make test` has those without exceptions by g++ alone.
cxx_programs = $(if $(ALL)$(filter g++%,$(1)),$(CXX_PROGRAMS),hosted)
CXX_IMAGES := $(CXX_BARE) $(foreach variant,$(CXX_VARIANTS),$(patsubst %,build/ports/cxx/$(variant)/%,$(call cxx_programs,$(variant))))
CXX_FLAWED := $(foreach program,hosted no_exceptions,$(foreach flaw,refusing elsewhere,build/ports/cxx/g++-17/$(program)-$(flaw)))

cxx_jobs = $(foreach image,$(filter-out $(CXX_BARE),$(CXX_IMAGES)),$(call job,port $(image:build/ports/%=%),$(HOST_SECONDS),$(image)))\
$(foreach platform,$(CXX_PLATFORMS),$(call job,port cxx $(platform),$(LATE_SECONDS),tests/ports/common/run_three.sh $($(platform)_MACHINE) 100 $($(platform)_NM) build/ports/$(platform)/bare))\
$(call job,port cxx flawed,$(HOST_SECONDS),tests/ports/must_fail.sh $(CXX_FLAWED))\
$(call job,port cxx builds,$(BUILD_SECONDS),tests/ports/cxx/cxx.sh $(if $(ALL),--all) build/hosted/libquarry.a)\
$(if $(ALL),$(call job,example cxx,$(BUILD_SECONDS),tests/build/minimal.sh cxx "2 page"))\
$(call job,port cxx README,$(BUILD_SECONDS),tests/ports/from_readme.sh cxx)
