/* SPDX-License-Identifier: MIT
 *
 * firmware.c: start code with which leaky.c runs on a Cortex-M4; examples/minimal-cortex-m/link.ld has the memory.
 */
extern volatile unsigned char stack_end[], data_load[], data[], bss[], bss_end[];
int main(void);

static void reset(void)
{
    for (volatile unsigned char *to = data, *from = data_load; to < bss; to++)
        *to = *from++;
    for (volatile unsigned char *byte = bss; byte < bss_end; byte++)
        *byte = 0;
    main();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[])(void) = {(void (*)(void))stack_end, reset};
