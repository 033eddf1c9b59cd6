# SPDX-License-Identifier: MIT
#
# library.mk: how the library is built for each ISA, how it is written as two files, and its file for pkg-config.

# The compiler would ignore a misspelt option, and make would ignore an option that is no flag. Both are refused here.
QUARRY_SAID := $(if $(findstring QUARRY_,$(QUARRY_FLAGS)$(CC)),$(shell tools/check-config $(CC) $(QUARRY_FLAGS) 2>&1 || echo .))
ifneq ($(filter .,$(QUARRY_SAID)),)
$(error $(patsubst %.,%,$(QUARRY_SAID)))
endif
$(foreach name,$(filter-out QUARRY_FLAGS,$(filter QUARRY_%,$(.VARIABLES))),$(if $(filter command,$(origin $(name))),\
	$(error options are flags: write QUARRY_FLAGS=-D$(name)=$($(name)))))

WARN     := -Wall -Wextra -Wconversion -Wundef
CONTRACT := -std=c11 -O2 -ffreestanding
DEPS      = -MMD -MP

# The core with debugging and what serves several cores, and the library: that and what stands on it, each in a folder
# of its own.
SRC     := $(wildcard src/*.c src/debug/*.c src/cores/*.c src/events/*.c)
LIB_SRC := $(sort $(SRC) $(wildcard src/*/*.c))

# A file that changes only when its text does: what depends on it is built again when flags change. With make -n it is
# written too (+), so that make knows what is left to build.
define flags_file
build/$(1).flags: FORCE
	+@mkdir -p $$(@D); echo '$(2)' | cmp -s - $$@ 2>/dev/null || echo '$(2)' >$$@
endef

# CC on the command line replaces the ISA's compiler, and gets its flags: with those for clang if it is clang, and without
# any if CC itself has some for a CPU, e.g. CC="arm-none-eabi-gcc -mthumb -mcpu=cortex-m7". ar follows the compiler.
ifeq ($(origin CC),command line)
CC_IS_CLANG := $(shell $(CC) -E -dM -x c /dev/null 2>/dev/null | grep __clang__)
lib_cc = $(CC) $(if $(filter -m% --target%,$(CC)),$(filter -mno-unaligned-access -mstrict-align,$(CPU_$(1))),$(if $(CC_IS_CLANG),$(CLANG_$(1)) $(CPU_$(1)),$(CPU_$(1)) $(GCC_$(1))))
else
lib_cc = $(isa_gcc)
endif
lib_ar = $(if $(CC_IS_CLANG),llvm-ar,$(TOOLS_$(1))ar)

# $(1) ISA
define isa_rules
$(1)_lib_cc := $(strip $(call lib_cc,$(1)) $(call float_flags,$(1)))
$(call flags_file,$(1)/lib,$$($(1)_lib_cc) $(QUARRY_FLAGS))
build/$(1)/obj/%.o: src/%.c build/$(1)/lib.flags | need-$(1)
	@mkdir -p $$(@D)
	$$($(1)_lib_cc) $(CONTRACT) $(WARN) -ffunction-sections -Iinclude -Iarch/$(1) $(QUARRY_FLAGS) $(DEPS) -c $$< -o $$@
build/$(1)/libquarry.a: $(LIB_SRC:src/%.c=build/$(1)/obj/%.o)
	@rm -f $$@
	$(call lib_ar,$(1)) rcs $$@ $$^
-include $(LIB_SRC:src/%.c=build/$(1)/obj/%.d)
# What is missing is named, not installed: a compiler is the user's choice.
.PHONY: need-$(1)
need-$(1):
	@tools/need.sh --check $$(call need_compiler,$$(firstword $$($(1)_lib_cc))) $(if $(CC_IS_CLANG),llvm,$(or $(patsubst %-,binutils-%,$(subst lx106-elf,lx106,$(TOOLS_$(1)))),binutils)):$(call lib_ar,$(1))
endef
# The package of a compiler, as Debian calls it, and its command: gcc-arm-none-eabi:arm-none-eabi-gcc. Those for the LX106
# leave out the end of the command's name.
need_compiler = $(patsubst %-gcc,gcc-%,$(notdir $(subst lx106-elf,lx106,$(1)))):$(1)
$(foreach isa,$(ISAS),$(eval $(call isa_rules,$(isa))))

ifeq ($(filter $(ARCH),$(ISAS)),)
$(error there is no ARCH=$(ARCH); choose one of: $(ISAS))
endif
ifneq ($(FLOAT),$(filter $(FLOATS_$(ARCH)),$(FLOAT)))
$(error there is no FLOAT=$(FLOAT) for $(ARCH), but: $(or $(FLOATS_$(ARCH)),none))
endif

VERSION = $(shell sed -n 's/^.define QUARRY_VERSION_M[A-Z]* //p; s/^.define QUARRY_VERSION_PATCH //p' include/quarry.h | paste -s -d .)
# A program gets the options that the library was built with, whatever header or flags they came from.
LIBRARY_OPTIONS = $(shell tools/check-config --flags build/$(ARCH)/libquarry.a)
define QUARRY_PC
prefix=$(PREFIX)
Name: Quarry
Description: $(shell sed -n 's/^description = //p' packaging/package.ini)
Version: $(VERSION)
Cflags: -I$${prefix}/include $(LIBRARY_OPTIONS)
Libs: -L$${prefix}/lib -lquarry
endef
space := $() $()
define QUARRY_CMAKE
get_filename_component(QUARRY_PREFIX "$${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)
if(NOT TARGET quarry::quarry)
    add_library(quarry::quarry STATIC IMPORTED)
    set_target_properties(quarry::quarry PROPERTIES IMPORTED_LOCATION "$${QUARRY_PREFIX}/lib/libquarry.a"
        INTERFACE_INCLUDE_DIRECTORIES "$${QUARRY_PREFIX}/include"
        INTERFACE_COMPILE_OPTIONS "$(subst $(space),;,$(strip $(LIBRARY_OPTIONS)))")
endif()
endef
define QUARRY_CMAKE_VERSION
set(PACKAGE_VERSION "$(VERSION)")
string(REGEX MATCH "^[0-9]+" QUARRY_MAJOR "$(VERSION)")
if(NOT PACKAGE_FIND_VERSION VERSION_GREATER PACKAGE_VERSION AND "$${PACKAGE_FIND_VERSION_MAJOR}" STREQUAL QUARRY_MAJOR)
    set(PACKAGE_VERSION_COMPATIBLE TRUE)
endif()
if(PACKAGE_FIND_VERSION VERSION_EQUAL PACKAGE_VERSION)
    set(PACKAGE_VERSION_EXACT TRUE)
endif()
endef

# Shows the lines of a text that has no single quotes.
define newline


endef
print_lines = printf '%s\n' '$(subst $(newline),' ',$(1))'

# The library as two files.
build/dist/quarry_emalloc.c build/dist/quarry_caps.c: build/dist/quarry.c
build/dist/quarry.c: tools/amalgamate.py $(wildcard include/*.h include/*/*.h src/*.[ch] src/*/*.[ch] arch/*.h arch/*/arch_port.h)
	@tools/need.sh --check python3:python3
	python3 tools/amalgamate.py build/dist

.PHONY: FORCE
FORCE:
