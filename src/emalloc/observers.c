/* SPDX-License-Identifier: MIT
 *
 * observers.c: see observers.h. Telling first, then the calls that add and remove an observer.
 */
#include "observers.h"

/* An observer's function may remove the observer, whose memory is then its owner's again: so the observer is not looked
 * at after the call. */
static void tell_one(const struct quarry_observer *observer, struct quarry_heap *heap, const struct event *event)
{
    const enum event_kind kind = event->kind;
    void *context = observer->context;
    if (kind == EVENT_ALLOCATED && observer->allocated != NULL)
        observer->allocated(context, heap, event->block, event->bytes);
    if (kind == EVENT_FREED && observer->freed != NULL)
        observer->freed(context, heap, event->block);
    if (kind == EVENT_RESIZED && observer->resized != NULL)
        observer->resized(context, heap, event->old_block, event->block, event->bytes);
    if (kind == EVENT_FAILED && observer->failed != NULL)
        observer->failed(context, heap, event->bytes);
    if (kind == EVENT_COLLECTED && observer->collected != NULL)
        observer->collected(context, heap, event->bytes);
    if ((kind == EVENT_ENDED || kind == EVENT_ENDED_FULLY) && observer->ended != NULL)
        observer->ended(context, heap, kind == EVENT_ENDED_FULLY);
}

/* An observer's function may remove any observer. So no pointer to the next observer is held while a function runs: the
 * next one is looked for by its number. Observers that are added meanwhile are not told. */
void qi_observers_tell(struct quarry_heap *heap, const struct request *request, const struct event *event)
{
    const size_t last = request->last_observer;
    size_t told = 0;
    for (;;) {
        const struct quarry_observer *observer = request->observers;
        while (observer != NULL && observer->number <= told)
            observer = observer->next;
        if (observer == NULL || observer->number > last)
            return;
        told = observer->number;
        tell_one(observer, heap, event);
    }
}

/* The pointer to an observer; if it is not in the list, the last pointer, which is NULL. */
static struct quarry_observer **link_to(struct request *request, const struct quarry_observer *observer)
{
    struct quarry_observer **link = &request->observers;
    while (*link != NULL && *link != observer)
        link = &(*link)->next;
    return link;
}

bool quarry_add_observer(zend_mm_heap *heap, struct quarry_observer *observer)
{
    struct request *request = qi_request_or_report(heap);
    if (request == NULL || observer == NULL || observer->heap != NULL) /* an observer can be in one list */
        return false;
    observer->next = NULL;
    observer->heap = heap;
    observer->number = ++request->last_observer;
    *link_to(request, NULL) = observer;
    request_refresh(heap);
    return true;
}

bool quarry_remove_observer(zend_mm_heap *heap, struct quarry_observer *observer)
{
    struct request *request = qi_request_or_report(heap);
    if (request == NULL || observer == NULL)
        return false;
    struct quarry_observer **link = link_to(request, observer);
    if (*link == NULL)
        return false;
    qi_request_unlink_observer(link);
    request_refresh(heap);
    return true;
}
