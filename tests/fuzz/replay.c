/* SPDX-License-Identifier: MIT
 *
 * replay.c: runs inputs without a fuzzer: replay FILE|FOLDER... Each file is one input; a folder, all files in it.
 * Ends with "N passed, 0 failed"; a finding aborts, after the input's name has been printed.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned run_count;

static void run_file(const char *path)
{
    static uint8_t data[1 << 20];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    size_t bytes = fread(data, 1, sizeof data, file);
    fclose(file);
    fprintf(stderr, "\rinput %s ", path); /* stays on the screen if it is a finding */
    uint8_t *copy = malloc(bytes + (bytes == 0));
    memcpy(copy, data, bytes);
    LLVMFuzzerTestOneInput(copy, bytes);
    free(copy);
    run_count++;
}

static void run_path(const char *path)
{
    DIR *folder = opendir(path);
    if (folder == NULL) {
        run_file(path);
        return;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char name[1024];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
        run_file(name);
    }
    closedir(folder);
}

int main(int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        run_path(arguments[i]);
    fprintf(stderr, "\n");
    printf("%u passed, 0 failed\n", run_count);
    return run_count == 0;
}
