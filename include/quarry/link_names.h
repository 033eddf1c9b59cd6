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
 * quarry_config.h has each option's text, QUARRY_LINK_OPTIONS.
 */
#ifndef QUARRY_LINK_NAMES_H
#define QUARRY_LINK_NAMES_H

/* What the compiler puts in front of every name of C: nothing on most systems, an underscore on Apple's. */
#ifdef __USER_LABEL_PREFIX__
#define QUARRY_LINK_PREFIX QUARRY_LINK_TEXT(__USER_LABEL_PREFIX__)
#else
#define QUARRY_LINK_PREFIX ""
#endif
#define QUARRY_LINK_TEXT(text)  QUARRY_LINK_TEXT_(text)
#define QUARRY_LINK_TEXT_(text) #text

/* Behind a declaration: what the linker calls the function. */
#define QUARRY_SYMBOL(text) __asm__(QUARRY_LINK_PREFIX text)

/* Defined as nothing, for library and program alike, QUARRY_LINK_NAME(name) leaves all names as they are in C. */
#ifndef QUARRY_LINK_NAME
#ifdef __GNUC__
#define QUARRY_LINK_NAME(name) QUARRY_SYMBOL(#name QUARRY_LINK_OPTIONS)
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
