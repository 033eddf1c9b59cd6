/* SPDX-License-Identifier: MIT
 *
 * own_heap.c: a program that makes the libc's heap itself: on a provider, with a hook that frees memory when a request
 * cannot be served. Requests from inside the hooks have the answers that the port's README promises.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "libc_heap.h"

static unsigned char frames[10 * 4096] __attribute__((aligned(4096)));
static size_t frames_used;
static enum quarry_misuse_kind misuse_kind;
static bool must_reenter;
static void *block_of_reentry, *block_while_making = frames;
static void *spare;
static unsigned oom_calls;

static void *acquire(void *context, size_t bytes, size_t align_bytes)
{
    (void)context, (void)align_bytes;
    if (must_reenter)
        block_of_reentry = malloc(10);
    if (bytes > sizeof frames - frames_used)
        return NULL;
    frames_used += bytes;
    return frames + frames_used - bytes;
}

static void on_misuse(void *context, const struct quarry_misuse *misuse)
{
    (void)context;
    misuse_kind = misuse->kind;
}

static bool on_oom(void *context, struct quarry_heap *heap, size_t bytes)
{
    (void)context, (void)heap, (void)bytes;
    oom_calls++;
    if (spare == NULL)
        return false;
    free(spare);
    spare = NULL;
    return true;
}

struct quarry_heap *quarry_libc_make_heap(void)
{
    static const struct quarry_source source = {.acquire = acquire};
    static const struct quarry_options options = {.chunk_bytes = 4096, .on_oom = on_oom, .on_misuse = on_misuse};
    block_while_making = malloc(10);
    return quarry_create_from_source(&source, &options);
}

static void test_a_request_while_the_heap_is_made_is_null(void)
{
    CHECK(block_while_making == NULL);
    CHECK(quarry_owns(quarry_libc_heap(), strdup("then there is one")));
}

static void test_a_request_from_a_callback_of_the_provider_is_null_and_reported(void)
{
    block_of_reentry = frames;
    must_reenter = true;
    errno = 0;
    void *block = malloc(8000);
    must_reenter = false;
    CHECK(block != NULL && block_of_reentry == NULL);
    CHECK(misuse_kind == QUARRY_REENTRY && errno == ENOMEM);
    free(block);
}

static void test_a_hook_that_frees_memory_lets_the_request_be_served(void)
{
    spare = malloc(16000);
    CHECK(spare != NULL);
    while (malloc(1000) != NULL && oom_calls == 0) {
    }
    CHECK(oom_calls == 1 && spare == NULL);
    CHECK(malloc(9000) != NULL);
    errno = 0;
    CHECK(malloc(sizeof frames) == NULL && errno == ENOMEM && oom_calls == 2);
    CHECK(quarry_check(quarry_libc_heap()));
}

int main(void)
{
    test_a_request_while_the_heap_is_made_is_null();
    test_a_request_from_a_callback_of_the_provider_is_null_and_reported();
    test_a_hook_that_frees_memory_lets_the_request_be_served();
    return report_checks();
}
