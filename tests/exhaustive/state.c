/* SPDX-License-Identifier: MIT
 *
 * state.c: see state.h. Images first, then what live blocks hold, scrubbing, and packing.
 */
#include "state.h"

#include <string.h>

#include "check.h"
#include "report.h"

struct quarry_heap *heap;
struct model model;
static struct image root;

/* --- images --- */

static void copy_model(struct model *to, const struct model *from)
{
    memcpy(to, from, offsetof(struct model, blocks) + from->count * sizeof from->blocks[0]);
}

void state_save(struct image *image)
{
    copy_model(&image->model, &model);
    memcpy(image->frames, memory_frames, sizeof memory_frames);
    memcpy(image->memory, memory, memory_bytes);
}

void state_restore(const struct image *image)
{
    copy_model(&model, &image->model);
    memcpy(memory_frames, image->frames, sizeof memory_frames);
    memcpy(memory, image->memory, memory_bytes);
}

/* Figures that the key leaves out. */
static size_t *figure_at(unsigned index)
{
    size_t *const figures[FIGURES] = {&heap->used_peak_bytes, &heap->below_peak_bytes,
                                      &heap->failures,        &heap->requests,
                                      &heap->frees,           &heap->bins.runs.chunks.source.acquired_peak_bytes};
    return figures[index];
}

/* Where a word of the heap's stands in an image. */
static void *place_in(struct image *image, const void *word)
{
    return image->memory + ((const unsigned char *)word - memory);
}

bool state_is(const struct image *image)
{
    static struct image other;
    void *hot = &heap->bins.runs.chunks.source.hot.pages;
    memcpy(other.memory, image->memory, memory_bytes);
    for (unsigned i = 0; i < FIGURES; i++)
        memcpy(place_in(&other, figure_at(i)), figure_at(i), sizeof(size_t));
    memcpy(place_in(&other, hot), hot, sizeof(void *)); /* where to look first is all that it says */
    return memcmp(other.memory, memory, memory_bytes) == 0 &&
           memcmp(image->frames, memory_frames, sizeof memory_frames) == 0;
}

/* --- what live blocks hold --- */

unsigned char state_byte(size_t offset, size_t index)
{
    return (unsigned char)((offset >> 3) * 29 + index * 7 + (index >> 6) + 1);
}

void state_fill(const struct block *block)
{
    for (size_t i = 0; i < block->bytes; i++)
        memory[block->offset + i] = state_byte(block->offset, i);
}

/* --- scrubbing --- */

/* A piece of memory that may be in no use: a granule of a page, or the map byte of one. */
struct piece {
    unsigned char *at;
    size_t bytes;
    unsigned char kept[2 * sizeof(void *)];
};

static struct piece pieces[MEMORY_MOST_BYTES / 8];
static size_t piece_count;

static void add_piece(unsigned char *at, size_t bytes)
{
    size_t i = 0;
    while (i < bytes && at[i] == GARBAGE)
        i++;
    if (i == bytes)
        return;
    pieces[piece_count].at = at;
    pieces[piece_count++].bytes = bytes;
}

static const struct block *block_behind(size_t offset)
{
    for (unsigned i = 0; i < model.count; i++)
        if (model.blocks[i].offset + model.blocks[i].bytes > offset)
            return &model.blocks[i];
    return NULL;
}

/* Granules of a chunk's pages in no live block, and its map bytes. */
static void add_pieces_of(const struct chunk *chunk)
{
    unsigned char *at = chunk->pages, *end = at + chunk->page_count * QUARRY_PAGE_BYTES;
    const struct block *block = block_behind((size_t)(at - memory));
    while (at < end) {
        if (block != NULL && at == memory + block->offset) {
            at += block->bytes;
            block = block_behind((size_t)(at - memory));
            continue;
        }
        add_piece(at, 2 * sizeof(void *));
        at += 2 * sizeof(void *);
    }
    for (size_t i = 0; i < chunk->page_count * CONTROL_MAP_BYTES; i++)
        add_piece(chunk->maps + i, 1);
}

/* Looks at everything, and changes nothing: unlike quarry_check() it does not give the idle run back. The check counts
 * blocks, so which slots are taken is for quarry_owns() to say. */
static bool is_sound(void)
{
    bool sound = qi_check_heap(heap) && misuse_log.count == 0;
    for (unsigned i = 0; sound && i < model.count; i++)
        sound = quarry_owns(heap, memory + model.blocks[i].offset);
    misuse_log.count = 0;
    return sound;
}

/* Makes garbage of those pieces that are in no use, halving. */
static void spoil(size_t first, size_t end)
{
    if (first == end)
        return;
    for (size_t i = first; i < end; i++) {
        memcpy(pieces[i].kept, pieces[i].at, pieces[i].bytes);
        memset(pieces[i].at, GARBAGE, pieces[i].bytes);
    }
    if (is_sound())
        return;
    for (size_t i = first; i < end; i++)
        memcpy(pieces[i].at, pieces[i].kept, pieces[i].bytes);
    if (end - first == 1)
        return;
    spoil(first, first + (end - first) / 2);
    spoil(first + (end - first) / 2, end);
}

/* Puts those first that are not as they were in the state before, and so most likely in no use; their number. */
static size_t put_new_first(const struct image *before)
{
    size_t fresh = 0;
    for (size_t i = 0; i < piece_count; i++) {
        const struct piece piece = pieces[i];
        if (memcmp(piece.at, before->memory + (piece.at - memory), piece.bytes) == 0)
            continue;
        pieces[i] = pieces[fresh];
        pieces[fresh++] = piece;
    }
    return fresh;
}

void state_scrub(const struct image *before)
{
    piece_count = 0;
    for (const struct chunk *chunk = &heap->bins.runs.chunks.first; chunk != NULL;
         chunk = (const struct chunk *)chunk->next)
        add_pieces_of(chunk);
    size_t fresh = put_new_first(before);
    spoil(0, fresh);
    for (size_t i = fresh; i < piece_count; i++)
        spoil(i, i + 1);
}

/* --- packing --- */

static size_t word_count(void)
{
    return memory_bytes / sizeof(uintptr_t);
}

enum { WORD_BITS = sizeof(uintptr_t) * 8 };

void state_set_root(void)
{
    state_save(&root);
}

static void mix(struct key *key, uint64_t word)
{
    key->high = (key->high ^ word) * 0x9E3779B97F4A7C15u;
    key->high ^= key->high >> 32;
    key->low = (key->low << 23 | key->low >> 41) + (word ^ 0xD1B54A32D192ED03u) * 0xC2B2AE3D27D4EB4Fu;
    key->low ^= key->low >> 29;
}

/* Two different chains of steps that can each be undone, so that no word is lost on the way. */
static struct key key_of(const uintptr_t *word, size_t words)
{
    struct key key = {words, ~(uint64_t)words};
    for (size_t i = 0; i < words; i++)
        mix(&key, word[i]);
    for (unsigned round = 0; round < 3; round++)
        mix(&key, key.high ^ (key.low << 32 | key.low >> 32));
    return key;
}

/* The model and the frames, as words; their number. */
static size_t pack_model(uintptr_t *word)
{
    size_t bytes = offsetof(struct model, blocks) + model.count * sizeof model.blocks[0];
    word[0] = word[bytes / sizeof *word] = 0;
    memcpy(word, &model, bytes);
    size_t words = (bytes + sizeof *word - 1) / sizeof *word;
    if (frames_place.bytes != 0) {
        memset(word + words, 0, (sizeof memory_frames + 7) / 8 * 8);
        memcpy(word + words, memory_frames, sizeof memory_frames);
        words += (sizeof memory_frames + 7) / 8 * 8 / sizeof *word;
    }
    return words;
}

/* Figures and what lies in live blocks, as they are in the root. */
static void drop_what_is_no_state(struct packed *packed)
{
    for (unsigned i = 0; i < FIGURES; i++) {
        size_t *figure = figure_at(i);
        packed->figures[i] = *figure;
        memcpy(figure, place_in(&root, figure), sizeof *figure);
    }
    for (unsigned i = 0; i < model.count; i++)
        memcpy(memory + model.blocks[i].offset, root.memory + model.blocks[i].offset, model.blocks[i].bytes);
}

/* Then a bit for each word that differs from the root's, and those words. memory is not what it was. */
void state_pack(struct packed *packed)
{
    size_t words = pack_model(packed->word), count = word_count(), bits = words;
    const uintptr_t *now = (const uintptr_t *)(const void *)memory, *old = (const void *)root.memory;
    drop_what_is_no_state(packed);
    words += (count + WORD_BITS - 1) / WORD_BITS;
    memset(packed->word + bits, 0, (words - bits) * sizeof packed->word[0]);
    for (size_t i = 0; i < count; i++) {
        if (now[i] == old[i])
            continue;
        packed->word[bits + i / WORD_BITS] |= (uintptr_t)1 << i % WORD_BITS;
        packed->word[words++] = now[i];
    }
    packed->words = words;
    packed->key = key_of(packed->word, words);
}

static size_t unpack_model(const uintptr_t *word)
{
    memcpy(&model, word, offsetof(struct model, blocks));
    size_t bytes = offsetof(struct model, blocks) + model.count * sizeof model.blocks[0];
    memcpy(&model, word, bytes);
    size_t words = (bytes + sizeof *word - 1) / sizeof *word;
    if (frames_place.bytes != 0) {
        memcpy(memory_frames, word + words, sizeof memory_frames);
        words += (sizeof memory_frames + 7) / 8 * 8 / sizeof *word;
    }
    return words;
}

void state_unpack(const size_t *figures, const uintptr_t *word)
{
    size_t bits = unpack_model(word), count = word_count();
    const uintptr_t *next = word + bits + (count + WORD_BITS - 1) / WORD_BITS;
    uintptr_t *now = (uintptr_t *)(void *)memory;
    memcpy(memory, root.memory, memory_bytes);
    for (size_t i = 0; i < count; i += WORD_BITS)
        for (uintptr_t rest = word[bits + i / WORD_BITS]; rest != 0; rest &= rest - 1)
            now[i + (size_t)__builtin_ctzl(rest)] = *next++;
    for (unsigned i = 0; i < FIGURES; i++)
        *figure_at(i) = figures[i];
    for (unsigned i = 0; i < model.count; i++)
        state_fill(&model.blocks[i]);
}
