# SPDX-License-Identifier: MIT
#
# php.mk: PHP's interpreter on quarry/emalloc.h, and its own tests. They are not a part of `make test`.

PHP_TESTS ?= Zend/tests

.PHONY: php
php:
	@tests/php/run.sh build/php $(PHP_TESTS)
