/* SPDX-License-Identifier: MIT
 *
 * mbedtls.c: mbedTLS on a heap: two TLS handshakes with a key that both sides know, and one for which memory is short.
 *
 * Debian builds mbedTLS without MBEDTLS_PLATFORM_MEMORY, so the linker redirects its calls of calloc and free
 * (--wrap), and no others.
 */
#include "recipe_mbedtls.h"

#include <mbedtls/ssl.h>
#include <string.h>

#include "recipes.h"

static unsigned char region[256 * 1024], small_region[24 * 1024];
struct quarry_heap *heap;

void *__wrap_calloc(size_t count, size_t bytes); /* NOLINT(bugprone-reserved-identifier) */
void __wrap_free(void *block);                   /* NOLINT(bugprone-reserved-identifier) */

void *__wrap_calloc(size_t count, size_t bytes) /* NOLINT(bugprone-reserved-identifier) */
{
    return served(heap, tls_calloc(count, bytes), count * bytes);
}

void __wrap_free(void *block) /* NOLINT(bugprone-reserved-identifier) */
{
    tls_free(block);
}

/* Bytes on their way from one side to the other. */
struct wire {
    unsigned char bytes[8192];
    size_t length;
};

struct side {
    mbedtls_ssl_context ssl;
    mbedtls_ssl_config config;
    struct wire *in, *out;
};

static int wire_send(void *context, const unsigned char *bytes, size_t length)
{
    struct wire *wire = ((struct side *)context)->out;
    const size_t room = sizeof wire->bytes - wire->length, part = length < room ? length : room;
    memcpy(wire->bytes + wire->length, bytes, part);
    wire->length += part;
    return part != 0 ? (int)part : MBEDTLS_ERR_SSL_WANT_WRITE;
}

static int wire_receive(void *context, unsigned char *bytes, size_t length)
{
    struct wire *wire = ((struct side *)context)->in;
    const size_t part = length < wire->length ? length : wire->length;
    memcpy(bytes, wire->bytes, part);
    wire->length -= part;
    memmove(wire->bytes, wire->bytes + part, wire->length);
    return part != 0 ? (int)part : MBEDTLS_ERR_SSL_WANT_READ;
}

/* Good enough for a test, and for nothing else. */
static int next_bytes(void *context, unsigned char *bytes, size_t length)
{
    static uint32_t state = 1;
    (void)context;
    for (size_t i = 0; i < length; i++)
        bytes[i] = (unsigned char)((state = state * 1664525u + 1013904223u) >> 24);
    return 0;
}

/* 0, or mbedTLS's error. */
static int side_begin(struct side *side, int endpoint, struct wire *in, struct wire *out)
{
    static const unsigned char key[16] = "sixteen of them.";
    static const int suites[] = {MBEDTLS_TLS_PSK_WITH_AES_128_GCM_SHA256, 0};
    mbedtls_ssl_init(&side->ssl);
    mbedtls_ssl_config_init(&side->config);
    side->in = in;
    side->out = out;
    int error = mbedtls_ssl_config_defaults(&side->config, endpoint, MBEDTLS_SSL_TRANSPORT_STREAM, 0);
    mbedtls_ssl_conf_rng(&side->config, next_bytes, NULL);
    mbedtls_ssl_conf_ciphersuites(&side->config, suites);
    error = error != 0 ? error : mbedtls_ssl_conf_psk(&side->config, key, sizeof key, key, 4);
    error = error != 0 ? error : mbedtls_ssl_setup(&side->ssl, &side->config);
    mbedtls_ssl_set_bio(&side->ssl, side, wire_send, wire_receive, NULL);
    return error;
}

static void side_end(struct side *side)
{
    mbedtls_ssl_free(&side->ssl);
    mbedtls_ssl_config_free(&side->config);
}

static bool talk(struct side *client, struct side *server)
{
    int first = -1, second = -1;
    for (int turn = 0; turn < 50 && (first != 0 || second != 0); turn++) {
        first = mbedtls_ssl_handshake(&client->ssl);
        second = mbedtls_ssl_handshake(&server->ssl);
    }
    unsigned char answer[16] = {0};
    return first == 0 && second == 0 && mbedtls_ssl_write(&client->ssl, (const unsigned char *)"a reading", 10) == 10 &&
           mbedtls_ssl_read(&server->ssl, answer, sizeof answer) == 10 && memcmp(answer, "a reading", 10) == 0;
}

int main(void)
{
    heap = quarry_create(small_region, sizeof small_region, NULL);
    struct side client, server;
    struct wire there = {.length = 0}, back = {.length = 0};
    CHECK(side_begin(&client, MBEDTLS_SSL_IS_CLIENT, &back, &there) == MBEDTLS_ERR_SSL_ALLOC_FAILED);
    side_end(&client);
    recipe_check_end(heap, 1, 16);
    heap = quarry_create(region, sizeof region, NULL);
    for (int time = 0; time < 2; time++) {
        CHECK(side_begin(&client, MBEDTLS_SSL_IS_CLIENT, &back, &there) == 0);
        CHECK(side_begin(&server, MBEDTLS_SSL_IS_SERVER, &there, &back) == 0);
        CHECK(talk(&client, &server));
        side_end(&client);
        side_end(&server);
    }
    recipe_check_end(heap, 100, 64 * 1024);
    return recipe_verdict();
}
