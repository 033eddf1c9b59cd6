/* SPDX-License-Identifier: MIT
 *
 * init.h: what ports/zephyr uses of Zephyr's initialisation: the test calls stub_sys_init().
 */
#ifndef STUB_ZEPHYR_INIT_H
#define STUB_ZEPHYR_INIT_H

#define SYS_INIT(function, level, priority)                                                                            \
    int stub_sys_init(void)                                                                                            \
    {                                                                                                                  \
        return function();                                                                                             \
    }                                                                                                                  \
    enum { stub_level_##level = priority }

#endif
