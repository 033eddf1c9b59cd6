# SPDX-License-Identifier: MIT
#
# style.mk: `make check-style`, which checks the layers, the layout of the source files and how readable src/ is in
# figures (limits.py), `make lower-limits`, which lowers the rows of limits.tsv to what is reached, and `make format`,
# which lays out the C files.

NEED_TEST += universal-ctags:ctags

STYLED = $(wildcard include/*.h include/*/*.h src/*.[ch] src/*/*.[ch] arch/*.h arch/*/*.h arch/*/qemu/*.[ch] tests/*/*.[ch] tests/*/*/*.[ch] ports/*/*.[ch] examples/*/*.[ch])

.PHONY: check-style lower-limits format
check-style:
	@tools/need.sh --check clang-format:clang-format universal-ctags:ctags
	@tests/style/layers.sh
	@tests/style/files.sh
	@tests/style/limits.py
	@clang-format --dry-run -Werror $(STYLED)
	@$(MAKE) -s check-static

lower-limits:
	@tools/need.sh --check universal-ctags:ctags
	@tests/style/limits.py --lower

format:
	@tools/need.sh --check clang-format:clang-format
	clang-format -i $(STYLED)

style_jobs = $(call job,layer order,$(BUILD_SECONDS),tests/style/layers.sh)\
$(call job,file heads,$(BUILD_SECONDS),tests/style/files.sh)\
$(call job,limits of the sources,$(BUILD_SECONDS),tests/style/limits.py)\
$(call job,what limits.py counts,$(BUILD_SECONDS),tests/style/limits_test.py)
