#!/bin/sh
# SPDX-License-Identifier: MIT
#
# cxx.sh LIBRARY COMPILER...: a C++ program can include quarry.h and those of quarry/ and call the library.
#
# Each program is built by each compiler as C++11 and C++17 with warnings as errors, linked with LIBRARY and run. The one
# of emalloc.h is compiled with QUARRY_TRACK=1 too, where its macros are others. Ends with "N passed, N failed".

set -u
. "$(dirname "$0")/../harness/verdict.sh"
library=$1
shift
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cat >"$work/user.cpp" <<'END'
#include "quarry.h"

alignas(64) static unsigned char region[65536];
QUARRY_HEAP_DEFINE(defined, 16384);

int main() {
    quarry_options options = {};
    quarry_heap *heap = quarry_create(region, sizeof(region), &options);
    void *block = quarry_malloc(heap, 100);
    bool good = block != nullptr && quarry_usable_size(heap, block) >= 100 && quarry_check(heap);
    quarry_free(heap, block);
    quarry_destroy(heap);
    good = good && defined() != nullptr && defined_init() == defined();
    return good ? 0 : 1;
}
END

cat >"$work/kmalloc.cpp" <<'END'
#include "quarry/kmalloc.h"

alignas(64) static unsigned char region[262144];

quarry_heap *quarry_kernel_heap;

int main() {
    quarry_kernel_heap = quarry_create(region, sizeof(region), nullptr);
    kmem_cache *cache = kmem_cache_create("objects", 100, 32, nullptr);
    void *block = krealloc(kzalloc(100), 300), *object = kmem_cache_zalloc(cache), *other = kmem_cache_alloc(cache);
    bool good = ksize(block) >= 300 && object != nullptr && other != nullptr && kmem_cache_size(cache) == 100;
    kmem_cache_free(cache, object);
    kmem_cache_free(cache, other);
    kfree(block);
    kmem_cache_shrink(cache);
    kfree(kmalloc(3));
    return good && kmem_cache_destroy(cache) && quarry_check(quarry_kernel_heap) ? 0 : 1;
}
END

cat >"$work/caps.cpp" <<'END'
#include "quarry/caps.h"

alignas(64) static unsigned char region[65536];

int main() {
    quarry_caps caps = {};
    quarry_caps_memory memory = {};
    memory.heap = quarry_create(region, sizeof(region), nullptr);
    memory.start = region;
    memory.bytes = sizeof(region);
    memory.bits = 2;
    memory.multiple_bytes = 32;
    bool good = quarry_caps_add(&caps, &memory);
    void *block = quarry_caps_malloc(&caps, 2 | QUARRY_CAPS_PREFER(1), 100);
    good = good && block != nullptr && quarry_caps_owner(&caps, block) == &memory;
    quarry_caps_free(&caps, block);
    return good && quarry_check(memory.heap) ? 0 : 1;
}
END

cat >"$work/emalloc.cpp" <<'END'
#include "quarry/emalloc.h"

alignas(64) static unsigned char region[262144];

static void *relayed(size_t bytes ZEND_FILE_LINE_DC ZEND_FILE_LINE_ORIG_DC) {
#if QUARRY_TRACK
    (void)__zend_orig_filename, (void)__zend_orig_lineno;
#endif
    return emalloc_rel(bytes);
}

static void *take(zend_mm_storage *, size_t, size_t) { return nullptr; }

static int freed;

static void count(void *, zend_mm_heap *, void *) { freed++; }

void quarry_print(const char *) {}

int main() {
    quarry_memory memory = {};
    memory.region = region;
    memory.region_bytes = sizeof(region);
    if (!start_memory_manager(&memory) || zend_mm_get_heap() == nullptr)
        return 1;
    quarry_observer observer = {};
    observer.freed = count;
    char *text = estrdup("text");
    void *small = emalloc(40), *large = emalloc_large(5000), *many = safe_emalloc(3, 4, 5), *kept = pemalloc(10, true);
    void *may_fail = femalloc(100, true), *other = relayed(30 ZEND_FILE_LINE_CC ZEND_FILE_LINE_EMPTY_CC);
    bool good = small != nullptr && many != nullptr && may_fail != nullptr && zend_mem_block_size(large) >= 5000;
    large = erealloc(large, 9000);
    efree_size(small, 40);
    good = good && quarry_add_observer(zend_mm_get_heap(), &observer);
    efree(text);
    efree(other);
    pefree(kept, true);
    good = good && freed == 2 && quarry_remove_observer(zend_mm_get_heap(), &observer);
    good = good && is_zend_ptr(large) && zend_set_memory_limit(100000) == SUCCESS;
    zend_mm_handlers handlers = {take, nullptr, nullptr, nullptr};
    good = good && zend_mm_startup_ex(&handlers, nullptr, 0) == nullptr;
    good = good && quarry_check(zend_mm_get_heap());
    shutdown_memory_manager(true, false);
    good = good && zend_memory_usage(false) == 0;
    shutdown_memory_manager(true, true);
    return good ? 0 : 1;
}
END

# $1: program; the rest: compiler and flags.
run() {
    program=$1
    shift
    "$@" "$work/$program.cpp" "$library" -o "$work/$program" && "$work/$program"
}

for compiler; do
    for standard in c++11 c++17; do
        flags="-std=$standard -Wall -Wextra -Wconversion -Wundef -Wpedantic -Werror -I$root/include"
        expect "$compiler -std=$standard quarry.h" run user $compiler $flags
        expect "$compiler -std=$standard kmalloc.h" run kmalloc $compiler $flags
        expect "$compiler -std=$standard caps.h" run caps $compiler $flags
        expect "$compiler -std=$standard emalloc.h" run emalloc $compiler $flags
        expect "$compiler -std=$standard emalloc.h -DQUARRY_TRACK=1" \
            $compiler $flags -DQUARRY_TRACK=1 -c "$work/emalloc.cpp" -o "$work/emalloc.o"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
