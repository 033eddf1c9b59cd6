# SPDX-License-Identifier: MIT
#
# recipes.mk: the recipes of docs/recipes.md, each in a program with the library that it is for, where Debian has that. Each
# is linked three times: with the library, and with the two bad ones of ../flawed, on which it must fail.

RECIPES      := lua sqlite cjson duktape mbedtls lwip lvgl others
RECIPES_DIR  := build/ports/recipes
RECIPES_CC   := gcc -std=c11 -O2 -Wall -Wextra -Wconversion -Werror -Iinclude -I$(RECIPES_DIR) -Itests/ports/recipes/headers
NEED_RECIPES := liblua5.4-dev:/usr/include/lua5.4/lua.h libsqlite3-dev:/usr/include/sqlite3.h \
	libcjson-dev:/usr/include/cjson/cJSON.h duktape-dev:/usr/include/duktape.h \
	libmbedtls-dev:/usr/include/mbedtls/ssl.h liblwip-dev:/usr/include/lwip/lwip/init.h
NEED_TEST    += $(NEED_RECIPES)

RECIPE_INCLUDES_lua   := -I/usr/include/lua5.4
RECIPE_INCLUDES_cjson := -I/usr/include/cjson
# lwIP takes ssize_t from the C library only where that shows SSIZE_MAX.
RECIPE_INCLUDES_lwip  := -isystem /usr/include/lwip -D_POSIX_C_SOURCE=200809L
RECIPE_INCLUDES_replaced := -fno-builtin
RECIPE_LIBS_lua     := -llua5.4
RECIPE_LIBS_sqlite  := -lsqlite3
RECIPE_LIBS_cjson   := -lcjson
RECIPE_LIBS_duktape := -lduktape
RECIPE_LIBS_mbedtls := -Wl,--wrap=calloc,--wrap=free -l:libmbedtls.a -l:libmbedx509.a -l:libmbedcrypto.a
RECIPE_LIBS_lwip    := $(RECIPES_DIR)/replaced.o -llwip

RECIPES_IMAGES := $(foreach recipe,$(RECIPES),$(RECIPES_DIR)/$(recipe) $(RECIPES_DIR)/$(recipe)-refusing $(RECIPES_DIR)/$(recipe)-elsewhere)

$(RECIPES_DIR)/extracted: docs/recipes.md tests/ports/recipes/extract.py
	tests/ports/recipes/extract.py docs/recipes.md $(RECIPES_DIR)
	@touch $@
$(eval $(call flags_file,ports/recipes/test,$(RECIPES_CC)))
$(RECIPES_DIR)/%.o: tests/ports/recipes/%.c $(RECIPES_DIR)/extracted $(RECIPES_DIR)/test.flags
	$(RECIPES_CC) $(RECIPE_INCLUDES_$*) $(DEPS) -c $< -o $@

# $(1) recipe
define recipe_rules
$(RECIPES_DIR)/$(1): $(RECIPES_DIR)/$(1).o $(filter %.o,$(RECIPE_LIBS_$(1))) build/hosted/libquarry.a
	gcc $$< $(RECIPE_LIBS_$(1)) build/hosted/libquarry.a -o $$@
$(RECIPES_DIR)/$(1)-%: $(RECIPES_DIR)/$(1).o $(filter %.o,$(RECIPE_LIBS_$(1))) build/ports/lib%.a
	gcc $$< $(RECIPE_LIBS_$(1)) build/ports/lib$$*.a -o $$@
endef
$(foreach recipe,$(RECIPES),$(eval $(call recipe_rules,$(recipe))))
-include $(wildcard $(RECIPES_DIR)/*.d)

recipes_jobs = $(call job,recipes,$(HOST_SECONDS),tests/ports/recipes/run.sh $(RECIPES_DIR) $(RECIPES))
