/* SPDX-License-Identifier: MIT
 *
 * main.cpp: a C++ program whose operator new and delete are Quarry's. To start your own, copy this folder.
 */
#include <cstdio>
#include <map>
#include <string>

#include "quarry/cxx.hpp"

QUARRY_HEAP_DEFINE(quarry_cxx_heap, 256 * 1024);

int main()
{
    std::map<std::string, int> words;
    for (const char *word : {"page", "chunk", "bin", "a word that does not fit into the string itself", "page"}) {
        words[word]++;
    }
    for (const auto &word : words) {
        std::printf("%d %s\n", word.second, word.first.c_str());
    }

    quarry_stats stats;
    quarry_get_stats(quarry_cxx_heap(), &stats);
    std::printf("%zu blocks, %zu bytes in use\n", stats.blocks, stats.used_bytes);
    return words["page"] == 2 && quarry_check(quarry_cxx_heap()) ? 0 : 1;
}
