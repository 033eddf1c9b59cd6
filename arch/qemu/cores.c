/* SPDX-License-Identifier: MIT
 *
 * cores.c: starts the other cores of a QEMU machine, one after another. Test bed only; all machines share it.
 */
#include "cores.h"

#include <stddef.h>

#include "../arch.h"

#define STACK_BYTES 16384

/* How often to look whether a core runs: some seconds. */
#define LOOKS 1000000000u

static _Alignas(16) char stacks[MACHINE_CORES_MAX][STACK_BYTES];
static void (*core_body)(unsigned core);
static unsigned cores_running;

static void run(unsigned core)
{
    __atomic_store_n(&cores_running, core + 1, __ATOMIC_RELEASE);
    core_body(core);
    for (;;)
        arch_spin_pause();
}

/* For CPUs whose port knows. */
__attribute__((weak)) unsigned machine_core(void)
{
    return arch_core_index();
}

static bool is_running(unsigned core)
{
    return __atomic_load_n(&cores_running, __ATOMIC_ACQUIRE) > core;
}

unsigned machine_start_cores(unsigned count, void (*body)(unsigned core))
{
    core_body = body;
    cores_running = 1;
    for (unsigned core = 1; core < count; core++) {
        if (!machine_start_core(core, stacks[core] + STACK_BYTES, run))
            return core;
        for (unsigned i = 0; i < LOOKS && !is_running(core); i++) {
        }
        if (!is_running(core))
            return core;
    }
    return count;
}
