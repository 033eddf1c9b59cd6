/* SPDX-License-Identifier: MIT
 *
 * report.c: see report.h. quarry_print() is the library's hook, and must not call a heap: so all is static.
 */
#include "report.h"

#include "../common/print.h"
#include "quarry/emalloc.h"

#define LINES            8
#define LINE_MOST_LENGTH 127

static struct {
    char text[LINE_MOST_LENGTH + 1];
    size_t times;
} lines[LINES];

static size_t line_count;
static size_t lost;                        /* lines that the table had no room for */
static char current[LINE_MOST_LENGTH + 1]; /* the line that is being said */
static size_t current_length;

static bool is_same(const char *a, const char *b)
{
    while (*a == *b && *a != '\0') {
        a++;
        b++;
    }
    return *a == *b;
}

static void keep_line(void)
{
    size_t i = 0;
    current[current_length] = '\0';
    while (i < line_count && !is_same(lines[i].text, current)) {
        i++;
    }
    if (i == LINES) {
        lost++;
        return;
    }
    if (i == line_count) {
        line_count++;
        for (size_t at = 0; at <= current_length; at++) {
            lines[i].text[at] = current[at];
        }
    }
    lines[i].times++;
}

/* A line may come in parts. */
void quarry_print(const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\n') {
            keep_line();
            current_length = 0;
        } else if (current_length < LINE_MOST_LENGTH) {
            current[current_length++] = *text;
        }
    }
}

void report_print(void)
{
    for (size_t i = 0; i < line_count; i++) {
        print_text("  reported ");
        print_number(lines[i].times, 0);
        print_text(" times: ");
        print_text(lines[i].text);
        print_text("\n");
    }
    if (lost != 0) {
        print_text("  and other lines\n");
    }
}

/* --- looking for places: "<file>(<line>)" opens a line; the lines with sums name none --- */

/* What follows prefix in text; NULL: text does not begin with it. */
static const char *behind(const char *text, const char *prefix)
{
    while (*prefix != '\0') {
        if (*text++ != *prefix++) {
            return NULL;
        }
    }
    return text;
}

static bool names_a_place(const char *text)
{
    while (*text != '\0' && *text != '(') {
        text++;
    }
    return *text == '(';
}

static bool names_place(const char *text, const char *file, unsigned line)
{
    unsigned number = 0;
    text = behind(text, file);
    if (text == NULL || *text++ != '(') {
        return false;
    }
    for (; *text >= '0' && *text <= '9'; text++) {
        number = number * 10 + (unsigned)(*text - '0');
    }
    return *text == ')' && number == line;
}

bool report_is(const char *file, unsigned line, size_t times)
{
    size_t found = 0;
    for (size_t i = 0; i < line_count; i++) {
        if (names_place(lines[i].text, file, line)) {
            found += lines[i].times;
        } else if (names_a_place(lines[i].text)) {
            return false;
        }
    }
    return found == times && lost == 0;
}
