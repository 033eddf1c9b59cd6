/* SPDX-License-Identifier: MIT
 *
 * control.c: the scene of the misuse table that shows what becomes of changed control data. Who changes each bit of it
 * is table_flip_every_bit(); the one here changes none, so that nothing is promised unless another one is linked.
 */
#include "table.h"

__attribute__((weak)) struct table_flips table_flip_every_bit(void)
{
    const struct table_flips none = {0, 0, 0};
    return none;
}

SCENE(control_data_bit)
{
    const struct table_flips flips = table_flip_every_bit();
    CHECK_EQ(flips.broken, 0);
    CHECK(flips.reported <= flips.bits);
    scene->said = flips.bits != 0 && flips.broken == 0 ? SURVIVES : NO_PROMISE;
}
