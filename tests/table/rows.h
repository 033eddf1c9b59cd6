/* SPDX-License-Identifier: MIT
 *
 * rows.h: the misuse table, its only source: tests/table/ runs each row at each check level and compares what is seen
 * with the cells here, and docs/misuse.md shows them (table.py). A row: the scene's name, where its heap lies, what is
 * done in words, and a cell for each check level, 0 to 4. Observers and kinds: table.h. A set of two kinds means that
 * either is right: which one depends on what the memory serves by now.
 *
 * A cell is one word or an expression that C and Python read alike.
 */
#ifndef QUARRY_TABLE_ROWS_H
#define QUARRY_TABLE_ROWS_H

#define GONE (DOUBLE_FREE | INVALID_POINTER)

/* At level 4 each call finds it, whatever it is a call for. */
#define EACH(kinds) (NEXT(kinds) | CHECK_(kinds) | WALK(kinds) | REUSE(kinds))

#define OVERRUN_3      (FREE(OVERRUN) | CHECK_(OVERRUN) | WALK(OVERRUN))
#define OVERRUN_4      (EACH(OVERRUN) | FREE(OVERRUN))
#define OVERRUN_NODE_3 (FREE(OVERRUN) | CHECK_(CORRUPT) | WALK(OVERRUN) | REUSE(CORRUPT))
#define EITHER         (OVERRUN | CORRUPT)
#define OVERRUN_NODE_4 (NEXT(CORRUPT) | FREE(EITHER) | CHECK_(CORRUPT) | WALK(EITHER) | REUSE(EITHER))
#define LINK_1         (CHECK_(CORRUPT) | REUSE(CORRUPT))
#define LINK_RUN_1     (FREE(CORRUPT) | CHECK_(CORRUPT) | REUSE(CORRUPT))
#define LINK_4         EACH(CORRUPT)
#define WRITE_3        (CHECK_(WRITE_AFTER_FREE) | REUSE(WRITE_AFTER_FREE))
#define WRITE_4        EACH(WRITE_AFTER_FREE)

/* clang-format off */
#define TABLE_ROWS(ROW) \
    /*  name, heap, words,                              level 0, level 1, level 2, level 3, level 4 */ \
    ROW(double_free_small, ON_REGION, "double free of a small block, at once", \
        NOT_RUN, CALL(DOUBLE_FREE), CALL(DOUBLE_FREE), CALL(DOUBLE_FREE), CALL(DOUBLE_FREE)) \
    ROW(double_free_small_later, ON_REGION, "double free of a small block, after another free", \
        NOT_RUN, CALL(DOUBLE_FREE), CALL(DOUBLE_FREE), CALL(DOUBLE_FREE), CALL(DOUBLE_FREE)) \
    ROW(double_free_small_slot_reused, ON_REGION, "double free of a small block, after a malloc of its size", \
        OTHER_FREED, OTHER_FREED, OTHER_FREED, CALL(DOUBLE_FREE), CALL(DOUBLE_FREE)) \
    ROW(double_free_small_run_reused, ON_REGION, "double free of a small block, a large one over its run", \
        NOT_RUN, CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER)) \
    ROW(double_free_large, ON_REGION, "double free of a large block, at once", \
        NOT_RUN, CALL(GONE), CALL(GONE), CALL(GONE), CALL(GONE)) \
    ROW(double_free_large_later, ON_REGION, "double free of a large block, after its neighbour's", \
        NOT_RUN, CALL(GONE), CALL(GONE), CALL(GONE), CALL(GONE)) \
    ROW(double_free_large_reused, ON_REGION, "double free of a large block, a longer one over its pages", \
        NOT_RUN, CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER)) \
    ROW(double_free_huge, ON_SOURCE, "double free of a huge block, at once", \
        CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), \
        CALL(INVALID_POINTER)) \
    ROW(double_free_huge_reused, ON_SOURCE, "double free of a huge block, a longer one over it", \
        CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), \
        CALL(INVALID_POINTER)) \
    ROW(inner_small, ON_REGION, "free of a pointer into a small block", \
        NOT_RUN, CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER)) \
    ROW(inner_large, ON_REGION, "free of a pointer into a large block", \
        NOT_RUN, CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER)) \
    ROW(inner_huge, ON_SOURCE, "free of a pointer into a huge block", \
        CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), \
        CALL(INVALID_POINTER)) \
    ROW(foreign_stack, ON_REGION, "free of a variable on the stack", \
        CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), \
        CALL(INVALID_POINTER)) \
    ROW(foreign_control, ON_REGION, "free of a pointer to the heap's control data", \
        CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), \
        CALL(INVALID_POINTER)) \
    ROW(foreign_free_memory, ON_REGION, "free of a pointer to memory that was never handed out", \
        NOT_RUN, CALL(GONE), CALL(GONE), CALL(GONE), CALL(GONE)) \
    ROW(other_heap_small, ON_REGION, "free of another heap's small block", \
        CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), \
        CALL(INVALID_POINTER)) \
    ROW(other_heap_large, ON_REGION, "free of another heap's large block", \
        CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), CALL(INVALID_POINTER), \
        CALL(INVALID_POINTER)) \
    ROW(realloc_dead_small, ON_REGION, "realloc of a freed small block", \
        NOT_RUN, CALL(DOUBLE_FREE), CALL(DOUBLE_FREE), CALL(DOUBLE_FREE), CALL(DOUBLE_FREE)) \
    ROW(realloc_dead_large, ON_REGION, "realloc of a freed large block", \
        NOT_RUN, CALL(GONE), CALL(GONE), CALL(GONE), CALL(GONE)) \
    ROW(free_after_reset, ON_REGION, "free of a block from before a reset", \
        NOT_RUN, CALL(GONE), CALL(GONE), CALL(GONE), CALL(GONE)) \
    ROW(wrong_size_small, ON_REGION, "sized free of a small block, with another slot's size", \
        NOT_SEEN, NOT_SEEN, CALL(WRONG_SIZE), CALL(WRONG_SIZE), CALL(WRONG_SIZE)) \
    ROW(wrong_size_large, ON_REGION, "sized free of a large block, with a page too much", \
        NOT_SEEN, NOT_SEEN, CALL(WRONG_SIZE), CALL(WRONG_SIZE), CALL(WRONG_SIZE)) \
    ROW(wrong_size_huge, ON_SOURCE, "sized free of a huge block, with half its size", \
        NOT_SEEN, NOT_SEEN, CALL(WRONG_SIZE), CALL(WRONG_SIZE), CALL(WRONG_SIZE)) \
    ROW(over_small_1, ON_REGION, "overflow by 1 byte, from a small block into the next", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_small_8, ON_REGION, "overflow by 8 bytes, from a small block into the next", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_small_16, ON_REGION, "overflow by 16 bytes, from a small block into the next", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_small_64, ON_REGION, "overflow by 64 bytes, from a small block into the next ones", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_large_1, ON_REGION, "overflow by 1 byte, from a large block into the next", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_large_8, ON_REGION, "overflow by 8 bytes, from a large block into the next", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_large_16, ON_REGION, "overflow by 16 bytes, from a large block into the next", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_large_64, ON_REGION, "overflow by 64 bytes, from a large block into the next", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_huge, ON_SOURCE, "overflow by 1 byte, from a huge block as long as its memory", \
        NOT_RUN, NOT_RUN, NOT_RUN, OVERRUN_3, OVERRUN_4) \
    ROW(under_small_1, ON_REGION, "underflow by 1 byte, from a small block into the one before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(under_small_8, ON_REGION, "underflow by 8 bytes, from a small block into the one before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(under_small_16, ON_REGION, "underflow by 16 bytes, from a small block into the one before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(under_small_64, ON_REGION, "underflow by 64 bytes, from a small block into the ones before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(under_large_1, ON_REGION, "underflow by 1 byte, from a large block into the one before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(under_large_8, ON_REGION, "underflow by 8 bytes, from a large block into the one before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(under_large_16, ON_REGION, "underflow by 16 bytes, from a large block into the one before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(under_large_64, ON_REGION, "underflow by 64 bytes, from a large block into the one before", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, OVERRUN_3, OVERRUN_4) \
    ROW(over_into_node, ON_REGION, "overflow from a small block, 16 bytes into a free slot that holds a link", \
        NOT_RUN, LINK_1, LINK_1, OVERRUN_NODE_3, OVERRUN_NODE_4) \
    ROW(over_into_free_run, ON_REGION, "overflow from a large block, 16 bytes into the free run behind it", \
        NOT_RUN, LINK_RUN_1, LINK_RUN_1, OVERRUN_NODE_3, OVERRUN_NODE_4) \
    ROW(write_small_first, ON_REGION, "write to a freed small block, first word", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, WRITE_3, WRITE_4) \
    ROW(write_small_middle, ON_REGION, "write to a freed small block, in the middle", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, WRITE_3, WRITE_4) \
    ROW(write_small_last, ON_REGION, "write to a freed small block, last byte", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, WRITE_3, WRITE_4) \
    ROW(write_node_first, ON_REGION, "write to a freed small block that holds a link, first word", \
        NOT_RUN, LINK_1, LINK_1, LINK_1, LINK_4) \
    ROW(write_node_middle, ON_REGION, "write to a freed small block that holds a link, in the middle", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, WRITE_3, WRITE_4) \
    ROW(write_node_last, ON_REGION, "write to a freed small block that holds a link, last byte", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, WRITE_3, WRITE_4) \
    ROW(write_large_first, ON_REGION, "write to a freed large block, first word", \
        NOT_RUN, LINK_1, LINK_1, LINK_1, LINK_4) \
    ROW(write_large_middle, ON_REGION, "write to a freed large block, in the middle", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, WRITE_3, WRITE_4) \
    ROW(write_large_last, ON_REGION, "write to a freed large block, last byte", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, WRITE_3, WRITE_4) \
    ROW(read_small, ON_REGION, "read of a freed small block", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, FILL_READ, FILL_READ) \
    ROW(read_large, ON_REGION, "read of a freed large block", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, FILL_READ, FILL_READ) \
    ROW(control_data_bit, NOWHERE, "any bit of the control data changed", \
        NO_PROMISE, NO_PROMISE, SURVIVES, SURVIVES, SURVIVES) \
    ROW(source_misaligned, NOWHERE, "a source that gives misaligned memory", \
        REFUSED, REFUSED, REFUSED, REFUSED, REFUSED) \
    ROW(source_twice, NOWHERE, "a source that gives the same memory twice", \
        NOT_RUN, REFUSED, REFUSED, REFUSED, REFUSED) \
    ROW(source_overlaps, NOWHERE, "a source that gives memory which overlaps the heap's", \
        NOT_RUN, REFUSED, REFUSED, REFUSED, REFUSED) \
    ROW(source_extends_not, NOWHERE, "a source that says it extended, and did not", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, NOT_SEEN, NOT_SEEN) \
    ROW(source_truncates_not, NOWHERE, "a source that says it truncated, and did not", \
        NOT_SEEN, NOT_SEEN, NOT_SEEN, NOT_SEEN, NOT_SEEN) \
    ROW(source_calls_back, NOWHERE, "a source whose release calls the heap that called it", \
        CALL(REENTRY), CALL(REENTRY), CALL(REENTRY), CALL(REENTRY), CALL(REENTRY))
/* clang-format on */

#endif
