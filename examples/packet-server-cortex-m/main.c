/* SPDX-License-Identifier: MIT
 *
 * main.c: a packet server that runs for ever on 32 KB, though it loses memory: each packet is a request.
 *
 * What a packet needs comes from emalloc(), what the server is to remember from pemalloc(..., true). When a packet has
 * been answered, shutdown_memory_manager() takes back whatever was not freed, and (the image is built with
 * QUARRY_TRACK) says where it was asked for. 10,000 packets later all figures are what they were after the first 100.
 *
 * The packets come from traffic.c instead of a network, and the replies go into a checksum.
 */
#include "quarry/emalloc.h"

#include "../common/print.h"
#include "machine.h"
#include "report.h"
#include "server.h"
#include "traffic.h"

#define PACKETS       10000u
#define PACKETS_FIRST 100u /* figures must not change from here on */
#define PACKETS_BAD   100u /* whose error path forgets a block */

/* Of all replies; a second implementation of traffic and server, in another language, came to the same. */
#define REPLIES_SUM 0x0A95932Fu

/* From linker/heap-region.ld. */
extern char __heap_start[], __heap_end[];

/* Between two packets; the peaks are of all packets so far. */
struct figures {
    size_t used_bytes, real_bytes; /* of the request heap */
    size_t peak_bytes, real_peak_bytes;
    struct quarry_stats region;
};

static struct {
    size_t received_bytes, sent_bytes;
    uint32_t sum; /* of all replies */
    size_t peak_bytes, real_peak_bytes;
} served = {.sum = 2166136261u};

/* --- when memory runs out --- */

_Noreturn void quarry_out_of_memory(struct quarry_heap *heap, size_t bytes)
{
    (void)heap;
    print_text("out of memory: no ");
    print_number(bytes, 0);
    print_text(" bytes\n");
    machine_exit(1);
}

/* --- serving --- */

/* FNV-1a (Glenn Fowler, Landon Curt Noll and Phong Vo). */
static size_t add_to_sum(const char *reply)
{
    size_t length = 0;
    do {
        served.sum = (served.sum ^ (unsigned char)reply[length]) * 16777619u;
    } while (reply[length++] != '\0');
    return length - 1;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static void serve_packet(unsigned number)
{
    static char buffer[TRAFFIC_MOST_BYTES]; /* as a network driver has one */
    size_t length = traffic_next(number, buffer);
    char *reply = server_answer(buffer, length);
    served.received_bytes += length;
    served.sent_bytes += add_to_sum(reply);
    efree(reply);
    served.peak_bytes = larger(served.peak_bytes, zend_memory_peak_usage(false));
    served.real_peak_bytes = larger(served.real_peak_bytes, zend_memory_peak_usage(true));
    shutdown_memory_manager(false, false);
}

static void serve_packets(unsigned first, unsigned last, struct figures *figures)
{
    for (unsigned number = first; number <= last; number++) {
        serve_packet(number);
    }
    figures->used_bytes = zend_memory_usage(false);
    figures->real_bytes = zend_memory_usage(true);
    figures->peak_bytes = served.peak_bytes;
    figures->real_peak_bytes = served.real_peak_bytes;
    quarry_get_stats(quarry_persistent_heap(), &figures->region);
}

/* --- figures --- */

static void print_row(const char *name, size_t before, size_t after)
{
    print_text(name);
    print_number(before, 10);
    print_number(after, 10);
    print_text("\n");
}

static void print_figures(const struct figures *before, const struct figures *after)
{
    print_row("  after packet                   ", PACKETS_FIRST, PACKETS);
    print_row("  request heap, blocks' bytes    ", before->used_bytes, after->used_bytes);
    print_row("    from the region              ", before->real_bytes, after->real_bytes);
    print_row("    most blocks' bytes           ", before->peak_bytes, after->peak_bytes);
    print_row("    most from the region         ", before->real_peak_bytes, after->real_peak_bytes);
    print_row("  region, bytes in use           ", before->region.used_bytes, after->region.used_bytes);
    print_row("    most in use                  ", before->region.used_peak_bytes, after->region.used_peak_bytes);
    print_row("    blocks                       ", before->region.blocks, after->region.blocks);
    print_row("    free, in one piece           ", before->region.largest_free_bytes, after->region.largest_free_bytes);
    print_row("    requests that failed         ", before->region.failures, after->region.failures);
}

static bool nothing_grew(const struct figures *before, const struct figures *after)
{
    return after->used_bytes == 0 && before->real_bytes == after->real_bytes &&
           before->real_peak_bytes == after->real_peak_bytes && before->region.used_bytes == after->region.used_bytes &&
           before->region.used_peak_bytes == after->region.used_peak_bytes &&
           before->region.blocks == after->region.blocks &&
           before->region.largest_free_bytes == after->region.largest_free_bytes && after->region.failures == 0;
}

/* --- what must hold --- */

static bool sensors_are_right(void)
{
    for (size_t i = 0; i < TRAFFIC_SENSORS; i++) {
        const struct sensor *sensor = server_sensor(i);
        if (sensor == NULL || !traffic_agrees(i, sensor)) {
            return false;
        }
    }
    return server_sensor(TRAFFIC_SENSORS) == NULL;
}

static bool print_verdict(const char *what, bool holds)
{
    print_text(holds ? "  ok      " : "  FAILED  ");
    print_text(what);
    print_text("\n");
    return holds;
}

static bool judge(const struct figures *before, const struct figures *after)
{
    bool good = print_verdict("every reply is the expected one", served.sum == REPLIES_SUM);
    good &= print_verdict("what is known about the sensors survived all requests", sensors_are_right());
    good &= print_verdict("nothing grew", nothing_grew(before, after));
    good &= print_verdict("the planned leak was found each time, and no other",
                          report_is(server_forgets_file, server_forgets_line, PACKETS_BAD));
    good &= print_verdict("quarry_check of both heaps",
                          quarry_check(zend_mm_get_heap()) && quarry_check(quarry_persistent_heap()));
    return good;
}

static void print_summary(void)
{
    print_number(PACKETS, 0);
    print_text(" packets with ");
    print_number(served.received_bytes, 0);
    print_text(" bytes answered with ");
    print_number(served.sent_bytes, 0);
    print_text(" bytes, checksum ");
    print_address(served.sum);
    print_text("\n");
}

int main(void)
{
    const struct quarry_memory memory = {.region = __heap_start, .region_bytes = (size_t)(__heap_end - __heap_start)};
    struct figures before, after;
    print_text("Quarry packet server on ");
    print_text(machine_name);
    print_text(", in a region of ");
    print_number(memory.region_bytes, 0);
    print_text(" bytes\n");
    if (!start_memory_manager(&memory)) {
        print_text("the region is too small\n");
        return 1;
    }
    serve_packets(1, PACKETS_FIRST, &before);
    serve_packets(PACKETS_FIRST + 1, PACKETS, &after);
    print_figures(&before, &after);
    report_print();
    bool good = judge(&before, &after);
    server_stop();
    shutdown_memory_manager(false, true);
    print_summary();
    return good ? 0 : 1;
}
