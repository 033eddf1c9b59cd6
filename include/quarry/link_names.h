/* SPDX-License-Identifier: MIT
 *
 * link_names.h: the options of a build, in the names that the linker sees. quarry.h includes it; users do not.
 *
 * QUARRY_LINK_NAME() stands behind the declaration of every function that makes a heap, and of every function whose
 * call depends on an option. To the linker such a function has another name, which ends with each option and its value.
 * So a program does not link with a library that was built with other options, and the linker's message shows the
 * options of the program: "undefined reference to `quarry_create__QUARRY_CHECK_LEVEL_2__QUARRY_LOCK_IRQ__...'".
 * `tools/check-config --compare PROGRAM.o libquarry.a` says which of them differ.
 *
 * It costs no byte and no instruction. Code that is not C or C++ names a function as the linker does: bindgen writes
 * that name for Rust, `nm libquarry.a` shows it. Functions that make a heap have their name in C besides.
 * The values are written in one way whatever expression the program has for them, hence the tables below.
 */
#ifndef QUARRY_LINK_NAMES_H
#define QUARRY_LINK_NAMES_H

#if QUARRY_CHECK_LEVEL == 0
#define QUARRY_LEVEL_TEXT "0"
#elif QUARRY_CHECK_LEVEL == 1
#define QUARRY_LEVEL_TEXT "1"
#elif QUARRY_CHECK_LEVEL == 2
#define QUARRY_LEVEL_TEXT "2"
#elif QUARRY_CHECK_LEVEL == 3
#define QUARRY_LEVEL_TEXT "3"
#elif QUARRY_CHECK_LEVEL == 4
#define QUARRY_LEVEL_TEXT "4"
#endif

#if QUARRY_LOCK == QUARRY_LOCK_NONE
#define QUARRY_LOCK_TEXT "NONE"
#elif QUARRY_LOCK == QUARRY_LOCK_IRQ
#define QUARRY_LOCK_TEXT "IRQ"
#elif QUARRY_LOCK == QUARRY_LOCK_SMP
#define QUARRY_LOCK_TEXT "SMP"
#elif QUARRY_LOCK == QUARRY_LOCK_HOOK
#define QUARRY_LOCK_TEXT "HOOK"
#endif

#if QUARRY_PAGE_BYTES == 64
#define QUARRY_PAGE_TEXT "64"
#elif QUARRY_PAGE_BYTES == 128
#define QUARRY_PAGE_TEXT "128"
#elif QUARRY_PAGE_BYTES == 256
#define QUARRY_PAGE_TEXT "256"
#elif QUARRY_PAGE_BYTES == 512
#define QUARRY_PAGE_TEXT "512"
#elif QUARRY_PAGE_BYTES == 1024
#define QUARRY_PAGE_TEXT "1024"
#elif QUARRY_PAGE_BYTES == 2048
#define QUARRY_PAGE_TEXT "2048"
#elif QUARRY_PAGE_BYTES == 4096
#define QUARRY_PAGE_TEXT "4096"
#elif QUARRY_PAGE_BYTES == 8192
#define QUARRY_PAGE_TEXT "8192"
#elif QUARRY_PAGE_BYTES == 16384
#define QUARRY_PAGE_TEXT "16384"
#elif QUARRY_PAGE_BYTES == 32768
#define QUARRY_PAGE_TEXT "32768"
#elif QUARRY_PAGE_BYTES == 65536
#define QUARRY_PAGE_TEXT "65536"
#endif

#if QUARRY_ALIGN_BYTES == 8
#define QUARRY_ALIGN_TEXT "8"
#elif QUARRY_ALIGN_BYTES == 16
#define QUARRY_ALIGN_TEXT "16"
#endif

#if QUARRY_CHUNK_BYTES == 4096
#define QUARRY_CHUNK_TEXT "4096"
#elif QUARRY_CHUNK_BYTES == 8192
#define QUARRY_CHUNK_TEXT "8192"
#elif QUARRY_CHUNK_BYTES == 16384
#define QUARRY_CHUNK_TEXT "16384"
#elif QUARRY_CHUNK_BYTES == 32768
#define QUARRY_CHUNK_TEXT "32768"
#elif QUARRY_CHUNK_BYTES == 65536
#define QUARRY_CHUNK_TEXT "65536"
#elif QUARRY_CHUNK_BYTES == 131072
#define QUARRY_CHUNK_TEXT "131072"
#elif QUARRY_CHUNK_BYTES == 262144
#define QUARRY_CHUNK_TEXT "262144"
#elif QUARRY_CHUNK_BYTES == 524288
#define QUARRY_CHUNK_TEXT "524288"
#elif QUARRY_CHUNK_BYTES == 1048576
#define QUARRY_CHUNK_TEXT "1048576"
#elif QUARRY_CHUNK_BYTES == 2097152
#define QUARRY_CHUNK_TEXT "2097152"
#elif QUARRY_CHUNK_BYTES == 4194304
#define QUARRY_CHUNK_TEXT "4194304"
#elif QUARRY_CHUNK_BYTES == 8388608
#define QUARRY_CHUNK_TEXT "8388608"
#elif QUARRY_CHUNK_BYTES == 16777216
#define QUARRY_CHUNK_TEXT "16777216"
#elif QUARRY_CHUNK_BYTES == 33554432
#define QUARRY_CHUNK_TEXT "33554432"
#elif QUARRY_CHUNK_BYTES == 67108864
#define QUARRY_CHUNK_TEXT "67108864"
#endif

#if QUARRY_STATS == 0
#define QUARRY_STATS_TEXT "0"
#elif QUARRY_STATS == 1
#define QUARRY_STATS_TEXT "1"
#endif

#if QUARRY_TRACK == 0
#define QUARRY_TRACK_TEXT "0"
#elif QUARRY_TRACK == 1
#define QUARRY_TRACK_TEXT "1"
#endif

#if QUARRY_MARK == QUARRY_MARK_NONE
#define QUARRY_MARK_TEXT "NONE"
#elif QUARRY_MARK == QUARRY_MARK_ASAN
#define QUARRY_MARK_TEXT "ASAN"
#elif QUARRY_MARK == QUARRY_MARK_VALGRIND
#define QUARRY_MARK_TEXT "VALGRIND"
#elif QUARRY_MARK == QUARRY_MARK_MTE
#define QUARRY_MARK_TEXT "MTE"
#endif

#if QUARRY_CORES / 10 == 0
#define QUARRY_CORES_TENS ""
#elif QUARRY_CORES / 10 == 1
#define QUARRY_CORES_TENS "1"
#elif QUARRY_CORES / 10 == 2
#define QUARRY_CORES_TENS "2"
#elif QUARRY_CORES / 10 == 3
#define QUARRY_CORES_TENS "3"
#elif QUARRY_CORES / 10 == 4
#define QUARRY_CORES_TENS "4"
#elif QUARRY_CORES / 10 == 5
#define QUARRY_CORES_TENS "5"
#elif QUARRY_CORES / 10 == 6
#define QUARRY_CORES_TENS "6"
#endif

#if QUARRY_CORES % 10 == 0
#define QUARRY_CORES_ONES "0"
#elif QUARRY_CORES % 10 == 1
#define QUARRY_CORES_ONES "1"
#elif QUARRY_CORES % 10 == 2
#define QUARRY_CORES_ONES "2"
#elif QUARRY_CORES % 10 == 3
#define QUARRY_CORES_ONES "3"
#elif QUARRY_CORES % 10 == 4
#define QUARRY_CORES_ONES "4"
#elif QUARRY_CORES % 10 == 5
#define QUARRY_CORES_ONES "5"
#elif QUARRY_CORES % 10 == 6
#define QUARRY_CORES_ONES "6"
#elif QUARRY_CORES % 10 == 7
#define QUARRY_CORES_ONES "7"
#elif QUARRY_CORES % 10 == 8
#define QUARRY_CORES_ONES "8"
#elif QUARRY_CORES % 10 == 9
#define QUARRY_CORES_ONES "9"
#endif

/* Defined as nothing, for library and program alike, QUARRY_LINK_NAME(name) leaves all names as they are in C. */
#ifndef QUARRY_LINK_NAME
#define QUARRY_LINK_OPTIONS                                                                                            \
    "__QUARRY_CHECK_LEVEL_" QUARRY_LEVEL_TEXT "__QUARRY_LOCK_" QUARRY_LOCK_TEXT                                        \
    "__QUARRY_PAGE_BYTES_" QUARRY_PAGE_TEXT "__QUARRY_ALIGN_BYTES_" QUARRY_ALIGN_TEXT                                  \
    "__QUARRY_CHUNK_BYTES_" QUARRY_CHUNK_TEXT "__QUARRY_STATS_" QUARRY_STATS_TEXT "__QUARRY_TRACK_" QUARRY_TRACK_TEXT  \
    "__QUARRY_MARK_" QUARRY_MARK_TEXT "__QUARRY_CORES_" QUARRY_CORES_TENS QUARRY_CORES_ONES

/* What the compiler puts in front of every name of C: nothing on most systems, an underscore on Apple's. */
#ifdef __USER_LABEL_PREFIX__
#define QUARRY_LINK_PREFIX QUARRY_LINK_TEXT(__USER_LABEL_PREFIX__)
#else
#define QUARRY_LINK_PREFIX ""
#endif
#define QUARRY_LINK_TEXT(text)  QUARRY_LINK_TEXT_(text)
#define QUARRY_LINK_TEXT_(text) #text

#ifdef __GNUC__
#define QUARRY_LINK_NAME(name) __asm__(QUARRY_LINK_PREFIX #name QUARRY_LINK_OPTIONS)
#ifdef __ELF__
#define QUARRY_PLAIN_NAME(name)                                                                                        \
    extern __typeof__(name) name##_plain __asm__(#name) __attribute__((alias(#name QUARRY_LINK_OPTIONS)));
#endif
#else
#define QUARRY_LINK_NAME(name)
#endif
#endif

/* Stands behind the definition of a function that makes a heap: a second symbol, which is its name in C. Debuggers find
 * the function by it, and so does code in other languages, which has no options that could differ. */
#ifndef QUARRY_PLAIN_NAME
#define QUARRY_PLAIN_NAME(name)
#endif

#endif
