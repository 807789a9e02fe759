# Builds src/storage/schema/migrations/*.sql into the binary, in the order of their names.
file(GLOB migration_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/storage/schema/migrations/*.sql)
list(SORT migration_files)
set(migrations_cpp ${CMAKE_BINARY_DIR}/generated/migrations_data.cpp)
add_custom_command(
  OUTPUT ${migrations_cpp}
  COMMAND ${CMAKE_COMMAND} -DOUTPUT=${migrations_cpp} "-DFILES=${migration_files}" -P ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
  DEPENDS ${migration_files} ${PROJECT_SOURCE_DIR}/cmake/embed_sql.cmake
  VERBATIM)
add_library(logistics_migrations STATIC ${migrations_cpp})
target_include_directories(logistics_migrations PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_link_libraries(logistics_migrations PRIVATE logistics_flags)
