/* SPDX-License-Identifier: MIT
 *
 * start.c: what a Cortex-M does before main(), and the kernel's three handlers: a board has its own.
 */
extern volatile unsigned char stack_end[], data_load[], data[], bss[], bss_end[]; /* link.ld */
void vPortSVCHandler(void), xPortPendSVHandler(void), xPortSysTickHandler(void);  /* the kernel's */
int main(void);

static void reset(void)
{
    for (volatile unsigned char *to = data, *from = data_load; to < bss; to++)
        *to = *from++;
    for (volatile unsigned char *byte = bss; byte < bss_end; byte++)
        *byte = 0;
    main();
}

__attribute__((section(".vectors"), used)) static void (*const vectors[16])(void) = {[0] = (void (*)(void))stack_end,
                                                                                     [1] = reset,
                                                                                     [11] = vPortSVCHandler,
                                                                                     [14] = xPortPendSVHandler,
                                                                                     [15] = xPortSysTickHandler};
