# SPDX-License-Identifier: MIT
#
# An overlay port: vcpkg install quarry --overlay-ports=packaging/vcpkg. It builds the tree in which it lies, so that it
# needs no release. Made by packaging/generate.py.
vcpkg_check_linkage(ONLY_STATIC_LIBRARY)
vcpkg_cmake_configure(SOURCE_PATH "${CURRENT_PORT_DIR}/../..")
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/quarry)
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include")
vcpkg_install_copyright(FILE_LIST "${CURRENT_PORT_DIR}/../../LICENSE")
