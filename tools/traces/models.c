/* SPDX-License-Identifier: MIT
 *
 * models.c: heap_4's rule, first fit and TLSF.
 *
 * Each piece of the region has a number. Pieces are linked in address order; free pieces are linked a second time, in
 * address order (heap_4, first fit) or in the list of their class (TLSF). A block of a trace knows its piece.
 */
#include "models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NONE = -1, TLSF_SECOND_LOG2 = 5, TLSF_SECOND = 1 << TLSF_SECOND_LOG2, TLSF_FIRST = 64 };

/* What a rule costs: each figure in words or bytes, as its source has it. */
struct rule {
    const char *name;
    unsigned header_words;  /* in front of each block */
    unsigned least_words;   /* of a piece, its header included */
    unsigned align_bytes;   /* of a piece; 0: a word */
    unsigned control_words; /* of the region, beside the list heads of TLSF */
    bool resizes_in_place;  /* realloc may use the free piece behind a block */
};

static const struct rule rules[MODEL_COUNT] = {
        [MODEL_HEAP_4] = {"FreeRTOS heap_4", 2, 4, 8, 2, false},
        [MODEL_FIRST_FIT] = {"first fit", 1, 4, 8, 2, true},
        [MODEL_TLSF] = {"TLSF", 1, 4, 0, 2, true},
};

struct piece {
    size_t start, bytes;
    int before, behind; /* in address order */
    int previous, next; /* among free pieces */
    bool is_free;
};

struct model {
    enum model_rule rule;
    size_t word_bytes, align_bytes, header_bytes, least_bytes;
    size_t region_bytes, block_count;
    struct piece *pieces;
    int piece_count, unused;            /* unused: list of numbers, through next */
    int *piece_of;                      /* of a trace's block */
    int heads[TLSF_FIRST][TLSF_SECOND]; /* the lists of free pieces: one, or TLSF's */
};

const char *model_name(enum model_rule rule)
{
    return rules[rule].name;
}

static void *memory(size_t bytes)
{
    void *place = calloc(bytes != 0 ? bytes : 1, 1);
    if (place == NULL) {
        fprintf(stderr, "no memory for a model\n");
        exit(2);
    }
    return place;
}

struct model *model_make(enum model_rule rule, size_t blocks)
{
    struct model *model = memory(sizeof *model);
    const struct rule *figures = &rules[rule];
    model->rule = rule;
    model->word_bytes = sizeof(void *);
    model->align_bytes = figures->align_bytes > model->word_bytes ? figures->align_bytes : model->word_bytes;
    model->header_bytes = figures->header_words * model->word_bytes;
    model->least_bytes = figures->least_words * model->word_bytes;
    model->block_count = blocks;
    model->piece_count = (int)(2 * blocks + 4);
    model->pieces = memory((size_t)model->piece_count * sizeof *model->pieces);
    model->piece_of = memory(blocks * sizeof *model->piece_of);
    return model;
}

void model_free_all(struct model *model)
{
    free(model->pieces);
    free(model->piece_of);
    free(model);
}

/* --- lists of free pieces --- */

static unsigned highest_bit(size_t number)
{
    return (unsigned)(8 * sizeof(long long) - 1) - (unsigned)__builtin_clzll(number);
}

/* The list in which a free piece of so many bytes is: TLSF's two levels, or the only one. Payload counts for TLSF. */
static int *head_of(struct model *model, size_t bytes)
{
    if (model->rule != MODEL_TLSF)
        return &model->heads[0][0];
    const size_t small_bytes = model->word_bytes << TLSF_SECOND_LOG2;
    if (bytes < small_bytes)
        return &model->heads[0][bytes / (small_bytes / TLSF_SECOND)];
    const unsigned first = highest_bit(bytes);
    return &model->heads[first][(bytes >> (first - TLSF_SECOND_LOG2)) & (TLSF_SECOND - 1)];
}

static size_t payload(const struct model *model, int number)
{
    return model->pieces[number].bytes - model->header_bytes;
}

/* The free piece in address order before which this one goes; TLSF puts it first. */
static void list_insert(struct model *model, int number)
{
    struct piece *piece = &model->pieces[number];
    int *head = head_of(model, payload(model, number));
    int previous = NONE, next = *head;
    if (model->rule != MODEL_TLSF)
        while (next != NONE && model->pieces[next].start < piece->start)
            previous = next, next = model->pieces[next].next;
    piece->previous = previous;
    piece->next = next;
    if (previous == NONE)
        *head = number;
    else
        model->pieces[previous].next = number;
    if (next != NONE)
        model->pieces[next].previous = number;
    piece->is_free = true;
}

static void list_remove(struct model *model, int number)
{
    struct piece *piece = &model->pieces[number];
    if (piece->previous == NONE)
        *head_of(model, payload(model, number)) = piece->next;
    else
        model->pieces[piece->previous].next = piece->next;
    if (piece->next != NONE)
        model->pieces[piece->next].previous = piece->previous;
    piece->is_free = false;
}

/* --- pieces --- */

static int new_piece(struct model *model, size_t start, size_t bytes, int before, int behind)
{
    const int number = model->unused;
    struct piece *piece = &model->pieces[number];
    model->unused = piece->next;
    *piece = (struct piece){start, bytes, before, behind, NONE, NONE, false};
    if (before != NONE)
        model->pieces[before].behind = number;
    if (behind != NONE)
        model->pieces[behind].before = number;
    return number;
}

/* The piece takes what is behind it. */
static void join(struct model *model, int number)
{
    struct piece *piece = &model->pieces[number];
    const int gone = piece->behind;
    piece->bytes += model->pieces[gone].bytes;
    piece->behind = model->pieces[gone].behind;
    if (piece->behind != NONE)
        model->pieces[piece->behind].before = number;
    model->pieces[gone].next = model->unused;
    model->unused = gone;
}

/* A piece becomes free and merges with its neighbours. */
static void make_free(struct model *model, int number)
{
    const int behind = model->pieces[number].behind, before = model->pieces[number].before;
    if (behind != NONE && model->pieces[behind].is_free) {
        list_remove(model, behind);
        join(model, number);
    }
    if (before != NONE && model->pieces[before].is_free) {
        list_remove(model, before);
        number = before;
        join(model, number);
    }
    list_insert(model, number);
}

/* What a used piece does not need becomes a free piece, if it is long enough for one. heap_4 cuts only what is longer
 * than two headers. */
static void cut_end(struct model *model, int number, size_t bytes)
{
    struct piece *piece = &model->pieces[number];
    const size_t rest = piece->bytes - bytes;
    if (rest < model->least_bytes || (model->rule == MODEL_HEAP_4 && rest == model->least_bytes))
        return;
    piece->bytes = bytes;
    make_free(model, new_piece(model, piece->start + bytes, rest, number, piece->behind));
}

/* Bytes of the piece that serves a request; 0: no piece can. */
static size_t piece_bytes(const struct model *model, size_t bytes)
{
    if (bytes > (size_t)-1 / 4)
        return 0;
    size_t whole = (bytes + model->header_bytes + model->align_bytes - 1) & ~(model->align_bytes - 1);
    return whole > model->least_bytes ? whole : model->least_bytes;
}

/* --- which piece serves a request --- */

static int find_first(const struct model *model, size_t bytes)
{
    int number = model->heads[0][0];
    while (number != NONE && model->pieces[number].bytes < bytes)
        number = model->pieces[number].next;
    return number;
}

/* The first piece of the first list whose pieces are all long enough. */
static int find_good(struct model *model, size_t bytes)
{
    size_t wanted = bytes - model->header_bytes;
    if (wanted >= model->word_bytes << TLSF_SECOND_LOG2)
        wanted += ((size_t)1 << (highest_bit(wanted) - TLSF_SECOND_LOG2)) - 1;
    const int *end = &model->heads[TLSF_FIRST - 1][TLSF_SECOND];
    for (const int *head = head_of(model, wanted); head < end; head++)
        if (*head != NONE)
            return *head;
    return NONE;
}

/* The piece serves align_bytes from its front on; its first bytes stay free where the alignment asks for that. */
static int cut_front(struct model *model, int number, size_t align_bytes)
{
    struct piece *piece = &model->pieces[number];
    const size_t payload_start = piece->start + model->header_bytes;
    size_t gap = (align_bytes - payload_start % align_bytes) % align_bytes;
    if (gap == 0)
        return number;
    while (gap < model->least_bytes)
        gap += align_bytes;
    const int back = new_piece(model, piece->start + gap, piece->bytes - gap, number, piece->behind);
    piece->bytes = gap;
    list_insert(model, number);
    return back;
}

/* --- calls --- */

bool model_start(struct model *model, size_t region_bytes)
{
    size_t control_bytes = rules[model->rule].control_words * model->word_bytes;
    if (model->rule == MODEL_TLSF) /* a block, two bitmaps, and heads: 3,188 bytes of a 32-bit build */
        control_bytes += (4 + 1 + 24 + 24 * TLSF_SECOND) * model->word_bytes;
    for (int i = 0; i < TLSF_FIRST * TLSF_SECOND; i++)
        model->heads[i / TLSF_SECOND][i % TLSF_SECOND] = NONE;
    for (int i = 0; i < model->piece_count; i++)
        model->pieces[i].next = i + 1;
    model->unused = 0;
    if (region_bytes < control_bytes + model->least_bytes)
        return false;
    const size_t bytes = (region_bytes - control_bytes) & ~(model->align_bytes - 1);
    list_insert(model, new_piece(model, 0, bytes, NONE, NONE));
    return true;
}

bool model_allocate(struct model *model, size_t block, size_t align_bytes, size_t bytes)
{
    const size_t whole = piece_bytes(model, bytes);
    const bool is_plain = align_bytes <= model->align_bytes;
    const size_t wanted = whole + (is_plain ? 0 : align_bytes + model->least_bytes);
    if (whole == 0 || wanted < whole)
        return false;
    int number = model->rule == MODEL_TLSF ? find_good(model, wanted) : find_first(model, wanted);
    if (number == NONE)
        return false;
    list_remove(model, number);
    if (!is_plain)
        number = cut_front(model, number, align_bytes);
    cut_end(model, number, whole);
    model->piece_of[block] = number;
    return true;
}

void model_free(struct model *model, size_t block)
{
    make_free(model, model->piece_of[block]);
}

static bool resize_in_place(struct model *model, int number, size_t whole)
{
    const int behind = model->pieces[number].behind;
    if (whole > model->pieces[number].bytes) {
        if (behind == NONE || !model->pieces[behind].is_free ||
            whole > model->pieces[number].bytes + model->pieces[behind].bytes)
            return false;
        list_remove(model, behind);
        join(model, number);
    }
    cut_end(model, number, whole);
    return true;
}

/* heap_4 has no realloc: its ports allocate, copy and free. */
bool model_resize(struct model *model, size_t block, size_t bytes)
{
    const size_t whole = piece_bytes(model, bytes);
    const int old = model->piece_of[block];
    if (whole == 0)
        return false;
    if (rules[model->rule].resizes_in_place && resize_in_place(model, old, whole))
        return true;
    if (!model_allocate(model, block, 1, bytes))
        return false;
    make_free(model, old);
    return true;
}
