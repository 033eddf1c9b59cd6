/* SPDX-License-Identifier: MIT
 *
 * clock.h: how many instructions a call takes, exact, on QEMU machines started with -icount shift=10.
 *
 * That option makes an instruction 1,024 ns of virtual time. Cortex-M: SysTick, at 25 MHz, goes down by 25.6 for each,
 * and wraps after 655,360. AArch64: the virtual counter, at 62.5 MHz, goes up by 64; x86_64: the time stamp counter, by
 * 1,024. Every call goes through a pointer with the same four arguments, so that what the measuring itself takes is the
 * same for all: a call of a function that only returns, which is taken off.
 */
#ifndef BENCH_CLOCK_H
#define BENCH_CLOCK_H

#include <stdint.h>

/* A public function. Integers and pointers are passed in the same registers on all three; a bool's upper bits are
 * undefined. */
typedef uintptr_t (*clock_function)(uintptr_t, uintptr_t, uintptr_t, uintptr_t);
#define CLOCK_FUNCTION(name) ((clock_function)(void (*)(void))(name))

#if defined(__ARM_ARCH_7EM__)
#define CLOCK_SYSTICK(offset) (*(volatile uint32_t *)(0xE000E010u + (offset)))
typedef uint32_t clock_ticks;

static inline void clock_start(void)
{
    CLOCK_SYSTICK(4) = 0xFFFFFF;
    CLOCK_SYSTICK(8) = 0;
    CLOCK_SYSTICK(0) = 5;
}

static inline clock_ticks clock_read(void)
{
    return 0u - CLOCK_SYSTICK(8);
}

static inline uint32_t clock_instructions(clock_ticks ticks)
{
    return (uint32_t)(((uint64_t)(ticks & 0xFFFFFFu) * 10 + 128) / 256);
}
#elif defined(__aarch64__)
typedef uint64_t clock_ticks;

static inline void clock_start(void)
{
}

static inline clock_ticks clock_read(void)
{
    uint64_t ticks;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks)::"memory");
    return ticks;
}

static inline uint32_t clock_instructions(clock_ticks ticks)
{
    return (uint32_t)((ticks + 32) / 64);
}
#elif defined(__x86_64__)
typedef uint64_t clock_ticks;

static inline void clock_start(void)
{
}

static inline clock_ticks clock_read(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

static inline uint32_t clock_instructions(clock_ticks ticks)
{
    return (uint32_t)((ticks + 512) / 1024);
}
#else
#error "no exact clock is known for this machine"
#endif

static __attribute__((noinline)) uintptr_t clock_nothing(uintptr_t a, uintptr_t b, uintptr_t c, uintptr_t d)
{
    __asm__ volatile("" ::"r"(a), "r"(b), "r"(c), "r"(d) : "memory");
    return 0;
}

/* Calls a function; its answer, and in *ticks what call and readings took. Not inline: the same code for every one. */
static __attribute__((noinline)) uintptr_t clock_call(clock_function function, const uintptr_t arguments[4],
                                                      clock_ticks *ticks)
{
    uintptr_t a = arguments[0], b = arguments[1], c = arguments[2], d = arguments[3];
    __asm__ volatile("" : "+r"(function), "+r"(a), "+r"(b), "+r"(c), "+r"(d));
    clock_ticks before = clock_read();
    __asm__ volatile("" ::: "memory");
    uintptr_t answer = function(a, b, c, d);
    __asm__ volatile("" ::: "memory");
    *ticks = clock_read() - before;
    return answer;
}

/* A function's own instructions, the first to its return. The empty function is nothing but a return. */
static inline uint32_t clock_count(clock_function function, const uintptr_t arguments[4], uintptr_t *answer)
{
    static clock_ticks empty;
    clock_ticks ticks;
    if (empty == 0)
        clock_call(clock_nothing, arguments, &empty);
    *answer = clock_call(function, arguments, &ticks);
    return clock_instructions(ticks - empty) + 1;
}

#endif
