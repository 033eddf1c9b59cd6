# SPDX-License-Identifier: MIT
#
# help.mk: what `make help` says of the developers' targets, below those of the Makefile in the top folder.

help::
	@echo
	@echo 'For work on Quarry itself:'
	@echo 'make exhaustive  every sequence of calls on tiny heaps: some minutes'
	@echo 'make proofs      prove the arithmetic, over whole domains, in some minutes; make proofs-mutants: break it'
	@echo 'make test-table  run the misuse table alone: docs/misuse.md'
	@echo 'make test-links  10 million calls while words are written into free memory, with each of four builds'
	@echo 'make storm       interrupts as often as can be, thread and handlers on one heap, 10 million operations each'
	@echo 'make test-fit    how well free memory stays usable, beside first fit and best fit'
	@echo 'make test-tools  the tests of tools/size and of the other tools, in full'
	@echo 'make faults      the tests of the API and of emalloc with every single fault, on this host'
	@echo 'make coverage    lines and branches of src/ that the host tests run, and those that they do not'
	@echo 'make fuzz        fuzz all targets for SECONDS=600 in all; fuzz-afl: with AFL++; fuzz-corpus: keep what was found'
	@echo 'make php         PHP 8.2 on quarry/emalloc.h, from Debian, and PHP_TESTS="Zend/tests" of its own: some 20 minutes'
	@echo 'make libc-tests  the tests of malloc that picolibc and newlib have, from Debian, on ports/newlib'
	@echo 'make bench       measure all seven tables, print them, write docs/benchmarks.md and draw its pictures'
	@echo 'make bench-quick the same for instructions, smallest regions and sizes only'
	@echo 'make bench-m4    instructions of each call on a Cortex-M4'
	@echo 'make bench-host  time of a call on this host beside Zend MM, in some 20 seconds'
	@echo 'make bench-worst the most expensive call of each function that a search of WORST_SECONDS=25 finds'
	@echo 'make wcet        the longest path of each function on Cortex-M4 and M0, from the linked images; writes docs/wcet.md'
	@echo 'make wcet-functions  the same of FUNCTION=quarry_malloc, and what each function below it costs'
	@echo 'make bench-masked  the longest section with interrupts masked of each function, on Cortex-M3 and M4'
	@echo 'make bench-levels  what each check level costs: instructions, bytes, code; writes docs/levels.md'
	@echo 'make check-budget  fail if a figure is above tests/bench/budget.tsv; a part of make test'
	@echo 'make budget      lower the budget to what is measured; FORCE=1: raise it too'
	@echo 'make readme      put what is measured into README.md, whose figures make test compares'
	@echo 'make check-style layer order, file heads, layout of the C files, how readable src/ is, and make check-static'
	@echo 'make lower-limits  lower the limits of tests/style/limits.tsv to what src/ has reached'
	@echo 'make check-static  four analyzers, MISRA among them: docs/misra.md; FULL=1: every check level'
	@echo 'make misra       bring the places in docs/misra.md up to date'
	@echo 'make format      lay out the C files'
	@echo
	@echo 'run, test, bench and coverage install missing tools with apt-get (as root, or where sudo asks for no password).'
