/* SPDX-License-Identifier: MIT
 *
 * linux-mte.c: a bare Linux process on a CPU with memory tags, without a libc: entry, console, memory, faults, exit.
 * Test bed only. QEMU's user mode runs it (-cpu max), and so does a Linux on a CPU that has tags.
 *
 * Beside the machine virt-mte, because QEMU 7.2, Debian 12's, has one tag for each page where it emulates a whole
 * machine: it leaves the offset in the page out when it looks for a tag. In user mode each granule has its own.
 */
#include "mte.h"

#include "../../qemu/board.h"

const char machine_name[] = "Linux process, memory tags";

enum { SYS_WRITE = 64, SYS_EXIT_GROUP = 94, SYS_RT_SIGACTION = 134, SYS_PRCTL = 167, SYS_MMAP = 222 };
enum { SIGSEGV = 11, SEGV_MTESERR = 9, SA_SIGINFO = 4, SA_NODEFER = 0x40000000 };
enum { PR_SET_TAGGED_ADDR_CTRL = 55, PR_TAGGED_ADDR_ENABLE = 1, PR_MTE_TCF_SYNC = 2, PR_MTE_TAG_SHIFT = 3 };
enum { PROT_READ_WRITE = 3, PROT_MTE = 0x20, MAP_PRIVATE_ANONYMOUS = 0x22 };
enum { RAM_BYTES = 16 << 20 };

/* What the kernel calls siginfo_t, as far as a fault fills it in. */
struct fault_info {
    int signal, error, code, unused;
    uintptr_t address;
};

static struct {
    void *state[5];
    volatile bool is_expected;
    volatile uintptr_t address;
} watch;

static void *ram;

void linux_fault(int signal, const struct fault_info *info, const void *context);
_Noreturn void linux_start(void);

static uintptr_t system_call(uintptr_t number, uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d, uintptr_t e)
{
    register uintptr_t x8 __asm__("x8") = number;
    register uintptr_t x0 __asm__("x0") = a;
    register uintptr_t x1 __asm__("x1") = b;
    register uintptr_t x2 __asm__("x2") = c;
    register uintptr_t x3 __asm__("x3") = d;
    register uintptr_t x4 __asm__("x4") = e;
    register uintptr_t x5 __asm__("x5") = 0;

    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
}

void machine_write(const char *text, size_t bytes)
{
    system_call(SYS_WRITE, 1, (uintptr_t)text, bytes, 0, 0);
}

_Noreturn void machine_exit(int status)
{
    for (;;) {
        system_call(SYS_EXIT_GROUP, (uintptr_t)status & 127, 0, 0, 0, 0);
    }
}

struct machine_ram machine_free_ram(unsigned index)
{
    return index == 0 ? (struct machine_ram){ram, RAM_BYTES} : (struct machine_ram){NULL, 0};
}

bool mte_refuses(void (*access)(void *argument), void *argument, uintptr_t *address)
{
    if (__builtin_setjmp(watch.state) != 0) {
        *address = watch.address;
        return true;
    }
    watch.is_expected = true;
    access(argument);
    watch.is_expected = false;
    return false;
}

/* The signal handler. */
void linux_fault(int signal, const struct fault_info *info, const void *context)
{
    (void)context;
    if (!watch.is_expected || signal != SIGSEGV || info->code != SEGV_MTESERR) {
        machine_fault("signal's code", (uintptr_t)info->code, info->address);
    }
    watch.address = info->address;
    watch.is_expected = false;
    __builtin_longjmp(watch.state, 1);
}

_Noreturn void linux_start(void)
{
    static const struct {
        void (*handler)(int signal, const struct fault_info *info, const void *context);
        uintptr_t flags, restorer, mask;
    } action = {linux_fault, SA_SIGINFO | SA_NODEFER, 0, 0};
    const uintptr_t tags = (uintptr_t)0xFFFE << PR_MTE_TAG_SHIFT; /* IRG never answers tag 0 */

    if (system_call(SYS_PRCTL, PR_SET_TAGGED_ADDR_CTRL, PR_TAGGED_ADDR_ENABLE | PR_MTE_TCF_SYNC | tags, 0, 0, 0) != 0) {
        machine_fault("this CPU has no memory tags", 0, 0);
    }
    ram = (void *)system_call(SYS_MMAP, 0, RAM_BYTES, PROT_READ_WRITE | PROT_MTE, MAP_PRIVATE_ANONYMOUS, (uintptr_t)-1);
    system_call(SYS_RT_SIGACTION, SIGSEGV, (uintptr_t)&action, 0, 8, 0);
    machine_exit(main());
}

/* The kernel enters here, with a stack. */
__asm__(".globl _start\n_start:\n\tmov x29, #0\n\tbl linux_start\n");
