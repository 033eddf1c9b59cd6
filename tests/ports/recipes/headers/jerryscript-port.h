/* SPDX-License-Identifier: MIT
 *
 * jerryscript-port.h: what the recipe for JerryScript needs of JerryScript's header, written for the test.
 */
#ifndef QUARRY_TEST_JERRYSCRIPT_PORT_H
#define QUARRY_TEST_JERRYSCRIPT_PORT_H

#include <stddef.h>

struct jerry_context_t;
typedef enum { JERRY_FATAL_OUT_OF_MEMORY = 10 } jerry_fatal_code_t;

_Noreturn void jerry_port_fatal(jerry_fatal_code_t code);
size_t jerry_port_context_alloc(size_t context_size);
struct jerry_context_t *jerry_port_context_get(void);
void jerry_port_context_free(void);

#endif
