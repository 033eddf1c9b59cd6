/* SPDX-License-Identifier: MIT
 *
 * memory.c: see hooks.h.
 */
#include "../report.h"
#include "fill.h"
#include "tool.h"

#if QUARRY_CHECK_LEVEL >= 3 || MARK_IS_ON

void qi_memory_allocated(const struct reporter *reporter, const void *start, size_t bytes)
{
    if (reporter == NULL) {
        mark_tool_open(start, bytes);
        return;
    }
    const void *damage = FILL_IS_ON ? qi_fill_damage(start, bytes) : NULL;
    if (damage != NULL)
        qi_report_write(reporter, damage);
}

void qi_memory_freed(const struct reporter *reporter, const void *start, size_t bytes)
{
    mark_tool_close(start, bytes);
    if (FILL_IS_ON && reporter != NULL)
        qi_fill((void *)(uintptr_t)start, bytes);
}

void qi_memory_work_begins(void)
{
    mark_tool_enter();
}

void qi_memory_work_ends(void)
{
    mark_tool_leave();
}

#endif
