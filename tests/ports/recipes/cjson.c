/* SPDX-License-Identifier: MIT
 *
 * cjson.c: cJSON on a heap: documents built, printed and parsed, and one that is too large.
 */
#include "recipe_cjson.h"

#include <string.h>

#include "recipes.h"

static unsigned char region[64 * 1024];
struct quarry_heap *heap;

static void *watched(size_t bytes)
{
    return served(heap, json_malloc(bytes), bytes);
}

static cJSON *document(int items)
{
    cJSON *list = cJSON_CreateArray();
    for (int i = 0; i < items && list != NULL; i++) {
        cJSON *item = cJSON_CreateObject();
        if (cJSON_AddNumberToObject(item, "id", i) == NULL ||
            cJSON_AddStringToObject(item, "name", "a sensor") == NULL || !cJSON_AddItemToArray(list, item)) {
            cJSON_Delete(item);
            cJSON_Delete(list);
            return NULL;
        }
    }
    return list;
}

int main(void)
{
    heap = quarry_create(region, sizeof region, NULL);
    cJSON_Hooks hooks = {watched, json_free};
    json_use_heap();
    cJSON *first = document(3); /* with the recipe's own hooks */
    CHECK(quarry_owns(heap, first));
    cJSON_Delete(first);
    cJSON_InitHooks(&hooks);
    for (int round = 0; round < 10; round++) {
        cJSON *built = document(60);
        char *text = cJSON_Print(built);
        cJSON *parsed = cJSON_Parse(text);
        CHECK(text != NULL && strlen(text) > 2000 && cJSON_Compare(built, parsed, true));
        cJSON_free(text);
        cJSON_Delete(built);
        cJSON_Delete(parsed);
    }
    CHECK(document(10000) == NULL);
    recipe_check_end(heap, 3000, 20000);
    return recipe_verdict();
}
