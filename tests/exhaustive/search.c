/* SPDX-License-Identifier: MIT
 *
 * search.c: see search.h. The table of keys first, then the store of a level's states, then the search.
 */
#include "search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "calls.h"
#include "report.h"

static const struct scope *scope;

static void *allocate(void *old, size_t bytes)
{
    void *memory_of_host = realloc(old, bytes);
    if (memory_of_host == NULL && bytes != 0)
        report_failure("the host is out of memory");
    return memory_of_host;
}

/* --- keys: an open table of states --- */

/* How a state was first reached, to show the way to a fault. */
struct way {
    uint32_t before;
    struct call call;
};

static struct key *keys;
static uint32_t *places; /* in keys, + 1; 0: none */
static struct way *ways;
static size_t state_count, state_room, place_count;

static uint32_t *place_of(const struct key *key)
{
    size_t at = (size_t)key->low & (place_count - 1);
    while (places[at] != 0 && (keys[places[at] - 1].high != key->high || keys[places[at] - 1].low != key->low))
        at = (at + 1) & (place_count - 1);
    return &places[at];
}

static void make_room(void)
{
    if (state_count < state_room)
        return;
    state_room = state_room == 0 ? 4096 : 2 * state_room;
    keys = allocate(keys, state_room * sizeof *keys);
    ways = allocate(ways, state_room * sizeof *ways);
    place_count = 2 * state_room;
    places = allocate(places, place_count * sizeof *places);
    memset(places, 0, place_count * sizeof *places);
    for (size_t i = 0; i < state_count; i++)
        *place_of(&keys[i]) = (uint32_t)i + 1;
}

/* False: it was there. */
static bool add_key(const struct key *key, uint32_t before, const struct call *call)
{
    make_room();
    uint32_t *place = place_of(key);
    if (*place != 0)
        return false;
    keys[state_count] = *key;
    ways[state_count].before = before;
    ways[state_count].call = *call;
    *place = (uint32_t)++state_count;
    return true;
}

/* --- a level's states, one behind the other --- */

struct level {
    uintptr_t **slabs;
    size_t slab_count, used_words; /* of the last slab */
    size_t states;
};

enum { SLAB_WORDS = 1 << 18 };

static void store(struct level *level, const struct packed *packed)
{
    size_t words = FIGURES + 1 + packed->words;
    if (level->slab_count == 0 || level->used_words + words + 1 > SLAB_WORDS) {
        level->slabs = allocate(level->slabs, (level->slab_count + 1) * sizeof *level->slabs);
        level->slabs[level->slab_count++] = allocate(NULL, SLAB_WORDS * sizeof(uintptr_t));
        level->used_words = 0;
    }
    uintptr_t *at = level->slabs[level->slab_count - 1] + level->used_words;
    at[0] = packed->words;
    memcpy(at + 1, packed->figures, sizeof packed->figures);
    memcpy(at + 1 + FIGURES, packed->word, packed->words * sizeof *at);
    at[words] = 0; /* ends the slab, unless another state follows */
    level->used_words += words;
    level->states++;
}

/* --- the search --- */

static uint32_t current; /* the state that is looked at */
static struct call current_call;
static bool is_calling;

static void show_path(void)
{
    static struct call path[4096];
    unsigned length = 0;
    printf("  scope %s, after\n", scope->name);
    for (uint32_t at = current; at != 0 && length < 4096; at = ways[at].before)
        path[length++] = ways[at].call;
    while (length-- != 0) {
        printf("    ");
        calls_show(scope, &path[length]);
    }
    printf(is_calling ? "  this call: " : "  the state is wrong\n");
    if (is_calling)
        calls_show(scope, &current_call);
}

static struct image before;
static struct known known;
static struct packed packed;

/* Makes one call with every sequence of answers from the source. */
static size_t try_call(struct call *call, struct level *next)
{
    size_t tried = 0;
    uint32_t refuse = 0;
    while (true) {
        call->refuse = refuse & 0xFFFF;
        current_call = *call;
        calls_make(scope, call, &known, &before);
        tried++;
        unsigned asked = memory_answers.asked;
        state_scrub(&before);
        state_pack(&packed);
        if (add_key(&packed.key, current, call))
            store(next, &packed);
        state_restore(&before);
        while (asked != 0 && (refuse >> (asked - 1) & 1) != 0)
            asked--;
        if (asked == 0)
            return tried;
        refuse = (refuse & ((1u << (asked - 1)) - 1)) | 1u << (asked - 1);
    }
}

/* All that must hold in a state, and all calls from it. */
static size_t expand(const uintptr_t *at, struct level *next, bool last)
{
    size_t tried = 0, figures[FIGURES];
    memcpy(figures, at + 1, sizeof figures);
    state_unpack(figures, at + 1 + FIGURES);
    state_save(&before);
    memset(&memory_answers, 0, sizeof memory_answers);
    is_calling = false;
    observe(&known, &before);
    observe_wrong_pointers(&before);
    observe_freeing_all(&before);
    is_calling = true;
    struct call call = {0};
    if (last)
        return 0;
    do {
        if (calls_are_possible(scope, &call))
            tried += try_call(&call, next);
    } while (calls_next(scope, &call));
    return tried;
}

static size_t expand_level(struct level *level, struct level *next, bool last)
{
    size_t tried = 0;
    for (size_t slab = 0; slab < level->slab_count; slab++) {
        const uintptr_t *at = level->slabs[slab];
        for (; at < level->slabs[slab] + SLAB_WORDS && at[0] != 0; at += FIGURES + 1 + at[0]) {
            tried += expand(at, next, last);
            current++;
        }
        free(level->slabs[slab]);
    }
    free(level->slabs);
    memset(level, 0, sizeof *level);
    return tried;
}

static void begin(struct level *level)
{
    const struct quarry_options options = {.on_misuse = report_misuse, .entropy = 0x5EED};
    const struct call none = {0};
    current = 0;
    state_count = state_room = place_count = 0;
    memset(&model, 0, sizeof model);
    heap = memory_begin(scope, &options);
    EXPECT(heap != NULL);
    observe_begin(scope);
    calls_begin(scope);
    state_save(&before);
    state_scrub(&before);
    state_set_root();
    state_pack(&packed);
    add_key(&packed.key, 0, &none);
    store(level, &packed);
}

static void end(void)
{
    free(keys);
    free(ways);
    free(places);
    keys = NULL;
    ways = NULL;
    places = NULL;
}

struct found search(const struct scope *the_scope, unsigned most_depth)
{
    struct level levels[2] = {{0}};
    struct found found = {0};
    scope = the_scope;
    report_path = show_path;
    begin(&levels[0]);
    for (unsigned depth = 0; levels[depth % 2].states != 0; depth++) {
        bool last = most_depth != 0 && depth == most_depth;
        if (getenv("LEVELS") != NULL)
            fprintf(stderr, "  level %u: %zu\n", depth, levels[depth % 2].states);
        found.depth = depth;
        found.calls += expand_level(&levels[depth % 2], &levels[(depth + 1) % 2], last);
        found.closed = !last;
    }
    found.states = state_count;
    end();
    return found;
}
