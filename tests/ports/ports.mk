# SPDX-License-Identifier: MIT
#
# ports.mk: tests of ports/, each a program for this host.

PORTS_CC     := gcc -std=c11 -O2 -Wall -Wextra -Werror -Iinclude -Iports/posix
PORTS_IMAGES := build/ports/posix

$(eval $(call flags_file,ports/test,$(PORTS_CC)))
build/ports/%.o: %.c build/ports/test.flags
	@mkdir -p $(@D)
	$(PORTS_CC) $(DEPS) -c $< -o $@
build/ports/posix: $(call objects_of,tests/ports/posix.c ports/posix/mmap_source.c,ports) build/hosted/libquarry.a
	gcc $^ -o $@
-include $(patsubst %.o,%.d,$(call objects_of,tests/ports/posix.c ports/posix/mmap_source.c,ports))

ports_jobs = $(call job,port posix,$(HOST_SECONDS),build/ports/posix)
