# Generates and compiles the messages and services of proto/.
file(GLOB_RECURSE proto_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/proto/*.proto)
set(proto_out ${CMAKE_BINARY_DIR}/generated/proto)
file(MAKE_DIRECTORY ${proto_out})
set(proto_outputs "")
foreach(proto IN LISTS proto_files)
  file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR}/proto ${proto})
  string(REGEX REPLACE "\\.proto$" "" stem ${relative})
  set(outputs ${proto_out}/${stem}.pb.cc ${proto_out}/${stem}.pb.h)
  set(grpc_options "")
  # protoc gives the messages' files the same names: they are compiled one by one.
  set_source_files_properties(${proto_out}/${stem}.pb.cc PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  file(STRINGS ${proto} services REGEX "^service ")
  if(services)
    list(APPEND outputs ${proto_out}/${stem}.grpc.pb.cc ${proto_out}/${stem}.grpc.pb.h)
    set(grpc_options --grpc_out=${proto_out} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
  endif()
  add_custom_command(
    OUTPUT ${outputs}
    COMMAND protobuf::protoc --proto_path=${PROJECT_SOURCE_DIR}/proto --cpp_out=${proto_out} ${grpc_options} ${relative}
    DEPENDS ${proto}
    VERBATIM)
  list(APPEND proto_outputs ${outputs})
endforeach()
set(proto_sources ${proto_outputs})
list(FILTER proto_sources INCLUDE REGEX "\\.cc$")
# Generated code is not ours to warn about: its headers are SYSTEM.
add_library(logistics_proto STATIC ${proto_sources})
target_compile_options(logistics_proto PRIVATE $<$<CONFIG:Debug>:-fno-sanitize=all>)
target_include_directories(logistics_proto SYSTEM PUBLIC ${proto_out})
target_link_libraries(logistics_proto PUBLIC protobuf::libprotobuf gRPC::grpc++)
# Only generates: for tools that read the sources without compiling them.
add_custom_target(logistics_generated DEPENDS ${proto_outputs})
