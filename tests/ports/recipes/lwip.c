/* SPDX-License-Identifier: MIT
 *
 * lwip.c: lwIP on a heap: datagrams from one network interface to another, and memory that runs out.
 *
 * Debian builds lwIP on the C library's malloc, so malloc is replaced for the whole process (replaced.c).
 */
#include <lwip/init.h>
#include <lwip/ip.h>
#include <lwip/netif.h>
#include <lwip/udp.h>

#include "recipes.h"
#include "replaced.h"

static struct pbuf *on_the_way[4];
static size_t received_bytes, received;

/* What is sent waits until the stack is not on the call stack any more. */
static err_t send(struct netif *interface, struct pbuf *packet, const ip4_addr_t *address)
{
    (void)interface, (void)address;
    for (size_t i = 0; i < sizeof on_the_way / sizeof on_the_way[0]; i++) {
        if (on_the_way[i] == NULL) {
            on_the_way[i] = pbuf_clone(PBUF_LINK, PBUF_RAM, packet);
            return on_the_way[i] != NULL ? ERR_OK : ERR_MEM;
        }
    }
    return ERR_BUF;
}

static err_t interface_begin(struct netif *interface)
{
    interface->output = send;
    interface->mtu = 1500;
    interface->flags |= NETIF_FLAG_UP | NETIF_FLAG_LINK_UP;
    return ERR_OK;
}

/* With the address 10.0.0.host. */
static bool interface_add(struct netif *interface, unsigned host)
{
    ip4_addr_t address, mask, gateway;
    IP4_ADDR(&address, 10, 0, 0, host);
    IP4_ADDR(&mask, 255, 0, 0, 0);
    IP4_ADDR(&gateway, 10, 0, 0, 2);
    return netif_add(interface, &address, &mask, &gateway, NULL, interface_begin, ip_input) != NULL;
}

static void receive(void *context, struct udp_pcb *socket, struct pbuf *packet, const ip_addr_t *address, u16_t port)
{
    (void)context, (void)socket, (void)address, (void)port;
    received++;
    received_bytes += packet->tot_len;
    pbuf_free(packet);
}

/* A fault of malloc's ends the program, since what lwIP does then says nothing. */
static void end_at_a_fault(void)
{
    CHECK(replaced_faults() == 0);
    if (replaced_faults() != 0)
        exit(recipe_verdict());
}

static void test_datagrams_arrive(struct netif *to)
{
    struct udp_pcb *socket = udp_new();
    ip_addr_t address;
    ip_addr_copy_from_ip4(address, *netif_ip4_addr(to));
    CHECK(socket != NULL && udp_bind(socket, IP_ADDR_ANY, 1000) == ERR_OK);
    udp_recv(socket, receive, NULL);
    size_t sent_bytes = 0;
    for (unsigned i = 0; i < 500; i++) {
        const u16_t bytes = (u16_t)(1 + i * 7 % 1400);
        struct pbuf *packet = pbuf_alloc(PBUF_TRANSPORT, bytes, PBUF_RAM);
        end_at_a_fault();
        CHECK(packet != NULL && udp_sendto(socket, packet, &address, 1000) == ERR_OK);
        sent_bytes += bytes;
        pbuf_free(packet);
        for (size_t j = 0; j < sizeof on_the_way / sizeof on_the_way[0]; j++) {
            struct pbuf *arrived = on_the_way[j];
            on_the_way[j] = NULL;
            if (arrived != NULL && to->input(arrived, to) != ERR_OK)
                pbuf_free(arrived);
        }
    }
    CHECK(received == 500 && received_bytes == sent_bytes);
    udp_remove(socket);
}

static void test_exhaustion_is_an_answer(void)
{
    struct pbuf *all = NULL, *packet;
    while ((packet = pbuf_alloc(PBUF_RAW, 60000, PBUF_RAM)) != NULL) {
        *(struct pbuf **)packet->payload = all;
        all = packet;
    }
    CHECK(all != NULL);
    while (all != NULL) {
        packet = all;
        all = *(struct pbuf **)packet->payload;
        pbuf_free(packet);
    }
    packet = pbuf_alloc(PBUF_RAW, 60000, PBUF_RAM);
    CHECK(packet != NULL);
    pbuf_free(packet);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    lwip_init();
    static struct netif from, to;
    CHECK(interface_add(&to, 3) && interface_add(&from, 1)); /* the one that was added last sends */
    struct quarry_stats before, after;
    quarry_get_stats(replaced_heap(), &before);
    test_datagrams_arrive(&to);
    test_exhaustion_is_an_answer();
    quarry_get_stats(replaced_heap(), &after);
    CHECK(after.blocks == before.blocks);
    CHECK(after.used_peak_bytes > 500000);
    CHECK(quarry_check(replaced_heap()));
    CHECK(replaced_requests() > 1000);
    end_at_a_fault();
    return recipe_verdict();
}
