#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
#
# check.py FOLDER: the manifests in FOLDER, which `make packages` filled, have the fields that their tools require, say
# what packaging/package.ini says, and name files that are there.
#
# JSON is compared with the schemas beside this file, which were written from the tools' documentation. Ends with
# "N passed, N failed".

import ast
import configparser
import glob
import json
import os
import re
import sys
import xml.etree.ElementTree

import jsonschema
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CATEGORIES = ("Display", "Communication", "Signal Input/Output", "Sensors", "Device Control", "Timing", "Data Storage",
              "Data Processing", "Other")
passed, failed = 0, 0


def check(holds, text):
    global passed, failed
    if not holds:
        print("FAIL " + text)
    passed, failed = passed + bool(holds), failed + (not holds)


def read(*path):
    with open(os.path.join(*path), encoding="utf-8") as text:
        return text.read()


def facts():
    ini = configparser.ConfigParser(interpolation=None)
    ini.read_string(read(ROOT, "packaging", "package.ini"))
    return ini["package"]


def same(name, known, version, licence, description):
    check(version == known["version"], f"{name}: another version")
    check(licence is None or licence == known["licence"], f"{name}: another licence")
    check(known["description"].lower() in description.lower(), f"{name}: another description")


def check_json(path, schema, known):
    manifest = json.loads(read(path))
    errors = list(jsonschema.Draft7Validator(json.loads(read(ROOT, "tests/packaging/schemas", schema))).iter_errors(manifest))
    check(not errors, f"{path}: {errors[0].message if errors else ''}")
    same(path, known, manifest.get("version"), manifest.get("license"), manifest.get("description", ""))
    return manifest


def check_arduino(folder, known):
    fields = dict(line.split("=", 1) for line in read(folder, "library.properties").splitlines())
    wanted = ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures")
    check(all(fields.get(field) for field in wanted), "library.properties: a field is missing")
    check(fields["category"] in CATEGORIES, "library.properties: Arduino has no such category")
    check(fields["architectures"] != "*" and "avr" not in fields["architectures"], "library.properties: 8-bit CPUs")
    check(os.path.exists(os.path.join(folder, "src", fields["includes"])), "library.properties: the header is not there")
    check(glob.glob(folder + "/examples/*/*.ino"), "Arduino: there is no example")
    same("library.properties", known, fields["version"], fields["license"], fields["sentence"])


def check_esp_idf(folder, known):
    manifest = yaml.safe_load(read(folder, "idf_component.yml"))
    check(all(manifest.get(field) for field in ("version", "description", "url", "license", "targets", "dependencies")),
          "idf_component.yml: a field is missing")
    check(all(re.fullmatch("esp32[chp]\\d", target) for target in manifest["targets"]),
          "idf_component.yml: a chip for which there is no port")
    same("idf_component.yml", known, manifest["version"], manifest["license"], manifest["description"])


def check_cmsis(folder, known):
    package = xml.etree.ElementTree.parse(folder + "/Quarry.pdsc").getroot()
    wanted = ("vendor", "name", "description", "url", "license", "releases/release", "components/component")
    check(all(package.find(path) is not None for path in wanted), "Quarry.pdsc: an element is missing")
    names = [file.get("name") for file in package.iter("file")] + [package.findtext("license")]
    check(all(os.path.exists(os.path.join(folder, name)) for name in names), "Quarry.pdsc: a file is not in the pack")
    conditions = {condition.get("id") for condition in package.iter("condition")}
    check(all(component.get("condition") in conditions for component in package.iter("component")),
          "Quarry.pdsc: a condition is not there")
    same("Quarry.pdsc", known, package.find("releases/release").get("version"), None, package.findtext("description"))


def check_conan(path, known):
    recipe = next(node for node in ast.parse(read(path)).body if isinstance(node, ast.ClassDef))
    fields = {node.targets[0].id: ast.literal_eval(node.value) for node in recipe.body if isinstance(node, ast.Assign)}
    methods = {node.name for node in recipe.body if isinstance(node, ast.FunctionDef)}
    check(recipe.bases[0].id == "ConanFile" and fields["package_type"] == "static-library", "conanfile.py: no recipe")
    check(methods >= {"export_sources", "layout", "generate", "build", "package", "package_info"},
          "conanfile.py: a method is missing")
    check(all(fields.get(field) for field in ("name", "license", "url", "homepage", "topics", "settings")),
          "conanfile.py: a field is missing")
    same("conanfile.py", known, fields["version"], fields["license"], fields["description"])


def check_debian(folder, known):
    control = read(folder, "control")
    check(all(re.search(f"^{field}: .", control, re.MULTILINE) for field in (
        "Source", "Maintainer", "Build-Depends", "Standards-Version", "Package", "Architecture", "Description")),
          "debian/control: a field is missing")
    check(read(folder, "changelog").startswith(f"{known['name']} ({known['version']}-1) "), "debian/changelog: no version")
    check(re.search(r"^License: " + known["licence"], read(folder, "copyright"), re.MULTILINE), "debian/copyright: none")


def main():
    folder, known = sys.argv[1], facts()
    library = check_json(folder + "/platformio/quarry/library.json", "library.json", known)
    check(os.path.exists(f"{folder}/platformio/quarry/{library['build']['includeDir']}/{library['headers']}"),
          "library.json: the header is not there")
    check_json(ROOT + "/packaging/vcpkg/vcpkg.json", "vcpkg.json", known)
    check_arduino(folder + "/arduino/Quarry", known)
    check_esp_idf(folder + "/esp-idf/quarry", known)
    check_cmsis(f"{folder}/cmsis/Quarry.Quarry.{known['version']}", known)
    check_conan(ROOT + "/packaging/conan/conanfile.py", known)
    check_debian(ROOT + "/packaging/debian", known)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
