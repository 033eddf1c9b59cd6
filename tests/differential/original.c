/* SPDX-License-Identifier: MIT
 *
 * original.c: the program's adapter to PHP's own allocator, as Debian's libphp8.2-embed has it.
 *
 * Nothing of PHP is started but the allocator. Its reports name the file of the script that asked; without a script
 * that is number 10 of the strings that the engine makes when it starts, so such a string is put there.
 */
#include "subject.h"

#include <stdlib.h>

/* Two sides, two types: the original's takes nothing. */
void original_start(void) __asm__("start_memory_manager");

void *_emalloc_8(void);
void *_emalloc_24(void);
void *_emalloc_112(void);
void *_emalloc_1536(void);
void *_emalloc_3072(void);
#undef _emalloc_large
#undef _emalloc_huge
#undef _efree_large
#undef _efree_huge
void *_emalloc_large(size_t bytes);
void *_emalloc_huge(size_t bytes);
void _efree_8(void *block);
void _efree_24(void *block);
void _efree_112(void *block);
void _efree_1536(void *block);
void _efree_3072(void *block);
void _efree_large(void *block, size_t bytes);
void _efree_huge(void *block, size_t bytes);

zend_result zend_set_memory_hard_limit_percent(int64_t percent);

/* How the engine lays out a string. */
struct string {
    uint32_t references, flags;
    uint64_t hash;
    size_t length;
    char text[8];
};

enum { NO_FILE = 10, KNOWN_STRINGS = 64, NEVER_FREED = 0x40 };

extern struct string **zend_known_strings;
static struct string no_file = {.references = 1, .flags = NEVER_FREED, .length = 4, .text = "none"};
static struct string *known_strings[KNOWN_STRINGS] = {[NO_FILE] = &no_file};

void subject_start(void)
{
    zend_known_strings = known_strings;
    original_start();
    /* Above its limit this build serves on, up to this percentage of it, and raises the error when the script goes on.
     * Quarry has one limit, so both are the same here. */
    zend_set_memory_hard_limit_percent(100);
}

void subject_persistent_free(void *block)
{
    free(block);
}

void *subject_constant(size_t number)
{
    switch (number) {
    case 0:
        return _emalloc_8();
    case 1:
        return _emalloc_24();
    case 2:
        return _emalloc_112();
    case 3:
        return _emalloc_1536();
    case 4:
        return _emalloc_3072();
    case 5:
        return _emalloc_large(100000);
    default:
        return _emalloc_huge(3 * 1024 * 1024);
    }
}

void subject_constant_free(size_t number, void *block)
{
    switch (number) {
    case 0:
        _efree_8(block);
        break;
    case 1:
        _efree_24(block);
        break;
    case 2:
        _efree_112(block);
        break;
    case 3:
        _efree_1536(block);
        break;
    case 4:
        _efree_3072(block);
        break;
    case 5:
        _efree_large(block, 100000);
        break;
    default:
        _efree_huge(block, 3 * 1024 * 1024);
    }
}
