/* SPDX-License-Identifier: MIT
 *
 * mps2-an521.c: console and second core of QEMU mps2-an521, an MPS2+ board with FPGA image AN521: two Cortex-M33.
 *
 * Test bed only. Both CPUs boot in secure state and stay there; addresses are secure aliases, as on mps2-an505, whose
 * memory this board has. The second CPU waits until a register of the SSE-200 lets it go, and takes stack and entry
 * from the vectors whose address another register holds.
 */
#include <stdint.h>

#include "../../qemu/board.h"
#include "../../qemu/cores.h"

#define VECTORS_1    0x50021114u
#define CPU_WAIT     0x50021118u
#define CPU_IDENTITY 0x5001f000u

const char machine_name[] = "QEMU mps2-an521, two Cortex-M33";
const uintptr_t board_cmsdk_uart = 0x50200000;

void fault_entry(void);
void core_entry(void);

static volatile uint32_t *at(uintptr_t address)
{
    return (volatile uint32_t *)address;
}

unsigned machine_core(void)
{
    return *at(CPU_IDENTITY);
}

static void (*core_function)(unsigned core);

__attribute__((used)) void core_entry(void)
{
    core_function(1);
}

bool machine_start_core(unsigned core, void *stack_top, void (*entry)(unsigned core))
{
    static _Alignas(128) uintptr_t vectors[16];

    if (core != 1 || *at(CPU_WAIT) == 0)
        return false;
    core_function = entry;
    for (unsigned i = 2; i < 16; i++)
        vectors[i] = (uintptr_t)fault_entry;
    vectors[0] = (uintptr_t)stack_top;
    vectors[1] = (uintptr_t)core_entry;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    *at(VECTORS_1) = (uintptr_t)vectors;
    *at(CPU_WAIT) = 0;
    return true;
}
