/* SPDX-License-Identifier: MIT
 *
 * wasm_export.h: what the recipe for WAMR needs of WAMR's header, written for the test.
 */
#ifndef QUARRY_TEST_WASM_EXPORT_H
#define QUARRY_TEST_WASM_EXPORT_H

#include <stdbool.h>

typedef enum { Alloc_With_Pool = 0, Alloc_With_Allocator, Alloc_With_System_Allocator } mem_alloc_type_t;
typedef struct {
    mem_alloc_type_t mem_alloc_type;
    struct {
        struct {
            void *malloc_func, *realloc_func, *free_func;
        } allocator;
    } mem_alloc_option;
} RuntimeInitArgs;

bool wasm_runtime_full_init(RuntimeInitArgs *init_args);

#endif
