# SPDX-License-Identifier: MIT
#
# conanfile.py: Quarry for Conan 2, from the tree in which this file lies. Made by packaging/generate.py.

import os

from conan import ConanFile
from conan.tools.cmake import CMake, CMakeToolchain, cmake_layout
from conan.tools.files import copy


class QuarryConan(ConanFile):
    name = "quarry"
    version = "0.2.0"
    license = "MIT"
    author = "The Quarry authors <quarry@example.com>"
    url = "https://example.com/quarry.git"
    homepage = "https://example.com/quarry"
    description = "A memory allocator for bare metal. Page, chunk and bin allocator on static regions or a page provider. Bounded time, exact checks of every pointer, no libc."
    topics = ("malloc", "memory", "allocator", "heap", "embedded")
    package_type = "static-library"
    settings = "os", "arch", "compiler", "build_type"
    # A folder of arch/ ("": the compiler's macros say which), and definitions such as "QUARRY_LOCK=IRQ QUARRY_STATS=0".
    options = {"port": ["ANY"], "definitions": ["ANY"]}
    default_options = {"port": "", "definitions": ""}

    def export_sources(self):
        tree = os.path.join(self.recipe_folder, "..", "..")
        for name in ("CMakeLists.txt", "LICENSE", "include/*", "src/*", "arch/*", "tools/*"):
            copy(self, name, tree, self.export_sources_folder)

    def layout(self):
        cmake_layout(self)

    def generate(self):
        toolchain = CMakeToolchain(self)
        if self.options.port:
            toolchain.cache_variables["QUARRY_ARCH"] = str(self.options.port)
        for definition in str(self.options.definitions).split():
            name, _, value = definition.partition("=")
            toolchain.cache_variables[name] = value
        toolchain.generate()

    def build(self):
        cmake = CMake(self)
        cmake.configure()
        cmake.build()

    def package(self):
        copy(self, "LICENSE", self.source_folder, os.path.join(self.package_folder, "licenses"))
        CMake(self).install()

    def package_info(self):
        self.cpp_info.libs = ["quarry"]
        self.cpp_info.defines = str(self.options.definitions).split()
        self.cpp_info.set_property("cmake_target_name", "quarry::quarry")
        self.cpp_info.set_property("pkg_config_name", "quarry")
