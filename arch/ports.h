/* SPDX-License-Identifier: MIT
 *
 * ports.h: which port a compiler's own macros ask for. Only preprocessed, never included: tools/port.sh and
 * CMakeLists.txt print what is left of it, tools/amalgamate.py makes it the choice of the two-file version.
 *
 * ARMv4T is not asked for, though armv5te serves it: compilers for ARM take it for granted where no CPU is named.
 * No process runs on ARM's M profile. Elsewhere a compiler that says __unix__, __APPLE__ or _WIN32 makes processes,
 * with -ffreestanding too: a kernel built with such a compiler names its port.
 */
#if defined(__ARM_ARCH_6M__)
"armv6m"
#elif defined(__ARM_ARCH_7M__)
"armv7m"
#elif defined(__ARM_ARCH_7EM__)
"armv7em"
#elif defined(__ARM_ARCH_8M_BASE__) || defined(__ARM_ARCH_8M_MAIN__) || defined(__ARM_ARCH_8_1M_MAIN__)
"armv8m"
#elif defined(__unix__) || defined(__APPLE__) || defined(_WIN32)
"hosted"
#elif defined(__ARM_ARCH_7R__)
"armv7r"
#elif defined(__arm__) && defined(__ARM_ARCH) && __ARM_ARCH >= 7
"armv7a"
#elif defined(__arm__) && defined(__ARM_ARCH) && __ARM_ARCH == 6
"armv6"
#elif defined(__arm__) && defined(__ARM_ARCH) && __ARM_ARCH == 5
"armv5te"
#elif defined(__aarch64__)
"aarch64"
#elif defined(__x86_64__)
"x86_64"
#elif defined(__i386__)
"i386"
#elif defined(__riscv) && __riscv_xlen == 32
"riscv32"
#elif defined(__riscv) && __riscv_xlen == 64
"riscv64"
#elif defined(__XTENSA__)
"xtensa"
#elif defined(__SIZEOF_POINTER__) && __SIZEOF_POINTER__ < 4
#error "Quarry needs pointers of at least 32 bits: its code and control data would take most of a 16-bit CPU's memory"
#else
"none"
#endif
