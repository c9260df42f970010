# svc_service(<name>): the service in services/<name>/, with openapi/<name>.yaml embedded.
# svc_test(<name> SOURCES ... [LIBS ...]): a cmocka test in tests/unit/.
# svc_test_program(<name> SOURCES ... [LIBS ...]): what another test runs.
#
# A service's files but main.c are a library of their own, so that tests link what the
# binary links.

find_package(Python3 REQUIRED COMPONENTS Interpreter)

# Puts each file of FOLDER that matches PATTERN into a C file as `const char <name>_<type>[]`;
# `result` is the list of these.
function(svc_embed_texts result folder pattern)
    file(GLOB texts CONFIGURE_DEPENDS "${folder}/${pattern}")
    set(made "")
    foreach(text ${texts})
        get_filename_component(file "${text}" NAME)
        string(MAKE_C_IDENTIFIER "${file}" symbol)
        set(target "${CMAKE_CURRENT_BINARY_DIR}/texts/${symbol}.c")
        add_custom_command(
            OUTPUT "${target}"
            COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/cmake/embed_text.py"
                    "${text}" "${target}" "${symbol}"
            DEPENDS "${text}" "${CMAKE_SOURCE_DIR}/cmake/embed_text.py"
            COMMENT "Embedding ${file}"
            VERBATIM)
        list(APPEND made "${target}")
    endforeach()
    set(${result} "${made}" PARENT_SCOPE)
endfunction()

# Puts all files of FOLDER into one C file, as `const struct svc_file <folder>_files[]`.
function(svc_embed_files result folder)
    set(made "")
    if(EXISTS "${folder}")
        file(GLOB files CONFIGURE_DEPENDS "${folder}/*")
        get_filename_component(title "${folder}" NAME)
        set(made "${CMAKE_CURRENT_BINARY_DIR}/texts/${title}_files.c")
        set(script "${CMAKE_SOURCE_DIR}/cmake/embed_files.py")
        add_custom_command(
            OUTPUT "${made}"
            COMMAND "${Python3_EXECUTABLE}" "${script}" "${folder}" "${made}" "${title}_files"
            DEPENDS ${files} "${script}" "${CMAKE_SOURCE_DIR}/cmake/embed_text.py"
            COMMENT "Embedding ${title}/"
            VERBATIM)
    endif()
    set(${result} "${made}" PARENT_SCOPE)
endfunction()

function(svc_service name)
    set(dir "${CMAKE_SOURCE_DIR}/services/${name}")
    set(contract "${CMAKE_SOURCE_DIR}/openapi/${name}.yaml")
    set(embedded "${CMAKE_BINARY_DIR}/openapi/${name}.c")

    add_custom_command(
        OUTPUT "${embedded}"
        COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/cmake/embed_openapi.py"
                "${contract}" "${embedded}"
        DEPENDS "${contract}" "${CMAKE_SOURCE_DIR}/cmake/embed_openapi.py"
        COMMENT "Embedding openapi/${name}.yaml"
        VERBATIM)

    svc_service_core(${name})

    add_executable(${name} "${dir}/main.c" "${embedded}")
    target_compile_definitions(${name} PRIVATE
        SVC_NAME="${name}" SVC_VERSION="${PROJECT_VERSION}")
    target_link_libraries(${name} PRIVATE ${name}_core)
endfunction()

# The library alone, for a service that has no main.c yet.
function(svc_service_core name)
    set(dir "${CMAKE_SOURCE_DIR}/services/${name}")
    file(GLOB sources CONFIGURE_DEPENDS "${dir}/*.c")
    list(REMOVE_ITEM sources "${dir}/main.c")
    svc_embed_texts(scripts "${dir}" "*.lua")
    svc_embed_texts(words "${dir}/words" "*.txt")
    svc_embed_texts(keywords "${dir}/keywords" "*.txt")
    svc_embed_files(dashboard "${dir}/dashboard")
    add_library(${name}_core STATIC ${sources} ${scripts} ${words} ${keywords} ${dashboard})
    target_include_directories(${name}_core PUBLIC "${dir}")
    target_link_libraries(${name}_core PUBLIC svc)
endfunction()

function(svc_test_program name)
    cmake_parse_arguments(arg "" "" "SOURCES;LIBS" ${ARGN})
    add_executable(${name} ${arg_SOURCES})
    target_link_libraries(${name} PRIVATE svc ${arg_LIBS} cmocka)
    target_compile_definitions(${name} PRIVATE
        TEST_CASES_DIR="${CMAKE_SOURCE_DIR}/tests/cases")
    set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/tests")
endfunction()

function(svc_test name)
    svc_test_program(${name} ${ARGN})
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 120)
endfunction()
