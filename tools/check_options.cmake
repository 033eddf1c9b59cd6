# SPDX-License-Identifier: MIT
#
# check_options.cmake: refuses options that quarry_config.h does not have. CMakeLists.txt runs it when the library is
# built. KNOWN are the options' names, DEFINITIONS and INTERFACE the target's definitions and OPTIONS its other flags,
# each a list with "|" between its members. FLAGS are all flags of the C compiler, with spaces.

cmake_minimum_required(VERSION 3.16)
string(REPLACE "|" ";" KNOWN "${KNOWN}")
string(REPLACE "|" ";" DEFINITIONS "${DEFINITIONS}|${INTERFACE}")
string(REGEX REPLACE "[| ]" ";" FLAGS "${FLAGS}|${OPTIONS}")
list(FILTER FLAGS INCLUDE REGEX "^-D")
list(TRANSFORM FLAGS REPLACE "^-D" "")
foreach(DEFINITION ${DEFINITIONS} ${FLAGS})
    string(REGEX REPLACE "[=(].*" "" NAME "${DEFINITION}")
    if(NAME MATCHES "^QUARRY_" AND NOT NAME IN_LIST KNOWN)
        list(JOIN KNOWN " " KNOWN_TEXT)
        message(FATAL_ERROR "Quarry has no option ${NAME}; it has ${KNOWN_TEXT}")
    endif()
endforeach()
