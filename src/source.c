/* SPDX-License-Identifier: MIT
 *
 * source.c: see source.h.
 */
#include "source.h"

/* What the seal must be. */
static uintptr_t sum(const struct source *source)
{
    const struct quarry_source *provider = source->provider;
    uintptr_t own = source->limit_bytes + source->acquired_bytes;
    if (provider == NULL)
        return own;
    return own + (uintptr_t)provider + (uintptr_t)provider->context + (uintptr_t)provider->acquire +
           (uintptr_t)provider->release + (uintptr_t)provider->extend + (uintptr_t)provider->truncate +
           provider->align_max_bytes;
}

bool qi_source_is_valid(const struct source *source)
{
    return control_matches(source, provider_check, ~(uintptr_t)source->provider) &&
           control_matches(source, seal, sum(source));
}

void qi_source_seal(struct source *source)
{
    control_keep(source, provider_check, ~(uintptr_t)source->provider);
    control_keep(source, seal, sum(source));
}

/* The same where there is somebody to be told. */
static bool is_valid(const struct source *source)
{
    if (!qi_source_is_valid(source))
        return qi_report_damage(&source->reporter, &source->provider);
    return true;
}

size_t qi_source_room_bytes(const struct source *source)
{
    if (!is_valid(source))
        return 0;
    return source->limit_bytes == 0 ? SIZE_MAX - source->acquired_bytes : source->limit_bytes - source->acquired_bytes;
}

/* Counts what a callback took back. The seal is made anew only over what is undamaged after the callback. */
static void count_back(struct source *source, size_t bytes)
{
    if (!is_valid(source))
        return;
    source->acquired_bytes -= bytes;
    qi_source_seal(source);
}

void qi_source_count(struct source *source, size_t bytes)
{
    if (!is_valid(source))
        return;
    source->acquired_bytes += bytes;
    if (source->acquired_bytes > source->acquired_peak_bytes)
        source->acquired_peak_bytes = source->acquired_bytes;
    qi_source_seal(source);
}

/* Every callback runs between these two. */
void qi_source_close_hot(struct source *source, struct hot_limits *open)
{
    control_copy_hot_limits(open, &source->hot);
    source->hot.bytes = 0;
    control_set_hot_pages(&source->hot, (struct control_pages *)(uintptr_t)&qi_chunk_without_pages, true);
}

void qi_source_open_hot(struct source *source, const struct hot_limits *open)
{
    control_copy_hot_limits(&source->hot, open);
}

/* Gives memory to the provider; false: it never takes any back. */
static bool provider_release(struct source *source, void *memory, size_t bytes)
{
    const struct quarry_source *provider = source->provider;
    if (!is_valid(source) || provider->release == NULL)
        return false;
    memory_allocated(NULL, memory, bytes);
    struct hot_limits open;
    qi_source_close_hot(source, &open);
    provider->release(provider->context, memory, bytes);
    qi_source_open_hot(source, &open);
    return true;
}

void *qi_source_ask(struct source *source, size_t bytes, size_t align_bytes)
{
    const struct quarry_source *provider = source->provider;
    if (provider == NULL || bytes > qi_source_room_bytes(source))
        return NULL;
    struct hot_limits open;
    qi_source_close_hot(source, &open);
    void *memory = memory_address(provider->acquire(provider->context, bytes, align_bytes));
    qi_source_open_hot(source, &open);
    return memory;
}

void *qi_source_accept(struct source *source, void *memory, size_t bytes, size_t align_bytes)
{
    if (!is_valid(source)) /* damaged while the callback ran: the memory is lost */
        return NULL;
    /* The last byte may be the address space's last. */
    if (((uintptr_t)memory & (align_bytes - 1)) != 0 || bytes - 1 > UINTPTR_MAX - (uintptr_t)memory) {
        provider_release(source, memory, bytes);
        return NULL;
    }
    qi_source_count(source, bytes);
    memory_freed(NULL, memory, bytes);
    return memory;
}

bool qi_source_release(struct source *source, void *memory, size_t bytes)
{
    if (!provider_release(source, memory, bytes))
        return false;
    count_back(source, bytes);
    return true;
}

bool qi_source_extend(struct source *source, void *memory, size_t old_bytes, size_t bytes)
{
    const struct quarry_source *provider = source->provider;
    if (bytes - old_bytes > qi_source_room_bytes(source) || provider->extend == NULL)
        return false;
    struct hot_limits open;
    qi_source_close_hot(source, &open);
    bool extended = provider->extend(provider->context, memory, old_bytes, bytes);
    qi_source_open_hot(source, &open);
    return extended;
}

bool qi_source_truncate(struct source *source, void *memory, size_t old_bytes, size_t bytes)
{
    const struct quarry_source *provider = source->provider;
    if (!is_valid(source) || provider->truncate == NULL)
        return false;
    memory_allocated(NULL, (uint8_t *)memory + bytes, old_bytes - bytes);
    struct hot_limits open;
    qi_source_close_hot(source, &open);
    bool truncated = provider->truncate(provider->context, memory, old_bytes, bytes);
    qi_source_open_hot(source, &open);
    if (truncated)
        count_back(source, old_bytes - bytes);
    return truncated;
}
