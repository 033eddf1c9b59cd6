/* SPDX-License-Identifier: MIT
 *
 * lua.c: Lua on a heap: a program with tables, strings and closures, and one that runs out of memory.
 */
#include "recipe_lua.h"

#include <lauxlib.h>
#include <lualib.h>
#include <string.h>

#include "recipes.h"

static unsigned char region[512 * 1024];

static void *watched(void *heap, void *block, size_t old_bytes, size_t bytes)
{
    void *answer = lua_memory(heap, block, old_bytes, bytes);
    return bytes == 0 ? answer : served(heap, answer, bytes);
}

static const char work[] =
        "local sum, log = 0, {} "
        "for i = 1, 2000 do local f = function(x) return x + i end; log[i % 50 + 1] = ('item %d'):format(f(i)); "
        "  if i % 100 == 0 then log = {table.concat(log, ',')} end sum = sum + #log end "
        "return sum";

int main(void)
{
    struct quarry_heap *heap = quarry_create(region, sizeof region, NULL);
    lua_State *lua = lua_newstate(watched, heap);
    CHECK(lua != NULL);
    if (lua == NULL)
        return recipe_verdict();
    luaL_openlibs(lua);
    CHECK(luaL_dostring(lua, work) == LUA_OK && lua_tointeger(lua, -1) > 20000);
    CHECK(luaL_dostring(lua, "return ('x'):rep(100000)") == LUA_OK && strlen(lua_tostring(lua, -1)) == 100000);
    lua_settop(lua, 0);
    CHECK(luaL_loadstring(lua, "local t = {} while true do t[#t + 1] = ('%d'):format(#t) end") == LUA_OK);
    CHECK(lua_pcall(lua, 0, 0, 0) == LUA_ERRMEM); /* and the state works on */
    lua_settop(lua, 0);
    CHECK(luaL_dostring(lua, work) == LUA_OK);
    lua_close(lua);
    recipe_check_end(heap, 5000, 100000);
    return recipe_verdict();
}
