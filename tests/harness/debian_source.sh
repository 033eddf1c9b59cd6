# SPDX-License-Identifier: MIT
#
# debian_source.sh: Debian's source packages for tests that build other projects; their scripts include it.

# debian_source FOLDER PACKAGE[=VERSION] NAME: FOLDER/NAME becomes the package's source, from where this machine gets its
# packages, with a list of sources of its own below FOLDER. What is there stays.
debian_source() {
    [ ! -d "$1/$3" ] || return 0
    mkdir -p "$1/apt/lists/partial" || return 1
    apt-get indextargets --format 'deb-src $(SITE) $(RELEASE) main' | grep -v -e '-[a-z]* main$' | sort -u >"$1/apt/sources.list"
    debian_apt "$1" update && (cd "$1" && debian_apt "$1" source --download-only "$2") &&
        dpkg-source --extract "$1/${2%%=*}"_*.dsc "$1/$3"
}

debian_apt() {
    lists=$1/apt
    shift
    apt-get -q -o Dir::Etc::SourceList="$lists/sources.list" -o Dir::Etc::SourceParts=- \
        -o Dir::State::Lists="$lists/lists" -o APT::Sandbox::User=root "$@"
}
