# SPDX-License-Identifier: MIT
#
# static.mk: static analysis, part of `make check-style` and `make test-all`.
#
#   check-static   gcc's analyzer, clang-tidy, cppcheck and its MISRA addon; a finding is a failure
#   misra          the same, and the column "where" of docs/misra.md is brought up to date
# FULL=1: every check level, not just two configurations; some minutes.

NEED_STATIC := gcc:gcc clang:clang clang-tidy:clang-tidy cppcheck:cppcheck python3:python3 $(NEED_ARM) \
	gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc gcc-riscv64-unknown-elf:riscv64-unknown-elf-gcc
NEED_TEST   += $(NEED_STATIC)
STATIC_ISAS  = "hosted=gcc" "hosted=clang" $(foreach isa,$(CLANG_ISAS),"$(isa)=$(call isa_gcc,$(isa))" "$(isa)=$(call isa_clang,$(isa))")
static_command = tests/static/analyse.py $(if $(FULL),--full) $(1) $(JOBS) $(STATIC_ISAS)

.PHONY: check-static misra
check-static:
	@tools/need.sh --check $(NEED_STATIC)
	@$(call static_command)

misra:
	@tools/need.sh --check $(NEED_STATIC)
	@$(call static_command,--write)
