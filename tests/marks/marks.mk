# SPDX-License-Identifier: MIT
#
# marks.mk: the library with QUARRY_MARK for a host's tools: programs that misuse blocks, which the tool must report,
# and valid ones, which it must not: the API's tests among them. The library is built without instrumentation.

MARKS_FLAGS_asan     := -DQUARRY_MARK=QUARRY_MARK_ASAN
MARKS_FLAGS_valgrind := -DQUARRY_MARK=QUARRY_MARK_VALGRIND
MARKS_CHECK_asan     := -fsanitize=address,undefined -fno-sanitize-recover=all

# $(1) asan or valgrind
define marks_rules
$(call flags_file,marks/$(1)/test,gcc $(MARKS_FLAGS_$(1)) $(MARKS_CHECK_$(1)))
build/marks/$(1)/src/%.o: src/%.c build/marks/$(1)/test.flags
	@mkdir -p $$(@D)
	gcc -std=c11 -O1 -g -ffreestanding $(WARN) -Werror -Iinclude -Iarch/hosted $(MARKS_FLAGS_$(1)) $(DEPS) -c $$< -o $$@
build/marks/$(1)/%.o: %.c build/marks/$(1)/test.flags
	@mkdir -p $$(@D)
	gcc -std=c11 -O1 -g -Wall -Wextra -Werror $(TEST_INCLUDES) -Iarch/hosted $(MARKS_FLAGS_$(1)) $(MARKS_CHECK_$(1)) $(DEPS) -c $$< -o $$@
build/marks/$(1)/programs: $(call objects_of,$(SRC) tests/marks/programs.c,marks/$(1))
	gcc $(MARKS_CHECK_$(1)) $$^ -o $$@
build/marks/$(1)/api: $(call objects_of,$(HOST_COMMON) $(wildcard tests/api/*.c),marks/$(1))
	gcc $(MARKS_CHECK_$(1)) $$^ -o $$@
-include $(patsubst %.o,%.d,$(call objects_of,$(HOST_COMMON) tests/marks/programs.c $(wildcard tests/api/*.c),marks/$(1)))
endef
$(foreach tool,asan valgrind,$(eval $(call marks_rules,$(tool))))

MARKS_IMAGES := build/marks/asan/programs build/marks/asan/api build/marks/valgrind/programs
marks_jobs = $(foreach tool,asan valgrind,$(call job,marks $(tool),$(HOST_SECONDS),tests/marks/run.sh $(tool) build/marks/$(tool)/programs))$(call job,marks asan api,$(HOST_SECONDS),build/marks/asan/api)

NEED_TEST += valgrind:valgrind valgrind:/usr/include/valgrind/memcheck.h
