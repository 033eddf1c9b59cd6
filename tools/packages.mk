# SPDX-License-Identifier: MIT
#
# packages.mk: the Debian packages that targets need, as tools/need.sh takes them: PACKAGE:THING, where THING is a
# command, or a path, that is there once the package is installed.

NEED_HOST  := gcc:gcc libc6-dev:/usr/include/stdio.h binutils:ar python3:python3
NEED_ARM   := gcc-arm-none-eabi:arm-none-eabi-gcc binutils-arm-none-eabi:arm-none-eabi-ar
NEED_RISCV := gcc-riscv64-unknown-elf:riscv64-unknown-elf-gcc qemu-system-misc:qemu-system-riscv32
NEED_RUN   := $(NEED_HOST) $(NEED_ARM) $(NEED_RISCV) qemu-system-x86:qemu-system-x86_64 qemu-system-arm:qemu-system-arm
NEED_32    := lib32gcc-12-dev:/usr/lib/gcc/x86_64-linux-gnu/12/32/libgcc.a libc6-dev-i386:/usr/lib32/crt1.o
NEED_CROSS := $(NEED_HOST) $(NEED_ARM) gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc \
	gcc-riscv64-unknown-elf:riscv64-unknown-elf-gcc gcc-xtensa-lx106:xtensa-lx106-elf-gcc clang:clang lld:ld.lld llvm:llvm-nm
NEED_BIG_ENDIAN := $(foreach cpu,powerpc mips s390x,gcc-$(cpu)-linux-gnu:$(cpu)-linux-gnu-gcc libc6-dev-$(cpu)-cross:/usr/$(cpu)-linux-gnu/lib/libc.a) \
	qemu-user:qemu-ppc
# Files that are included later add what their tests need.
NEED_TEST  := $(NEED_RUN) $(NEED_CROSS) qemu-system-arm:qemu-system-aarch64 qemu-system-misc:qemu-system-xtensa qemu-user:qemu-aarch64 g++:g++ clang:clang++ cmake:cmake \
	gcc-avr:avr-gcc $(NEED_32) $(NEED_BIG_ENDIAN) \
	lib32asan8:/usr/lib32/libasan.so.8 lib32ubsan1:/usr/lib32/libubsan.so.1 \
	libtsan2:/usr/lib/x86_64-linux-gnu/libtsan.so.2 libclang-rt-14-dev:/usr/lib/llvm-14/lib/clang/14.0.6/lib/linux/libclang_rt.asan-i386.a \
	meson:meson ninja-build:ninja pkg-config:pkg-config git:git libxml2-utils:xmllint dpkg-dev:dpkg-source xz-utils:xz \
	python3-yaml:/usr/lib/python3/dist-packages/yaml python3-jsonschema:/usr/lib/python3/dist-packages/jsonschema \
	libphp8.2-embed:/usr/lib/libphp8.2.so valgrind:valgrind
