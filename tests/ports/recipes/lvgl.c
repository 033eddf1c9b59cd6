/* SPDX-License-Identifier: MIT
 *
 * lvgl.c: the recipe for LVGL, which Debian does not have. This program calls what LVGL would call.
 */
#include "recipe_lvgl.h"

#include <string.h>

#include "recipes.h"

static unsigned char more[32 * 1024];

static void test_blocks_come_and_go(void)
{
    for (size_t i = 1; i < 300; i++) {
        void *block = served(heap, lv_malloc_core(i), i);
        void *larger = served(heap, lv_realloc_core(block, 10 * i), 10 * i);
        lv_free_core(larger != NULL ? larger : block);
    }
    CHECK(lv_malloc_core(sizeof memory) == NULL);
}

static void test_monitor_says_what_is_used(void)
{
    lv_mem_monitor_t monitor = {0};
    lv_mem_monitor_core(&monitor);
    const unsigned before = monitor.used_pct;
    CHECK(monitor.free_size > sizeof memory * 9 / 10 && monitor.frag_pct == 0 && monitor.used_cnt == 0);
    void *first = lv_malloc_core(16 * 1024), *second = lv_malloc_core(16 * 1024);
    lv_free_core(second > first ? first : second); /* a hole at one end, free memory at the other */
    lv_mem_monitor_core(&monitor);
    CHECK(monitor.used_cnt == 1 && monitor.used_pct >= before + 25 && monitor.max_used >= 32 * 1024);
    CHECK(monitor.free_biggest_size < monitor.free_size && monitor.frag_pct > 10);
    lv_free_core(second > first ? second : first);
}

static void test_pool_adds_memory(void)
{
    lv_mem_monitor_t before = {0}, after = {0};
    lv_mem_monitor_core(&before);
    CHECK(lv_mem_add_pool(more, sizeof more) == more);
    lv_mem_monitor_core(&after);
    CHECK(after.total_size > before.total_size + sizeof more * 9 / 10 && after.free_cnt == before.free_cnt + 1);
    lv_mem_remove_pool(more);
    CHECK(lv_mem_add_pool(more, 1) == NULL);
}

int main(void)
{
    lv_mem_init();
    test_blocks_come_and_go();
    test_monitor_says_what_is_used();
    test_pool_adds_memory();
    CHECK(lv_mem_test_core() == LV_RESULT_OK);
    recipe_check_end(heap, 500, 32 * 1024);
    lv_mem_deinit();
    return recipe_verdict();
}
