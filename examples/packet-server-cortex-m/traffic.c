/* SPDX-License-Identifier: MIT
 *
 * traffic.c: see traffic.h. All choices come from one pseudo-random sequence; what was sent stands in a static table.
 */
#include "traffic.h"

/* A packet that is being written. */
struct line {
    char *buffer;
    size_t length;
};

/* What was sent about a sensor. */
struct sent {
    const char *name, *label;
    int32_t history[HISTORY];
    uint32_t readings;
    int32_t least, most;
};

/* In no order, so that the server has something to sort. */
static struct sent table[TRAFFIC_SENSORS] = {
        {.name = "boiler"},  {.name = "attic"},   {.name = "cellar"}, {.name = "garage"}, {.name = "bath"},
        {.name = "office"},  {.name = "kitchen"}, {.name = "roof_n"}, {.name = "roof_s"}, {.name = "well"},
        {.name = "inlet"},   {.name = "outlet"},  {.name = "buffer"}, {.name = "stove"},  {.name = "hall"},
        {.name = "freezer"}, {.name = "porch"},   {.name = "lobby"},  {.name = "vault"},  {.name = "loft"},
        {.name = "barn"},    {.name = "shed"},    {.name = "tower"},  {.name = "annexe"},
};

static const char *const labels[] = {"Ground_floor", "Top_floor", "Under_stairs", "North_side", "South_side_2"};

#define LABELS (sizeof(labels) / sizeof(labels[0]))

/* From 0 to below - 1. (George Marsaglia, "Xorshift RNGs", 2003.) */
static uint32_t pick(uint32_t below)
{
    static uint32_t state = 2463534242u;
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (state >> 16) * below >> 16;
}

/* --- writing --- */

static void write_text(struct line *line, const char *text)
{
    while (*text != '\0' && line->length < TRAFFIC_MOST_BYTES) {
        line->buffer[line->length++] = *text++;
    }
}

static void write_number(struct line *line, uint32_t number)
{
    char digit[] = {(char)('0' + number % 10), '\0'};
    if (number >= 10) {
        write_number(line, number / 10);
    }
    write_text(line, digit);
}

static void write_reading(struct line *line, int32_t tenths)
{
    write_text(line, tenths < 0 ? " -" : " ");
    tenths = tenths < 0 ? -tenths : tenths;
    write_number(line, (uint32_t)tenths / 10);
    write_text(line, ".");
    write_number(line, (uint32_t)tenths % 10);
}

static void write_command(struct line *line, const char *command, const char *name)
{
    write_text(line, command);
    write_text(line, name);
}

/* --- packets --- */

static void send_readings(struct line *line, size_t index, uint32_t count)
{
    struct sent *sent = &table[index];
    write_command(line, " PUT ", sent->name);
    for (uint32_t i = 0; i < count; i++) {
        int32_t reading = (int32_t)index * 30 - 150 + (int32_t)pick(201);
        write_reading(line, reading);
        sent->least = sent->readings == 0 || reading < sent->least ? reading : sent->least;
        sent->most = sent->readings == 0 || reading > sent->most ? reading : sent->most;
        sent->history[sent->readings++ % HISTORY] = reading;
    }
}

/* Always as long, as a device with a broken wire would. */
static void send_broken_readings(struct line *line, size_t index)
{
    uint32_t broken = pick(16);
    write_command(line, " PUT ", table[index].name);
    for (uint32_t i = 0; i < 16; i++) {
        if (i == broken) {
            write_text(line, " -.-");
        } else {
            write_reading(line, (int32_t)index * 30);
        }
    }
}

static void send_label(struct line *line, size_t index)
{
    table[index].label = labels[pick(LABELS)];
    write_command(line, " LABEL ", table[index].name);
    write_command(line, " ", table[index].label);
}

static void send_any(struct line *line, size_t index)
{
    uint32_t kind = pick(100);
    if (kind < 40) {
        send_readings(line, index, 1 + pick(8));
    } else if (kind < 48) {
        send_readings(line, index, 9 + pick(32));
    } else if (kind < 76) {
        write_command(line, " GET ", table[index].name);
    } else if (kind < 86) {
        write_command(line, " STAT ", table[index].name);
    } else if (kind < 92) {
        send_label(line, index);
    } else if (kind < 97) {
        write_text(line, " LIST");
    } else {
        write_command(line, " GET ", "sauna"); /* there is none */
    }
}

size_t traffic_next(unsigned number, char *buffer)
{
    struct line line = {buffer, 0};
    size_t index = pick(TRAFFIC_SENSORS);
    write_number(&line, number);
    if (number <= 2 * TRAFFIC_SENSORS) {
        index = (number - 1) / 2;
        if (number % 2 != 0) {
            send_readings(&line, index, 1);
        } else {
            send_label(&line, index);
        }
    } else if (number % 100 == 50) {
        send_broken_readings(&line, index);
    } else {
        send_any(&line, index);
    }
    return line.length;
}

/* --- what the server must know --- */

static bool is_text(const char *a, const char *b, size_t b_length)
{
    size_t i = 0;
    for (; i < b_length && a[i] == b[i]; i++) {
    }
    return i == b_length && a[i] == '\0';
}

static size_t length_of(const char *text)
{
    size_t length = 0;
    while (text[length] != '\0') {
        length++;
    }
    return length;
}

bool traffic_agrees(size_t index, const struct sensor *sensor)
{
    const struct sent *sent = &table[index];
    char buffer[16];
    struct line last = {buffer, 0};
    bool agrees = is_text(sensor->name, sent->name, length_of(sent->name)) &&
                  is_text(sensor->label, sent->label, length_of(sent->label)) && sensor->readings == sent->readings &&
                  sensor->least == sent->least && sensor->most == sent->most;
    for (size_t i = 0; i < HISTORY; i++) {
        agrees = agrees && sensor->history[i] == sent->history[i];
    }
    write_reading(&last, sent->history[(sent->readings - 1) % HISTORY]);
    return agrees && is_text(sensor->last, buffer + 1, last.length - 1); /* without the blank */
}
