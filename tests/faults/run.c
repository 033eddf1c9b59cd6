/* SPDX-License-Identifier: MIT
 *
 * run.c: runs each test once as it is, and then once for each fault. See faults.h.
 *
 * A test that is given up goes on in run_body(), or if it has a scene in scene_body_of_ours(), from where the scene
 * ends by itself. Both are reached by a jump out of the test, never out of the library. The tests' random numbers and
 * addresses are the same in each run, so the n-th event is the same event until the fault strikes.
 * Cost: a test of c calls with n events makes some 3 n c calls. Where n c is more than FAULTS_CALLS only each second,
 * third ... event fails; `make faults` takes each one.
 */
#include "faults.h"

/* So many calls of the library are made for a test's faults, or a few more. */
#ifndef FAULTS_CALLS
#if !__STDC_HOSTED__
#define FAULTS_CALLS 4000u
#elif defined(__SANITIZE_ADDRESS__) || QUARRY_CHECK_LEVEL >= 3
#define FAULTS_CALLS 4000u
#else
#define FAULTS_CALLS 50000u
#endif
#endif

/* To hand out and fill so much memory takes about as long as a call. */
enum { MEMORY_BYTES_A_CALL = 4096 };

static const struct test *running;

/* --- one run --- */

static void run_body(void)
{
    void *place[5];

    faults.place = place;
    if (__builtin_setjmp(place) == 0)
        running->run();
    faults.place = NULL;
}

static scene_body scene_body_of_test;
static struct scene *current_scene;

static void scene_body_of_ours(struct scene *s)
{
    void **const outer = faults.place;
    void *place[5];

    current_scene = s;
    faults.place = place;
    faults.in_scene = true;
    if (__builtin_setjmp(place) == 0)
        scene_body_of_test(s);
    faults.in_scene = false;
    faults.is_over = true; /* what is left is the scene's own end */
    faults.place = outer;
}

void __wrap_scene_run(scene_body body, bool on_source, unsigned chunks)
{
    scene_body_of_test = body;
    __real_scene_run(scene_body_of_ours, on_source, chunks);
    current_scene = NULL;
}

static _Noreturn void jump(void)
{
    __builtin_longjmp(faults.place, 1);
}

/* The manager's heaps, too, if the test has no scene that sees to them. */
_Noreturn void faults_give_up(void)
{
    faults.is_over = true;
    faults.depth = 0;
    test_oom.armed = false;
    if (current_scene != NULL) {
        ledger_end_heaps(current_scene->heap, current_scene->persistent);
        jump();
    }
    if (quarry_persistent_heap() != NULL) {
        zend_mm_set_heap(NULL);
        ledger_end_heaps(quarry_persistent_heap(), NULL);
        shutdown_memory_manager(true, true);
    } else {
        ledger_end_heaps(NULL, NULL);
    }
    zend_mm_set_heap(NULL);
    ledger_expect_given_back();
    jump();
}

/* emalloc() found no memory, which is what the fault shall do. */
bool test_is_to_run_out(void)
{
    if (faults.injected && !faults.is_over)
        faults_give_up();
    return false;
}

static void run_with(enum faults_mode mode, unsigned chosen)
{
    static const struct faults none;
    const struct test ours = {running->name, run_body};
    const struct faults before = faults;

    faults = none;
    faults.mode = mode;
    faults.chosen = chosen;
    faults.left_bytes = test_memory_left();
    faults.may_differ = mode >= NO_RELEASE;
    faults.refused = before.refused;
    faults.runs = before.runs + 1;
    ledger_clear();
    test_run_once(&ours);
}

/* --- all runs --- */

static void print_fault(void)
{
    static const char *const modes[] = {
            "without a fault",       "event refused: ",           "event refused for good: ",
            "no room below limit: ", "little room below limit: ", "source without release",
            "source without extend", "source without truncate"};

    test_print("  ");
    test_print(modes[faults.mode]);
    if (faults.mode > RECORD && faults.mode <= LITTLE_ROOM) {
        test_print_unsigned(faults.chosen);
        test_print(" of call ");
        test_print_unsigned((uintptr_t)(intptr_t)faults_events[faults.chosen].call);
        test_print(", kind ");
        test_print_unsigned(faults_events[faults.chosen].kind);
    }
    test_print("\n");
}

/* False: the run found something, and is the last one. */
static bool run_found_nothing(enum faults_mode mode, unsigned chosen)
{
    run_with(mode, chosen);
    if (test_is_over() && mode != RECORD)
        print_fault();
    return !test_is_over();
}

static bool runs_found_nothing(unsigned event)
{
    const struct faults_event *const what = &faults_events[event];
    const bool takes = what->kind == ACQUIRE || what->kind == EXTEND;

    return run_found_nothing(REFUSE, event) && (!what->in_scene || run_found_nothing(GIVE_UP, event)) &&
           (!takes || what->call == OUTSIDE || what->bytes == 0 ||
            (run_found_nothing(NO_ROOM, event) && run_found_nothing(LITTLE_ROOM, event)));
}

void test_run(const struct test *test)
{
    unsigned events;
    unsigned event;
    unsigned step = 0;
    size_t calls;
    size_t run_calls;

    running = test;
    faults.refused = faults.runs = 0;
    if (!run_found_nothing(RECORD, 0))
        return;
    events = faults.events < MOST_EVENTS ? faults.events : MOST_EVENTS;
    run_calls = faults.calls + faults.memory_bytes / MEMORY_BYTES_A_CALL;
    for (calls = 0; calls < run_calls * events; calls += FAULTS_CALLS)
        step++;
    for (event = 0; event < events; event += step)
        if (!runs_found_nothing(event))
            return;
    if (events != 0)
        (void)(run_found_nothing(NO_RELEASE, 0) && run_found_nothing(NO_EXTEND, 0) &&
               run_found_nothing(NO_TRUNCATE, 0));
    if (events != 0) {
        test_print("  runs: ");
        test_print_unsigned(faults.runs);
        test_print(", calls refused: ");
        test_print_unsigned(faults.refused);
        test_print("\n");
    }
}
