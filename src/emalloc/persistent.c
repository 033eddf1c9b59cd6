/* SPDX-License-Identifier: MIT
 *
 * persistent.c: the blocks of the persistent heap, which no request's end touches.
 */
#include "emalloc.h"
#include "manager.h"

#include "../bytes.h"

struct quarry_heap *quarry_persistent_heap(void)
{
    return qi_manager_persistent;
}

static void *or_fail(void *block, size_t bytes)
{
    if (block == NULL)
        quarry_out_of_memory(qi_manager_persistent, bytes);
    return block;
}

void *__zend_malloc(size_t len)
{
    return or_fail(qi_manager_persistent != NULL ? quarry_malloc(qi_manager_persistent, len) : NULL, len);
}

void *_safe_malloc(size_t nmemb, size_t size, size_t offset)
{
    return __zend_malloc(qi_emalloc_size_of_many(nmemb, size, offset));
}

void *__zend_calloc(size_t nmemb, size_t len)
{
    size_t bytes = qi_emalloc_size_of_many(nmemb, len, 0);
    void *block = __zend_malloc(bytes);
    qi_bytes_clear(block, bytes);
    return block;
}

void *__zend_realloc(void *p, size_t len)
{
    struct quarry_heap *heap = qi_manager_persistent;
    if (p == NULL || heap == NULL)
        return __zend_malloc(len);
    void *block = quarry_realloc(heap, p, len);
    return block != NULL || !qi_serve_lacks_memory(heap, p) ? block : or_fail(NULL, len); /* or it was reported */
}

void *_safe_realloc(void *ptr, size_t nmemb, size_t size, size_t offset)
{
    return __zend_realloc(ptr, qi_emalloc_size_of_many(nmemb, size, offset));
}

void __zend_free(void *p)
{
    if (qi_manager_persistent != NULL)
        quarry_free(qi_manager_persistent, p);
    else if (p != NULL)
        qi_report_without_heap(QUARRY_INVALID_POINTER, p);
}

char *zend_strndup(const char *s, size_t length)
{
    char *copy = _safe_malloc(length, 1, 1);
    qi_bytes_copy(copy, s, length);
    copy[length] = '\0';
    return copy;
}

char *__zend_strdup(const char *s)
{
    return zend_strndup(s, qi_emalloc_length(s));
}
