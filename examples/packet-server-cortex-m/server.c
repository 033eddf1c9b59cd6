/* SPDX-License-Identifier: MIT
 *
 * server.c: see server.h. Texts that grow, then readings, sensors, and a function for each command.
 *
 * Every path gives back what it took, but one: a planned bug, for the leak report to find.
 */
#include "server.h"

#include "quarry/emalloc.h"

/* --- texts --- */

/* A text that grows by doubling: a block of the current request. */
struct text {
    char *start;
    size_t length, capacity;
};

static struct text text_new(void)
{
    return (struct text){emalloc(32), 0, 32};
}

static void add_character(struct text *text, char character)
{
    if (text->length == text->capacity) {
        text->start = safe_erealloc(text->start, text->capacity, 2, 0);
        text->capacity *= 2;
    }
    text->start[text->length++] = character;
}

static void add(struct text *text, const char *addition)
{
    while (*addition != '\0') {
        add_character(text, *addition++);
    }
}

static void add_number(struct text *text, uint32_t number)
{
    if (number >= 10) {
        add_number(text, number / 10);
    }
    add_character(text, (char)('0' + number % 10));
}

static void add_reading(struct text *text, int32_t tenths)
{
    if (tenths < 0) {
        add_character(text, '-');
        tenths = -tenths;
    }
    add_number(text, (uint32_t)tenths / 10);
    add_character(text, '.');
    add_number(text, (uint32_t)tenths % 10);
}

static int compare(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return (unsigned char)*a - (unsigned char)*b;
}

/* --- packets --- */

/* A packet, cut into words. */
struct packet {
    char *text;   /* the packet, zeros for blanks */
    char **words; /* in text: number, command, arguments */
    size_t count;
};

static struct packet packet_cut(const char *line, size_t length)
{
    struct packet packet = {estrndup(line, length), NULL, 1};
    for (size_t i = 0; i < length; i++) {
        packet.count += packet.text[i] == ' ';
    }
    packet.words = safe_emalloc(packet.count, sizeof(*packet.words), 0);
    packet.words[0] = packet.text;
    for (size_t i = 0, word = 1; i < length; i++) {
        if (packet.text[i] == ' ') {
            packet.text[i] = '\0';
            packet.words[word++] = packet.text + i + 1;
        }
    }
    return packet;
}

/* "-3.5" is -35. False: it is no such number. */
static bool parse_reading(const char *word, int32_t *tenths)
{
    bool is_negative = *word == '-';
    int32_t number = 0;
    word += is_negative;
    for (unsigned digits = 0; *word >= '0' && *word <= '9'; word++, digits++) {
        if (digits == 4) {
            return false;
        }
        number = number * 10 + (*word - '0');
    }
    if (word[0] != '.' || word[1] < '0' || word[1] > '9' || word[2] != '\0') {
        return false;
    }
    number = number * 10 + (word[1] - '0');
    *tenths = is_negative ? -number : number;
    return true;
}

/* --- sensors --- */

static struct sensor *sensors; /* a persistent block */
static size_t sensor_count, sensor_capacity;

static struct sensor *find_sensor(const char *name)
{
    for (size_t i = 0; i < sensor_count; i++) {
        if (compare(sensors[i].name, name) == 0) {
            return &sensors[i];
        }
    }
    return NULL;
}

static struct sensor *add_sensor(const char *name)
{
    if (sensor_count == sensor_capacity) {
        sensor_capacity = sensor_capacity == 0 ? 4 : 2 * sensor_capacity;
        sensors = safe_perealloc(sensors, sensor_capacity, sizeof(*sensors), 0, true);
    }
    struct sensor *sensor = &sensors[sensor_count++];
    sensor->name = pestrdup(name, true);
    sensor->label = pestrdup(name, true);
    sensor->last = pestrdup("", true);
    sensor->history = pecalloc(HISTORY, sizeof(*sensor->history), true);
    sensor->readings = 0;
    sensor->least = INT32_MAX;
    sensor->most = INT32_MIN;
    return sensor;
}

static void add_to_history(struct sensor *sensor, int32_t reading)
{
    sensor->history[sensor->readings++ % HISTORY] = reading;
    sensor->least = reading < sensor->least ? reading : sensor->least;
    sensor->most = reading > sensor->most ? reading : sensor->most;
}

static int32_t mean_of_history(const struct sensor *sensor)
{
    int32_t count = sensor->readings < HISTORY ? (int32_t)sensor->readings : HISTORY;
    int32_t sum = 0;
    for (int32_t i = 0; i < count; i++) {
        sum += sensor->history[i];
    }
    return sum / count;
}

static void replace(char **persistent, const char *text)
{
    pefree(*persistent, true);
    *persistent = pestrdup(text, true);
}

const struct sensor *server_sensor(size_t index)
{
    return index < sensor_count ? &sensors[index] : NULL;
}

void server_stop(void)
{
    for (size_t i = 0; i < sensor_count; i++) {
        pefree(sensors[i].name, true);
        pefree(sensors[i].label, true);
        pefree(sensors[i].last, true);
        pefree(sensors[i].history, true);
    }
    pefree(sensors, true);
    sensors = NULL;
    sensor_count = sensor_capacity = 0;
}

/* --- commands --- */

static void fail(struct text *reply, const char *what, const char *word)
{
    add(reply, "error: ");
    add(reply, what);
    add(reply, word);
}

const char *const server_forgets_file = __FILE__;
const unsigned server_forgets_line = __LINE__ + 5; /* of safe_emalloc() */

static void put(const struct packet *packet, struct text *reply)
{
    size_t count = packet->count - 3;
    int32_t *readings = safe_emalloc(count, sizeof(*readings), 0);
    for (size_t i = 0; i < count; i++) {
        if (!parse_reading(packet->words[3 + i], &readings[i])) {
            fail(reply, "no reading: ", packet->words[3 + i]);
            return; /* the planned bug: readings is forgotten; the request's end takes it back, and says so */
        }
    }
    struct sensor *sensor = find_sensor(packet->words[2]);
    sensor = sensor != NULL ? sensor : add_sensor(packet->words[2]);
    for (size_t i = 0; i < count; i++) {
        add_to_history(sensor, readings[i]);
    }
    replace(&sensor->last, packet->words[packet->count - 1]);
    add(reply, "ok ");
    add_number(reply, (uint32_t)count);
    efree(readings);
}

static void get(const struct sensor *sensor, struct text *reply)
{
    add(reply, sensor->label);
    add_character(reply, ' ');
    add(reply, sensor->last);
}

static void stat(const struct sensor *sensor, struct text *reply)
{
    add(reply, "n=");
    add_number(reply, sensor->readings);
    add(reply, " least=");
    add_reading(reply, sensor->least);
    add(reply, " most=");
    add_reading(reply, sensor->most);
    add(reply, " mean=");
    add_reading(reply, mean_of_history(sensor));
}

/* What LIST says of a sensor, a block of its own. */
static char *line_of(const struct sensor *sensor)
{
    struct text line = text_new();
    add(&line, sensor->name);
    add(&line, ": ");
    get(sensor, &line);
    add_character(&line, ' ');
    stat(sensor, &line);
    char *copy = estrndup(line.start, line.length);
    efree(line.start);
    return copy;
}

/* Sorts by insertion: there are few. */
static void list(struct text *reply)
{
    char **lines = ecalloc(sensor_count, sizeof(*lines));
    for (size_t i = 0; i < sensor_count; i++) {
        char *line = line_of(&sensors[i]);
        size_t at = i;
        for (; at > 0 && compare(line, lines[at - 1]) < 0; at--) {
            lines[at] = lines[at - 1];
        }
        lines[at] = line;
    }
    for (size_t i = 0; i < sensor_count; i++) {
        add(reply, i == 0 ? "" : "; ");
        add(reply, lines[i]);
        efree(lines[i]);
    }
    efree(lines);
}

static void answer_about_sensor(const struct packet *packet, struct text *reply)
{
    const char *command = packet->words[1];
    struct sensor *sensor = find_sensor(packet->words[2]);
    if (sensor == NULL) {
        fail(reply, "no sensor ", packet->words[2]);
    } else if (compare(command, "GET") == 0) {
        get(sensor, reply);
    } else if (compare(command, "STAT") == 0) {
        stat(sensor, reply);
    } else if (compare(command, "LABEL") == 0 && packet->count > 3) {
        replace(&sensor->label, packet->words[3]);
        add(reply, "ok");
    } else {
        fail(reply, "no command ", command);
    }
}

char *server_answer(const char *line, size_t length)
{
    struct packet packet = packet_cut(line, length);
    struct text reply = text_new();
    add(&reply, packet.words[0]);
    add_character(&reply, ' ');
    if (packet.count > 3 && compare(packet.words[1], "PUT") == 0) {
        put(&packet, &reply);
    } else if (packet.count > 1 && compare(packet.words[1], "LIST") == 0) {
        list(&reply);
    } else if (packet.count > 2) {
        answer_about_sensor(&packet, &reply);
    } else {
        fail(&reply, "no command", "");
    }
    add_character(&reply, '\0');
    efree(packet.words);
    efree(packet.text);
    return reply.start;
}
