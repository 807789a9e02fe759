# Writes a C++ file with the contents of FILES (name without .sql, text) as logistics::storage::EmbeddedMigrations().
set(body "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME_WE)
  file(READ ${file} text)
  string(APPEND body "      {\"${name}\", R\"migration(${text})migration\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"storage/schema/migrations.hpp\"\n\nnamespace logistics::storage {\n\n"
  "std::span<const EmbeddedMigration> EmbeddedMigrations() {\n"
  "  static constexpr EmbeddedMigration kMigrations[] = {\n${body}  };\n  return kMigrations;\n}\n\n}  // namespace logistics::storage\n")
