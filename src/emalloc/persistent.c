/* SPDX-License-Identifier: MIT
 *
 * persistent.c: the blocks of the persistent heap, which no request's end touches. It is no request heap, so it has no
 * handlers and no observers, and nothing notes where its blocks were asked for.
 */
#include "emalloc.h"
#include "manager.h"

struct quarry_heap *quarry_persistent_heap(void)
{
    return qi_manager_persistent;
}

void *__zend_malloc(size_t len)
{
    return qi_emalloc_allocate_from(qi_manager_persistent, len, NULL);
}

void *_safe_malloc(size_t nmemb, size_t size, size_t offset)
{
    return __zend_malloc(qi_emalloc_size_of_many(nmemb, size, offset));
}

void *__zend_calloc(size_t nmemb, size_t len)
{
    return qi_emalloc_allocate_cleared_from(qi_manager_persistent, qi_emalloc_size_of_many(nmemb, len, 0), NULL);
}

void *__zend_realloc(void *p, size_t len)
{
    return qi_emalloc_change(qi_manager_persistent, p, len, SIZE_MAX, NULL);
}

void *_safe_realloc(void *ptr, size_t nmemb, size_t size, size_t offset)
{
    return __zend_realloc(ptr, qi_emalloc_size_of_many(nmemb, size, offset));
}

void __zend_free(void *p)
{
    qi_serve_free(qi_manager_persistent, p, NULL);
}

char *zend_strndup(const char *s, size_t length)
{
    return qi_emalloc_copy_text(qi_manager_persistent, s, length, NULL);
}

char *__zend_strdup(const char *s)
{
    return zend_strndup(s, qi_emalloc_length(s));
}
