#!/bin/sh
# SPDX-License-Identifier: MIT
#
# packages.sh: Zephyr's module and RIOT's package build the library and the lock with stubs of their build systems, which
# have the functions, variables and targets that the real ones have. The applications are the examples, and those for
# CMSIS-RTOS2, ThreadX and NuttX compile too, outside the repository. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../../harness/verdict.sh"
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES
mkdir "$work/quarry"
cp -r "$root/include" "$root/src" "$root/arch" "$root/ports" "$root/tools" "$work/quarry"
cp -r "$root/examples" "$work/examples"
said=$work/said

# $1: an archive, $2: what must be defined in it.
defines() {
    nm "$1" 2>/dev/null | grep -q " T $2"
}

# --- Zephyr: share/zephyr-package/cmake/ZephyrConfig.cmake, cmake/modules/extensions.cmake ---

mkdir "$work/zephyr"
cat >"$work/zephyr/ZephyrConfig.cmake" <<'END'
project(Zephyr-Kernel C)
add_library(zephyr_interface INTERFACE)
target_include_directories(zephyr_interface INTERFACE ${STUBS})
macro(zephyr_library_named name)
  add_library(${name} STATIC "")
  target_link_libraries(${name} PUBLIC zephyr_interface)
  set(ZEPHYR_CURRENT_LIBRARY ${name})
endmacro()
macro(zephyr_library_sources)
  target_sources(${ZEPHYR_CURRENT_LIBRARY} PRIVATE ${ARGN})
endmacro()
macro(zephyr_library_sources_ifdef toggle)
  if(${${toggle}})
    zephyr_library_sources(${ARGN})
  endif()
endmacro()
macro(zephyr_include_directories)
  target_include_directories(zephyr_interface INTERFACE ${ARGN})
endmacro()
macro(zephyr_compile_definitions)
  target_compile_definitions(zephyr_interface INTERFACE ${ARGN})
endmacro()
set(PYTHON_EXECUTABLE python3)
file(STRINGS prj.conf CONFIGURATION REGEX "^CONFIG_")
foreach(LINE ${CONFIGURATION} CONFIG_QUARRY_CHECK_LEVEL=1)
  string(REGEX MATCH "^([^=]*)=(.*)$" WHOLE ${LINE})
  if(NOT CMAKE_MATCH_2 STREQUAL "n")
    set(${CMAKE_MATCH_1} ${CMAKE_MATCH_2})
  endif()
endforeach()
add_compile_options(-Wall -Wextra -Werror -Wno-main)
add_compile_definitions(CONFIG_QUARRY_MALLOC_BYTES=${CONFIG_QUARRY_MALLOC_BYTES})
foreach(MODULE ${EXTRA_ZEPHYR_MODULES})
  add_subdirectory(${MODULE} module)
endforeach()
add_library(app STATIC "")
target_link_libraries(app PUBLIC zephyr_interface)
END
# $1: folder of the build. The application is the example.
zephyr() {
    ZEPHYR_BASE=$work/zephyr cmake -S "$work/examples/zephyr" -B "$work/$1" -DSTUBS="$root/tests/ports/rtos/stub/zephyr" \
        -DQUARRY="$work/quarry" >"$work/said" 2>&1 && cmake --build "$work/$1" >>"$work/said" 2>&1
}
zephyr with && defines "$work/with/libapp.a" main && defines "$work/with/module/libquarry.a" quarry_lock_hook &&
    defines "$work/with/module/libquarry.a" malloc
verdict $? "Zephyr's module does not build, or lacks malloc or the lock"
for name in $(sed -n 's/^\(menu\)\{0,1\}config //p' "$root/ports/zephyr/Kconfig"); do
    grep -r -q "CONFIG_$name\|depends on $name\|^if $name" "$root/ports/zephyr" --include=CMakeLists.txt --include=*.c --include=Kconfig
    verdict $? "nothing looks at $name of ports/zephyr/Kconfig" 2>/dev/null
done
python3 - "$root/ports/zephyr/zephyr/module.yml" >"$work/said" 2>&1 <<'END'
import os
import sys
lines = [line.split(": ", 1) for line in open(sys.argv[1], encoding="utf-8").read().splitlines() if not line.startswith("#")]
module = {line[0].strip(): line[1] for line in lines if len(line) == 2}
root = os.path.dirname(os.path.dirname(sys.argv[1]))
assert module["name"] == "quarry", module
assert os.path.exists(os.path.join(root, module["cmake"], "CMakeLists.txt")), module
assert os.path.exists(os.path.join(root, module["kconfig"])), module
END
verdict $? "Zephyr's module.yml names files that are not there"

# --- RIOT: pkg/pkg.mk with pkg/local.mk, Makefile.base ---

mkdir -p "$work/riot/pkg"
cat >"$work/riot/pkg/pkg.mk" <<'END'
.RECIPEPREFIX := >
ifneq (,$(.DEFAULT_GOAL))
  $(error pkg.mk must be included before any target)
endif
$(foreach name,PKG_NAME PKG_URL PKG_VERSION PKG_LICENSE,$(if $($(name)),,$(error $(name) not defined)))
PKG_SOURCE_DIR ?= $(PKGDIRBASE)/$(PKG_NAME)
all: $(PKG_SOURCE_DIR)/.prepared
prepare: $(PKG_SOURCE_DIR)/.prepared
$(PKG_SOURCE_DIR)/.prepared:
> rm -Rf $(PKG_SOURCE_DIR)
> mkdir -p $$(dirname $(PKG_SOURCE_DIR))
> test "$(PKG_SOURCE_LOCAL)" = "$(COPY)"
> cp -a $(PKG_SOURCE_LOCAL) $(PKG_SOURCE_DIR)
> touch $@
.DEFAULT_GOAL =
.RECIPEPREFIX :=
END
cat >"$work/riot/Makefile.base" <<'END'
.RECIPEPREFIX := >
SRC ?= $(wildcard *.c)
all: $(BINDIR)/$(MODULE).a
$(BINDIR)/$(MODULE).a: $(SRC)
> cd $(CURDIR) && $(CC) $(CFLAGS) $(INCLUDES) -c $(SRC) -o $(BINDIR)/$(MODULE).o && ar rcs $@ $(BINDIR)/$(MODULE).o
END
echo "# another makefile" >"$work/riot/last.mk"
cat >"$work/riot/Makefile.include" <<'END'
.RECIPEPREFIX := >
export CC = gcc -std=c11 -O1 -Wall -Wextra -Werror
export BINDIR = $(CURDIR)/bin
export PKGDIRBASE = $(CURDIR)/bin/pkg
export RIOTBASE
INCLUDES = -I$(STUBS)
PKG = $(EXTERNAL_PKG_DIRS)/$(USEPKG)
include $(PKG)/Makefile.dep
include $(PKG)/Makefile.include
include $(RIOTBASE)/last.mk
export CFLAGS INCLUDES
all:
> mkdir -p $(BINDIR)
> $(MAKE) -C $(PKG) prepare
> $(MAKE) -C $(PKG) all
> for folder in $(DIRS); do $(MAKE) -C $$folder all || exit 1; done
> for module in quarry $(USEMODULE); do test -f $(BINDIR)/$$module.a || exit 1; done
> $(CC) $(CFLAGS) $(INCLUDES) -c main.c -o $(BINDIR)/$(APPLICATION).o
END
make -C "$work/examples/riot" STUBS="$root/tests/ports/rtos/stub/riot" RIOTBASE="$work/riot" QUARRY="$work/quarry" COPY="$work/quarry" \
    >"$work/said" 2>&1 && defines "$work/examples/riot/bin/quarry.a" quarry_malloc &&
    defines "$work/examples/riot/bin/quarry_contrib.a" quarry_lock_hook && defines "$work/examples/riot/bin/quarry_example.o" main
verdict $? "RIOT's package does not build, or lacks the library or the lock"

# --- CMSIS-RTOS2, ThreadX, NuttX ---

# $1: the RTOS; $2: how its names begin, which are all that the application may leave undefined.
application() {
    make -s -C "$work/examples/$1" QUARRY="$work/quarry" RTOS_INCLUDES="-I$root/tests/ports/rtos/stub/$1 -Wconversion -Werror" >"$work/said" 2>&1 &&
        arm-none-eabi-nm -u "$work/examples/$1/application.o" | sed 's/^ *U //' | grep -v -e "^$2" -e '^mem\(set\|cpy\|move\)$' >"$work/said"
    [ ! -s "$work/said" ]
    verdict $? "examples/$1 does not build without a warning, or needs more than the RTOS has"
}
application cmsis-rtos2 os
application threadx tx_
gcc -std=c11 -Wall -Wextra -Werror -I"$root/tests/ports/rtos/stub/nuttx" -fsyntax-only "$work/examples/nuttx/main.c" >"$work/said" 2>&1
verdict $? "examples/nuttx does not compile"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
