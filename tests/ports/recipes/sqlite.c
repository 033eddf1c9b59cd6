/* SPDX-License-Identifier: MIT
 *
 * sqlite.c: SQLite on a heap: a database in memory, one that is too large, and the sizes that it is told.
 */
#include "recipe_sqlite.h"

#include <stdlib.h>

#include "recipes.h"

static unsigned char region[2 * 1024 * 1024];
struct quarry_heap *heap;

static void *watched_malloc(int bytes)
{
    return served(heap, sqlite_memory.xMalloc(bytes), (size_t)bytes);
}
static void *watched_realloc(void *block, int bytes)
{
    return served(heap, sqlite_memory.xRealloc(block, bytes), (size_t)bytes);
}

static int first_number(void *context, int columns, char **values, char **names)
{
    (void)columns, (void)names;
    *(long *)context = strtol(values[0], NULL, 10);
    return 0;
}

/* The number that a statement answers, or -1. */
static long ask(sqlite3 *database, const char *statement)
{
    long answer = -1;
    return sqlite3_exec(database, statement, first_number, &answer, NULL) == SQLITE_OK ? answer : -1;
}

static void test_rounded_size_is_what_the_block_has(void)
{
    for (int bytes = 1; bytes < 20000; bytes += 1 + bytes / 16) {
        const int rounded = sqlite_memory.xRoundup(bytes);
        void *block = watched_malloc(rounded);
        CHECK(rounded >= bytes && sqlite_memory.xSize(block) == rounded);
        sqlite_memory.xFree(block);
    }
    CHECK(sqlite_memory.xRoundup(INT_MAX) == 0); /* no int says how much that would be */
}

int main(void)
{
    heap = quarry_create(region, sizeof region, NULL);
    test_rounded_size_is_what_the_block_has();
    sqlite3_mem_methods methods = sqlite_memory;
    methods.xMalloc = watched_malloc;
    methods.xRealloc = watched_realloc;
    sqlite3 *database = NULL;
    CHECK(sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) == SQLITE_OK);
    CHECK(sqlite3_open(":memory:", &database) == SQLITE_OK);
    CHECK(ask(database, "create table t(a integer primary key, b text); create index i on t(b);"
                        "with recursive n(x) as (select 1 union all select x + 1 from n where x < 2000)"
                        "insert into t select x, 'row ' || x from n; select count(*) from t") == 2000);
    CHECK(ask(database, "update t set b = b || ' again' where a % 3 = 0; delete from t where a % 2 = 0;"
                        "select sum(length(b)) from t") == 9443);
    CHECK(sqlite3_exec(database, "create table large(b blob)", NULL, NULL, NULL) == SQLITE_OK);
    int answer = SQLITE_OK;
    for (int i = 0; i < 100 && answer == SQLITE_OK; i++)
        answer = sqlite3_exec(database, "insert into large values(zeroblob(100000))", NULL, NULL, NULL);
    CHECK(answer == SQLITE_NOMEM);
    CHECK(ask(database, "select count(*) from t") == 1000);
    CHECK(sqlite3_close(database) == SQLITE_OK && sqlite3_shutdown() == SQLITE_OK);
    recipe_check_end(heap, 3000, 1000000);
    return recipe_verdict();
}
