/* SPDX-License-Identifier: MIT
 *
 * source.c: see source.h.
 */
#include "source.h"

size_t qi_source_room_bytes(const struct source *source)
{
    return source->limit_bytes == 0 ? SIZE_MAX - source->acquired_bytes : source->limit_bytes - source->acquired_bytes;
}

void qi_source_count(struct source *source, size_t bytes)
{
    source->acquired_bytes += bytes;
    if (source->acquired_bytes > source->acquired_peak_bytes)
        source->acquired_peak_bytes = source->acquired_bytes;
}

/* A chunk without a page. It is const, as nothing writes to it. */
static const uintptr_t shut_chunk[SOURCE_SHUT_WORDS];

/* Every callback runs between these two. */
struct source_gate qi_source_shut(struct source *source)
{
    const struct source_gate open = {source->gate.bytes, source->gate.chunk};
    source->gate.bytes = 0;
    source->gate.chunk = (struct chunk *)(uintptr_t)shut_chunk;
    return open;
}

static void reopen(struct source *source, struct source_gate open)
{
    source->gate.bytes = open.bytes;
    source->gate.chunk = open.chunk;
}

/* Gives memory to the provider, or keeps quiet if it never takes any back. */
static bool provider_release(struct source *source, void *memory, size_t bytes)
{
    const struct quarry_source *provider = source->provider;
    if (provider->release == NULL)
        return false;
    const struct source_gate open = qi_source_shut(source);
    provider->release(provider->context, memory, bytes);
    reopen(source, open);
    return true;
}

void *qi_source_acquire(struct source *source, size_t bytes)
{
    const struct quarry_source *provider = source->provider;
    if (provider == NULL || bytes > qi_source_room_bytes(source))
        return NULL;
    const struct source_gate open = qi_source_shut(source);
    void *memory = provider->acquire(provider->context, bytes, QUARRY_PAGE_BYTES);
    reopen(source, open);
    if (memory == NULL)
        return NULL;
    if (((uintptr_t)memory & (QUARRY_PAGE_BYTES - 1)) != 0 || (uintptr_t)memory > UINTPTR_MAX - bytes) {
        provider_release(source, memory, bytes);
        return NULL;
    }
    qi_source_count(source, bytes);
    return memory;
}

bool qi_source_release(struct source *source, void *memory, size_t bytes)
{
    if (!provider_release(source, memory, bytes))
        return false;
    source->acquired_bytes -= bytes;
    return true;
}

bool qi_source_extend(struct source *source, void *memory, size_t old_bytes, size_t bytes)
{
    const struct quarry_source *provider = source->provider;
    if (provider->extend == NULL || bytes - old_bytes > qi_source_room_bytes(source))
        return false;
    const struct source_gate open = qi_source_shut(source);
    bool extended = provider->extend(provider->context, memory, old_bytes, bytes);
    reopen(source, open);
    if (extended)
        qi_source_count(source, bytes - old_bytes);
    return extended;
}

bool qi_source_truncate(struct source *source, void *memory, size_t old_bytes, size_t bytes)
{
    const struct quarry_source *provider = source->provider;
    if (provider->truncate == NULL)
        return false;
    const struct source_gate open = qi_source_shut(source);
    bool truncated = provider->truncate(provider->context, memory, old_bytes, bytes);
    reopen(source, open);
    if (truncated)
        source->acquired_bytes -= old_bytes - bytes;
    return truncated;
}
