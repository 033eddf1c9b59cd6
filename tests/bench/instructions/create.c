/* SPDX-License-Identifier: MIT
 *
 * create.c: the image that counts the instructions of quarry_create(), for regions of several sizes. A size that no
 * range of free RAM holds has no row. Prints a row of fields for each: machine, bytes of the region, instructions.
 */
#include "../../../examples/common/print.h"
#include "machine.h"
#include "measure.h"
#include "quarry.h"

#define KB 1024u

static const size_t sizes[] = {8 * KB, 64 * KB, 1024 * KB, 2560 * KB, 16384 * KB, 65536 * KB};

static void *find_ram(size_t bytes)
{
    struct machine_ram ram;
    for (unsigned index = 0; (ram = machine_free_ram(index)).bytes != 0; index++) {
        size_t odd = -(uintptr_t)ram.start & 15;
        if (ram.bytes >= odd && ram.bytes - odd >= bytes) {
            return (char *)ram.start + odd;
        }
    }
    return NULL;
}

int main(void)
{
    if (!measure_start()) {
        return 1;
    }
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        void *region = find_ram(sizes[i]);
        uint32_t instructions;
        if (region == NULL) {
            continue;
        }
        if (measure(MEASURED(quarry_create), (uintptr_t)region, sizes[i], 0, 0, &instructions) == 0) {
            print_text("FAILED: no heap in a region of ");
            print_number(sizes[i], 0);
            print_text(" bytes\n");
            return 1;
        }
        print_text("row\t");
        print_text(machine_name);
        print_text("\t");
        print_field(sizes[i]);
        print_field(instructions);
        print_text("\n");
    }
    return 0;
}
