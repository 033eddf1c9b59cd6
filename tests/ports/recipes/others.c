/* SPDX-License-Identifier: MIT
 *
 * others.c: the recipes for libraries that Debian does not have. This program calls what the library would call.
 */
#include <setjmp.h>
#include <string.h>

#include "recipe_jerryscript.h"
#include "recipe_micropython.h"
#include "recipe_wamr.h"

#include "recipes.h"

static unsigned char region[256 * 1024];
struct quarry_heap *heap;

static jmp_buf fatal;
static bool fatal_is_expected;
static char *python_area;
static size_t python_bytes;

_Noreturn void jerry_port_fatal(jerry_fatal_code_t code)
{
    if (fatal_is_expected)
        longjmp(fatal, code);
    CHECK(!"JerryScript's context is refused");
    exit(recipe_verdict());
}

static void gc_init(char *start, char *end)
{
    python_area = start;
    python_bytes = (size_t)(end - start);
}

#include "recipe_micropython_main.h"

static void test_jerryscript_gets_its_context_and_ends_where_there_is_none(void)
{
    for (int i = 0; i < 150; i++) {
        const size_t bytes = jerry_port_context_alloc(1000);
        CHECK(bytes == 1000 + SCRIPT_BYTES);
        CHECK((uintptr_t)jerry_port_context_get() % 8 == 0);
        memset(served(heap, jerry_port_context_get(), bytes), 1, bytes);
        jerry_port_context_free();
    }
    fatal_is_expected = true;
    const int code = setjmp(fatal);
    if (code == 0)
        jerry_port_context_alloc(sizeof region);
    CHECK(code == JERRY_FATAL_OUT_OF_MEMORY);
    fatal_is_expected = false;
}

static RuntimeInitArgs arguments;

bool wasm_runtime_full_init(RuntimeInitArgs *init_args)
{
    arguments = *init_args;
    return true;
}

static void test_wamr_gets_the_heap(void)
{
    RuntimeInitArgs begin;
    memset(&begin, 0, sizeof begin);
    CHECK(wamr_begin(&begin) && arguments.mem_alloc_type == Alloc_With_Allocator);
    void *(*allocate)(unsigned) = (void *(*)(unsigned))arguments.mem_alloc_option.allocator.malloc_func;
    void *(*change)(void *, unsigned) = (void *(*)(void *, unsigned))arguments.mem_alloc_option.allocator.realloc_func;
    void (*end)(void *) = (void (*)(void *))arguments.mem_alloc_option.allocator.free_func;
    for (unsigned i = 1; i < 300; i++) {
        void *block = served(heap, allocate(i), i);
        void *larger = served(heap, change(block, 10 * i), 10 * i);
        end(larger != NULL ? larger : block);
    }
    CHECK(allocate(sizeof region) == NULL);
}

static void test_micropython_gets_areas_and_hears_how_long_the_next_may_be(void)
{
    CHECK(python_begin(16 * 1024) && python_bytes == 16 * 1024 && quarry_owns(heap, python_area));
    for (int i = 0; i < 120; i++) {
        const size_t bytes = gc_get_max_new_split();
        void *area = served(heap, MP_PLAT_ALLOC_HEAP(bytes), bytes);
        CHECK(bytes > 100000 && MP_PLAT_ALLOC_HEAP(bytes) == NULL);
        MP_PLAT_FREE_HEAP(area);
    }
    MP_PLAT_FREE_HEAP(python_area);
}

int main(void)
{
    heap = quarry_create(region, sizeof region, NULL);
    test_jerryscript_gets_its_context_and_ends_where_there_is_none();
    test_wamr_gets_the_heap();
    test_micropython_gets_areas_and_hears_how_long_the_next_may_be();
    recipe_check_end(heap, 500, 64 * 1024);
    return recipe_verdict();
}
