# SPDX-License-Identifier: MIT
#
# style.mk: `make check-style`, which checks the layers and the layout of the source files, and `make format`, which
# lays out the C files.

STYLED = $(wildcard include/*.h include/*/*.h src/*.[ch] src/*/*.[ch] arch/*.h arch/*/*.h arch/*/qemu/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] ports/*/*.[ch] examples/*/*.[ch])

.PHONY: check-style format
check-style:
	@tools/need.sh --check clang-format:clang-format
	@tests/style/layers.sh
	@tests/style/files.sh
	@clang-format --dry-run -Werror $(STYLED)
	@$(MAKE) -s check-static

format:
	@tools/need.sh --check clang-format:clang-format
	clang-format -i $(STYLED)
