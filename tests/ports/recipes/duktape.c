/* SPDX-License-Identifier: MIT
 *
 * duktape.c: Duktape on a heap: a script with objects and strings, and one that runs out of memory.
 */
#include "recipe_duktape.h"

#include <stdlib.h>
#include <string.h>

#include "recipes.h"

static unsigned char region[1024 * 1024];

static void *watched_malloc(void *heap, duk_size_t bytes)
{
    return served(heap, duktape_malloc(heap, bytes), bytes);
}
static void *watched_realloc(void *heap, void *block, duk_size_t bytes)
{
    return served(heap, duktape_realloc(heap, block, bytes), bytes);
}

static void fatal(void *context, const char *message)
{
    (void)context;
    printf("FAIL duktape: %s\n", message);
    exit(1);
}

/* What a script answers, or the text of its error, is text? */
static bool answers(duk_context *script, const char *source, const char *text)
{
    duk_peval_string(script, source);
    const bool same = strcmp(duk_safe_to_string(script, -1), text) == 0;
    duk_pop(script);
    return same;
}

int main(void)
{
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    duk_context *script = duktape_on(heap, fatal); /* with the recipe's own functions */
    CHECK(script != NULL && answers(script, "[3, 1, 2].sort().join('')", "123"));
    if (script != NULL)
        duk_destroy_heap(script);
    script = duk_create_heap(watched_malloc, watched_realloc, duktape_free, heap, fatal);
    CHECK(script != NULL);
    if (script == NULL)
        return recipe_verdict();
    CHECK(answers(script,
                  "var n = 0; for (var i = 0; i < 500; i++) { var o = {id: i, name: 'item ' + i};"
                  "n += JSON.stringify(o).length + [i, i + 1].map(function(x) { return x * 2; }).length; } n",
                  "14780"));
    CHECK(answers(script,
                  "var kept = [], text; try { for (;;) kept.push(new Array(200).join('x' + kept.length)); }"
                  "catch (e) { text = String(e); } kept = null; text",
                  "Error: alloc failed"));
    CHECK(answers(script, "'still ' + 'here'", "still here"));
    duk_destroy_heap(script);
    recipe_check_end(heap, 3000, 100000);
    return recipe_verdict();
}
